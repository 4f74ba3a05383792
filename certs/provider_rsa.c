/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The provider's RSA keys (provider-keymgmt(7)).  Nothing private ever goes in
 * or out.
 */
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include "certs/provider_internal.h"

static const struct {
	enum key_type	 type;
	int		 bits, security;	/* as OpenSSL reckons */
} sizes[] = {
	{ KEY_RSA1024, 1024, 80 },
	{ KEY_RSA2048, 2048, 112 },
	{ KEY_RSA3072, 3072, 128 },
	{ KEY_RSA4096, 4096, 152 },
};

static int
rsa_match(const void *a, const void *b, int selection)
{
	const struct provider_key *x = a, *y = b;

	(void)selection;	/* the public half tells for the private */
	return x->type != KEY_OTHER && x->type == y->type &&
	    BN_cmp(x->n, y->n) == 0 && BN_cmp(x->e, y->e) == 0;
}

/* An odd number of one of our sizes, and an odd exponent below it. */
static bool
set_numbers(struct provider_key *k, const OSSL_PARAM *n, const OSSL_PARAM *e)
{
	if (n == NULL || e == NULL || !OSSL_PARAM_get_BN(n, &k->n) ||
	    !OSSL_PARAM_get_BN(e, &k->e) || !BN_is_odd(k->n) ||
	    !BN_is_odd(k->e) || BN_is_one(k->e) || BN_cmp(k->e, k->n) >= 0)
		return false;
	for (size_t i = 0; i < N_OF(sizes); i++)
		if (sizes[i].bits == BN_num_bits(k->n)) {
			k->type = sizes[i].type;
			k->bits = sizes[i].bits;
			k->security = sizes[i].security;
			k->sigmax = (size_t)sizes[i].bits / 8;
			return true;
		}
	return false;
}

static int
rsa_import(void *keydata, int selection, const OSSL_PARAM p[])
{
	static const char *const private[] = {	/* they are the signer's */
		OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1,
		OSSL_PKEY_PARAM_RSA_EXPONENT1,
		OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
	};
	struct provider_key *k = keydata;

	(void)selection;
	for (size_t i = 0; i < N_OF(private); i++)
		if (OSSL_PARAM_locate_const(p, private[i]) != NULL)
			return 0;
	return k->n == NULL &&
	    set_numbers(k, OSSL_PARAM_locate_const(p, OSSL_PKEY_PARAM_RSA_N),
	    OSSL_PARAM_locate_const(p, OSSL_PKEY_PARAM_RSA_E)) &&
	    provider_key_set_signer(k, p);
}

static const OSSL_PARAM *
rsa_import_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
		OSSL_PARAM_octet_ptr(PROVIDER_PARAM_SIGNER, NULL, 0),
		OSSL_PARAM_octet_string(PROVIDER_PARAM_KEY_ID, NULL, 0),
		OSSL_PARAM_END
	};

	(void)selection;
	return types;
}

/* See ec_export: all or nothing. */
static int
rsa_export(void *keydata, int selection, OSSL_CALLBACK *cb, void *cbarg)
{
	struct provider_key *k = keydata;
	OSSL_PARAM_BLD *b;
	OSSL_PARAM *p = NULL;
	int ok;

	if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) ||
	    k->type == KEY_OTHER || (b = OSSL_PARAM_BLD_new()) == NULL)
		return 0;
	ok = OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, k->n) &&
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, k->e) &&
	    (p = OSSL_PARAM_BLD_to_param(b)) != NULL && cb(p, cbarg);
	OSSL_PARAM_free(p);
	OSSL_PARAM_BLD_free(b);
	return ok;
}

static const OSSL_PARAM *
rsa_export_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
		OSSL_PARAM_END
	};

	return selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY ? NULL : types;
}

static bool
put_number(OSSL_PARAM p[], const char *name, const BIGNUM *v)
{
	OSSL_PARAM *at = OSSL_PARAM_locate(p, name);

	return at == NULL || OSSL_PARAM_set_BN(at, v);
}

static int
rsa_get_params(void *keydata, OSSL_PARAM p[])
{
	const struct provider_key *k = keydata;

	return k->type != KEY_OTHER && provider_put_facts(p, k, "SHA256") &&
	    put_number(p, OSSL_PKEY_PARAM_RSA_N, k->n) &&
	    put_number(p, OSSL_PKEY_PARAM_RSA_E, k->e);
}

static const OSSL_PARAM *
rsa_gettable_params(void *provctx)
{
	static const OSSL_PARAM known[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL,
		    0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
		OSSL_PARAM_END
	};

	(void)provctx;
	return known;
}

const OSSL_DISPATCH provider_keymgmt_rsa[] = {
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_NEW, provider_key_alloc),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_FREE, provider_key_free),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_HAS, provider_key_has),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_MATCH, rsa_match),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_IMPORT, rsa_import),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, rsa_import_types),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_EXPORT, rsa_export),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, rsa_export_types),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_GET_PARAMS, rsa_get_params),
	PROVIDER_FN(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, rsa_gettable_params),
	{ 0, NULL }
};
