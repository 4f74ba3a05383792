/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One HTTP connection.  Steps return what the connection wants next; only
 * conn_apply acts on that, and frees.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/internal.h"

#define HTTP_TURN_REQUESTS	16	/* then others have a turn */
#define HTTP_LINGER_MS		1000
#define HTTP_LINGER_BYTES	(64 * 1024)

/* --- states --- */

static int64_t
rate_window_ms(const struct http_server *s)
{
	return s->lim.rate_ms > 0 ? s->lim.rate_ms : HTTP_RATE_MS;
}

static void
conn_enter(struct http_conn *c, enum conn_state to)
{
	const struct http_limits *lim = &c->server->lim;

	c->state = to;
	switch (to) {
	case CONN_HEAD:
		serv_wait_for(&c->base, to, lim->head_timeout_ms);
		break;
	case CONN_IDLE:
		serv_wait_for(&c->base, to, lim->idle_timeout_ms);
		break;
	case CONN_SEND:
		serv_wait_for(&c->base, to, rate_window_ms(c->server));
		break;
	case CONN_LINGER:
		serv_wait_for(&c->base, to, HTTP_LINGER_MS);
		break;
	case CONN_SHAKE:	/* serv's */
		abort();
	}
}

static void
log_refused(const struct http_conn *c, int status, const char *why)
{
	char peer[NET_ADDR_TEXT];

	net_addr_text(&c->base.peer, peer);
	log_event(LOG_INFO, "http.refused", LOG_STR("peer", peer),
	    LOG_I64("status", status), LOG_STR("why", why));
}

static void
conn_dropped(const struct http_conn *c, const char *why)
{
	serv_conn_dropped(&c->base, c->out.pos, why);
}

/* --- replies --- */

static void
conn_reply(struct http_conn *c, const struct http_reply *r, bool with_body)
{
	struct http_server *s = c->server;

	c->last = c->last || serv_draining(&s->base);
	http_out_begin(&c->out, r, with_body, !c->last,
	    http_date_at(&s->date, clock_wall_s(clock_system())));
	c->rated = false;
	conn_enter(c, CONN_SEND);
}

/* The request could not be understood: nor could what follows it. */
static void
conn_refuse(struct http_conn *c, int status, const char *why)
{
	const struct http_reply r = { .status = status, .fd = -1 };

	log_refused(c, status, why);
	c->last = true;
	conn_reply(c, &r, true);
}

/*
 * Closing over bytes that nobody has read makes a reset, which may overtake
 * the last of the reply.  Who has said that it asks no more, and has sent no
 * more, needs no waiting for.
 */
static bool
nothing_follows(const struct http_conn *c)
{
	char byte;

	if (!c->promised || c->in.len > 0 || c->base.stream.ssl != NULL)
		return false;
	return recv(c->base.stream.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

/* The reply is out: the connection goes on, or lingers. */
static enum conn_want
conn_replied(struct http_conn *c)
{
	http_out_end(&c->out);
	http_in_skip(&c->in);
	if (!c->last && !serv_draining(&c->server->base)) {
		conn_enter(c, c->in.len > 0 ? CONN_HEAD : CONN_IDLE);
		return WANT_NEXT;
	}
	if (c->eof || nothing_follows(c) ||
	    c->base.stream.ops->finish(&c->base.stream) == -1)
		return WANT_CLOSE;
	conn_enter(c, CONN_LINGER);
	return WANT_READ;
}

/*
 * Bytes of the reply the peer has; below 0 while it takes what came before.
 * Not what the kernel has: that asks for more only when a third of some MB is
 * gone, which takes a slow peer longer than any window.
 */
static int64_t
taken(const struct http_conn *c)
{
	return (int64_t)(c->out.pos - stream_queued(&c->base.stream));
}

/* A reply that cannot be sent at one go is rated from its begin. */
static void
rate_begin(struct http_conn *c)
{
	int64_t now = taken(c);

	c->rated = true;
	c->taken = now < 0 ? now : 0;
	c->credit = 0;
}

static enum conn_want
conn_send(struct http_conn *c)
{
	struct err e = { 0 };

	switch (http_out_send(&c->out, &c->base.stream, &e)) {
	case 1:
		return conn_replied(c);
	case 0:
		if (!c->rated)
			rate_begin(c);
		return WANT_WRITE;
	default:
		conn_dropped(c, e.msg);
		return WANT_CLOSE;
	}
}

/* --- receiving --- */

static void
conn_answer(struct http_conn *c, size_t headlen)
{
	struct http_server *s = c->server;
	struct http_reply r = { .status = 500, .fd = -1 };
	struct http_head h;
	struct err e = { 0 };
	int status = http_head_parse(&h, c->in.buf + c->in.at, headlen, &e);

	if (status != 200) {
		conn_refuse(c, status, e.msg);
	} else {
		c->last = c->promised = !h.keep_alive;
		s->fn(s->arg, &h, &c->base.peer, &r);
		http_conditional(&h, &r);
		conn_reply(c, &r, h.method == HTTP_GET);
	}
	serv_in_drop(&c->in, headlen);	/* h points into it */
}

/* One request off the buffer, if it is there whole. */
static enum conn_want
conn_request(struct http_conn *c)
{
	bool full;
	size_t n;

	http_in_skip(&c->in);
	n = http_in_head(&c->in, &full);
	if (n == 0 && !full) {
		if (c->eof)
			return WANT_CLOSE;
		return c->base.stream.ops->pending(&c->base.stream) ? WANT_MORE :
		    WANT_READ;
	}
	if (n > 0)
		conn_answer(c, n);
	else
		conn_refuse(c, 431, "head too long");
	return conn_send(c);
}

static enum conn_want
conn_read(struct http_conn *c)
{
	ssize_t n = serv_in_recv(&c->in, &c->base.stream);

	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? WANT_READ :
		    WANT_CLOSE;
	if (n == 0)
		c->eof = true;
	if (c->state == CONN_IDLE && n > 0)
		conn_enter(c, CONN_HEAD);
	return WANT_NEXT;
}

/* What still comes is of no interest, under TLS as well. */
static enum conn_want
conn_linger(struct http_conn *c)
{
	ssize_t n = recv(c->base.stream.fd, c->server->in, sizeof(c->server->in),
	    0);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return WANT_READ;
	if (n <= 0 || (c->lingered += (uint64_t)n) > HTTP_LINGER_BYTES)
		return WANT_CLOSE;
	return WANT_READ;
}

/* --- dispatch --- */

void
http_conn_free(struct serv_conn *base)
{
	struct http_conn *c = (struct http_conn *)base;

	http_out_end(&c->out);
	serv_in_clear(&c->in);
	serv_conn_clear(base);
	free(c);
}

/* c may be gone afterwards. */
static void
conn_apply(struct http_conn *c, enum conn_want want)
{
	for (int i = 0; want == WANT_NEXT || want == WANT_MORE; i++)
		if (i == HTTP_TURN_REQUESTS)
			want = WANT_WRITE;
		else
			want = want == WANT_NEXT ? conn_request(c) :
			    conn_read(c);
	if (want == WANT_CLOSE || serv_in_keep(&c->in) != ERR_OK ||
	    serv_conn_watch(&c->base, want == WANT_WRITE ? LOOP_WRITE :
	    LOOP_READ) != ERR_OK)
		http_conn_free(&c->base);
}

void
http_conn_ready(void *arg, int fd, unsigned events)
{
	struct http_conn *c = arg;

	(void)fd;
	serv_in_begin(&c->in, c->server->in, HTTP_HEAD_MAX);
	switch (c->state) {
	case CONN_IDLE:
	case CONN_HEAD:
		/* Writable: a turn was over with requests in the buffer. */
		conn_apply(c, events & LOOP_READ ? conn_read(c) : WANT_NEXT);
		break;
	case CONN_SEND:
		conn_apply(c, conn_send(c));
		break;
	case CONN_LINGER:
		conn_apply(c, conn_linger(c));
		break;
	case CONN_SHAKE:
		abort();
	}
}

/*
 * A window is over: may the reply have another?  What the peer took beyond the
 * minimum rate counts for later, up to HTTP_RATE_SPARE windows: programs read
 * in fits, and a full TCP window opens only when a good part is free again.
 */
static bool
fast_enough(struct http_conn *c)
{
	int64_t least = c->server->lim.min_rate *
	    rate_window_ms(c->server) / 1000;
	int64_t now = taken(c);

	if (least < 1)
		least = 1;
	c->credit += now - c->taken;
	c->taken = now;
	if (c->credit > (HTTP_RATE_SPARE + 1) * least)
		c->credit = (HTTP_RATE_SPARE + 1) * least;
	c->credit -= least;
	return c->credit >= 0;
}

void
http_conn_timeout(struct serv_conn *base)
{
	struct http_conn *c = (struct http_conn *)base;

	switch (c->state) {
	case CONN_HEAD:
		conn_dropped(c, "no whole request in time");
		break;
	case CONN_SEND:
		if (fast_enough(c)) {
			conn_enter(c, CONN_SEND);
			return;
		}
		conn_dropped(c, "peer takes it too slowly");
		stream_discard(&base->stream);	/* nor for the kernel */
		break;
	case CONN_IDLE:
	case CONN_LINGER:
		break;
	case CONN_SHAKE:
		abort();
	}
	http_conn_free(base);
}

void
http_conn_shaken(struct serv_conn *base)
{
	struct http_conn *c = (struct http_conn *)base;

	conn_enter(c, CONN_HEAD);
	serv_in_begin(&c->in, c->server->in, HTTP_HEAD_MAX);
	conn_apply(c, WANT_NEXT);
}

/* Its first request has mostly come with it. */
int
http_conn_new(struct serv *s, int fd, const struct net_addr *peer,
    struct err *e)
{
	struct http_conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return err_set(e, ERR_NOMEM, "connection");
	c->server = (struct http_server *)s;
	serv_conn_init(&c->base, s, fd, peer);
	if (s->tls != NULL) {
		if (serv_conn_shake(&c->base,
		    c->server->lim.head_timeout_ms) != ERR_OK)
			http_conn_free(&c->base);
	} else {
		conn_enter(c, CONN_HEAD);
		serv_in_begin(&c->in, c->server->in, HTTP_HEAD_MAX);
		conn_apply(c, conn_read(c));
	}
	return ERR_OK;
}
