/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a storm's TFTP and HTTP have in common.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "phonesim/storm_get.h"

#define ROOM_MIN	4096

void
storm_net_init(struct storm_net *n, struct loop *l)
{
	*n = (struct storm_net){ .loop = l };
	TAILQ_INIT(&n->gets);
}

void
storm_net_clear(struct storm_net *n)
{
	struct storm_get *g;

	while ((g = TAILQ_FIRST(&n->gets)) != NULL)
		storm_get_free(g);
}

bool
storm_net_spare(struct storm_net *n)
{
	struct storm_get *g;

	TAILQ_FOREACH(g, &n->gets, link)
		if (g->dallies) {
			storm_get_free(g);
			return true;
		}
	return false;
}

static int
open_socket(struct storm_net *n, const struct net_addr *a, int type,
    struct err *e)
{
	int fd;

	do {
		fd = socket(a->ss.ss_family, type | SOCK_NONBLOCK |
		    SOCK_CLOEXEC, 0);
	} while (fd == -1 && errno == EMFILE && storm_net_spare(n));
	if (fd == -1)
		(void)err_sys(e, errno == EMFILE || errno == ENFILE ?
		    ERR_LIMIT : ERR_IO, "no socket for a phone");
	return fd;
}

struct storm_get *
storm_get_new(const struct storm_request *q, int type, size_t outcap,
    unsigned events, loop_io_fn *io, loop_timer_fn *timer, struct err *e)
{
	struct storm_get *g;

	if ((g = calloc(1, sizeof(*g))) == NULL ||
	    (g->out = malloc(outcap)) == NULL) {
		free(g);
		(void)err_set(e, ERR_NOMEM, "request of a phone");
		return NULL;
	}
	g->q = *q;
	g->q.name = NULL;
	g->peer = *q->server;
	TAILQ_INSERT_TAIL(&q->net->gets, g, link);
	if ((g->fd = open_socket(q->net, q->server, type, e)) == -1 ||
	    (g->io = loop_io_new(q->net->loop, g->fd, events,
	    LOOP_PRIO_NORMAL, io, g, e)) == NULL ||
	    (g->timer = loop_timer_new(q->net->loop, timer, g, e)) == NULL) {
		storm_get_free(g);
		return NULL;
	}
	return g;
}

void
storm_get_free(struct storm_get *g)
{
	TAILQ_REMOVE(&g->q.net->gets, g, link);
	loop_timer_free(g->timer);
	loop_io_free(g->io);
	if (g->fd != -1)
		(void)close(g->fd);
	free(g->in);
	free(g->out);
	free(g);
}

bool
storm_get_room(struct storm_get *g, size_t n, size_t max)
{
	size_t cap = g->cap > 0 ? g->cap : ROOM_MIN;
	uint8_t *in;

	if (n > max - g->len)
		return false;
	while (cap < g->len + n)
		cap *= 2;
	if (cap == g->cap)
		return true;
	if ((in = realloc(g->in, cap)) == NULL)
		return false;
	g->in = in;
	g->cap = cap;
	return true;
}

void
storm_get_end(struct storm_get *g, int code, const char *why, size_t off)
{
	struct sim_answer a = { .code = code, .why = why };
	storm_got_fn *fn = g->q.fn;
	void *arg = g->q.arg;
	uint8_t *in = g->in;

	if (code == ERR_OK) {
		a.buf = in != NULL ? in + off : (const uint8_t *)"";
		a.len = g->len - off;
	}
	g->in = NULL;
	if (g->dallies)
		g->q.luck = NULL;	/* the phone goes on without it */
	else
		storm_get_free(g);
	fn(arg, &a, in);
}
