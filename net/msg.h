/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A server of small messages over TLS: a peer sends one, gets one back, and
 * so on until it closes.  What they mean is the program's.  Handshakes come
 * after the requests of those who have theirs behind them, and are bounded in
 * number and time; every wait has a deadline.  What is no message closes the
 * connection without an answer.
 */
#ifndef NET_MSG_H
#define NET_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"
#include "net/loop.h"

struct msg_peer {		/* one connection, as the program sees it */
	struct net_addr	 addr;
	bool		 resumed;	/* a TLS session of before */
	int64_t		 began_ms;	/* loop_now_ms of its first byte */
	uint64_t	 answered;	/* messages, so far */
	uint64_t	 user[2];	/* the program's; zero at first */
};

struct msg_def {
	/* Names of log events: no room; out of descriptors; a connection that
	 * could not be taken; one that ended before its time. */
	const char	*full, *starved, *failed, *dropped;
	size_t		 max;		/* bytes of a message, either way */
	/*
	 * How long the message is that begins at buf, from its first len
	 * bytes (1 or more): *need is at most max, and more than len while
	 * that cannot be told.  Negative: this begins no message.
	 */
	int	(*need)(const uint8_t *buf, size_t len, size_t *need,
		    struct err *e);
	/* The answer to a whole message into out, which holds max bytes.
	 * Negative: none, the connection ends. */
	int	(*answer)(void *arg, struct msg_peer *p, const uint8_t *buf,
		    size_t len, uint8_t *out, size_t *outlen, struct err *e);
	/* A connection that came through its handshake is over.  May be
	 * NULL. */
	void	(*over)(void *arg, const struct msg_peer *p, int64_t now_ms);
};

struct msg_limits {
	int64_t	 handshake_ms;	/* from the connection to its end */
	int64_t	 idle_ms;	/* to the first byte of a message */
	int64_t	 message_ms;	/* from it to the last; the answer likewise */
	size_t	 max_handshakes;	/* under way at a time; 0: 512 */
};

struct msg_server;
struct ssl_ctx_st;

/*
 * Serve on listenfd (borrowed) within l, under TLS with ctx (certs/tls.h; a
 * reference is taken).  Connections count in count (borrowed): over its
 * bounds a new one gets an alert and is closed.  def and what it names are
 * borrowed.
 */
struct msg_server *msg_server_new(struct loop *l, int listenfd,
		    const struct msg_limits *lim, struct net_count *count,
		    struct ssl_ctx_st *ctx, const struct msg_def *def,
		    void *arg, struct err *e);

/* From the next connection on / the next wait on. */
void		 msg_server_set_tls(struct msg_server *s,
		    struct ssl_ctx_st *ctx);
void		 msg_server_set_limits(struct msg_server *s,
		    const struct msg_limits *lim);

/* Accept nothing more, end idle connections; the others end with the answer
 * under way. */
void		 msg_server_drain(struct msg_server *s);
size_t		 msg_server_connections(const struct msg_server *s);
uint64_t	 msg_server_turned_away(const struct msg_server *s);
void		 msg_server_free(struct msg_server *s);

#endif
