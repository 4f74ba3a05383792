/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The writer thread: many bodies, one commit.  See db.h.
 *
 * One mutex guards the queue, the answers and the counters.  The thread owns
 * the connection; a job belongs to the queue, then to the thread, then to its
 * port's answers, and is freed by whoever takes it out last.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "db/internal.h"
#include "db/query.h"

#define GROUP_MAX	512	/* bodies per commit */

struct job {
	struct job	*next;
	struct db_port	*port;
	db_fn		*fn;
	void		*arg;
	db_done		*done;
	void		(*release)(void *);
	enum db_result	 result;
	struct err	 e;
};

struct list {
	struct job	*first, **last;
	size_t		 n;
};

struct db_writer {
	pthread_mutex_t	 lock;
	pthread_cond_t	 wake;		/* a job, or stop */
	pthread_t	 thread;
	struct db	*db;		/* the thread's */
	struct list	 queue;
	size_t		 pending;	/* queued, running or unanswered */
	size_t		 queue_max;
	unsigned	 group_ms;
	unsigned	 refs;		/* the handle and each port */
	bool		 stop;
	int		 stopfd;	/* eventfd: the same, for waits */
};

struct db_port {
	struct db_writer *w;
	struct list	 answers;
	int		 fd;		/* eventfd: answers wait */
	unsigned	 refs;		/* the owner and each job on its way */
	bool		 closed;	/* the owner is gone */
};

static void
list_init(struct list *l)
{
	*l = (struct list){ .first = NULL };
	l->last = &l->first;
}

static void
list_put(struct list *l, struct job *j)
{
	j->next = NULL;
	*l->last = j;
	l->last = &j->next;
	l->n++;
}

static struct job *
list_take(struct list *l)
{
	struct job *j = l->first;

	if (j == NULL)
		return NULL;
	if ((l->first = j->next) == NULL)
		l->last = &l->first;
	l->n--;
	return j;
}

/* --- releasing: all under the lock, which goes with the last reference --- */

static void
writer_unref_unlock(struct db_writer *w)
{
	bool last = --w->refs == 0;

	(void)pthread_mutex_unlock(&w->lock);
	if (!last)
		return;
	(void)pthread_cond_destroy(&w->wake);
	(void)pthread_mutex_destroy(&w->lock);
	if (w->stopfd != -1)
		(void)close(w->stopfd);
	free(w);
}

/* True when the port is gone; its writer reference is then the caller's. */
static bool
port_unref(struct db_port *p)
{
	if (--p->refs > 0)
		return false;
	(void)close(p->fd);
	free(p);
	return true;
}

/* --- the thread --- */

/* One job in a savepoint of its own; an error leaves nothing of it. */
static int
run_one(struct db *db, struct job *j)
{
	struct q q = q_begin(db, SQL_SAVEPOINT, &j->e);
	int ret;

	if ((ret = q_run(&q)) == ERR_OK)
		ret = j->fn(db, j->arg, &j->e);
	/* Disk full may have ended the whole transaction. */
	if (sqlite3_get_autocommit(db->h))
		return err_set(&j->e, ERR_IO, "%s: the database undid the "
		    "transaction", db->name);
	j->result = ret == ERR_OK ? DB_DONE : DB_REFUSED;
	if (ret != ERR_OK) {
		q = q_begin(db, SQL_SAVEPOINT_UNDO, NULL);
		if ((ret = q_run(&q)) != ERR_OK)
			return ret;
	}
	q = q_begin(db, SQL_SAVEPOINT_RELEASE, NULL);
	return q_run(&q);
}

static int
group_fn(struct db *db, void *arg, struct err *e)
{
	struct list *jobs = arg;
	int ret;

	for (struct job *j = jobs->first; j != NULL; j = j->next) {
		j->e = (struct err){ 0 };
		if ((ret = run_one(db, j)) != ERR_OK)
			return err_set(e, ret, "%s", j->e.msg);
	}
	return ERR_OK;
}

/*
 * A group that failed as a whole (one body may have filled the disk) is run
 * again body by body, so that each gets its own verdict.
 */
static void
run_group(struct db *db, struct list *jobs)
{
	struct err e = { 0 };
	enum db_result r = db_tx(db, group_fn, jobs, &e);

	if (r == DB_DONE)
		return;
	for (struct job *j = jobs->first; j != NULL; j = j->next) {
		j->e = (struct err){ 0 };
		if (r == DB_REFUSED && jobs->n > 1) {
			j->result = db_tx(db, j->fn, j->arg, &j->e);
		} else {
			j->result = r;
			j->e = e;
		}
	}
}

/* Gather for group_ms, counted from now, unless there is enough or an end. */
static void
gather(struct db_writer *w)
{
	int64_t at = clock_mono_ns(clock_system()) +
	    (int64_t)w->group_ms * 1000000;
	struct timespec ts = {
		.tv_sec = at / 1000000000, .tv_nsec = at % 1000000000,
	};

	while (!w->stop && w->queue.n < GROUP_MAX &&
	    pthread_cond_timedwait(&w->wake, &w->lock, &ts) != ETIMEDOUT)
		;
}

/* Wait for jobs and take up to GROUP_MAX; false when all is done. */
static bool
take_group(struct db_writer *w, struct list *jobs)
{
	struct job *j;

	list_init(jobs);
	while (w->queue.n == 0 && !w->stop)
		(void)pthread_cond_wait(&w->wake, &w->lock);
	if (w->queue.n > 0 && w->group_ms > 0)
		gather(w);
	while (jobs->n < GROUP_MAX && (j = list_take(&w->queue)) != NULL)
		list_put(jobs, j);
	return jobs->n > 0;
}

/* Nobody will be told: release, then let go of job and port. */
static void
drop_all(struct db_writer *w, struct list *dead)
{
	struct job *j;

	for (j = dead->first; j != NULL; j = j->next)
		if (j->release != NULL)
			j->release(j->arg);
	(void)pthread_mutex_lock(&w->lock);
	while ((j = list_take(dead)) != NULL) {
		w->pending--;
		/* Never the last: whoever calls holds a reference too. */
		if (port_unref(j->port))
			w->refs--;
		free(j);
	}
	(void)pthread_mutex_unlock(&w->lock);
}

static void
answer_all(struct db_writer *w, struct list *jobs)
{
	struct list dead;
	struct job *j;

	list_init(&dead);
	(void)pthread_mutex_lock(&w->lock);
	while ((j = list_take(jobs)) != NULL) {
		if (j->done == NULL || j->port->closed) {
			list_put(&dead, j);
			continue;
		}
		list_put(&j->port->answers, j);
		(void)eventfd_write(j->port->fd, 1);
	}
	(void)pthread_mutex_unlock(&w->lock);
	drop_all(w, &dead);
}

static void *
writer_main(void *arg)
{
	struct db_writer *w = arg;
	struct list jobs;
	bool more;

	for (;;) {
		(void)pthread_mutex_lock(&w->lock);
		more = take_group(w, &jobs);
		(void)pthread_mutex_unlock(&w->lock);
		if (!more)
			return NULL;
		run_group(w->db, &jobs);
		answer_all(w, &jobs);
	}
}

static bool
init_sync(struct db_writer *w)
{
	pthread_condattr_t a;
	bool ok;

	if (pthread_condattr_init(&a) != 0)
		return false;
	ok = pthread_condattr_setclock(&a, CLOCK_MONOTONIC) == 0 &&
	    pthread_cond_init(&w->wake, &a) == 0;
	(void)pthread_condattr_destroy(&a);
	if (!ok)
		return false;
	if (pthread_mutex_init(&w->lock, NULL) == 0)
		return true;
	(void)pthread_cond_destroy(&w->wake);
	return false;
}

/* Signals belong to the loops: the thread takes none. */
static int
start_thread(struct db_writer *w, struct err *e)
{
	sigset_t all, old;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&w->thread, NULL, writer_main, w);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r == 0)
		return ERR_OK;
	errno = r;
	return err_sys(e, ERR_IO, "writer thread");
}

struct db_writer *
db_writer_start(int dirfd, const char *name, size_t queue_max,
    unsigned group_ms, struct err *e)
{
	struct db_writer *w;

	if ((w = calloc(1, sizeof(*w))) == NULL || !init_sync(w)) {
		free(w);
		(void)err_set(e, ERR_NOMEM, "writer");
		return NULL;
	}
	list_init(&w->queue);
	w->queue_max = queue_max;
	w->group_ms = group_ms;
	w->refs = 1;
	if ((w->stopfd = eventfd(0, EFD_CLOEXEC)) == -1)
		(void)err_sys(e, ERR_IO, "writer");
	else if ((w->db = db_open(dirfd, name, DB_WRITE, e)) != NULL)
		db_patience(w->db, DB_BUSY_MS, w->stopfd);
	if (w->db == NULL || start_thread(w, e) != ERR_OK) {
		db_close(w->db);
		(void)pthread_mutex_lock(&w->lock);
		writer_unref_unlock(w);
		return NULL;
	}
	return w;
}

void
db_writer_stop(struct db_writer *w)
{
	if (w == NULL)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->stop = true;
	(void)eventfd_write(w->stopfd, 1);
	(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
	db_close(w->db);
	(void)pthread_mutex_lock(&w->lock);
	writer_unref_unlock(w);
}

/* --- ports --- */

struct db_port *
db_port_new(struct db_writer *w, struct err *e)
{
	struct db_port *p;

	if ((p = calloc(1, sizeof(*p))) == NULL) {
		(void)err_set(e, ERR_NOMEM, "port");
		return NULL;
	}
	if ((p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1) {
		(void)err_sys(e, ERR_IO, "eventfd");
		free(p);
		return NULL;
	}
	list_init(&p->answers);
	p->w = w;
	p->refs = 1;
	(void)pthread_mutex_lock(&w->lock);
	w->refs++;
	(void)pthread_mutex_unlock(&w->lock);
	return p;
}

int
db_port_fd(const struct db_port *p)
{
	return p->fd;
}

/* The next answer of this run, or NULL; it no longer counts as waiting. */
static struct job *
take_answer(struct db_port *p)
{
	struct job *j;

	(void)pthread_mutex_lock(&p->w->lock);
	if ((j = list_take(&p->answers)) != NULL) {
		p->w->pending--;
		p->refs--;	/* the runner holds one */
	}
	(void)pthread_mutex_unlock(&p->w->lock);
	return j;
}

/* Give back a reference of the port, which may be the last of both. */
static void
port_put(struct db_port *p)
{
	struct db_writer *w = p->w;

	(void)pthread_mutex_lock(&w->lock);
	if (port_unref(p))
		writer_unref_unlock(w);
	else
		(void)pthread_mutex_unlock(&w->lock);
}

void
db_port_run(struct db_port *p)
{
	eventfd_t count;
	struct job *j;
	size_t n;

	(void)eventfd_read(p->fd, &count);
	(void)pthread_mutex_lock(&p->w->lock);
	n = p->answers.n;	/* later ones make fd readable again */
	p->refs++;		/* a done may free the port */
	(void)pthread_mutex_unlock(&p->w->lock);
	for (; n > 0 && (j = take_answer(p)) != NULL; n--) {
		j->done(j->arg, j->result, &j->e);
		free(j);
	}
	port_put(p);
}

void
db_port_free(struct db_port *p)
{
	struct list dead;
	struct job *j;

	if (p == NULL)
		return;
	list_init(&dead);
	(void)pthread_mutex_lock(&p->w->lock);
	p->closed = true;
	while ((j = list_take(&p->answers)) != NULL)
		list_put(&dead, j);
	(void)pthread_mutex_unlock(&p->w->lock);
	drop_all(p->w, &dead);
	port_put(p);
}

int
db_tx_post(struct db_port *p, db_fn *fn, void *arg, db_done *done,
    void (*release)(void *), struct err *e)
{
	struct db_writer *w = p->w;
	int ret = ERR_OK;
	struct job *j;

	if ((j = malloc(sizeof(*j))) == NULL)
		return err_set(e, ERR_NOMEM, "queue of the writer");
	*j = (struct job){
		.port = p, .fn = fn, .arg = arg, .done = done,
		.release = release, .result = DB_REFUSED,
	};
	(void)pthread_mutex_lock(&w->lock);
	if (w->stop) {
		ret = err_set(e, ERR_BADSTATE, "the writer has been stopped");
	} else if (w->pending >= w->queue_max) {
		ret = err_set(e, ERR_LIMIT, "%zu changes wait for the "
		    "database already", w->pending);
	} else {
		list_put(&w->queue, j);
		w->pending++;
		p->refs++;
		/* The thread waits for the first, then for a group. */
		if (w->queue.n == 1 || w->queue.n == GROUP_MAX)
			(void)pthread_cond_signal(&w->wake);
	}
	(void)pthread_mutex_unlock(&w->lock);
	if (ret != ERR_OK)
		free(j);
	return ret;
}
