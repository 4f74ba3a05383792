/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * TFTP transfers under way: their packets, their timer, their end.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "tftpd/tftp_internal.h"

/* Of one socket before others have their turn: in lock-step, all that those who
 * share it may have sent. */
#define BATCHES		(TFTP_POOL_SHARE / TFTP_BATCH)

#define ROOM_LOOKS	32	/* at the oldest, for one of an address */

struct bucket *
tftp_bucket(struct tftp_server *s, const struct net_addr *peer)
{
	uint64_t h = net_addr_ip_hash(peer, s->hash_key);

	/* Many phones behind one address differ by port. */
	h += net_addr_port(peer) * 0x9e3779b97f4a7c15u;
	return &s->transfers[h >> 32 & (NBUCKETS - 1)];
}

/* The timer runs for the earliest alarm, or sooner. */
static void
arm_timer(struct tftp_server *s)
{
	const struct tftp_alarm *a = tftp_alarm_first(&s->alarms);

	if (a == NULL || (s->timer_ms != 0 && s->timer_ms <= a->at_ms))
		return;
	s->timer_ms = a->at_ms;
	loop_timer_set(s->timer, a->at_ms - loop_now_ms(s->loop));
}

void
tftp_settle(struct tftp_server *s)
{
	tftp_out_flush(s->out);
	arm_timer(s);
}

void
tftp_transfer_free(struct transfer *t)
{
	tftp_alarm_stop(&t->srv->alarms, &t->alarm);
	tftp_out_leave(t->srv->out, &t->plain);
	if (t->tid != NULL)
		tftp_pool_give(t->tid);
	tftp_xfer_clear(&t->x);
	serve_item_clear(&t->item);
	free(t);
}

static void
transfer_report(const struct transfer *t)
{
	const struct tftp_xfer *x = &t->x;
	struct serve_report r = {
		.id = x->id,
		.transport = "tftp",
		.peer = &t->peer,
		.item = &t->item,
		.started_us = t->started_us,
		.ms = loop_now_ms(t->srv->loop) - t->started_ms,
		.bytes = x->acked,
		.complete = x->result == XFER_R_DONE,
		.result = xfer_result_name(x->result),
		.ours = x->result == XFER_R_READ,
	};

	if (x->result == XFER_R_READ)
		r.why = "file changed while it was sent";
	else if (x->result == XFER_R_ABORTED)
		r.why = t->why;
	serve_tell(&t->srv->backend, &r);
}

/* Twice what its last packets would have waited: the first comes with the
 * work of finding a file. */
static void
remember(struct tftp_server *s, const struct transfer *t)
{
	const struct tftp_xfer *x = &t->x;

	if (x->result == XFER_R_DONE && x->rtt.known)
		tftp_past_note(&s->past, &t->peer, s->hash_key,
		    2 * tftp_rtt_timeout(&x->rtt, x->conf.timeout_min_ms,
		    x->conf.timeout_ms), loop_now_ms(s->loop));
}

static void
leave_opening(struct transfer *t)
{
	if (!t->is_opening)
		return;
	TAILQ_REMOVE(&t->srv->opening, t, opening);
	t->is_opening = false;
}

static void
transfer_end(struct transfer *t)
{
	leave_opening(t);
	stats_end(&t->live);
	transfer_report(t);
	remember(t->srv, t);
	LIST_REMOVE(t, entry);
	t->srv->ntransfers--;
	admit_leave(t->srv->admit, &t->peer);
	tftp_transfer_free(t);
}

void
tftp_transfer_go_on(struct transfer *t)
{
	struct tftp_server *s = t->srv;
	size_t cap, len, seg;
	uint8_t *buf;
	int64_t at;

	do {
		buf = tftp_out_room(s->out, t->tid->fd, &cap);
		len = tftp_xfer_output(&t->x, buf, cap, &seg);
		tftp_out_put(s->out, &t->peer, len, seg, &t->plain);
	} while (len > 0);
	stats_progress(&t->live, t->x.acked, t->x.sent + t->x.resent,
	    t->x.resent, t->x.timeouts);
	if (tftp_xfer_over(&t->x)) {
		transfer_end(t);
		return;
	}
	if (t->x.state != XFER_OPEN)
		leave_opening(t);
	at = tftp_xfer_deadline(&t->x);
	if (at < t->alarm.at_ms)	/* it has one: moving needs nothing */
		(void)tftp_alarm_set(&s->alarms, &t->alarm, at);
}

bool
tftp_make_room(struct tftp_server *s, const struct net_addr *peer)
{
	int64_t before = loop_now_ms(s->loop) - TFTP_CROWDED_MS;
	bool any = admit_full(s->admit);
	struct transfer *t;
	int looked = 0;

	TAILQ_FOREACH(t, &s->opening, opening) {
		if (t->started_ms > before || looked++ == ROOM_LOOKS)
			return false;
		if (!any && !net_addr_same_ip(&t->peer, peer))
			continue;
		tftp_xfer_give_up(&t->x);
		tftp_transfer_go_on(t);
		return true;
	}
	return false;
}

/* Often the best hint at what the phone did not like. */
static void
keep_why(struct transfer *t, const struct tftp_msg *m)
{
	char text[64];

	str_visible((const char *)m->data, m->len, text, sizeof(text));
	(void)snprintf(t->why, sizeof(t->why), "phone says: %u %s", m->code,
	    text);
}

/*
 * An ERROR is never answered: two servers would never stop.  Nor is what comes
 * late or twice from a phone that is done: it might take the answer for one to
 * its next request.
 */
static void
answer_stranger(const struct tftp_tid *tid, const struct net_addr *stranger,
    const struct tftp_msg *m)
{
	uint8_t buf[64];
	size_t n;

	if (m->op == TFTP_ERROR || tftp_pool_knows(tid, stranger))
		return;
	n = tftp_build_error(buf, sizeof(buf), TFTP_E_TID,
	    "unknown transfer");
	tftp_sock_send(tid->fd, stranger, buf, n);
}

static struct transfer *
transfer_find(struct tftp_server *s, const struct tftp_tid *tid,
    const struct net_addr *peer)
{
	struct transfer *t;

	LIST_FOREACH(t, tftp_bucket(s, peer), entry)
		if (t->tid == tid && net_addr_equal(&t->peer, peer))
			return t;
	return NULL;
}

uint64_t
tftp_live_slots(struct tftp_server *s, const struct net_addr *peer)
{
	const struct transfer *t;
	uint64_t slots = 0;

	LIST_FOREACH(t, tftp_bucket(s, peer), entry)
		if (net_addr_equal(&t->peer, peer))
			slots |= UINT64_C(1) << t->tid->slot;
	return slots;
}

static void
tid_input(struct tftp_server *s, const struct tftp_tid *tid,
    const struct tftp_datagram *d)
{
	struct transfer *t;
	struct tftp_msg m;

	if (d->cut || tftp_msg_parse(&m, d->buf, d->len, NULL) != ERR_OK)
		return;
	if ((t = transfer_find(s, tid, &d->peer)) == NULL) {
		answer_stranger(tid, &d->peer, &m);
		return;
	}
	if (m.op == TFTP_ERROR)
		keep_why(t, &m);
	tftp_xfer_input(&t->x, &m, loop_now_ms(s->loop));
	tftp_transfer_go_on(t);
}

static void
tid_read(struct tftp_server *s, const struct tftp_tid *tid)
{
	size_t n = TFTP_BATCH;

	for (int k = 0; k < BATCHES && n == TFTP_BATCH; k++) {
		n = tftp_sock_recv(tid->fd, s->in);
		for (size_t i = 0; i < n; i++)
			tid_input(s, tid, tftp_in_get(s->in, i));
	}
}

void
tftp_tid_ready(void *arg, struct tftp_tid *tid)
{
	struct tftp_server *s = arg;

	tid_read(s, tid);
	tftp_settle(s);
}

/* The alarm rang: perhaps too early, for the deadline has moved on. */
static void
transfer_alarm(struct transfer *t, int64_t now_ms)
{
	struct tftp_server *s = t->srv;
	int64_t at = tftp_xfer_deadline(&t->x);

	if (at > now_ms) {
		(void)tftp_alarm_set(&s->alarms, &t->alarm, at);
	} else if (t->tid->round != s->round) {
		/* When we are behind, the answer may have come already. */
		t->tid->round = s->round;
		tid_read(s, t->tid);	/* t may be gone */
	} else {
		tftp_xfer_tick(&t->x, now_ms);
		(void)tftp_alarm_set(&s->alarms, &t->alarm,
		    tftp_xfer_deadline(&t->x));
		tftp_transfer_go_on(t);
	}
}

void
tftp_timer(void *arg)
{
	struct tftp_server *s = arg;
	int64_t now = loop_now_ms(s->loop);
	struct tftp_alarm *a;

	s->timer_ms = 0;
	s->round++;
	while ((a = tftp_alarm_first(&s->alarms)) != NULL && a->at_ms <= now)
		transfer_alarm((struct transfer *)((char *)a -
		    offsetof(struct transfer, alarm)), now);
	tftp_settle(s);
}
