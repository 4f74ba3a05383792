/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What ends in one list, and in which order it is renewed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/rows_capf.h"
#include "tests/expiry_lab.h"
#include "trust/cert_row.h"
#include "trust/expiry_plan.h"

static struct expiries x;
static struct plan p;

static void
load(int64_t days)
{
	struct err e = { 0 };

	expiries_clear(&x);
	ck_assert_msg(expiry_load(xl.db, days == -1 ? EXPIRY_NEVER :
	    LAB_NOW + days * LAB_DAY, &x, &e) == ERR_OK, "%s", e.msg);
}

static void
close_all(void)
{
	expiries_clear(&x);
	xl_close();
}

/* "CAPF 10, SRST reference gw 20": what, and days from LAB_NOW. */
static const char *
listed(void)
{
	static char text[4000];
	char what[EXPIRY_WHAT_MAX];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < x.n; i++) {
		expiry_what(&x.row[i], what);
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%s %s", i > 0 ? ", " : "", what, x.row[i].not_after ==
		    EXPIRY_NEVER ? "-" : "");
		if (x.row[i].not_after != EXPIRY_NEVER)
			len += (size_t)snprintf(text + len,
			    sizeof(text) - len, "%d",
			    (int)expiry_days(x.row[i].not_after, LAB_NOW));
	}
	return text;
}

/* --- certificates of phones --- */

struct lsc {
	struct cert		*cert;
	struct row_device_cert	 row;
};

static int
lsc_tx(struct db *db, void *arg, struct err *e)
{
	const struct lsc *l = arg;
	int ret = cert_row_put(db, l->cert, e);

	return ret == ERR_OK ? row_device_cert_put(db, &l->row, e) : ret;
}

static void
lsc(const char *name, enum device_cert_type type, enum device_cert_state state,
    const uint8_t *issuer, int64_t days)
{
	struct lab_spec s = { .cn = name, .from_days = -400,
	    .to_days = days };
	struct lsc l = { .cert = lab_issue(&s, lab_key(1), NULL, NULL),
	    .row = { .type = type, .state = state, .has_issuer = true } };
	struct err e = { 0 };

	cert_sha256(l.cert, l.row.sha256);
	memcpy(l.row.issuer, issuer, SHA256_LEN);
	(void)snprintf(l.row.owner.name, sizeof(l.row.owner.name), "%s",
	    name);
	ck_assert_msg(db_tx(xl.db, lsc_tx, &l, &e) == DB_DONE, "%s", e.msg);
	cert_free(l.cert);
}

START_TEST(phones)
{
	uint8_t ca[SHA256_LEN], other[SHA256_LEN] = { 7 };

	xl_own(UNIT_CAPF, "", OWN_ACTIVE, 1000, ca);
	lsc("SEP000000000001", DEVICE_LSC, DEVICE_CURRENT, ca, 30);
	lsc("SEP000000000002", DEVICE_LSC, DEVICE_CURRENT, ca, 30);
	lsc("SEP000000000003", DEVICE_LSC, DEVICE_CURRENT, ca, 32);
	lsc("SEP000000000004", DEVICE_LSC, DEVICE_CURRENT, other, 30);
	lsc("SEP000000000005", DEVICE_LSC, DEVICE_SUPERSEDED, ca, 30);
	lsc("SEP000000000006", DEVICE_MIC, DEVICE_CURRENT, ca, 30);
	load(31);
	ck_assert_str_eq(listed(), "certificates of 1 phone 30, "
	    "certificates of 2 phones 30");
	ck_assert_str_eq(x.row[0].subject, "");
	ck_assert_ptr_nonnull(strstr(x.row[1].subject, "CAPF"));
	ck_assert_mem_eq(x.row[1].sha256, ca, SHA256_LEN);
	ck_assert_int_eq(x.row[1].count, 2);
	load(90);
	ck_assert_uint_eq(x.n, 3);
	ck_assert_str_ne(x.row[1].name, x.row[2].name);
}
END_TEST

struct ca_client {
	const struct cert	*cert;
	bool			 keep;
};

static int
ca_client_tx(struct db *db, void *arg, struct err *e)
{
	const struct ca_client *k = arg;
	uint8_t sha256[SHA256_LEN];
	int ret;

	cert_sha256(k->cert, sha256);
	if ((ret = cert_row_put(db, k->cert, e)) != ERR_OK || (ret =
	    row_cluster_cert_put(db, CLUSTER_SECRET_CA_CERT, k->keep ?
	    sha256 : NULL, e)) != ERR_OK)
		return ret;
	return row_cert_remove(db, sha256, e);
}

/* What an online CA knows us by. */
START_TEST(ca_client)
{
	const struct lab_spec s = { .cn = "ra", .to_days = 20 };
	struct ca_client k = { .keep = true,
	    .cert = lab_issue(&s, lab_key(1), NULL, NULL) };
	struct err e = { 0 };

	ck_assert_msg(db_tx(xl.db, ca_client_tx, &k, &e) == DB_DONE, "%s",
	    e.msg);
	load(10);
	ck_assert_uint_eq(x.n, 0);
	load(30);
	ck_assert_str_eq(listed(), "certificate for the online CA 20");
	ck_assert_ptr_nonnull(strstr(x.row[0].subject, "ra"));
	ck_assert_int_eq(plan_make(xl.db, &x, LAB_NOW + 30 * LAB_DAY,
	    LAB_NOW, 7, &p, &e), ERR_OK);
	ck_assert_uint_eq(p.n, 1);
	ck_assert_str_eq(p.step[0].command[0], "utils capf ca certificate "
	    "FILE");
	plan_clear(&p);
	k.keep = false;
	ck_assert_int_eq(db_tx(xl.db, ca_client_tx, &k, &e), DB_DONE);
	load(30);
	ck_assert_uint_eq(x.n, 0);
	cert_free((struct cert *)(uintptr_t)k.cert);
}
END_TEST

START_TEST(everything)
{
	uint8_t old[SHA256_LEN], now[SHA256_LEN], gone[SHA256_LEN] = { 9 };

	load(-1);
	ck_assert_uint_eq(x.n, 0);
	ck_assert(!x.not_exported);
	xl_own(UNIT_CAPF, "", OWN_ACTIVE, 70, NULL);
	xl_own(UNIT_TVS, "cm2", OWN_ACTIVE, 30, NULL);
	xl_own(UNIT_CALLMANAGER, "", OWN_ANNOUNCED, 90, NULL);
	xl_own(UNIT_ITLRECOVERY, "", OWN_RETIRED, 50, old);
	xl_own(UNIT_ITLRECOVERY, "", OWN_ACTIVE, 7000, now);
	load(-1);
	ck_assert(x.not_exported);
	xl_trust(TRUST_CALLMANAGER, "gw", 20, 0, NULL);
	xl_trust(TRUST_HTTPS, "removed", 5, 4, NULL);
	xl_srst("branch", true, 10);
	xl_crl("CN=ca", 3);
	xl_crl("CN=silent", 0);
	xl_export(old, 100);
	xl_export(old, 200);
	xl_export(gone, 50);
	load(-1);
	ck_assert_str_eq(listed(), "revocation list 3, SRST reference branch "
	    "10, CallManager-trust/gw 20, TVS of cm2 30, ITLRecovery "
	    "(retired, generation 1) 50, exported ITLRecovery key (of an "
	    "older certificate) 50, CAPF 70, CallManager (announced, "
	    "generation 1) 90, ITLRecovery 7000, exported ITLRecovery key "
	    "(of an older certificate) -");
	ck_assert_int_eq(x.row[5].exported_at, 200);
	ck_assert(x.row[5].stale && x.not_exported);
	ck_assert_str_eq(x.row[5].name, "ann");
	ck_assert_str_eq(x.row[1].subject, "CN=branch");
	/* One of the key in use. */
	xl_export(now, 300);
	load(-1);
	ck_assert(!x.not_exported);
	ck_assert_uint_eq(x.n, 11);
	load(25);
	ck_assert_str_eq(listed(), "revocation list 3, SRST reference branch "
	    "10, CallManager-trust/gw 20, exported ITLRecovery key (of an "
	    "older certificate) 50, exported ITLRecovery key (of an older "
	    "certificate) -");
}
END_TEST

START_TEST(whole_days)
{
	static const struct {
		int64_t	left, days;
	} v[] = {
		{ 0, 0 }, { 1, 0 }, { LAB_DAY - 1, 0 }, { LAB_DAY, 1 },
		{ -1, -1 }, { -LAB_DAY, -1 }, { -LAB_DAY - 1, -2 },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		ck_assert_int_eq(expiry_days(LAB_NOW + v[i].left, LAB_NOW),
		    v[i].days);
	ck_assert_int_gt(expiry_days(EXPIRY_NEVER, -5), 1000000);
}
END_TEST

/* --- the plan --- */


static void
plan(int64_t days)
{
	struct err e = { 0 };

	load(days);
	ck_assert_msg(plan_make(xl.db, &x, LAB_NOW + days * LAB_DAY, LAB_NOW,
	    7, &p, &e) == ERR_OK, "%s", e.msg);
}

static const struct plan_step *
step(size_t i, const char *what, const char *command)
{
	char text[EXPIRY_WHAT_MAX];

	ck_assert_uint_lt(i, p.n);
	expiry_what(p.step[i].what, text);
	ck_assert_str_eq(text, what);
	if (command == NULL)
		ck_assert_uint_eq(p.step[i].ncommand, 0);
	else
		ck_assert_str_eq(p.step[i].command[0], command);
	return &p.step[i];
}

static void
dates(const struct plan_step *s, int begin, int done)
{
	ck_assert_int_eq(s->begin_by, LAB_NOW + begin * LAB_DAY);
	ck_assert_int_eq(s->done_by, LAB_NOW + done * LAB_DAY);
}

START_TEST(order)
{
	const struct plan_step *s;

	xl_phones(3);
	xl_own(UNIT_ITLRECOVERY, "", OWN_ACTIVE, 60, NULL);
	xl_own(UNIT_CALLMANAGER, "", OWN_ACTIVE, 90, NULL);
	xl_own(UNIT_TVS, "cm2", OWN_ACTIVE, 95, NULL);
	xl_own(UNIT_TVS, "cm1", OWN_ACTIVE, 95, NULL);
	xl_own(UNIT_CAPF, "", OWN_ACTIVE, 99, NULL);
	xl_own(UNIT_CALLMANAGER_ECDSA, "", OWN_ACTIVE, 40, NULL);
	xl_own(UNIT_HTTPS, "cm1", OWN_ACTIVE, 30, NULL);
	xl_own(UNIT_CALLMANAGER, "", OWN_RETIRED, 10, NULL);
	xl_trust(TRUST_CALLMANAGER, "gw", 20, 0, NULL);
	plan(100);
	ck_assert_uint_eq(p.n, 8);
	s = step(0, "CAPF", "set cert regen CAPF");
	ck_assert_str_eq(s->command[1], "set cert promote CAPF --sacrifice "
	    "all");
	ck_assert_int_eq(s->resets, 3);
	dates(s, 60 - 14 - 28, 60 - 14 - 21);
	s = step(1, "TVS of cm1", "set cert regen TVS");
	s = step(2, "TVS of cm2", "set cert regen TVS");
	s = step(3, "CallManager", "set cert regen CallManager");
	dates(s, 60 - 14 - 7, 60 - 14);
	s = step(4, "ITLRecovery", "set cert regen ITLRecovery");
	ck_assert_int_eq(s->cycles, 2);
	ck_assert_int_eq(s->resets, 6);
	dates(s, 60 - 14, 60);
	s = step(5, "CallManager-trust/gw", "set cert import trust "
	    "CallManager-trust FILE");
	ck_assert(!s->anchor && s->cycles == 0 && !s->late);
	step(6, "https of cm1", "set cert regen https");
	step(7, "CallManager-ECDSA", "set cert regen CallManager-ECDSA");
	ck_assert_int_eq(p.cycles, 6);
	ck_assert_int_eq(p.resets, 18);
	ck_assert(!p.by_urgency);
	plan_clear(&p);
	/* In the list with that parameter alone. */
	xl_param("itl.signer_version", "1.1");
	plan(100);
	ck_assert(step(3, "CallManager-ECDSA", "set cert regen "
	    "CallManager-ECDSA")->anchor);
	plan_clear(&p);
}
END_TEST

START_TEST(urgent)
{
	const struct plan_step *s;

	xl_own(UNIT_CAPF, "", OWN_ACTIVE, 99, NULL);
	xl_own(UNIT_TVS, "cm1", OWN_ACTIVE, 50, NULL);
	xl_own(UNIT_CALLMANAGER, "", OWN_ACTIVE, 10, NULL);
	plan(100);
	ck_assert(p.by_urgency);
	s = step(0, "CallManager", "set cert regen CallManager");
	ck_assert(!s->late);
	step(1, "TVS of cm1", "set cert regen TVS");
	step(2, "CAPF", "set cert regen CAPF");
	plan_clear(&p);
	/* Nothing helps any more. */
	xl_own(UNIT_ITLRECOVERY, "", OWN_ACTIVE, -1, NULL);
	plan(100);
	s = step(0, "ITLRecovery", "set cert regen ITLRecovery");
	ck_assert(s->late);
	ck_assert(step(1, "CallManager", "set cert regen CallManager")->late);
	ck_assert(!step(3, "CAPF", "set cert regen CAPF")->late);
	plan_clear(&p);
}
END_TEST

START_TEST(successors)
{
	const struct plan_step *s;

	xl_own_by_ca(UNIT_CALLMANAGER, 20);
	xl_own(UNIT_CAPF, "", OWN_ACTIVE, 20, NULL);
	xl_own(UNIT_CAPF, "", OWN_ANNOUNCED, 400, NULL);
	xl_own(UNIT_TVS, "cm1", OWN_ACTIVE, 20, NULL);
	xl_own(UNIT_TVS, "cm1", OWN_ANNOUNCED, 25, NULL);
	plan(30);
	ck_assert_uint_eq(p.n, 3);
	s = step(0, "CAPF", "set cert promote CAPF --sacrifice all");
	ck_assert(s->announced && s->ncommand == 1);
	/* One that ends as soon is none. */
	s = step(1, "TVS of cm1", "set cert regen TVS");
	ck_assert(!s->announced);
	s = step(2, "CallManager", "set csr gen CallManager");
	ck_assert_str_eq(s->command[1], "set cert import own CallManager "
	    "FILE");
	ck_assert_uint_eq(s->ncommand, 3);
	plan_clear(&p);
}
END_TEST

START_TEST(others)
{
	uint8_t old[SHA256_LEN] = { 7 };

	xl_phones(2);
	xl_srst("branch", true, 5);
	xl_crl("CN=ca", 2);
	xl_export(old, 9);
	plan(10);
	ck_assert_uint_eq(p.n, 3);
	step(0, "revocation list", "set crl import FILE");
	ck_assert_int_eq(step(1, "SRST reference branch",
	    "srst fetch branch")->resets, 0);
	ck_assert_int_eq(step(2, "exported ITLRecovery key (of an older "
	    "certificate)", NULL)->begin_by, EXPIRY_NEVER);
	plan_clear(&p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("expiry");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, xl_open, close_all);
	tcase_add_test(t, everything);
	tcase_add_test(t, phones);
	tcase_add_test(t, ca_client);
	tcase_add_test(t, whole_days);
	tcase_add_test(t, order);
	tcase_add_test(t, urgent);
	tcase_add_test(t, successors);
	tcase_add_test(t, others);
	suite_add_tcase(s, t);
	return fix_run(s);
}
