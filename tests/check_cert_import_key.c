/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Import of certificates with keys that were made elsewhere, and when they are
 * put to use.
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
#include "trust/own_stage.h"

/* --- keys from outside --- */

START_TEST(recovery_from_outside)
{
	struct container set = pair("ITLRECOVERY_pub1", KEY_RSA4096,
	    "digitalSignature");
	struct import_own p;
	struct own o;

	plan_ok(&p, UNIT_ITLRECOVERY, &set);
	ck_assert_int_eq(p.by, IMPORT_KEY_FILE);
	ck_assert_uint_eq(p.nca, 0);
	ck_assert_ptr_nonnull(strstr(p.warnings, "rsa4096"));
	do_import(&p);
	import_own_clear(&p);
	ck_assert_int_eq(own_announced(tc.db, UNIT_ITLRECOVERY, NULL, &o,
	    NULL), ERR_OK);
	/* The key is there, sealed, and signs. */
	{
		const enum own_unit unit = UNIT_ITLRECOVERY;
		struct signer *s = own_signer(tc.db, tc.kr, &unit, 1, NULL);
		uint8_t sig[KEY_SIG_MAX], digest[32] = { 1 };
		size_t len;

		ck_assert_ptr_nonnull(s);
		ck_assert_int_eq(sign_digest(s, o.key_id, DIGEST_SHA256,
		    KEY_PAD_PKCS1, digest, 32, sig, &len, NULL), ERR_OK);
		signer_free(s);
	}
	own_clear(&o);
	container_clear(&set);
}
END_TEST

static const struct {
	enum own_unit	 unit;
	enum key_type	 key;
	const char	*says;		/* NULL: taken */
} keys[] = {
	{ UNIT_CALLMANAGER, KEY_RSA3072, "no code for rsa3072" },
	{ UNIT_CALLMANAGER, KEY_EC256, "no code for ec256" },
	{ UNIT_CALLMANAGER, KEY_RSA1024, NULL },
	{ UNIT_ITLRECOVERY, KEY_EC384, "no code for ec384" },
	{ UNIT_TVS, KEY_EC256, "RSA" },
	{ UNIT_CALLMANAGER_ECDSA, KEY_RSA1024, "rsa1024" },
	{ UNIT_HTTPS, KEY_EC256, NULL },
};

START_TEST(kinds)
{
	struct container set = pair("x", keys[_i].key,
	    "digitalSignature,keyEncipherment");
	struct import_own p;

	if (keys[_i].says != NULL)
		refuse(keys[_i].unit, &set, keys[_i].says);
	else {
		plan_ok(&p, keys[_i].unit, &set);
		import_own_clear(&p);
	}
	container_clear(&set);
}
END_TEST

START_TEST(at_once)
{
	struct container set = pair("status", KEY_EC256, NULL);
	struct import_own p;
	struct own o;

	plan_ok(&p, UNIT_HTTPS, &set);
	ck_assert_str_eq(p.node, "cm1");
	do_import(&p);
	ck_assert_int_eq(own_active(tc.db, UNIT_HTTPS, "cm1", &o, NULL),
	    ERR_OK);
	ck_assert(cert_same(o.cert, set.cert[0]));
	own_clear(&o);
	ck_assert_uint_eq(rows_of(UNIT_HTTPS, OWN_ANNOUNCED), 0);
	import_own_clear(&p);
	container_clear(&set);
}
END_TEST

/* A renewal over the key of what is announced withdraws it, not its key. */
START_TEST(renewed_before_promoted)
{
	struct lab_spec newer = { GOOD, .to_days = 700 };
	struct cert *first = answer(&good), *second = answer(&newer);
	struct container set = set_of(root, first, mid, NULL);
	const enum own_unit unit = UNIT_CALLMANAGER_ECDSA;
	struct import_own p;
	struct signer *s;
	struct own o;

	plan_ok(&p, unit, &set);
	do_import(&p);
	import_own_clear(&p);
	give_cert(&set, cert_ref(second));
	plan_ok(&p, unit, &set);
	ck_assert(cert_same(p.leaf, second));
	ck_assert_ptr_nonnull(strstr(p.warnings, "is withdrawn"));
	ck_assert_ptr_nonnull(strstr(p.warnings, "2 certificates in the files "
	    "are over keys"));
	do_import(&p);
	import_own_clear(&p);
	ck_assert_uint_eq(rows_of(unit, OWN_ANNOUNCED), 1);
	ck_assert_int_eq(own_announced(tc.db, unit, NULL, &o, NULL), ERR_OK);
	ck_assert(cert_same(o.cert, second));
	own_clear(&o);
	s = own_signer(tc.db, tc.kr, &unit, 1, NULL);
	ck_assert_ptr_nonnull(s);
	signer_free(s);
	container_clear(&set);
	cert_free(first);
	cert_free(second);
}
END_TEST

static int
promote(struct db *db, void *arg, struct err *e)
{
	struct own_moved m;

	(void)arg;
	return own_stage_promote(db, UNIT_CALLMANAGER_ECDSA, NULL, TC_NOW, &m,
	    e);
}

static int
rollback(struct db *db, void *arg, struct err *e)
{
	struct own_moved m;

	(void)arg;
	return own_stage_rollback(db, UNIT_CALLMANAGER_ECDSA, NULL, TC_NOW, &m,
	    e);
}

START_TEST(retired_stays_so)
{
	struct container set = { .ncert = 0 };
	struct cert *leaf = answer(&good);
	struct import_own p;

	give_cert(&set, cert_ref(leaf));
	give_cert(&set, cert_ref(root));
	give_cert(&set, cert_ref(mid));
	plan_ok(&p, UNIT_CALLMANAGER_ECDSA, &set);
	do_import(&p);
	import_own_clear(&p);
	tc_done(promote, NULL);
	plan_ok(&p, UNIT_CALLMANAGER_ECDSA, &set);
	ck_assert(p.known && !p.changes);
	import_own_clear(&p);
	container_clear(&set);
	/* The one before has retired; it does not come back this way. */
	set = set_of((struct cert *)(uintptr_t)own_new_cert(
	    tc.own[UNIT_CALLMANAGER_ECDSA]), NULL);
	refuse(UNIT_CALLMANAGER_ECDSA, &set, "set cert rollback");
	tc_done(rollback, NULL);
	plan_ok(&p, UNIT_CALLMANAGER_ECDSA, &set);
	ck_assert(p.known && !p.changes);
	import_own_clear(&p);
	container_clear(&set);
	cert_free(leaf);
}
END_TEST

/* CAPF's is a CA's; what issued it goes to two stores. */
START_TEST(capf)
{
	struct lab_spec s = { .cn = "CAPF-sub", .basic = "critical,CA:TRUE",
	    .usage = "critical,keyCertSign,digitalSignature,keyEncipherment",
	    .ext_usage = "serverAuth" };
	struct key *k = data_key_of(KEY_RSA4096);
	struct container set = set_of(mid, root, NULL);
	struct import_own p;

	give_cert(&set, lab_issue(&s, key_pkey(k), mid, lab_key(1)));
	give_key(&set, k);
	plan_ok(&p, UNIT_CAPF, &set);
	ck_assert_uint_eq(p.nca, 4);
	do_import(&p);
	import_own_clear(&p);
	ck_assert_int_eq(in_store(TRUST_CAPF), 2);
	ck_assert_int_eq(in_store(TRUST_CALLMANAGER), 2);
	/* One that is no CA's is refused. */
	s.basic = NULL;
	cert_free(set.cert[2]);
	set.cert[2] = lab_issue(&s, key_pkey(k), mid, lab_key(1));
	refuse(UNIT_CAPF, &set, "CA:TRUE");
	container_clear(&set);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cert_import_key");
	TCase *t = tcase_create("cert_import");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, setup_once, teardown_once);
	tcase_add_checked_fixture(t, setup, tc_close);
	tcase_add_test(t, recovery_from_outside);
	tcase_add_loop_test(t, kinds, 0, (int)N_OF(keys));
	tcase_add_test(t, at_once);
	tcase_add_test(t, renewed_before_promoted);
	tcase_add_test(t, retired_stays_so);
	tcase_add_test(t, capf);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
