/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What private keys are used for, see key.h.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdatomic.h>
#include <string.h>

#include "certs/internal.h"
#include "crypt/rng.h"

static const char *const pad_names[] = {
	[KEY_PAD_PKCS1]	= "PKCS#1 v1.5",
	[KEY_PAD_ECDSA]	= "ECDSA",
	[KEY_PAD_PSS]	= "PSS",
	[KEY_PAD_TLS10]	= "TLS 1.0",
};

/* What is signed of this digest with this padding; 0: nothing. */
static size_t
sign_len(enum digest_alg alg, enum key_padding pad)
{
	if (ossl_sign_md(alg) == NULL)
		return 0;
	switch (pad) {
	case KEY_PAD_PKCS1:
	case KEY_PAD_ECDSA:
		return digest_len(alg);
	case KEY_PAD_PSS:
		return alg == DIGEST_SHA1 ? 0 : digest_len(alg);
	case KEY_PAD_TLS10:
		return alg == DIGEST_SHA1 ? KEY_TLS10_LEN : 0;
	}
	return 0;
}

static int
sign_check(const struct key *k, enum digest_alg alg, enum key_padding pad,
    size_t len, struct err *e)
{
	size_t want = sign_len(alg, pad);

	if (key_type_is_rsa(key_type(k)) != (pad != KEY_PAD_ECDSA))
		return err_set(e, ERR_ARG, "padding %s with a key of type %s",
		    pad_names[pad], key_type_name(key_type(k)));
	if (want == 0)
		return err_set(e, ERR_ARG, "nothing is signed with this "
		    "digest");
	if (len != want)
		return err_set(e, ERR_ARG, "%zu bytes are not a %s digest",
		    len, digest_name(alg));
	if ((size_t)EVP_PKEY_get_size(key_pkey(k)) > KEY_SIG_MAX)
		return err_set(e, ERR_ARG, "key too large");
	return ERR_OK;
}

/* Policies of distributions switch SHA-1 signatures off. */
static int
sign_failed(enum digest_alg alg, struct err *e)
{
	if (alg != DIGEST_SHA1)
		return ossl_err(e, ERR_CRYPTO, "signing");
	return ossl_err(e, ERR_CRYPTO, "this system's OpenSSL refuses to sign "
	    "with SHA-1: allow it in openssl.cnf (crypto policy), or choose "
	    "SHA-512 if every phone knows it");
}

/* A context that signs so.  To make one takes longer than to copy it, so the
 * first of a kind is kept with the key. */
static EVP_PKEY_CTX *
sign_ctx(const struct key *k, enum digest_alg alg, enum key_padding pad)
{
	key_ctx *kept = key_kept_ctx(k, (size_t)pad * (DIGEST_SHA512 + 1) +
	    (size_t)alg);
	EVP_PKEY_CTX *ctx = atomic_load(kept), *other = NULL;

	if (ctx == NULL) {
		ctx = EVP_PKEY_CTX_new(key_pkey(k), NULL);
		if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1 ||
		    !ossl_sig_setup(ctx, pad, alg)) {
			EVP_PKEY_CTX_free(ctx);
			return NULL;
		}
		if (!atomic_compare_exchange_strong(kept, &other, ctx)) {
			EVP_PKEY_CTX_free(ctx);	/* a thread was faster */
			ctx = other;
		}
	}
	return EVP_PKEY_CTX_dup(ctx);
}

int
key_sign_digest(const struct key *k, enum digest_alg alg,
    enum key_padding pad, const uint8_t *digest, size_t len, uint8_t *sig,
    size_t *siglen, struct err *e)
{
	EVP_PKEY_CTX *ctx;
	int ret = sign_check(k, alg, pad, len, e);

	if (ret != ERR_OK)
		return ret;
	*siglen = KEY_SIG_MAX;
	if ((ctx = sign_ctx(k, alg, pad)) == NULL ||
	    EVP_PKEY_sign(ctx, sig, siglen, digest, len) != 1)
		ret = sign_failed(alg, e);
	EVP_PKEY_CTX_free(ctx);
	return ret;
}

/* OpenSSL looks at the padding, in constant time. */
static bool
decrypt_setup(EVP_PKEY_CTX *ctx, uint16_t version)
{
	unsigned v = version;
	const OSSL_PARAM p[] = {
		OSSL_PARAM_construct_uint(
		    OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION, &v),
		OSSL_PARAM_construct_end(),
	};

	return ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_WITH_TLS_PADDING) ==
	    1 && EVP_PKEY_CTX_set_params(ctx, p) == 1;
}

int
key_tls_decrypt(const struct key *k, uint16_t version, const uint8_t *in,
    size_t len, uint8_t out[KEY_PREMASTER_LEN], struct err *e)
{
	uint8_t got[KEY_PREMASTER_LEN];
	EVP_PKEY_CTX *ctx;
	size_t n = sizeof(got);
	int ret;

	if (!key_type_is_rsa(key_type(k)) || version == 0)
		return err_set(e, ERR_ARG, "a key of type %s decrypts nothing "
		    "of TLS version %#x", key_type_name(key_type(k)), version);
	if ((ret = rng_fill(rng_system(), out, KEY_PREMASTER_LEN,
	    e)) != ERR_OK)
		return ret;
	ctx = EVP_PKEY_CTX_new(key_pkey(k), NULL);
	if (!decrypt_setup(ctx, version))
		ret = ossl_err(e, ERR_CRYPTO, "RSA key exchange");
	/* Fails only for what is no number below the modulus: no secret. */
	else if (EVP_PKEY_decrypt(ctx, got, &n, in, len) == 1 &&
	    n == sizeof(got))
		memcpy(out, got, sizeof(got));
	ERR_clear_error();
	secret_wipe(got, sizeof(got));
	EVP_PKEY_CTX_free(ctx);
	return ret;
}
