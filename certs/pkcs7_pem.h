/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * PKCS#7 as PEM blocks (RFC 7468, section 9) in a text that may hold several,
 * with anything between them.
 */
#ifndef CERTS_PKCS7_PEM_H
#define CERTS_PKCS7_PEM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/wr.h"

/* Append one block. */
void	pkcs7_pem_put(struct wr *w, const uint8_t *der, size_t len);

/*
 * The next block of buf from *off on, which goes behind it.  *der is the
 * caller's (free()); what it says is not looked at.  Line ends may be LF or
 * CRLF.  ERR_NOTFOUND: none any more; ERR_PROTO: a block without an end or
 * with other than base64 in it; ERR_NOMEM.
 */
int	pkcs7_pem_next(const uint8_t *buf, size_t len, size_t *off,
	    uint8_t **der, size_t *derlen, struct err *e);

#endif
