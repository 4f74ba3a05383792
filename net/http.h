/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A small HTTP/1.1 server: GET and HEAD, strict, slice-based.  RFC 9110,
 * 9112.  Bounds: one head of HTTP_HEAD_MAX bytes, a deadline for the whole
 * head, a minimum rate while sending, limits per address and in all, no
 * request bodies (Content-Length other than 0 and Transfer-Encoding: 400).
 * HTTPS is the same over TLS: handshakes come after the requests of those who
 * have theirs behind them, and are bounded in number and by
 * head_timeout_ms.  What is not TLS is closed without an answer.
 * Requests sent without waiting are answered in their order.  The program
 * ignores SIGPIPE (sendfile raises it).
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"
#include "net/loop.h"

#define HTTP_HEAD_MAX	8192
#define HTTP_TARGET_MAX	1024

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_OTHER };

/* Part of a head; NULL: the field did not come. */
struct http_text {
	const char	*p;		/* points into the head's bytes */
	size_t		 len;
};

/* The one byte range asked for (RFC 9110, section 14): first to last, or the
 * last bytes of all.  Several ranges, and what is none, count as no wish. */
struct http_range {
	enum { HTTP_RANGE_NONE, HTTP_RANGE_FROM_TO, HTTP_RANGE_SUFFIX } form;
	uint64_t	 first, last;	/* SUFFIX: last is their number */
};

/*
 * A parsed request head.  path is the decoded path without query; it may hold
 * any byte but NUL and a NUL follows it.  It begins with '/', also when the
 * target was an absolute one ("http://host/path").
 */
struct http_head {
	enum http_method method;
	bool		 http10;
	bool		 keep_alive;	/* by version and Connection */
	char		 path[HTTP_TARGET_MAX];
	size_t		 pathlen;
	struct http_range range;
	struct http_text if_none_match, if_range;
};

/*
 * Parse a head that ends with CRLFCRLF (bare LF accepted as line end) and
 * nothing after it.  No I/O; h means nothing unless 200.  Returns the HTTP
 * status to answer with: 200 when sound, 400, 405, 414, 417, 431, 501 or 505
 * otherwise (e says why).
 */
int	http_head_parse(struct http_head *h, const char *buf, size_t len,
	    struct err *e);

/*
 * What a handler answers: memory or a file from its start.  Comes as status
 * 500 with neither; an error status left without gets a line of text.  A file
 * that turns out shorter than len ends the connection, so the client sees it.
 *
 * A handler gives the whole with status 200; the server turns it into 206, 304
 * or 416 when the request asks for that (Range, If-Range, If-None-Match).
 */
#define HTTP_ETAG_MAX	68		/* with quotes and NUL */

struct http_reply {
	int		 status;	/* 200, 404, 500, 503, ... */
	const char	*type;		/* Content-Type, NULL: octet-stream */
	const uint8_t	*body;		/* memory, kept until done; or NULL */
	int		 fd;		/* file, or -1; closed by the server */
	uint64_t	 len;		/* bytes of body or file */
	char		 etag[HTTP_ETAG_MAX];	/* strong, as sent; "" none */
	bool		 no_store;	/* for no cache on the way to keep */
	/* Called from time to time with the bytes sent so far, counted as by
	 * done.  May be NULL. */
	void		(*progress)(void *arg, uint64_t sent);
	/*
	 * Called once when the reply is over: status is the one sent, sent
	 * tells how many bytes of body or file the kernel took for the peer
	 * (0 for HEAD, 304, 416), complete whether the whole reply was.
	 * Releases body.  May be NULL.
	 */
	void		(*done)(void *arg, int status, uint64_t sent,
			    bool complete);
	void		*arg;

	/* The server's own: */
	uint64_t	 first;		/* where len bytes begin (206) */
	uint64_t	 whole;		/* bytes in all (206, 416) */
};

/* Handlers and done must not free the server; they may drain it. */
typedef void	http_handler(void *arg, const struct http_head *h,
		    const struct net_addr *peer, struct http_reply *r);

#define HTTP_RATE_MS	10000
#define HTTP_RATE_SPARE	5	/* windows that a peer may rest after a spurt */

/*
 * head_timeout_ms: from the connection or a next request's first byte to the
 * head's last.  idle_timeout_ms: from a reply to that first byte.
 */
struct http_limits {
	int64_t		 head_timeout_ms, idle_timeout_ms;
	int64_t		 min_rate;	/* bytes/s, over HTTP_RATE_MS */
	int64_t		 rate_ms;	/* 0: HTTP_RATE_MS */
	/* TLS handshakes under way at a time, 0: 512; further connections
	 * wait in the kernel's queue. */
	size_t		 max_handshakes;
};

struct http_server;

/*
 * Serve on listenfd (borrowed) within l.  Connections count in count
 * (borrowed; shared by all servers whose connections are bounded together,
 * also those of other threads): over its bounds a new one gets 503 and is
 * closed.
 */
struct http_server *http_server_new(struct loop *l, int listenfd,
		    const struct http_limits *lim, struct net_count *count,
		    http_handler *fn, void *arg, struct err *e);
/*
 * Speak TLS from the next connection on, with a context made by certs/tls.h
 * (a reference is taken).  Over the limits a connection gets an alert
 * (internal_error) instead of a handshake.
 */
struct ssl_ctx_st;
void		 http_server_set_tls(struct http_server *s,
		    struct ssl_ctx_st *ctx);

/* What is under way keeps the deadline it runs under. */
void		 http_server_set_limits(struct http_server *s,
		    const struct http_limits *lim);

/* Accept nothing more, end idle connections; answers under way go on, and
 * each ends its connection. */
void		 http_server_drain(struct http_server *s);
/* Its own, whoever else counts. */
size_t		 http_server_connections(const struct http_server *s);
/* How many the limits have turned away. */
uint64_t	 http_server_turned_away(const struct http_server *s);
void		 http_server_free(struct http_server *s);

#endif
