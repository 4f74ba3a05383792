/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of profiles, settings, users and secrets, every write replayed on the
 * shadow.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/internal.h"
#include "tests/db_fixture.h"

static struct db *db;

static void
setup(void)
{
	db = fix_create(fix_folder());
}

static void
teardown(void)
{
	db_close(db);
	fix_remove();
}

/* One write; what it takes beside the row. */
struct write {
	const char	*name, *to, *setting, *value;
	const void	*row;
	enum credential_kind kind;
	bool		 changed;
};

#define WRITE(fn, call)							\
	static int							\
	fn(struct db *d, void *arg, struct err *e)			\
	{								\
		struct write *w = arg;					\
									\
		return call;						\
	}
WRITE(add_profile, row_profile_add(d, w->row, e))
WRITE(put_profile, row_profile_put(d, w->row, e))
WRITE(del_profile, row_profile_remove(d, w->name, e))
WRITE(ren_profile, row_profile_rename(d, w->name, w->to, 99, e))
WRITE(set_profile, row_profile_setting_put(d, w->name, w->setting, w->value,
    &w->changed, e))
WRITE(put_phone, row_phone_put(d, w->row, e))
WRITE(del_phone, row_phone_remove(d, w->name, e))
WRITE(set_phone, row_phone_setting_put(d, w->name, w->setting, w->value,
    &w->changed, e))
WRITE(put_secret, row_secret_put(d, w->name, w->setting, w->row, 3, 5, e))
WRITE(del_secret, row_secret_remove(d, w->name, w->setting, e))
WRITE(put_user, row_user_put(d, w->row, e))
WRITE(del_user, row_user_remove(d, w->name, e))
WRITE(put_cred, row_credential_put(d, w->kind, w->name, w->row, e))
WRITE(del_cred, row_credential_remove(d, w->kind, w->name, w->to, e))

static void
run(db_fn *fn, struct write w)
{
	fix_tx(db, fn, &w);
}

static void
refused(db_fn *fn, struct write w, int code, const char *text)
{
	struct err e = { 0 };

	ck_assert_int_eq(db_tx(db, fn, &w, &e), DB_REFUSED);
	ck_assert_msg(e.code == code && strstr(e.msg, text) != NULL, "%d %s",
	    e.code, e.msg);
}

static bool
changes(db_fn *fn, struct write w)
{
	fix_tx(db, fn, &w);
	return w.changed;
}

static void
last_change(const char *kind, const char *key)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM change WHERE "
	    "seq = (SELECT max(seq) FROM change) AND kind = '%s' AND "
	    "key = '%s'", kind, key);
	ck_assert_msg(fix_i64(db, sql) == 1, "%s %s", kind, key);
}

static void
add(const char *name, enum phone_protocol protocol)
{
	struct row_profile p = { .protocol = protocol, .description = "d\u00e9",
	    .changed_at = 7 };

	(void)snprintf(p.name, sizeof(p.name), "%s", name);
	run(add_profile, (struct write){ .row = &p });
}

static void
phone(const char *name, const char *profile)
{
	struct row_phone p = { .model = "8861", .created_at = 1,
	    .changed_at = 2, .origin = ORIGIN_IMPORT };

	(void)snprintf(p.name, sizeof(p.name), "%s", name);
	(void)snprintf(p.profile, sizeof(p.profile), "%s", profile);
	run(put_phone, (struct write){ .row = &p });
}

START_TEST(profiles)
{
	struct row_profile got, *list;
	struct err e = { 0 };
	size_t n;

	add("enc", PROTOCOL_SIP);
	last_change("profile", "enc");
	add("a", PROTOCOL_SCCP);
	ck_assert_int_eq(row_profile_get(db, "enc", &got, &e), ERR_OK);
	ck_assert(got.protocol == PROTOCOL_SIP && got.changed_at == 7);
	ck_assert_str_eq(got.description, "d\u00e9");
	refused(add_profile, (struct write){ .row = &got }, ERR_EXISTS,
	    "profile enc");
	got.changed_at = 8;
	run(put_profile, (struct write){ .row = &got });
	ck_assert_int_eq(row_profile_list(db, &list, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(list[0].name, "a");
	ck_assert(list[0].protocol == PROTOCOL_SCCP);
	ck_assert_int_eq(list[1].changed_at, 8);
	free(list);
	ck_assert_int_eq(row_profile_get(db, "none", &got, &e), ERR_NOTFOUND);
}
END_TEST

START_TEST(profile_in_use_stays)
{
	struct row_profile got;
	struct err e = { 0 };

	add("enc", PROTOCOL_SIP);
	run(set_profile, (struct write){ .name = "enc", .setting = "s",
	    .value = "v" });
	phone("SEP000000000001", "enc");
	refused(del_profile, (struct write){ .name = "enc" }, ERR_BADSTATE,
	    "used");
	run(del_phone, (struct write){ .name = "SEP000000000001" });
	run(del_profile, (struct write){ .name = "enc" });
	last_change("profile", "enc");
	ck_assert_int_eq(row_profile_get(db, "enc", &got, &e), ERR_NOTFOUND);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM profile_setting"),
	    0);
	refused(del_profile, (struct write){ .name = "enc" }, ERR_NOTFOUND,
	    "enc");
}
END_TEST

static int
count(void *arg, const struct row_phone *p, struct err *e)
{
	(void)e;
	ck_assert_str_eq(p->profile, "new");
	ck_assert_int_eq(p->changed_at, 2);
	++*(int *)arg;
	return ERR_OK;
}

START_TEST(rename_keeps_assignments)
{
	struct row_setting *rows;
	struct row_profile p;
	struct err e = { 0 };
	int64_t nphone;
	int seen = 0;
	size_t n;

	add("enc", PROTOCOL_SCCP);
	add("taken", PROTOCOL_SIP);
	run(set_profile, (struct write){ .name = "enc", .setting = "s",
	    .value = "v" });
	phone("SEP000000000001", "enc");
	phone("SEP000000000002", "enc");
	phone("SEP000000000003", "");
	refused(ren_profile, (struct write){ .name = "enc", .to = "taken" },
	    ERR_EXISTS, "taken");
	refused(ren_profile, (struct write){ .name = "none", .to = "b" },
	    ERR_NOTFOUND, "none");
	run(ren_profile, (struct write){ .name = "enc", .to = "new" });
	last_change("profile", "new");
	ck_assert_int_eq(row_profile_get(db, "enc", &p, &e), ERR_NOTFOUND);
	ck_assert_int_eq(row_profile_get(db, "new", &p, &e), ERR_OK);
	ck_assert(p.protocol == PROTOCOL_SCCP && p.changed_at == 99);
	ck_assert_int_eq(row_phone_each_of(db, "new", count, &seen, &e),
	    ERR_OK);
	ck_assert_int_eq(seen, 2);
	ck_assert_int_eq(row_phone_count_of(db, "", -1, &nphone, &e), ERR_OK);
	ck_assert_int_eq(nphone, 1);
	ck_assert_int_eq(row_phone_count_of(db, "", PROTOCOL_SCCP, &nphone,
	    &e), ERR_OK);
	ck_assert_int_eq(nphone, 0);
	ck_assert_int_eq(row_profile_settings(db, "new", &rows, &n, &e),
	    ERR_OK);
	ck_assert(n == 1 && strcmp(rows[0].value, "v") == 0);
	free(rows);
}
END_TEST

/* The same calls for both owners. */
static const struct {
	db_fn	*set;
	int	(*get)(struct db *, const char *, struct row_setting **,
		    size_t *, struct err *);
} owners[] = {
	{ set_profile, row_profile_settings },
	{ set_phone, row_phone_settings },
};

START_TEST(settings)
{
	struct write w = { .name = "o", .setting = "b", .value = "1" };
	db_fn *set = owners[_i].set;
	struct row_setting *rows;
	struct err e = { 0 };
	size_t n;

	ck_assert(changes(set, w));
	ck_assert(!changes(set, w));
	w.value = "2";
	ck_assert(changes(set, w));
	w.setting = "a";
	ck_assert(changes(set, w));
	w.name = "other";
	ck_assert(changes(set, w));
	ck_assert_int_eq(owners[_i].get(db, "o", &rows, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(rows[0].name, "a");
	ck_assert_str_eq(rows[1].name, "b");
	ck_assert_str_eq(rows[1].value, "2");
	free(rows);
	w.name = "o";
	w.value = NULL;
	ck_assert(changes(set, w));
	ck_assert(!changes(set, w));
	ck_assert_int_eq(owners[_i].get(db, "o", &rows, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 1);
	free(rows);
	ck_assert_int_eq(owners[_i].get(db, "none", &rows, &n, &e), ERR_OK);
	ck_assert(n == 0 && rows == NULL);
}
END_TEST

static const struct {
	const char	*first, *last, *free;	/* NULL: none */
} numbers[] = {
	{ "1000", "1999", "1001" }, { "1002", "1999", "1004" },
	{ "1000", "1000", NULL }, { "1002", "1003", NULL },
	{ "0998", "1001", "0998" }, { "100", "199", "101" },
	{ "9999", "9999", NULL }, { "9998", "9999", "9998" },
	{ "2000", "2999", "2000" },
};

/* Numbers of another length and what is no number do not matter. */
START_TEST(setting_free)
{
	static const char *const taken[] = { "1000", "1002", "1003", "10000",
	    "100", "1001a", "100a", "1002", "9999", "+100", "2" };
	struct write w = { .setting = "directory-number" };
	char out[SETTING_VALUE_MAX + 1], name[16];
	struct err e = { 0 };
	int ret;

	for (int i = 0; i < (int)(sizeof(taken) / sizeof(taken[0])); i++) {
		(void)snprintf(name, sizeof(name), "p%d", i);
		w.name = name;
		w.value = taken[i];
		run(set_phone, w);
	}
	w.setting = "other";
	w.value = "1001";
	run(set_phone, w);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		ret = row_phone_setting_free(db, "directory-number",
		    numbers[i].first, numbers[i].last, out, &e);
		ck_assert_msg(ret == (numbers[i].free != NULL ? ERR_OK :
		    ERR_NOTFOUND), "%s: %d %s", numbers[i].first, ret, e.msg);
		if (ret == ERR_OK)
			ck_assert_str_eq(out, numbers[i].free);
	}
}
END_TEST

START_TEST(setting_with)
{
	struct write w = { .setting = "digest-user", .value = "ann" };
	struct row_phone_name *rows;
	struct row_setting_count *counts;
	struct err e = { 0 };
	size_t n;

	w.name = "b";
	run(set_phone, w);
	w.name = "a";
	run(set_phone, w);
	w.name = "c";
	w.value = "bob";
	run(set_phone, w);
	ck_assert_int_eq(row_phone_setting_with(db, "digest-user", "ann",
	    &rows, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(rows[0].name, "a");
	free(rows);
	ck_assert_int_eq(row_phone_setting_counts(db, "digest-user", &counts,
	    &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(counts[0].value, "ann");
	ck_assert_int_eq(counts[0].n, 2);
	ck_assert_str_eq(counts[1].value, "bob");
	ck_assert_int_eq(counts[1].n, 1);
	free(counts);
}
END_TEST

START_TEST(secrets)
{
	struct write w = { .name = "SEP000000000001",
	    .setting = "ssh-password", .row = "xyz" };
	struct row_secret *rows;
	struct err e = { 0 };
	uint8_t *sealed;
	size_t n;

	phone(w.name, "");
	run(put_secret, w);
	w.row = "abc";
	run(put_secret, w);
	w.setting = "phone-password";
	run(put_secret, w);
	ck_assert_int_eq(row_secret_get(db, w.name, "ssh-password", &sealed,
	    &n, &e), ERR_OK);
	ck_assert(n == 3 && memcmp(sealed, "abc", 3) == 0);
	free(sealed);
	ck_assert_int_eq(row_secret_list(db, w.name, &rows, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(rows[0].name, "phone-password");
	ck_assert_int_eq(rows[0].changed_at, 5);
	free(rows);
	run(del_secret, w);
	run(del_secret, w);
	ck_assert_int_eq(row_secret_get(db, w.name, w.setting, &sealed, &n,
	    &e), ERR_NOTFOUND);
	ck_assert_ptr_null(sealed);
	/* Nothing of a phone outlives it. */
	run(set_phone, w);
	run(del_phone, w);
	ck_assert_int_eq(fix_i64(db, "SELECT (SELECT count(*) FROM "
	    "phone_secret) + (SELECT count(*) FROM phone_setting)"), 0);
}
END_TEST

START_TEST(users)
{
	struct row_user u = { .name = "ann", .description = "x",
	    .changed_at = 3 }, got, *list;
	uint8_t sealed[] = "sealed";
	struct row_credential c = { .realm = "ccmsipline", .sealed = sealed,
	    .len = 6, .changed_at = 4 }, cred, *creds;
	struct write w = { .name = "ann", .row = &c };
	struct err e = { 0 };
	size_t n;

	run(put_user, (struct write){ .row = &u });
	last_change("user", "ann");
	ck_assert_int_eq(row_user_get(db, "ann", &got, &e), ERR_OK);
	ck_assert(!got.has_digest && got.changed_at == 3);
	/* One of an application of the same name is not the user's. */
	w.kind = CREDENTIAL_APPLICATION;
	run(put_cred, w);
	ck_assert_int_eq(row_user_get(db, "ann", &got, &e), ERR_OK);
	ck_assert(!got.has_digest);
	w.kind = CREDENTIAL_USER;
	run(put_cred, w);
	last_change("user", "ann");
	c.realm[0] = '\0';
	run(put_cred, w);
	ck_assert_int_eq(row_user_list(db, &list, &n, &e), ERR_OK);
	ck_assert(n == 1 && list[0].has_digest);
	free(list);
	ck_assert_int_eq(row_credential_list(db, CREDENTIAL_USER, "ann",
	    &creds, &n, &e), ERR_OK);
	ck_assert(n == 2 && creds[0].realm[0] == '\0' &&
	    creds[1].sealed == NULL);
	free(creds);
	ck_assert_int_eq(row_credential_get(db, CREDENTIAL_USER, "ann",
	    "ccmsipline", &cred, &e), ERR_OK);
	ck_assert(cred.len == 6 && memcmp(cred.sealed, sealed, 6) == 0);
	row_credential_clear(&cred);
	w.to = "ccmsipline";
	run(del_cred, w);
	refused(del_cred, w, ERR_NOTFOUND, "ann");
	ck_assert_int_eq(row_credential_get(db, CREDENTIAL_USER, "ann",
	    "ccmsipline", &cred, &e), ERR_NOTFOUND);
	run(del_user, w);
	last_change("user", "ann");
	refused(del_user, w, ERR_NOTFOUND, "user ann");
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM "
	    "digest_credential"), 1);
}
END_TEST

/* Rows nobody of us wrote. */
static const struct {
	const char	*sql;
	int		 code;
} foreign[] = {
	{ "INSERT INTO phone_profile VALUES (printf('%0100d', 1), 'SIP', '', "
	    "0)", ERR_LIMIT },
	{ "INSERT INTO phone_profile VALUES ('p', 'SIP', "
	    "printf('%0999d', 1), 0)", ERR_LIMIT },
	{ "INSERT INTO phone_profile VALUES ('p', 'H323', '', 0)", ERR_IO },
	{ "PRAGMA ignore_check_constraints = ON; "
	    "INSERT INTO phone_profile VALUES ('p', 'H323', '', 0)", ERR_IO },
};

START_TEST(foreign_rows)
{
	struct row_profile *list = NULL;
	size_t n = 0;
	int rc = sqlite3_exec(db->h, foreign[_i].sql, NULL, NULL, NULL);

	if (rc == SQLITE_OK) {
		ck_assert_int_eq(row_profile_list(db, &list, &n, NULL),
		    foreign[_i].code);
		ck_assert(list == NULL && n == 0);
	} else
		ck_assert_int_eq(rc & 0xff, SQLITE_CONSTRAINT);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db_profile");
	TCase *t = tcase_create("rows");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, profiles);
	tcase_add_test(t, profile_in_use_stays);
	tcase_add_test(t, rename_keeps_assignments);
	tcase_add_loop_test(t, settings, 0, 2);
	tcase_add_test(t, setting_with);
	tcase_add_test(t, setting_free);
	tcase_add_test(t, secrets);
	tcase_add_test(t, users);
	tcase_add_loop_test(t, foreign_rows, 0,
	    (int)(sizeof(foreign) / sizeof(foreign[0])));
	suite_add_tcase(s, t);
	return fix_run(s);
}
