/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the loops of the engine share, see engine.h.
 */
#include "capfd/engine.h"
#include "capfd/worker.h"
#include "crypt/rng.h"
#include "proc/loops.h"

static void *
open_worker(void *arg, unsigned i, int channel, const int stopfds[2],
    struct err *e)
{
	return worker_new(arg, i, channel, stopfds, e);
}

/* Pass on the parent's new sockets. */
static bool
take_sockets(void *arg, int parentfd)
{
	const struct worker_shared *sh = arg;

	return listen_set_take(sh->d->d.listen, parentfd);
}

static int
run_worker(void *worker, struct err *e)
{
	return worker_run(worker, e);
}

static void
close_worker(void *worker)
{
	worker_free(worker);
}

static void
rekey_worker(void *worker, int channel)
{
	worker_rekey(worker, channel);
}

int
engine_run(struct proc *p, const int *channels, size_t n, int stopfd,
    struct err *e)
{
	uint64_t key;
	struct worker_shared sh = {
		.d = p->arg, .statefd = p->statefd,
	};
	const struct loops_def def = { .open = open_worker,
	    .run = run_worker, .close = close_worker,
	    .rekey = rekey_worker, .told = take_sockets, .arg = &sh };
	int ret;

	proc_batch();
	if ((ret = rng_fill(rng_system(), &key, sizeof(key), e)) != ERR_OK)
		return ret;
	if ((sh.count = net_count_new(0, 0, key)) == NULL)
		return err_set(e, ERR_NOMEM, "count of connections");
	if ((sh.anchors = anchors_start(p->statefd, e)) == NULL ||
	    (sh.desk = desk_start(p->writerfd, e)) == NULL)
		ret = e != NULL ? e->code : ERR_IO;
	else
		ret = loops_run(p, &def, channels, n, stopfd, e);
	desk_stop(sh.desk);
	anchors_stop(sh.anchors);
	net_count_free(sh.count);
	return ret;
}
