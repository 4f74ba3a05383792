/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A connected socket, plain or under TLS, for the files of net/: calls answer
 * as the system's do, -1 with errno EAGAIN where they would wait.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/err.h"

struct ssl_st;
struct ssl_ctx_st;
struct stream;

struct stream_ops {
	/* 0: the peer sends no more. */
	ssize_t	(*recv)(struct stream *s, void *buf, size_t len);
	/* Any part of iov, from its begin; more: bytes follow at once. */
	ssize_t	(*send)(struct stream *s, const struct iovec *iov, size_t n,
		    bool more);
	/* As sendfile(2).  NULL: what is sent has to be read first. */
	ssize_t	(*sendfile)(struct stream *s, int fd, off_t at, size_t len);
	/* Bytes that came but that polling the socket does not show. */
	bool	(*pending)(const struct stream *s);
	/* Say that nothing more comes from us. */
	int	(*finish)(struct stream *s);
};

struct stream {
	const struct stream_ops	*ops;
	int			 fd;	/* the stream's */
	struct ssl_st		*ssl;	/* TLS only */
};

void	stream_plain(struct stream *s, int fd);

/*
 * Put TLS on a plain stream, as its server; ERR_NOMEM leaves it plain.  Until
 * stream_handshake has returned 1 nothing else may be called but stream_close.
 * 0: wait for events (LOOP_READ, LOOP_WRITE); negative: not TLS, or no
 * agreement, or the peer went.
 */
int	stream_tls(struct stream *s, struct ssl_ctx_st *ctx, struct err *e);
int	stream_handshake(struct stream *s, unsigned *events, struct err *e);

/* Does what has come begin a TLS handshake?  1; 0: nothing has come; -1: no,
 * or the peer has gone. */
int	stream_peek_tls(const struct stream *s);

/* Bytes the kernel has for the peer, which that has not acknowledged. */
uint64_t stream_queued(const struct stream *s);

/* What the kernel still has is dropped when the stream is closed. */
void	stream_discard(const struct stream *s);

void	stream_close(struct stream *s);

#endif
