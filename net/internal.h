/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What only the files of net/ share.
 */
#ifndef NET_INTERNAL_H
#define NET_INTERNAL_H

#include <sys/queue.h>

#include "net/http.h"
#include "net/stream.h"

/*
 * Where the head at buf ends: the length including its empty line, or 0 when
 * that has not come.  The first from bytes were looked at before.
 */
size_t	http_head_end(const char *buf, size_t len, size_t from);

/* --- http_range.c --- */

/* The value of a Range field. */
void	http_range_parse(struct http_range *r, const char *p, size_t len);

/* Weak comparison with the tags of an If-None-Match field, "*" included. */
bool	http_etag_listed(const struct http_text *list, const char *etag);

/* Turn a whole reply into what the request's conditions ask for. */
void	http_conditional(const struct http_head *h, struct http_reply *r);

/* --- http_reply.c --- */

#define HTTP_REPLY_HEAD_MAX	512
#define HTTP_DATE_LEN		30	/* with NUL */

/* The Date of replies, written anew when the second has changed. */
struct http_date {
	int64_t		unix_s;		/* of text; 0: none yet */
	char		text[HTTP_DATE_LEN];
};
const char *http_date_at(struct http_date *d, int64_t unix_s);

const char *http_reason(int status);

/*
 * The head of a reply (RFC 9112, section 4) of that date.  Returns its
 * length; it always fits.
 */
size_t	http_reply_head(char out[HTTP_REPLY_HEAD_MAX],
	    const struct http_reply *r, bool keep_alive, const char *date);

/* --- http_out.c --- */

#define HTTP_ERROR_TEXT_MAX	64

/* A reply on its way. */
struct http_out {
	struct http_reply	reply;
	bool			active;		/* http_out_end is due */
	bool			no_sendfile;
	bool			own_text;	/* the body is text */
	char			head[HTTP_REPLY_HEAD_MAX];
	char			text[HTTP_ERROR_TEXT_MAX];
	uint64_t		headlen;
	uint64_t		total, pos;	/* of head and body */
};

/* o must be zero, or ended. */
void	http_out_begin(struct http_out *o, const struct http_reply *r,
	    bool with_body, bool keep_alive, const char *date);

/*
 * Send what goes without waiting, and not more than a turn's share.  1: all
 * is out; 0: wait until s is writable; negative: the connection must end.
 */
int	http_out_send(struct http_out *o, struct stream *s, struct err *e);

/* Give back what the reply holds and tell its done.  Again: nothing. */
void	http_out_end(struct http_out *o);

/* --- http_in.c --- */

/*
 * What has come and is not answered yet.  Between http_in_begin and
 * http_in_keep the bytes lie in a buffer that all connections of a server
 * share; only what is left then gets one of its own: part of a head, or
 * requests sent ahead.
 */
struct http_in {
	char		*own;		/* NULL: nothing is left */
	char		*buf;		/* of HTTP_HEAD_MAX, within a turn */
	size_t		 at, len;	/* bytes of buf from at */
	size_t		 seen;		/* of them no end of a head in these */
};

void	http_in_begin(struct http_in *in, char shared[HTTP_HEAD_MAX]);
/* As the stream's recv, behind what is there; the buffer is not full. */
ssize_t	http_in_recv(struct http_in *in, struct stream *s);
/* Empty lines before a request line are ignored (RFC 9112, section 2.2). */
void	http_in_skip(struct http_in *in);
/* The length of a whole head, or 0 with *full when none fits any more. */
size_t	http_in_head(struct http_in *in, bool *full);
void	http_in_drop(struct http_in *in, size_t n);
/* ERR_NOMEM: what was left is lost. */
int	http_in_keep(struct http_in *in);
void	http_in_clear(struct http_in *in);

/* --- http_conn.c: one connection; http_server.c: all of them --- */

enum conn_state {
	CONN_HELLO,	/* waiting for the first byte of TLS */
	CONN_SHAKE,	/* in the TLS handshake */
	CONN_IDLE,	/* a reply is over, the next head has not begun */
	CONN_HEAD,	/* waiting for the rest of a head */
	CONN_SEND,
	CONN_LINGER,	/* all said; the peer closes, or HTTP_LINGER_MS do */
	CONN_NSTATE,
};

/* What a connection wants next: steps say so, http_conn_apply acts. */
enum conn_want {
	WANT_READ,
	WANT_WRITE,
	WANT_NEXT,	/* see whether the buffer holds another request */
	WANT_MORE,	/* read what polling would not show */
	WANT_HELD,	/* the rest of a handshake: events say */
	WANT_CLOSE,
};

TAILQ_HEAD(http_queue, http_conn);

struct http_conn {
	TAILQ_ENTRY(http_conn)	 entry;		/* in *queue */
	struct http_queue	*queue;		/* NULL: none yet */
	int64_t			 until_ms;	/* http_wait.c */
	struct http_server	*server;
	struct loop_io		*io;		/* NULL: not watched yet */
	struct net_addr		 peer;
	struct stream		 stream;
	enum conn_state		 state;
	unsigned		 events;	/* of WANT_HELD */
	int64_t			 began_ms;	/* the handshake */
	bool			 eof;		/* the peer sends no more */
	bool			 last;		/* end after this reply */
	bool			 promised;	/* by the peer: it is the last */
	struct http_in		 in;
	struct http_out		 out;		/* the reply under way */
	bool			 rated;		/* it had to wait: */
	int64_t			 taken;		/* when the window began */
	int64_t			 credit;	/* bytes above the least rate */
	uint64_t		 lingered;
};

struct http_server {
	struct loop		*loop;
	struct loop_io		*listen;	/* NULL: draining */
	struct loop_timer	*pause;		/* of accept, out of descriptors */
	struct loop_timer	*alarm;		/* http_wait.c */
	int64_t			 alarm_ms;	/* when; INT64_MAX: never */
	struct http_queue	 waiting[CONN_NSTATE];	/* all connections */
	size_t			 nconns;
	struct net_count	*count;		/* borrowed */
	struct http_limits	 lim;
	struct ssl_ctx_st	*tls;		/* NULL: plain HTTP */
	size_t			 handshakes;	/* not behind them yet */
	http_handler		*fn;
	void			*arg;
	bool			 starved, full;	/* said once */
	bool			 crowded;	/* handshakes: no accept */
	uint64_t		 turned_away;
	struct http_date	 date;
	char			 in[HTTP_HEAD_MAX];	/* http_in.c */
};

/*
 * Take fd, whose peer is counted in s->count; both are given back when the
 * connection ends, which may be within the call.  On failure nothing is
 * taken.
 */
int	http_conn_new(struct http_server *s, int fd,
	    const struct net_addr *peer, struct err *e);

void	http_conn_enter(struct http_conn *c, enum conn_state to);
loop_io_fn http_conn_ready;

/* The deadline of its state has come: it ends, or gets another. */
void	http_conn_timeout(struct http_conn *c);
void	http_conn_free(struct http_conn *c);

/* One line: the connection ends before its time. */
void	http_conn_dropped(const struct http_conn *c, const char *why);

/* End those that only wait for a next request / all. */
void	http_conn_end_idle(struct http_server *s);
void	http_conn_end_all(struct http_server *s);

/* --- http_shake.c: the TLS handshake of one --- */

bool	http_in_handshake(const struct http_conn *c);
enum conn_want	http_hello(struct http_conn *c);
enum conn_want	http_shake(struct http_conn *c);

/* While others wait, end handshakes older than HTTP_CROWDED_MS in which the
 * peer is to speak. */
#define HTTP_CROWDED_MS	2000
void	http_shake_end_slow(struct http_server *s);

/* A connection under TLS has its handshake behind it, or has gone in it. */
void	http_server_handshake_over(struct http_server *s);

/* --- http_wait.c: deadlines --- */

/*
 * Connections wait in one queue per state, in the order of their deadlines,
 * and one timer serves them all: a request costs none.
 */
int	http_wait_init(struct http_server *s, struct err *e);
void	http_wait_for(struct http_conn *c, enum conn_state what, int64_t ms);
void	http_wait_end(struct http_conn *c);

#endif
