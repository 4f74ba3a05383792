/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What only the files of net/ share.
 */
#ifndef NET_INTERNAL_H
#define NET_INTERNAL_H

#include "net/http.h"
#include "net/serv.h"

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

/* --- http_in.c: heads within what has come; the buffer is serv.h's --- */

/* Empty lines before a request line are ignored (RFC 9112, section 2.2). */
void	http_in_skip(struct serv_in *in);
/* The length of a whole head, or 0 with *full when none fits any more. */
size_t	http_in_head(struct serv_in *in, bool *full);

/* --- http_conn.c: one connection; http_server.c: all of them --- */

enum conn_state {		/* what it waits for, see serv.h */
	CONN_SHAKE = SERV_WAIT_SHAKE,
	CONN_IDLE,	/* a reply is over, the next head has not begun */
	CONN_HEAD,	/* waiting for the rest of a head */
	CONN_SEND,
	CONN_LINGER,	/* all said; the peer closes, or HTTP_LINGER_MS do */
};

/* What a connection wants next: steps say so, http_conn_apply acts. */
enum conn_want {
	WANT_READ,
	WANT_WRITE,
	WANT_NEXT,	/* see whether the buffer holds another request */
	WANT_MORE,	/* read what polling would not show */
	WANT_CLOSE,
};

struct http_conn {
	struct serv_conn	 base;
	struct http_server	*server;
	enum conn_state		 state;
	bool			 eof;		/* the peer sends no more */
	bool			 last;		/* end after this reply */
	bool			 promised;	/* by the peer: it is the last */
	struct serv_in		 in;
	struct http_out		 out;		/* the reply under way */
	bool			 rated;		/* it had to wait: */
	int64_t			 taken;		/* when the window began */
	int64_t			 credit;	/* bytes above the least rate */
	uint64_t		 lingered;
};

struct http_server {
	struct serv		 base;
	struct http_limits	 lim;
	http_handler		*fn;
	void			*arg;
	struct http_date	 date;
	char			 in[HTTP_HEAD_MAX];	/* of a turn */
};

/* Of struct serv_ops. */
int	http_conn_new(struct serv *s, int fd, const struct net_addr *peer,
	    struct err *e);
void	http_conn_shaken(struct serv_conn *c);
loop_io_fn http_conn_ready;
void	http_conn_timeout(struct serv_conn *c);
void	http_conn_free(struct serv_conn *c);

#endif
