/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See pkcs12.h.
 */
#include <openssl/pkcs12.h>
#include <stdlib.h>
#include <string.h>

#include "certs/internal.h"
#include "certs/pkcs12.h"

static int
encode(PKCS12 *p12, uint8_t **der, size_t *len, struct err *e)
{
	uint8_t *p;
	int n = i2d_PKCS12(p12, NULL);

	if (n <= 0)
		return ossl_err(e, ERR_CRYPTO, "PKCS#12");
	if ((*der = p = malloc((size_t)n)) == NULL)
		return err_set(e, ERR_NOMEM, "PKCS#12");
	*len = (size_t)n;
	if (i2d_PKCS12(p12, &p) == n)
		return ERR_OK;
	free(*der);
	*der = NULL;
	return ossl_err(e, ERR_CRYPTO, "PKCS#12");
}

int
pkcs12_make(const struct key *k, const struct cert *c, const char *name,
    const char *passphrase, uint8_t **der, size_t *len, struct err *e)
{
	uint8_t id[KEY_ID_LEN], of_cert[KEY_ID_LEN];
	PKCS12 *p12;
	int ret;

	*der = NULL;
	if (strlen(passphrase) < PKCS12_PASS_MIN)
		return err_set(e, ERR_ARG, "a passphrase of fewer than %d "
		    "characters is guessed in time, and nothing else guards "
		    "the key: take a longer one", PKCS12_PASS_MIN);
	if ((ret = key_id(k, id, e)) != ERR_OK)
		return ret;
	cert_key_id(c, of_cert);
	if (memcmp(id, of_cert, sizeof(id)) != 0)
		return err_set(e, ERR_ARG, "the key is not the "
		    "certificate's");
	if ((p12 = PKCS12_create(passphrase, name, key_pkey(k), cert_x509(c),
	    NULL, 0, 0, PKCS12_ROUNDS, PKCS12_ROUNDS, 0)) == NULL)
		return ossl_err(e, ERR_CRYPTO, "PKCS#12");
	ret = encode(p12, der, len, e);
	PKCS12_free(p12);
	return ret;
}
