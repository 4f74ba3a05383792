/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Accepting connections within bounds, see serv.h.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "net/serv.h"
#include "net/tls.h"

#define TURN_ACCEPTS	16	/* with a request each */
#define PAUSE_MS	200	/* when descriptors have run out */

/*
 * Best effort: what cannot be written at once is not, and a request that has
 * come is taken out so that closing does not reset the answer away.  Under
 * TLS a whole handshake would cost what the limit is to save: an alert before
 * it is all that can be said (RFC 8446, section 6).
 */
static void
turn_away(struct serv *s, int fd, const struct net_addr *peer)
{
	static const char alert[] = { 0x15, 3, 1, 0, 2, 2, 80 };
	char text[NET_ADDR_TEXT], buf[8192];

	if (s->tls != NULL)
		(void)send(fd, alert, sizeof(alert),
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	else if (s->ops->refuse != NULL)
		s->ops->refuse(s, fd);
	(void)shutdown(fd, SHUT_WR);
	(void)recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	(void)close(fd);
	s->turned_away++;
	if (s->full)
		return;
	s->full = true;		/* one line until someone is let in again */
	net_addr_text(peer, text);
	log_event(LOG_WARNING, s->ops->full, LOG_STR("peer", text),
	    LOG_U64("connections", net_count_total(s->count)),
	    LOG_STR("why", "limit of connections in all or per address"));
}

static void
take_conn(struct serv *s, int fd, const struct net_addr *peer)
{
	struct err e = { 0 };

	if (!net_count_add(s->count, peer)) {
		turn_away(s, fd, peer);
		return;
	}
	s->full = false;
	if (s->ops->take(s, fd, peer, &e) != ERR_OK) {
		log_err(LOG_ERR, s->ops->failed, &e);
		net_count_del(s->count, peer);
		(void)close(fd);
	}
}

/*
 * Out of descriptors or memory: the socket stays readable, so accepting rests
 * for a while instead of spinning.
 */
static void
accept_failed(struct serv *s, int error)
{
	switch (error) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		break;
	default:
		return;		/* EAGAIN, or a connection that went again */
	}
	(void)loop_io_set(s->listen, 0);
	loop_timer_set(s->pause, PAUSE_MS);
	if (s->starved)
		return;
	s->starved = true;
	log_event(LOG_ERR, s->ops->starved, LOG_STR("why", strerror(error)),
	    LOG_U64("connections", net_count_total(s->count)));
}

static bool
is_crowded(const struct serv *s)
{
	size_t max = s->max_handshakes > 0 ? s->max_handshakes :
	    SERV_HANDSHAKES;

	return s->tls != NULL && s->handshakes >= max;
}

/* The kernel's queue keeps those that come; they are not turned away. */
static void
accept_rest(struct serv *s)
{
	s->crowded = true;
	(void)loop_io_set(s->listen, 0);
	loop_timer_set(s->pause, PAUSE_MS);
}

void
serv_shake_over(struct serv_conn *c)
{
	struct serv *s = c->serv;

	c->phase = SERV_UP;
	s->handshakes--;
	if (!s->crowded || is_crowded(s))
		return;
	s->crowded = false;
	if (s->listen != NULL)
		(void)loop_io_set(s->listen, LOOP_READ);
}

static void
accept_ready(void *arg, int listenfd, unsigned events)
{
	struct serv *s = arg;
	struct sockaddr_storage ss;
	struct net_addr peer;
	socklen_t len;
	int fd;

	(void)events;
	for (int i = 0; i < TURN_ACCEPTS && s->listen != NULL; i++) {
		if (is_crowded(s)) {
			accept_rest(s);
			return;
		}
		len = sizeof(ss);
		if ((fd = accept4(listenfd, (struct sockaddr *)&ss, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC)) == -1) {
			accept_failed(s, errno);
			return;
		}
		s->starved = false;
		net_addr_from(&peer, (struct sockaddr *)&ss, len);
		take_conn(s, fd, &peer);
	}
}

static void
accept_again(void *arg)
{
	struct serv *s = arg;

	if (s->crowded)
		serv_shake_end_slow(s);
	if (s->crowded)		/* still */
		loop_timer_set(s->pause, PAUSE_MS);
	else if (s->listen != NULL)
		(void)loop_io_set(s->listen, LOOP_READ);
}

/*
 * Connections inherit TCP_NODELAY.  The kernel shows a connection when its
 * request has come, or a second later: nothing of ours waits for that.
 */
static void
set_listener(int listenfd)
{
	static const int on = 1, seconds = 1;

	(void)setsockopt(listenfd, IPPROTO_TCP, TCP_NODELAY, &on,
	    sizeof(on));
	(void)setsockopt(listenfd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds,
	    sizeof(seconds));
}

int
serv_init(struct serv *s, struct loop *l, int listenfd,
    struct net_count *count, const struct serv_ops *ops, struct err *e)
{
	s->loop = l;
	s->count = count;
	s->ops = ops;
	set_listener(listenfd);
	if (serv_wait_init(s, e) != ERR_OK ||
	    (s->pause = loop_timer_new(l, accept_again, s, e)) == NULL ||
	    (s->listen = loop_io_new(l, listenfd, LOOP_READ, LOOP_PRIO_NORMAL,
	    accept_ready, s, e)) == NULL)
		return ERR_NOMEM;
	return ERR_OK;
}

void
serv_clear(struct serv *s)
{
	serv_end_all(s);
	loop_io_free(s->listen);
	loop_timer_free(s->pause);
	loop_timer_free(s->alarm);
	tls_ctx_unref(s->tls);
}

void
serv_set_tls(struct serv *s, struct ssl_ctx_st *ctx)
{
	struct ssl_ctx_st *old = s->tls;

	s->tls = tls_ctx_ref(ctx);
	tls_ctx_unref(old);
}

void
serv_drain(struct serv *s)
{
	struct serv_conn *c, *next;

	loop_io_free(s->listen);
	s->listen = NULL;
	for (c = TAILQ_FIRST(&s->waiting[SERV_WAIT_SHAKE]); c != NULL;
	    c = next) {
		next = TAILQ_NEXT(c, entry);
		if (c->phase == SERV_HELLO)
			s->ops->free(c);
	}
}

bool
serv_draining(const struct serv *s)
{
	return s->listen == NULL;
}

/* --- one connection --- */

void
serv_conn_init(struct serv_conn *c, struct serv *s, int fd,
    const struct net_addr *peer)
{
	c->serv = s;
	stream_plain(&c->stream, fd);
	c->peer = *peer;
	s->nconns++;
}

int
serv_conn_shake(struct serv_conn *c, int64_t ms)
{
	c->phase = SERV_HELLO;
	c->began_ms = loop_now_ms(c->serv->loop);
	c->serv->handshakes++;
	serv_wait_for(c, SERV_WAIT_SHAKE, ms);
	return serv_conn_watch(c, LOOP_READ);
}

int
serv_conn_watch(struct serv_conn *c, unsigned events)
{
	bool up = c->phase == SERV_UP;

	if (c->io != NULL)
		return loop_io_set(c->io, events);
	c->io = loop_io_new(c->serv->loop, c->stream.fd, events,
	    up ? LOOP_PRIO_NORMAL : LOOP_PRIO_LOW,
	    up ? c->serv->ops->ready : serv_shake_ready, c, NULL);
	return c->io != NULL ? ERR_OK : ERR_NOMEM;
}

void
serv_conn_clear(struct serv_conn *c)
{
	struct serv *s = c->serv;

	if (c->phase != SERV_UP)
		serv_shake_over(c);
	serv_wait_end(c);
	loop_io_free(c->io);
	net_count_del(s->count, &c->peer);
	stream_close(&c->stream);
	s->nconns--;
}

void
serv_conn_dropped(const struct serv_conn *c, uint64_t bytes, const char *why)
{
	char peer[NET_ADDR_TEXT];

	net_addr_text(&c->peer, peer);
	log_event(LOG_INFO, c->serv->ops->dropped, LOG_STR("peer", peer),
	    LOG_U64("bytes", bytes), LOG_STR("why", why));
}

void
serv_end_waiting(struct serv *s, unsigned what)
{
	while (!TAILQ_EMPTY(&s->waiting[what]))
		s->ops->free(TAILQ_FIRST(&s->waiting[what]));
}

void
serv_end_all(struct serv *s)
{
	for (unsigned i = 0; i < SERV_WAITS; i++)
		serv_end_waiting(s, i);
}
