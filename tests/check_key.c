/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Private keys: made, stored, read.  What they do is check_key_use.c.
 */
#include <check.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "tests/certs_data.h"

static const enum key_type kinds[] = {
	KEY_RSA1024, KEY_RSA2048, KEY_EC256, KEY_EC384, KEY_EC521,
};

START_TEST(type_names)
{
	enum key_type t;

	for (int i = KEY_RSA1024; i < KEY_OTHER; i++) {
		ck_assert(key_type_parse(key_type_name((enum key_type)i), &t));
		ck_assert_int_eq(t, i);
		ck_assert(key_type_is_rsa(t) == (i <= KEY_RSA4096));
	}
	ck_assert_str_eq(key_type_name(KEY_RSA2048), "rsa2048");
	ck_assert_str_eq(key_type_name(KEY_EC384), "ec384");
	ck_assert(!key_type_parse("other", &t));
	ck_assert(!key_type_parse("rsa2047", &t));
	ck_assert(!key_type_parse("RSA2048", &t));
	ck_assert(!key_type_parse("", &t));
	ck_assert(!key_type_is_rsa(KEY_OTHER));
	ck_assert_int_eq(key_type_rsa(1024), KEY_RSA1024);
	ck_assert_int_eq(key_type_rsa(2048), KEY_RSA2048);
	ck_assert_int_eq(key_type_rsa(3072), KEY_RSA3072);
	ck_assert_int_eq(key_type_rsa(4096), KEY_RSA4096);
	ck_assert_int_eq(key_type_rsa(2047), KEY_OTHER);
	ck_assert_int_eq(key_type_rsa(0), KEY_OTHER);	/* as an EC key has */
}
END_TEST

/* The key as OpenSSL's, by way of its DER. */
static EVP_PKEY *
pkey_of(const struct key *k)
{
	struct secret *der;
	const uint8_t *p;
	EVP_PKEY *pkey;

	ck_assert_int_eq(key_to_der(k, &der, NULL), ERR_OK);
	p = der->buf;
	pkey = d2i_AutoPrivateKey(NULL, &p, (long)der->len);
	ck_assert_ptr_nonnull(pkey);
	secret_free(der);
	return pkey;
}

START_TEST(generate_and_der)
{
	struct key *k = key_generate(kinds[_i], NULL), *back;
	uint8_t id[KEY_ID_LEN], id2[KEY_ID_LEN], *spki = NULL, *longer;
	struct secret *der, *again;
	uint8_t *own;
	size_t ownlen;
	struct err e = { 0 };
	EVP_PKEY *pkey;
	int n;

	ck_assert_ptr_nonnull(k);
	ck_assert_int_eq(key_type(k), kinds[_i]);
	ck_assert_int_eq(key_to_der(k, &der, NULL), ERR_OK);
	ck_assert_ptr_nonnull(back = key_from_der(der->buf, der->len, &e));
	ck_assert_int_eq(key_type(back), kinds[_i]);
	ck_assert_int_eq(key_to_der(back, &again, NULL), ERR_OK);
	ck_assert_uint_eq(again->len, der->len);
	ck_assert_mem_eq(again->buf, der->buf, der->len);

	ck_assert_int_eq(key_id(k, id, NULL), ERR_OK);
	ck_assert_int_eq(key_id(back, id2, NULL), ERR_OK);
	ck_assert_mem_eq(id, id2, sizeof(id));
	pkey = pkey_of(k);
	n = i2d_PUBKEY(pkey, &spki);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(key_spki(k, &own, &ownlen, NULL), ERR_OK);
	ck_assert_uint_eq(ownlen, (size_t)n);
	ck_assert_mem_eq(own, spki, ownlen);
	free(own);
	ck_assert_int_eq(digest_buf(DIGEST_SHA256, spki, (size_t)n, id2,
	    NULL), ERR_OK);
	ck_assert_mem_eq(id, id2, sizeof(id));
	EVP_PKEY_free(pkey);
	OPENSSL_free(spki);

	for (size_t cut = 0; cut < der->len; cut += 1 + der->len / 64)
		ck_assert_ptr_null(key_from_der(der->buf, cut, NULL));
	ck_assert_ptr_null(key_from_der(der->buf, der->len - 1, &e));
	ck_assert_int_eq(e.code, ERR_PROTO);
	ck_assert_ptr_nonnull(longer = calloc(1, der->len + 1));
	memcpy(longer, der->buf, der->len);
	ck_assert_ptr_null(key_from_der(longer, der->len + 1, &e));
	ck_assert_int_eq(e.code, ERR_PROTO);
	free(longer);
	secret_free(der);
	secret_free(again);
	key_free(back);
	key_free(k);
	key_free(NULL);
}
END_TEST

START_TEST(generate_refused)
{
	struct err e = { 0 };

	ck_assert_ptr_null(key_generate(KEY_OTHER, &e));
	ck_assert_int_eq(e.code, ERR_ARG);
}
END_TEST

/* A key's id is its certificate's. */
START_TEST(vector_ids)
{
	static const char *const names[] = {
		"sast", "ccm", "capf", "tvs", "tftp-ec",
	};
	uint8_t id[KEY_ID_LEN], cert_id[KEY_ID_LEN];

	for (size_t i = 0; i < N_OF(names); i++) {
		struct key *k = data_key(names[i]);
		struct cert *c = data_cert(names[i]);

		ck_assert_int_eq(key_id(k, id, NULL), ERR_OK);
		cert_key_id(c, cert_id);
		ck_assert_mem_eq(id, cert_id, sizeof(id));
		ck_assert_int_eq(key_type(k), cert_key_type(c));
		key_free(k);
		cert_free(c);
	}
}
END_TEST

/* --- PEM --- */

enum pem_form {
	FORM_PKCS8,
	FORM_TRADITIONAL,
	FORM_TRADITIONAL_ENCRYPTED,
	FORM_PKCS8_ENCRYPTED,
	FORM_PUBLIC,
};

static void
put_pem(BIO *bio, EVP_PKEY *pkey, enum pem_form form)
{
	static unsigned char pw[] = "secret";
	int ok = 0;

	switch (form) {
	case FORM_PKCS8:
		ok = PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0,
		    NULL, NULL);
		break;
	case FORM_TRADITIONAL:
		ok = PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL,
		    NULL, 0, NULL, NULL);
		break;
	case FORM_TRADITIONAL_ENCRYPTED:
		ok = PEM_write_bio_PrivateKey_traditional(bio, pkey,
		    EVP_aes_128_cbc(), pw, 6, NULL, NULL);
		break;
	case FORM_PKCS8_ENCRYPTED:
		ok = PEM_write_bio_PKCS8PrivateKey(bio, pkey,
		    EVP_aes_128_cbc(), (char *)pw, 6, NULL, NULL);
		break;
	case FORM_PUBLIC:
		ok = PEM_write_bio_PUBKEY(bio, pkey);
		break;
	}
	ck_assert_int_eq(ok, 1);
}

static struct key *
read_bio(BIO *bio, struct err *e)
{
	uint8_t *p;
	long n = BIO_get_mem_data(bio, &p);

	return key_from_pem(p, (size_t)n, e);
}

static const struct {
	enum pem_form	 form;
	int		 code;
	const char	*why;
} forms[] = {
	{ FORM_PKCS8, ERR_OK, NULL },
	{ FORM_TRADITIONAL, ERR_OK, NULL },
	{ FORM_TRADITIONAL_ENCRYPTED, ERR_ARG, "decrypt it first" },
	{ FORM_PKCS8_ENCRYPTED, ERR_ARG, "decrypt it first" },
	{ FORM_PUBLIC, ERR_PROTO, "no private key" },
};

START_TEST(pem_forms)
{
	uint8_t id[KEY_ID_LEN], want[KEY_ID_LEN];

	for (size_t i = 0; i <= 2; i += 2) {	/* RSA, EC */
		struct key *k = data_key_of(kinds[i]), *back;
		EVP_PKEY *pkey = pkey_of(k);
		BIO *bio = BIO_new(BIO_s_mem());
		struct err e = { 0 };

		ck_assert_int_gt(BIO_puts(bio, "Bag Attributes\n"), 0);
		put_pem(bio, pkey, FORM_PUBLIC);	/* skipped */
		put_pem(bio, pkey, forms[_i].form);
		back = read_bio(bio, &e);
		if (forms[_i].code == ERR_OK) {
			ck_assert_msg(back != NULL, "%s", e.msg);
			ck_assert_int_eq(key_id(k, want, NULL), ERR_OK);
			ck_assert_int_eq(key_id(back, id, NULL), ERR_OK);
			ck_assert_mem_eq(id, want, sizeof(id));
		} else {
			ck_assert_ptr_null(back);
			ck_assert_int_eq(e.code, forms[_i].code);
			ck_assert_ptr_nonnull(strstr(e.msg, forms[_i].why));
		}
		key_free(back);
		key_free(k);
		EVP_PKEY_free(pkey);
		BIO_free(bio);
	}
}
END_TEST

/* As the vectors come: key, then certificate. */
START_TEST(pem_with_certificate)
{
	uint8_t id[KEY_ID_LEN], want[KEY_ID_LEN], *pem;
	struct cert *c = data_cert("tftp-ec");
	struct err e = { 0 };
	struct key *k;
	size_t len;

	pem = data_file("keys/tftp-ec.pem", &len);
	k = key_from_pem(pem, len, &e);
	ck_assert_msg(k != NULL, "%s", e.msg);
	ck_assert_int_eq(key_id(k, id, NULL), ERR_OK);
	cert_key_id(c, want);
	ck_assert_mem_eq(id, want, sizeof(id));
	free(pem);
	key_free(k);
	cert_free(c);
}
END_TEST

START_TEST(pem_two_keys)
{
	struct key *k = key_generate(KEY_EC256, NULL);
	EVP_PKEY *pkey = pkey_of(k);
	BIO *bio = BIO_new(BIO_s_mem());
	struct err e = { 0 };

	put_pem(bio, pkey, FORM_PKCS8);
	put_pem(bio, pkey, FORM_TRADITIONAL);
	ck_assert_ptr_null(read_bio(bio, &e));
	ck_assert_int_eq(e.code, ERR_ARG);
	ck_assert_ptr_nonnull(strstr(e.msg, "more than one"));
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	key_free(k);
}
END_TEST

static EVP_PKEY *
rsa_1536(void)
{
	size_t len;
	uint8_t *der = data_der("rsa1536", &len);
	const uint8_t *p = der;
	EVP_PKEY *pkey = d2i_AutoPrivateKey(NULL, &p, (long)len);

	free(der);
	return pkey;
}

/* Kinds of key that phones do not know. */
START_TEST(pem_other_kinds)
{
	EVP_PKEY *others[] = {
		EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"),
		EVP_EC_gen("secp256k1"),
		rsa_1536(),
	};

	for (size_t i = 0; i < N_OF(others); i++) {
		BIO *bio = BIO_new(BIO_s_mem());
		struct err e = { 0 };

		ck_assert_ptr_nonnull(others[i]);
		put_pem(bio, others[i], FORM_PKCS8);
		ck_assert_ptr_null(read_bio(bio, &e));
		ck_assert_int_eq(e.code, ERR_ARG);
		ck_assert_ptr_nonnull(strstr(e.msg, "are known"));
		BIO_free(bio);
		EVP_PKEY_free(others[i]);
	}
}
END_TEST

START_TEST(pem_damaged)
{
	static const char *const texts[] = {
		"", "no PEM at all\n",
		"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
		"-----BEGIN RSA PRIVATE KEY-----\nMAA=\n"
		    "-----END RSA PRIVATE KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\nMAA=\n",
	};
	static uint8_t big[KEY_PEM_MAX + 1];
	struct err e = { 0 };

	for (size_t i = 0; i < N_OF(texts); i++) {
		ck_assert_ptr_null(key_from_pem((const uint8_t *)texts[i],
		    strlen(texts[i]), &e));
		ck_assert_int_eq(e.code, i == 0 ? ERR_LIMIT : ERR_PROTO);
	}
	ck_assert_ptr_null(key_from_pem(big, sizeof(big), &e));
	ck_assert_int_eq(e.code, ERR_LIMIT);
}
END_TEST

/* Sound DER whose numbers are not of one key: a bit of d has flipped. */
START_TEST(pem_inconsistent)
{
	struct key *k = data_key_of(KEY_RSA1024);
	BIO *bio = BIO_new(BIO_s_mem());
	EVP_PKEY *pkey = pkey_of(k);
	struct secret *der;
	struct err e = { 0 };
	uint8_t d[128], *at;
	BIGNUM *bn = NULL;
	int n;

	ck_assert_int_eq(EVP_PKEY_get_bn_param(pkey, "d", &bn), 1);
	n = BN_bn2bin(bn, d);
	BN_free(bn);
	ck_assert_int_eq(key_to_der(k, &der, NULL), ERR_OK);
	at = memmem(der->buf, der->len, d, (size_t)n);
	ck_assert_ptr_nonnull(at);
	at[n / 2] ^= 1;
	ck_assert_int_gt(PEM_write_bio(bio, "PRIVATE KEY", "", der->buf,
	    (long)der->len), 0);
	ck_assert_ptr_null(read_bio(bio, &e));
	ck_assert_int_eq(e.code, ERR_PROTO);
	ck_assert_ptr_nonnull(strstr(e.msg, "damaged"));
	secret_free(der);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	key_free(k);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("key");
	TCase *tc = tcase_create("key");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, type_names);
	tcase_add_loop_test(tc, generate_and_der, 0, N_OF(kinds));
	tcase_add_test(tc, generate_refused);
	tcase_add_test(tc, vector_ids);
	tcase_add_loop_test(tc, pem_forms, 0, N_OF(forms));
	tcase_add_test(tc, pem_with_certificate);
	tcase_add_test(tc, pem_two_keys);
	tcase_add_test(tc, pem_other_kinds);
	tcase_add_test(tc, pem_damaged);
	tcase_add_test(tc, pem_inconsistent);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
