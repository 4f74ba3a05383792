/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Both ends of TLS in one process.  Every function fails the running test.
 */
#ifndef TESTS_TLS_ENDS_H
#define TESTS_TLS_ENDS_H

#include <openssl/ssl.h>

#include "tests/signer_process.h"

/* A client that takes any certificate, at any security level. */
SSL_CTX	*tls_client(int min, int max);

/* With a certificate whose key the signer process has; as lenient. */
SSL_CTX	*tls_ours(const struct signer_process *sp, const SSL_METHOD *method,
	    const struct cert *c, int min, int max);

struct tls_shaken {
	int		version;
	const char	*suite;
	int		sig_type, sig_md;	/* NIDs: what the server signed */
	bool		ticket;			/* to come back with */
};

/* True when both are through and hear one another; the server showed c. */
bool	tls_shake(SSL_CTX *server, SSL_CTX *client, const struct cert *c,
	    struct tls_shaken *out);

#endif
