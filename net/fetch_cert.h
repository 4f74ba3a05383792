/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The certificate that a TLS server shows, for an administrator to look at.
 * With libcurl, as net/fetch.h.  Blocking: for programs, not for loops.
 */
#ifndef NET_FETCH_CERT_H
#define NET_FETCH_CERT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define FETCH_CERT_MAX		16384	/* bytes of a certificate taken */
#define FETCH_CERT_TIMEOUT_MS	10000

/*
 * Shake hands with host (a name or address, IPv6 with or without brackets)
 * and leave: *der (free()) is the certificate whose key the server has shown
 * to have.  Nothing is trusted by it and nothing sent, so any version from
 * TLS 1.0 and any key goes: gateways are as old as the phones around them.
 * timeout_ms is for all of it, the look-up of the name too; 0:
 * FETCH_CERT_TIMEOUT_MS.
 * ERR_ARG (host), ERR_UNREACHABLE (nobody listens there), ERR_TIMEOUT,
 * ERR_PROTO (no TLS, or none that is known here), ERR_LIMIT.
 */
int	fetch_cert(const char *host, uint16_t port, long timeout_ms,
	    uint8_t **der, size_t *len, struct err *e);

#endif
