/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The TFTP server, see tftp_server.h.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "crypt/rng.h"
#include "tftpd/tftp_alarm.h"
#include "tftpd/tftp_out.h"
#include "tftpd/tftp_pool.h"
#include "tftpd/tftp_refuse.h"
#include "tftpd/tftp_server.h"
#include "tftpd/tftp_sock.h"

#define NBUCKETS	4096	/* of transfers by peer; a power of two */
#define BATCHES		8	/* of one socket before others have their turn */

struct transfer {
	LIST_ENTRY(transfer)	 entry;
	struct tftp_server	*srv;
	struct tftp_tid		*tid;
	struct tftp_alarm	 alarm;		/* not after the deadline */
	bool			 plain;		/* tftp_out.h */
	struct tftp_xfer	 x;
	struct serve_item	 item;
	struct net_addr		 peer;
	uint64_t		 asked;		/* hash of the request name */
	char			 why[96];	/* of the peer's ERROR */
	int64_t			 started_us, started_ms;
};

LIST_HEAD(bucket, transfer);

struct listener {
	struct tftp_server	*srv;
	struct loop_io		*io;
};

struct tftp_server {
	struct loop		*loop;
	struct serve_backend	 backend;
	struct admit		*admit;
	struct xfer_conf	 conf;
	struct listener		*listeners;
	size_t			 nlisteners;
	struct tftp_pool	*pool;
	struct tftp_in		*in;
	struct tftp_out		*out;
	struct tftp_alarms	 alarms;
	struct loop_timer	*timer;
	int64_t			 timer_ms;	/* it is set to; 0: not */
	unsigned		 round;		/* of the timer */
	struct bucket		 transfers[NBUCKETS];	/* zeroed: empty */
	size_t			 ntransfers;
	uint64_t		 hash_key;
	struct serve_seldom	 busy, broken;
};

static int64_t
wall_us(void)
{
	return clock_wall_ns(clock_system()) / 1000;
}

static struct bucket *
bucket_of(struct tftp_server *s, const struct net_addr *peer)
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

/* At the end of all that is called from the loop. */
static void
settle(struct tftp_server *s)
{
	tftp_out_flush(s->out);
	arm_timer(s);
}

/* --- one transfer --- */

/* Undo transfer_open, as far as it came. */
static void
transfer_free(struct transfer *t)
{
	tftp_alarm_stop(&t->srv->alarms, &t->alarm);
	tftp_out_leave(t->srv->out, &t->plain);
	if (t->tid != NULL)
		tftp_pool_give(t->tid);
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
	t->srv->backend.report(t->srv->backend.arg, &r);
}

static void
transfer_end(struct transfer *t)
{
	transfer_report(t);
	LIST_REMOVE(t, entry);
	t->srv->ntransfers--;
	admit_leave(t->srv->admit, &t->peer);
	transfer_free(t);
}

/* Send what there is to send, then wait or end.  t may be gone after. */
static void
transfer_go_on(struct transfer *t)
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
	if (tftp_xfer_over(&t->x)) {
		transfer_end(t);
		return;
	}
	at = tftp_xfer_deadline(&t->x);
	if (at < t->alarm.at_ms)	/* it has one: moving needs nothing */
		(void)tftp_alarm_set(&s->alarms, &t->alarm, at);
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

	LIST_FOREACH(t, bucket_of(s, peer), entry)
		if (t->tid == tid && net_addr_equal(&t->peer, peer))
			return t;
	return NULL;
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
	transfer_go_on(t);
}

static size_t
tid_read(struct tftp_server *s, const struct tftp_tid *tid)
{
	size_t n = tftp_sock_recv(tid->fd, s->in);

	for (size_t i = 0; i < n; i++)
		tid_input(s, tid, tftp_in_get(s->in, i));
	return n;
}

static void
tid_ready(void *arg, struct tftp_tid *tid)
{
	struct tftp_server *s = arg;

	for (int i = 0; i < BATCHES; i++)
		if (tid_read(s, tid) < TFTP_BATCH)
			break;
	settle(s);
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
		(void)tid_read(s, t->tid);	/* t may be gone */
	} else {
		tftp_xfer_tick(&t->x, now_ms);
		(void)tftp_alarm_set(&s->alarms, &t->alarm,
		    tftp_xfer_deadline(&t->x));
		transfer_go_on(t);
	}
}

static void
server_timer(void *arg)
{
	struct tftp_server *s = arg;
	int64_t now = loop_now_ms(s->loop);
	struct tftp_alarm *a;

	s->timer_ms = 0;
	s->round++;
	while ((a = tftp_alarm_first(&s->alarms)) != NULL && a->at_ms <= now)
		transfer_alarm((struct transfer *)((char *)a -
		    offsetof(struct transfer, alarm)), now);
	settle(s);
}

/* --- requests --- */

static void
report_refused(struct tftp_server *s, const struct transfer *t,
    const struct err *e)
{
	const struct serve_report r = {
		.id = t->x.id,
		.transport = "tftp",
		.peer = &t->peer,
		.item = &t->item,
		.started_us = t->started_us,
		.ms = clock_mono_ms(clock_system()) - t->started_ms,
		.result = serve_result(e->code),
		.why = e->msg,
		.ours = serve_ours(e->code),
	};

	s->backend.report(s->backend.arg, &r);
}

/* Requests are compared by this; whoever makes two alike gets one file. */
static uint64_t
name_hash(const char *name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);	/* FNV-1a */

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
	return h;
}

/* Fill t with all a transfer needs. */
static int
transfer_open(struct tftp_server *s, struct transfer *t,
    const struct tftp_msg *m, struct err *e)
{
	int r = s->backend.get(s->backend.arg, m->file, strlen(m->file),
	    &t->item, e);

	if (r != ERR_OK)
		return r;
	if (!tftp_alarm_set(&s->alarms, &t->alarm, INT64_MAX))
		return err_set(e, ERR_NOMEM, "timer");
	return ERR_OK;
}

static void
transfer_start(struct tftp_server *s, struct transfer *t,
    const struct tftp_msg *m)
{
	const struct tftp_source src = {
		.body = t->item.body, .fd = t->item.fd, .len = t->item.len,
		.netascii = m->mode == TFTP_NETASCII,
	};

	/* The time now, not the loop's: finding the file may have taken. */
	tftp_xfer_start(&t->x, t->x.id, &src, &m->opts, &s->conf,
	    clock_mono_ms(clock_system()));
	t->asked = name_hash(m->file);
	LIST_INSERT_HEAD(bucket_of(s, &t->peer), t, entry);
	s->ntransfers++;
	transfer_go_on(t);
}

/* The peer is counted in already; takes care of counting it out. */
static void
read_admitted(struct tftp_server *s, struct tftp_tid *tid,
    const struct tftp_datagram *d, const struct tftp_msg *m)
{
	struct transfer *t = calloc(1, sizeof(*t));
	struct err e = { 0 };

	if (t == NULL) {
		tftp_refuse_code(tid->fd, d, ERR_NOMEM);
		admit_leave(s->admit, &d->peer);
		tftp_pool_give(tid);
		return;
	}
	t->srv = s;
	t->tid = tid;
	t->x.id = serve_next_id();
	t->item.fd = -1;
	t->peer = d->peer;
	t->started_us = wall_us();
	t->started_ms = loop_now_ms(s->loop);
	if (transfer_open(s, t, m, &e) == ERR_OK) {
		transfer_start(s, t, m);
		return;
	}
	tftp_refuse_code(tid->fd, d, e.code);
	report_refused(s, t, &e);
	admit_leave(s->admit, &d->peer);
	transfer_free(t);
}

/*
 * A request that came twice, because the network or an impatient phone
 * repeated it, while our first answer is still under way: the timer of the
 * first repeats that.  A second transfer would only confuse the phone.
 */
static bool
is_repeated(struct tftp_server *s, const struct tftp_datagram *d,
    const struct tftp_msg *m)
{
	struct transfer *t;

	LIST_FOREACH(t, bucket_of(s, &d->peer), entry)
		if (t->x.state == XFER_OPEN &&
		    net_addr_equal(&t->peer, &d->peer) &&
		    t->asked == name_hash(m->file))
			return true;
	return false;
}

static void
handle_busy(struct tftp_server *s, const struct tftp_tid *tid,
    const struct tftp_datagram *d)
{
	uint64_t n;

	tftp_refuse_code(tid->fd, d, ERR_BUSY);
	if (serve_seldom(&s->busy, loop_now_ms(s->loop), &n))
		log_event(LOG_WARNING, "tftp.busy", LOG_U64("refused", n),
		    LOG_STR("why", "tftp.max_transfers or "
		    "tftp.max_per_address is reached"));
}

/* tid goes with the transfer, or is given back. */
static void
handle_read(struct tftp_server *s, struct tftp_tid *tid,
    const struct tftp_datagram *d, const struct tftp_msg *m)
{
	if (m->mode != TFTP_OCTET && m->mode != TFTP_NETASCII)
		tftp_refuse_kind(tid->fd, d, m, TFTP_E_ILLEGAL,
		    "mode is not served: use octet");
	else if (!admit_enter(s->admit, &d->peer))
		handle_busy(s, tid, d);
	else {
		read_admitted(s, tid, d, m);
		return;
	}
	tftp_pool_give(tid);
}

/* Not a request at all, or not one that can be understood. */
static void
handle_broken(struct tftp_server *s, const struct tftp_tid *tid,
    const struct tftp_datagram *d, const struct err *e)
{
	char peer[NET_ADDR_TEXT];
	uint64_t n;

	tftp_refuse(tid->fd, d, TFTP_E_ILLEGAL, "malformed request");
	if (!serve_seldom(&s->broken, loop_now_ms(s->loop), &n))
		return;
	net_addr_text(&d->peer, peer);
	log_event(LOG_INFO, "tftp.malformed", LOG_STR("peer", peer),
	    LOG_U64("count", n), LOG_STR("why", e->msg));
}

static bool
is_error_packet(const struct tftp_datagram *d)
{
	return d->len >= 2 && d->buf[0] == 0 && d->buf[1] == TFTP_ERROR;
}

static void
handle_request(struct tftp_server *s, const struct tftp_datagram *d)
{
	struct err e = { 0 };
	struct tftp_tid *tid;
	struct tftp_msg m;
	uint64_t n;

	if (!d->unicast || net_addr_port(&d->peer) == 0 || is_error_packet(d))
		return;
	if (d->cut)
		(void)err_set(&e, ERR_PROTO, "longer than %d bytes",
		    TFTP_REQUEST_MAX);
	else
		(void)tftp_msg_parse(&m, d->buf, d->len, &e);
	if (e.code == ERR_OK && m.op == TFTP_RRQ && is_repeated(s, d, &m))
		return;
	if ((tid = tftp_pool_take(s->pool, &d->local, &d->peer, NULL)) ==
	    NULL) {
		if (serve_seldom(&s->busy, loop_now_ms(s->loop), &n))
			log_event(LOG_WARNING, "tftp.busy",
			    LOG_U64("refused", n), LOG_STR("why",
			    "no socket for a transfer"));
		return;
	}
	if (e.code == ERR_OK && m.op == TFTP_RRQ) {
		handle_read(s, tid, d, &m);
		return;
	}
	if (e.code == ERR_OK && m.op == TFTP_WRQ)
		tftp_refuse_kind(tid->fd, d, &m, TFTP_E_ACCESS,
		    "nothing is written here");
	else if (e.code == ERR_OK)
		tftp_refuse(tid->fd, d, TFTP_E_TID, "unknown transfer");
	else
		handle_broken(s, tid, d, &e);
	tftp_pool_give(tid);
}

static void
listener_ready(void *arg, int fd, unsigned events)
{
	struct tftp_server *s = ((const struct listener *)arg)->srv;
	size_t n = tftp_sock_recv(fd, s->in);

	(void)events;
	for (size_t i = 0; i < n; i++)
		handle_request(s, tftp_in_get(s->in, i));
	settle(s);
}

/* --- the server --- */

struct tftp_server *
tftp_server_new(struct loop *l, const int *fds, size_t nfds,
    const struct serve_backend *b, struct admit *a,
    const struct xfer_conf *conf, struct err *e)
{
	struct tftp_server *s = calloc(1, sizeof(*s));

	if (s == NULL ||
	    (s->listeners = calloc(nfds, sizeof(*s->listeners))) == NULL) {
		(void)err_set(e, ERR_NOMEM, "TFTP server");
		goto fail;
	}
	s->loop = l;
	s->backend = *b;
	s->admit = a;
	s->conf = *conf;
	if (rng_fill(rng_system(), &s->hash_key, sizeof(s->hash_key), e) !=
	    ERR_OK || (s->in = tftp_in_new(e)) == NULL ||
	    (s->out = tftp_out_new(e)) == NULL ||
	    (s->pool = tftp_pool_new(l, s->hash_key, tid_ready, s, e)) ==
	    NULL || (s->timer = loop_timer_new(l, server_timer, s, e)) == NULL)
		goto fail;
	for (; s->nlisteners < nfds; s->nlisteners++) {
		struct listener *li = &s->listeners[s->nlisteners];

		tftp_sock_prepare(fds[s->nlisteners]);
		li->srv = s;
		li->io = loop_io_new(l, fds[s->nlisteners], LOOP_READ,
		    LOOP_PRIO_LOW, listener_ready, li, e);
		if (li->io == NULL)
			goto fail;
	}
	return s;
fail:
	tftp_server_free(s);
	return NULL;
}

void
tftp_server_set_conf(struct tftp_server *s, const struct xfer_conf *conf)
{
	s->conf = *conf;
}

void
tftp_server_drain(struct tftp_server *s)
{
	for (size_t i = 0; i < s->nlisteners; i++) {
		loop_io_free(s->listeners[i].io);
		s->listeners[i].io = NULL;
	}
}

size_t
tftp_server_transfers(const struct tftp_server *s)
{
	return s->ntransfers;
}

void
tftp_server_free(struct tftp_server *s)
{
	struct transfer *t;

	if (s == NULL)
		return;
	tftp_server_drain(s);
	for (size_t i = 0; i < NBUCKETS; i++)
		while ((t = LIST_FIRST(&s->transfers[i])) != NULL) {
			tftp_xfer_stop(&t->x, TFTP_E_UNDEFINED,
			    "server stopping");
			transfer_go_on(t);
		}
	if (s->out != NULL)
		tftp_out_flush(s->out);
	tftp_pool_free(s->pool);
	tftp_out_free(s->out);
	tftp_in_free(s->in);
	tftp_alarms_clear(&s->alarms);
	loop_timer_free(s->timer);
	free(s->listeners);
	free(s);
}
