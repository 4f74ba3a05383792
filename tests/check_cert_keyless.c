/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates read without their keys: the same in all that is promised, and
 * as well tied to who issued them.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "certs/chain.h"
#include "certs/lsc.h"
#include "tests/ca_lab.h"
#include "tests/certs_data.h"

static struct cert *
keyless(const struct cert *c)
{
	struct err e = { 0 };
	size_t len;
	const uint8_t *der = cert_der(c, &len);
	struct cert *k = cert_from_der_keyless(der, len, &e);

	ck_assert_msg(k != NULL, "%s", e.msg);
	return k;
}

typedef const uint8_t *bytes_fn(const struct cert *c, size_t *len);
typedef char *text_fn(const struct cert *c, struct err *e);

static void
same_bytes(bytes_fn *fn, const struct cert *a, const struct cert *b)
{
	size_t n, m;
	const uint8_t *p = fn(a, &n), *q = fn(b, &m);

	ck_assert_uint_eq(n, m);
	ck_assert((p == NULL) == (q == NULL));
	if (n > 0)
		ck_assert_mem_eq(p, q, n);
}

static void
same_text(text_fn *fn, const struct cert *a, const struct cert *b)
{
	char *x = fn(a, NULL), *y = fn(b, NULL);

	ck_assert_str_eq(x, y);
	free(x);
	free(y);
}

static char *
subject(const struct cert *c, struct err *e)
{
	return cert_subject(c, CERT_NAME_SEMICOLON, e);
}

static char *
issuer(const struct cert *c, struct err *e)
{
	return cert_issuer(c, CERT_NAME_SEMICOLON, e);
}

static void
check_same(const struct cert *c)
{
	static bytes_fn *const bytes[] = { cert_der, cert_serial, cert_ski,
	    cert_signature };
	static text_fn *const texts[] = { subject, issuer, cert_cn,
	    cert_issuer_cn };
	struct cert *k = keyless(c);
	uint8_t x[32], y[32];

	for (size_t i = 0; i < N_OF(bytes); i++)
		same_bytes(bytes[i], c, k);
	for (size_t i = 0; i < N_OF(texts); i++)
		same_text(texts[i], c, k);
	cert_key_id(c, x);
	cert_key_id(k, y);
	ck_assert_mem_eq(x, y, sizeof(x));
	cert_sha256(c, x);
	cert_sha256(k, y);
	ck_assert_mem_eq(x, y, sizeof(x));
	ck_assert_int_eq(cert_not_before(c), cert_not_before(k));
	ck_assert_int_eq(cert_not_after(c), cert_not_after(k));
	cert_free(k);
}

/* --- the fields --- */

static const char *const golden[] = { "sast", "ccm", "capf", "tvs",
    "tftp-ec" };

START_TEST(golden_same)
{
	struct cert *c = data_cert(golden[_i]), *k = keyless(c);

	check_same(c);
	ck_assert(chain_issued(c, k));
	ck_assert_int_eq(cert_key_type(k), KEY_OTHER);
	ck_assert(!cert_self_signed(k));
	ck_assert(!chain_issued(k, c));
	cert_free(k);
	cert_free(c);
}
END_TEST

START_TEST(odd_same)
{
	static const struct lab_spec odd[] = {
		{ .cn = "plain", .no_ids = true },
		{ .cn = "SEP0011223344AB", .usage = "critical,"
		    "digitalSignature,keyEncipherment" },
		{ .cn = "long", .o = "an \"odd\", name; with +", .serial =
		    0x80000001, .san = "DNS:a.example.org" },
	};

	for (size_t i = 0; i < N_OF(odd); i++) {
		struct cert *c = lab_issue(&odd[i], lab_key(0), NULL, NULL);

		check_same(c);
		cert_free(c);
	}
}
END_TEST

/* --- who issued it --- */

static const struct lab_spec ca_spec = { .cn = "CAPF", .basic =
    "critical,CA:TRUE", .usage = "critical,keyCertSign" };
static const struct lab_spec leaf_spec = { .cn = "SEP0011223344AB" };

static void
check_issued(EVP_PKEY *ca_key, EVP_PKEY *other_key)
{
	struct cert *ca = lab_issue(&ca_spec, ca_key, NULL, NULL);
	struct cert *other = lab_issue(&ca_spec, other_key, NULL, NULL);
	struct cert *leaf = lab_issue(&leaf_spec, lab_key(2), ca, ca_key);
	struct cert *k = keyless(leaf);

	ck_assert(lsc_is_of(k, "SEP0011223344AB", false));
	ck_assert(chain_issued(ca, k));
	ck_assert(!chain_issued(other, k));
	ck_assert(!chain_issued(leaf, k));
	cert_free(k);
	cert_free(leaf);
	cert_free(other);
	cert_free(ca);
}

START_TEST(issued_ec)
{
	check_issued(lab_key(0), lab_key(1));
}
END_TEST

START_TEST(issued_rsa)
{
	check_issued(lab_rsa("rsa2048"), lab_key(1));
}
END_TEST

/* Every byte of it counts. */
START_TEST(altered)
{
	struct cert *ca = lab_issue(&ca_spec, lab_key(0), NULL, NULL);
	struct cert *leaf = lab_issue(&leaf_spec, lab_key(2), ca,
	    lab_key(0));
	uint8_t der[CERT_DER_MAX];
	struct cert *k;
	size_t len;
	const uint8_t *p = cert_der(leaf, &len);

	memcpy(der, p, len);
	for (size_t i = 0; i < len; i++) {
		der[i] ^= 1;
		k = cert_from_der_keyless(der, len, NULL);
		ck_assert_msg(k == NULL || !chain_issued(ca, k), "byte %zu",
		    i);
		cert_free(k);
		der[i] ^= 1;
	}
	k = cert_from_der_keyless(der, len, NULL);
	ck_assert(chain_issued(ca, k));
	cert_free(k);
	cert_free(leaf);
	cert_free(ca);
}
END_TEST

START_TEST(refused)
{
	struct cert *c = data_cert("tftp-ec");
	uint8_t der[CERT_DER_MAX + 1];
	struct err e = { 0 };
	size_t len;
	const uint8_t *p = cert_der(c, &len);

	memcpy(der, p, len);
	for (size_t cut = 0; cut < len; cut++)
		ck_assert_ptr_null(cert_from_der_keyless(der, cut, NULL));
	der[len] = 0;
	ck_assert_ptr_null(cert_from_der_keyless(der, len + 1, &e));
	ck_assert_int_eq(e.code, ERR_PROTO);
	e = (struct err){ 0 };
	ck_assert_ptr_null(cert_from_der_keyless(der, CERT_DER_MAX + 1, &e));
	ck_assert_int_eq(e.code, ERR_LIMIT);
	cert_free(c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cert_keyless");
	TCase *t = tcase_create("cert_keyless");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, NULL, lab_end);
	tcase_add_loop_test(t, golden_same, 0,
	    (int)N_OF(golden));
	tcase_add_test(t, odd_same);
	tcase_add_test(t, issued_ec);
	tcase_add_test(t, issued_rsa);
	tcase_add_test(t, altered);
	tcase_add_test(t, refused);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
