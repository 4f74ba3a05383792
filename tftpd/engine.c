/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The engine's threads, see engine.h.
 */
#include "proc/loops.h"
#include "tftpd/engine.h"
#include "tftpd/worker.h"

struct engine {			/* what the loops share */
	const struct tftpd	*t;
	int			 statefd;
	struct admit		*admit;
	struct file_cache	*cache;
	struct observe		*observe;
};

static void *
open_worker(void *arg, unsigned i, int channel, const int stopfds[2],
    struct err *e)
{
	const struct engine *en = arg;

	return worker_new(en->t, en->statefd, i, channel, en->admit,
	    en->cache, en->observe, stopfds, e);
}

/* Pass on the parent's new sockets. */
static bool
take_sockets(void *arg, int parentfd)
{
	const struct engine *en = arg;

	return listen_set_take(en->t->d.listen, parentfd);
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
	struct tftpd *t = p->arg;
	struct engine en = { .t = t, .statefd = p->statefd };
	const struct loops_def def = { .open = open_worker,
	    .run = run_worker, .close = close_worker,
	    .rekey = rekey_worker, .told = take_sockets, .arg = &en };
	int r;

	t->writerfd = p->writerfd;
	stats_engine(t->stats);
	if ((en.admit = admit_new(e)) == NULL ||
	    (en.cache = file_cache_new(e)) == NULL ||
	    (en.observe = observe_start(p->statefd, e)) == NULL)
		r = e != NULL ? e->code : ERR_IO;
	else
		r = loops_run(p, &def, channels, n, stopfd, e);
	observe_stop(en.observe);
	file_cache_free(en.cache);
	admit_free(en.admit);
	return r;
}
