/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What private keys do.  Signatures are checked by OpenSSL over the message,
 * so a wrong DigestInfo or padding shows; encrypted premaster secrets come in
 * every form in which they can be wrong.
 */
#include <check.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "certs/internal.h"
#include "tests/certs_data.h"
#include "tests/premaster.h"

static const enum key_type kinds[] = {
	KEY_RSA1024, KEY_RSA2048, KEY_EC256, KEY_EC384, KEY_EC521,
};

/* --- signing --- */

static const struct {
	enum digest_alg		 alg;
	enum key_padding	 pad;
	const char		*md;
} forms[] = {
	{ DIGEST_SHA1, KEY_PAD_PKCS1, "SHA1" },
	{ DIGEST_SHA256, KEY_PAD_PKCS1, "SHA256" },
	{ DIGEST_SHA384, KEY_PAD_PKCS1, "SHA384" },
	{ DIGEST_SHA512, KEY_PAD_PKCS1, "SHA512" },
	{ DIGEST_SHA1, KEY_PAD_TLS10, "MD5-SHA1" },
	{ DIGEST_SHA256, KEY_PAD_PSS, "SHA256" },
	{ DIGEST_SHA384, KEY_PAD_PSS, "SHA384" },
	{ DIGEST_SHA512, KEY_PAD_PSS, "SHA512" },
	{ DIGEST_SHA1, KEY_PAD_ECDSA, "SHA1" },
	{ DIGEST_SHA256, KEY_PAD_ECDSA, "SHA256" },
	{ DIGEST_SHA384, KEY_PAD_ECDSA, "SHA384" },
	{ DIGEST_SHA512, KEY_PAD_ECDSA, "SHA512" },
};

/* With the salt that the form has, no other. */
static bool
openssl_verifies(EVP_PKEY *pkey, size_t form, const char *msg,
    const uint8_t *sig, size_t siglen)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	bool ok = EVP_DigestVerifyInit_ex(ctx, &pctx, forms[form].md, NULL,
	    NULL, pkey, NULL) == 1;

	if (ok && forms[form].pad == KEY_PAD_PSS)
		ok = EVP_PKEY_CTX_set_rsa_padding(pctx,
		    RSA_PKCS1_PSS_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx,
		    RSA_PSS_SALTLEN_DIGEST) == 1;
	ok = ok && EVP_DigestVerify(ctx, sig, siglen, (const uint8_t *)msg,
	    strlen(msg)) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

/* What the form signs of msg. */
static size_t
digest_of(size_t form, const char *msg, uint8_t out[DIGEST_MAX])
{
	size_t n = 0;

	if (forms[form].pad == KEY_PAD_TLS10) {
		ck_assert_int_eq(digest_buf(DIGEST_MD5, msg, strlen(msg), out,
		    NULL), ERR_OK);
		n = digest_len(DIGEST_MD5);
	}
	ck_assert_int_eq(digest_buf(forms[form].alg, msg, strlen(msg),
	    out + n, NULL), ERR_OK);
	return n + digest_len(forms[form].alg);
}

static void
sign_form(const struct key *k, size_t form)
{
	uint8_t digest[DIGEST_MAX], sig[KEY_SIG_MAX], sig2[KEY_SIG_MAX];
	enum key_padding pad = forms[form].pad;
	const char *msg = "what is signed";
	struct err e = { 0 };
	size_t len = digest_of(form, msg, digest), n, n2;

	ck_assert_msg(key_sign_digest(k, forms[form].alg, pad, digest, len,
	    sig, &n, &e) == ERR_OK, "form %zu: %s", form, e.msg);
	ck_assert(openssl_verifies(key_pkey(k), form, msg, sig, n));
	sig[n / 2] ^= 1;
	ck_assert(!openssl_verifies(key_pkey(k), form, msg, sig, n));
	sig[n / 2] ^= 1;
	ck_assert_int_eq(key_sign_digest(k, forms[form].alg, pad, digest, len,
	    sig2, &n2, &e), ERR_OK);
	if (pad != KEY_PAD_ECDSA)
		ck_assert_uint_eq(n, (size_t)EVP_PKEY_get_size(key_pkey(k)));
	ck_assert_int_eq(n == n2 && memcmp(sig, sig2, n) == 0,
	    pad == KEY_PAD_PKCS1 || pad == KEY_PAD_TLS10);
}

START_TEST(sign_all)
{
	struct key *k = data_key_of(kinds[_i]);
	bool rsa = key_type_is_rsa(kinds[_i]);

	for (size_t i = 0; i < N_OF(forms); i++) {
		if (rsa == (forms[i].pad == KEY_PAD_ECDSA))
			continue;
		if (kinds[_i] == KEY_RSA1024 && forms[i].pad == KEY_PAD_PSS &&
		    forms[i].alg == DIGEST_SHA512)
			continue;	/* two of these are its modulus */
		sign_form(k, i);
	}
	key_free(k);
}
END_TEST

static void *
sign_often(void *arg)
{
	const struct key *k = arg;

	for (int i = 0; i < 20; i++)
		sign_form(k, i % 2 == 0 ? 1 : 5);
	return NULL;
}

/* One key, many threads, each of which may be its first. */
START_TEST(sign_at_once)
{
	struct key *k = data_key("ccm");
	pthread_t t[4];

	for (size_t i = 0; i < N_OF(t); i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, sign_often, k),
		    0);
	for (size_t i = 0; i < N_OF(t); i++)
		ck_assert_int_eq(pthread_join(t[i], NULL), 0);
	key_free(k);
}
END_TEST

/* No PSS with a salt as long as SHA-512 in 1,024 bits. */
START_TEST(sign_too_small)
{
	struct key *k = data_key_of(KEY_RSA1024);
	uint8_t digest[DIGEST_MAX] = { 0 }, sig[KEY_SIG_MAX];
	struct err e = { 0 };
	size_t n;

	ck_assert_int_eq(key_sign_digest(k, DIGEST_SHA512, KEY_PAD_PSS,
	    digest, 64, sig, &n, &e), ERR_CRYPTO);
	key_free(k);
}
END_TEST

START_TEST(sign_refused)
{
	static const struct {
		const char	*key;
		enum digest_alg	 alg;
		enum key_padding pad;
		size_t		 len;
		const char	*why;
	} bad[] = {
		{ "ccm", DIGEST_SHA1, KEY_PAD_ECDSA, 20, "ECDSA with a key "
		    "of type rsa2048" },
		{ "tftp-ec", DIGEST_SHA1, KEY_PAD_PKCS1, 20, "v1.5 with a "
		    "key of type ec384" },
		{ "ccm", DIGEST_MD5, KEY_PAD_PKCS1, 16, "nothing is signed" },
		{ "ccm", DIGEST_SHA1, KEY_PAD_PKCS1, 19, "19 bytes" },
		{ "ccm", DIGEST_SHA1, KEY_PAD_PKCS1, 21, "not a sha1" },
		{ "ccm", DIGEST_SHA1, KEY_PAD_PKCS1, 0, "0 bytes" },
		{ "ccm", DIGEST_SHA512, KEY_PAD_PKCS1, 32, "not a sha512" },
		{ "tftp-ec", DIGEST_SHA256, KEY_PAD_ECDSA, 48, "48 bytes" },
		{ "tftp-ec", DIGEST_MD5, KEY_PAD_ECDSA, 16, "nothing is" },
		{ "ccm", DIGEST_SHA1, KEY_PAD_PSS, 20, "nothing is signed" },
		{ "ccm", DIGEST_MD5, KEY_PAD_PSS, 16, "nothing is signed" },
		{ "ccm", DIGEST_SHA256, KEY_PAD_PSS, 20, "20 bytes" },
		{ "tftp-ec", DIGEST_SHA256, KEY_PAD_PSS, 32, "PSS with a key "
		    "of type ec384" },
		{ "ccm", DIGEST_SHA1, KEY_PAD_TLS10, 20, "20 bytes" },
		{ "ccm", DIGEST_SHA1, KEY_PAD_TLS10, 35, "35 bytes" },
		{ "ccm", DIGEST_SHA1, KEY_PAD_PKCS1, 36, "36 bytes" },
		{ "ccm", DIGEST_MD5, KEY_PAD_TLS10, 36, "nothing is" },
		{ "ccm", DIGEST_SHA256, KEY_PAD_TLS10, 36, "nothing is" },
		{ "tftp-ec", DIGEST_SHA1, KEY_PAD_TLS10, 36, "TLS 1.0 with" },
	};
	uint8_t digest[DIGEST_MAX] = { 0 }, sig[KEY_SIG_MAX];

	for (size_t i = 0; i < N_OF(bad); i++) {
		struct key *k = data_key(bad[i].key);
		struct err e = { 0 };
		size_t n;

		ck_assert_int_eq(key_sign_digest(k, bad[i].alg, bad[i].pad,
		    digest, bad[i].len, sig, &n, &e), ERR_ARG);
		ck_assert_msg(strstr(e.msg, bad[i].why) != NULL, "%s", e.msg);
		key_free(k);
	}
}
END_TEST

/* SHA-1 signatures are what every phone knows: here they must work... */
START_TEST(sign_sha1)
{
	uint8_t digest[20] = { 0 }, sig[KEY_SIG_MAX];
	struct key *k = data_key("ccm");
	struct err e = { 0 };
	size_t n;

	ck_assert_msg(key_sign_digest(k, DIGEST_SHA1, KEY_PAD_PKCS1, digest,
	    20, sig, &n, &e) == ERR_OK, "%s", e.msg);
	key_free(k);
	/* ... and where a policy forbids them, the error says what to do. */
	k = data_key("ccm");
	ck_assert_int_eq(EVP_set_default_properties(NULL, "no.such=yes"), 1);
	ck_assert_int_eq(key_sign_digest(k, DIGEST_SHA1, KEY_PAD_PKCS1,
	    digest, 20, sig, &n, &e), ERR_CRYPTO);
	ck_assert_int_eq(EVP_set_default_properties(NULL, ""), 1);
	ck_assert_ptr_nonnull(strstr(e.msg, "refuses to sign with SHA-1"));
	ck_assert_ptr_nonnull(strstr(e.msg, "openssl.cnf"));
	ck_assert_ptr_nonnull(strstr(e.msg, "SHA-512"));
	ck_assert_int_eq(key_sign_digest(k, DIGEST_SHA1, KEY_PAD_PKCS1,
	    digest, 20, sig, &n, &e), ERR_OK);
	key_free(k);
}
END_TEST

/* --- RSA key exchange --- */

static const uint16_t versions[] = { 0x0301, 0x0302, 0x0303 };

/* A good one comes out as it went in; of the others nobody learns a thing:
 * no error, and other bytes each time. */
START_TEST(decrypt)
{
	uint8_t in[KEY_SIG_MAX], plain[KEY_PREMASTER_LEN];
	uint8_t out[KEY_PREMASTER_LEN], out2[KEY_PREMASTER_LEN];
	struct cert *c = data_cert("ccm");
	struct key *k = data_key("ccm");
	struct err e = { 0 };

	for (size_t v = 0; v < N_OF(versions); v++) {
		size_t len = premaster_make((enum premaster)_i, c,
		    versions[v], plain, in);

		ck_assert_msg(key_tls_decrypt(k, versions[v], in, len, out,
		    &e) == ERR_OK, "%s", e.msg);
		ck_assert_int_eq(key_tls_decrypt(k, versions[v], in, len,
		    out2, &e), ERR_OK);
		ck_assert_int_eq(memcmp(out, out2, sizeof(out)) == 0,
		    _i == PREMASTER_GOOD);
		ck_assert_int_eq(memcmp(out, plain, sizeof(out)) == 0,
		    _i == PREMASTER_GOOD);
	}
	ck_assert_uint_eq(ERR_peek_error(), 0);
	key_free(k);
	cert_free(c);
}
END_TEST

/* What does not depend on the secret is an error. */
START_TEST(decrypt_refused)
{
	uint8_t in[256] = { 0 }, out[KEY_PREMASTER_LEN];
	struct key *rsa = data_key("ccm"), *ec = data_key("tftp-ec");
	struct err e = { 0 };

	ck_assert_int_eq(key_tls_decrypt(ec, 0x0303, in, sizeof(in), out,
	    &e), ERR_ARG);
	ck_assert_ptr_nonnull(strstr(e.msg, "ec384"));
	ck_assert_int_eq(key_tls_decrypt(rsa, 0, in, sizeof(in), out, &e),
	    ERR_ARG);
	key_free(rsa);
	key_free(ec);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("key_use");
	TCase *tc = tcase_create("key_use");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, sign_all, 0, N_OF(kinds));
	tcase_add_test(tc, sign_at_once);
	tcase_add_test(tc, sign_too_small);
	tcase_add_test(tc, sign_refused);
	tcase_add_test(tc, sign_sha1);
	tcase_add_loop_test(tc, decrypt, 0, PREMASTER_N);
	tcase_add_test(tc, decrypt_refused);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
