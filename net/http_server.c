/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A server of HTTP connections, see http.h.
 */
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "net/internal.h"

static void
refuse(struct serv *base, int fd)
{
	struct http_server *s = (struct http_server *)base;
	struct http_reply r = { .status = 503, .type = "text/plain",
	    .fd = -1 };
	char buf[HTTP_REPLY_HEAD_MAX];
	size_t n;

	n = http_reply_head(buf, &r, false, http_date_at(&s->date,
	    clock_wall_s(clock_system())));
	(void)send(fd, buf, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

struct http_server *
http_server_new(struct loop *l, int listenfd, const struct http_limits *lim,
    struct net_count *count, http_handler *fn, void *arg, struct err *e)
{
	static const struct serv_ops ops = {
		.full = "http.full", .starved = "http.starved",
		.failed = "http.failed", .dropped = "http.dropped",
		.take = http_conn_new, .refuse = refuse,
		.shaken = http_conn_shaken, .ready = http_conn_ready,
		.timeout = http_conn_timeout, .free = http_conn_free,
	};
	struct http_server *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_set(e, ERR_NOMEM, "HTTP server");
		return NULL;
	}
	http_server_set_limits(s, lim);
	s->fn = fn;
	s->arg = arg;
	if (serv_init(&s->base, l, listenfd, count, &ops, e) != ERR_OK) {
		http_server_free(s);
		return NULL;
	}
	return s;
}

void
http_server_set_tls(struct http_server *s, struct ssl_ctx_st *ctx)
{
	serv_set_tls(&s->base, ctx);
}

void
http_server_set_limits(struct http_server *s, const struct http_limits *lim)
{
	s->lim = *lim;
	s->base.max_handshakes = lim->max_handshakes;
}

void
http_server_drain(struct http_server *s)
{
	serv_drain(&s->base);
	serv_end_waiting(&s->base, CONN_IDLE);
}

size_t
http_server_connections(const struct http_server *s)
{
	return s->base.nconns;
}

uint64_t
http_server_turned_away(const struct http_server *s)
{
	return s->base.turned_away;
}

void
http_server_free(struct http_server *s)
{
	if (s == NULL)
		return;
	serv_clear(&s->base);
	free(s);
}
