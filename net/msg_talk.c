/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Talks of a server of messages, see msg.h: each step says what is sent, and
 * what comes then.
 */
#include <stdlib.h>

#include "net/msg_part.h"

#define CLOSE_MS	2000	/* for the peer to close as well */

/* Waits of different length are in queues of their own (serv.h). */
void
msg_talk_wait(struct msg_conn *c, enum msg_state to)
{
	if (to == ST_REPLY && c->step.wait_ms > c->server->lim.message_ms)
		to = ST_LONG;
	c->state = to;
	serv_wait_for(&c->base, to, to == ST_CLOSE ? CLOSE_MS :
	    c->step.wait_ms);
}

/* What was to be sent of a step is on its way. */
enum msg_want
msg_talk_sent(struct msg_conn *c)
{
	struct stream *st = &c->base.stream;

	switch (c->step.then) {
	case MSG_READ:
		msg_talk_wait(c, ST_REPLY);
		return WANT_NEXT;
	case MSG_HOLD:
		msg_talk_wait(c, ST_HOLD);
		return WANT_READ;
	case MSG_END:
		(void)st->ops->finish(st);
		msg_talk_wait(c, ST_CLOSE);
		return WANT_NEXT;
	}
	abort();
}

/* buf is sent whole by one call: it fits a record. */
static enum msg_want
step_to(struct msg_conn *c, const uint8_t *buf, const struct msg_step *s)
{
	c->step = *s;
	return s->len > 0 ? msg_conn_send(c, buf, s->len) : msg_talk_sent(c);
}

enum msg_want
msg_talk(struct msg_conn *c, size_t len)
{
	const uint8_t *p = len > 0 ? (uint8_t *)c->in.buf + c->in.at : NULL;
	struct msg_server *s = c->server;
	struct msg_step step = { .len = 0 };
	struct err e = { 0 };
	int ret;

	ret = s->def->talk(s->arg, c, &c->peer, p, len, s->out, &step, &e);
	if (len > 0)
		serv_in_drop(&c->in, len);
	if (ret != ERR_OK)
		return msg_conn_drop(c, e.msg);
	return step_to(c, s->out, &step);
}

/* What comes after the last word is read, so that closing is no reset, and
 * dropped. */
enum msg_want
msg_talk_closing(struct msg_conn *c)
{
	serv_in_drop(&c->in, c->in.len);
	if (c->eof)
		return WANT_CLOSE;
	return c->base.stream.ops->pending(&c->base.stream) ? WANT_MORE :
	    WANT_READ;
}

void
msg_go(struct msg_conn *c, const uint8_t *buf, const struct msg_step *s)
{
	msg_conn_begin(c);
	msg_conn_apply(c, step_to(c, buf, s));
}
