/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A gateway that shows its certificate over TLS on a port of 127.0.0.1, in a
 * thread.  Every function fails the running test when something goes wrong.
 */
#ifndef TESTS_GATEWAY_LAB_H
#define TESTS_GATEWAY_LAB_H

#include <openssl/x509.h>

#include "certs/cert.h"

enum gateway_mode {
	GATEWAY_TLS,		/* whatever version the client has */
	GATEWAY_TLS10,		/* TLS 1.0 alone */
	GATEWAY_SILENT,		/* takes connections and says nothing */
	GATEWAY_PLAIN,		/* greets without TLS */
	GATEWAY_NO_CERT,	/* anonymous key exchange */
};

struct gateway;
/* cert and key are borrowed for the call; NULL where none is shown. */
struct gateway	*gateway_start(enum gateway_mode mode,
		    const struct cert *cert, EVP_PKEY *key);
/* The same with a certificate that struct cert would not take. */
struct gateway	*gateway_start_x509(X509 *x, EVP_PKEY *key);
uint16_t	 gateway_port(const struct gateway *g);
void		 gateway_stop(struct gateway *g);

/* A port of 127.0.0.1 where nobody listens. */
uint16_t	 gateway_nobody(void);

#endif
