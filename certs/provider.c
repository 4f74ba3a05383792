/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The provider (provider(7)) and how keys get into it; see provider.h.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

#include "certs/provider_internal.h"

#define OF_OURS	"provider=" PROVIDER_NAME

static const OSSL_ALGORITHM *
provider_query(void *provctx, int operation, int *no_cache)
{
	static const OSSL_ALGORITHM keys[] = {
		{ "EC:id-ecPublicKey:1.2.840.10045.2.1", OF_OURS,
		    provider_keymgmt_ec, "EC public halves" },
		{ "RSA:rsaEncryption:1.2.840.113549.1.1.1", OF_OURS,
		    provider_keymgmt_rsa, "RSA public halves" },
		{ NULL, NULL, NULL, NULL }
	};
	static const OSSL_ALGORITHM signatures[] = {
		{ "ECDSA", OF_OURS, provider_signature, "ECDSA by a signer" },
		{ "RSA:rsaEncryption:1.2.840.113549.1.1.1", OF_OURS,
		    provider_signature, "RSA by a signer" },
		{ NULL, NULL, NULL, NULL }
	};
	static const OSSL_ALGORITHM ciphers[] = {
		{ "RSA:rsaEncryption:1.2.840.113549.1.1.1", OF_OURS,
		    provider_decrypt, "RSA key exchange by a signer" },
		{ NULL, NULL, NULL, NULL }
	};

	(void)provctx;
	*no_cache = 0;
	switch (operation) {
	case OSSL_OP_KEYMGMT:
		return keys;
	case OSSL_OP_SIGNATURE:
		return signatures;
	case OSSL_OP_ASYM_CIPHER:
		return ciphers;
	}
	return NULL;
}

static int
provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
    const OSSL_DISPATCH **out, void **provctx)
{
	static const OSSL_DISPATCH functions[] = {
		PROVIDER_FN(OSSL_FUNC_PROVIDER_QUERY_OPERATION,
		    provider_query),
		{ 0, NULL }
	};

	(void)in;
	*out = functions;
	*provctx = (void *)(uintptr_t)handle;	/* only not NULL */
	return 1;
}

struct provider {
	OSSL_LIB_CTX	*libctx;
	OSSL_PROVIDER	*common, *ours;
};

struct provider *
provider_new(struct err *e)
{
	struct provider *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_set(e, ERR_NOMEM, "provider");
		return NULL;
	}
	if ((p->libctx = OSSL_LIB_CTX_new()) == NULL ||
	    (p->common = OSSL_PROVIDER_load(p->libctx, "default")) == NULL ||
	    OSSL_PROVIDER_add_builtin(p->libctx, PROVIDER_NAME,
	    provider_init) != 1 ||
	    (p->ours = OSSL_PROVIDER_load(p->libctx, PROVIDER_NAME)) ==
	    NULL || EVP_set_default_properties(p->libctx, PROVIDER_PREFER) !=
	    1) {
		(void)ossl_err(e, ERR_CRYPTO, "OpenSSL's providers");
		provider_free(p);
		return NULL;
	}
	return p;
}

void
provider_free(struct provider *p)
{
	if (p == NULL)
		return;
	if (p->ours != NULL)
		(void)OSSL_PROVIDER_unload(p->ours);
	if (p->common != NULL)
		(void)OSSL_PROVIDER_unload(p->common);
	OSSL_LIB_CTX_free(p->libctx);
	free(p);
}

OSSL_LIB_CTX *
provider_libctx(struct provider *p)
{
	return p->libctx;
}

/* --- keys --- */

/* What the builder of parameters borrows until they are built. */
struct half {
	BIGNUM	*n, *e;			/* RSA */
	char	 group[64];		/* EC */
	uint8_t	 point[PROVIDER_POINT_MAX];
};

static bool
push_rsa(OSSL_PARAM_BLD *b, struct half *h, EVP_PKEY *pub)
{
	return EVP_PKEY_get_bn_param(pub, OSSL_PKEY_PARAM_RSA_N, &h->n) ==
	    1 && EVP_PKEY_get_bn_param(pub, OSSL_PKEY_PARAM_RSA_E, &h->e) ==
	    1 && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, h->n) ==
	    1 && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, h->e) == 1;
}

static bool
push_ec(OSSL_PARAM_BLD *b, struct half *h, EVP_PKEY *pub)
{
	size_t len;

	return EVP_PKEY_get_group_name(pub, h->group, sizeof(h->group),
	    &len) == 1 && EVP_PKEY_get_octet_string_param(pub,
	    OSSL_PKEY_PARAM_PUB_KEY, h->point, sizeof(h->point), &len) ==
	    1 && OSSL_PARAM_BLD_push_utf8_string(b,
	    OSSL_PKEY_PARAM_GROUP_NAME, h->group, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY,
	    h->point, len) == 1;
}

static EVP_PKEY *
key_from_params(struct provider *p, bool rsa, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(p->libctx,
	    rsa ? "RSA" : "EC", OF_OURS);
	EVP_PKEY *key = NULL;

	if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
		(void)EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* RSA of our sizes, or EC with a plain point on one of our curves. */
static bool
can_be_held(EVP_PKEY *pub, enum key_type type)
{
	char form[16];
	size_t len;

	if (type == KEY_OTHER || key_type_is_rsa(type))
		return type != KEY_OTHER;
	return EVP_PKEY_get_utf8_string_param(pub,
	    OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form, sizeof(form),
	    &len) == 1 && strcmp(form, "uncompressed") == 0;
}

/* The key with this public half, of which s knows the other by id. */
static EVP_PKEY *
key_of(struct provider *p, struct signer *s, EVP_PKEY *pub,
    const uint8_t id[KEY_ID_LEN], struct err *e)
{
	enum key_type type = ossl_key_type(pub, NULL);
	bool rsa = key_type_is_rsa(type);
	OSSL_PARAM *params = NULL;
	struct half h = { 0 };
	OSSL_PARAM_BLD *b;
	EVP_PKEY *key = NULL;

	if (!can_be_held(pub, type)) {
		(void)err_set(e, ERR_ARG, "a key of another kind than RSA "
		    "1024, 2048, 3072, 4096 and EC P-256, P-384, P-521 with "
		    "uncompressed point");
		return NULL;
	}
	if ((b = OSSL_PARAM_BLD_new()) != NULL &&
	    (rsa ? push_rsa(b, &h, pub) : push_ec(b, &h, pub)) &&
	    OSSL_PARAM_BLD_push_octet_ptr(b, PROVIDER_PARAM_SIGNER, s, 0) &&
	    OSSL_PARAM_BLD_push_octet_string(b, PROVIDER_PARAM_KEY_ID, id,
	    KEY_ID_LEN) && (params = OSSL_PARAM_BLD_to_param(b)) != NULL)
		key = key_from_params(p, rsa, params);
	if (key == NULL)
		(void)ossl_err(e, ERR_CRYPTO, "key of a signer");
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	BN_free(h.n);
	BN_free(h.e);
	return key;
}

EVP_PKEY *
provider_key(struct provider *p, struct signer *s, const struct cert *c,
    struct err *e)
{
	uint8_t id[KEY_ID_LEN];

	cert_key_id(c, id);
	return key_of(p, s, X509_get0_pubkey(cert_x509(c)), id, e);
}

EVP_PKEY *
provider_key_spki(struct provider *p, struct signer *s, const uint8_t *spki,
    size_t len, struct err *e)
{
	uint8_t id[KEY_ID_LEN];
	const uint8_t *at = spki;
	EVP_PKEY *pub = NULL, *key = NULL;

	if (len <= CERT_DER_MAX)
		pub = d2i_PUBKEY(NULL, &at, (long)len);
	ERR_clear_error();
	if (pub == NULL || at != spki + len)
		(void)err_set(e, ERR_PROTO, "not exactly one public key");
	else if (digest_buf(DIGEST_SHA256, spki, len, id, e) == ERR_OK)
		key = key_of(p, s, pub, id, e);
	EVP_PKEY_free(pub);
	return key;
}
