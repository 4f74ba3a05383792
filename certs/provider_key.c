/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the provider's keys of both kinds have in common.
 */
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "certs/provider_internal.h"

void *
provider_key_alloc(void *provctx)
{
	struct provider_key *k = calloc(1, sizeof(*k));

	(void)provctx;
	if (k != NULL)
		k->type = KEY_OTHER;
	return k;
}

void
provider_key_free(void *keydata)
{
	struct provider_key *k = keydata;

	if (k == NULL)
		return;
	BN_free(k->n);
	BN_free(k->e);
	free(k);
}

int
provider_key_has(const void *keydata, int selection)
{
	const struct provider_key *k = keydata;

	if (k == NULL || k->type == KEY_OTHER)
		return 0;
	return !(selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) ||
	    k->signer != NULL;
}

bool
provider_key_set_signer(struct provider_key *k, const OSSL_PARAM p[])
{
	const OSSL_PARAM *signer, *id;
	const void *s, *v;
	size_t len;

	signer = OSSL_PARAM_locate_const(p, PROVIDER_PARAM_SIGNER);
	id = OSSL_PARAM_locate_const(p, PROVIDER_PARAM_KEY_ID);
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

static bool
put_int(OSSL_PARAM p[], const char *name, int v)
{
	OSSL_PARAM *at = OSSL_PARAM_locate(p, name);

	return at == NULL || OSSL_PARAM_set_int(at, v);
}

bool
provider_put_text(OSSL_PARAM p[], const char *name, const char *v)
{
	OSSL_PARAM *at = OSSL_PARAM_locate(p, name);

	return at == NULL || OSSL_PARAM_set_utf8_string(at, v);
}

bool
provider_put_bytes(OSSL_PARAM p[], const char *name, const void *v,
    size_t len)
{
	OSSL_PARAM *at = OSSL_PARAM_locate(p, name);

	return at == NULL || OSSL_PARAM_set_octet_string(at, v, len);
}

bool
provider_put_facts(OSSL_PARAM p[], const struct provider_key *k,
    const char *digest)
{
	return put_int(p, OSSL_PKEY_PARAM_BITS, k->bits) &&
	    put_int(p, OSSL_PKEY_PARAM_SECURITY_BITS, k->security) &&
	    put_int(p, OSSL_PKEY_PARAM_MAX_SIZE, (int)k->sigmax) &&
	    provider_put_text(p, OSSL_PKEY_PARAM_DEFAULT_DIGEST, digest);
}
