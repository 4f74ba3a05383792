/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The TLS handshake of a server's connection, see serv.h.
 */
#include "net/serv.h"

static void
drop(struct serv_conn *c, const char *why)
{
	serv_conn_dropped(c, 0, why);
	c->serv->ops->free(c);
}

/* Established: from now on before those in their handshake. */
static void
shaken(struct serv_conn *c)
{
	serv_shake_over(c);
	loop_io_change(c->io, LOOP_PRIO_NORMAL, c->serv->ops->ready);
	if (serv_conn_watch(c, LOOP_READ) == ERR_OK)
		c->serv->ops->shaken(c);
	else
		c->serv->ops->free(c);
}

static void
shake(struct serv_conn *c)
{
	struct err e = { 0 };
	unsigned events;

	switch (stream_handshake(&c->stream, &events, &e)) {
	case 1:
		shaken(c);
		break;
	case 0:
		if (serv_conn_watch(c, events) != ERR_OK)
			c->serv->ops->free(c);
		break;
	default:
		drop(c, e.msg);
	}
}

/* Only who begins to speak TLS costs more than a socket. */
static void
hello(struct serv_conn *c)
{
	struct err e = { 0 };
	int r = stream_peek_tls(&c->stream);

	if (r == 0)
		return;
	if (r < 0) {
		drop(c, "not TLS");
		return;
	}
	if (stream_tls(&c->stream, c->serv->tls, &e) != ERR_OK) {
		drop(c, e.msg);
		return;
	}
	c->phase = SERV_SHAKE;
	shake(c);
}

void
serv_shake_ready(void *arg, int fd, unsigned events)
{
	struct serv_conn *c = arg;

	(void)fd;
	(void)events;
	if (c->phase == SERV_HELLO)
		hello(c);
	else
		shake(c);
}

void
serv_shake_timeout(struct serv_conn *c)
{
	if (c->phase == SERV_SHAKE)
		drop(c, "no whole TLS handshake in time");
	else
		c->serv->ops->free(c);
}

/* Oldest first.  When something has come, the peer waits for us: that is not
 * its fault. */
void
serv_shake_end_slow(struct serv *s)
{
	int64_t before = loop_now_ms(s->loop) - SERV_CROWDED_MS;
	struct serv_conn *c, *next;

	for (c = TAILQ_FIRST(&s->waiting[SERV_WAIT_SHAKE]); c != NULL;
	    c = next) {
		next = TAILQ_NEXT(c, entry);
		if (c->began_ms < before && stream_peek_tls(&c->stream) == 0)
			drop(c, "slow TLS handshake, others wait");
	}
}
