/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * TLS's RSA key exchange by keys of the OpenSSL provider, and that they decrypt
 * nothing else.
 */
#include <check.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "certs/internal.h"
#include "tests/premaster.h"
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

static EVP_PKEY_CTX *
start_decrypt(size_t which)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(
	    provider_libctx(sp.provider), keys[which], NULL);

	ck_assert_ptr_nonnull(ctx);
	if (EVP_PKEY_decrypt_init(ctx) == 1)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

static bool
set_version(EVP_PKEY_CTX *ctx, unsigned version)
{
	const OSSL_PARAM p[] = {
		OSSL_PARAM_construct_uint(
		    OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION, &version),
		OSSL_PARAM_construct_end(),
	};

	return EVP_PKEY_CTX_set_params(ctx, p) == 1;
}

START_TEST(premaster)
{
	uint8_t in[KEY_SIG_MAX], plain[KEY_PREMASTER_LEN];
	uint8_t out[KEY_PREMASTER_LEN];
	EVP_PKEY_CTX *ctx = start_decrypt(RSA_CERT), *copy;
	size_t len = premaster_make((enum premaster)_i, certs[RSA_CERT],
	    0x0302, plain, in), n = sizeof(out);

	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(ctx,
	    RSA_PKCS1_WITH_TLS_PADDING), 1);
	ck_assert_int_ne(EVP_PKEY_decrypt(ctx, out, &n, in, len), 1);
	ck_assert(set_version(ctx, 0x0302));
	ck_assert_ptr_nonnull(copy = EVP_PKEY_CTX_dup(ctx));
	EVP_PKEY_CTX_free(ctx);
	ck_assert_int_eq(EVP_PKEY_decrypt(copy, NULL, &n, in, len), 1);
	ck_assert_uint_eq(n, KEY_PREMASTER_LEN);
	ck_assert_int_eq(EVP_PKEY_decrypt(copy, out, &n, in, len), 1);
	ck_assert_uint_eq(n, KEY_PREMASTER_LEN);
	ck_assert_int_eq(memcmp(out, plain, n) == 0, _i == PREMASTER_GOOD);
	n = KEY_PREMASTER_LEN - 1;
	ck_assert_int_ne(EVP_PKEY_decrypt(copy, out, &n, in, len), 1);
	EVP_PKEY_CTX_free(copy);
}
END_TEST

/* Only that is decrypted: no other padding, no raw RSA, no EC. */
START_TEST(nothing_else)
{
	static const int others[] = {
		RSA_NO_PADDING, RSA_PKCS1_PADDING, RSA_PKCS1_OAEP_PADDING,
	};
	uint8_t in[256] = { 0 }, out[256];
	EVP_PKEY_CTX *ctx = start_decrypt(RSA_CERT);
	size_t n = sizeof(out);

	ck_assert_int_ne(EVP_PKEY_decrypt(ctx, out, &n, in, sizeof(in)), 1);
	for (size_t i = 0; i < N_OF(others); i++)
		ck_assert_int_ne(EVP_PKEY_CTX_set_rsa_padding(ctx,
		    others[i]), 1);
	ck_assert(!set_version(ctx, 0));
	ck_assert(!set_version(ctx, 0x10000));
	ck_assert(set_version(ctx, 0x0303));
	n = sizeof(out);
	ck_assert_int_ne(EVP_PKEY_decrypt(ctx, out, &n, in, sizeof(in)), 1);
	EVP_PKEY_CTX_free(ctx);
	ck_assert_ptr_null(start_decrypt(EC_CERT));
}
END_TEST

/* Without its signer a key decrypts nothing, and says so. */
START_TEST(signer_gone)
{
	uint8_t in[256] = { 1 }, out[KEY_PREMASTER_LEN];
	EVP_PKEY_CTX *ctx = start_decrypt(RSA_CERT);
	size_t n = sizeof(out);

	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(ctx,
	    RSA_PKCS1_WITH_TLS_PADDING), 1);
	ck_assert(set_version(ctx, 0x0303));
	ck_assert_int_eq(kill(sp.pid, SIGKILL), 0);
	ck_assert_int_ne(EVP_PKEY_decrypt(ctx, out, &n, in, sizeof(in)), 1);
	EVP_PKEY_CTX_free(ctx);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("provider_decrypt");
	TCase *tc = tcase_create("provider_decrypt");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, premaster, 0, PREMASTER_N);
	tcase_add_test(tc, nothing_else);
	tcase_add_test(tc, signer_gone);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
