/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Deadlines of connections, see serv.h.  All waits of a kind are of one
 * length, so its queue is in order by itself; the timer is set only for what
 * comes before the time it is set for.
 */
#include "net/serv.h"

static void
set_alarm(struct serv *s, int64_t at_ms)
{
	s->alarm_ms = at_ms;
	loop_timer_set(s->alarm, at_ms - loop_now_ms(s->loop));
}

/* Handling one may end it, or put it at the end of a queue. */
static void
alarm_fired(void *arg)
{
	struct serv *s = arg;
	int64_t now = loop_now_ms(s->loop), next = INT64_MAX;
	struct serv_conn *c;

	for (size_t i = 0; i < SERV_WAITS; i++) {
		while ((c = TAILQ_FIRST(&s->waiting[i])) != NULL &&
		    c->until_ms <= now)
			if (i == SERV_WAIT_SHAKE)
				serv_shake_timeout(c);
			else
				s->ops->timeout(c);
	}
	for (size_t i = 0; i < SERV_WAITS; i++) {
		c = TAILQ_FIRST(&s->waiting[i]);
		if (c != NULL && c->until_ms < next)
			next = c->until_ms;
	}
	s->alarm_ms = INT64_MAX;
	if (next != INT64_MAX)
		set_alarm(s, next);
}

int
serv_wait_init(struct serv *s, struct err *e)
{
	for (size_t i = 0; i < SERV_WAITS; i++)
		TAILQ_INIT(&s->waiting[i]);
	s->alarm_ms = INT64_MAX;
	s->alarm = loop_timer_new(s->loop, alarm_fired, s, e);
	return s->alarm != NULL ? ERR_OK : ERR_NOMEM;
}

/* From the end: only when a limit was shortened does one overtake others. */
static void
put(struct serv_queue *q, struct serv_conn *c)
{
	struct serv_conn *before;

	TAILQ_FOREACH_REVERSE(before, q, serv_queue, entry)
		if (before->until_ms <= c->until_ms)
			break;
	if (before != NULL)
		TAILQ_INSERT_AFTER(q, before, c, entry);
	else
		TAILQ_INSERT_HEAD(q, c, entry);
}

void
serv_wait_end(struct serv_conn *c)
{
	if (c->queue != NULL)
		TAILQ_REMOVE(c->queue, c, entry);
	c->queue = NULL;
}

void
serv_wait_for(struct serv_conn *c, unsigned what, int64_t ms)
{
	struct serv *s = c->serv;

	serv_wait_end(c);
	c->queue = &s->waiting[what];
	c->until_ms = loop_now_ms(s->loop) + ms;
	put(c->queue, c);
	if (c->until_ms < s->alarm_ms)
		set_alarm(s, c->until_ms);
}
