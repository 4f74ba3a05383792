/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Observations, see observe.h.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "tftpd/observe.h"
#include "tftpd/serve.h"

#define QUEUE_MAX	4096	/* 700 bytes each */
#define GROUP_MS	200	/* one commit for what comes within */

struct observe {
	struct db_writer	*writer;
	_Atomic int64_t		 ring, devices;
	struct serve_seldom	 failed;	/* writer thread only */
};

struct observe_port {
	struct observe		*o;
	struct db_port		*port;
	struct serve_seldom	 dropped;
};

struct job {
	struct observe	*o;
	struct fetch	 f;
};

struct observe *
observe_start(int statefd, struct err *e)
{
	struct observe *o = calloc(1, sizeof(*o));

	if (o == NULL) {
		(void)err_set(e, ERR_NOMEM, "observations");
		return NULL;
	}
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
	db_port_free(p->port);
	free(p);
}

/* On the writer thread: nobody waits for an answer, so failures end here. */
static int
job_run(struct db *db, void *arg, struct err *e)
{
	const struct job *j = arg;
	struct err why = { 0 };
	uint64_t n;
	int r = observed_add(db, &j->f, atomic_load(&j->o->ring),
	    atomic_load(&j->o->devices), &why);

	if (r != ERR_OK && serve_seldom(&j->o->failed,
	    clock_mono_ms(clock_system()), &n))
		log_err(LOG_WARNING, "observe.failed", &why,
		    LOG_U64("count", n));
	return r == ERR_OK ? ERR_OK : err_set(e, r, "%s", why.msg);
}

void
observe_fetch(struct observe_port *p, const struct fetch *f)
{
	struct job *j = malloc(sizeof(*j));
	uint64_t n;

	if (j != NULL) {
		j->o = p->o;
		j->f = *f;
		if (db_tx_post(p->port, job_run, j, NULL, free, NULL) ==
		    ERR_OK)
			return;
		free(j);
	}
	if (serve_seldom(&p->dropped, clock_mono_ms(clock_system()), &n))
		log_event(LOG_WARNING, "observe.dropped", LOG_U64("count", n),
		    LOG_STR("why", "the disk does not keep up with what "
		    "phones fetch"));
}
