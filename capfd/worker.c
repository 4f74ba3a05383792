/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One loop of the engine, see worker.h.
 */
#include <stdlib.h>
#include <unistd.h>

#include "capfd/service.h"
#include "capfd/worker.h"
#include "trust/msg_loop.h"

struct worker {
	struct msg_loop		*loop;
	struct service		*service;
};

static struct db *
loop_db(void *arg)
{
	return service_db(arg);
}

static bool
loop_changed(void *arg)
{
	return service_changed(arg);
}

static int
loop_tune(void *arg, struct msg_tuning *t, struct err *e)
{
	return service_tune(arg, t, e);
}

static int
loop_use(void *arg, const struct own *own, struct err *e)
{
	return service_use(arg, own->cert, e);
}

static int
loop_look(void *arg, struct err *e)
{
	return service_look(arg, e);
}

static void
loop_drain(void *arg)
{
	service_drain(arg);
}

static const struct msg_loop_def loop_def = {
	.unread = "capfd.parameters", .keyless = "capfd.key",
	.cut = "capfd.drain_cut", .unit = UNIT_CAPF, .msg = &service_msg,
	.db = loop_db, .changed = loop_changed, .tune = loop_tune,
	.use = loop_use, .look = loop_look, .drain = loop_drain,
};

struct worker *
worker_new(const struct worker_shared *sh, unsigned i, int channel,
    const int stopfds[2], struct err *e)
{
	/* A phone comes once in years: no tickets. */
	const struct msg_loop_conf c = { .def = &loop_def,
	    .node = sh->d->d.node, .listen = sh->d->d.listen, .count = sh->count };
	struct service_conf sc = { .statefd = sh->statefd,
	    .node = sh->d->d.node, .desk = sh->desk,
	    .anchors = sh->anchors, .clk = clock_system() };
	struct worker *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		(void)close(channel);
		(void)err_set(e, ERR_NOMEM, "loop %u", i);
		return NULL;
	}
	if ((w->loop = msg_loop_new(&c, channel, e)) == NULL)
		goto out;
	sc.loop = msg_loop_loop(w->loop);
	sc.signer = msg_loop_signer(w->loop);
	if ((w->service = service_new(&sc, e)) != NULL &&
	    msg_loop_begin(w->loop, w->service, w->service, i, stopfds, e) ==
	    ERR_OK)
		return w;
out:
	worker_free(w);
	return NULL;
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
