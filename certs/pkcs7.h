/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * PKCS#7 SignedData (RFC 5652, section 5): bytes, one signature over them and
 * the certificate it is by, in one piece.
 */
#ifndef CERTS_PKCS7_H
#define CERTS_PKCS7_H

#include "certs/cert.h"
#include "certs/sign.h"

#define PKCS7_LEN_MAX	(32 << 20)	/* content and all */

/*
 * Sign data with c's key, which s holds, by SHA-256; when (Unix seconds)
 * becomes the signing time.  The result is DER and the caller's (free()).
 * ERR_ARG (a certificate without such a key), ERR_LIMIT, ERR_CRYPTO, with
 * the signer's own reason.
 */
int	pkcs7_sign(struct signer *s, const struct cert *c, int64_t when,
	    const void *data, size_t len, uint8_t **out, size_t *outlen,
	    struct err *e);

/*
 * Read what pkcs7_sign makes, by whomever: SignedData that fills buf exactly,
 * with its content, one signature (SHA-256 or longer) and the certificate
 * that this is by.  That the signature fits is checked; whether to believe
 * *signer is the caller's matter, as are its dates and what it may be used
 * for.  *data (free()) and *signer are the caller's.
 * ERR_PROTO, ERR_LIMIT, ERR_VERIFY.
 */
int	pkcs7_open(const uint8_t *buf, size_t len, uint8_t **data,
	    size_t *datalen, struct cert **signer, struct err *e);

#endif
