/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Observations, see observe.h.
 */
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "tftpd/observe.h"
#include "tftpd/serve.h"

#define BATCH		OBSERVED_ADD_MAX	/* fetches handed on together */
#define QUEUE_MAX	64	/* batches: 8 MB at most */
#define LAST_MS		10000	/* for the last batch of a port */
#define LAST_STEP_MS	10
#define GROUP_MS	200	/* one commit for what comes within */

struct observe {
	struct db_writer	*writer;
	_Atomic int64_t		 ring, devices;
	int			 statefd;	/* borrowed */
	/* of the writer thread */
	struct db		*db;		/* of phones, or NULL */
	struct serve_seldom	 failed, unknown;
};

struct observe_port {
	struct observe		*o;
	struct db_port		*port;
	struct batch		*batch;		/* that fills, or NULL */
	struct serve_seldom	 dropped;
};

struct batch {
	struct observe	*o;
	size_t		 n;
	struct fetch	 f[BATCH];
};

struct observe *
observe_start(int statefd, struct err *e)
{
	struct observe *o = calloc(1, sizeof(*o));

	if (o == NULL) {
		(void)err_set(e, ERR_NOMEM, "observations");
		return NULL;
	}
	o->statefd = statefd;
	o->writer = db_writer_start(statefd, OBSERVED_FILE, QUEUE_MAX,
	    GROUP_MS, e);
	if (o->writer == NULL) {
		free(o);
		return NULL;
	}
	return o;
}

void
observe_set(struct observe *o, int64_t ring, int64_t devices)
{
	atomic_store(&o->ring, ring);
	atomic_store(&o->devices, devices);
}

void
observe_stop(struct observe *o)
{
	if (o == NULL)
		return;
	db_writer_stop(o->writer);
	db_close(o->db);
	free(o);
}

struct observe_port *
observe_port_new(struct observe *o, struct err *e)
{
	struct observe_port *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_set(e, ERR_NOMEM, "observations");
		return NULL;
	}
	p->o = o;
	if ((p->port = db_port_new(o->writer, e)) == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

void
observe_port_free(struct observe_port *p)
{
	if (p == NULL)
		return;
	/* The writer may be behind: it gets a moment for the last ones. */
	observe_flush(p);
	for (int ms = 0; p->batch != NULL && ms < LAST_MS;
	    ms += LAST_STEP_MS) {
		(void)poll(NULL, 0, LAST_STEP_MS);
		observe_flush(p);
	}
	free(p->batch);
	db_port_free(p->port);
	free(p);
}

static void
fail_seldom(struct serve_seldom *s, const struct err *why)
{
	uint64_t n;

	if (serve_seldom(s, clock_mono_ms(clock_system()), &n))
		log_err(LOG_WARNING, "observe.failed", why,
		    LOG_U64("count", n));
}

/* On the writer thread, asked when there are too many devices.  Of a database
 * that cannot be read no device is a phone. */
static bool
is_phone(void *arg, const char *device)
{
	struct row_phone row;
	struct observe *o = arg;
	struct err e = { 0 };
	int ret;

	if (o->db == NULL &&
	    (o->db = db_open(o->statefd, DB_FILE, DB_READ, &e)) == NULL)
		ret = e.code;
	else
		ret = row_phone_get(o->db, device, &row, &e);
	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		fail_seldom(&o->unknown, &e);
	return ret == ERR_OK;
}

/* On the writer thread: nobody waits for an answer, so failures end here.  One
 * fetch that cannot be kept does not take the others with it. */
static int
batch_run(struct db *db, void *arg, struct err *e)
{
	const struct batch *b = arg;
	const struct observed_bounds bounds = {
		.ring = atomic_load(&b->o->ring),
		.devices = atomic_load(&b->o->devices),
		.is_phone = is_phone, .arg = b->o,
	};
	struct err why = { 0 };

	(void)e;
	if (observed_add(db, b->f, b->n, &bounds, &why) != ERR_OK)
		fail_seldom(&b->o->failed, &why);
	return ERR_OK;
}

void
observe_flush(struct observe_port *p)
{
	if (p->batch == NULL)
		return;
	if (db_tx_post(p->port, batch_run, p->batch, NULL, free, NULL) ==
	    ERR_OK)
		p->batch = NULL;	/* else it stays, for the next time */
}

/* Room for f: its own, or that of an older fetch of the same, the last: what
 * stood before it may leave the ring first. */
static struct fetch *
batch_room(struct observe_port *p, const struct fetch *f)
{
	struct batch *b = p->batch;

	if (b == NULL) {
		if ((b = malloc(sizeof(*b))) == NULL)
			return NULL;
		b->o = p->o;
		b->n = 0;
		p->batch = b;
	}
	if (b->n < BATCH)
		return &b->f[b->n++];
	for (size_t i = b->n; i > 0; i--)
		if (strcmp(b->f[i - 1].device, f->device) == 0 &&
		    strcmp(b->f[i - 1].name, f->name) == 0)
			return &b->f[i - 1];
	return NULL;
}

void
observe_fetch(struct observe_port *p, const struct fetch *f)
{
	struct fetch *room;
	uint64_t n;

	if (p->batch != NULL && p->batch->n == BATCH)
		observe_flush(p);
	if ((room = batch_room(p, f)) != NULL) {
		*room = *f;
		return;
	}
	if (serve_seldom(&p->dropped, clock_mono_ms(clock_system()), &n))
		log_event(LOG_WARNING, "observe.dropped", LOG_U64("count", n),
		    LOG_STR("why", "the disk does not keep up with what "
		    "phones fetch"));
}
