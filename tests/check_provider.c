/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys of the OpenSSL provider: what they say of themselves, how they get in,
 * and that nothing private gets in or out.  What they do is
 * check_provider_sign.c, TLS with them check_tls.c.
 */
#include <check.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "certs/provider_internal.h"
#include "tests/signer_process.h"

static struct signer_process sp;

static void
setup(void)
{
	log_init("check", LOG_ERR, LOG_TEXT);
	signer_process_start(&sp, NULL);
}

static void
teardown(void)
{
	signer_process_stop(&sp);
}

/* --- keys --- */

static const enum key_type types[] = {
	KEY_RSA1024, KEY_RSA2048, KEY_RSA3072, KEY_RSA4096,
	KEY_EC256, KEY_EC384, KEY_EC521,
};

/* The public half as SubjectPublicKeyInfo; OPENSSL_free(). */
static uint8_t *
spki_of(const EVP_PKEY *k, size_t *len)
{
	uint8_t *der = NULL;
	int n = i2d_PUBKEY(k, &der);

	ck_assert_int_gt(n, 0);
	*len = (size_t)n;
	return der;
}

static EVP_PKEY *
key_of_spki(const uint8_t *spki, size_t len)
{
	struct err e = { 0 };
	EVP_PKEY *k = provider_key_spki(sp.provider, sp.remote, spki, len,
	    &e);

	ck_assert_msg(k != NULL, "%s", e.msg);
	return k;
}

/* As OpenSSL's own key of that kind. */
START_TEST(key_facts)
{
	struct key *own = data_key_of(types[_i]);
	EVP_PKEY *want = key_pkey(own), *k;
	char name[32], want_name[32];
	uint8_t *spki, *again;
	size_t len, len2;

	spki = spki_of(want, &len);
	k = key_of_spki(spki, len);
	ck_assert(EVP_PKEY_is_a(k, key_type_is_rsa(types[_i]) ? "RSA" :
	    "EC"));
	ck_assert_int_eq(EVP_PKEY_get_base_id(k), EVP_PKEY_get_base_id(want));
	ck_assert_int_eq(EVP_PKEY_eq(k, want), 1);
	ck_assert_int_eq(EVP_PKEY_eq(want, k), 1);
	ck_assert_int_eq(EVP_PKEY_get_bits(k), EVP_PKEY_get_bits(want));
	ck_assert_int_eq(EVP_PKEY_get_security_bits(k),
	    EVP_PKEY_get_security_bits(want));
	ck_assert_int_eq(EVP_PKEY_get_size(k), EVP_PKEY_get_size(want));
	ck_assert_int_eq(ossl_key_type(k, NULL), types[_i]);
	if (!key_type_is_rsa(types[_i])) {
		ck_assert_int_eq(EVP_PKEY_get_group_name(k, name,
		    sizeof(name), &len2), 1);
		ck_assert_int_eq(EVP_PKEY_get_group_name(want, want_name,
		    sizeof(want_name), &len2), 1);
		ck_assert_str_eq(name, want_name);
	}
	again = spki_of(k, &len2);
	ck_assert_uint_eq(len, len2);
	ck_assert_mem_eq(spki, again, len);
	OPENSSL_free(again);
	OPENSSL_free(spki);
	EVP_PKEY_free(k);
	key_free(own);
}
END_TEST

/* From a certificate, and from its public key alone: the same. */
START_TEST(certificate_or_key)
{
	struct cert *c = data_cert(_i == 0 ? "ccm" : "tftp-ec");
	EVP_PKEY *a = signer_process_key(&sp, c), *b, *other;
	struct cert *d = data_cert("sast");
	uint8_t *spki;
	size_t len;

	spki = spki_of(X509_get0_pubkey(cert_x509(c)), &len);
	b = key_of_spki(spki, len);
	other = signer_process_key(&sp, d);
	ck_assert_int_eq(EVP_PKEY_eq(a, b), 1);
	ck_assert_int_ne(EVP_PKEY_eq(a, other), 1);
	ck_assert_int_eq(X509_check_private_key(cert_x509(c), b), 1);
	ck_assert_int_ne(X509_check_private_key(cert_x509(d), b), 1);
	ERR_clear_error();
	OPENSSL_free(spki);
	EVP_PKEY_free(a);
	EVP_PKEY_free(b);
	EVP_PKEY_free(other);
	cert_free(c);
	cert_free(d);
}
END_TEST

static void
refused(EVP_PKEY *pub, size_t cut, int code)
{
	struct err e = { 0 };
	uint8_t *spki;
	size_t len;

	spki = spki_of(pub, &len);
	ck_assert_ptr_null(provider_key_spki(sp.provider, sp.remote, spki,
	    len - cut, &e));
	ck_assert_int_eq(e.code, code);
	OPENSSL_free(spki);
}

START_TEST(wrong_kind)
{
	EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	EVP_PKEY *k1 = EVP_EC_gen("secp256k1"), *p256 = EVP_EC_gen("P-256");
	size_t len;
	uint8_t *der = data_der("rsa1536", &len);
	const uint8_t *p = der;
	EVP_PKEY *odd = d2i_AutoPrivateKey(NULL, &p, (long)len);

	refused(ed, 0, ERR_ARG);
	refused(k1, 0, ERR_ARG);
	refused(odd, 0, ERR_ARG);
	refused(p256, 1, ERR_PROTO);
	ck_assert_int_eq(EVP_PKEY_set_utf8_string_param(p256,
	    OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"), 1);
	refused(p256, 0, ERR_ARG);
	EVP_PKEY_free(ed);
	EVP_PKEY_free(k1);
	EVP_PKEY_free(p256);
	EVP_PKEY_free(odd);
	free(der);
}
END_TEST

/* --- what is private --- */

static const char *const private_params[] = {
	OSSL_PKEY_PARAM_PRIV_KEY, OSSL_PKEY_PARAM_RSA_D,
	OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
	OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
	OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

static int
count_params(const OSSL_PARAM p[], void *arg)
{
	int *n = arg;

	for (; p->key != NULL; p++, (*n)++)
		for (size_t i = 0; i < N_OF(private_params); i++)
			ck_assert_str_ne(p->key, private_params[i]);
	return 1;
}

START_TEST(nothing_private)
{
	struct cert *c = data_cert(_i == 0 ? "ccm" : "tftp-ec");
	EVP_PKEY *k = signer_process_key(&sp, c);
	BIO *bio = BIO_new(BIO_s_mem());
	int n = 0;

	for (size_t i = 0; i < N_OF(private_params); i++) {
		BIGNUM *d = NULL;

		ck_assert_int_ne(EVP_PKEY_get_bn_param(k, private_params[i],
		    &d), 1);
		ck_assert_ptr_null(d);
	}
	ck_assert_int_ne(EVP_PKEY_export(k, EVP_PKEY_KEYPAIR, count_params,
	    &n), 1);
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(EVP_PKEY_export(k, EVP_PKEY_PUBLIC_KEY,
	    count_params, &n), 1);
	ck_assert_int_eq(n, 2);
	ck_assert_int_le(i2d_PrivateKey(k, NULL), 0);
	ck_assert_int_ne(PEM_write_bio_PrivateKey(bio, k, NULL, NULL, 0, NULL,
	    NULL), 1);
	ck_assert_int_eq(BIO_pending(bio), 0);
	BIO_free(bio);
	EVP_PKEY_free(k);
	cert_free(c);
	ERR_clear_error();
}
END_TEST

/* Does the provider take these parameters for a key? */
static bool
imported(const char *kind, OSSL_PARAM p[])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(
	    provider_libctx(sp.provider), kind, "provider=" PROVIDER_NAME);
	EVP_PKEY *k = NULL;
	bool ok;

	ck_assert_ptr_nonnull(ctx);
	ck_assert_int_eq(EVP_PKEY_fromdata_init(ctx), 1);
	ok = EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_PUBLIC_KEY, p) == 1;
	EVP_PKEY_free(k);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

/* Group, length and form of the point are looked at; a private key not at
 * all. */
static const struct {
	const char	*group;
	size_t		 len;
	uint8_t		 form;
	bool		 priv, ok;
} imports_ec[] = {
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

static void
import_ec_case(size_t i)
{
	uint8_t point[134] = { imports_ec[i].form }, d[32] = { 1 };
	OSSL_PARAM p[4] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		    (char *)(uintptr_t)imports_ec[i].group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
		    point, imports_ec[i].len),
		OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end(),
	};

	if (imports_ec[i].priv)
		p[2] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, d,
		    sizeof(d));
	ck_assert_msg(imported("EC", p) == imports_ec[i].ok, "%s, %zu",
	    imports_ec[i].group, imports_ec[i].len);
}

START_TEST(import_ec)
{
	for (size_t i = 0; i < N_OF(imports_ec); i++)
		import_ec_case(i);
}
END_TEST

/* Sizes and oddness; numbers are in the machine's order. */
static const struct {
	size_t		 len;
	uint8_t		 low, high;	/* bytes of the modulus */
	uint8_t		 e;
	const char	*priv;
	bool		 ok;
} imports_rsa[] = {
	{ 128, 1, 0x80, 3, NULL, true },
	{ 256, 1, 0x80, 3, NULL, true },
	{ 384, 1, 0x80, 3, NULL, true },
	{ 512, 1, 0x80, 3, NULL, true },
	{ 256, 1, 0x80, 3, OSSL_PKEY_PARAM_RSA_D, false },
	{ 256, 1, 0x80, 3, OSSL_PKEY_PARAM_RSA_FACTOR1, false },
	{ 256, 1, 0x80, 3, OSSL_PKEY_PARAM_RSA_EXPONENT1, false },
	{ 256, 1, 0x80, 3, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, false },
	{ 256, 1, 0x40, 3, NULL, false },	/* 2,047 bits */
	{ 257, 1, 0x80, 3, NULL, false },
	{ 192, 1, 0x80, 3, NULL, false },
	{ 64, 1, 0x80, 3, NULL, false },
	{ 256, 2, 0x80, 3, NULL, false },
	{ 256, 1, 0x80, 2, NULL, false },
	{ 256, 1, 0x80, 1, NULL, false },
	{ 256, 1, 0x80, 0, NULL, false },
};

static void
import_rsa_case(size_t i)
{
	uint8_t n[512] = { imports_rsa[i].low }, d[32] = { 1 };
	uint8_t e[1] = { imports_rsa[i].e };
	OSSL_PARAM p[4] = {
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n,
		    imports_rsa[i].len),
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e, sizeof(e)),
		OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end(),
	};

	n[imports_rsa[i].len - 1] = imports_rsa[i].high;
	if (imports_rsa[i].priv != NULL)
		p[2] = OSSL_PARAM_construct_BN(imports_rsa[i].priv, d,
		    sizeof(d));
	ck_assert_msg(imported("RSA", p) == imports_rsa[i].ok, "case %zu", i);
	p[1] = OSSL_PARAM_construct_end();
	ck_assert(!imported("RSA", p));
}

START_TEST(import_rsa)
{
	for (size_t i = 0; i < N_OF(imports_rsa); i++)
		import_rsa_case(i);
}
END_TEST

/* Who signs, and with which key: both or neither. */
START_TEST(import_signer)
{
	uint8_t point[65] = { 4 }, id[KEY_ID_LEN] = { 0 };
	void *who = sp.remote;
	OSSL_PARAM p[5] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		    (char *)(uintptr_t)"P-256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
		    point, sizeof(point)),
		OSSL_PARAM_construct_octet_ptr(PROVIDER_PARAM_SIGNER, &who,
		    0),
		OSSL_PARAM_construct_octet_string(PROVIDER_PARAM_KEY_ID, id,
		    sizeof(id)),
		OSSL_PARAM_construct_end(),
	};

	ck_assert(imported("EC", p));
	p[3].data_size--;
	ck_assert(!imported("EC", p));
	p[3] = OSSL_PARAM_construct_end();
	ck_assert(!imported("EC", p));
	p[2] = OSSL_PARAM_construct_octet_string(PROVIDER_PARAM_KEY_ID, id,
	    sizeof(id));
	ck_assert(!imported("EC", p));
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
	tcase_add_loop_test(tc, key_facts, 0, (int)N_OF(types));
	tcase_add_loop_test(tc, certificate_or_key, 0, 2);
	tcase_add_test(tc, wrong_kind);
	tcase_add_loop_test(tc, nothing_private, 0, 2);
	tcase_add_test(tc, import_ec);
	tcase_add_test(tc, import_rsa);
	tcase_add_test(tc, import_signer);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
