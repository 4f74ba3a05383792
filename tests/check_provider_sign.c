/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Signatures by keys of the OpenSSL provider, with their private halves in a
 * process of their own: of data and of digests, and what does not fit
 * together.  OpenSSL's own provider checks them, with the certificate alone.
 */
#include <check.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "certs/internal.h"
#include "tests/signer_process.h"

enum { RSA_CERT, EC_CERT, NCERTS };

static struct cert *certs[NCERTS];
static EVP_PKEY *keys[NCERTS];
static struct signer_process sp;

static void
setup(void)
{
	log_init("check", LOG_ERR, LOG_TEXT);
	signer_process_start(&sp, NULL);
	certs[RSA_CERT] = data_cert("ccm");
	certs[EC_CERT] = data_cert("tftp-ec");
	for (size_t i = 0; i < NCERTS; i++)
		keys[i] = signer_process_key(&sp, certs[i]);
}

static void
teardown(void)
{
	for (size_t i = 0; i < NCERTS; i++) {
		EVP_PKEY_free(keys[i]);
		cert_free(certs[i]);
	}
	signer_process_stop(&sp);
	ERR_clear_error();
}

static EVP_PKEY *
public_of(size_t which)
{
	return X509_get0_pubkey(cert_x509(certs[which]));
}

/* --- data and digests --- */

static const uint8_t text[] = "hello";
#define TEXT_LEN	(sizeof(text) - 1)

static const struct form {
	size_t		 which;
	const char	*md;
	bool		 pss;
} forms[] = {
	{ RSA_CERT, "SHA1", false },
	{ RSA_CERT, "SHA256", false },
	{ RSA_CERT, "sha2-384", false },
	{ RSA_CERT, "SHA-512", false },
	{ RSA_CERT, "MD5-SHA1", false },
	{ RSA_CERT, "SHA256", true },
	{ RSA_CERT, "SHA2-384", true },
	{ RSA_CERT, "SHA512", true },
	{ EC_CERT, "SHA1", false },
	{ EC_CERT, "SHA256", false },
	{ EC_CERT, "sha2-384", false },
	{ EC_CERT, "SHA512", false },
};

static bool
set_pss(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) ==
	    1;
}

static bool
verifies(const struct form *f, const uint8_t *sig, size_t len,
    const uint8_t *data, size_t datalen)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	bool ok = EVP_DigestVerifyInit_ex(ctx, &pctx, f->md, NULL, NULL,
	    public_of(f->which), NULL) == 1 && (!f->pss || set_pss(pctx)) &&
	    EVP_DigestVerify(ctx, sig, len, data, datalen) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

static EVP_MD_CTX *
start(const struct form *f)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;

	ck_assert_int_eq(EVP_DigestSignInit_ex(ctx, &pctx, f->md,
	    provider_libctx(sp.provider), NULL, keys[f->which], NULL), 1);
	ck_assert(!f->pss || set_pss(pctx));
	return ctx;
}

/* In one call; asking for room first. */
START_TEST(at_once)
{
	const struct form *f = &forms[_i];
	EVP_MD_CTX *ctx = start(f);
	uint8_t sig[KEY_SIG_MAX];
	size_t len = 0;

	ck_assert_int_eq(EVP_DigestSign(ctx, NULL, &len, text, TEXT_LEN), 1);
	ck_assert_uint_eq(len, (size_t)EVP_PKEY_get_size(public_of(f->which)));
	ck_assert_int_eq(EVP_DigestSign(ctx, sig, &len, text, TEXT_LEN), 1);
	ck_assert(verifies(f, sig, len, text, TEXT_LEN));
	ck_assert(!verifies(f, sig, len, (const uint8_t *)"hallo", TEXT_LEN));
	EVP_MD_CTX_free(ctx);

	ctx = start(f);
	len = 20;		/* no room */
	ck_assert_int_ne(EVP_DigestSign(ctx, sig, &len, text, TEXT_LEN), 1);
	EVP_MD_CTX_free(ctx);
}
END_TEST

/* In pieces, with a copy of the context on the way. */
START_TEST(in_pieces)
{
	const struct form *f = &forms[_i];
	EVP_MD_CTX *ctx = start(f), *copy = EVP_MD_CTX_new();
	uint8_t sig[KEY_SIG_MAX];
	size_t len = sizeof(sig);

	ck_assert_int_eq(EVP_DigestSignUpdate(ctx, text, 3), 1);
	ck_assert_int_eq(EVP_MD_CTX_copy_ex(copy, ctx), 1);
	ck_assert_int_eq(EVP_DigestSignUpdate(copy, text + 3, 2), 1);
	ck_assert_int_eq(EVP_DigestSignFinal(copy, sig, &len), 1);
	ck_assert(verifies(f, sig, len, text, TEXT_LEN));
	len = sizeof(sig);
	ck_assert_int_eq(EVP_DigestSignFinal(ctx, sig, &len), 1);
	ck_assert(verifies(f, sig, len, text, 3));
	EVP_MD_CTX_free(ctx);
	EVP_MD_CTX_free(copy);
}
END_TEST

static EVP_PKEY_CTX *
start_digest(size_t which)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(
	    provider_libctx(sp.provider), keys[which], NULL);

	ck_assert_ptr_nonnull(ctx);
	ck_assert_int_eq(EVP_PKEY_sign_init(ctx), 1);
	return ctx;
}

/* A digest that somebody else made; never bytes without a digest's name,
 * never of another length. */
START_TEST(of_digest)
{
	const struct form *f = &forms[_i];
	EVP_PKEY_CTX *ctx = start_digest(f->which);
	uint8_t sum[EVP_MAX_MD_SIZE], sig[KEY_SIG_MAX];
	const EVP_MD *md = EVP_get_digestbyname(f->md);
	size_t len = sizeof(sig);
	unsigned n;

	ck_assert_int_eq(EVP_Digest(text, TEXT_LEN, sum, &n, md, NULL), 1);
	ck_assert_int_ne(EVP_PKEY_sign(ctx, sig, &len, sum, n), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_signature_md(ctx, md), 1);
	ck_assert(!f->pss || set_pss(ctx));
	ck_assert_int_eq(EVP_PKEY_sign(ctx, sig, &len, sum, n), 1);
	ck_assert(verifies(f, sig, len, text, TEXT_LEN));
	len = sizeof(sig);
	ck_assert_int_ne(EVP_PKEY_sign(ctx, sig, &len, sum, n - 1), 1);
	EVP_PKEY_CTX_free(ctx);
}
END_TEST

/* --- what does not fit together --- */

static const struct {
	size_t		 which;
	const char	*md;
	OSSL_PARAM	 p[2];
	bool		 init, ok;	/* initialised; signed */
} combos[] = {
#define TEXT(name, v)	{ { name, OSSL_PARAM_UTF8_STRING, (void *)(v), \
    sizeof(v) - 1, 0 }, OSSL_PARAM_END }
#define INT(name, v)	{ { name, OSSL_PARAM_INTEGER, (void *)&(int){ v }, \
    sizeof(int), 0 }, OSSL_PARAM_END }
#define NONE		{ OSSL_PARAM_END }
	{ RSA_CERT, "MD5", NONE, false, false },
	{ RSA_CERT, "SHA224", NONE, false, false },
	{ RSA_CERT, "SHA3-256", NONE, false, false },
	{ RSA_CERT, "no digest", NONE, false, false },
	{ EC_CERT, "MD5", NONE, false, false },
	{ EC_CERT, "MD5-SHA1", NONE, false, false },
	{ RSA_CERT, "SHA256", TEXT("pad-mode", "pkcs1"), true, true },
	{ RSA_CERT, "SHA256", TEXT("pad-mode", "pss"), true, true },
	{ RSA_CERT, "SHA256", INT("pad-mode", RSA_PKCS1_PADDING), true,
	    true },
	{ RSA_CERT, "SHA1", TEXT("pad-mode", "pss"), true, false },
	{ RSA_CERT, "MD5-SHA1", TEXT("pad-mode", "pss"), true, false },
	{ RSA_CERT, "SHA256", TEXT("pad-mode", "none"), false, false },
	{ RSA_CERT, "SHA256", TEXT("pad-mode", "oaep"), false, false },
	{ RSA_CERT, "SHA256", TEXT("pad-mode", "x931"), false, false },
	{ RSA_CERT, "SHA256", INT("pad-mode", RSA_NO_PADDING), false, false },
	{ RSA_CERT, "SHA256", INT("pad-mode", -1), false, false },
	{ EC_CERT, "SHA256", TEXT("pad-mode", "pkcs1"), false, false },
	{ RSA_CERT, "SHA256", TEXT("digest", "SHA2-256"), true, true },
	{ RSA_CERT, "SHA256", TEXT("digest", "SHA1"), false, false },
	{ RSA_CERT, "SHA256", TEXT("mgf1-digest", "SHA256"), true, true },
	{ RSA_CERT, "SHA256", TEXT("mgf1-digest", "SHA1"), false, false },
	{ RSA_CERT, "SHA256", TEXT("saltlen", "digest"), false, false },
};

static const struct {
	const char	*md;
	OSSL_PARAM	 p[2];
	bool		 ok;
} salts[] = {
	{ "SHA256", TEXT("saltlen", "digest"), true },
	{ "SHA256", TEXT("saltlen", "32"), true },
	{ "SHA256", TEXT("saltlen", "20"), false },
	{ "SHA256", TEXT("saltlen", "max"), false },
	{ "SHA256", TEXT("saltlen", "auto"), false },
	{ "SHA384", TEXT("saltlen", "48"), true },
	{ "SHA384", TEXT("saltlen", "32"), false },
	{ "SHA512", INT("saltlen", 64), true },
	{ "SHA512", INT("saltlen", RSA_PSS_SALTLEN_DIGEST), true },
	{ "SHA512", INT("saltlen", RSA_PSS_SALTLEN_MAX), false },
	{ "SHA512", INT("saltlen", 0), false },
};

START_TEST(combo)
{
	uint8_t sig[KEY_SIG_MAX];

	for (size_t i = 0; i < N_OF(combos); i++) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		size_t len = sizeof(sig);
		bool init = EVP_DigestSignInit_ex(ctx, NULL, combos[i].md,
		    provider_libctx(sp.provider), NULL,
		    keys[combos[i].which], combos[i].p) == 1;

		ck_assert_msg(init == combos[i].init, "case %zu", i);
		ck_assert_msg((init && EVP_DigestSign(ctx, sig, &len, text,
		    TEXT_LEN) == 1) == combos[i].ok, "case %zu", i);
		EVP_MD_CTX_free(ctx);
	}
}
END_TEST

START_TEST(salt)
{
	for (size_t i = 0; i < N_OF(salts); i++) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		EVP_PKEY_CTX *pctx;

		ck_assert_int_eq(EVP_DigestSignInit_ex(ctx, &pctx,
		    salts[i].md, provider_libctx(sp.provider), NULL,
		    keys[RSA_CERT], NULL), 1);
		ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(pctx,
		    RSA_PKCS1_PSS_PADDING), 1);
		ck_assert_msg((EVP_PKEY_CTX_set_params(pctx, salts[i].p) ==
		    1) == salts[i].ok, "case %zu", i);
		EVP_MD_CTX_free(ctx);
	}
}
END_TEST

/* A public key alone signs nothing. */
START_TEST(no_signer)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *pub = NULL;
	EVP_PKEY_CTX *from = EVP_PKEY_CTX_new_from_name(
	    provider_libctx(sp.provider), "RSA", "provider=" PROVIDER_NAME);
	OSSL_PARAM *p;

	ck_assert_int_eq(EVP_PKEY_todata(keys[RSA_CERT], EVP_PKEY_PUBLIC_KEY,
	    &p), 1);
	ck_assert_int_eq(EVP_PKEY_fromdata_init(from), 1);
	ck_assert_int_eq(EVP_PKEY_fromdata(from, &pub, EVP_PKEY_PUBLIC_KEY,
	    p), 1);
	ck_assert_int_eq(EVP_PKEY_eq(pub, keys[RSA_CERT]), 1);
	ck_assert_int_ne(EVP_DigestSignInit_ex(ctx, NULL, "SHA256",
	    provider_libctx(sp.provider), NULL, pub, NULL), 1);
	OSSL_PARAM_free(p);
	EVP_PKEY_CTX_free(from);
	EVP_PKEY_free(pub);
	EVP_MD_CTX_free(ctx);
}
END_TEST

/* Without its signer a key signs nothing, and says so. */
START_TEST(signer_gone)
{
	EVP_MD_CTX *ctx = start(&forms[0]);
	uint8_t sig[KEY_SIG_MAX];
	size_t n = sizeof(sig);

	ck_assert_int_eq(kill(sp.pid, SIGKILL), 0);
	ck_assert_int_ne(EVP_DigestSign(ctx, sig, &n, text, TEXT_LEN), 1);
	EVP_MD_CTX_free(ctx);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("provider_sign");
	TCase *tc = tcase_create("provider_sign");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, at_once, 0, (int)N_OF(forms));
	tcase_add_loop_test(tc, in_pieces, 0, (int)N_OF(forms));
	tcase_add_loop_test(tc, of_digest, 0, (int)N_OF(forms));
	tcase_add_test(tc, combo);
	tcase_add_test(tc, salt);
	tcase_add_test(tc, no_signer);
	tcase_add_test(tc, signer_gone);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
