/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What servers of connections share, whatever is spoken over them (http.h,
 * msg.h), for the files of net/: accepting within bounds, the TLS handshake,
 * deadlines.  A protocol's structs begin with the ones here.
 */
#ifndef NET_SERV_H
#define NET_SERV_H

#include <sys/queue.h>

#include "net/addr.h"
#include "net/loop.h"
#include "net/stream.h"

/* Waits of one kind are of one length.  The first is that for the handshake,
 * the others are the protocol's. */
#define SERV_WAITS	8
enum { SERV_WAIT_SHAKE };

/* TLS handshakes under way at a time, unless it says otherwise; further
 * connections wait in the kernel's queue. */
#define SERV_HANDSHAKES	512

TAILQ_HEAD(serv_queue, serv_conn);

struct serv;

struct serv_conn {
	TAILQ_ENTRY(serv_conn)	 entry;		/* in *queue */
	struct serv_queue	*queue;		/* NULL: none yet */
	int64_t			 until_ms;
	struct serv		*serv;
	struct loop_io		*io;		/* NULL: not watched yet */
	struct net_addr		 peer;
	struct stream		 stream;
	enum serv_phase {
		SERV_UP,	/* as far as serv is concerned */
		SERV_HELLO,	/* waiting for the first byte of TLS */
		SERV_SHAKE,	/* in the TLS handshake */
	} phase;
	int64_t			 began_ms;	/* the handshake */
};

struct serv_ops {
	/* Names of its log events. */
	const char	*full, *starved, *failed, *dropped;
	/*
	 * A connection of the protocol's for fd: it calls serv_conn_init, and
	 * serv_conn_shake under TLS.  On failure nothing is taken; a
	 * connection may end within the call.
	 */
	int		(*take)(struct serv *s, int fd,
			    const struct net_addr *peer, struct err *e);
	/* Say to fd, without TLS, that there is no room.  May be NULL. */
	void		(*refuse)(struct serv *s, int fd);
	/* Its handshake is over; it is watched, for LOOP_READ. */
	void		(*shaken)(struct serv_conn *c);
	/* Watched events of one that is up. */
	loop_io_fn	*ready;
	/* A deadline of one that is up; it ends, or gets another. */
	void		(*timeout)(struct serv_conn *c);
	/* Frees c, through serv_conn_clear. */
	void		(*free)(struct serv_conn *c);
};

struct serv {
	struct loop		*loop;
	struct loop_io		*listen;	/* NULL: draining */
	struct loop_timer	*pause;		/* of accept, out of descriptors */
	struct loop_timer	*alarm;		/* serv_wait.c */
	int64_t			 alarm_ms;	/* when; INT64_MAX: never */
	struct serv_queue	 waiting[SERV_WAITS];	/* all connections */
	size_t			 nconns;
	struct net_count	*count;		/* borrowed */
	const struct serv_ops	*ops;
	struct ssl_ctx_st	*tls;		/* NULL: plain */
	size_t			 handshakes;	/* not behind them yet */
	size_t			 max_handshakes;	/* 0: SERV_HANDSHAKES */
	bool			 starved, full;	/* said once */
	bool			 crowded;	/* handshakes: no accept */
	uint64_t		 turned_away;
};

/*
 * Serve on listenfd (borrowed) within l.  Connections count in count
 * (borrowed).  s is zero before; serv_clear also after a failure.
 */
int	serv_init(struct serv *s, struct loop *l, int listenfd,
	    struct net_count *count, const struct serv_ops *ops,
	    struct err *e);
void	serv_clear(struct serv *s);	/* ends all connections */

/* From the next connection on; a reference is taken. */
void	serv_set_tls(struct serv *s, struct ssl_ctx_st *ctx);

/* Accept nothing more; end who has not begun to speak. */
void	serv_drain(struct serv *s);
bool	serv_draining(const struct serv *s);

/* --- one connection --- */

/* c is zero.  fd is its own from now on, and counted. */
void	serv_conn_init(struct serv_conn *c, struct serv *s, int fd,
	    const struct net_addr *peer);

/* Wait for TLS, and do the handshake within ms, after the work of who has his
 * behind him. */
int	serv_conn_shake(struct serv_conn *c, int64_t ms);

/* Not before there is something to wait for: many a connection ends in the
 * turn that takes it. */
int	serv_conn_watch(struct serv_conn *c, unsigned events);

/* Everything of it, socket included. */
void	serv_conn_clear(struct serv_conn *c);

/* One line: the connection ends before its time, with so many bytes sent. */
void	serv_conn_dropped(const struct serv_conn *c, uint64_t bytes,
	    const char *why);

/* End those that wait for this / all. */
void	serv_end_waiting(struct serv *s, unsigned what);
void	serv_end_all(struct serv *s);

/* --- serv_in.c --- */

/*
 * What has come and is not answered yet.  Between serv_in_begin and
 * serv_in_keep the bytes lie in a buffer that all connections of a server
 * share; only what is left then gets one of its own: part of a message, or
 * requests sent ahead.
 */
struct serv_in {
	char		*own;		/* NULL: nothing is left */
	char		*buf;		/* within a turn */
	size_t		 size;		/* of either */
	size_t		 at, len;	/* bytes of buf from at */
	size_t		 seen;		/* of them looked at in vain */
};

void	serv_in_begin(struct serv_in *in, char *shared, size_t size);
/* As the stream's recv, behind what is there; the buffer is not full. */
ssize_t	serv_in_recv(struct serv_in *in, struct stream *s);
void	serv_in_drop(struct serv_in *in, size_t n);
/* ERR_NOMEM: what was left is lost. */
int	serv_in_keep(struct serv_in *in);
void	serv_in_clear(struct serv_in *in);

/* --- serv_wait.c --- */

/*
 * Connections wait in one queue per kind, in the order of their deadlines,
 * and one timer serves them all: a request costs none.
 */
int	serv_wait_init(struct serv *s, struct err *e);
void	serv_wait_for(struct serv_conn *c, unsigned what, int64_t ms);
void	serv_wait_end(struct serv_conn *c);

/* --- between serv.c and serv_shake.c --- */

loop_io_fn serv_shake_ready;
void	serv_shake_timeout(struct serv_conn *c);

/* While others wait, end handshakes older than SERV_CROWDED_MS in which the
 * peer is to speak. */
#define SERV_CROWDED_MS	2000
void	serv_shake_end_slow(struct serv *s);

/* One under TLS has its handshake behind it, or has gone in it. */
void	serv_shake_over(struct serv_conn *c);

#endif
