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
#define LOOK_MS		250	/* at the database, when nobody asks */

struct anchors {
	int		 statefd;
	struct db	*db;		/* the thread's */
	struct revocation *revocation;
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 wake;
	bool		 started;
	int64_t		 seq;		/* the thread has read to here */

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

static struct timespec
in_ms(int ms)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += ms % 1000 * 1000000L;
	t.tv_sec += ms / 1000 + t.tv_nsec / 1000000000L;
	t.tv_nsec %= 1000000000L;
	return t;
}

/*
 * Want what has changed without anybody's question.  What cannot be read is
 * left to a snapshot, which says so and tries again.
 */
static void
look(struct anchors *a)
{
	struct anchors_changed ch = { 0 };
	struct err e = { 0 };
	bool trimmed = false;

	if (!db_changed(a->db))
		return;
	if (db_changes(a->db, &a->seq, &trimmed, anchors_is_change, &ch,
	    &e) != ERR_OK || trimmed)
		(void)anchors_want(a, -1);
	else if (ch.trust)
		(void)anchors_want(a, a->seq);
}

/* Until something is wanted, the end, or it is time to look: what it is. */
static bool
wait_some(struct anchors *a, bool *stop)
{
	struct timespec until = in_ms(LOOK_MS);
	bool wanted;
	int r = 0;

	(void)pthread_mutex_lock(&a->lock);
	while (!a->stop && a->wanted <= atomic_load(&a->made) &&
	    r != ETIMEDOUT)
		r = pthread_cond_timedwait(&a->wake, &a->lock, &until);
	*stop = a->stop;
	wanted = a->wanted > atomic_load(&a->made);
	(void)pthread_mutex_unlock(&a->lock);
	return wanted;
}

/* Until something is wanted, or the end: false. */
static bool
wait_wanted(struct anchors *a)
{
	bool stop;

	while (!wait_some(a, &stop) && !stop)
		look(a);
	return !stop;
}

/* That long, so that many changes make one snapshot, which then begins; the
 * end: false. */
static bool
rest(struct anchors *a, int ms)
{
	struct timespec until = in_ms(ms);
	bool stop;

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
	    anchors_view_make(&a->view, a->db, NULL, e) != ERR_OK)
		goto fail;
	a->seq = a->view.seq;
	if (start_thread(a, e) != ERR_OK)
		goto fail;
	return a;
fail:
	anchors_stop(a);
	return NULL;
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
