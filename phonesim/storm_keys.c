/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Threads that make keys, see storm_keys.h.  A job belongs to the loop until
 * a thread takes it and again once it is among those done; in between only
 * its key is the thread's.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "phonesim/sim_keys.h"
#include "phonesim/storm_keys.h"

#define THREADS_MAX	16
#define NICENESS	10
#define NAME_MAX_LEN	64	/* "SEP0011223344AA-rsa2048.pem" */

struct storm_key_job {
	TAILQ_ENTRY(storm_key_job) link;
	struct storm_keys	*ks;
	bool			 waits;		/* no thread has it */
	enum key_type		 type;
	char			 name[NAME_MAX_LEN];
	struct key		*key;
	storm_key_fn		*fn;		/* NULL: nobody wants it */
	void			*arg;
};

TAILQ_HEAD(jobs, storm_key_job);

struct storm_keys {
	int			 dirfd;		/* -1: no folder */
	int			 donefd;
	struct loop_io		*io;
	pthread_t		 thread[THREADS_MAX];
	unsigned		 nthread;
	pthread_mutex_t		 lock;		/* of all below */
	pthread_cond_t		 changed;
	bool			 stop;
	struct jobs		 waiting, done;
};

/* --- in a thread --- */

/* Out of the folder, or made and put there.  A folder that cannot be written
 * is none; the phone has its key. */
static struct key *
key_of(int dirfd, const struct storm_key_job *j)
{
	struct key *k = NULL;

	if (dirfd != -1)
		(void)sim_key_load(&k, dirfd, j->name, NULL);
	if (k == NULL && (k = key_generate(j->type, NULL)) != NULL &&
	    dirfd != -1)
		(void)sim_key_store(k, dirfd, j->name, NULL);
	return k;
}

/* NULL: it is all over. */
static struct storm_key_job *
next_job(struct storm_keys *ks)
{
	struct storm_key_job *j = NULL;

	(void)pthread_mutex_lock(&ks->lock);
	while (!ks->stop && TAILQ_EMPTY(&ks->waiting))
		(void)pthread_cond_wait(&ks->changed, &ks->lock);
	if (!ks->stop) {
		j = TAILQ_FIRST(&ks->waiting);
		TAILQ_REMOVE(&ks->waiting, j, link);
		j->waits = false;
	}
	(void)pthread_mutex_unlock(&ks->lock);
	return j;
}

static void
job_done(struct storm_keys *ks, struct storm_key_job *j, struct key *k)
{
	(void)pthread_mutex_lock(&ks->lock);
	j->key = k;
	TAILQ_INSERT_TAIL(&ks->done, j, link);
	(void)pthread_mutex_unlock(&ks->lock);
	(void)eventfd_write(ks->donefd, 1);
}

static void *
thread_main(void *arg)
{
	struct storm_keys *ks = arg;
	struct storm_key_job *j;

	/* Of this thread alone, on Linux. */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
	while ((j = next_job(ks)) != NULL)
		job_done(ks, j, key_of(ks->dirfd, j));
	return NULL;
}

/* --- in the loop --- */

static void
free_job(struct storm_key_job *j)
{
	key_free(j->key);
	free(j);
}

static struct storm_key_job *
take_done(struct storm_keys *ks)
{
	struct storm_key_job *j;

	(void)pthread_mutex_lock(&ks->lock);
	if ((j = TAILQ_FIRST(&ks->done)) != NULL)
		TAILQ_REMOVE(&ks->done, j, link);
	(void)pthread_mutex_unlock(&ks->lock);
	return j;
}

/* One at a time: fn may drop others. */
static void
on_done(void *arg, int fd, unsigned events)
{
	struct storm_keys *ks = arg;
	struct storm_key_job *j;
	eventfd_t n;

	(void)events;
	(void)eventfd_read(fd, &n);
	while ((j = take_done(ks)) != NULL) {
		if (j->fn != NULL) {
			j->fn(j->arg, j->key);
			j->key = NULL;
		}
		free_job(j);
	}
}

struct storm_key_job *
storm_keys_ask(struct storm_keys *ks, enum key_type t, const char *device,
    storm_key_fn *fn, void *arg)
{
	struct storm_key_job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return NULL;
	j->ks = ks;
	j->waits = true;
	j->type = t;
	j->fn = fn;
	j->arg = arg;
	(void)snprintf(j->name, sizeof(j->name), "%s-%s.pem", device,
	    key_type_name(t));
	(void)pthread_mutex_lock(&ks->lock);
	TAILQ_INSERT_TAIL(&ks->waiting, j, link);
	(void)pthread_cond_signal(&ks->changed);
	(void)pthread_mutex_unlock(&ks->lock);
	return j;
}

void
storm_keys_drop(struct storm_key_job *j)
{
	struct storm_keys *ks;
	bool waits;

	if (j == NULL)
		return;
	ks = j->ks;
	j->fn = NULL;
	(void)pthread_mutex_lock(&ks->lock);
	if ((waits = j->waits))
		TAILQ_REMOVE(&ks->waiting, j, link);
	(void)pthread_mutex_unlock(&ks->lock);
	if (waits)
		free_job(j);
}

/* --- beginning and end --- */

static unsigned
processors(void)
{
	cpu_set_t set;
	int n = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
	return n < THREADS_MAX ? (unsigned)n : THREADS_MAX;
}

static int
open_folder(struct storm_keys *ks, const char *dir, struct err *e)
{
	if (dir == NULL)
		return ERR_OK;
	if (mkdir(dir, 0700) == -1 && errno != EEXIST)
		return err_sys(e, ERR_IO, "--key-pool %s", dir);
	ks->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return ks->dirfd != -1 ? ERR_OK :
	    err_sys(e, ERR_IO, "--key-pool %s", dir);
}

static int
start_threads(struct storm_keys *ks, struct err *e)
{
	unsigned n = processors();

	for (; ks->nthread < n; ks->nthread++)
		if (pthread_create(&ks->thread[ks->nthread], NULL,
		    thread_main, ks) != 0)
			break;
	return ks->nthread > 0 ? ERR_OK :
	    err_set(e, ERR_NOMEM, "no thread for keys");
}

struct storm_keys *
storm_keys_new(struct loop *l, const char *dir, struct err *e)
{
	struct storm_keys *ks = calloc(1, sizeof(*ks));

	if (ks == NULL) {
		(void)err_set(e, ERR_NOMEM, "keys");
		return NULL;
	}
	ks->dirfd = -1;
	TAILQ_INIT(&ks->waiting);
	TAILQ_INIT(&ks->done);
	(void)pthread_mutex_init(&ks->lock, NULL);
	(void)pthread_cond_init(&ks->changed, NULL);
	if ((ks->donefd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) == -1)
		(void)err_sys(e, ERR_IO, "cannot make an event");
	if (ks->donefd == -1 || open_folder(ks, dir, e) != ERR_OK ||
	    (ks->io = loop_io_new(l, ks->donefd, LOOP_READ, LOOP_PRIO_LOW,
	    on_done, ks, e)) == NULL || start_threads(ks, e) != ERR_OK) {
		storm_keys_free(ks);
		return NULL;
	}
	return ks;
}

static void
free_jobs(struct jobs *jobs)
{
	struct storm_key_job *j;

	while ((j = TAILQ_FIRST(jobs)) != NULL) {
		TAILQ_REMOVE(jobs, j, link);
		free_job(j);
	}
}

void
storm_keys_free(struct storm_keys *ks)
{
	if (ks == NULL)
		return;
	(void)pthread_mutex_lock(&ks->lock);
	ks->stop = true;
	(void)pthread_cond_broadcast(&ks->changed);
	(void)pthread_mutex_unlock(&ks->lock);
	while (ks->nthread > 0)
		(void)pthread_join(ks->thread[--ks->nthread], NULL);
	loop_io_free(ks->io);
	free_jobs(&ks->waiting);
	free_jobs(&ks->done);
	if (ks->donefd != -1)
		(void)close(ks->donefd);
	if (ks->dirfd != -1)
		(void)close(ks->dirfd);
	(void)pthread_cond_destroy(&ks->changed);
	(void)pthread_mutex_destroy(&ks->lock);
	free(ks);
}
