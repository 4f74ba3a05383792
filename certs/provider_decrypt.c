/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * RSA key exchange of TLS up to 1.2 by the provider
 * (provider-asym_cipher(7)): the signer decrypts and looks at the padding, and
 * what comes back is 48 bytes whatever was sent.  Nothing else is decrypted.
 */
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "certs/provider_internal.h"

struct decryption {
	const struct provider_key	*key;	/* kept alive by the caller */
	bool				 tls;	/* the padding was chosen */
	unsigned			 version;	/* of the client */
};

static void *
decryption_new(void *provctx)
{
	(void)provctx;
	return calloc(1, sizeof(struct decryption));
}

static void *
decryption_dup(void *ctx)
{
	struct decryption *d = calloc(1, sizeof(*d));

	if (d != NULL)
		*d = *(const struct decryption *)ctx;
	return d;
}

static int
decryption_set_params(void *ctx, const OSSL_PARAM params[])
{
	struct decryption *d = ctx;
	const OSSL_PARAM *p;
	int pad;

	if (params == NULL)
		return 1;
	p = OSSL_PARAM_locate_const(params, OSSL_ASYM_CIPHER_PARAM_PAD_MODE);
	if (p != NULL) {
		if (!OSSL_PARAM_get_int(p, &pad) ||
		    pad != RSA_PKCS1_WITH_TLS_PADDING)
			return 0;
		d->tls = true;
	}
	p = OSSL_PARAM_locate_const(params,
	    OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION);
	return p == NULL || (OSSL_PARAM_get_uint(p, &d->version) &&
	    d->version > 0 && d->version <= UINT16_MAX);
}

/* Not among them: the negotiated version, for clients with a bug of the last
 * century (SSL_OP_TLS_ROLLBACK_BUG). */
static const OSSL_PARAM *
decryption_settable(void *ctx, void *provctx)
{
	static const OSSL_PARAM known[] = {
		OSSL_PARAM_int(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, NULL),
		OSSL_PARAM_uint(OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION,
		    NULL),
		OSSL_PARAM_END
	};

	(void)ctx;
	(void)provctx;
	return known;
}

static int
decryption_init(void *ctx, void *key, const OSSL_PARAM params[])
{
	struct decryption *d = ctx;

	*d = (struct decryption){ .key = key };
	return d->key != NULL && d->key->signer != NULL &&
	    decryption_set_params(d, params);
}

/* out NULL asks for room. */
static int
decryption_run(void *ctx, unsigned char *out, size_t *outlen, size_t size,
    const unsigned char *in, size_t len)
{
	const struct decryption *d = ctx;
	struct err e = { 0 };

	if (!d->tls || d->version == 0)
		return 0;
	*outlen = KEY_PREMASTER_LEN;
	if (out == NULL)
		return 1;
	if (size < KEY_PREMASTER_LEN)
		return 0;
	if (sign_tls_decrypt(d->key->signer, d->key->id,
	    (uint16_t)d->version, in, len, out, &e) != ERR_OK) {
		provider_failed("tls.decrypt", &e);
		return 0;
	}
	return 1;
}

const OSSL_DISPATCH provider_decrypt[] = {
	PROVIDER_FN(OSSL_FUNC_ASYM_CIPHER_NEWCTX, decryption_new),
	PROVIDER_FN(OSSL_FUNC_ASYM_CIPHER_FREECTX, free),
	PROVIDER_FN(OSSL_FUNC_ASYM_CIPHER_DUPCTX, decryption_dup),
	PROVIDER_FN(OSSL_FUNC_ASYM_CIPHER_DECRYPT_INIT, decryption_init),
	PROVIDER_FN(OSSL_FUNC_ASYM_CIPHER_DECRYPT, decryption_run),
	PROVIDER_FN(OSSL_FUNC_ASYM_CIPHER_SET_CTX_PARAMS,
	    decryption_set_params),
	PROVIDER_FN(OSSL_FUNC_ASYM_CIPHER_SETTABLE_CTX_PARAMS,
	    decryption_settable),
	{ 0, NULL }
};
