/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The TLS handshake of an HTTP connection.
 */
#include "net/internal.h"

bool
http_in_handshake(const struct http_conn *c)
{
	return c->state == CONN_HELLO || c->state == CONN_SHAKE;
}

/* Established: from now on before those in their handshake. */
static enum conn_want
shaken(struct http_conn *c)
{
	http_server_handshake_over(c->server);
	http_conn_enter(c, CONN_HEAD);
	loop_io_free(c->io);
	c->io = loop_io_new(c->server->loop, c->stream.fd, LOOP_READ,
	    LOOP_PRIO_NORMAL, http_conn_ready, c, NULL);
	return c->io != NULL ? WANT_NEXT : WANT_CLOSE;
}

enum conn_want
http_shake(struct http_conn *c)
{
	struct err e = { 0 };

	switch (stream_handshake(&c->stream, &c->events, &e)) {
	case 1:
		return shaken(c);
	case 0:
		return WANT_HELD;
	default:
		http_conn_dropped(c, e.msg);
		return WANT_CLOSE;
	}
}

/* Only who begins to speak TLS costs more than a socket. */
enum conn_want
http_hello(struct http_conn *c)
{
	struct err e = { 0 };
	int r = stream_peek_tls(&c->stream);

	if (r == 0)
		return WANT_READ;
	if (r < 0) {
		http_conn_dropped(c, "not TLS");
		return WANT_CLOSE;
	}
	if (stream_tls(&c->stream, c->server->tls, &e) != ERR_OK) {
		http_conn_dropped(c, e.msg);
		return WANT_CLOSE;
	}
	http_conn_enter(c, CONN_SHAKE);
	return http_shake(c);
}

/* Those in the handshake wait in the queue of the first byte, oldest first.
 * When something has come, the peer waits for us: that is not its fault. */
void
http_shake_end_slow(struct http_server *s)
{
	int64_t before = loop_now_ms(s->loop) - HTTP_CROWDED_MS;
	struct http_conn *c, *next;

	for (c = TAILQ_FIRST(&s->waiting[CONN_HELLO]); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (c->began_ms < before && stream_peek_tls(&c->stream) == 0) {
			http_conn_dropped(c, "slow TLS handshake, others wait");
			http_conn_free(c);
		}
	}
}
