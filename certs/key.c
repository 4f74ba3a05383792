/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Private keys, see key.h.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "certs/internal.h"

struct key {
	EVP_PKEY	*pkey;		/* OpenSSL wipes its numbers */
	enum key_type	 type;
	key_ctx		*kept;		/* KEY_NKEPT; see key_use.c */
};

static const struct {
	const char	*name;
	unsigned	 bits;		/* RSA */
	const char	*group;		/* EC */
} key_types[] = {
	[KEY_RSA1024]	= { "rsa1024", 1024, NULL },
	[KEY_RSA2048]	= { "rsa2048", 2048, NULL },
	[KEY_RSA3072]	= { "rsa3072", 3072, NULL },
	[KEY_RSA4096]	= { "rsa4096", 4096, NULL },
	[KEY_EC256]	= { "ec256", 0, "P-256" },
	[KEY_EC384]	= { "ec384", 0, "P-384" },
	[KEY_EC521]	= { "ec521", 0, "P-521" },
	[KEY_OTHER]	= { "other", 0, NULL },
};

const char *
key_type_name(enum key_type t)
{
	return key_types[t].name;
}

bool
key_type_parse(const char *s, enum key_type *t)
{
	for (size_t i = 0; i < KEY_OTHER; i++)
		if (strcmp(key_types[i].name, s) == 0) {
			*t = (enum key_type)i;
			return true;
		}
	return false;
}

bool
key_type_is_rsa(enum key_type t)
{
	return key_types[t].bits > 0;
}

enum key_type
key_type_rsa(int bits)
{
	for (size_t i = 0; i < KEY_OTHER; i++)
		if (bits > 0 && key_types[i].bits == (unsigned)bits)
			return (enum key_type)i;
	return KEY_OTHER;
}

struct key *
key_new(EVP_PKEY *pkey, struct err *e)
{
	enum key_type t = ossl_key_type(pkey, NULL);
	struct key *k;

	if (t == KEY_OTHER) {
		(void)err_set(e, ERR_ARG, "a %d-bit %s key: only RSA 1024, "
		    "2048, 3072, 4096 and EC P-256, P-384, P-521 are known",
		    EVP_PKEY_get_bits(pkey), EVP_PKEY_get0_type_name(pkey));
		EVP_PKEY_free(pkey);
		return NULL;
	}
	if ((k = calloc(1, sizeof(*k))) == NULL ||
	    (k->kept = calloc(KEY_NKEPT, sizeof(*k->kept))) == NULL) {
		(void)err_set(e, ERR_NOMEM, "private key");
		EVP_PKEY_free(pkey);
		free(k);
		return NULL;
	}
	k->pkey = pkey;
	k->type = t;
	return k;
}

struct key *
key_generate(enum key_type t, struct err *e)
{
	EVP_PKEY *pkey;

	if (t == KEY_OTHER) {
		(void)err_set(e, ERR_ARG, "no such key type");
		return NULL;
	}
	pkey = key_type_is_rsa(t) ? EVP_RSA_gen(key_types[t].bits) :
	    EVP_EC_gen(key_types[t].group);
	if (pkey == NULL) {
		(void)ossl_err(e, ERR_CRYPTO, "key generation");
		return NULL;
	}
	return key_new(pkey, e);
}

void
key_free(struct key *k)
{
	if (k == NULL)
		return;
	for (size_t i = 0; i < KEY_NKEPT; i++)
		EVP_PKEY_CTX_free(k->kept[i]);
	free(k->kept);
	EVP_PKEY_free(k->pkey);
	secret_wipe(k, sizeof(*k));
	free(k);
}

enum key_type
key_type(const struct key *k)
{
	return k->type;
}

key_ctx *
key_kept_ctx(const struct key *k, size_t i)
{
	return &k->kept[i];
}

EVP_PKEY *
key_pkey(const struct key *k)
{
	return k->pkey;
}

int
key_to_der(const struct key *k, struct secret **der, struct err *e)
{
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(k->pkey);
	int len, ret;
	uint8_t *p;

	*der = NULL;
	if (p8 == NULL || (len = i2d_PKCS8_PRIV_KEY_INFO(p8, NULL)) <= 0) {
		ret = ossl_err(e, ERR_CRYPTO, "private key to PKCS#8");
		goto out;
	}
	if ((*der = secret_new((size_t)len)) == NULL) {
		ret = err_set(e, ERR_NOMEM, "private key");
		goto out;
	}
	p = (*der)->buf;
	(void)i2d_PKCS8_PRIV_KEY_INFO(p8, &p);
	ret = ERR_OK;
out:
	PKCS8_PRIV_KEY_INFO_free(p8);
	return ret;
}

struct key *
key_from_der(const uint8_t *der, size_t len, struct err *e)
{
	PKCS8_PRIV_KEY_INFO *p8 = NULL;
	const uint8_t *p = der;
	EVP_PKEY *pkey = NULL;

	if (len <= KEY_DER_MAX)
		p8 = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)len);
	if (p8 != NULL && p == der + len)
		pkey = EVP_PKCS82PKEY(p8);
	PKCS8_PRIV_KEY_INFO_free(p8);
	ERR_clear_error();	/* its texts could quote the input */
	if (pkey == NULL) {
		(void)err_set(e, ERR_PROTO, "not exactly one private key in "
		    "PKCS#8 DER");
		return NULL;
	}
	return key_new(pkey, e);
}

enum pem_label {
	PEM_PKCS8,
	PEM_RSA,
	PEM_EC,
	PEM_ENCRYPTED,
	PEM_NLABEL
};

static struct key *
key_from_block(enum pem_label label, const uint8_t *der, size_t len,
    struct err *e)
{
	int type = label == PEM_RSA ? EVP_PKEY_RSA : EVP_PKEY_EC;
	const uint8_t *p = der;
	EVP_PKEY *pkey;

	if (label == PEM_PKCS8)
		return key_from_der(der, len, e);
	pkey = len <= KEY_DER_MAX ? d2i_PrivateKey(type, NULL, &p, (long)len) :
	    NULL;
	ERR_clear_error();
	if (pkey == NULL || p != der + len) {
		EVP_PKEY_free(pkey);
		(void)err_set(e, ERR_PROTO, "the PEM block is not a private "
		    "key");
		return NULL;
	}
	return key_new(pkey, e);
}

/* A key that people hand in may be damaged; a sealed one is not. */
bool
key_consistent(const struct key *k)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k->pkey, NULL);
	bool ok = ctx != NULL && EVP_PKEY_pairwise_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

static struct key *
key_from_bio(BIO *bio, struct err *e)
{
	static const char *const labels[PEM_NLABEL + 1] = {
		[PEM_PKCS8]	= "PRIVATE KEY",
		[PEM_RSA]	= "RSA PRIVATE KEY",
		[PEM_EC]	= "EC PRIVATE KEY",
		[PEM_ENCRYPTED]	= "ENCRYPTED PRIVATE KEY",
	};
	struct key *k = NULL;
	size_t which, len;
	uint8_t *der;
	bool enc;

	while (ossl_pem_next(bio, labels, &which, &der, &len, &enc)) {
		struct key *found = NULL;

		if (k != NULL)
			(void)err_set(e, ERR_ARG, "more than one private key "
			    "in the PEM text: leave one");
		else if (enc || which == PEM_ENCRYPTED)
			(void)err_set(e, ERR_ARG, "the private key is "
			    "encrypted: decrypt it first (openssl pkey)");
		else
			found = key_from_block((enum pem_label)which, der, len,
			    e);
		OPENSSL_clear_free(der, len);
		if (found == NULL) {
			key_free(k);
			return NULL;
		}
		k = found;
	}
	if (k == NULL)
		(void)err_set(e, ERR_PROTO, "no private key in the PEM text");
	return k;
}

struct key *
key_from_pem(const uint8_t *pem, size_t len, struct err *e)
{
	struct key *k;
	BIO *bio;

	if (len == 0 || len > KEY_PEM_MAX) {
		(void)err_set(e, ERR_LIMIT, "PEM text of %zu bytes, expected 1 "
		    "to %d", len, KEY_PEM_MAX);
		return NULL;
	}
	if ((bio = BIO_new_mem_buf(pem, (int)len)) == NULL) {
		(void)err_set(e, ERR_NOMEM, "PEM text");
		return NULL;
	}
	k = key_from_bio(bio, e);
	BIO_free(bio);
	if (k != NULL && !key_consistent(k)) {
		(void)err_set(e, ERR_PROTO, "the numbers of the private key "
		    "do not fit together: the file is damaged");
		key_free(k);
		k = NULL;
	}
	return k;
}

int
key_spki(const struct key *k, uint8_t **der, size_t *len, struct err *e)
{
	int n = i2d_PUBKEY(k->pkey, NULL);
	uint8_t *p;

	*der = NULL;
	if (n <= 0)
		return ossl_err(e, ERR_CRYPTO, "public key to DER");
	if ((p = *der = malloc((size_t)n)) == NULL)
		return err_set(e, ERR_NOMEM, "public key");
	*len = (size_t)i2d_PUBKEY(k->pkey, &p);
	return ERR_OK;
}

int
key_id(const struct key *k, uint8_t id[KEY_ID_LEN], struct err *e)
{
	uint8_t *spki = NULL;
	int len = i2d_PUBKEY(k->pkey, &spki), ret;

	if (len <= 0)
		return ossl_err(e, ERR_CRYPTO, "public key to DER");
	ret = digest_buf(DIGEST_SHA256, spki, (size_t)len, id, e);
	OPENSSL_free(spki);
	return ret;
}
