/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The TFTP server, see tftp_server.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypt/rng.h"
#include "tftpd/tftp_internal.h"
#include "tftpd/tftp_refuse.h"

static int64_t
wall_us(void)
{
	return clock_wall_ns(clock_system()) / 1000;
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

	serve_tell(&s->backend, &r);
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
transfer_count(struct tftp_server *s, struct transfer *t)
{
	const struct stats_about about = {
		.via = STATS_TFTP, .id = t->x.id, .peer = &t->peer,
		.name = t->item.name, .size = t->item.len,
		.started_us = t->started_us,
		.blksize = t->x.blksize, .window = t->x.window,
	};

	stats_begin(&t->live, s->backend.stats, &about);
}

static void
transfer_start(struct tftp_server *s, struct transfer *t,
    const struct tftp_msg *m)
{
	const struct tftp_source src = {
		.body = t->item.body, .fd = t->item.fd, .len = t->item.len,
		.netascii = m->mode == TFTP_NETASCII,
	};
	int64_t wait;

	/* The time now, not the loop's: finding the file may have taken. */
	tftp_xfer_start(&t->x, t->x.id, &src, &m->opts, &s->conf,
	    clock_mono_ms(clock_system()));
	if ((wait = tftp_past_wait(&s->past, &t->peer, s->hash_key,
	    t->started_ms)) > 0)
		tftp_xfer_expect(&t->x, wait);
	t->asked = name_hash(m->file);
	LIST_INSERT_HEAD(tftp_bucket(s, &t->peer), t, entry);
	TAILQ_INSERT_TAIL(&s->opening, t, opening);
	t->is_opening = true;
	s->ntransfers++;
	transfer_count(s, t);
	tftp_transfer_go_on(t);
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
	tftp_transfer_free(t);
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

	LIST_FOREACH(t, tftp_bucket(s, &d->peer), entry)
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

	stats_shed(s->backend.stats);
	tftp_refuse_code(tid->fd, d, ERR_BUSY);
	if (seldom_due(&s->busy, loop_now_ms(s->loop), &n))
		log_event(LOG_WARNING, "tftp.busy", LOG_U64("refused", n),
		    LOG_STR("why", "tftp.max_transfers or "
		    "tftp.max_per_address is reached"));
}

static void
refuse_kind(struct tftp_server *s, const struct tftp_tid *tid,
    const struct tftp_datagram *d, const struct tftp_msg *m,
    enum tftp_code code, const char *text)
{
	stats_ended(s->backend.stats, "tftp", "refused");
	tftp_refuse_kind(tid->fd, d, m, code, text);
}

/* tid goes with the transfer, or is given back. */
static void
handle_read(struct tftp_server *s, struct tftp_tid *tid,
    const struct tftp_datagram *d, const struct tftp_msg *m)
{
	if (m->mode != TFTP_OCTET && m->mode != TFTP_NETASCII)
		refuse_kind(s, tid, d, m, TFTP_E_ILLEGAL,
		    "mode is not served: use octet");
	else if (!admit_enter(s->admit, &d->peer) &&
	    !(tftp_make_room(s, &d->peer) && admit_enter(s->admit, &d->peer)))
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

	stats_malformed(s->backend.stats);
	tftp_refuse(tid->fd, d, TFTP_E_ILLEGAL, "malformed request");
	if (!seldom_due(&s->broken, loop_now_ms(s->loop), &n))
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
	if ((tid = tftp_pool_take(s->pool, &d->local, &d->peer,
	    tftp_live_slots(s, &d->peer), NULL)) == NULL) {
		stats_shed(s->backend.stats);
		if (seldom_due(&s->busy, loop_now_ms(s->loop), &n))
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
		refuse_kind(s, tid, d, &m, TFTP_E_ACCESS,
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
	tftp_settle(s);
}

/* --- the server --- */

struct tftp_server *
tftp_server_new(struct loop *l, const int *fds, size_t nfds,
    const struct serve_backend *b, struct admit *a,
    const struct xfer_conf *conf, struct err *e)
{
	struct tftp_server *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_set(e, ERR_NOMEM, "TFTP server");
		return NULL;
	}
	s->loop = l;
	TAILQ_INIT(&s->opening);
	s->backend = *b;
	s->admit = a;
	s->conf = *conf;
	if (rng_fill(rng_system(), &s->hash_key, sizeof(s->hash_key), e) !=
	    ERR_OK || (s->in = tftp_in_new(e)) == NULL ||
	    (s->out = tftp_out_new(e)) == NULL ||
	    (s->pool = tftp_pool_new(l, s->hash_key, tftp_tid_ready, s, e)) ==
	    NULL || (s->timer = loop_timer_new(l, tftp_timer, s, e)) == NULL)
		goto fail;
	for (size_t i = 0; i < nfds; i++)
		if (tftp_server_listen(s, fds[i], e) != ERR_OK)
			goto fail;
	return s;
fail:
	tftp_server_free(s);
	return NULL;
}

int
tftp_server_listen(struct tftp_server *s, int fd, struct err *e)
{
	struct listener *li = calloc(1, sizeof(*li));

	if (li == NULL)
		return err_set(e, ERR_NOMEM, "TFTP server");
	tftp_sock_prepare(fd);
	li->srv = s;
	li->fd = fd;
	if ((li->io = loop_io_new(s->loop, fd, LOOP_READ, LOOP_PRIO_LOW,
	    listener_ready, li, e)) == NULL) {
		free(li);
		return ERR_IO;
	}
	LIST_INSERT_HEAD(&s->listeners, li, entry);
	return ERR_OK;
}

static void
listener_free(struct listener *li)
{
	LIST_REMOVE(li, entry);
	loop_io_free(li->io);
	free(li);
}

void
tftp_server_unlisten(struct tftp_server *s, int fd)
{
	struct listener *li;

	LIST_FOREACH(li, &s->listeners, entry)
		if (li->fd == fd) {
			/* What came up to now is answered. */
			if (li->io != NULL)
				listener_ready(li, fd, LOOP_READ);
			listener_free(li);
			return;
		}
}

void
tftp_server_set_conf(struct tftp_server *s, const struct xfer_conf *conf)
{
	s->conf = *conf;
}

void
tftp_server_drain(struct tftp_server *s)
{
	struct listener *li;

	LIST_FOREACH(li, &s->listeners, entry) {
		loop_io_free(li->io);
		li->io = NULL;
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
			tftp_transfer_go_on(t);
		}
	if (s->out != NULL)
		tftp_out_flush(s->out);
	tftp_pool_free(s->pool);
	tftp_out_free(s->out);
	tftp_in_free(s->in);
	tftp_alarms_clear(&s->alarms);
	loop_timer_free(s->timer);
	while (!LIST_EMPTY(&s->listeners))
		listener_free(LIST_FIRST(&s->listeners));
	free(s);
}
