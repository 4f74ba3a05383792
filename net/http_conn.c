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

#include "base/log.h"
#include "net/internal.h"

#define HTTP_TURN_REQUESTS	16	/* then others have a turn */
#define HTTP_LINGER_MS		1000
#define HTTP_LINGER_BYTES	(64 * 1024)

enum conn_state {
	CONN_HELLO,	/* waiting for the first byte of TLS */
	CONN_SHAKE,	/* in the TLS handshake */
	CONN_IDLE,	/* a reply is over, the next head has not begun */
	CONN_HEAD,	/* waiting for the rest of a head */
	CONN_SEND,
	CONN_LINGER,	/* all said; the peer closes, or HTTP_LINGER_MS do */
};

enum conn_want {
	WANT_READ,
	WANT_WRITE,
	WANT_NEXT,	/* see whether the buffer holds another request */
	WANT_MORE,	/* read what polling would not show */
	WANT_HELD,	/* the rest of a handshake: events say */
	WANT_CLOSE,
};

struct http_conn {
	struct http_conn	*next, *prev;
	struct http_server	*server;
	struct loop_io		*io;
	struct loop_timer	*timer;
	struct net_addr		 peer;
	struct stream		 stream;
	enum conn_state		 state;
	unsigned		 events;	/* of WANT_HELD */
	int64_t			 began_ms;	/* the handshake */
	bool			 eof;		/* the peer sends no more */
	bool			 last;		/* end after this reply */

	char			 in[HTTP_HEAD_MAX];
	size_t			 inlen, seen;	/* seen: no end in these */

	struct http_out		 out;		/* the reply under way */
	uint64_t		 rate_pos;	/* out.pos when the window began */
	uint64_t		 lingered;
};

static loop_io_fn	 conn_ready;

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
	case CONN_HELLO:
		loop_timer_set(c->timer, lim->head_timeout_ms);
		break;
	case CONN_SHAKE:	/* under the deadline of CONN_HELLO */
		break;
	case CONN_IDLE:
		loop_timer_set(c->timer, lim->idle_timeout_ms);
		break;
	case CONN_HEAD:
		loop_timer_set(c->timer, lim->head_timeout_ms);
		break;
	case CONN_SEND:
		c->rate_pos = c->out.pos;
		loop_timer_set(c->timer, rate_window_ms(c->server));
		break;
	case CONN_LINGER:
		loop_timer_set(c->timer, HTTP_LINGER_MS);
		break;
	}
}

static void
log_refused(const struct http_conn *c, int status, const char *why)
{
	char peer[NET_ADDR_TEXT];

	net_addr_text(&c->peer, peer);
	log_event(LOG_INFO, "http.refused", LOG_STR("peer", peer),
	    LOG_I64("status", status), LOG_STR("why", why));
}

static void
log_dropped(const struct http_conn *c, const char *why)
{
	char peer[NET_ADDR_TEXT];

	net_addr_text(&c->peer, peer);
	log_event(LOG_INFO, "http.dropped", LOG_STR("peer", peer),
	    LOG_U64("bytes", c->out.pos), LOG_STR("why", why));
}

/* --- the input buffer --- */

static void
in_drop(struct http_conn *c, size_t n)
{
	c->inlen -= n;
	memmove(c->in, c->in + n, c->inlen);
	c->seen = 0;
}

/* Empty lines before a request line are ignored (section 2.2). */
static void
skip_empty_lines(struct http_conn *c)
{
	size_t n = 0;

	while (n < c->inlen && (c->in[n] == '\r' || c->in[n] == '\n'))
		n++;
	if (n > 0)
		in_drop(c, n);
}

/* --- replies --- */

static void
conn_reply(struct http_conn *c, const struct http_reply *r, bool with_body)
{
	c->last = c->last || c->server->listen == NULL;
	http_out_begin(&c->out, r, with_body, !c->last);
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

/* The reply is out: the connection goes on, or lingers so that no reset
 * overtakes the last bytes. */
static enum conn_want
conn_replied(struct http_conn *c)
{
	http_out_end(&c->out);
	skip_empty_lines(c);
	if (!c->last && c->server->listen != NULL) {
		conn_enter(c, c->inlen > 0 ? CONN_HEAD : CONN_IDLE);
		return WANT_NEXT;
	}
	if (c->eof || c->stream.ops->finish(&c->stream) == -1)
		return WANT_CLOSE;
	conn_enter(c, CONN_LINGER);
	return WANT_READ;
}

static enum conn_want
conn_send(struct http_conn *c)
{
	struct err e = { 0 };

	switch (http_out_send(&c->out, &c->stream, &e)) {
	case 1:
		return conn_replied(c);
	case 0:
		return WANT_WRITE;
	default:
		log_dropped(c, e.msg);
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
	int status = http_head_parse(&h, c->in, headlen, &e);

	if (status != 200) {
		conn_refuse(c, status, e.msg);
	} else {
		c->last = !h.keep_alive;
		s->fn(s->arg, &h, &c->peer, &r);
		http_conditional(&h, &r);
		conn_reply(c, &r, h.method == HTTP_GET);
	}
	in_drop(c, headlen);	/* h points into it */
}

/* One request off the buffer, if it is there whole. */
static enum conn_want
conn_request(struct http_conn *c)
{
	size_t n;

	skip_empty_lines(c);
	n = http_head_end(c->in, c->inlen, c->seen);
	if (n == 0 && c->inlen < sizeof(c->in)) {
		c->seen = c->inlen;
		if (c->eof)
			return WANT_CLOSE;
		return c->stream.ops->pending(&c->stream) ? WANT_MORE :
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
	ssize_t n = c->stream.ops->recv(&c->stream, c->in + c->inlen,
	    sizeof(c->in) - c->inlen);

	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? WANT_READ :
		    WANT_CLOSE;
	if (n == 0)
		c->eof = true;
	c->inlen += (size_t)n;
	if (c->state == CONN_IDLE && n > 0)
		conn_enter(c, CONN_HEAD);
	return WANT_NEXT;
}

/* What still comes is of no interest, under TLS as well. */
static enum conn_want
conn_linger(struct http_conn *c)
{
	ssize_t n = recv(c->stream.fd, c->in, sizeof(c->in), 0);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return WANT_READ;
	if (n <= 0 || (c->lingered += (uint64_t)n) > HTTP_LINGER_BYTES)
		return WANT_CLOSE;
	return WANT_READ;
}

/* --- TLS --- */

static bool
in_handshake(const struct http_conn *c)
{
	return c->state == CONN_HELLO || c->state == CONN_SHAKE;
}

/* Established: from now on before those in their handshake. */
static enum conn_want
conn_shaken(struct http_conn *c)
{
	http_server_handshake_over(c->server);
	conn_enter(c, CONN_HEAD);
	loop_io_free(c->io);
	c->io = loop_io_new(c->server->loop, c->stream.fd, LOOP_READ,
	    LOOP_PRIO_NORMAL, conn_ready, c, NULL);
	return c->io != NULL ? WANT_NEXT : WANT_CLOSE;
}

static enum conn_want
conn_shake(struct http_conn *c)
{
	struct err e = { 0 };

	switch (stream_handshake(&c->stream, &c->events, &e)) {
	case 1:
		return conn_shaken(c);
	case 0:
		return WANT_HELD;
	default:
		log_dropped(c, e.msg);
		return WANT_CLOSE;
	}
}

/* Only who begins to speak TLS costs more than a socket. */
static enum conn_want
conn_hello(struct http_conn *c)
{
	struct err e = { 0 };
	int r = stream_peek_tls(&c->stream);

	if (r == 0)
		return WANT_READ;
	if (r < 0) {
		log_dropped(c, "not TLS");
		return WANT_CLOSE;
	}
	if (stream_tls(&c->stream, c->server->tls, &e) != ERR_OK) {
		log_dropped(c, e.msg);
		return WANT_CLOSE;
	}
	conn_enter(c, CONN_SHAKE);
	return conn_shake(c);
}

/* --- dispatch --- */

static void
conn_free(struct http_conn *c)
{
	struct http_server *s = c->server;

	if (in_handshake(c))
		http_server_handshake_over(s);
	http_out_end(&c->out);
	if (c->next != NULL)
		c->next->prev = c->prev;
	if (c->prev != NULL)
		c->prev->next = c->next;
	else if (s->conns == c)
		s->conns = c->next;
	loop_io_free(c->io);
	loop_timer_free(c->timer);
	net_count_del(s->count, &c->peer);
	stream_close(&c->stream);
	free(c);
}

/* c may be gone afterwards. */
static void
conn_apply(struct http_conn *c, enum conn_want want)
{
	unsigned events = LOOP_READ;

	for (int i = 0; want == WANT_NEXT || want == WANT_MORE; i++)
		if (i == HTTP_TURN_REQUESTS)
			want = WANT_WRITE;
		else
			want = want == WANT_NEXT ? conn_request(c) :
			    conn_read(c);
	if (want == WANT_WRITE)
		events = LOOP_WRITE;
	if (want == WANT_HELD)
		events = c->events;
	if (want == WANT_CLOSE || loop_io_set(c->io, events) != ERR_OK)
		conn_free(c);
}

static void
conn_ready(void *arg, int fd, unsigned events)
{
	struct http_conn *c = arg;

	(void)fd;
	switch (c->state) {
	case CONN_HELLO:
		conn_apply(c, conn_hello(c));
		break;
	case CONN_SHAKE:
		conn_apply(c, conn_shake(c));
		break;
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
	}
}

/* A reply that went at least at the minimum rate has another window. */
static enum conn_want
conn_rate(struct http_conn *c)
{
	int64_t least = c->server->lim.min_rate *
	    rate_window_ms(c->server) / 1000;

	if (c->out.pos - c->rate_pos < (uint64_t)(least > 1 ? least : 1)) {
		log_dropped(c, "peer takes it too slowly");
		return WANT_CLOSE;
	}
	conn_enter(c, CONN_SEND);
	return WANT_WRITE;
}

static void
conn_timeout(void *arg)
{
	struct http_conn *c = arg;

	switch (c->state) {
	case CONN_SHAKE:
		log_dropped(c, "no whole TLS handshake in time");
		conn_apply(c, WANT_CLOSE);
		break;
	case CONN_HEAD:
		log_dropped(c, "no whole request in time");
		conn_apply(c, WANT_CLOSE);
		break;
	case CONN_SEND:
		conn_apply(c, conn_rate(c));
		break;
	case CONN_HELLO:
	case CONN_IDLE:
	case CONN_LINGER:
		conn_apply(c, WANT_CLOSE);
		break;
	}
}

int
http_conn_new(struct http_server *s, int fd, const struct net_addr *peer,
    struct err *e)
{
	struct http_conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return err_set(e, ERR_NOMEM, "connection");
	c->server = s;
	stream_plain(&c->stream, fd);
	c->peer = *peer;
	c->began_ms = loop_now_ms(s->loop);
	if ((c->timer = loop_timer_new(s->loop, conn_timeout, c, e)) == NULL ||
	    (c->io = loop_io_new(s->loop, fd, LOOP_READ, s->tls != NULL ?
	    LOOP_PRIO_LOW : LOOP_PRIO_NORMAL, conn_ready, c, e)) == NULL) {
		loop_timer_free(c->timer);
		free(c);
		return ERR_NOMEM;
	}
	if ((c->next = s->conns) != NULL)
		c->next->prev = c;
	s->conns = c;
	if (s->tls != NULL)
		s->handshakes++;
	conn_enter(c, s->tls != NULL ? CONN_HELLO : CONN_HEAD);
	return ERR_OK;
}

/* When something has come, the peer waits for us: that is not its fault. */
void
http_conn_end_slow(struct http_server *s)
{
	int64_t before = loop_now_ms(s->loop) - HTTP_CROWDED_MS;
	struct http_conn *c, *next;

	for (c = s->conns; c != NULL; c = next) {
		next = c->next;
		if (in_handshake(c) && c->began_ms < before &&
		    stream_peek_tls(&c->stream) == 0) {
			log_dropped(c, "slow TLS handshake, others wait");
			conn_free(c);
		}
	}
}

void
http_conn_end_idle(struct http_server *s)
{
	struct http_conn *c, *next;

	for (c = s->conns; c != NULL; c = next) {
		next = c->next;
		if (c->state == CONN_IDLE || c->state == CONN_HELLO)
			conn_free(c);
	}
}

void
http_conn_end_all(struct http_server *s)
{
	while (s->conns != NULL)
		conn_free(s->conns);
}
