/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The TLS side of net/stream.h: what stream.c and users of contexts need.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "net/stream.h"

/* References to a context that certs/tls.h made; NULL is fine. */
struct ssl_ctx_st	*tls_ctx_ref(struct ssl_ctx_st *ctx);
void			 tls_ctx_unref(struct ssl_ctx_st *ctx);

/* Its handshake, which is over, took up a session of before. */
bool			 tls_resumed(const struct stream *s);

/* Drop TLS from a stream without a word to the peer; plain ones: nothing. */
void			 tls_end(struct stream *s);

#endif
