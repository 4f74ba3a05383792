/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A client of small messages over TLS, see msg_client.h.  answer() may free
 * the client, so nothing touches it after the call.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/msg_client.h"

struct msg_client {
	struct loop		*loop;
	const struct msg_client_def *def;
	void			*arg;
	struct ssl_ctx_st	*ctx;
	struct stream		 stream;
	struct tls_peer		 peer;
	struct loop_io		*io;
	struct loop_timer	*timer;
	enum {
		CL_CONNECT, CL_SHAKE, CL_UP,
		CL_OVER,	/* it has failed */
	} state;
	bool			 due;		/* an answer */
	bool			 by_turns;	/* put and expect: what is not
						 * expected stays unread */
	size_t			 piece;		/* bytes a write, 0: all */
	uint8_t			*out;
	size_t			 outlen, outoff;
	uint8_t			*in;		/* def->max bytes */
	size_t			 inlen;
	/* Of a failure before there was a message: */
	int			 code;
	char			 why[ERR_MSG_MAX];
};

static void
tell(struct msg_client *c)
{
	c->due = false;
	loop_timer_stop(c->timer);
	c->def->answer(c->arg, c->code, c->why, NULL, 0);
}

/* The connection is over; c may be freed when this returns. */
static void
end(struct msg_client *c, int code, const char *why)
{
	c->state = CL_OVER;
	c->code = code;
	(void)snprintf(c->why, sizeof(c->why), "%s", why);
	(void)loop_io_set(c->io, 0);
	if (c->due)
		tell(c);
}

static void
end_shake(struct msg_client *c, const struct err *e)
{
	if (c->peer.refused)
		end(c, ERR_VERIFY, "its certificate is not one expected "
		    "there");
	else
		end(c, e->code == ERR_IO ? ERR_IO : ERR_PROTO, e->msg);
}

static void
wait_for(struct msg_client *c, unsigned events)
{
	if (loop_io_set(c->io, events) != ERR_OK)
		end(c, ERR_NOMEM, "a connection cannot be watched");
}

/* What the peer has sent; an answer ends it, as c may be gone then. */
static void
receive(struct msg_client *c)
{
	struct err e = { 0 };
	size_t need;
	ssize_t n;

	while (c->due) {
		n = c->stream.ops->recv(&c->stream, c->in + c->inlen,
		    c->def->max - c->inlen);
		if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
			wait_for(c, LOOP_READ);
			return;
		}
		if (n <= 0) {
			end(c, ERR_IO, "it ended the connection without an "
			    "answer");
			return;
		}
		c->inlen += (size_t)n;
		if (c->def->need(c->in, c->inlen, &need, &e) != ERR_OK ||
		    need < c->inlen || need > c->def->max) {
			end(c, ERR_PROTO, e.msg[0] != '\0' ? e.msg :
			    "more than one answer");
			return;
		}
		if (need == c->inlen) {
			c->due = false;
			loop_timer_stop(c->timer);
			c->def->answer(c->arg, ERR_OK, "", c->in, need);
			return;
		}
	}
}

static void
send_out(struct msg_client *c)
{
	ssize_t n;

	while (c->outoff < c->outlen) {
		size_t left = c->outlen - c->outoff;
		const struct iovec v = { .iov_base = c->out + c->outoff,
		    .iov_len = c->piece > 0 && c->piece < left ? c->piece :
		    left };

		n = c->stream.ops->send(&c->stream, &v, 1, false);
		if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
			wait_for(c, LOOP_WRITE);
			return;
		}
		if (n == -1) {
			end(c, ERR_IO, "it ended the connection without an "
			    "answer");
			return;
		}
		c->outoff += (size_t)n;
	}
	wait_for(c, c->by_turns && !c->due ? 0 : LOOP_READ);
}

static void
shake(struct msg_client *c)
{
	struct err e = { 0 };
	unsigned events = 0;

	switch (stream_handshake(&c->stream, &events, &e)) {
	case 1:
		break;
	case 0:
		wait_for(c, events);
		return;
	default:
		end_shake(c, &e);
		return;
	}
	if (!c->peer.taken) {
		end(c, ERR_VERIFY, "it was not checked");
		return;
	}
	c->state = CL_UP;
	send_out(c);
}

static void
connected(struct msg_client *c)
{
	socklen_t len = sizeof(int);
	struct err e = { 0 };
	int code = 0;

	if (getsockopt(c->stream.fd, SOL_SOCKET, SO_ERROR, &code, &len) == -1)
		code = errno;
	if (code != 0)
		end(c, ERR_UNREACHABLE, strerror(code));
	else if (tls_connect(&c->stream, c->ctx, &c->peer, &e) != ERR_OK)
		end(c, e.code, e.msg);
	else {
		c->state = CL_SHAKE;
		shake(c);
	}
}

/* Nothing was asked: tickets of TLS may come, or the end. */
static void
idle(struct msg_client *c)
{
	uint8_t byte;
	ssize_t n = c->stream.ops->recv(&c->stream, &byte, 1);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	end(c, n > 0 ? ERR_PROTO : ERR_IO, n > 0 ? "more than one answer" :
	    "it ended the connection");
}

static void
on_io(void *arg, int fd, unsigned events)
{
	struct msg_client *c = arg;

	(void)fd;
	(void)events;
	switch (c->state) {
	case CL_CONNECT:
		connected(c);
		break;
	case CL_SHAKE:
		shake(c);
		break;
	case CL_UP:
		if (c->outoff < c->outlen)
			send_out(c);
		else if (c->due)
			receive(c);
		else
			idle(c);
		break;
	case CL_OVER:
		break;
	}
}

static void
on_timer(void *arg)
{
	struct msg_client *c = arg;

	if (c->state == CL_OVER)
		tell(c);
	else
		end(c, ERR_TIMEOUT, c->state == CL_CONNECT ? "nobody answers" :
	    "no answer in time");
}

static int
start(struct msg_client *c, const struct net_addr *addr, struct err *e)
{
	int fd = socket(addr->ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);

	stream_plain(&c->stream, fd);
	if (fd == -1)
		return err_sys(e, errno == EMFILE || errno == ENFILE ?
		    ERR_LIMIT : ERR_IO, "no socket");
	if ((c->in = malloc(c->def->max)) == NULL)
		return err_set(e, ERR_NOMEM, "connection");
	if ((c->io = loop_io_new(c->loop, fd, LOOP_WRITE, LOOP_PRIO_NORMAL,
	    on_io, c, e)) == NULL ||
	    (c->timer = loop_timer_new(c->loop, on_timer, c, e)) == NULL)
		return e->code;
	if (connect(fd, (const struct sockaddr *)&addr->ss, addr->len) == -1 &&
	    errno != EINPROGRESS)
		end(c, ERR_UNREACHABLE, strerror(errno));
	return ERR_OK;
}

struct msg_client *
msg_client_new(struct loop *l, const struct net_addr *addr,
    struct ssl_ctx_st *ctx, const struct msg_client_def *def, void *arg,
    struct err *e)
{
	struct msg_client *c = calloc(1, sizeof(*c));
	struct err why = { 0 };

	if (c == NULL) {
		(void)err_set(e, ERR_NOMEM, "connection");
		return NULL;
	}
	c->loop = l;
	c->def = def;
	c->arg = arg;
	c->ctx = ctx;
	c->peer = (struct tls_peer){ .fn = def->peer, .arg = arg };
	if (start(c, addr, &why) != ERR_OK) {
		(void)err_set(e, why.code, "%s", why.msg);
		msg_client_free(c);
		return NULL;
	}
	return c;
}

int
msg_client_send(struct msg_client *c, const uint8_t *buf, size_t len,
    int64_t ms, struct err *e)
{
	uint8_t *out = malloc(len);

	if (out == NULL)
		return err_set(e, ERR_NOMEM, "message");
	memcpy(out, buf, len);
	free(c->out);
	c->out = out;
	c->outlen = len;
	c->outoff = c->inlen = 0;
	c->due = true;
	/* A failure of before is told from the loop, not from here. */
	loop_timer_set(c->timer, c->state == CL_OVER ? 0 : ms);
	if (c->state == CL_UP)
		(void)loop_io_set(c->io, LOOP_WRITE);
	return ERR_OK;
}

/* What has gone makes room. */
static int
append(struct msg_client *c, const uint8_t *buf, size_t len, struct err *e)
{
	size_t left = c->outlen - c->outoff;
	uint8_t *out = malloc(left + len);

	if (out == NULL)
		return err_set(e, ERR_NOMEM, "message");
	if (left > 0)
		memcpy(out, c->out + c->outoff, left);
	memcpy(out + left, buf, len);
	free(c->out);
	c->out = out;
	c->outlen = left + len;
	c->outoff = 0;
	return ERR_OK;
}

int
msg_client_put(struct msg_client *c, const uint8_t *buf, size_t len,
    struct err *e)
{
	int ret;

	c->by_turns = true;
	if ((ret = append(c, buf, len, e)) == ERR_OK && c->state == CL_UP)
		send_out(c);
	return ret;
}

void
msg_client_expect(struct msg_client *c, int64_t ms)
{
	c->by_turns = c->due = true;
	c->inlen = 0;
	loop_timer_set(c->timer, c->state == CL_OVER ? 0 : ms);
	/* To write, too: what TLS has read already does not show otherwise. */
	if (c->state == CL_UP)
		(void)loop_io_set(c->io, LOOP_READ | LOOP_WRITE);
}

void
msg_client_pieces(struct msg_client *c, size_t n)
{
	c->piece = n;
}

void
msg_client_finish(struct msg_client *c)
{
	if (c->state == CL_UP)
		(void)c->stream.ops->finish(&c->stream);
}

void
msg_client_free(struct msg_client *c)
{
	if (c == NULL)
		return;
	loop_timer_free(c->timer);
	loop_io_free(c->io);
	if (c->stream.fd != -1)
		stream_close(&c->stream);
	free(c->in);
	free(c->out);
	free(c);
}
