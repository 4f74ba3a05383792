/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The provider's EC keys (provider-keymgmt(7)).  Nothing private ever goes in
 * or out.
 */
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

#include "certs/provider_internal.h"

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

static int
ec_match(const void *a, const void *b, int selection)
{
	const struct provider_key *x = a, *y = b;

	(void)selection;	/* the public half tells for the private */
	return x->type == y->type && x->publen == y->publen &&
	    memcmp(x->pub, y->pub, x->publen) == 0;
}

static void
take_group(struct provider_key *k, enum key_type t)
{
	k->type = t;
	k->bits = groups[t].bits;
	k->security = groups[t].security;
	k->sigmax = groups[t].sigmax;
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
				take_group(k, (enum key_type)t);
				return true;
			}
	return false;
}

/* Uncompressed points only: others are no keys of ours. */
static bool
set_point(struct provider_key *k, const OSSL_PARAM *p)
{
	size_t want = 1 + 2 * (((size_t)k->bits + 7) / 8);
	const void *v;

	if (p == NULL || !OSSL_PARAM_get_octet_string_ptr(p, &v,
	    &k->publen) || k->publen != want || *(const uint8_t *)v != 4)
		return false;
	memcpy(k->pub, v, want);
	return true;
}

static int
ec_import(void *keydata, int selection, const OSSL_PARAM p[])
{
	struct provider_key *k = keydata;

	(void)selection;
	if (OSSL_PARAM_locate_const(p, OSSL_PKEY_PARAM_PRIV_KEY) != NULL)
		return 0;	/* private keys are the signer's */
	return set_group(k, OSSL_PARAM_locate_const(p,
	    OSSL_PKEY_PARAM_GROUP_NAME)) &&
	    set_point(k, OSSL_PARAM_locate_const(p,
	    OSSL_PKEY_PARAM_PUB_KEY)) && provider_key_set_signer(k, p);
}

static const OSSL_PARAM *
ec_import_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_octet_ptr(PROVIDER_PARAM_SIGNER, NULL, 0),
		OSSL_PARAM_octet_string(PROVIDER_PARAM_KEY_ID, NULL, 0),
		OSSL_PARAM_END
	};

	(void)selection;
	return types;
}

/*
 * A wish that includes the private half is refused as a whole: else OpenSSL
 * would carry a key without it to the default provider, and try to sign there.
 */
static int
ec_export(void *keydata, int selection, OSSL_CALLBACK *cb, void *cbarg)
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
ec_export_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_END
	};

	return selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY ? NULL : types;
}

static int
ec_get_params(void *keydata, OSSL_PARAM p[])
{
	const struct provider_key *k = keydata;

	if (k->type == KEY_OTHER)
		return 0;
	return provider_put_facts(p, k, groups[k->type].digest) &&
	    provider_put_text(p, OSSL_PKEY_PARAM_GROUP_NAME,
	    groups[k->type].names[0]) &&
	    provider_put_text(p, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
	    "uncompressed") &&
	    provider_put_bytes(p, OSSL_PKEY_PARAM_PUB_KEY, k->pub,
	    k->publen) &&
	    provider_put_bytes(p, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, k->pub,
	    k->publen);
}

static const OSSL_PARAM *
ec_gettable_params(void *provctx)
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
ec_operation_name(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

const OSSL_DISPATCH provider_keymgmt_ec[] = {
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_NEW, provider_key_alloc),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_FREE, provider_key_free),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_HAS, provider_key_has),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_MATCH, ec_match),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_IMPORT, ec_import),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, ec_import_types),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_EXPORT, ec_export),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, ec_export_types),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_GET_PARAMS, ec_get_params),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, ec_gettable_params),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME,
	    ec_operation_name),
	{ 0, NULL }
};
