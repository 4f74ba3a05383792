/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The threads of an engine: all serve, one that fails takes the others along,
 * and whoever was opened is closed.
 */
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "proc/loops.h"

#define N	4

static struct {
	pthread_mutex_t	 lock;
	unsigned	 opened, closed, ran, told;
	bool		 bad_open, bad_run;	/* of loop 2 */
	unsigned	 seen;			/* bit per channel */
} lab = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct worker {
	unsigned	 i;
	int		 stopfds[2];
};

static void
count(unsigned *n)
{
	(void)pthread_mutex_lock(&lab.lock);
	(*n)++;
	(void)pthread_mutex_unlock(&lab.lock);
}

static void *
open_worker(void *arg, unsigned i, int channel, const int stopfds[2],
    struct err *e)
{
	struct worker *w;

	ck_assert_ptr_eq(arg, &lab);
	(void)pthread_mutex_lock(&lab.lock);
	lab.seen |= 1u << (channel - 100);
	(void)pthread_mutex_unlock(&lab.lock);
	ck_assert_int_eq(channel, 100 + (int)i);
	if (i == 2 && lab.bad_open) {
		(void)err_set(e, ERR_IO, "worker 2 does not open");
		return NULL;
	}
	ck_assert_ptr_nonnull(w = malloc(sizeof(*w)));
	w->i = i;
	memcpy(w->stopfds, stopfds, sizeof(w->stopfds));
	count(&lab.opened);
	return w;
}

static int
run_worker(void *worker, struct err *e)
{
	const struct worker *w = worker;
	struct pollfd p[2] = { { .fd = w->stopfds[0], .events = POLLIN },
	    { .fd = w->stopfds[1], .events = POLLIN } };

	count(&lab.ran);
	if (w->i == 2 && lab.bad_run)
		return err_set(e, ERR_BUSY, "worker 2 does not run");
	ck_assert_int_gt(poll(p, 2, 30000), 0);
	return ERR_OK;
}

static void
close_worker(void *worker)
{
	free(worker);
	count(&lab.closed);
}

/* What the parent says: a byte, '!' for what cannot be taken. */
static bool
told(void *arg, int parentfd)
{
	char byte;

	ck_assert_ptr_eq(arg, &lab);
	if (read(parentfd, &byte, 1) != 1 || byte == '!')
		return false;
	count(&lab.told);
	return true;
}

static const struct loops_def def = { .open = open_worker,
    .run = run_worker, .close = close_worker, .told = told, .arg = &lab };

/* report: what proc_ready writes; stop: closed when that has come. */
struct stopping {
	int	 report, stop;
	int	 parent;	/* says this when ready */
	char	 says;
	bool	 ready;
};

static void *
stop_when_ready(void *arg)
{
	struct stopping *s = arg;
	char byte;

	s->ready = read(s->report, &byte, 1) == 1;
	if (s->says != '\0') {
		ck_assert_int_eq(write(s->parent, &s->says, 1), 1);
		for (int ms = 0; ms < 10000 && lab.told == 0 &&
		    s->says != '!'; ms++)
			(void)poll(NULL, 0, 1);
	}
	if (s->says != '!')
		(void)close(s->stop);
	return NULL;
}

static int
run(char says, struct err *e, bool *ready)
{
	static const int channels[N] = { 100, 101, 102, 103 };
	int report[2], stop[2], parent[2], ret;
	struct stopping s;
	struct proc p = { .arg = &lab };
	pthread_t thread;

	log_set_level(LOG_ERR);
	lab.opened = lab.closed = lab.ran = lab.told = lab.seen = 0;
	ck_assert_int_eq(pipe(report), 0);
	ck_assert_int_eq(pipe(stop), 0);
	ck_assert_int_eq(pipe(parent), 0);
	s = (struct stopping){ report[0], stop[1], parent[1], says, false };
	p.parentfd = parent[0];
	p.readyfd = report[1];
	ck_assert_int_eq(pthread_create(&thread, NULL, stop_when_ready, &s),
	    0);
	ret = loops_run(&p, &def, channels, N, stop[0], e);
	if (p.readyfd != -1)
		(void)close(report[1]);
	(void)pthread_join(thread, NULL);
	(void)close(report[0]);
	(void)close(stop[0]);
	if (says == '!')
		(void)close(stop[1]);
	(void)close(parent[0]);
	(void)close(parent[1]);
	*ready = s.ready;
	return ret;
}

START_TEST(all_serve)
{
	struct err e = { 0 };
	bool ready;

	ck_assert_int_eq(run('\0', &e, &ready), ERR_OK);
	ck_assert(ready);
	ck_assert_uint_eq(lab.seen, 0xf);
	ck_assert_uint_eq(lab.opened, N);
	ck_assert_uint_eq(lab.ran, N);
	ck_assert_uint_eq(lab.closed, N);
}
END_TEST

START_TEST(one_does_not_open)
{
	struct err e = { 0 };
	bool ready;

	lab.bad_open = true;
	ck_assert_int_eq(run('\0', &e, &ready), ERR_IO);
	lab.bad_open = false;
	ck_assert_str_eq(e.msg, "worker 2 does not open");
	ck_assert(!ready);
	ck_assert_uint_eq(lab.opened, N - 1);
	ck_assert_uint_eq(lab.closed, N - 1);
}
END_TEST

START_TEST(one_ends)
{
	struct err e = { 0 };
	bool ready;

	lab.bad_run = true;
	ck_assert_int_eq(run('\0', &e, &ready), ERR_BUSY);
	lab.bad_run = false;
	ck_assert_str_eq(e.msg, "worker 2 does not run");
	ck_assert_uint_eq(lab.closed, N);
}
END_TEST

START_TEST(parent_says)
{
	struct err e = { 0 };
	bool ready;

	ck_assert_int_eq(run('a', &e, &ready), ERR_OK);
	ck_assert_uint_eq(lab.told, 1);
	ck_assert_uint_eq(lab.closed, N);
}
END_TEST

START_TEST(parent_says_too_much)
{
	struct err e = { 0 };
	bool ready;

	ck_assert_int_ne(run('!', &e, &ready), ERR_OK);
	ck_assert_uint_eq(lab.closed, N);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("loops");
	TCase *tc = tcase_create("loops");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, all_serve);
	tcase_add_test(tc, one_does_not_open);
	tcase_add_test(tc, one_ends);
	tcase_add_test(tc, parent_says);
	tcase_add_test(tc, parent_says_too_much);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
