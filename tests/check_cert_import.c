/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Import of our own certificates: which goes where, every refusal with the two
 * values that differ, and that nothing is imported twice.
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
#include "trust/csr_own.h"
#include "trust/own_stage.h"

/* --- doing --- */

START_TEST(answered)
{
	struct cert *leaf = answer(&good);
	struct container set = set_of(root, leaf, mid, NULL);
	struct import_own p;
	struct row_csr row;
	struct own o;

	plan_ok(&p, UNIT_CALLMANAGER_ECDSA, &set);
	ck_assert(cert_same(p.leaf, leaf));
	ck_assert_int_eq(p.by, IMPORT_KEY_CSR);
	ck_assert(p.changes && p.csr_used && !p.known);
	ck_assert_uint_eq(p.nca, 2);
	ck_assert(cert_same(p.ca[0].cert, mid));
	ck_assert_int_eq(p.ca[0].change, TRUST_ADDED);
	ck_assert_uint_eq(p.nother, 0);
	ck_assert_str_eq(p.warnings, "");
	do_import(&p);
	import_own_clear(&p);
	ck_assert_int_eq(own_announced(tc.db, UNIT_CALLMANAGER_ECDSA, NULL,
	    &o, NULL), ERR_OK);
	ck_assert(cert_same(o.cert, leaf));
	own_clear(&o);
	ck_assert_uint_eq(rows_of(UNIT_CALLMANAGER_ECDSA, OWN_ACTIVE), 1);
	ck_assert_int_eq(in_store(TRUST_CALLMANAGER), 2);
	ck_assert_int_eq(row_csr_get(tc.db, "CallManager-ECDSA", "", &row,
	    NULL), ERR_NOTFOUND);
	/* Again: nothing. */
	plan_ok(&p, UNIT_CALLMANAGER_ECDSA, &set);
	ck_assert(p.known && !p.changes);
	ck_assert_int_eq(p.by, IMPORT_KEY_OWN);
	import_own_clear(&p);
	container_clear(&set);
	cert_free(leaf);
}
END_TEST

static int
tx_key_gone(struct db *db, void *arg, struct err *e)
{
	int ret = row_csr_remove(db, "CallManager-ECDSA", "", e);

	return ret == ERR_OK ? row_key_remove(db, arg, e) : ret;
}

/* Another request was made while somebody read the plan. */
START_TEST(key_went_meanwhile)
{
	struct cert *leaf = answer(&good);
	struct container set = set_of(root, leaf, mid, NULL);
	struct import_own p;
	struct act a = { .p = &p };
	uint8_t id[KEY_ID_LEN];
	struct err e = { 0 };

	plan_ok(&p, UNIT_CALLMANAGER_ECDSA, &set);
	a.leaf = import_own_new(&p, tc.kr, &tc.rng, &e);
	cert_key_id(leaf, id);
	tc_done(tx_key_gone, id);
	tc_refused(apply, &a, ERR_REFUSED, "was removed meanwhile");
	ck_assert_uint_eq(rows_of(UNIT_CALLMANAGER_ECDSA, OWN_ANNOUNCED), 0);
	ck_assert_int_eq(in_store(TRUST_CALLMANAGER), 0);
	own_new_free(a.leaf);
	import_own_clear(&p);
	container_clear(&set);
	cert_free(leaf);
}
END_TEST

/* The authorities came before, the leaf comes alone. */
START_TEST(leaf_alone)
{
	struct cert *leaf = answer(&good);
	struct container set = set_of(root, mid, NULL), alone =
	    set_of(leaf, NULL);
	struct import_own p;

	refuse(UNIT_CALLMANAGER_ECDSA, &alone, "whose issuer \"O=Lab,"
	    "CN=Orbit Issuing\" is neither in the files nor in "
	    "CallManager-trust");
	container_clear(&set);
	set = set_of(root, mid, leaf, NULL);
	plan_ok(&p, UNIT_CALLMANAGER_ECDSA, &set);
	do_import(&p);
	import_own_clear(&p);
	/* Now both lie in the store. */
	plan_ok(&p, UNIT_CALLMANAGER_ECDSA, &alone);
	ck_assert(p.chain.complete);
	ck_assert_uint_eq(p.chain.n, 3);
	import_own_clear(&p);
	container_clear(&alone);
	container_clear(&set);
	cert_free(leaf);
}
END_TEST

static const struct {
	struct lab_spec	 s;
	const char	*says;
} bad[] = {
	{ { GOOD, .from_days = 2, .to_days = 400 },
	    "and the clock of cm1 says 2026-11-21T08:54:44Z (172800 seconds "
	    "before)" },
	{ { GOOD, .from_days = -400, .to_days = -1 },
	    "ended at 2026-11-20T08:54:44Z" },
	{ { .cn = "x", .usage = "digitalSignature" },
	    "the request has cm1.example.org, the certificate does not" },
	{ { .cn = "x", .san = "DNS:cm1.example.org,DNS:evil.example.org" },
	    "the certificate has evil.example.org, the request does not" },
	{ { .cn = "x", .san = "DNS:cm2.example.org" },
	    "the request has cm1.example.org, the certificate has "
	    "cm2.example.org instead" },
	{ { .cn = "x", .san = "DNS:cm1.example.org",
	    .usage = "keyAgreement" },
	    "may not be used for digitalSignature, which CallManager-ECDSA "
	    "needs" },
	{ { .cn = "x", .san = "DNS:cm1.example.org",
	    .ext_usage = "clientAuth" }, "may not be used for serverAuth" },
};

START_TEST(refused)
{
	struct cert *leaf = answer(&bad[_i].s);
	struct container set = set_of(root, leaf, mid, NULL);

	refuse(UNIT_CALLMANAGER_ECDSA, &set, bad[_i].says);
	ck_assert_int_eq(in_store(TRUST_CALLMANAGER), 0);
	container_clear(&set);
	cert_free(leaf);
}
END_TEST

/* What is paid for and works in most places is taken, with a word. */
START_TEST(only_warned)
{
	struct lab_spec s = { .cn = "x", .san = "DNS:cm1.example.org",
	    .ext_usage = "serverAuth", .md = EVP_sha1(), .from_days = -10,
	    .to_days = 5 };
	struct cert *leaf = answer(&s);
	struct cert *other = lab_issue(&good, lab_key(7), NULL, NULL);
	struct container set = set_of(root, leaf, mid, other, NULL);
	struct import_own p;

	plan_ok(&p, UNIT_CALLMANAGER_ECDSA, &set);
	ck_assert_ptr_nonnull(strstr(p.warnings, "clientAuth"));
	ck_assert_ptr_nonnull(strstr(p.warnings, "signed with sha1"));
	ck_assert_ptr_nonnull(strstr(p.warnings, "ends in 5 days"));
	ck_assert_ptr_nonnull(strstr(p.warnings, "1 other certificates"));
	ck_assert_ptr_nonnull(strstr(p.warnings, "older than the one"));
	ck_assert_uint_eq(p.nother, 1);
	import_own_clear(&p);
	container_clear(&set);
	cert_free(leaf);
	cert_free(other);
}
END_TEST

START_TEST(not_ours)
{
	struct cert *stranger = lab_issue(&good, lab_key(7), mid, lab_key(1));
	struct container set = set_of(root, mid, NULL);
	struct key *k = key_generate(KEY_EC256, NULL);

	refuse(UNIT_CALLMANAGER_ECDSA, &set, "only certificates of "
	    "authorities: the one for CallManager-ECDSA is missing");
	give_cert(&set, cert_ref(stranger));
	refuse(UNIT_CALLMANAGER_ECDSA, &set, "this certificate answers "
	    "another request");
	refuse(UNIT_HTTPS, &set, "no request of https is pending");
	give_key(&set, k);
	refuse(UNIT_CALLMANAGER_ECDSA, &set, "they do not belong together");
	container_clear(&set);
	set = (struct container){ .ncert = 0 };
	refuse(UNIT_CALLMANAGER_ECDSA, &set, "no certificate in the files");
	give_key(&set, key_generate(KEY_EC256, NULL));
	refuse(UNIT_CALLMANAGER_ECDSA, &set, "no certificate for it");
	container_clear(&set);
	cert_free(stranger);
}
END_TEST

static const struct {
	struct lab_spec	 ca;
	const char	*says;
} bad_mid[] = {
	{ { .cn = "M", .basic = "critical,CA:TRUE", .from_days = -20,
	    .to_days = -10 }, "chain: \"M\" ended" },
	{ { .cn = "M", .basic = "critical,CA:FALSE" },
	    "the chain does not hold" },
	{ { .cn = "M", .basic = "critical,CA:TRUE",
	    .constraints = "critical,permitted;DNS:other.example" },
	    "the chain does not hold" },
};

START_TEST(bad_chain)
{
	EVP_PKEY *key = X509_REQ_get0_pubkey(csr_req(csr_own_csr(request)));
	struct cert *m = lab_issue(&bad_mid[_i].ca, lab_key(2), root,
	    lab_key(0));
	struct cert *leaf = lab_issue(&good, key, m, lab_key(2));
	struct container set = set_of(root, leaf, m, NULL);

	refuse(UNIT_CALLMANAGER_ECDSA, &set, bad_mid[_i].says);
	container_clear(&set);
	cert_free(leaf);
	cert_free(m);
}
END_TEST

/* Authorities of one name, half of them with the key that has signed the
 * leaf: each of the others would be tried against each of those. */
#define MANY	120

START_TEST(many_of_one_name)
{
	const struct lab_spec s = { .cn = "Orbit Issuing", .no_ids = true,
	    .basic = "critical,CA:TRUE", .usage = "critical,keyCertSign",
	    .to_days = 3650 };
	struct cert *leaf = answer(&good);
	struct container set = set_of(leaf, mid, root, NULL);
	struct import_own p;
	struct err e = { 0 };

	for (size_t i = 0; i < MANY; i++)
		give_cert(&set, lab_issue(&s, lab_key(i % 2 == 0 ? 1 : 7),
		    NULL, NULL));
	ck_assert_int_eq(import_own_plan(&p,
	    &own_unit_table()[UNIT_CALLMANAGER_ECDSA], &node, &set, TC_NOW,
	    &e), ERR_LIMIT);
	ck_assert_msg(strstr(e.msg, "one name") != NULL, "%s", e.msg);
	import_own_clear(&p);
	container_clear(&set);
	cert_free(leaf);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cert_import");
	TCase *t = tcase_create("cert_import");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, setup_once, teardown_once);
	tcase_add_checked_fixture(t, setup, tc_close);
	tcase_add_test(t, answered);
	tcase_add_test(t, key_went_meanwhile);
	tcase_add_test(t, leaf_alone);
	tcase_add_loop_test(t, refused, 0, (int)N_OF(bad));
	tcase_add_test(t, only_warned);
	tcase_add_test(t, not_ours);
	tcase_add_loop_test(t, bad_chain, 0, (int)N_OF(bad_mid));
	tcase_add_test(t, many_of_one_name);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
