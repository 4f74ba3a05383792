/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Sealing with AES-256-GCM, see seal.h.
 */
#include <openssl/err.h>
#include <openssl/evp.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "crypt/seal.h"

#define SEAL_FORMAT	0x01
#define NONCE_LEN	12
#define TAG_LEN		16

static int
fail(struct err *e, const char *what)
{
	ERR_clear_error();
	return err_set(e, ERR_CRYPTO, "%s: AES-256-GCM failed", what);
}

/* OpenSSL counts in int. */
static int
fits(size_t aadlen, size_t len, struct err *e)
{
	if (aadlen > INT_MAX || len > INT_MAX - SEAL_OVERHEAD)
		return err_set(e, ERR_ARG, "seal: %zu bytes are too many",
		    len);
	return ERR_OK;
}

static bool
gcm_seal(EVP_CIPHER_CTX *ctx, const struct seal_key *k, const uint8_t *nonce,
    const void *aad, size_t aadlen, const void *plain, size_t len,
    uint8_t *ct)
{
	int n;

	return EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, k->key,
	    nonce) == 1 &&
	    (aadlen == 0 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, aad, (int)aadlen) == 1) &&
	    (len == 0 ||
	    EVP_EncryptUpdate(ctx, ct, &n, plain, (int)len) == 1) &&
	    EVP_EncryptFinal_ex(ctx, ct + len, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LEN,
	    ct + len) == 1;
}

int
seal(const struct seal_key *k, const struct rng *rng, const void *aad,
    size_t aadlen, const void *plain, size_t plainlen, uint8_t **out,
    size_t *outlen, struct err *e)
{
	EVP_CIPHER_CTX *ctx = NULL;
	uint8_t *buf = NULL;
	int ret;

	if ((ret = fits(aadlen, plainlen, e)) != ERR_OK)
		return ret;
	if ((buf = malloc(plainlen + SEAL_OVERHEAD)) == NULL ||
	    (ctx = EVP_CIPHER_CTX_new()) == NULL) {
		ret = err_set(e, ERR_NOMEM, "seal");
		goto out;
	}
	buf[0] = SEAL_FORMAT;
	for (int i = 0; i < 4; i++)
		buf[1 + i] = (uint8_t)(k->id >> (24 - 8 * i));
	if ((ret = rng_fill(rng, buf + 5, NONCE_LEN, e)) != ERR_OK)
		goto out;
	if (!gcm_seal(ctx, k, buf + 5, aad, aadlen, plain, plainlen,
	    buf + 5 + NONCE_LEN)) {
		ret = fail(e, "seal");
		goto out;
	}
	*out = buf;
	*outlen = plainlen + SEAL_OVERHEAD;
	buf = NULL;		/* now the caller's */
out:
	EVP_CIPHER_CTX_free(ctx);
	free(buf);
	return ret;
}

int
seal_key_id(const void *sealed, size_t len, uint32_t *id, struct err *e)
{
	struct rd r = rd_init(sealed, len);

	if (len < SEAL_OVERHEAD || rd_u8(&r) != SEAL_FORMAT)
		return err_set(e, ERR_PROTO, "not a sealed value");
	*id = rd_u32(&r);
	return ERR_OK;
}

static bool
gcm_open(EVP_CIPHER_CTX *ctx, const struct seal_key *k, const uint8_t *nonce,
    const void *aad, size_t aadlen, const uint8_t *ct, size_t len,
    const uint8_t *tag, uint8_t *plain)
{
	uint8_t none[TAG_LEN];
	int n;

	return EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, k->key,
	    nonce) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN,
	    (void *)(uintptr_t)tag) == 1 &&
	    (aadlen == 0 ||
	    EVP_DecryptUpdate(ctx, NULL, &n, aad, (int)aadlen) == 1) &&
	    (len == 0 ||
	    EVP_DecryptUpdate(ctx, plain, &n, ct, (int)len) == 1) &&
	    EVP_DecryptFinal_ex(ctx, none, &n) == 1;
}

int
unseal(const struct seal_key *k, const void *aad, size_t aadlen,
    const void *sealed, size_t len, struct secret **plain, struct err *e)
{
	struct rd r = rd_init(sealed, len);
	const uint8_t *nonce, *ct, *tag;
	EVP_CIPHER_CTX *ctx = NULL;
	struct secret *s = NULL;
	uint32_t id;
	int ret;

	if ((ret = seal_key_id(sealed, len, &id, e)) != ERR_OK ||
	    (ret = fits(aadlen, len, e)) != ERR_OK)
		return ret;
	if (id != k->id)
		return err_set(e, ERR_NOTFOUND, "sealed with key %u, the key "
		    "at hand is %u", id, k->id);
	(void)rd_bytes(&r, 5);
	nonce = rd_bytes(&r, NONCE_LEN);
	ct = rd_bytes(&r, len - SEAL_OVERHEAD);
	tag = rd_bytes(&r, TAG_LEN);
	if ((s = secret_new(len - SEAL_OVERHEAD)) == NULL ||
	    (ctx = EVP_CIPHER_CTX_new()) == NULL) {
		ret = err_set(e, ERR_NOMEM, "unseal");
		goto out;
	}
	if (!gcm_open(ctx, k, nonce, aad, aadlen, ct, s->len, tag, s->buf)) {
		ERR_clear_error();
		ret = err_set(e, ERR_VERIFY, "does not unseal: another key, "
		    "changed bytes or the value of another row");
		goto out;
	}
	*plain = s;
	s = NULL;		/* now the caller's */
out:
	EVP_CIPHER_CTX_free(ctx);
	secret_free(s);
	return ret;
}

uint8_t *
seal_aad(const char *table, const char *column, const void *pk, size_t pklen,
    size_t *len)
{
	size_t t = strlen(table) + 1, c = strlen(column) + 1;
	uint8_t *p;

	if ((p = malloc(t + c + pklen)) == NULL)
		return NULL;
	memcpy(p, table, t);
	memcpy(p + t, column, c);
	if (pklen > 0)
		memcpy(p + t + c, pk, pklen);
	*len = t + c + pklen;
	return p;
}
