/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Key agreement on P-256 for TLS (ECDHE, RFC 8422, RFC 8446 section 4.2.8.2),
 * as a provider of one group.  See provider.h.
 *
 * All of the arithmetic is OpenSSL's.  What its own provider does besides is
 * left out: it makes the curve anew for each handshake, and it multiplies the
 * peer's point by the curve's order, which takes as long as the agreement.  The
 * order of P-256 is prime and its cofactor one, so every point on it but
 * infinity has that order, and to look whether it is such a point is the full
 * validation (SP 800-56A Rev. 3, section 5.6.2.3.4 and its note on cofactor 1).
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "certs/provider_internal.h"

#define ALGORITHM	"phonetrust-P-256"
#define CURVE		"prime256v1"
#define COORDINATE	32
#define POINT		(1 + 2 * COORDINATE)	/* 04 x y */

/* --- keys --- */

struct half {
	const EC_GROUP	*group;
	BIGNUM		*secret;	/* NULL: the peer's */
	EC_POINT	*point;		/* on the curve, not infinity */
	uint8_t		 pub[POINT];	/* the same; with point */
};

static void *
half_new(void *provctx)
{
	struct half *h = calloc(1, sizeof(*h));

	if (h != NULL)
		h->group = provctx;
	return h;
}

static void
half_free(void *key)
{
	struct half *h = key;

	if (h == NULL)
		return;
	BN_clear_free(h->secret);
	EC_POINT_free(h->point);
	free(h);
}

static int
half_has(const void *key, int selection)
{
	const struct half *h = key;

	return h != NULL &&
	    (!(selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) ||
	    h->point != NULL) &&
	    (!(selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) ||
	    h->secret != NULL);
}

/* A point that is there was looked at when it came. */
static int
half_validate(const void *key, int selection, int how)
{
	(void)how;
	return half_has(key, selection);
}

/* For the parameters alone, which all have in common. */
static void *
half_dup(const void *key, int selection)
{
	const struct half *h = key;

	return selection & OSSL_KEYMGMT_SELECT_KEYPAIR ? NULL :
	    half_new((void *)(uintptr_t)h->group);
}

/* The peer's point: uncompressed, its numbers below the field's, and on the
 * curve; infinity has no such form. */
static bool
take_point(struct half *h, const OSSL_PARAM *p)
{
	EC_POINT *point;
	const void *v;
	size_t len;

	if (h->point != NULL || !OSSL_PARAM_get_octet_string_ptr(p, &v,
	    &len) || v == NULL || len != POINT ||
	    *(const uint8_t *)v != POINT_CONVERSION_UNCOMPRESSED ||
	    (point = EC_POINT_new(h->group)) == NULL)
		return false;
	if (EC_POINT_oct2point(h->group, point, v, len, NULL) != 1 ||
	    EC_POINT_is_at_infinity(h->group, point)) {
		EC_POINT_free(point);
		return false;
	}
	memcpy(h->pub, v, len);
	h->point = point;
	return true;
}

static int
half_set_params(void *key, const OSSL_PARAM params[])
{
	const OSSL_PARAM *p = OSSL_PARAM_locate_const(params,
	    OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY);

	return p == NULL || take_point(key, p);
}

static int
half_get_params(void *key, OSSL_PARAM params[])
{
	const struct half *h = key;
	const struct provider_key facts = { .bits = 256, .security = 128,
	    .sigmax = COORDINATE };

	return provider_put_facts(params, &facts, "") &&
	    provider_put_text(params, OSSL_PKEY_PARAM_GROUP_NAME, CURVE) &&
	    (h->point == NULL || provider_put_bytes(params,
	    OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, h->pub, POINT));
}

static const OSSL_PARAM *
half_settable(void *provctx)
{
	static const OSSL_PARAM known[] = {
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
		    NULL, 0),
		OSSL_PARAM_END
	};

	(void)provctx;
	return known;
}

static const OSSL_PARAM *
half_gettable(void *provctx)
{
	static const OSSL_PARAM known[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
		    NULL, 0),
		OSSL_PARAM_END
	};

	(void)provctx;
	return known;
}

/* --- making them --- */

struct making {
	const EC_GROUP	*group;
	bool		 pair;		/* else parameters alone */
};

static int
making_set_params(void *ctx, const OSSL_PARAM params[])
{
	const OSSL_PARAM *p = params == NULL ? NULL : OSSL_PARAM_locate_const(
	    params, OSSL_PKEY_PARAM_GROUP_NAME);
	const char *name;

	(void)ctx;
	return p == NULL || (OSSL_PARAM_get_utf8_string_ptr(p, &name) &&
	    name != NULL && strcmp(name, CURVE) == 0);
}

static const OSSL_PARAM *
making_settable(void *ctx, void *provctx)
{
	static const OSSL_PARAM known[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_END
	};

	(void)ctx;
	(void)provctx;
	return known;
}

static void *
making_init(void *provctx, int selection, const OSSL_PARAM params[])
{
	struct making *m;

	if (!making_set_params(NULL, params) ||
	    (m = calloc(1, sizeof(*m))) == NULL)
		return NULL;
	m->group = provctx;
	m->pair = selection & OSSL_KEYMGMT_SELECT_KEYPAIR;
	return m;
}

/* There is one group only. */
static int
making_set_template(void *ctx, void *key)
{
	(void)ctx;
	return key != NULL;
}

static bool
make_pair(struct half *h)
{
	BN_CTX *ctx = BN_CTX_secure_new();
	bool ok = false;

	if (ctx == NULL || (h->secret = BN_secure_new()) == NULL ||
	    (h->point = EC_POINT_new(h->group)) == NULL)
		goto out;
	do
		if (BN_priv_rand_range_ex(h->secret,
		    EC_GROUP_get0_order(h->group), 0, ctx) != 1)
			goto out;
	while (BN_is_zero(h->secret));
	BN_set_flags(h->secret, BN_FLG_CONSTTIME);
	ok = EC_POINT_mul(h->group, h->point, h->secret, NULL, NULL, ctx) ==
	    1 && EC_POINT_point2oct(h->group, h->point,
	    POINT_CONVERSION_UNCOMPRESSED, h->pub, POINT, ctx) == POINT;
out:
	BN_CTX_free(ctx);
	return ok;
}

static void *
making_done(void *ctx, OSSL_CALLBACK *cb, void *cbarg)
{
	const struct making *m = ctx;
	struct half *h = half_new((void *)(uintptr_t)m->group);

	(void)cb;
	(void)cbarg;
	if (h != NULL && m->pair && !make_pair(h)) {
		half_free(h);
		h = NULL;
	}
	return h;
}

static void
making_free(void *ctx)
{
	free(ctx);
}

static const char *
operation_name(int operation)
{
	return operation == OSSL_OP_KEYEXCH ? ALGORITHM : NULL;
}

static const OSSL_DISPATCH keymgmt[] = {
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_NEW, half_new),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_FREE, half_free),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_HAS, half_has),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_VALIDATE, half_validate),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_DUP, half_dup),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_GET_PARAMS, half_get_params),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, half_gettable),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_SET_PARAMS, half_set_params),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_SETTABLE_PARAMS, half_settable),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_GEN_INIT, making_init),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_GEN_SET_TEMPLATE, making_set_template),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_GEN_SET_PARAMS, making_set_params),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_GEN_SETTABLE_PARAMS, making_settable),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_GEN, making_done),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_GEN_CLEANUP, making_free),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, operation_name),
	{ 0, NULL }
};

/* --- agreeing --- */

struct agreement {
	const struct half	*own;	/* kept alive by the caller */
	EC_POINT		*peer;
};

static void *
agreement_new(void *provctx)
{
	(void)provctx;
	return calloc(1, sizeof(struct agreement));
}

static void
agreement_free(void *ctx)
{
	struct agreement *a = ctx;

	if (a == NULL)
		return;
	EC_POINT_free(a->peer);
	free(a);
}

static int
agreement_init(void *ctx, void *key, const OSSL_PARAM params[])
{
	struct agreement *a = ctx;

	(void)params;
	a->own = key;
	return a->own != NULL && a->own->secret != NULL;
}

static int
agreement_set_peer(void *ctx, void *key)
{
	struct agreement *a = ctx;
	const struct half *h = key;

	EC_POINT_free(a->peer);
	a->peer = h->point == NULL ? NULL : EC_POINT_dup(h->point, h->group);
	return a->peer != NULL;
}

/* The x of the product. */
static bool
agree(const struct agreement *a, uint8_t out[COORDINATE])
{
	const EC_GROUP *g = a->own->group;
	BN_CTX *ctx = BN_CTX_secure_new();
	EC_POINT *p = EC_POINT_new(g);
	BIGNUM *x = BN_secure_new();
	bool ok;

	ok = ctx != NULL && p != NULL && x != NULL &&
	    EC_POINT_mul(g, p, NULL, a->peer, a->own->secret, ctx) == 1 &&
	    !EC_POINT_is_at_infinity(g, p) &&
	    EC_POINT_get_affine_coordinates(g, p, x, NULL, ctx) == 1 &&
	    BN_bn2binpad(x, out, COORDINATE) == COORDINATE;
	BN_clear_free(x);
	EC_POINT_clear_free(p);
	BN_CTX_free(ctx);
	return ok;
}

/* out NULL asks for room. */
static int
agreement_derive(void *ctx, unsigned char *out, size_t *len, size_t size)
{
	const struct agreement *a = ctx;

	if (a->own == NULL || a->peer == NULL ||
	    (out != NULL && size < COORDINATE))
		return 0;
	*len = COORDINATE;
	return out == NULL || agree(a, out);
}

static const OSSL_DISPATCH exchange[] = {
	PROVIDER_FN(OSSL_FUNC_KEYEXCH_NEWCTX, agreement_new),
	PROVIDER_FN(OSSL_FUNC_KEYEXCH_FREECTX, agreement_free),
	PROVIDER_FN(OSSL_FUNC_KEYEXCH_INIT, agreement_init),
	PROVIDER_FN(OSSL_FUNC_KEYEXCH_SET_PEER, agreement_set_peer),
	PROVIDER_FN(OSSL_FUNC_KEYEXCH_DERIVE, agreement_derive),
	{ 0, NULL }
};

/* --- the provider --- */

static const OSSL_ALGORITHM *
query(void *provctx, int operation, int *no_cache)
{
	static const OSSL_ALGORITHM keys[] = {
		{ ALGORITHM, "provider=" PROVIDER_AGREEMENT, keymgmt,
		    "ephemeral keys on P-256" },
		{ NULL, NULL, NULL, NULL }
	};
	static const OSSL_ALGORITHM exchanges[] = {
		{ ALGORITHM, "provider=" PROVIDER_AGREEMENT, exchange,
		    "ECDH on P-256" },
		{ NULL, NULL, NULL, NULL }
	};

	(void)provctx;
	*no_cache = 0;
	switch (operation) {
	case OSSL_OP_KEYMGMT:
		return keys;
	case OSSL_OP_KEYEXCH:
		return exchanges;
	}
	return NULL;
}

/* The group as OpenSSL's own provider has it (provider-base(7)). */
static int
capabilities(void *provctx, const char *capability, OSSL_CALLBACK *cb,
    void *arg)
{
	static char name[] = "secp256r1", internal[] = CURVE,
	    algorithm[] = ALGORITHM;
	unsigned id = 23, bits = 128;
	int min = TLS1_VERSION, max = 0, min_dtls = DTLS1_VERSION;
	const OSSL_PARAM group[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_CAPABILITY_TLS_GROUP_NAME, name, 0),
		OSSL_PARAM_construct_utf8_string(
		    OSSL_CAPABILITY_TLS_GROUP_NAME_INTERNAL, internal, 0),
		OSSL_PARAM_construct_utf8_string(
		    OSSL_CAPABILITY_TLS_GROUP_ALG, algorithm, 0),
		OSSL_PARAM_construct_uint(OSSL_CAPABILITY_TLS_GROUP_ID, &id),
		OSSL_PARAM_construct_uint(
		    OSSL_CAPABILITY_TLS_GROUP_SECURITY_BITS, &bits),
		OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_GROUP_MIN_TLS,
		    &min),
		OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_GROUP_MAX_TLS,
		    &max),
		OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_GROUP_MIN_DTLS,
		    &min_dtls),
		OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_GROUP_MAX_DTLS,
		    &max),
		OSSL_PARAM_construct_end(),
	};

	(void)provctx;
	return strcmp(capability, "TLS-GROUP") != 0 || cb(group, arg);
}

static void
teardown(void *provctx)
{
	EC_GROUP_free(provctx);
}

int
provider_agreement_init(const OSSL_CORE_HANDLE *handle,
    const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **provctx)
{
	static const OSSL_DISPATCH functions[] = {
		PROVIDER_FN(OSSL_FUNC_PROVIDER_TEARDOWN, teardown),
		PROVIDER_FN(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
		PROVIDER_FN(OSSL_FUNC_PROVIDER_GET_CAPABILITIES,
		    capabilities),
		{ 0, NULL }
	};

	(void)handle;
	(void)in;
	*out = functions;
	*provctx = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	return *provctx != NULL;
}
