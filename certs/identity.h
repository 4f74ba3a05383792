/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A certificate with its private key, as a client shows it to TLS servers
 * elsewhere: with the certificates between it and its root.
 */
#ifndef CERTS_IDENTITY_H
#define CERTS_IDENTITY_H

#include "certs/chain.h"
#include "certs/container.h"

#define IDENTITY_MAX	(64 << 10)	/* bytes of one, packed */

struct identity {
	struct key	*key;
	struct cert	*cert[CHAIN_MAX];	/* [0] is over key */
	size_t		 n;
};
void	identity_free(struct identity *id);

/*
 * The only certificate of the set over a key of the set, and what leads up
 * from it but a root.  *id is the caller's.  ERR_NOTFOUND: none; ERR_ARG:
 * several; ERR_REFUSED: it may not be shown as a client's, or is a CA's.
 */
int	identity_find(const struct container *set, struct identity **id,
	    struct err *e);

/* As bytes, only for sealing; and back (exact length): ERR_PROTO. */
int	identity_pack(const struct identity *id, struct secret **out,
	    struct err *e);
struct identity	*identity_unpack(const uint8_t *buf, size_t len,
	    struct err *e);

/* ctx shows it (NULL: none) to servers that ask for a certificate; *wanted,
 * which is borrowed for the life of ctx: one has. */
struct ssl_ctx_st;		/* OpenSSL's SSL_CTX */
int	identity_tls(const struct identity *id, struct ssl_ctx_st *ctx,
	    bool *wanted, struct err *e);

#endif
