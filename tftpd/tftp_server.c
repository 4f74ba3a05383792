/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The TFTP server, see tftp_server.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "crypt/rng.h"
#include "tftpd/tftp_refuse.h"
#include "tftpd/tftp_server.h"
#include "tftpd/tftp_sock.h"

#define NBUCKETS	1024	/* of transfers by peer; a power of two */
#define BATCH		32	/* datagrams before others have their turn */

struct transfer {
	LIST_ENTRY(transfer)	 entry;
	struct tftp_server	*srv;
	struct tftp_xfer	 x;
	struct serve_item	 item;
	struct net_addr		 peer;
	char			*asked;		/* request name */
	char			 why[96];	/* of the peer's ERROR */
	int			 fd;
	struct loop_io		*io;
	struct loop_timer	*timer;
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
	struct bucket		 transfers[NBUCKETS];	/* zeroed: empty */
	size_t			 ntransfers;
	uint64_t		 hash_key;
	struct serve_seldom	 busy, broken;
	struct tftp_datagram	 in;
	uint8_t			 out[TFTP_DATAGRAM_MAX];
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

/* --- one transfer --- */

static void
transfer_free(struct transfer *t)
{
	loop_timer_free(t->timer);
	loop_io_free(t->io);
	if (t->fd != -1)
		(void)close(t->fd);
	serve_item_clear(&t->item);
	free(t->asked);
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

static void
transfer_send(struct transfer *t)
{
	struct tftp_server *s = t->srv;
	size_t len, seg, n;

	while ((len = tftp_xfer_output(&t->x, s->out, sizeof(s->out),
	    &seg)) > 0)
		for (size_t off = 0; off < len; off += n) {
			n = len - off < seg ? len - off : seg;
			tftp_sock_send(t->fd, &t->peer, s->out + off, n);
		}
}

/* Send what there is to send, then wait or end.  t may be gone after. */
static void
transfer_go_on(struct transfer *t)
{
	transfer_send(t);
	if (tftp_xfer_over(&t->x))
		transfer_end(t);
	else
		loop_timer_set(t->timer, tftp_xfer_deadline(&t->x) -
		    loop_now_ms(t->srv->loop));
}

static void
transfer_timer(void *arg)
{
	struct transfer *t = arg;

	tftp_xfer_tick(&t->x, loop_now_ms(t->srv->loop));
	transfer_go_on(t);
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

/* An ERROR is never answered: two servers would never stop. */
static void
answer_stranger(struct transfer *t, const struct net_addr *stranger,
    const struct tftp_msg *m)
{
	uint8_t buf[64];
	size_t n;

	if (m->op == TFTP_ERROR)
		return;
	n = tftp_build_error(buf, sizeof(buf), TFTP_E_TID,
	    "unknown transfer");
	tftp_sock_send(t->fd, stranger, buf, n);
}

static void
transfer_ready(void *arg, int fd, unsigned events)
{
	struct transfer *t = arg;
	struct tftp_server *s = t->srv;
	struct tftp_msg m;

	(void)events;
	for (int i = 0; i < BATCH && !tftp_xfer_over(&t->x) &&
	    tftp_sock_recv_peer(fd, &s->in); i++) {
		if (s->in.cut || tftp_msg_parse(&m, s->in.buf, s->in.len,
		    NULL) != ERR_OK)
			continue;
		if (!net_addr_equal(&s->in.peer, &t->peer)) {
			answer_stranger(t, &s->in.peer, &m);
			continue;
		}
		if (m.op == TFTP_ERROR)
			keep_why(t, &m);
		tftp_xfer_input(&t->x, &m, loop_now_ms(s->loop));
		transfer_send(t);
	}
	transfer_go_on(t);
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

/* Fill t with all a transfer needs. */
static int
transfer_open(struct tftp_server *s, struct transfer *t,
    const struct tftp_datagram *d, const struct tftp_msg *m, struct err *e)
{
	int r = s->backend.get(s->backend.arg, m->file, strlen(m->file),
	    &t->item, e);

	if (r != ERR_OK)
		return r;
	if ((t->asked = strdup(m->file)) == NULL)
		return err_set(e, ERR_NOMEM, "request name");
	if ((t->fd = tftp_sock_tid(&d->local, e)) == -1)
		return ERR_IO;
	t->timer = loop_timer_new(s->loop, transfer_timer, t, e);
	t->io = loop_io_new(s->loop, t->fd, LOOP_READ, LOOP_PRIO_HIGH,
	    transfer_ready, t, e);
	return t->timer != NULL && t->io != NULL ? ERR_OK : ERR_NOMEM;
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
	LIST_INSERT_HEAD(bucket_of(s, &t->peer), t, entry);
	s->ntransfers++;
	transfer_go_on(t);
}

/* The peer is counted in already; takes care of counting it out. */
static void
read_admitted(struct tftp_server *s, const struct tftp_datagram *d,
    const struct tftp_msg *m)
{
	struct transfer *t = calloc(1, sizeof(*t));
	struct err e = { 0 };

	if (t == NULL) {
		tftp_refuse_code(d, ERR_NOMEM);
		admit_leave(s->admit, &d->peer);
		return;
	}
	*t = (struct transfer){ .srv = s, .x.id = serve_next_id(),
	    .item.fd = -1, .peer = d->peer, .fd = -1,
	    .started_us = wall_us(), .started_ms = loop_now_ms(s->loop) };
	if (transfer_open(s, t, d, m, &e) == ERR_OK) {
		transfer_start(s, t, m);
		return;
	}
	tftp_refuse_code(d, e.code);
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
		    strcmp(t->asked, m->file) == 0)
			return true;
	return false;
}

static void
handle_read(struct tftp_server *s, const struct tftp_datagram *d,
    const struct tftp_msg *m)
{
	uint64_t n;

	if (m->mode != TFTP_OCTET && m->mode != TFTP_NETASCII) {
		tftp_refuse_kind(d, m, TFTP_E_ILLEGAL,
		    "mode is not served: use octet");
		return;
	}
	if (is_repeated(s, d, m))
		return;
	if (admit_enter(s->admit, &d->peer)) {
		read_admitted(s, d, m);
		return;
	}
	tftp_refuse_code(d, ERR_BUSY);
	if (serve_seldom(&s->busy, loop_now_ms(s->loop), &n))
		log_event(LOG_WARNING, "tftp.busy", LOG_U64("refused", n),
		    LOG_STR("why", "tftp.max_transfers or "
		    "tftp.max_per_address is reached"));
}

/* Not a request at all, or not one that can be understood. */
static void
handle_broken(struct tftp_server *s, const struct tftp_datagram *d,
    const struct err *e)
{
	char peer[NET_ADDR_TEXT];
	uint64_t n;

	tftp_refuse(d, TFTP_E_ILLEGAL, "malformed request");
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
	struct tftp_msg m;

	if (!d->unicast || net_addr_port(&d->peer) == 0 || is_error_packet(d))
		return;
	if (d->cut)
		(void)err_set(&e, ERR_PROTO, "longer than %d bytes",
		    TFTP_REQUEST_MAX);
	else
		(void)tftp_msg_parse(&m, d->buf, d->len, &e);
	if (e.code == ERR_OK && m.op == TFTP_RRQ)
		handle_read(s, d, &m);
	else if (e.code == ERR_OK && m.op == TFTP_WRQ)
		tftp_refuse_kind(d, &m, TFTP_E_ACCESS,
		    "nothing is written here");
	else if (e.code == ERR_OK)
		tftp_refuse(d, TFTP_E_TID, "unknown transfer");
	else
		handle_broken(s, d, &e);
}

static void
listener_ready(void *arg, int fd, unsigned events)
{
	const struct listener *l = arg;

	(void)events;
	for (int i = 0; i < BATCH && tftp_sock_recv(fd, &l->srv->in); i++)
		handle_request(l->srv, &l->srv->in);
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
	    ERR_OK)
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
	free(s->listeners);
	free(s);
}
