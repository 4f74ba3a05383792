/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * PKCS#12 (RFC 7292): a key with its certificate under a passphrase.  Reading
 * is container.h's.
 */
#ifndef CERTS_PKCS12_H
#define CERTS_PKCS12_H

#include "certs/cert.h"

#define PKCS12_PASS_MIN	14	/* characters of a passphrase: it is all that
				 * guards the file (spec/admin-cli.md 8) */
#define PKCS12_ROUNDS	100000	/* of PBKDF2, for key and for integrity */

/*
 * AES-256 and HMAC-SHA-256.  *der: secret_wipe, then free().  ERR_ARG: the
 * passphrase is too short, or the key is not the certificate's.
 */
int	pkcs12_make(const struct key *k, const struct cert *c,
	    const char *name, const char *passphrase, uint8_t **der,
	    size_t *len, struct err *e);

#endif
