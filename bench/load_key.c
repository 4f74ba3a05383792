/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * RSA keys of certificates, see load_key.h.
 */
#define OPENSSL_SUPPRESS_DEPRECATED	/* engines: there is no other way */
#include <openssl/engine.h>
#include <openssl/err.h>

#include "bench/load_key.h"

#ifndef OPENSSL_NO_ENGINE
/* OpenSSL's own. */
static int
rsa_method(ENGINE *e, EVP_PKEY_METHOD **method, const int **nids, int nid)
{
	static const int rsa[] = { EVP_PKEY_RSA };

	(void)e;
	if (method == NULL) {
		*nids = rsa;
		return 1;
	}
	*method = (EVP_PKEY_METHOD *)(uintptr_t)EVP_PKEY_meth_find(nid);
	return *method != NULL;
}

void
load_key_quick(void)
{
	ENGINE *e = ENGINE_new();

	if (e != NULL && ENGINE_set_id(e, "quick") == 1 &&
	    ENGINE_set_name(e, "RSA keys without a search") == 1 &&
	    ENGINE_set_pkey_meths(e, rsa_method) == 1 &&
	    ENGINE_add(e) == 1)
		(void)ENGINE_set_default_pkey_meths(e);
	ENGINE_free(e);
	ERR_clear_error();
}
#else
void
load_key_quick(void)
{
}
#endif
