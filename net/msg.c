/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A server of small messages over TLS, see msg.h.  Steps return what the
 * connection wants next; only msg_conn_apply acts on that, and frees.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "net/msg_part.h"
#include "net/tls.h"

#define TURN_STEPS	32	/* then others have a turn */

static void
conn_enter(struct msg_conn *c, enum msg_state to)
{
	const struct msg_limits *lim = &c->server->lim;

	c->state = to;
	serv_wait_for(&c->base, to, to == ST_IDLE ? lim->idle_ms :
	    lim->message_ms);
}

/* Nothing of the next message is there. */
static void
conn_enter_idle(struct msg_conn *c)
{
	if (msg_is_talk(c))
		msg_talk_wait(c, ST_REPLY);
	else
		conn_enter(c, ST_IDLE);
}

static void
conn_free(struct serv_conn *base)
{
	struct msg_conn *c = (struct msg_conn *)base;
	struct msg_server *s = c->server;

	if (c->up && s->def->over != NULL)
		s->def->over(s->arg, &c->peer, loop_now_ms(base->serv->loop));
	serv_in_clear(&c->in);
	free(c->out);
	serv_conn_clear(base);
	free(c);
}

/* --- its end --- */

enum msg_want
msg_conn_drop(struct msg_conn *c, const char *why)
{
	if (!msg_is_talk(c))	/* else who talks says it, with more to say */
		serv_conn_dropped(&c->base, c->peer.answered, why);
	(void)str_copy(c->server->why, sizeof(c->server->why), why);
	c->peer.why = c->server->why;
	return WANT_CLOSE;
}

/* The peer is no more there. */
static enum msg_want
conn_gone(struct msg_conn *c)
{
	if (c->state != ST_CLOSE)
		c->peer.why = "the peer went";
	return WANT_CLOSE;
}

/* --- answers --- */

/* Keep what the peer does not take yet. */
static enum msg_want
conn_later(struct msg_conn *c, const uint8_t *buf, size_t len)
{
	if ((c->out = malloc(len)) == NULL)
		return WANT_CLOSE;
	memcpy(c->out, buf, len);
	c->outlen = len;
	if (c->state != ST_SEND)
		conn_enter(c, ST_SEND);
	return WANT_WRITE;
}

static enum msg_want
conn_sent(struct msg_conn *c)
{
	c->peer.answered++;
	if (msg_is_talk(c))
		return msg_talk_sent(c);
	if (serv_draining(c->base.serv)) {
		(void)c->base.stream.ops->finish(&c->base.stream);
		return WANT_CLOSE;
	}
	conn_enter(c, c->in.len > 0 ? ST_PART : ST_IDLE);
	return WANT_NEXT;
}

/* One write, which is one TLS record: some phones read no answer that comes
 * in two. */
enum msg_want
msg_conn_send(struct msg_conn *c, const uint8_t *buf, size_t len)
{
	struct stream *st = &c->base.stream;
	size_t sent = 0;
	ssize_t n;

	while (sent < len) {
		const struct iovec v = {
			.iov_base = (void *)(uintptr_t)(buf + sent),
			.iov_len = len - sent,
		};

		if ((n = st->ops->send(st, &v, 1, false)) == -1) {
			if (errno == EAGAIN || errno == EINTR)
				return conn_later(c, buf + sent, len - sent);
			return conn_gone(c);
		}
		sent += (size_t)n;
	}
	return conn_sent(c);
}

static enum msg_want
conn_resend(struct msg_conn *c)
{
	uint8_t *buf = c->out;
	enum msg_want w;

	c->out = NULL;
	w = msg_conn_send(c, buf, c->outlen);
	free(buf);
	return w;
}

static enum msg_want
conn_answer(struct msg_conn *c, size_t len)
{
	struct msg_server *s = c->server;
	struct err e = { 0 };
	size_t n = 0;
	int ret;

	if (s->def->talk != NULL)
		return msg_talk(c, len);
	ret = s->def->answer(s->arg, &c->peer,
	    (uint8_t *)c->in.buf + c->in.at, len, s->out, &n, &e);
	serv_in_drop(&c->in, len);
	if (ret != ERR_OK)
		return msg_conn_drop(c, e.msg);
	return msg_conn_send(c, s->out, n);
}

/* --- receiving --- */

/* One message off the buffer, if it is there whole. */
static enum msg_want
conn_next(struct msg_conn *c)
{
	const uint8_t *p = (uint8_t *)c->in.buf + c->in.at;
	struct stream *st = &c->base.stream;
	struct err e = { 0 };
	size_t need = 1;

	if (c->state == ST_CLOSE)
		return msg_talk_closing(c);
	if (c->in.len > 0 && c->server->def->need(p, c->in.len, &need, &e) !=
	    ERR_OK)
		return msg_conn_drop(c, e.msg);
	if (c->in.len > 0 && need <= c->in.len)
		return conn_answer(c, need);
	if (c->eof)
		return conn_gone(c);
	if (c->in.len > 0 && c->state != ST_PART)
		conn_enter(c, ST_PART);	/* a byte now and then wins no time */
	else if (c->in.len == 0 && c->state == ST_SEND)
		conn_enter_idle(c);
	return st->ops->pending(st) ? WANT_MORE : WANT_READ;
}

static enum msg_want
conn_read(struct msg_conn *c)
{
	ssize_t n = serv_in_recv(&c->in, &c->base.stream);

	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? WANT_READ :
		    conn_gone(c);
	if (n == 0)
		c->eof = true;
	return WANT_NEXT;
}

/* --- dispatch --- */

/* Others have their turn; so that it is also the peer's to take what he got,
 * it goes on when that can be written to. */
static enum msg_want
conn_rest(struct msg_conn *c)
{
	if (c->state != ST_CLOSE)
		conn_enter(c, ST_SEND);
	return WANT_WRITE;
}

/* c may be gone afterwards. */
void
msg_conn_apply(struct msg_conn *c, enum msg_want want)
{
	for (int i = 0; want == WANT_NEXT || want == WANT_MORE; i++)
		if (i == TURN_STEPS)
			want = conn_rest(c);
		else
			want = want == WANT_NEXT ? conn_next(c) : conn_read(c);
	if (want == WANT_CLOSE || serv_in_keep(&c->in) != ERR_OK ||
	    serv_conn_watch(&c->base, want == WANT_WRITE ? LOOP_WRITE :
	    want == WANT_READ ? LOOP_READ : 0) != ERR_OK)
		conn_free(&c->base);
}

void
msg_conn_begin(struct msg_conn *c)
{
	serv_in_begin(&c->in, c->server->in, c->server->def->max);
}

static void
conn_ready(void *arg, int fd, unsigned events)
{
	struct msg_conn *c = arg;

	(void)fd;
	msg_conn_begin(c);
	if (c->out != NULL)
		msg_conn_apply(c, conn_resend(c));
	else if (c->state == ST_HOLD)	/* it has its turn later */
		msg_conn_apply(c, WANT_NOTHING);
	else	/* writable: a turn was over with messages in the buffer */
		msg_conn_apply(c, events & LOOP_READ ? conn_read(c) : WANT_NEXT);
}

static void
conn_shaken(struct serv_conn *base)
{
	struct msg_conn *c = (struct msg_conn *)base;

	c->up = true;
	c->peer.resumed = tls_resumed(&base->stream);
	msg_conn_begin(c);
	if (msg_is_talk(c)) {
		msg_conn_apply(c, msg_talk(c, 0));
		return;
	}
	conn_enter(c, ST_IDLE);
	msg_conn_apply(c, WANT_NEXT);
}

static void
conn_timeout(struct serv_conn *base)
{
	struct msg_conn *c = (struct msg_conn *)base;

	switch (c->state) {
	case ST_PART:
		(void)msg_conn_drop(c, "no whole message in time");
		break;
	case ST_SEND:
		(void)msg_conn_drop(c, "the peer does not take the answer");
		break;
	case ST_REPLY:
	case ST_LONG:
		(void)msg_conn_drop(c, "no message in time");
		break;
	case ST_HOLD:
		(void)msg_conn_drop(c, "what it waits for did not come in time");
		break;
	case ST_SHAKE:		/* serv's */
	case ST_IDLE:
		(void)base->stream.ops->finish(&base->stream);
		break;
	case ST_CLOSE:
		break;
	}
	conn_free(base);
}

struct msg_peer *
msg_peer(struct msg_conn *c)
{
	return &c->peer;
}

static int
conn_new(struct serv *base, int fd, const struct net_addr *peer,
    struct err *e)
{
	struct msg_server *s = (struct msg_server *)base;
	struct msg_conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return err_set(e, ERR_NOMEM, "connection");
	c->server = s;
	c->peer.addr = *peer;
	c->peer.began_ms = loop_now_ms(base->loop);
	serv_conn_init(&c->base, base, fd, peer);
	if (serv_conn_shake(&c->base, s->lim.handshake_ms) != ERR_OK)
		conn_free(&c->base);
	return ERR_OK;
}

/* --- server --- */

struct msg_server *
msg_server_new(struct loop *l, int listenfd, const struct msg_limits *lim,
    struct net_count *count, struct ssl_ctx_st *ctx,
    const struct msg_def *def, void *arg, struct err *e)
{
	struct msg_server *s = calloc(1, sizeof(*s));

	if (s == NULL || (s->in = malloc(def->max)) == NULL ||
	    (s->out = malloc(def->max)) == NULL) {
		(void)err_set(e, ERR_NOMEM, "server");
		msg_server_free(s);
		return NULL;
	}
	s->def = def;
	s->arg = arg;
	s->ops = (struct serv_ops){
		.full = def->full, .starved = def->starved,
		.failed = def->failed, .dropped = def->dropped,
		.take = conn_new, .shaken = conn_shaken, .ready = conn_ready,
		.timeout = conn_timeout, .free = conn_free,
	};
	msg_server_set_limits(s, lim);
	serv_set_tls(&s->base, ctx);
	if (serv_init(&s->base, l, listenfd, count, &s->ops, e) != ERR_OK) {
		msg_server_free(s);
		return NULL;
	}
	return s;
}

void
msg_server_set_tls(struct msg_server *s, struct ssl_ctx_st *ctx)
{
	serv_set_tls(&s->base, ctx);
}

void
msg_server_set_limits(struct msg_server *s, const struct msg_limits *lim)
{
	s->lim = *lim;
	s->base.max_handshakes = lim->max_handshakes;
}

void
msg_server_drain(struct msg_server *s)
{
	serv_drain(&s->base);
	serv_end_waiting(&s->base, ST_IDLE);
}

size_t
msg_server_connections(const struct msg_server *s)
{
	return s->base.nconns;
}

uint64_t
msg_server_turned_away(const struct msg_server *s)
{
	return s->base.turned_away;
}

void
msg_server_free(struct msg_server *s)
{
	if (s == NULL)
		return;
	if (s->base.ops != NULL)
		serv_clear(&s->base);
	free(s->in);
	free(s->out);
	free(s);
}
