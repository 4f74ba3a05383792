/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Digests, HMAC and HKDF, see digest.h.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/digest.h"

struct digest {
	EVP_MD_CTX	*ctx;
};

static const struct {
	const char	*name;
	size_t		 len;
	const EVP_MD	*(*md)(void);
} digests[] = {
	[DIGEST_MD5]	= { "md5",	16, EVP_md5 },
	[DIGEST_SHA1]	= { "sha1",	20, EVP_sha1 },
	[DIGEST_SHA256]	= { "sha256",	32, EVP_sha256 },
	[DIGEST_SHA384]	= { "sha384",	48, EVP_sha384 },
	[DIGEST_SHA512]	= { "sha512",	64, EVP_sha512 },
};

/*
 * Fetched once and kept: EVP_sha256() and the like name an implementation
 * that OpenSSL 3 looks up again, under locks, for every digest.
 */
static EVP_MD *fetched[sizeof(digests) / sizeof(digests[0])];
static pthread_once_t fetched_once = PTHREAD_ONCE_INIT;

static void
fetch_all(void)
{
	for (size_t i = 0; i < sizeof(fetched) / sizeof(fetched[0]); i++)
		fetched[i] = EVP_MD_fetch(NULL, digests[i].name, NULL);
	ERR_clear_error();	/* one that is not there is told when used */
}

static const EVP_MD *
md_of(enum digest_alg alg)
{
	(void)pthread_once(&fetched_once, fetch_all);
	return fetched[alg] != NULL ? fetched[alg] : digests[alg].md();
}

/* The reason OpenSSL gives; its queue is left empty for the next caller. */
static int
fail(struct err *e, const char *what)
{
	char why[160];

	ERR_error_string_n(ERR_get_error(), why, sizeof(why));
	ERR_clear_error();
	return err_set(e, ERR_CRYPTO, "%s: %s", what, why);
}

size_t
digest_len(enum digest_alg alg)
{
	return digests[alg].len;
}

const char *
digest_name(enum digest_alg alg)
{
	return digests[alg].name;
}

int
digest_buf(enum digest_alg alg, const void *buf, size_t len, uint8_t *out,
    struct err *e)
{
	if (EVP_Digest(buf, len, out, NULL, md_of(alg), NULL) != 1)
		return fail(e, digests[alg].name);
	return ERR_OK;
}

struct digest *
digest_new(enum digest_alg alg, struct err *e)
{
	struct digest *d;

	if ((d = calloc(1, sizeof(*d))) == NULL ||
	    (d->ctx = EVP_MD_CTX_new()) == NULL) {
		(void)err_set(e, ERR_NOMEM, "%s", digests[alg].name);
		goto fail;
	}
	if (EVP_DigestInit_ex(d->ctx, md_of(alg), NULL) != 1) {
		(void)fail(e, digests[alg].name);
		goto fail;
	}
	return d;
fail:
	digest_free(d);
	return NULL;
}

int
digest_update(struct digest *d, const void *buf, size_t len, struct err *e)
{
	if (EVP_DigestUpdate(d->ctx, buf, len) != 1)
		return fail(e, "digest");
	return ERR_OK;
}

int
digest_final(struct digest *d, uint8_t *out, struct err *e)
{
	if (EVP_DigestFinal_ex(d->ctx, out, NULL) != 1)
		return fail(e, "digest");
	return ERR_OK;
}

void
digest_free(struct digest *d)
{
	if (d == NULL)
		return;
	EVP_MD_CTX_free(d->ctx);
	free(d);
}

int
hmac_buf(enum digest_alg alg, const void *key, size_t keylen,
    const void *buf, size_t len, uint8_t *out, struct err *e)
{
	if (keylen > INT_MAX)
		return err_set(e, ERR_ARG, "hmac: key of %zu bytes", keylen);
	/* HMAC() takes NULL as "the key of last time". */
	if (HMAC(md_of(alg), keylen > 0 ? key : "", (int)keylen, buf,
	    len, out, NULL) == NULL)
		return fail(e, "hmac");
	return ERR_OK;
}

int
hkdf_sha256(const void *ikm, size_t ikmlen, const void *salt, size_t saltlen,
    const char *info, void *out, size_t outlen, struct err *e)
{
	OSSL_PARAM p[5], *q = p;
	EVP_KDF_CTX *ctx = NULL;
	EVP_KDF *kdf = NULL;
	char md[] = "SHA2-256";
	int ret = ERR_OK;

	*q++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, md, 0);
	*q++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
	    (void *)(uintptr_t)ikm, ikmlen);
	*q++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
	    (void *)(uintptr_t)info, strlen(info));
	if (salt != NULL)
		*q++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
		    (void *)(uintptr_t)salt, saltlen);
	*q = OSSL_PARAM_construct_end();
	if ((kdf = EVP_KDF_fetch(NULL, "HKDF", NULL)) == NULL ||
	    (ctx = EVP_KDF_CTX_new(kdf)) == NULL ||
	    EVP_KDF_derive(ctx, out, outlen, p) != 1)
		ret = fail(e, "hkdf");
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ret;
}
