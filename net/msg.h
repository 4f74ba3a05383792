/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A server of small messages over TLS: a peer sends one, gets one back, and
 * so on until it closes.  What they mean is the program's.  Handshakes come
 * after the requests of those who have theirs behind them, and are bounded in
 * number and time; every wait has a deadline.  What is no message closes the
 * connection without an answer.
 *
 * Or a talk (struct msg_def): the server speaks first, says after each message
 * what comes next, may take its time for that, and has the last word.
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
	void		*session;	/* the program's; NULL at first */
	const char	*why;		/* within over: why it ended before
					 * its time; NULL: it did not */
};

enum msg_then {
	MSG_READ,	/* the peer's next message */
	MSG_HOLD,	/* nothing of the peer's, until msg_go */
	MSG_END,	/* close, when the peer has had the time to */
};

struct msg_step {		/* of a talk */
	size_t		 len;		/* bytes to send first, 0: none */
	enum msg_then	 then;
	int64_t		 wait_ms;	/* for what is then awaited */
};

struct msg_conn;

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
	/*
	 * In place of answer, for a talk: the whole message buf, or with len 0
	 * that the connection is up.  What to send goes to out, as above, and
	 * leaves in one TLS record.  c is good until over; msg_go is not to be
	 * called from here.  Negative: the connection ends at once.
	 */
	int	(*talk)(void *arg, struct msg_conn *c, struct msg_peer *p,
		    const uint8_t *buf, size_t len, uint8_t *out,
		    struct msg_step *step, struct err *e);
	/* A connection that came through its handshake is over.  May be
	 * NULL. */
	void	(*over)(void *arg, const struct msg_peer *p, int64_t now_ms);
};

struct msg_limits {
	int64_t	 handshake_ms;	/* from the connection to its end */
	int64_t	 idle_ms;	/* to the first byte of a message; talks say
				 * for each how long */
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

/*
 * After MSG_HOLD: what comes next, with buf to send (s->len bytes, borrowed).
 * On the loop's thread, outside of calls of def; the connection may be over
 * within it.
 */
void		 msg_go(struct msg_conn *c, const uint8_t *buf,
		    const struct msg_step *s);
struct msg_peer	*msg_peer(struct msg_conn *c);

/* Accept nothing more, end idle connections; the others end with the answer
 * under way, and talks when they are over. */
void		 msg_server_drain(struct msg_server *s);
size_t		 msg_server_connections(const struct msg_server *s);
uint64_t	 msg_server_turned_away(const struct msg_server *s);
void		 msg_server_free(struct msg_server *s);

#endif
