/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The OpenSSL provider, with the keys in a process of their own: signatures
 * and what must not leave.  TLS with them is check_tls.c.
 */
#include <check.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "certs/internal.h"
#include "tests/signer_process.h"

static struct cert *ec;
static struct signer_process sp;

static void
setup(void)
{
	log_init("check", LOG_ERR, LOG_TEXT);
	signer_process_start(&sp, NULL);
	ec = data_cert("tftp-ec");
}

static void
teardown(void)
{
	cert_free(ec);
	signer_process_stop(&sp);
}

static EVP_PKEY *
our_key(void)
{
	return signer_process_key(&sp, ec);
}

/* --- keys --- */

START_TEST(key_facts)
{
	EVP_PKEY *k = our_key(), *pub = X509_get0_pubkey(cert_x509(ec));
	char group[32];
	size_t len;

	ck_assert(EVP_PKEY_is_a(k, "EC"));
	ck_assert_int_eq(EVP_PKEY_eq(k, pub), 1);
	ck_assert_int_eq(EVP_PKEY_eq(pub, k), 1);
	ck_assert_int_eq(EVP_PKEY_get_bits(k), EVP_PKEY_get_bits(pub));
	ck_assert_int_eq(EVP_PKEY_get_security_bits(k),
	    EVP_PKEY_get_security_bits(pub));
	ck_assert_int_eq(EVP_PKEY_get_size(k), EVP_PKEY_get_size(pub));
	ck_assert_int_eq(EVP_PKEY_get_group_name(k, group, sizeof(group),
	    &len), 1);
	ck_assert_str_eq(group, "secp384r1");
	EVP_PKEY_free(k);
}
END_TEST

static int
count_params(const OSSL_PARAM p[], void *arg)
{
	int *n = arg;

	for (; p->key != NULL; p++, (*n)++)
		ck_assert_str_ne(p->key, OSSL_PKEY_PARAM_PRIV_KEY);
	return 1;
}

START_TEST(nothing_private)
{
	EVP_PKEY *k = our_key(), *other = EVP_EC_gen("P-256");
	BIGNUM *d = NULL;
	int n = 0;

	ck_assert_ptr_nonnull(other);
	ck_assert_int_eq(EVP_PKEY_eq(k, other), 0);
	ck_assert_int_ne(EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_PRIV_KEY,
	    &d), 1);
	ck_assert_ptr_null(d);
	ck_assert_int_ne(EVP_PKEY_export(k, EVP_PKEY_KEYPAIR, count_params,
	    &n), 1);
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(EVP_PKEY_export(k, EVP_PKEY_PUBLIC_KEY,
	    count_params, &n), 1);
	ck_assert_int_eq(n, 2);
	ck_assert_int_le(i2d_PrivateKey(k, NULL), 0);
	EVP_PKEY_free(k);
	EVP_PKEY_free(other);
	ERR_clear_error();
}
END_TEST

/* What is imported is looked at: group, length and form of the point; a
 * private key not at all. */
static const struct {
	const char	*group;
	size_t		 len;
	uint8_t		 form;
	bool		 priv, ok;
} imports[] = {
	{ "P-256", 65, 4, false, true },
	{ "prime256v1", 65, 4, false, true },
	{ "P-384", 97, 4, false, true },
	{ "P-521", 133, 4, false, true },
	{ "P-256", 65, 4, true, false },
	{ "P-256", 64, 4, false, false },
	{ "P-256", 97, 4, false, false },
	{ "P-521", 134, 4, false, false },
	{ "P-256", 0, 4, false, false },
	{ "P-256", 65, 3, false, false },
	{ "secp256k1", 65, 4, false, false },
	{ "", 65, 4, false, false },
};

START_TEST(import)
{
	uint8_t point[134] = { imports[_i].form }, d[32] = { 1 };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(
	    provider_libctx(sp.provider), "EC", "provider=" PROVIDER_NAME);
	EVP_PKEY *k = NULL;
	OSSL_PARAM p[4] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		    (char *)(uintptr_t)imports[_i].group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
		    point, imports[_i].len),
		OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end(),
	};

	if (imports[_i].priv)
		p[2] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, d,
		    sizeof(d));
	ck_assert_ptr_nonnull(ctx);
	ck_assert_int_eq(EVP_PKEY_fromdata_init(ctx), 1);
	ck_assert_msg((EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_PUBLIC_KEY, p) ==
	    1) == imports[_i].ok, "%s, %zu", imports[_i].group,
	    imports[_i].len);
	EVP_PKEY_free(k);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
}
END_TEST

/* --- signatures --- */

/* In one call and in pieces; checked by OpenSSL's own provider. */
static const char *const md_names[] = { "SHA1", "SHA256", "sha2-384",
    "SHA512" };

START_TEST(signature)
{
	EVP_PKEY *k = our_key(), *pub = X509_get0_pubkey(cert_x509(ec));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new(), *copy = EVP_MD_CTX_new();
	uint8_t sig[256];
	size_t len = 0;

	ck_assert_int_eq(EVP_DigestSignInit_ex(ctx, NULL, md_names[_i],
	    provider_libctx(sp.provider), PROVIDER_PREFER, k, NULL), 1);
	ck_assert_int_eq(EVP_DigestSign(ctx, NULL, &len,
	    (const uint8_t *)"hello", 5), 1);
	ck_assert_uint_le(len, sizeof(sig));
	ck_assert_int_eq(EVP_DigestSign(ctx, sig, &len,
	    (const uint8_t *)"hello", 5), 1);
	ck_assert_int_eq(EVP_DigestVerifyInit_ex(copy, NULL, md_names[_i],
	    NULL, NULL, pub, NULL), 1);
	ck_assert_int_eq(EVP_DigestVerify(copy, sig, len,
	    (const uint8_t *)"hello", 5), 1);

	ck_assert_int_eq(EVP_MD_CTX_reset(ctx), 1);
	ck_assert_int_eq(EVP_MD_CTX_reset(copy), 1);
	ck_assert_int_eq(EVP_DigestSignInit_ex(ctx, NULL, md_names[_i],
	    provider_libctx(sp.provider), PROVIDER_PREFER, k, NULL), 1);
	ck_assert_int_eq(EVP_DigestSignUpdate(ctx, "hel", 3), 1);
	ck_assert_int_eq(EVP_MD_CTX_copy_ex(copy, ctx), 1);
	ck_assert_int_eq(EVP_DigestSignUpdate(copy, "lo", 2), 1);
	len = sizeof(sig);
	ck_assert_int_eq(EVP_DigestSignFinal(copy, sig, &len), 1);
	ck_assert_int_eq(EVP_MD_CTX_reset(copy), 1);
	ck_assert_int_eq(EVP_DigestVerifyInit_ex(copy, NULL, md_names[_i],
	    NULL, NULL, pub, NULL), 1);
	ck_assert_int_eq(EVP_DigestVerify(copy, sig, len,
	    (const uint8_t *)"hello", 5), 1);
	ck_assert_int_eq(EVP_MD_CTX_reset(copy), 1);
	ck_assert_int_eq(EVP_DigestVerifyInit_ex(copy, NULL, md_names[_i],
	    NULL, NULL, pub, NULL), 1);
	ck_assert_int_eq(EVP_DigestVerify(copy, sig, len,
	    (const uint8_t *)"hallo", 5), 0);
	EVP_MD_CTX_free(ctx);
	EVP_MD_CTX_free(copy);
	EVP_PKEY_free(k);
	ERR_clear_error();
}
END_TEST

START_TEST(no_such_digest)
{
	EVP_PKEY *k = our_key();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	ck_assert_int_ne(EVP_DigestSignInit_ex(ctx, NULL, "MD5",
	    provider_libctx(sp.provider), PROVIDER_PREFER, k, NULL), 1);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(k);
	ERR_clear_error();
}
END_TEST

/* OpenSSL signs a certificate with it, naming the right algorithm. */
START_TEST(certificate)
{
	EVP_PKEY *k = our_key();
	X509 *x = X509_dup(cert_x509(ec));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	ck_assert_int_eq(ASN1_INTEGER_set(X509_get_serialNumber(x), 77), 1);
	ck_assert_int_eq(EVP_DigestSignInit_ex(ctx, NULL, "SHA384",
	    provider_libctx(sp.provider), PROVIDER_PREFER, k, NULL), 1);
	ck_assert_int_gt(X509_sign_ctx(x, ctx), 0);
	ck_assert_int_eq(X509_get_signature_nid(x), NID_ecdsa_with_SHA384);
	ck_assert_int_eq(X509_verify(x, X509_get0_pubkey(x)), 1);
	EVP_MD_CTX_free(ctx);
	X509_free(x);
	EVP_PKEY_free(k);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("provider");
	TCase *tc = tcase_create("provider");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, key_facts);
	tcase_add_test(tc, nothing_private);
	tcase_add_loop_test(tc, import, 0, (int)N_OF(imports));
	tcase_add_loop_test(tc, signature, 0, (int)N_OF(md_names));
	tcase_add_test(tc, no_such_digest);
	tcase_add_test(tc, certificate);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
