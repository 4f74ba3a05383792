/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Import into trust stores.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "certs/internal.h"
#include "tests/ca_lab.h"
#include "tests/certs_data.h"
#include "tests/import_fix.h"
#include "tests/trust_cluster.h"
#include "trust/cert_import.h"

/* --- trust stores --- */

struct trust_act {
	struct import_trust	*p;
};

static int
apply_trust(struct db *db, void *arg, struct err *e)
{
	struct trust_act *a = arg;

	return import_trust_apply(db, a->p, "import", "why", 60, TC_NOW, e);
}

START_TEST(trusted)
{
	struct lab_spec ended = { .cn = "old", .from_days = -20,
	    .to_days = -10 };
	struct lab_spec coming = { .cn = "new", .from_days = 10,
	    .to_days = 20 };
	struct cert *old = lab_issue(&ended, lab_key(3), NULL, NULL);
	struct cert *new = lab_issue(&coming, lab_key(3), NULL, NULL);
	struct container set = set_of(root, mid, old, NULL);
	struct trust_act a;
	struct import_trust p;
	struct err e = { 0 };

	ck_assert_int_eq(import_trust_plan(&p, TRUST_HTTPS, &node, &set, 0,
	    TC_NOW, &e), ERR_REFUSED);
	ck_assert_msg(strstr(e.msg, "--skip-expired") != NULL &&
	    strstr(e.msg, "\"old\" ended at") != NULL, "%s", e.msg);
	import_trust_clear(&p);
	ck_assert_int_eq(import_trust_plan(&p, TRUST_HTTPS, &node, &set,
	    IMPORT_SKIP_EXPIRED, TC_NOW, &e), ERR_OK);
	ck_assert_uint_eq(p.nca, 2);
	ck_assert_uint_eq(p.nexpired, 1);
	ck_assert(p.changes);
	a.p = &p;
	tc_done(apply_trust, &a);
	import_trust_clear(&p);
	ck_assert_int_eq(in_store(TRUST_HTTPS), 2);
	ck_assert_int_eq(import_trust_plan(&p, TRUST_HTTPS, &node, &set,
	    IMPORT_SKIP_EXPIRED, TC_NOW, &e), ERR_OK);
	ck_assert(!p.changes);
	import_trust_clear(&p);
	container_clear(&set);

	set = set_of(root, new, NULL);
	ck_assert_int_eq(import_trust_plan(&p, TRUST_HTTPS, &node, &set,
	    IMPORT_SKIP_EXPIRED, TC_NOW, &e), ERR_REFUSED);
	ck_assert_msg(strstr(e.msg, "the clock of cm1") != NULL, "%s", e.msg);
	import_trust_clear(&p);
	container_clear(&set);
	set = set_of(old, NULL);
	ck_assert_int_eq(import_trust_plan(&p, TRUST_HTTPS, &node, &set,
	    IMPORT_SKIP_EXPIRED, TC_NOW, &e), ERR_REFUSED);
	import_trust_clear(&p);
	container_clear(&set);
	cert_free(old);
	cert_free(new);
}
END_TEST

/* Only what can sign lists. */
START_TEST(signers)
{
	struct container ec = set_of(root, NULL), rsa = pair("pub1",
	    KEY_RSA1024, NULL), big = pair("pub2", KEY_RSA3072, NULL);
	struct import_trust p;
	struct err e = { 0 };

	ck_assert_int_eq(import_trust_plan(&p, TRUST_PHONE_SAST, &node, &ec, 0,
	    TC_NOW, &e), ERR_REFUSED);
	ck_assert_msg(strstr(e.msg, "key of kind ec256") != NULL, "%s", e.msg);
	import_trust_clear(&p);
	ck_assert_int_eq(import_trust_plan(&p, TRUST_PHONE_SAST, &node, &big,
	    0, TC_NOW, &e), ERR_REFUSED);
	import_trust_clear(&p);
	ck_assert_int_eq(import_trust_plan(&p, TRUST_PHONE_SAST, &node, &rsa,
	    0, TC_NOW, &e), ERR_OK);
	ck_assert_ptr_nonnull(strstr(p.warnings, "accept trust lists"));
	ck_assert_ptr_nonnull(strstr(p.warnings, "1024 bits"));
	import_trust_clear(&p);
	container_clear(&ec);
	container_clear(&rsa);
	container_clear(&big);
}
END_TEST

START_TEST(stores)
{
	static const struct {
		enum own_unit	unit;
		size_t		n;
		enum trust_unit	first;
	} of[] = {
		{ UNIT_CALLMANAGER, 1, TRUST_CALLMANAGER },
		{ UNIT_CALLMANAGER_ECDSA, 1, TRUST_CALLMANAGER },
		{ UNIT_TVS, 1, TRUST_TVS }, { UNIT_CAPF, 2, TRUST_CAPF },
		{ UNIT_HTTPS, 1, TRUST_HTTPS }, { UNIT_ITLRECOVERY, 0, 0 },
		{ UNIT_IPSEC, 1, TRUST_CALLMANAGER },
	};
	enum trust_unit st[IMPORT_STORES_MAX];

	for (size_t i = 0; i < N_OF(of); i++) {
		size_t n = import_stores(&own_unit_table()[of[i].unit], st);

		ck_assert_uint_eq(n, of[i].n);
		for (size_t k = 0; k < n; k++)
			ck_assert_int_ne(st[k], TRUST_PHONE_SAST);
		if (n > 0)
			ck_assert_int_eq(st[0], of[i].first);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cert_import_trust");
	TCase *t = tcase_create("cert_import");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, setup_once, teardown_once);
	tcase_add_checked_fixture(t, setup, tc_close);
	tcase_add_test(t, trusted);
	tcase_add_test(t, signers);
	tcase_add_test(t, stores);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
