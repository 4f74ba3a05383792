/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * RSA and ECDSA signatures of the provider (provider-signature(7)): data is
 * digested here, the digest goes to the signer.  See provider.h.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "certs/provider_internal.h"

struct signing {
	const struct provider_key	*key;	/* kept alive by the caller */
	const struct provider_digest	*digest;	/* NULL: not said yet */
	bool				 pss;
	EVP_MD_CTX			*md;
};

static void *
signing_new(void *provctx, const char *propq)
{
	struct signing *s = calloc(1, sizeof(*s));

	(void)provctx;
	(void)propq;
	if (s != NULL && (s->md = EVP_MD_CTX_new()) == NULL) {
		free(s);
		s = NULL;
	}
	return s;
}

static void
signing_free(void *ctx)
{
	struct signing *s = ctx;

	if (s == NULL)
		return;
	EVP_MD_CTX_free(s->md);
	free(s);
}

static void *
signing_dup(void *ctx)
{
	const struct signing *s = ctx;
	struct signing *d = signing_new(NULL, NULL);

	if (d == NULL)
		return NULL;
	d->key = s->key;
	d->digest = s->digest;
	d->pss = s->pss;
	if (EVP_MD_CTX_get0_md(s->md) != NULL &&
	    EVP_MD_CTX_copy_ex(d->md, s->md) != 1) {
		signing_free(d);
		return NULL;
	}
	return d;
}

/* --- parameters --- */

static bool
is_rsa(const struct signing *s)
{
	return key_type_is_rsa(s->key->type);
}

static enum key_padding
padding(const struct signing *s)
{
	if (!is_rsa(s))
		return KEY_PAD_ECDSA;
	if (s->pss)
		return KEY_PAD_PSS;
	return s->digest->tls10 ? KEY_PAD_TLS10 : KEY_PAD_PKCS1;
}

/* The digest is fixed once; saying the same again is no change. */
static bool
set_digest(struct signing *s, const OSSL_PARAM *p)
{
	const struct provider_digest *d;
	const char *name;

	if (p == NULL)
		return true;
	if (!OSSL_PARAM_get_utf8_string_ptr(p, &name) || name == NULL ||
	    (d = provider_digest_find(name)) == NULL ||
	    (d->tls10 && !is_rsa(s)) ||
	    (s->digest != NULL && s->digest != d))
		return false;
	s->digest = d;
	return true;
}

/* MGF1's is the same. */
static bool
check_mask_digest(const struct signing *s, const OSSL_PARAM *p)
{
	const char *name;

	return p == NULL || (OSSL_PARAM_get_utf8_string_ptr(p, &name) &&
	    name != NULL && s->digest != NULL &&
	    provider_digest_find(name) == s->digest);
}

/* By number or by name. */
static bool
set_padding(struct signing *s, const OSSL_PARAM *p)
{
	const char *name;
	int pad = -1;

	if (p == NULL)
		return true;
	if (!is_rsa(s))
		return false;
	if (p->data_type != OSSL_PARAM_UTF8_STRING) {
		if (!OSSL_PARAM_get_int(p, &pad))
			return false;
	} else if (OSSL_PARAM_get_utf8_string_ptr(p, &name) && name != NULL) {
		if (strcmp(name, OSSL_PKEY_RSA_PAD_MODE_PKCSV15) == 0)
			pad = RSA_PKCS1_PADDING;
		else if (strcmp(name, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0)
			pad = RSA_PKCS1_PSS_PADDING;
	}
	s->pss = pad == RSA_PKCS1_PSS_PADDING;
	return s->pss || pad == RSA_PKCS1_PADDING;
}

/* As long as the digest, said so or in bytes. */
static bool
check_salt(const struct signing *s, const OSSL_PARAM *p)
{
	const char *text;
	char bytes[24];
	int n;

	if (p == NULL)
		return true;
	if (!s->pss)
		return false;
	if (p->data_type != OSSL_PARAM_UTF8_STRING)
		return OSSL_PARAM_get_int(p, &n) &&
		    (n == RSA_PSS_SALTLEN_DIGEST || (s->digest != NULL &&
		    n == (int)digest_len(s->digest->alg)));
	if (!OSSL_PARAM_get_utf8_string_ptr(p, &text) || text == NULL)
		return false;
	if (strcmp(text, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST) == 0)
		return true;
	(void)snprintf(bytes, sizeof(bytes), "%zu",
	    s->digest != NULL ? digest_len(s->digest->alg) : 0);
	return s->digest != NULL && strcmp(text, bytes) == 0;
}

static int
signing_set_params(void *ctx, const OSSL_PARAM params[])
{
	struct signing *s = ctx;

	if (params == NULL)
		return 1;
	return s->key != NULL &&
	    set_digest(s, OSSL_PARAM_locate_const(params,
	    OSSL_SIGNATURE_PARAM_DIGEST)) &&
	    set_padding(s, OSSL_PARAM_locate_const(params,
	    OSSL_SIGNATURE_PARAM_PAD_MODE)) &&
	    check_salt(s, OSSL_PARAM_locate_const(params,
	    OSSL_SIGNATURE_PARAM_PSS_SALTLEN)) &&
	    check_mask_digest(s, OSSL_PARAM_locate_const(params,
	    OSSL_SIGNATURE_PARAM_MGF1_DIGEST));
}

static const OSSL_PARAM *
signing_settable(void *ctx, void *provctx)
{
	static const OSSL_PARAM known[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL,
		    0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL,
		    0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL,
		    0),
		OSSL_PARAM_END
	};

	(void)ctx;
	(void)provctx;
	return known;
}

/* CMS asks for a number, others for a name. */
static bool
put_padding(OSSL_PARAM *p, const struct signing *s)
{
	if (p == NULL)
		return true;
	if (!is_rsa(s))
		return false;
	if (p->data_type == OSSL_PARAM_UTF8_STRING)
		return OSSL_PARAM_set_utf8_string(p, s->pss ?
		    OSSL_PKEY_RSA_PAD_MODE_PSS :
		    OSSL_PKEY_RSA_PAD_MODE_PKCSV15);
	return OSSL_PARAM_set_int(p, s->pss ? RSA_PKCS1_PSS_PADDING :
	    RSA_PKCS1_PADDING);
}

static int
signing_get_params(void *ctx, OSSL_PARAM params[])
{
	const struct signing *s = ctx;
	OSSL_PARAM *p;

	if (s->key == NULL || s->digest == NULL)
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
	if (p != NULL && !provider_put_algorithm(p, s->digest, padding(s)))
		return 0;
	return put_padding(OSSL_PARAM_locate(params,
	    OSSL_SIGNATURE_PARAM_PAD_MODE), s) &&
	    provider_put_text(params, OSSL_SIGNATURE_PARAM_DIGEST,
	    EVP_MD_get0_name(provider_digest_md(s->digest)));
}

static const OSSL_PARAM *
signing_gettable(void *ctx, void *provctx)
{
	static const OSSL_PARAM known[] = {
		OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID,
		    NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL,
		    0),
		OSSL_PARAM_END
	};

	(void)ctx;
	(void)provctx;
	return known;
}

/* --- a digest --- */

void
provider_failed(const char *event, const struct err *why)
{
	log_err(LOG_ERR, event, why);
	ERR_raise_data(OSSL_SIGNER_LIB, -why->code, "%s", why->msg);
}

static int
signing_init_digest(void *ctx, void *key, const OSSL_PARAM params[])
{
	struct signing *s = ctx;

	if (key != NULL)
		s->key = key;
	s->digest = NULL;
	s->pss = false;
	return s->key != NULL && s->key->signer != NULL &&
	    signing_set_params(s, params);
}

/* sig NULL asks for room. */
static int
signing_digest(void *ctx, unsigned char *sig, size_t *siglen, size_t size,
    const unsigned char *sum, size_t len)
{
	const struct signing *s = ctx;
	uint8_t made[KEY_SIG_MAX];
	struct err e = { 0 };
	size_t n;

	if (s->digest == NULL)
		return 0;	/* never bytes that no digest is said for */
	if (sig == NULL) {
		*siglen = s->key->sigmax;
		return 1;
	}
	if (sign_digest(s->key->signer, s->key->id, s->digest->alg,
	    padding(s), sum, len, made, &n, &e) != ERR_OK) {
		provider_failed("tls.sign", &e);
		return 0;
	}
	if (n > size)
		return 0;
	memcpy(sig, made, n);
	*siglen = n;
	return 1;
}

/* --- data --- */

static int
signing_init(void *ctx, const char *mdname, void *key,
    const OSSL_PARAM params[])
{
	struct signing *s = ctx;
	OSSL_PARAM p[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST,
		    (char *)(uintptr_t)mdname, 0),
		OSSL_PARAM_construct_end(),
	};

	if (mdname == NULL || mdname[0] == '\0')
		p[0].data = (char *)(uintptr_t)"SHA256";
	return signing_init_digest(s, key, NULL) &&
	    signing_set_params(s, p) && signing_set_params(s, params) &&
	    EVP_DigestInit_ex(s->md, provider_digest_md(s->digest), NULL);
}

static int
signing_update(void *ctx, const unsigned char *data, size_t len)
{
	struct signing *s = ctx;

	return EVP_DigestUpdate(s->md, data, len);
}

static int
signing_final(void *ctx, unsigned char *sig, size_t *siglen, size_t size)
{
	struct signing *s = ctx;
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (sig != NULL && EVP_DigestFinal_ex(s->md, sum, &len) != 1)
		return 0;
	return signing_digest(s, sig, siglen, size, sum, len);
}

static int
signing_once(void *ctx, unsigned char *sig, size_t *siglen, size_t size,
    const unsigned char *data, size_t len)
{
	if (sig != NULL && !signing_update(ctx, data, len))
		return 0;
	return signing_final(ctx, sig, siglen, size);
}

const OSSL_DISPATCH provider_signature[] = {
	PROVIDER_FN(OSSL_FUNC_SIGNATURE_NEWCTX, signing_new),
	PROVIDER_FN(OSSL_FUNC_SIGNATURE_FREECTX, signing_free),
	PROVIDER_FN(OSSL_FUNC_SIGNATURE_DUPCTX, signing_dup),
	PROVIDER_FN(OSSL_FUNC_SIGNATURE_SIGN_INIT, signing_init_digest),
	PROVIDER_FN(OSSL_FUNC_SIGNATURE_SIGN, signing_digest),
	PROVIDER_FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, signing_init),
	PROVIDER_FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, signing_update),
	PROVIDER_FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, signing_final),
	PROVIDER_FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, signing_once),
	PROVIDER_FN(OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, signing_get_params),
	PROVIDER_FN(OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS,
	    signing_gettable),
	PROVIDER_FN(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, signing_set_params),
	PROVIDER_FN(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS,
	    signing_settable),
	{ 0, NULL }
};
