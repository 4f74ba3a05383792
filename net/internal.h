/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What only the files of net/ share.
 */
#ifndef NET_INTERNAL_H
#define NET_INTERNAL_H

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
#define HTTP_ERROR_TEXT_MAX	64

/*
 * The head of a reply (RFC 9112, section 4), dated now.  Returns its length;
 * it always fits.
 */
size_t	http_reply_head(char out[HTTP_REPLY_HEAD_MAX],
	    const struct http_reply *r, bool keep_alive);

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
	    bool with_body, bool keep_alive);

/*
 * Send what goes without waiting, and not more than a turn's share.  1: all
 * is out; 0: wait until s is writable; negative: the connection must end.
 */
int	http_out_send(struct http_out *o, struct stream *s, struct err *e);

/* Give back what the reply holds and tell its done.  Again: nothing. */
void	http_out_end(struct http_out *o);

/* --- http_conn.c: one connection; http_server.c: all of them --- */

struct http_conn;

struct http_server {
	struct loop		*loop;
	struct loop_io		*listen;	/* NULL: draining */
	struct loop_timer	*pause;		/* of accept, out of descriptors */
	struct net_count	*count;
	struct http_conn	*conns;		/* list */
	struct http_limits	 lim;
	struct ssl_ctx_st	*tls;		/* NULL: plain HTTP */
	size_t			 handshakes;	/* not behind them yet */
	http_handler		*fn;
	void			*arg;
	bool			 starved, full;	/* said once */
	bool			 crowded;	/* handshakes: no accept */
	bool			 count_shared;	/* another's count */
	uint64_t		 turned_away;
};

/*
 * Take fd, whose peer is counted in s->count; both are given back when the
 * connection ends.  On failure nothing is taken.
 */
int	http_conn_new(struct http_server *s, int fd,
	    const struct net_addr *peer, struct err *e);

/* A connection under TLS has its handshake behind it, or has gone in it. */
void	http_server_handshake_over(struct http_server *s);

/* While others wait, end handshakes older than HTTP_CROWDED_MS in which the
 * peer is to speak. */
#define HTTP_CROWDED_MS	2000
void	http_conn_end_slow(struct http_server *s);

/* End those that only wait for a next request / all. */
void	http_conn_end_idle(struct http_server *s);
void	http_conn_end_all(struct http_server *s);

#endif
