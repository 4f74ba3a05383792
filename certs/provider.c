/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The provider, and its management of EC keys (provider-keymgmt(7)); see
 * provider.h.  Nothing private ever goes in or out.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "certs/internal.h"
#include "certs/provider.h"

/* Parameters of our own: who signs, and which of its keys. */
#define PARAM_SIGNER	"phonetrust-signer"
#define PARAM_KEY_ID	"phonetrust-key-id"

static const struct {
	const char	*names[3];	/* the first is ours */
	int		 bits, security;
	size_t		 sigmax;	/* of DER ECDSA-Sig-Value */
	const char	*digest;
} groups[] = {
	[KEY_EC256]	= { { "prime256v1", "P-256", "secp256r1" }, 256, 128,
	    72, "SHA256" },
	[KEY_EC384]	= { { "secp384r1", "P-384", NULL }, 384, 192, 104,
	    "SHA384" },
	[KEY_EC521]	= { { "secp521r1", "P-521", NULL }, 521, 256, 139,
	    "SHA512" },
};

/* --- keymgmt --- */

static void *
key_alloc(void *provctx)
{
	struct provider_key *k = calloc(1, sizeof(*k));

	(void)provctx;
	if (k != NULL)
		k->type = KEY_OTHER;
	return k;
}

static int
key_has(const void *keydata, int selection)
{
	const struct provider_key *k = keydata;

	if (k == NULL || k->type == KEY_OTHER)
		return 0;
	return !(selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) ||
	    k->signer != NULL;
}

static int
key_match(const void *a, const void *b, int selection)
{
	const struct provider_key *x = a, *y = b;

	(void)selection;	/* the public half tells for the private */
	return x->type == y->type && x->publen == y->publen &&
	    memcmp(x->pub, y->pub, x->publen) == 0;
}

static bool
set_group(struct provider_key *k, const OSSL_PARAM *p)
{
	const char *name;

	if (p == NULL || !OSSL_PARAM_get_utf8_string_ptr(p, &name) ||
	    name == NULL)
		return false;
	for (size_t t = KEY_EC256; t <= KEY_EC521; t++)
		for (size_t i = 0; i < N_OF(groups[t].names); i++)
			if (groups[t].names[i] != NULL &&
			    OPENSSL_strcasecmp(groups[t].names[i],
			    name) == 0) {
				k->type = (enum key_type)t;
				return true;
			}
	return false;
}

/* Uncompressed points only: others are no keys of ours. */
static bool
set_point(struct provider_key *k, const OSSL_PARAM *p)
{
	size_t want = 1 + 2 * (((size_t)groups[k->type].bits + 7) / 8);
	const void *v;

	if (p == NULL || !OSSL_PARAM_get_octet_string_ptr(p, &v,
	    &k->publen) || k->publen != want || *(const uint8_t *)v != 4)
		return false;
	memcpy(k->pub, v, want);
	return true;
}

/* Both or none. */
static bool
set_signer(struct provider_key *k, const OSSL_PARAM *signer,
    const OSSL_PARAM *id)
{
	const void *s, *v;
	size_t len;

	if (signer == NULL && id == NULL)
		return true;
	if (signer == NULL || id == NULL ||
	    !OSSL_PARAM_get_octet_ptr(signer, &s, &len) ||
	    !OSSL_PARAM_get_octet_string_ptr(id, &v, &len) ||
	    len != KEY_ID_LEN)
		return false;
	k->signer = (struct signer *)(uintptr_t)s;
	memcpy(k->id, v, KEY_ID_LEN);
	return true;
}

static int
key_import(void *keydata, int selection, const OSSL_PARAM p[])
{
	struct provider_key *k = keydata;

	(void)selection;
	if (OSSL_PARAM_locate_const(p, OSSL_PKEY_PARAM_PRIV_KEY) != NULL)
		return 0;	/* private keys are the signer's */
	return set_group(k, OSSL_PARAM_locate_const(p,
	    OSSL_PKEY_PARAM_GROUP_NAME)) &&
	    set_point(k, OSSL_PARAM_locate_const(p,
	    OSSL_PKEY_PARAM_PUB_KEY)) &&
	    set_signer(k, OSSL_PARAM_locate_const(p, PARAM_SIGNER),
	    OSSL_PARAM_locate_const(p, PARAM_KEY_ID));
}

/*
 * A wish that includes the private half is refused as a whole: else OpenSSL
 * would carry a key without it to the default provider, and try to sign there.
 */
static int
key_export(void *keydata, int selection, OSSL_CALLBACK *cb, void *cbarg)
{
	struct provider_key *k = keydata;
	OSSL_PARAM p[3];

	if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) ||
	    k->type == KEY_OTHER)
		return 0;
	p[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
	    (char *)(uintptr_t)groups[k->type].names[0], 0);
	p[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
	    k->pub, k->publen);
	p[2] = OSSL_PARAM_construct_end();
	return cb(p, cbarg);
}

static const OSSL_PARAM *
key_export_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_END
	};

	return selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY ? NULL : types;
}

static const OSSL_PARAM *
key_import_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_octet_ptr(PARAM_SIGNER, NULL, 0),
		OSSL_PARAM_octet_string(PARAM_KEY_ID, NULL, 0),
		OSSL_PARAM_END
	};

	(void)selection;
	return types;
}

static bool
put_int(OSSL_PARAM p[], const char *name, int v)
{
	OSSL_PARAM *at = OSSL_PARAM_locate(p, name);

	return at == NULL || OSSL_PARAM_set_int(at, v);
}

static bool
put_text(OSSL_PARAM p[], const char *name, const char *v)
{
	OSSL_PARAM *at = OSSL_PARAM_locate(p, name);

	return at == NULL || OSSL_PARAM_set_utf8_string(at, v);
}

static bool
put_point(OSSL_PARAM p[], const char *name, const struct provider_key *k)
{
	OSSL_PARAM *at = OSSL_PARAM_locate(p, name);

	return at == NULL || OSSL_PARAM_set_octet_string(at, k->pub,
	    k->publen);
}

static int
key_get_params(void *keydata, OSSL_PARAM p[])
{
	const struct provider_key *k = keydata;

	if (k->type == KEY_OTHER)
		return 0;
	return put_int(p, OSSL_PKEY_PARAM_BITS, groups[k->type].bits) &&
	    put_int(p, OSSL_PKEY_PARAM_SECURITY_BITS,
	    groups[k->type].security) &&
	    put_int(p, OSSL_PKEY_PARAM_MAX_SIZE,
	    (int)groups[k->type].sigmax) &&
	    put_text(p, OSSL_PKEY_PARAM_GROUP_NAME,
	    groups[k->type].names[0]) &&
	    put_text(p, OSSL_PKEY_PARAM_DEFAULT_DIGEST,
	    groups[k->type].digest) &&
	    put_text(p, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
	    "uncompressed") &&
	    put_point(p, OSSL_PKEY_PARAM_PUB_KEY, k) &&
	    put_point(p, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, k);
}

static const OSSL_PARAM *
key_gettable_params(void *provctx)
{
	static const OSSL_PARAM known[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL,
		    0),
		OSSL_PARAM_utf8_string(
		    OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
		    NULL, 0),
		OSSL_PARAM_END
	};

	(void)provctx;
	return known;
}

static const char *
key_operation_name(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

#define FN(id, f)	{ (id), (void (*)(void))(f) }

static const OSSL_DISPATCH keymgmt_ec[] = {
	FN(OSSL_FUNC_KEYMGMT_NEW, key_alloc),
	FN(OSSL_FUNC_KEYMGMT_FREE, free),
	FN(OSSL_FUNC_KEYMGMT_HAS, key_has),
	FN(OSSL_FUNC_KEYMGMT_MATCH, key_match),
	FN(OSSL_FUNC_KEYMGMT_IMPORT, key_import),
	FN(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, key_import_types),
	FN(OSSL_FUNC_KEYMGMT_EXPORT, key_export),
	FN(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, key_export_types),
	FN(OSSL_FUNC_KEYMGMT_GET_PARAMS, key_get_params),
	FN(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, key_gettable_params),
	FN(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, key_operation_name),
	{ 0, NULL }
};

/* --- the provider --- */

static const OSSL_ALGORITHM *
provider_query(void *provctx, int operation, int *no_cache)
{
	static const OSSL_ALGORITHM keys[] = {
		{ "EC:id-ecPublicKey:1.2.840.10045.2.1",
		    "provider=" PROVIDER_NAME, keymgmt_ec, "EC public halves" },
		{ NULL, NULL, NULL, NULL }
	};
	static const OSSL_ALGORITHM signatures[] = {
		{ "ECDSA", "provider=" PROVIDER_NAME, provider_ecdsa,
		    "ECDSA by a signer" },
		{ NULL, NULL, NULL, NULL }
	};

	(void)provctx;
	*no_cache = 0;
	switch (operation) {
	case OSSL_OP_KEYMGMT:
		return keys;
	case OSSL_OP_SIGNATURE:
		return signatures;
	}
	return NULL;
}

static int
provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
    const OSSL_DISPATCH **out, void **provctx)
{
	static const OSSL_DISPATCH functions[] = {
		FN(OSSL_FUNC_PROVIDER_QUERY_OPERATION, provider_query),
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
	    NULL) {
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

EVP_PKEY *
provider_key(struct provider *p, struct signer *s, const struct cert *c,
    struct err *e)
{
	enum key_type type = cert_key_type(c);
	uint8_t id[KEY_ID_LEN];
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *ctx;
	OSSL_PARAM params[5];
	const uint8_t *point;
	void *who = s;
	size_t len;

	point = cert_public_key(c, &len);
	if (type < KEY_EC256 || type > KEY_EC521 || len == 0) {
		(void)err_set(e, ERR_ARG, "a key of type %s: only EC keys "
		    "sign for TLS", key_type_name(type));
		return NULL;
	}
	cert_key_id(c, id);
	params[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_GROUP_NAME,
	    (char *)(uintptr_t)groups[type].names[0], 0);
	params[1] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point, len);
	params[2] = OSSL_PARAM_construct_octet_ptr(PARAM_SIGNER, &who, 0);
	params[3] = OSSL_PARAM_construct_octet_string(PARAM_KEY_ID, id,
	    sizeof(id));
	params[4] = OSSL_PARAM_construct_end();
	ctx = EVP_PKEY_CTX_new_from_name(p->libctx, "EC",
	    "provider=" PROVIDER_NAME);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
		(void)ossl_err(e, ERR_CRYPTO, "key of a signer");
	EVP_PKEY_CTX_free(ctx);
	return key;
}
