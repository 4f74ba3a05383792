/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * An engine's threads, see loops.h.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "proc/loops.h"

struct loops;

struct seat {			/* of one thread */
	struct loops	*l;
	unsigned	 i;
	int		 channel;	/* the worker's */
	void		*worker;	/* while it is open, under the lock */
	pthread_t	 thread;
};

struct loops {
	const struct loops_def	*d;
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
loops_fail(struct loops *l, const struct err *e)
{
	(void)pthread_mutex_lock(&l->lock);
	if (l->failed.code == ERR_OK)
		l->failed = *e;
	(void)pthread_cond_signal(&l->changed);
	(void)pthread_mutex_unlock(&l->lock);
	(void)eventfd_write(l->stopfds[1], 1);
}

static void
loops_serving(struct loops *l)
{
	(void)pthread_mutex_lock(&l->lock);
	l->serving++;
	(void)pthread_cond_signal(&l->changed);
	(void)pthread_mutex_unlock(&l->lock);
}

static void
seat_worker(struct seat *s, void *w)
{
	(void)pthread_mutex_lock(&s->l->lock);
	s->worker = w;
	(void)pthread_mutex_unlock(&s->l->lock);
}

static void *
seat_main(void *arg)
{
	struct seat *s = arg;
	struct loops *l = s->l;
	struct err e = { 0 };
	void *w;

	w = l->d->open(l->d->arg, s->i, s->channel, l->stopfds, &e);
	if (w == NULL) {
		loops_fail(l, &e);
		return NULL;
	}
	seat_worker(s, w);
	loops_serving(l);
	if (l->d->run(w, &e) != ERR_OK)
		loops_fail(l, &e);
	seat_worker(s, NULL);
	l->d->close(w);
	return NULL;
}

static void
loops_start(struct loops *l, const int *channels, size_t n)
{
	struct err e = { 0 };

	for (; l->nseats < n; l->nseats++) {
		struct seat *s = &l->seats[l->nseats];

		*s = (struct seat){ .l = l, .i = l->nseats,
		    .channel = channels[l->nseats] };
		if (pthread_create(&s->thread, NULL, seat_main, s) != 0) {
			(void)err_set(&e, ERR_NOMEM, "thread of loop %u",
			    l->nseats);
			loops_fail(l, &e);
			return;
		}
	}
}

/* True when all serve, false when one has failed. */
static bool
loops_wait(struct loops *l)
{
	bool up;

	(void)pthread_mutex_lock(&l->lock);
	while (l->serving < l->nseats && l->failed.code == ERR_OK)
		(void)pthread_cond_wait(&l->changed, &l->lock);
	up = l->failed.code == ERR_OK;
	(void)pthread_mutex_unlock(&l->lock);
	return up;
}

static void
loops_rekey(struct loops *l, const int *channels, size_t n)
{
	(void)pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < n; i++) {
		if (i < l->nseats && l->seats[i].worker != NULL &&
		    l->d->rekey != NULL)
			l->d->rekey(l->seats[i].worker, channels[i]);
		else
			(void)close(channels[i]);
	}
	(void)pthread_mutex_unlock(&l->lock);
}

static bool
loops_told(struct loops *l, int parentfd)
{
	int channels[PROC_LOOPS_MAX];
	size_t n = proc_take_channels(parentfd, channels);

	if (n > 0) {
		loops_rekey(l, channels, n);
		return true;
	}
	return l->d->told != NULL && l->d->told(l->d->arg, parentfd);
}

/* Listen to the parent until it is time to end. */
static void
loops_listen(struct loops *l, int parentfd)
{
	struct pollfd pfd[3] = {
		{ .fd = l->stopfds[0], .events = POLLIN },
		{ .fd = l->stopfds[1], .events = POLLIN },
		{ .fd = parentfd, .events = POLLIN },
	};
	struct err e = { 0 };

	while (parentfd != -1) {
		if (poll(pfd, 3, -1) == -1)
			continue;	/* EINTR */
		if (pfd[0].revents != 0 || pfd[1].revents != 0)
			return;
		if (pfd[2].revents == 0 || loops_told(l, parentfd))
			continue;
		(void)err_set(&e, ERR_IO, "what the parent said could not be "
		    "taken");
		loops_fail(l, &e);
	}
}

int
loops_run(struct proc *p, const struct loops_def *d, const int *channels,
    size_t n, int stopfd, struct err *e)
{
	struct loops l = {
		.d = d,
		.stopfds = { stopfd, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) },
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
	};

	if (l.stopfds[1] == -1)
		return err_sys(e, ERR_IO, "eventfd");
	log_buffer(true);
	loops_start(&l, channels, n);
	if (loops_wait(&l)) {
		proc_ready(p);
		loops_listen(&l, p->parentfd);
	}
	for (unsigned i = 0; i < l.nseats; i++)
		(void)pthread_join(l.seats[i].thread, NULL);
	log_buffer(false);
	(void)close(l.stopfds[1]);
	if (l.failed.code != ERR_OK && e != NULL)
		*e = l.failed;
	return l.failed.code;
}
