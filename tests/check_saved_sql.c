/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The reference's tables: the queries that administrators keep.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/trust_cluster.h"
#include "trust/saved_sql.h"

#define PHONE	"SEP0011223344AA"

static char got[65536];

static int
add_rows(struct db *db, void *arg, struct err *e)
{
	struct row_phone p = { .name = PHONE, .model = "8861",
	    .protocol = PROTOCOL_SIP, .profile = "enc",
	    .description = "desk", .created_at = TC_NOW,
	    .changed_at = TC_NOW };
	struct row_profile pr = { .name = "enc", .protocol = PROTOCOL_SIP,
	    .changed_at = TC_NOW };
	struct row_user u = { .name = "ann", .changed_at = TC_NOW };
	int ret;

	(void)arg;
	if ((ret = row_profile_put(db, &pr, e)) != ERR_OK ||
	    (ret = row_profile_setting_put(db, "enc", "device-security-mode",
	    "encrypted", NULL, e)) != ERR_OK ||
	    (ret = row_phone_put(db, &p, e)) != ERR_OK ||
	    (ret = row_secret_put(db, PHONE, "phone-password",
	    (const uint8_t *)"SEALED-BYTES", 12, TC_NOW, e)) != ERR_OK)
		return ret;
	(void)snprintf(p.name, sizeof(p.name), "SEP0011223344AB");
	p.profile[0] = p.model[0] = '\0';
	if ((ret = row_phone_put(db, &p, e)) != ERR_OK)
		return ret;
	return row_user_put(db, &u, e);
}

static void
setup(void)
{
	tc_open();
	tc_done(add_rows, NULL);
	got[0] = '\0';
}

static int
keep(void *arg, const char *const *text, size_t n, struct err *e)
{
	(void)arg, (void)e;
	for (size_t i = 0; i < n; i++) {
		size_t at = strlen(got);

		(void)snprintf(got + at, sizeof(got) - at, "%s%s",
		    text[i] != NULL ? text[i] : "NULL", i + 1 < n ? "|" :
		    ";");
	}
	return ERR_OK;
}

static int
skip(void *arg, const char *const *text, size_t n, struct err *e)
{
	(void)arg, (void)text, (void)n, (void)e;
	return ERR_OK;
}

static int
ask(const char *sql, struct err *e)
{
	struct view *v = view_new(e);
	int ret;

	ck_assert_ptr_nonnull(v);
	if ((ret = saved_sql_fill(v, tc.db, sql, e)) == ERR_OK)
		ret = view_query(v, sql, skip, keep, NULL, e);
	view_free(v);
	return ret;
}

static const struct {
	const char	*sql, *want;
} kept[] = {
	/* spec/admin-cli.md section 4 */
	{ "select paramname,paramvalue from processconfig where "
	    "paramname='ClusterSecurityMode'", "ClusterSecurityMode|0;" },
	{ "select paramvalue from processconfig where paramname = "
	    "'ClusterID'", "lab;" },
	{ "select d.name, d.description, tm.name, p.name from device d "
	    "inner join typemodel tm on d.tkmodel = tm.enum "
	    "inner join typedeviceprotocol p on d.tkdeviceprotocol = p.enum "
	    "where d.tkclass = 1 order by d.name",
	    PHONE "|desk|Cisco 8861|SIP;"
	    "SEP0011223344AB|desk|Unknown|SIP;" },
	{ "select sp.name, m.name, count(*) from device d join "
	    "securityprofile sp on d.fksecurityprofile = sp.pkid join "
	    "typedevicesecuritymode m on sp.tkdevicesecuritymode = m.enum "
	    "group by 1, 2 order by 1",
	    "Standard SIP Non-Secure Profile|Non Secure|1;"
	    "enc|Encrypted|1;" },
	/* section 9.2: the join of the certificates */
	{ "select c.subjectname, tcs.name, tcd.name from certificate c "
	    "inner join certificateservicecertificatemap m on "
	    "m.fkcertificate = c.pkid "
	    "inner join typecertificateservice tcs on "
	    "tcs.enum = m.tkcertificateservice "
	    "inner join typecertificatedistribution tcd on "
	    "tcd.enum = c.tkcertificatedistribution "
	    "where tcs.name = 'TVS'",
	    NULL },
	{ "select name, tknodeusage, isactive from processnode", "cm1|0|t;" },
	{ "select userid from enduser", "ann;" },
	{ "select count(*) from certificate where certificate like "
	    "'-----BEGIN CERTIFICATE-----%' and timetolive > 0", "6;" },
};

START_TEST(kept_queries)
{
	struct err e = { 0 };

	ck_assert_msg(ask(kept[_i].sql, &e) == ERR_OK, "%s: %s", kept[_i].sql,
	    e.msg);
	if (kept[_i].want != NULL)
		ck_assert_str_eq(got, kept[_i].want);
	else
		ck_assert_msg(strncmp(got, "CN=TVS-cm1;", 11) == 0 &&
		    strstr(got, "|TVS|Self-signed;") != NULL, "%s", got);
}
END_TEST

/* Our own tables, with what is sealed in them, are not there. */
START_TEST(nothing_else)
{
	static const char *const table[] = { "key", "phone", "phone_secret",
	    "cluster_secret", "cluster_cert",
	    "cluster_key", "digest_credential", "parameter", "audit",
	    "main.key", "temp.device" };
	struct err e = { 0 };
	char sql[128];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		(void)snprintf(sql, sizeof(sql), "select * from %s, "
		    "(select name from device)", table[i]);
		ck_assert_msg(ask(sql, &e) == ERR_ARG, "%s", table[i]);
	}
}
END_TEST

/* Every column of every table, looked through for what is sealed. */
START_TEST(nothing_secret)
{
	const struct saved_table *t = saved_tables();
	struct err e = { 0 };
	char sql[128];

	for (; t->name != NULL; t++) {
		(void)snprintf(sql, sizeof(sql), "select * from %s", t->name);
		ck_assert_msg(ask(sql, &e) == ERR_OK, "%s: %s", t->name,
		    e.msg);
		ck_assert_msg(got[0] != '\0', "%s is empty", t->name);
		ck_assert_ptr_null(strstr(got, "SEALED"));
		ck_assert_ptr_null(strstr(got, "PRIVATE"));
		got[0] = '\0';
	}
}
END_TEST

START_TEST(same_identity_each_time)
{
	struct err e = { 0 };
	char first[sizeof(got)];

	ck_assert_int_eq(ask("select pkid from device order by 1", &e),
	    ERR_OK);
	memcpy(first, got, sizeof(got));
	got[0] = '\0';
	ck_assert_int_eq(ask("select pkid from device order by 1", &e),
	    ERR_OK);
	ck_assert_str_eq(first, got);
}
END_TEST

static const struct {
	const char	*sql;
	bool		 is;
} dialect[] = {
	{ "select first 5 name from device", true },
	{ "SELECT\n\tFirst 10 name from device", true },
	{ "select /* a few */ first 5 name from device", false },
	{ "select name from device where pkid in (select first 1 pkid "
	    "from device)", true },
	{ "select 'select first 5' as text", false },
	{ "select name from device where description = 'select first 1'",
	    false },
	{ "select 'it''s select first 5' a", false },
	{ "select \"select first 5\", [select first 5], `select first 5`",
	    false },
	{ "select 1 -- select first 5\n", false },
	{ "select 1 /* select first 5 */", false },
	{ "select first from x", false },
	{ "select first, 5", false },
	{ "preselect first 5", false },
	{ "select 'open", false },
	{ "select 1 /* open", false },
	{ "", false },
};

START_TEST(first)
{
	ck_assert_msg(saved_sql_is_first(dialect[_i].sql) == dialect[_i].is,
	    "%s", dialect[_i].sql);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("saved_sql");
	TCase *t = tcase_create("saved_sql");
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, setup, tc_close);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, kept_queries, 0,
	    sizeof(kept) / sizeof(kept[0]));
	tcase_add_loop_test(t, first, 0,
	    sizeof(dialect) / sizeof(dialect[0]));
	tcase_add_test(t, nothing_else);
	tcase_add_test(t, nothing_secret);
	tcase_add_test(t, same_identity_each_time);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
