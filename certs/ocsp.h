/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Requests to OCSP responders and their answers (RFC 6960, in the manner of
 * RFC 5019: one certificate, named by SHA-1 digests, no nonce).  Bytes only:
 * whoever asks brings them there and back.
 */
#ifndef CERTS_OCSP_H
#define CERTS_OCSP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "certs/cert.h"

#define OCSP_RESPONSE_MAX	65536
#define OCSP_URL_MAX		1024
#define OCSP_SKEW_S		300	/* clocks may differ by */

/*
 * Where the certificate says its status can be asked for: the first http URL
 * of its authorityInfoAccess (fresh text, free()).  NULL: none, for https
 * would have to ask for a certificate to ask for a certificate.
 */
char	*ocsp_url(const struct cert *c);

/* *der is the caller's (free()). */
int	 ocsp_request(const struct cert *c, const struct cert *issuer,
	    uint8_t **der, size_t *len, struct err *e);

enum ocsp_status {
	OCSP_UNKNOWN,		/* the responder does not know it */
	OCSP_GOOD,
	OCSP_REVOKED,
};
struct ocsp_answer {
	enum ocsp_status	 status;
	int64_t			 since;		/* revoked at */
	int64_t			 this_update, next_update;	/* 0: not said */
};

/*
 * Read an answer.  It must be about c, current (now: Unix seconds), and
 * signed by issuer or by somebody whom issuer has made a responder.
 * ERR_PROTO, ERR_VERIFY (signature, another certificate, dates), ERR_BUSY
 * (the responder says: later), ERR_DENIED (it says: not you, or not so),
 * ERR_LIMIT.
 */
int	 ocsp_response(const uint8_t *buf, size_t len, const struct cert *c,
	    const struct cert *issuer, int64_t now, struct ocsp_answer *a,
	    struct err *e);

#endif
