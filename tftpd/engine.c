/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The engine's threads, see engine.h.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "tftpd/engine.h"
#include "tftpd/worker.h"

struct engine;

struct seat {			/* of one thread */
	struct engine	*en;
	unsigned	 i;
	int		 channel;	/* the worker's */
	pthread_t	 thread;
};

struct engine {
	const struct tftpd	*t;
	int			 statefd;
	struct admit		*admit;
	struct file_cache	*cache;
	struct observe		*observe;
	int			 stopfds[2];	/* the parent's; our own */
	struct seat		 seats[PROC_LOOPS_MAX];
	unsigned		 nseats;

	pthread_mutex_t		 lock;		/* of what follows */
	pthread_cond_t		 changed;
	unsigned		 serving;
	struct err		 failed;	/* the first failure */
};

/* The first reason counts; all others are told to stop. */
static void
engine_fail(struct engine *en, const struct err *e)
{
	(void)pthread_mutex_lock(&en->lock);
	if (en->failed.code == ERR_OK)
		en->failed = *e;
	(void)pthread_cond_signal(&en->changed);
	(void)pthread_mutex_unlock(&en->lock);
	(void)eventfd_write(en->stopfds[1], 1);
}

static void
engine_serving(struct engine *en)
{
	(void)pthread_mutex_lock(&en->lock);
	en->serving++;
	(void)pthread_cond_signal(&en->changed);
	(void)pthread_mutex_unlock(&en->lock);
}

static void *
seat_main(void *arg)
{
	struct seat *s = arg;
	struct engine *en = s->en;
	struct err e = { 0 };
	struct worker *w;

	w = worker_new(en->t, en->statefd, s->i, s->channel, en->admit,
	    en->cache, en->observe, en->stopfds, &e);
	if (w == NULL) {
		engine_fail(en, &e);
		return NULL;
	}
	engine_serving(en);
	if (worker_run(w, &e) != ERR_OK)
		engine_fail(en, &e);
	worker_free(w);
	return NULL;
}

static void
engine_start(struct engine *en, const int *channels, size_t n)
{
	struct err e = { 0 };

	for (; en->nseats < n; en->nseats++) {
		struct seat *s = &en->seats[en->nseats];

		*s = (struct seat){ .en = en, .i = en->nseats,
		    .channel = channels[en->nseats] };
		if (pthread_create(&s->thread, NULL, seat_main, s) != 0) {
			(void)err_set(&e, ERR_NOMEM, "thread of loop %u",
			    en->nseats);
			engine_fail(en, &e);
			return;
		}
	}
}

/* True when all serve, false when one has failed. */
static bool
engine_wait(struct engine *en)
{
	bool up;

	(void)pthread_mutex_lock(&en->lock);
	while (en->serving < en->nseats && en->failed.code == ERR_OK)
		(void)pthread_cond_wait(&en->changed, &en->lock);
	up = en->failed.code == ERR_OK;
	(void)pthread_mutex_unlock(&en->lock);
	return up;
}

/* Pass on the parent's new sockets until it is time to end. */
static void
engine_listen(struct engine *en, int parentfd)
{
	struct pollfd pfd[3] = {
		{ .fd = en->stopfds[0], .events = POLLIN },
		{ .fd = en->stopfds[1], .events = POLLIN },
		{ .fd = parentfd, .events = POLLIN },
	};
	struct err e = { 0 };

	for (;;) {
		if (poll(pfd, 3, -1) == -1)
			continue;	/* EINTR */
		if (pfd[0].revents != 0 || pfd[1].revents != 0)
			return;
		if (pfd[2].revents == 0 ||
		    listen_set_take(en->t->listen, parentfd))
			continue;
		(void)err_set(&e, ERR_IO, "the parent's sockets could not be "
		    "taken");
		engine_fail(en, &e);
	}
}

static int
engine_serve(struct engine *en, struct proc *p, const int *channels,
    size_t n, struct err *e)
{
	engine_start(en, channels, n);
	if (engine_wait(en)) {
		proc_ready(p);
		engine_listen(en, p->parentfd);
	}
	for (unsigned i = 0; i < en->nseats; i++)
		(void)pthread_join(en->seats[i].thread, NULL);
	if (en->failed.code == ERR_OK)
		return ERR_OK;
	if (e != NULL)
		*e = en->failed;
	return en->failed.code;
}

int
engine_run(struct proc *p, const int *channels, size_t n, int stopfd,
    struct err *e)
{
	struct tftpd *t = p->arg;
	struct engine en = {
		.t = t, .statefd = p->statefd,
		.stopfds = { stopfd, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) },
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
	};
	int r;

	if (en.stopfds[1] == -1)
		return err_sys(e, ERR_IO, "eventfd");
	t->writerfd = p->writerfd;
	log_buffer(true);
	stats_engine(t->stats);
	if ((en.admit = admit_new(e)) == NULL ||
	    (en.cache = file_cache_new(e)) == NULL ||
	    (en.observe = observe_start(p->statefd, e)) == NULL)
		r = e != NULL ? e->code : ERR_IO;
	else
		r = engine_serve(&en, p, channels, n, e);
	observe_stop(en.observe);
	file_cache_free(en.cache);
	admit_free(en.admit);
	(void)close(en.stopfds[1]);
	log_buffer(false);
	return r;
}
