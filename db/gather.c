/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Records gathered for a database, see gather.h.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/seldom.h"
#include "db/gather.h"

#define QUEUE_MAX	64	/* batches: some MB at most */
#define LAST_MS		10000	/* for the last batch of a port */
#define LAST_STEP_MS	10
#define GROUP_MS	200	/* one commit for what comes within */

struct gather {
	const struct gather_def	*def;
	void			*arg;
	struct db_writer	*writer;
};

struct gather_port {
	struct gather		*g;
	struct db_port		*port;
	struct batch		*batch;		/* that fills, or NULL */
	struct seldom		 dropped;
};

struct batch {
	const struct gather	*g;
	size_t			 n;
	_Alignas(max_align_t) uint8_t records[];
};

struct gather *
gather_start(int statefd, const char *name, const struct gather_def *def,
    void *arg, struct err *e)
{
	struct gather *g = calloc(1, sizeof(*g));

	if (g == NULL) {
		(void)err_set(e, ERR_NOMEM, "observations");
		return NULL;
	}
	g->def = def;
	g->arg = arg;
	g->writer = db_writer_start(statefd, name, QUEUE_MAX, GROUP_MS, e);
	if (g->writer == NULL) {
		free(g);
		return NULL;
	}
	return g;
}

void
gather_stop(struct gather *g)
{
	if (g == NULL)
		return;
	db_writer_stop(g->writer);
	free(g);
}

struct gather_port *
gather_port_new(struct gather *g, struct err *e)
{
	struct gather_port *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_set(e, ERR_NOMEM, "observations");
		return NULL;
	}
	p->g = g;
	if ((p->port = db_port_new(g->writer, e)) == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

void
gather_port_free(struct gather_port *p)
{
	if (p == NULL)
		return;
	/* The writer may be behind: it gets a moment for the last ones. */
	gather_flush(p);
	for (int ms = 0; p->batch != NULL && ms < LAST_MS;
	    ms += LAST_STEP_MS) {
		(void)poll(NULL, 0, LAST_STEP_MS);
		gather_flush(p);
	}
	free(p->batch);
	db_port_free(p->port);
	free(p);
}

/* On the writer thread: nobody waits for an answer, so failures end there. */
static int
batch_run(struct db *db, void *arg, struct err *e)
{
	const struct batch *b = arg;

	(void)e;
	b->g->def->write(b->g->arg, db, b->records, b->n);
	return ERR_OK;
}

void
gather_flush(struct gather_port *p)
{
	if (p->batch == NULL)
		return;
	if (db_tx_post(p->port, batch_run, p->batch, NULL, free, NULL) ==
	    ERR_OK)
		p->batch = NULL;	/* else it stays, for the next time */
}

/* Room for r: its own, or that of an older one that says the same, the last:
 * what stood before it may be forgotten first. */
static void *
batch_room(struct gather_port *p, const void *r)
{
	const struct gather_def *d = p->g->def;
	struct batch *b = p->batch;

	if (b == NULL) {
		if ((b = malloc(sizeof(*b) + d->max * d->size)) == NULL)
			return NULL;
		b->g = p->g;
		b->n = 0;
		p->batch = b;
	}
	if (b->n < d->max)
		return b->records + d->size * b->n++;
	for (size_t i = b->n; i > 0; i--)
		if (d->same(b->records + d->size * (i - 1), r))
			return b->records + d->size * (i - 1);
	return NULL;
}

void
gather_put(struct gather_port *p, const void *record)
{
	const struct gather_def *d = p->g->def;
	uint64_t n;
	void *room;

	if (p->batch != NULL && p->batch->n == d->max)
		gather_flush(p);
	if ((room = batch_room(p, record)) != NULL) {
		memcpy(room, record, d->size);
		return;
	}
	if (seldom_due(&p->dropped, clock_mono_ms(clock_system()), &n))
		log_event(LOG_WARNING, d->dropped, LOG_U64("count", n),
		    LOG_STR("why", d->why));
}
