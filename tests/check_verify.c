/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Trust in certificates: what is trusted, and the reason when not.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/verify.h"
#include "tests/ca_lab.h"
#include "tests/verify_fix.h"

/* --- pinned --- */

#define ANCHORS	1000

START_TEST(thousand_of_one_subject)
{
	for (size_t i = 0; i < ANCHORS; i++)
		lab_store_add(&st, lab_issue(&(struct lab_spec){
		    .cn = "appliance", .no_ids = true }, lab_key(i % 50),
		    NULL, NULL), 1);
	lab_store_load(&st);
	for (size_t i = 0; i < ANCHORS; i++) {
		uint8_t is[DIGEST_SHA256_LEN];

		is_trusted(st.entry[i].cert, &any, NULL, 0);
		ck_assert(r.pinned);
		cert_sha256(st.entry[i].cert, is);
		ck_assert_mem_eq(r.anchor, is, sizeof(is));
	}
	/* Nothing was parsed for it, at load or later. */
	ck_assert_uint_eq(cert_cache_loads(verifier_cache(st.v)), 0);
}
END_TEST

START_TEST(one_key_several_serials)
{
	for (int i = 1; i <= 20; i++)
		lab_store_add(&st, lab_issue(&(struct lab_spec){ .cn = "gw",
		    .serial = i, .basic = CA, .usage = SIGNS ",digitalSignature" },
		    lab_key(0), NULL, NULL), 1);
	lab_store_load(&st);
	for (size_t i = 0; i < st.n; i++)
		is_trusted(st.entry[i].cert, &any, NULL, 0);
}
END_TEST

START_TEST(pinned_leaf_of_a_ca)
{
	struct cert *ca = root("ca", 0), *leaf = lab_issue(
	    &(struct lab_spec){ .cn = "leaf" }, lab_key(1), ca, lab_key(0));

	lab_store_add(&st, leaf, 2);
	lab_store_load(&st);
	is_trusted(leaf, &(struct verify_policy){ .units = 6 }, &ca, 1);
	ck_assert(r.pinned);
	ck_assert_uint_eq(r.units, 2);
	ck_assert_uint_eq(r.depth, 0);
	is_refused(leaf, &(struct verify_policy){ .units = 5 }, &ca, 1,
	    VERIFY_OTHER_USE);
	cert_free(ca);
}
END_TEST

START_TEST(pinned_but_expired)
{
	lab_store_add(&st, lab_issue(&(struct lab_spec){ .cn = "old",
	    .from_days = -9, .to_days = -1 }, lab_key(0), NULL, NULL), 1);
	lab_store_add(&st, lab_issue(&(struct lab_spec){ .cn = "young",
	    .from_days = 1, .to_days = 9 }, lab_key(0), NULL, NULL), 1);
	lab_store_load(&st);
	is_refused(st.entry[0].cert, &any, NULL, 0, VERIFY_EXPIRED);
	ck_assert_str_eq(r.text, "O=Lab,CN=old: expired "
	    "2026-11-20T08:54:44Z");
	is_refused(st.entry[1].cert, &any, NULL, 0, VERIFY_NOT_YET);
	ck_assert_str_eq(r.text, "O=Lab,CN=young: not yet valid, only from "
	    "2026-11-22T08:54:44Z");
}
END_TEST

START_TEST(nothing_is_trusted_without_a_store)
{
	struct cert *c = root("ca", 0);

	is_refused(c, &any, NULL, 0, VERIFY_UNKNOWN);
	lab_store_load(&st);
	is_refused(c, &any, NULL, 0, VERIFY_UNKNOWN);
	lab_store_add(&st, c, 1);
	lab_store_load(&st);
	is_trusted(c, &any, NULL, 0);
	verifier_set_store(st.v, NULL, false);
	is_refused(c, &any, NULL, 0, VERIFY_UNKNOWN);
}
END_TEST

/* --- changes --- */

START_TEST(removed_at_once)
{
	struct cert *ca = root("ca", 0), *leaf = lab_issue(
	    &(struct lab_spec){ .cn = "leaf" }, lab_key(1), ca, lab_key(0));
	struct cert_store *snap;

	lab_store_add(&st, ca, 1);
	lab_store_load(&st);
	is_trusted(leaf, &any, NULL, 0);
	is_trusted(ca, &any, NULL, 0);
	ck_assert_uint_eq(st.asked, 0);
	/* The database has changed; the snapshot is still the old one. */
	snap = lab_store_snapshot(&st);
	verifier_set_store(st.v, snap, true);
	is_trusted(leaf, &any, NULL, 0);
	ck_assert_uint_gt(st.asked, 0);
	st.entry[0].units = 0;
	is_refused(leaf, &any, NULL, 0, VERIFY_REMOVED);
	is_refused(ca, &any, NULL, 0, VERIFY_REMOVED);
	st.entry[0].units = 1;
	is_trusted(leaf, &any, NULL, 0);
	st.fail = ERR_IO;
	is_refused(leaf, &any, NULL, 0, VERIFY_ERROR);
	ck_assert_str_eq(r.text, "the disk is gone");
	is_refused(ca, &any, NULL, 0, VERIFY_ERROR);
	cert_store_free(snap);
	cert_free(leaf);
}
END_TEST

START_TEST(removed_is_said)
{
	struct cert *ca = root("ca", 0);

	lab_store_add(&st, ca, 0);
	st.entry[0].removed = 1;
	lab_store_load(&st);
	is_refused(ca, &any, NULL, 0, VERIFY_REMOVED);
	/* In another store it was never. */
	is_refused(ca, &(struct verify_policy){ .units = 2 }, NULL, 0,
	    VERIFY_UNKNOWN);
}
END_TEST

START_TEST(added_at_once)
{
	struct cert_store *snap = lab_store_snapshot(&st);
	struct cert *c = root("new", 0);

	verifier_set_store(st.v, snap, true);
	lab_store_add(&st, c, 1);
	is_trusted(c, &any, NULL, 0);
	cert_store_free(snap);
}
END_TEST

START_TEST(source_fails)
{
	struct cert *ca = root("ca", 0), *leaf = lab_issue(
	    &(struct lab_spec){ .cn = "leaf" }, lab_key(1), ca, lab_key(0));

	lab_store_add(&st, ca, 1);
	lab_store_load(&st);
	st.fail = ERR_IO;
	is_refused(leaf, &any, NULL, 0, VERIFY_ERROR);
	st.fail = ERR_OK;
	is_trusted(leaf, &any, NULL, 0);
	cert_free(leaf);
}
END_TEST

/* --- as dear with thousands as with ten --- */

START_TEST(loads_do_not_grow)
{
	struct cert_store_build *b = cert_store_build_new(NULL);
	struct cert *ca = root("ca", 0), *leaf = lab_issue(
	    &(struct lab_spec){ .cn = "leaf" }, lab_key(1), ca, lab_key(0));
	struct cert_store *snap;
	struct lab_row row;

	lab_store_add(&st, ca, 1);
	lab_row_of(&row, ca, 1, 0);
	ck_assert_int_eq(cert_store_build_add(b, &row.row, NULL), ERR_OK);
	for (uint32_t i = 0; i < 100000; i++) {
		struct cert_store_row other = row.row;
		uint8_t sha256[DIGEST_SHA256_LEN] = { 1 };
		char name[32];

		memcpy(sha256 + 8, &i, sizeof(i));
		(void)snprintf(name, sizeof(name), "CN=%u", i);
		other.sha256 = sha256;
		other.subject = name;
		other.skilen = 0;
		ck_assert_int_eq(cert_store_build_add(b, &other, NULL),
		    ERR_OK);
	}
	ck_assert_ptr_nonnull(snap = cert_store_build_finish(b, NULL));
	verifier_set_store(st.v, snap, false);
	ck_assert_uint_eq(cert_cache_loads(verifier_cache(st.v)), 0);
	for (int i = 0; i < 10; i++)
		is_trusted(leaf, &any, NULL, 0);
	ck_assert_uint_eq(cert_cache_loads(verifier_cache(st.v)), 1);
	lab_row_clear(&row);
	cert_store_build_free(b);
	cert_store_free(snap);
	cert_free(leaf);
}
END_TEST

/* --- weak keys --- */

START_TEST(rsa_1024)
{
	EVP_PKEY *weak = lab_rsa("rsa1024");

	lab_store_add(&st, lab_issue(&(struct lab_spec){ .cn = "weak" },
	    weak, NULL, NULL), 1);
	lab_store_load(&st);
	is_refused(st.entry[0].cert, &any, NULL, 0, VERIFY_WEAK);
	ck_assert_str_eq(r.text, "O=Lab,CN=weak: key of 1024 bits, 2048 is "
	    "the least");
	is_trusted(st.entry[0].cert, &((struct verify_policy){ .units = 1,
	    .min_rsa_bits = 1024 }), NULL, 0);
}
END_TEST

/* --- revocation --- */

static enum { GOOD, REVOKED, UNKNOWN } state;
static unsigned asked;

static int
revoked(void *arg, const struct cert *c, const struct cert *issuer, bool *yes,
    struct err *e)
{
	(void)arg;
	ck_assert(c != NULL && issuer != NULL && c != issuer);
	asked++;
	*yes = state == REVOKED;
	return state == UNKNOWN ? err_set(e, ERR_NOTFOUND, "nobody knows") :
	    ERR_OK;
}

static int
load_entry(void *arg, const uint8_t sha256[DIGEST_SHA256_LEN], uint8_t **der,
    size_t *len, struct err *e)
{
	const uint8_t *p = cert_der(st.entry[0].cert, len);

	(void)arg;
	(void)sha256;
	(void)e;
	ck_assert_ptr_nonnull(*der = malloc(*len));
	memcpy(*der, p, *len);
	return ERR_OK;
}

START_TEST(revocation)
{
	struct verifier_source src = { .load = load_entry,
	    .revoked = revoked };
	struct cert *ca = root("ca", 0), *leaf = lab_issue(
	    &(struct lab_spec){ .cn = "leaf" }, lab_key(1), ca, lab_key(0));
	struct cert_store *snap;

	lab_store_add(&st, ca, 1);
	verifier_free(st.v);
	st.v = verifier_new(&src, &lab_clock, NULL);
	snap = lab_store_snapshot(&st);
	verifier_set_store(st.v, snap, false);
	asked = 0;
	state = GOOD;
	is_trusted(leaf, &any, NULL, 0);
	state = UNKNOWN;
	is_trusted(leaf, &any, NULL, 0);
	state = REVOKED;
	is_refused(leaf, &any, NULL, 0, VERIFY_REVOKED);
	ck_assert_uint_eq(asked, 3);
	is_trusted(ca, &any, NULL, 0);		/* nobody above it */
	ck_assert_uint_eq(asked, 3);
	ck_assert(verify_revoked(st.v, leaf));
	ck_assert(!verify_revoked(st.v, ca));
	ck_assert_uint_eq(asked, 4);
	cert_store_free(snap);
	cert_free(leaf);
}
END_TEST

START_TEST(names_of_reasons)
{
	for (int i = 0; i <= VERIFY_N; i++) {
		const char *s = verify_why_name((enum verify_why)i);

		ck_assert(s != NULL && s[0] != '\0');
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("trust in certificates");
	TCase *t = tcase_create("verify");
	SRunner *sr;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, thousand_of_one_subject);
	tcase_add_test(t, one_key_several_serials);
	tcase_add_test(t, pinned_leaf_of_a_ca);
	tcase_add_test(t, pinned_but_expired);
	tcase_add_test(t, nothing_is_trusted_without_a_store);
	tcase_add_test(t, removed_at_once);
	tcase_add_test(t, removed_is_said);
	tcase_add_test(t, added_at_once);
	tcase_add_test(t, source_fails);
	tcase_add_test(t, loads_do_not_grow);
	tcase_add_test(t, rsa_1024);
	tcase_add_test(t, revocation);
	tcase_add_test(t, names_of_reasons);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
