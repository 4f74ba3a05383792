/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Stages of own certificates, and what is in the subject of new ones.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/params.h"
#include "tests/trust_cluster.h"
#include "trust/own_order.h"
#include "trust/own_stage.h"
#include "trust/own_subject.h"

enum step {
	STEP_NEW,
	STEP_CERT,
	STEP_PROMOTE,
	STEP_ROLLBACK,
	STEP_PURGE,
};

struct run {
	enum step	 step;
	enum own_unit	 unit;
	const struct own_new *new;
	const struct cert *cert;
	int64_t		 at;
	struct own_moved m;
};

static int
tx_step(struct db *db, void *arg, struct err *e)
{
	struct run *r = arg;

	switch (r->step) {
	case STEP_NEW:
		return own_stage_new(db, r->new, r->at, &r->m, e);
	case STEP_CERT:
		return own_stage_cert(db, r->unit, "cm1", r->cert, r->at,
		    &r->m, e);
	case STEP_PROMOTE:
		return own_stage_promote(db, r->unit, "cm1", r->at, &r->m, e);
	case STEP_ROLLBACK:
		return own_stage_rollback(db, r->unit, "cm1", r->at, &r->m,
		    e);
	case STEP_PURGE:
		return own_stage_purge(db, r->unit, r->at, r->at, &r->m, e);
	}
	return ERR_ARG;
}

static struct own_moved
step(struct run r)
{
	struct err e = { 0 };

	ck_assert_msg(db_tx(tc.db, tx_step, &r, &e) == DB_DONE, "%s", e.msg);
	return r.m;
}

static void
refused(struct run r, int code)
{
	struct err e = { 0 };

	ck_assert_int_eq(db_tx(tc.db, tx_step, &r, &e), DB_REFUSED);
	ck_assert_msg(e.code == code, "%d %s", e.code, e.msg);
}

/* "a2 r1": stages and generations of a unit, by generation. */
static const char *
stages(enum own_unit unit)
{
	static const char letter[] = { 'n', 'a', 'r' };
	static char text[64];
	struct row_own *rows;
	struct err e = { 0 };
	size_t n;

	text[0] = '\0';
	ck_assert_int_eq(row_own_list(tc.db, own_unit_table()[unit].name, -1,
	    &rows, &n, &e), ERR_OK);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(text);

		(void)snprintf(text + len, sizeof(text) - len, "%s%c%d",
		    i > 0 ? " " : "", letter[rows[i].stage],
		    (int)rows[i].generation);
	}
	free(rows);
	return text;
}

static struct own_new *
make(enum own_unit unit, const struct own_wish *w)
{
	struct err e = { 0 };
	struct own_new *n = own_make_as(unit, w, &tc.cluster, &tc.node,
	    tc.names, tc.nnames, tc.kr, &tc.rng, TC_NOW + 100, &e);

	ck_assert_msg(n != NULL, "%s", e.msg);
	return n;
}

static struct own_new *
make_ec(enum own_unit unit)
{
	struct own_wish w;

	own_wish_default(unit, &tc.cluster, &w);
	w.key = KEY_EC256;
	w.hash = DIGEST_SHA256;
	return make(unit, &w);
}

START_TEST(through_all_stages)
{
	const enum own_unit u = UNIT_CALLMANAGER_ECDSA;
	struct own_new *n = make_ec(u), *again = make_ec(u);
	struct err e = { 0 };
	struct own_moved m;
	struct own o;

	refused((struct run){ .step = STEP_PROMOTE, .unit = u },
	    ERR_NOTFOUND);
	refused((struct run){ .step = STEP_ROLLBACK, .unit = u },
	    ERR_NOTFOUND);
	m = step((struct run){ .step = STEP_NEW, .new = n, .at = 10 });
	ck_assert_str_eq(stages(u), "a1 n2");
	ck_assert_int_eq(m.now_announced.generation, 2);
	ck_assert_int_eq(own_announced(tc.db, u, NULL, &o, &e), ERR_OK);
	ck_assert_int_eq(o.row.staged_at, 10);
	own_clear(&o);
	/* Another one takes its place. */
	m = step((struct run){ .step = STEP_NEW, .new = again, .at = 11 });
	ck_assert_uint_eq(m.removed, 1);
	ck_assert_str_eq(stages(u), "a1 n2");
	m = step((struct run){ .step = STEP_PROMOTE, .unit = u, .at = 12 });
	ck_assert_str_eq(stages(u), "r1 a2");
	ck_assert_int_eq(m.now_active.activated_at, 12);
	ck_assert_int_eq(m.now_retired.generation, 1);
	m = step((struct run){ .step = STEP_ROLLBACK, .unit = u, .at = 13 });
	ck_assert_str_eq(stages(u), "a1 n2");
	ck_assert_int_eq(m.now_active.generation, 1);
	step((struct run){ .step = STEP_PROMOTE, .unit = u, .at = 14 });
	m = step((struct run){ .step = STEP_PURGE, .unit = u, .at = 14 });
	ck_assert_uint_eq(m.removed, 0);
	m = step((struct run){ .step = STEP_PURGE, .unit = UNIT_N,
	    .at = 15 });
	ck_assert_uint_eq(m.removed, 1);
	ck_assert_str_eq(stages(u), "a2");
	refused((struct run){ .step = STEP_ROLLBACK, .unit = u },
	    ERR_NOTFOUND);
	own_new_free(n);
	own_new_free(again);
}
END_TEST

/* What was announced is withdrawn, and its key goes with it. */
START_TEST(withdrawn)
{
	const enum own_unit u = UNIT_CALLMANAGER_ECDSA;
	struct own_new *n = make_ec(u);
	uint8_t id[KEY_ID_LEN], *sealed;
	struct err e = { 0 };
	size_t len;

	cert_key_id(own_new_cert(n), id);
	step((struct run){ .step = STEP_NEW, .new = n, .at = 10 });
	ck_assert_int_eq(row_key_get(tc.db, id, &sealed, &len, &e), ERR_OK);
	free(sealed);
	step((struct run){ .step = STEP_ROLLBACK, .unit = u, .at = 11 });
	ck_assert_str_eq(stages(u), "a1");
	ck_assert_int_eq(row_key_get(tc.db, id, &sealed, &len, &e),
	    ERR_NOTFOUND);
	own_new_free(n);
}
END_TEST

/* What phones hold keeps its key, however often one goes back. */
START_TEST(used_once)
{
	const enum own_unit u = UNIT_CALLMANAGER_ECDSA;
	struct own_new *n = make_ec(u), *again = make_ec(u);
	uint8_t id[KEY_ID_LEN], *sealed;
	struct err e = { 0 };
	struct own_moved m;
	size_t len;

	cert_key_id(own_new_cert(n), id);
	step((struct run){ .step = STEP_NEW, .new = n, .at = 10 });
	step((struct run){ .step = STEP_PROMOTE, .unit = u, .at = 11 });
	step((struct run){ .step = STEP_ROLLBACK, .unit = u, .at = 12 });
	m = step((struct run){ .step = STEP_ROLLBACK, .unit = u, .at = 13 });
	ck_assert_str_eq(stages(u), "a1 r2");
	ck_assert_uint_eq(m.removed, 0);
	ck_assert_int_eq(m.now_retired.staged_at, 13);
	step((struct run){ .step = STEP_ROLLBACK, .unit = u, .at = 14 });
	ck_assert_str_eq(stages(u), "n1 a2");
	/* Nor does a new one in its place cost the key. */
	m = step((struct run){ .step = STEP_NEW, .new = again, .at = 15 });
	ck_assert_str_eq(stages(u), "r1 a2 n3");
	ck_assert_int_eq(m.now_retired.generation, 1);
	ck_assert_int_eq(row_key_get(tc.db, id, &sealed, &len, &e), ERR_OK);
	free(sealed);
	own_new_free(n);
	own_new_free(again);
}
END_TEST

/* Any two of the three that phones fall back on, in any order. */
static const enum own_unit anchors[] = {
	UNIT_CALLMANAGER, UNIT_TVS, UNIT_ITLRECOVERY
};

START_TEST(one_anchor_at_a_time)
{
	const enum own_unit u = anchors[_i];
	const struct confirm all = { .known = 2, .current = 2 };
	const struct confirm some = { .known = 2, .current = 1 };
	struct own_new *n = make_ec(u);
	struct err e = { 0 };

	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(own_order_check(tc.db, anchors[i], &some,
		    &e), ERR_OK);
	step((struct run){ .step = STEP_NEW, .new = n, .at = 10 });
	for (size_t i = 0; i < 3; i++) {
		int want = anchors[i] == u ? ERR_OK : ERR_REFUSED;

		ck_assert_int_eq(own_order_check(tc.db, anchors[i], &all,
		    &e), want);
		ck_assert_int_eq(own_order_check(tc.db, anchors[i], NULL,
		    &e), want);
	}
	ck_assert_int_eq(own_order_check(tc.db, UNIT_CAPF, &some, &e),
	    ERR_OK);
	/* In use, and not known to all yet: TVS stays. */
	step((struct run){ .step = STEP_PROMOTE, .unit = u, .at = 11 });
	ck_assert_int_eq(own_order_check(tc.db, UNIT_TVS, &some, &e), u ==
	    UNIT_TVS ? ERR_OK : ERR_REFUSED);
	ck_assert_int_eq(own_order_check(tc.db, UNIT_TVS, &all, &e), ERR_OK);
	own_new_free(n);
}
END_TEST

/* Nobody learns of these by a list: they switch. */
START_TEST(at_once)
{
	struct own_new *n = make_ec(UNIT_HTTPS), *ipsec = make_ec(UNIT_IPSEC);
	struct own_moved m;

	m = step((struct run){ .step = STEP_NEW, .new = n, .at = 10 });
	ck_assert_str_eq(stages(UNIT_HTTPS), "r1 a2");
	ck_assert_int_eq(m.now_active.generation, 2);
	ck_assert_int_eq(m.now_retired.generation, 1);
	step((struct run){ .step = STEP_ROLLBACK, .unit = UNIT_HTTPS,
	    .at = 11 });
	ck_assert_str_eq(stages(UNIT_HTTPS), "a1 r2");
	ck_assert_str_eq(stages(UNIT_IPSEC), "");
	step((struct run){ .step = STEP_NEW, .new = ipsec, .at = 10 });
	ck_assert_str_eq(stages(UNIT_IPSEC), "a1");
	own_new_free(n);
	own_new_free(ipsec);
}
END_TEST

/* A certificate over a key that is here, by somebody else. */
START_TEST(certificate_alone)
{
	const enum own_unit u = UNIT_CALLMANAGER_ECDSA;
	struct own_new *n = make_ec(u);

	step((struct run){ .step = STEP_CERT, .unit = u,
	    .cert = own_new_cert(n), .at = 10 });
	ck_assert_str_eq(stages(u), "a1 n2");
	step((struct run){ .step = STEP_PROMOTE, .unit = u, .at = 11 });
	refused((struct run){ .step = STEP_CERT, .unit = u,
	    .cert = own_new_cert(n), .at = 12 }, ERR_EXISTS);
	ck_assert_str_eq(stages(u), "r1 a2");
	own_new_free(n);
}
END_TEST

static const struct {
	enum own_unit	 unit;
	enum key_type	 key;
	int		 code;
	bool		 warns;
} kinds[] = {
	{ UNIT_CALLMANAGER, KEY_RSA2048, ERR_OK, false },
	{ UNIT_CALLMANAGER, KEY_RSA1024, ERR_OK, true },
	{ UNIT_CALLMANAGER, KEY_RSA4096, ERR_OK, true },
	{ UNIT_CALLMANAGER, KEY_RSA3072, ERR_REFUSED, false },
	{ UNIT_CALLMANAGER, KEY_EC256, ERR_REFUSED, false },
	{ UNIT_ITLRECOVERY, KEY_RSA3072, ERR_REFUSED, false },
	{ UNIT_ITLRECOVERY, KEY_EC384, ERR_REFUSED, false },
	{ UNIT_CALLMANAGER_ECDSA, KEY_EC521, ERR_OK, false },
	{ UNIT_CALLMANAGER_ECDSA, KEY_RSA2048, ERR_REFUSED, false },
	{ UNIT_TVS, KEY_EC256, ERR_REFUSED, false },
	{ UNIT_TVS, KEY_RSA3072, ERR_OK, false },
	{ UNIT_CAPF, KEY_EC384, ERR_REFUSED, false },
	{ UNIT_HTTPS, KEY_EC384, ERR_OK, false },
	{ UNIT_HTTPS, KEY_RSA4096, ERR_OK, false },
};

START_TEST(keys)
{
	struct err e = { 0 };
	char *warning;

	ck_assert_int_eq(own_key_check(kinds[_i].unit, kinds[_i].key,
	    &warning, &e), kinds[_i].code);
	ck_assert((warning != NULL) == kinds[_i].warns);
	free(warning);
}
END_TEST

static int
tx_param(struct db *db, void *arg, struct err *e)
{
	const char *const *w = arg;
	bool changed;

	return param_set(db, param_find(w[0]), "", w[1], 5, &changed, e);
}

static void
set(const char *name, const char *value)
{
	const char *w[] = { name, value };
	struct err e = { 0 };

	ck_assert_msg(db_tx(tc.db, tx_param, w, &e) == DB_DONE, "%s", e.msg);
}

START_TEST(subject)
{
	struct own_subject s;
	struct err e = { 0 };
	struct own_wish w;
	struct own_new *n;
	char *text;

	ck_assert_int_eq(own_subject_load(tc.db, &s, &e), ERR_OK);
	ck_assert_str_eq(s.o, "lab");
	ck_assert_str_eq(s.c, "");
	set("certificate.organization", "Orbit B.V.");
	set("certificate.country", "NL");
	ck_assert_int_eq(own_subject_load(tc.db, &s, &e), ERR_OK);
	own_wish_default(UNIT_HTTPS, &tc.cluster, &w);
	own_subject_wish(&s, &w);
	ck_assert_ptr_null(w.ou);
	w.key = KEY_EC256;
	w.years = 1;
	n = make(UNIT_HTTPS, &w);
	text = cert_subject(own_new_cert(n), CERT_NAME_SEMICOLON, &e);
	ck_assert_msg(strstr(text, ";O=Orbit B.V.;C=NL") != NULL, "%s", text);
	ck_assert_int_eq(cert_not_after(own_new_cert(n)), TC_NOW + 100 +
	    365 * 86400);
	free(text);
	own_new_free(n);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("own_stage");
	TCase *t = tcase_create("own_stage");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, tc_open, tc_close);
	tcase_add_test(t, through_all_stages);
	tcase_add_test(t, withdrawn);
	tcase_add_test(t, used_once);
	tcase_add_loop_test(t, one_anchor_at_a_time, 0, 3);
	tcase_add_test(t, at_once);
	tcase_add_test(t, certificate_alone);
	tcase_add_loop_test(t, keys, 0,
	    (int)(sizeof(kinds) / sizeof(kinds[0])));
	tcase_add_test(t, subject);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
