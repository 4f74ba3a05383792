/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Accepting HTTP connections within bounds, see http.h.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/internal.h"
#include "net/tls.h"

#define HTTP_TURN_ACCEPTS	16	/* with a request each */
#define HTTP_PAUSE_MS		200	/* when descriptors have run out */

/*
 * Best effort: what cannot be written at once is not, and a request that has
 * come is taken out so that closing does not reset the answer away.  Under
 * TLS a whole handshake would cost what the limit is to save: an alert before
 * it is all that can be said (RFC 8446, section 6).
 */
static void
turn_away(struct http_server *s, int fd, const struct net_addr *peer)
{
	static const char alert[] = { 0x15, 3, 1, 0, 2, 2, 80 };
	struct http_reply r = { .status = 503, .type = "text/plain",
	    .fd = -1 };
	char buf[HTTP_REPLY_HEAD_MAX], text[NET_ADDR_TEXT];
	size_t n;

	if (s->tls == NULL) {
		n = http_reply_head(buf, &r, false, http_date_at(&s->date,
		    clock_wall_s(clock_system())));
		(void)send(fd, buf, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	} else {
		(void)send(fd, alert, sizeof(alert),
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	(void)shutdown(fd, SHUT_WR);
	(void)recv(fd, s->in, sizeof(s->in), MSG_DONTWAIT);
	(void)close(fd);
	s->turned_away++;
	if (s->full)
		return;
	s->full = true;		/* one line until someone is let in again */
	net_addr_text(peer, text);
	log_event(LOG_WARNING, "http.full", LOG_STR("peer", text),
	    LOG_U64("connections", net_count_total(s->count)),
	    LOG_STR("why", "limit of connections in all or per address"));
}

static void
take_conn(struct http_server *s, int fd, const struct net_addr *peer)
{
	struct err e = { 0 };

	if (!net_count_add(s->count, peer)) {
		turn_away(s, fd, peer);
		return;
	}
	s->full = false;
	if (http_conn_new(s, fd, peer, &e) != ERR_OK) {
		log_err(LOG_ERR, "http.failed", &e);
		net_count_del(s->count, peer);
		(void)close(fd);
	}
}

/*
 * Out of descriptors or memory: the socket stays readable, so accepting rests
 * for a while instead of spinning.
 */
static void
accept_failed(struct http_server *s, int error)
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
	loop_timer_set(s->pause, HTTP_PAUSE_MS);
	if (s->starved)
		return;
	s->starved = true;
	log_event(LOG_ERR, "http.starved", LOG_STR("why", strerror(error)),
	    LOG_U64("connections", net_count_total(s->count)));
}

static bool
is_crowded(const struct http_server *s)
{
	size_t max = s->lim.max_handshakes > 0 ? s->lim.max_handshakes :
	    HTTP_HANDSHAKES;

	return s->tls != NULL && s->handshakes >= max;
}

/* The kernel's queue keeps those that come; they are not turned away. */
static void
accept_rest(struct http_server *s)
{
	s->crowded = true;
	(void)loop_io_set(s->listen, 0);
	loop_timer_set(s->pause, HTTP_PAUSE_MS);
}

void
http_server_handshake_over(struct http_server *s)
{
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
	struct http_server *s = arg;
	struct sockaddr_storage ss;
	struct net_addr peer;
	socklen_t len;
	int fd;

	(void)events;
	for (int i = 0; i < HTTP_TURN_ACCEPTS && s->listen != NULL; i++) {
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
	struct http_server *s = arg;

	if (s->crowded)
		http_shake_end_slow(s);
	if (s->crowded)		/* still */
		loop_timer_set(s->pause, HTTP_PAUSE_MS);
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

struct http_server *
http_server_new(struct loop *l, int listenfd, const struct http_limits *lim,
    struct net_count *count, http_handler *fn, void *arg, struct err *e)
{
	struct http_server *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_set(e, ERR_NOMEM, "HTTP server");
		return NULL;
	}
	s->loop = l;
	s->lim = *lim;
	s->count = count;
	s->fn = fn;
	s->arg = arg;
	set_listener(listenfd);
	if (http_wait_init(s, e) != ERR_OK ||
	    (s->pause = loop_timer_new(l, accept_again, s, e)) == NULL ||
	    (s->listen = loop_io_new(l, listenfd, LOOP_READ, LOOP_PRIO_NORMAL,
	    accept_ready, s, e)) == NULL) {
		http_server_free(s);
		return NULL;
	}
	return s;
}

void
http_server_set_tls(struct http_server *s, struct ssl_ctx_st *ctx)
{
	struct ssl_ctx_st *old = s->tls;

	s->tls = tls_ctx_ref(ctx);
	tls_ctx_unref(old);
}

void
http_server_set_limits(struct http_server *s, const struct http_limits *lim)
{
	s->lim = *lim;
}

void
http_server_drain(struct http_server *s)
{
	loop_io_free(s->listen);
	s->listen = NULL;
	http_conn_end_idle(s);
}

size_t
http_server_connections(const struct http_server *s)
{
	return s->nconns;
}

uint64_t
http_server_turned_away(const struct http_server *s)
{
	return s->turned_away;
}

void
http_server_free(struct http_server *s)
{
	if (s == NULL)
		return;
	http_conn_end_all(s);
	loop_io_free(s->listen);
	loop_timer_free(s->pause);
	loop_timer_free(s->alarm);
	tls_ctx_unref(s->tls);
	free(s);
}
