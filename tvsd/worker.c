/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One loop of the engine, see worker.h.
 */
#include <stdlib.h>
#include <unistd.h>

#include "trust/msg_loop.h"
#include "tvsd/service.h"
#include "tvsd/tuning.h"
#include "tvsd/worker.h"

struct worker {
	const struct worker_shared *sh;
	struct msg_loop		*loop;
	struct service		*service;
};

static struct db *
worker_db(void *arg)
{
	struct worker *w = arg;

	return service_db(w->service);
}

static bool
worker_changed(void *arg)
{
	struct worker *w = arg;

	return service_changed(w->service);
}

static int
worker_tune(void *arg, struct msg_tuning *t, struct err *e)
{
	struct worker *w = arg;
	int64_t ring;
	int ret;

	if ((ret = tuning_load(t, &ring, service_db(w->service),
	    w->sh->t->d.node, e)) == ERR_OK)
		asks_set(w->sh->asks, ring);
	return ret;
}

static int
worker_look(void *arg, struct err *e)
{
	struct worker *w = arg;

	(void)e;
	service_flush(w->service);
	return ERR_OK;
}

static const struct msg_loop_def loop_def = {
	.unread = "tvsd.parameters", .keyless = "tvsd.key",
	.cut = "tvsd.drain_cut", .unit = UNIT_TVS, .msg = &service_msg,
	.db = worker_db, .changed = worker_changed, .tune = worker_tune,
	.look = worker_look,
};

struct worker *
worker_new(const struct worker_shared *sh, unsigned i, int channel,
    const int stopfds[2], struct err *e)
{
	const struct msg_loop_conf c = { .def = &loop_def,
	    .node = sh->t->d.node, .listen = sh->t->d.listen, .count = sh->count,
	    .ticket_keys = sh->ticket_keys };
	struct worker *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		(void)close(channel);
		(void)err_set(e, ERR_NOMEM, "loop %u", i);
		return NULL;
	}
	w->sh = sh;
	if ((w->loop = msg_loop_new(&c, channel, e)) == NULL ||
	    (w->service = service_new(sh->statefd, sh->t->d.node, sh->stores,
	    clock_system(), sh->asks, e)) == NULL ||
	    msg_loop_begin(w->loop, w, w->service, i, stopfds, e) != ERR_OK) {
		worker_free(w);
		return NULL;
	}
	return w;
}

int
worker_run(struct worker *w, struct err *e)
{
	return msg_loop_run(w->loop, e);
}

void
worker_free(struct worker *w)
{
	if (w == NULL)
		return;
	msg_loop_end(w->loop);
	service_free(w->service);
	msg_loop_free(w->loop);
	free(w);
}

void
worker_rekey(struct worker *w, int channel)
{
	msg_loop_rekey(w->loop, channel);
}
