/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * ECDSA of the provider (provider-signature(7)): data is digested here, the
 * digest goes to the signer.  See provider.h.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "certs/internal.h"
#include "certs/provider.h"

struct signing {
	const struct provider_key	*key;	/* kept alive by the caller */
	enum digest_alg			 alg;
	EVP_MD_CTX			*md;
};

static const struct {
	enum digest_alg	 alg;
	int		 nid, sig_nid;
} digests[] = {
	{ DIGEST_SHA1, NID_sha1, NID_ecdsa_with_SHA1 },
	{ DIGEST_SHA256, NID_sha256, NID_ecdsa_with_SHA256 },
	{ DIGEST_SHA384, NID_sha384, NID_ecdsa_with_SHA384 },
	{ DIGEST_SHA512, NID_sha512, NID_ecdsa_with_SHA512 },
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
	d->alg = s->alg;
	if (EVP_MD_CTX_get0_md(s->md) != NULL &&
	    EVP_MD_CTX_copy_ex(d->md, s->md) != 1) {
		signing_free(d);
		return NULL;
	}
	return d;
}

/* Whatever spelling of its name. */
static bool
digest_named(const char *name, enum digest_alg *alg)
{
	int nid = EVP_MD_get_type(EVP_get_digestbyname(name));

	for (size_t i = 0; i < N_OF(digests); i++)
		if (digests[i].nid == nid) {
			*alg = digests[i].alg;
			return true;
		}
	return false;
}

static int
signing_init(void *ctx, const char *mdname, void *key,
    const OSSL_PARAM params[])
{
	struct signing *s = ctx;

	(void)params;		/* ECDSA has none of its own */
	if (key != NULL)
		s->key = key;
	if (s->key == NULL || s->key->signer == NULL)
		return 0;
	if (mdname == NULL || mdname[0] == '\0')
		mdname = "SHA256";
	return digest_named(mdname, &s->alg) &&
	    EVP_DigestInit_ex(s->md, ossl_sign_md(s->alg), NULL);
}

static int
signing_update(void *ctx, const unsigned char *data, size_t len)
{
	struct signing *s = ctx;

	return EVP_DigestUpdate(s->md, data, len);
}

/* sig NULL asks for room: what any signature of ours may need. */
static int
signing_final(void *ctx, unsigned char *sig, size_t *siglen, size_t size)
{
	struct signing *s = ctx;
	uint8_t sum[EVP_MAX_MD_SIZE], made[KEY_SIG_MAX];
	struct err e = { 0 };
	unsigned len;
	size_t n;

	if (sig == NULL) {
		*siglen = PROVIDER_POINT_MAX + 6;
		return 1;
	}
	if (EVP_DigestFinal_ex(s->md, sum, &len) != 1)
		return 0;
	if (sign_digest(s->key->signer, s->key->id, s->alg, KEY_PAD_ECDSA,
	    sum, len, made, &n, &e) != ERR_OK) {
		log_err(LOG_ERR, "tls.sign", &e);
		return 0;
	}
	if (n > size)
		return 0;
	memcpy(sig, made, n);
	*siglen = n;
	return 1;
}

static int
signing_once(void *ctx, unsigned char *sig, size_t *siglen, size_t size,
    const unsigned char *data, size_t len)
{
	if (sig != NULL && !signing_update(ctx, data, len))
		return 0;
	return signing_final(ctx, sig, siglen, size);
}

/* What a certificate signed so says of its signature. */
static int
put_algorithm_id(OSSL_PARAM *p, enum digest_alg alg)
{
	X509_ALGOR *id = X509_ALGOR_new();
	unsigned char *der = NULL;
	int len = -1, ok;

	for (size_t i = 0; id != NULL && i < N_OF(digests); i++)
		if (digests[i].alg == alg && X509_ALGOR_set0(id,
		    OBJ_nid2obj(digests[i].sig_nid), V_ASN1_UNDEF, NULL) == 1)
			len = i2d_X509_ALGOR(id, &der);
	ok = len > 0 && OSSL_PARAM_set_octet_string(p, der, (size_t)len);
	OPENSSL_free(der);
	X509_ALGOR_free(id);
	return ok;
}

static int
signing_get_params(void *ctx, OSSL_PARAM params[])
{
	const struct signing *s = ctx;
	OSSL_PARAM *p = OSSL_PARAM_locate(params,
	    OSSL_SIGNATURE_PARAM_ALGORITHM_ID);

	if (p != NULL && !put_algorithm_id(p, s->alg))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST);
	return p == NULL || OSSL_PARAM_set_utf8_string(p,
	    EVP_MD_get0_name(ossl_sign_md(s->alg)));
}

static const OSSL_PARAM *
signing_gettable(void *ctx, void *provctx)
{
	static const OSSL_PARAM known[] = {
		OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID,
		    NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_END
	};

	(void)ctx;
	(void)provctx;
	return known;
}

/* The digest is fixed by init; saying the same again is no change. */
static int
signing_set_params(void *ctx, const OSSL_PARAM params[])
{
	const struct signing *s = ctx;
	const OSSL_PARAM *p;
	enum digest_alg alg;
	const char *name;

	if (params == NULL || (p = OSSL_PARAM_locate_const(params,
	    OSSL_SIGNATURE_PARAM_DIGEST)) == NULL)
		return 1;
	return OSSL_PARAM_get_utf8_string_ptr(p, &name) &&
	    digest_named(name, &alg) && alg == s->alg;
}

static const OSSL_PARAM *
signing_settable(void *ctx, void *provctx)
{
	static const OSSL_PARAM known[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_END
	};

	(void)ctx;
	(void)provctx;
	return known;
}

#define FN(id, f)	{ (id), (void (*)(void))(f) }

const OSSL_DISPATCH provider_ecdsa[] = {
	FN(OSSL_FUNC_SIGNATURE_NEWCTX, signing_new),
	FN(OSSL_FUNC_SIGNATURE_FREECTX, signing_free),
	FN(OSSL_FUNC_SIGNATURE_DUPCTX, signing_dup),
	FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, signing_init),
	FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, signing_update),
	FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, signing_final),
	FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, signing_once),
	FN(OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, signing_get_params),
	FN(OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, signing_gettable),
	FN(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, signing_set_params),
	FN(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, signing_settable),
	{ 0, NULL }
};
