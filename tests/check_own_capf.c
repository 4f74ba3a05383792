/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A CAPF certificate while phones have certificates of it.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/rows_capf.h"
#include "tests/trust_cluster.h"
#include "trust/cert_use.h"
#include "trust/own_capf.h"
#include "trust/own_stage.h"
#include "trust/trust_store.h"

/* --- what the tests do --- */

static struct row_own
active(void)
{
	struct err e = { 0 };
	struct row_own r;

	ck_assert_msg(row_own_active(tc.db, "CAPF", "", &r, &e) == ERR_OK,
	    "%s", e.msg);
	return r;
}

struct device {
	char			 name[32];
	uint8_t			 n;
	const uint8_t		*issuer;
	enum device_cert_state	 state;
};

static int
put_device(struct db *db, void *arg, struct err *e)
{
	const struct device *d = arg;
	struct row_device_cert r = { .owner = { .kind = CAPF_PHONE },
	    .has_issuer = true, .state = d->state, .stored_at = 1,
	    .changed_at = 1 };

	memset(r.sha256, d->n, sizeof(r.sha256));
	memcpy(r.issuer, d->issuer, sizeof(r.issuer));
	(void)snprintf(r.owner.name, sizeof(r.owner.name), "%s", d->name);
	return row_device_cert_put(db, &r, e);
}

static void
device(const char *name, uint8_t n, const struct row_own *issuer,
    enum device_cert_state state)
{
	struct device d = { .n = n, .issuer = issuer->sha256,
	    .state = state };
	struct err e = { 0 };

	(void)snprintf(d.name, sizeof(d.name), "%s", name);
	ck_assert_msg(db_tx(tc.db, put_device, &d, &e) == DB_DONE, "%s",
	    e.msg);
}

static int
renew_tx(struct db *db, void *arg, struct err *e)
{
	struct own_moved m;
	int ret;

	if ((ret = own_stage_new(db, arg, 100, &m, e)) != ERR_OK)
		return ret;
	return own_stage_promote(db, UNIT_CAPF, "cm1", 100, &m, e);
}

static void
renew(void)
{
	struct own_wish w;
	struct own_new *n;
	struct err e = { 0 };

	own_wish_default(UNIT_CAPF, &tc.cluster, &w);
	w.key = KEY_EC256;
	n = own_make_as(UNIT_CAPF, &w, &tc.cluster, &tc.node, tc.names,
	    tc.nnames, tc.kr, &tc.rng, TC_NOW + 100, &e);
	ck_assert_msg(n != NULL, "%s", e.msg);
	ck_assert_msg(db_tx(tc.db, renew_tx, n, &e) == DB_DONE, "%s", e.msg);
	own_new_free(n);
}

static int
purge_tx(struct db *db, void *arg, struct err *e)
{
	return own_stage_purge(db, UNIT_CAPF, 1000, 1000, arg, e);
}

static int
early_tx(struct db *db, void *arg, struct err *e)
{
	return own_stage_purge(db, UNIT_CAPF, 1, 1000, arg, e);
}

static struct own_moved
purge(void)
{
	struct own_moved m;
	struct err e = { 0 };

	ck_assert_msg(db_tx(tc.db, purge_tx, &m, &e) == DB_DONE, "%s",
	    e.msg);
	return m;
}

/* "CAPF-trust renewal ": where it is trusted, and by whom. */
static const char *
trusted(const struct row_own *o)
{
	static char text[256];
	struct row_trust *rows;
	struct err e = { 0 };
	size_t n;

	text[0] = '\0';
	ck_assert_int_eq(row_trust_list(tc.db, NULL, o->sha256, false, &rows,
	    &n, &e), ERR_OK);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(text);

		(void)snprintf(text + len, sizeof(text) - len, "%s %s ",
		    rows[i].unit, rows[i].origin);
	}
	free(rows);
	return text;
}

static const char *
said(const struct row_own *o)
{
	static char text[OWN_CAPF_TEXT_MAX];
	struct err e = { 0 };

	ck_assert_msg(own_capf_text(tc.db, o->sha256, text, &e) == ERR_OK,
	    "%s", e.msg);
	return text;
}

/* --- tests --- */

START_TEST(nobody_has_one)
{
	struct row_own old = active();

	renew();
	ck_assert_str_eq(trusted(&old), "");
	ck_assert_str_eq(said(&old), "");
	ck_assert_uint_eq(purge().removed, 1);
}
END_TEST

/* Not yet, and when. */
START_TEST(too_young)
{
	struct own_moved m = { .young = 9 };
	struct err e = { 0 };

	renew();
	renew();
	ck_assert_int_eq(db_tx(tc.db, early_tx, &m, &e), DB_DONE);
	ck_assert_uint_eq(m.removed, 0);
	ck_assert_uint_eq(m.young, 2);
	ck_assert_int_eq(m.retired_at, 100);
	ck_assert_uint_eq(purge().removed, 2);
}
END_TEST

START_TEST(counted_down)
{
	struct row_own old = active(), now;
	struct own_moved m;
	char hex[17];

	device("SEP001122334455", 1, &old, DEVICE_CURRENT);
	device("SEP001122334466", 2, &old, DEVICE_CURRENT);
	device("SEP001122334477", 3, &old, DEVICE_REVOKED);
	renew();
	now = active();
	ck_assert_int_eq(now.generation, 2);
	ck_assert_str_eq(trusted(&old), "CAPF-trust renewal "
	    "CallManager-trust renewal ");
	ck_assert_str_eq(trusted(&now), "");
	str_hex(old.sha256, 8, hex);
	ck_assert_ptr_nonnull(strstr(said(&old), "certificates of 2 phones, "
	    "which utils capf lsc list --issuer "));
	ck_assert_ptr_nonnull(strstr(said(&old), hex));
	m = purge();
	ck_assert_uint_eq(m.removed, 0);
	ck_assert_uint_eq(m.kept, 1);
	ck_assert_mem_eq(m.last_kept.sha256, old.sha256, SHA256_LEN);
	/* One has a new one. */
	device("SEP001122334455", 1, &old, DEVICE_SUPERSEDED);
	device("SEP001122334455", 4, &now, DEVICE_CURRENT);
	ck_assert_ptr_nonnull(strstr(said(&old), "of 1 phone,"));
	ck_assert_uint_eq(purge().kept, 1);
	/* So has the last: what was kept for them goes. */
	device("SEP001122334466", 2, &old, DEVICE_SUPERSEDED);
	device("SEP001122334466", 5, &now, DEVICE_CURRENT);
	m = purge();
	ck_assert_uint_eq(m.removed, 1);
	ck_assert_uint_eq(m.kept, 0);
	ck_assert_str_eq(trusted(&old), "");
	ck_assert_ptr_nonnull(strstr(said(&now), "of 2 phones,"));
}
END_TEST

static int
trust_tx(struct db *db, void *arg, struct err *e)
{
	struct trust_add a = { .unit = TRUST_CAPF, .origin = "command" };
	enum trust_change change;
	struct own o;
	int ret;

	if ((ret = own_load(db, arg, &o, e)) != ERR_OK)
		return ret;
	a.cert = o.cert;
	ret = trust_store_add(db, &a, 50, &change, e);
	own_clear(&o);
	return ret;
}

/* What an administrator has put there is his. */
START_TEST(trusted_before)
{
	struct row_own old = active();
	struct err e = { 0 };

	ck_assert_int_eq(db_tx(tc.db, trust_tx, &old, &e), DB_DONE);
	device("SEP001122334455", 1, &old, DEVICE_CURRENT);
	renew();
	ck_assert_str_eq(trusted(&old), "CAPF-trust command "
	    "CallManager-trust renewal ");
	device("SEP001122334455", 1, &old, DEVICE_DELETED);
	ck_assert_uint_eq(purge().removed, 1);
	ck_assert_str_eq(trusted(&old), "CAPF-trust command ");
}
END_TEST

/* Who asks what needs the certificate hears of the phones. */
START_TEST(is_a_use)
{
	struct row_own old = active();
	struct cert_uses *u;
	struct cert_use *rows;
	struct row_trust t;
	struct row_cert c;
	struct err e = { 0 };
	struct own o;
	size_t n;

	device("SEP001122334455", 1, &old, DEVICE_CURRENT);
	ck_assert_int_eq(own_load(tc.db, &old, &o, &e), ERR_OK);
	ck_assert_int_eq(cert_use_own(tc.db, &o, &rows, &n, &e), ERR_OK);
	ck_assert_uint_ge(n, 1);
	ck_assert_ptr_nonnull(strstr(rows[0].what, "of 1 phone,"));
	free(rows);
	own_clear(&o);
	renew();
	ck_assert_int_eq(row_trust_get(tc.db, "CAPF-trust", old.sha256, &t,
	    &e), ERR_OK);
	ck_assert_int_eq(row_cert_get(tc.db, old.sha256, &c, &e), ERR_OK);
	u = cert_uses_load(tc.db, &e);
	ck_assert_ptr_nonnull(u);
	ck_assert_int_eq(cert_uses_of(u, &t, &c, 5, &rows, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_ptr_nonnull(strstr(rows[0].what, "of 1 phone,"));
	free(rows);
	cert_uses_free(u);
	row_cert_clear(&c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("own_capf");
	TCase *tcase = tcase_create("own_capf");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_unchecked_fixture(tcase, tc_make, tc_free);
	tcase_add_checked_fixture(tcase, tc_open, tc_close);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, nobody_has_one);
	tcase_add_test(tcase, too_young);
	tcase_add_test(tcase, counted_down);
	tcase_add_test(tcase, trusted_before);
	tcase_add_test(tcase, is_a_use);
	suite_add_tcase(s, tcase);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
