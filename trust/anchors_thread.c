/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The thread that makes snapshots of the trust stores, see anchors.h.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "db/rows.h"
#include "trust/anchors_part.h"

#define RETRY_MS	1000	/* after a snapshot that failed */

struct anchors {
	int		 statefd;
	struct db	*db;		/* the thread's */
	struct revocation *revocation;
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 wake;
	bool		 started;

	/* below the lock */
	bool		 stop;
	uint64_t	 begun, wanted;	/* numbers of snapshots */
	struct anchors_view view;
	atomic_ullong	 made;		/* its number; read without the lock
					 * too */
};

static void
put(struct anchors *a, const struct anchors_view *w)
{
	struct anchors_view old;

	(void)pthread_mutex_lock(&a->lock);
	old = a->view;
	a->view = *w;
	atomic_store(&a->made, a->begun);
	(void)pthread_mutex_unlock(&a->lock);
	anchors_view_clear(&old);
}

/* Until something is wanted, or the end: false. */
static bool
wait_wanted(struct anchors *a)
{
	bool stop;

	(void)pthread_mutex_lock(&a->lock);
	while (!a->stop && a->wanted <= atomic_load(&a->made))
		(void)pthread_cond_wait(&a->wake, &a->lock);
	stop = a->stop;
	(void)pthread_mutex_unlock(&a->lock);
	return !stop;
}

/* That long, so that many changes make one snapshot, which then begins; the
 * end: false. */
static bool
rest(struct anchors *a, int ms)
{
	struct timespec until;
	bool stop;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ms % 1000 * 1000000L;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	(void)pthread_mutex_lock(&a->lock);
	while (!a->stop && pthread_cond_timedwait(&a->wake, &a->lock,
	    &until) != ETIMEDOUT)
		;
	stop = a->stop;
	a->begun++;
	(void)pthread_mutex_unlock(&a->lock);
	return !stop;
}

static void *
make_snapshots(void *arg)
{
	struct anchors *a = arg;
	int ms = ANCHORS_WAIT_MS;

	while (wait_wanted(a) && rest(a, ms)) {
		struct err e = { 0 };
		struct anchors_view w;

		/* Only this thread replaces the view. */
		if (anchors_view_make(&w, a->db, a->view.crls, &e) ==
		    ERR_OK) {
			log_event(LOG_DEBUG, "trust.snapshot",
			    LOG_U64("certs", cert_store_count(w.store)));
			put(a, &w);
			ms = ANCHORS_WAIT_MS;
			continue;
		}
		if (ms != RETRY_MS)
			log_err(LOG_ERR, "trust.snapshot_failed", &e);
		ms = RETRY_MS;
	}
	return NULL;
}

/* Signals belong to the loops. */
static int
start_thread(struct anchors *a, struct err *e)
{
	sigset_t all, old;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&a->thread, NULL, make_snapshots, a);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r != 0)
		return err_set(e, ERR_NOMEM, "no thread for the trust stores");
	a->started = true;
	return ERR_OK;
}

static void
init_locks(struct anchors *a)
{
	pthread_condattr_t mono;

	(void)pthread_condattr_init(&mono);
	(void)pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&a->lock, NULL);
	(void)pthread_cond_init(&a->wake, &mono);
	(void)pthread_condattr_destroy(&mono);
}

struct anchors *
anchors_start(int statefd, struct err *e)
{
	struct anchors *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		(void)err_set(e, ERR_NOMEM, "trust stores");
		return NULL;
	}
	a->statefd = statefd;
	init_locks(a);
	a->begun = 1;
	atomic_init(&a->made, a->begun);
	if ((a->revocation = revocation_new(clock_system(), NULL, NULL,
	    e)) == NULL ||
	    (a->db = db_open(statefd, DB_FILE, DB_READ, e)) == NULL ||
	    anchors_view_make(&a->view, a->db, NULL, e) != ERR_OK ||
	    start_thread(a, e) != ERR_OK) {
		anchors_stop(a);
		return NULL;
	}
	return a;
}

void
anchors_stop(struct anchors *a)
{
	if (a == NULL)
		return;
	if (a->started) {
		(void)pthread_mutex_lock(&a->lock);
		a->stop = true;
		(void)pthread_cond_signal(&a->wake);
		(void)pthread_mutex_unlock(&a->lock);
		(void)pthread_join(a->thread, NULL);
	}
	anchors_view_clear(&a->view);
	revocation_free(a->revocation);
	db_close(a->db);
	(void)pthread_cond_destroy(&a->wake);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}

uint64_t
anchors_made(struct anchors *a)
{
	return atomic_load(&a->made);
}

bool
anchors_newer(struct anchors *a, uint64_t *made, struct anchors_view *w)
{
	if (atomic_load(&a->made) == *made)
		return false;
	(void)pthread_mutex_lock(&a->lock);
	*made = atomic_load(&a->made);
	*w = anchors_view_ref(&a->view);
	(void)pthread_mutex_unlock(&a->lock);
	return true;
}

uint64_t
anchors_want(struct anchors *a, int64_t seq)
{
	uint64_t number = 0;

	(void)pthread_mutex_lock(&a->lock);
	if (seq < 0 || a->view.seq < seq) {
		/* One that has begun may have read before the change. */
		number = a->begun + 1;
		a->wanted = number;
		(void)pthread_cond_signal(&a->wake);
	}
	(void)pthread_mutex_unlock(&a->lock);
	return number;
}

int
anchors_statefd(const struct anchors *a)
{
	return a->statefd;
}

struct revocation *
anchors_revocation(struct anchors *a)
{
	return a->revocation;
}
