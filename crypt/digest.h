/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Message digests and key derivation over OpenSSL's EVP.
 */
#ifndef CRYPT_DIGEST_H
#define CRYPT_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum digest_alg {
	DIGEST_MD5,		/* checksums people compare, never security */
	DIGEST_SHA1,
	DIGEST_SHA256,
	DIGEST_SHA384,
	DIGEST_SHA512,
};

#define DIGEST_MAX		64
#define DIGEST_SHA256_LEN	32

/* Bytes of the result. */
size_t	digest_len(enum digest_alg alg);

/* "md5", "sha1", ... */
const char	*digest_name(enum digest_alg alg);

/* One buffer; out has room for digest_len(alg). ERR_CRYPTO. */
int	digest_buf(enum digest_alg alg, const void *buf, size_t len,
	    uint8_t *out, struct err *e);

/* In pieces.  digest_final writes digest_len bytes and leaves d spent. */
struct digest;
struct digest	*digest_new(enum digest_alg alg, struct err *e);
int	digest_update(struct digest *d, const void *buf, size_t len,
	    struct err *e);
int	digest_final(struct digest *d, uint8_t *out, struct err *e);
void	digest_free(struct digest *d);

/* HMAC (RFC 2104). */
int	hmac_buf(enum digest_alg alg, const void *key, size_t keylen,
	    const void *buf, size_t len, uint8_t *out, struct err *e);

/* HKDF-SHA-256 (RFC 5869), extract and expand; salt may be NULL. */
int	hkdf_sha256(const void *ikm, size_t ikmlen, const void *salt,
	    size_t saltlen, const char *info, void *out, size_t outlen,
	    struct err *e);

#endif
