/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The writer thread: groups, verdicts, bounds, ports that go early.
 */
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/internal.h"
#include "tests/db_fixture.h"

#define QUEUE	64
#ifdef PT_TEST_BUILD
#define RUNS	2		/* of a body: with shadow replay */
#else
#define RUNS	1
#endif

static int dirfd_;
static struct db *reader;

static void
setup(void)
{
	dirfd_ = fix_folder();
	db_close(fix_create(dirfd_));
	reader = fix_open(dirfd_, DB_FILE, DB_READ);
}

static void
teardown(void)
{
	db_close(reader);
	fix_remove();
}

static struct db_writer *
start(size_t queue, unsigned group_ms)
{
	struct err e = { 0 };
	struct db_writer *w = db_writer_start(dirfd_, DB_FILE, queue,
	    group_ms, &e);

	ck_assert_msg(w != NULL, "%s", e.msg);
	return w;
}

static struct db_port *
port_of(struct db_writer *w)
{
	struct err e = { 0 };
	struct db_port *p = db_port_new(w, &e);

	ck_assert_msg(p != NULL, "%s", e.msg);
	return p;
}

struct job {
	char		 name[16];
	bool		 fail;
	enum db_result	 r;
	int		 code, runs;
	pthread_t	 done_on;
	int		*left;
	sem_t		*hold;		/* waited for within the body */
};

static int
job_fn(struct db *db, void *arg, struct err *e)
{
	struct job *j = arg;
	int ret;

	j->runs++;
	if (j->hold != NULL)
		(void)sem_wait(j->hold);
	if ((ret = fix_add_phone(db, j->name, e)) != ERR_OK)
		return ret;
	return j->fail ? err_set(e, ERR_LIMIT, "asked to fail") : ERR_OK;
}

static void
job_done(void *arg, enum db_result r, const struct err *e)
{
	struct job *j = arg;

	j->r = r;
	j->code = r == DB_DONE ? ERR_OK : e->code;
	j->done_on = pthread_self();
	if (j->left != NULL)
		--*j->left;
}

static void
job_init(struct job *j, int i, int *left)
{
	*j = (struct job){ .left = left };
	(void)snprintf(j->name, sizeof(j->name), "SEP%012d", i);
}

static void
run_until(struct db_port *p, const int *left)
{
	struct pollfd pfd = { .fd = db_port_fd(p), .events = POLLIN };

	while (*left > 0) {
		ck_assert_int_eq(poll(&pfd, 1, 20000), 1);
		db_port_run(p);
	}
}

static int
post(struct db_port *p, struct job *j)
{
	return db_tx_post(p, job_fn, j, job_done, NULL, NULL);
}

/* One in three fails after it has written: only itself is undone. */
START_TEST(each_its_own_verdict)
{
	struct db_writer *w = start(QUEUE, (unsigned)_i);
	struct db_port *p = port_of(w);
	struct job jobs[QUEUE];
	struct row_phone row;
	int left = QUEUE;

	for (int i = 0; i < QUEUE; i++) {
		job_init(&jobs[i], i, &left);
		jobs[i].fail = i % 3 == 0;
		ck_assert_int_eq(post(p, &jobs[i]), ERR_OK);
	}
	run_until(p, &left);
	for (int i = 0; i < QUEUE; i++) {
		ck_assert_int_eq(jobs[i].r, jobs[i].fail ? DB_REFUSED :
		    DB_DONE);
		ck_assert_int_eq(jobs[i].code, jobs[i].fail ? ERR_LIMIT :
		    ERR_OK);
		ck_assert(pthread_equal(jobs[i].done_on, pthread_self()));
		/* A group undone by one body would run all of them again. */
		ck_assert_int_eq(jobs[i].runs, RUNS);
		ck_assert_int_eq(row_phone_get(reader, jobs[i].name, &row,
		    NULL), jobs[i].fail ? ERR_NOTFOUND : ERR_OK);
	}
	db_port_free(p);
	db_writer_stop(w);
}
END_TEST

START_TEST(queue_is_bounded)
{
	struct db_writer *w = start(4, 0);
	struct db_port *p = port_of(w);
	struct job jobs[5];
	struct err e = { 0 };
	int left = 4;
	sem_t hold;

	ck_assert_int_eq(sem_init(&hold, 0, 0), 0);
	for (int i = 0; i < 5; i++)
		job_init(&jobs[i], i, &left);
	jobs[0].hold = &hold;
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(post(p, &jobs[i]), ERR_OK);
	ck_assert_int_eq(db_tx_post(p, job_fn, &jobs[4], job_done, NULL, &e),
	    ERR_LIMIT);
	for (int i = 0; i < 4; i++)	/* shadow replay runs it twice */
		ck_assert_int_eq(sem_post(&hold), 0);
	run_until(p, &left);
	left = 1;
	ck_assert_int_eq(post(p, &jobs[4]), ERR_OK);
	run_until(p, &left);
	db_port_free(p);
	db_writer_stop(w);
	ck_assert_int_eq(fix_i64(reader, "SELECT count(*) FROM phone"), 5);
	ck_assert_int_eq(sem_destroy(&hold), 0);
}
END_TEST

static _Atomic int released;

static void
release(void *arg)
{
	free(arg);
	released++;
}

static struct job *
heap_job(int i)
{
	struct job *j = malloc(sizeof(*j));

	ck_assert_ptr_nonnull(j);
	job_init(j, i, NULL);
	return j;
}

/* Stop commits what waits; without done, release gets arg. */
START_TEST(stop_drains)
{
	struct db_writer *w = start(QUEUE, 1000);
	struct db_port *p = port_of(w);

	released = 0;
	for (int i = 0; i < QUEUE; i++)
		ck_assert_int_eq(db_tx_post(p, job_fn, heap_job(i), NULL,
		    release, NULL), ERR_OK);
	db_writer_stop(w);
	ck_assert_int_eq(released, QUEUE);
	ck_assert_int_eq(fix_i64(reader, "SELECT count(*) FROM phone"),
	    QUEUE);
	db_port_free(p);
}
END_TEST

/* Answers outlive the writer; posting does not. */
START_TEST(port_after_stop)
{
	struct db_writer *w = start(QUEUE, 0);
	struct db_port *p = port_of(w);
	struct job a, b;
	int left = 1;

	job_init(&a, 1, &left);
	job_init(&b, 2, &left);
	ck_assert_int_eq(post(p, &a), ERR_OK);
	db_writer_stop(w);
	ck_assert_int_eq(post(p, &b), ERR_BADSTATE);
	run_until(p, &left);
	ck_assert_int_eq(a.r, DB_DONE);
	db_port_free(p);
}
END_TEST

static void
never(void *arg, enum db_result r, const struct err *e)
{
	(void)arg;
	(void)r;
	(void)e;
	ck_abort_msg("done of a freed port");
}

/* The body still runs; arg goes to release, done is not called. */
START_TEST(port_freed_early)
{
	struct db_writer *w = start(QUEUE, 0);
	struct db_port *p = port_of(w), *q = port_of(w);
	struct job *j = heap_job(1), last;
	int left = 1;
	sem_t hold;

	released = 0;
	ck_assert_int_eq(sem_init(&hold, 0, 0), 0);
	j->hold = &hold;
	ck_assert_int_eq(db_tx_post(p, job_fn, j, never, release, NULL),
	    ERR_OK);
	ck_assert_int_eq(db_tx_post(p, job_fn, heap_job(2), never, release,
	    NULL), ERR_OK);
	db_port_free(p);
	ck_assert(sem_post(&hold) == 0 && sem_post(&hold) == 0);
	job_init(&last, 3, &left);
	ck_assert_int_eq(post(q, &last), ERR_OK);
	run_until(q, &left);
	db_port_free(q);
	db_writer_stop(w);
	ck_assert_int_eq(released, 2);
	ck_assert_int_eq(fix_i64(reader, "SELECT count(*) FROM phone"), 3);
	ck_assert_int_eq(sem_destroy(&hold), 0);
}
END_TEST

static struct db_port *to_free;
static int freed_in_done;

static void
free_port(void *arg, enum db_result r, const struct err *e)
{
	(void)e;
	free(arg);
	ck_assert_int_eq(r, DB_DONE);
	freed_in_done++;
	db_port_free(to_free);
	to_free = NULL;
}

/* The first answer frees the port: the others go to release. */
START_TEST(port_freed_in_done)
{
	struct db_writer *w = start(QUEUE, 20);
	struct pollfd pfd = { .events = POLLIN };

	released = freed_in_done = 0;
	to_free = port_of(w);
	pfd.fd = db_port_fd(to_free);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(db_tx_post(to_free, job_fn, heap_job(i),
		    free_port, release, NULL), ERR_OK);
	ck_assert_int_eq(poll(&pfd, 1, 20000), 1);
	db_port_run(to_free);
	ck_assert_ptr_null(to_free);
	ck_assert_int_eq(freed_in_done, 1);
	db_writer_stop(w);
	ck_assert_int_eq(released, 4);
	ck_assert_int_eq(fix_i64(reader, "SELECT count(*) FROM phone"), 5);
}
END_TEST

/* --- several loops --- */

#define LOOPS	4
#define EACH	100

struct loop {
	struct db_writer	*w;
	int			 id;
	bool			 ok;
};

static void *
loop_main(void *arg)
{
	struct job jobs[EACH];
	struct loop *l = arg;
	struct db_port *p = db_port_new(l->w, NULL);
	struct pollfd pfd = { .events = POLLIN };
	int left = EACH;

	if (p == NULL)
		return NULL;
	pfd.fd = db_port_fd(p);
	for (int i = 0; i < EACH; i++) {
		job_init(&jobs[i], l->id * EACH + i, &left);
		if (post(p, &jobs[i]) != ERR_OK)
			left = -1;
	}
	while (left > 0 && poll(&pfd, 1, 20000) == 1)
		db_port_run(p);
	l->ok = left == 0;
	for (int i = 0; i < EACH; i++)
		l->ok = l->ok && jobs[i].r == DB_DONE &&
		    pthread_equal(jobs[i].done_on, pthread_self());
	db_port_free(p);
	return NULL;
}

START_TEST(several_loops)
{
	struct db_writer *w = start(LOOPS * EACH, 0);
	struct loop loops[LOOPS];
	pthread_t t[LOOPS];

	for (int i = 0; i < LOOPS; i++) {
		loops[i] = (struct loop){ .w = w, .id = i };
		ck_assert_int_eq(pthread_create(&t[i], NULL, loop_main,
		    &loops[i]), 0);
	}
	for (int i = 0; i < LOOPS; i++) {
		ck_assert_int_eq(pthread_join(t[i], NULL), 0);
		ck_assert(loops[i].ok);
	}
	db_writer_stop(w);
	ck_assert_int_eq(fix_i64(reader, "SELECT count(*) FROM phone"),
	    LOOPS * EACH);
}
END_TEST

START_TEST(start_fails)
{
	struct err e = { 0 };

	ck_assert_ptr_null(db_writer_start(dirfd_, "none.db", 1, 0, &e));
	ck_assert_int_eq(e.code, ERR_NOTFOUND);
	db_writer_stop(NULL);
	db_port_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db_writer");
	TCase *t = tcase_create("writer");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, each_its_own_verdict, 0, 3);
	tcase_add_test(t, queue_is_bounded);
	tcase_add_test(t, stop_drains);
	tcase_add_test(t, port_after_stop);
	tcase_add_test(t, port_freed_early);
	tcase_add_test(t, port_freed_in_done);
	tcase_add_test(t, several_loops);
	tcase_add_test(t, start_fails);
	suite_add_tcase(s, t);
	return fix_run(s);
}
