/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The TLS side of net/stream.h: what stream.c and users of contexts need.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "net/stream.h"

/* Is this the server?  As fetch_peer_fn of fetch.h. */
typedef bool	tls_peer_fn(void *arg, const uint8_t *der, size_t len);

struct tls_peer {
	tls_peer_fn	*fn;
	void		*arg;
	bool		 taken, refused;	/* what fn said */
};

/*
 * As stream_tls, as the client, in a context of tls_client_ctx: p is asked in
 * the handshake, and lives as long as the stream.  Who completes the
 * handshake without p->taken has not been checked.
 */
int			 tls_connect(struct stream *s, struct ssl_ctx_st *ctx,
			    struct tls_peer *p, struct err *e);

/* TLS 1.2 and above, without resumption.  NULL: ERR_CRYPTO. */
struct ssl_ctx_st	*tls_client_ctx(struct err *e);

/* References to a context that certs/tls.h made; NULL is fine. */
struct ssl_ctx_st	*tls_ctx_ref(struct ssl_ctx_st *ctx);
void			 tls_ctx_unref(struct ssl_ctx_st *ctx);

/* Its handshake, which is over, took up a session of before. */
bool			 tls_resumed(const struct stream *s);

/* Drop TLS from a stream without a word to the peer; plain ones: nothing. */
void			 tls_end(struct stream *s);

#endif
