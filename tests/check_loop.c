/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/loop.h"

#define PATIENCE_MS	60000	/* a test that waits longer has failed */

/* What the callbacks of a test share. */
struct bench {
	struct loop		*l;
	struct loop_io		*io, *io2, *other;
	struct loop_timer	*timer, *guard;
	int			 sv[2], sv2[2];
	int			 fired, fired2;
	unsigned		 events;
	char			 order[64];
	int64_t			 seen_ms;
};

static void
too_late(void *arg)
{
	(void)arg;
	ck_abort_msg("nothing happened in time");
}

static void
bench_init(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	b->l = loop_new(NULL);
	ck_assert_ptr_nonnull(b->l);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    b->sv), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    b->sv2), 0);
	b->guard = loop_timer_new(b->l, too_late, NULL, NULL);
	loop_timer_set(b->guard, PATIENCE_MS);
}

static void
bench_clear(struct bench *b)
{
	loop_io_free(b->io);
	loop_io_free(b->io2);
	loop_io_free(b->other);
	loop_timer_free(b->timer);
	loop_timer_free(b->guard);
	loop_free(b->l);
	for (int i = 0; i < 2; i++) {
		(void)close(b->sv[i]);
		(void)close(b->sv2[i]);
	}
}

static void
run(struct bench *b)
{
	struct err e = { 0 };

	ck_assert_msg(loop_run(b->l, &e) == ERR_OK, "%s", e.msg);
}

static void
stop_on_third(void *arg, int fd, unsigned events)
{
	struct bench *b = arg;

	ck_assert_int_eq(fd, b->sv[0]);
	b->events |= events;
	if (++b->fired == 3)
		loop_stop(b->l);
}

/* Unread input is told again and again, as input only. */
START_TEST(level_triggered)
{
	struct bench b;

	bench_init(&b);
	b.io = loop_io_new(b.l, b.sv[0], LOOP_READ, LOOP_PRIO_NORMAL,
	    stop_on_third, &b, NULL);
	ck_assert_ptr_nonnull(b.io);
	ck_assert_int_eq(write(b.sv[1], "x", 1), 1);
	run(&b);
	ck_assert_int_eq(b.fired, 3);
	ck_assert_uint_eq(b.events, LOOP_READ);

	/* A loop may run again, and be told to stop before it does. */
	loop_stop(b.l);
	b.fired = 10;
	run(&b);
	bench_clear(&b);
}
END_TEST

static void
stop_timer(void *arg)
{
	struct bench *b = arg;

	b->fired2++;
	loop_stop(b->l);
}

/* Events can be exchanged and paused. */
START_TEST(io_set)
{
	struct bench b;

	bench_init(&b);
	b.io = loop_io_new(b.l, b.sv[0], LOOP_READ, LOOP_PRIO_NORMAL,
	    stop_on_third, &b, NULL);
	b.timer = loop_timer_new(b.l, stop_timer, &b, NULL);
	ck_assert_int_eq(loop_io_set(b.io, LOOP_WRITE), ERR_OK);
	run(&b);
	ck_assert_uint_eq(b.events, LOOP_WRITE);

	ck_assert_int_eq(write(b.sv[1], "x", 1), 1);
	ck_assert_int_eq(loop_io_set(b.io, 0), ERR_OK);
	b.fired = 0;
	loop_timer_set(b.timer, 20);
	run(&b);
	ck_assert_int_eq(b.fired, 0);
	ck_assert_int_eq(b.fired2, 1);

	ck_assert_int_eq(loop_io_set(b.io, LOOP_READ | LOOP_WRITE), ERR_OK);
	b.events = 0;
	run(&b);
	ck_assert_uint_eq(b.events, LOOP_READ | LOOP_WRITE);
	bench_clear(&b);
}
END_TEST

static void
free_both(void *arg, int fd, unsigned events)
{
	struct bench *b = arg;

	(void)fd;
	(void)events;
	b->fired++;
	loop_io_free(b->io);
	loop_io_free(b->io2);
	loop_io_free(b->other);
	b->io = b->other = NULL;
	loop_timer_set(b->timer, 20);
}

/* Two ready at once: whoever runs first may free both. */
START_TEST(free_in_callback)
{
	struct bench b;

	bench_init(&b);
	b.timer = loop_timer_new(b.l, stop_timer, &b, NULL);
	b.io = loop_io_new(b.l, b.sv[0], LOOP_READ, LOOP_PRIO_NORMAL,
	    free_both, &b, NULL);
	b.other = loop_io_new(b.l, b.sv2[0], LOOP_READ, LOOP_PRIO_NORMAL,
	    free_both, &b, NULL);
	ck_assert_int_eq(write(b.sv[1], "x", 1), 1);
	ck_assert_int_eq(write(b.sv2[1], "x", 1), 1);
	run(&b);
	ck_assert_int_eq(b.fired, 1);
	bench_clear(&b);
}
END_TEST

static void
free_self(void *arg)
{
	struct bench *b = arg;

	b->fired++;
	loop_timer_free(b->timer);
	b->timer = NULL;
	loop_stop(b->l);
}

START_TEST(timer_free_in_callback)
{
	struct bench b;

	bench_init(&b);
	b.timer = loop_timer_new(b.l, free_self, &b, NULL);
	loop_timer_set(b.timer, -5);	/* at once */
	run(&b);
	ck_assert_int_eq(b.fired, 1);
	bench_clear(&b);
}
END_TEST

static void
note_time(void *arg)
{
	struct bench *b = arg;

	b->fired++;
	b->seen_ms = loop_now_ms(b->l);
	loop_stop(b->l);
}

static void
must_not(void *arg)
{
	(void)arg;
	ck_abort_msg("a stopped timer fired");
}

START_TEST(timers)
{
	struct bench b;
	struct loop_timer *never;
	int64_t begin;

	bench_init(&b);
	never = loop_timer_new(b.l, must_not, NULL, NULL);
	loop_timer_set(never, 5);
	loop_timer_stop(never);
	b.timer = loop_timer_new(b.l, note_time, &b, NULL);
	loop_timer_set(b.timer, 2 * PATIENCE_MS);
	begin = loop_now_ms(b.l);
	loop_timer_set(b.timer, 40);		/* re-armed */
	run(&b);
	ck_assert_int_eq(b.fired, 1);
	ck_assert_int_ge(b.seen_ms - begin, 38);
	ck_assert_int_lt(b.seen_ms - begin, PATIENCE_MS);

	/* One shot: without being armed again it stays silent. */
	b.fired = 0;
	loop_timer_set(b.timer, 0);
	run(&b);
	ck_assert_int_eq(b.fired, 1);
	loop_timer_free(never);
	loop_timer_free(NULL);
	loop_io_free(NULL);
	bench_clear(&b);
}
END_TEST

static void
note_high(void *arg, int fd, unsigned events)
{
	struct bench *b = arg;

	(void)fd;
	(void)events;
	strcat(b->order, "H");
	ck_assert_int_eq(loop_io_set(b->io, 0), ERR_OK);
}

static void
note_low(void *arg, int fd, unsigned events)
{
	struct bench *b = arg;

	(void)fd;
	(void)events;
	strcat(b->order, "L");
	loop_stop(b->l);
}

START_TEST(priorities)
{
	struct bench b;

	bench_init(&b);
	b.other = loop_io_new(b.l, b.sv2[0], LOOP_READ, LOOP_PRIO_LOW,
	    note_low, &b, NULL);
	b.io = loop_io_new(b.l, b.sv[0], LOOP_READ, LOOP_PRIO_HIGH,
	    note_high, &b, NULL);
	ck_assert_int_eq(write(b.sv2[1], "x", 1), 1);
	ck_assert_int_eq(write(b.sv[1], "x", 1), 1);
	run(&b);
	ck_assert_str_eq(b.order, "HL");
	bench_clear(&b);
}
END_TEST

/* Before the other from now on, and by another fn. */
static void
change(void *arg, int fd, unsigned events)
{
	struct bench *b = arg;

	(void)fd;
	(void)events;
	strcat(b->order, "c");
	loop_io_change(b->io, LOOP_PRIO_HIGH, note_high);
	ck_assert_int_eq(loop_io_set(b->other, LOOP_READ), ERR_OK);
}

START_TEST(io_change)
{
	struct bench b;

	bench_init(&b);
	b.other = loop_io_new(b.l, b.sv2[0], 0, LOOP_PRIO_NORMAL, note_low,
	    &b, NULL);
	b.io = loop_io_new(b.l, b.sv[0], LOOP_READ, LOOP_PRIO_LOW, change,
	    &b, NULL);
	ck_assert_int_eq(write(b.sv2[1], "x", 1), 1);
	ck_assert_int_eq(write(b.sv[1], "x", 1), 1);
	run(&b);
	ck_assert_str_eq(b.order, "cHL");
	bench_clear(&b);
}
END_TEST

static void
busy(void *arg, int fd, unsigned events)
{
	struct bench *b = arg;

	(void)fd;
	(void)events;
	b->fired++;
}

/* The deadline begins when the work has: machines may be slow. */
static void
busy_then_timer(void *arg, int fd, unsigned events)
{
	struct bench *b = arg;

	busy(arg, fd, events);
	if (b->fired == 3)
		loop_timer_set(b->timer, 30);
}

/* A loop that always has work still keeps its deadlines. */
START_TEST(timer_under_load)
{
	struct bench b;

	bench_init(&b);
	b.io = loop_io_new(b.l, b.sv[0], LOOP_WRITE, LOOP_PRIO_HIGH,
	    busy_then_timer, &b, NULL);
	b.timer = loop_timer_new(b.l, note_time, &b, NULL);
	run(&b);
	ck_assert_int_gt(b.fired, 3);
	ck_assert_int_ne(b.seen_ms, 0);
	bench_clear(&b);
}
END_TEST

static void
only_one(void *arg, int fd, unsigned events)
{
	struct bench *b = arg;

	busy(arg, fd, events);
	if (b->fired == 1)
		strcat(b->order, "H");
	loop_io_free(b->io2);		/* of what waits behind */
	b->io2 = NULL;
}

static void
waited(void *arg, int fd, unsigned events)
{
	struct bench *b = arg;
	char c;

	ck_assert_uint_eq(events, LOOP_READ);
	ck_assert_int_eq(read(fd, &c, 1), 1);
	strcat(b->order, "L");
	if (b->io2 != NULL)
		strcat(b->order, "?");
	if (strlen(b->order) == 4)
		loop_stop(b->l);
}

/* Work that never ends does not keep what is behind from its turn, and what
 * was freed meanwhile has none. */
START_TEST(turns_under_load)
{
	static const enum loop_prio prios[] = { LOOP_PRIO_NORMAL,
	    LOOP_PRIO_LOW };
	struct bench b;

	for (size_t i = 0; i < 2; i++) {
		bench_init(&b);
		b.io = loop_io_new(b.l, b.sv[0], LOOP_WRITE, LOOP_PRIO_HIGH,
		    only_one, &b, NULL);
		b.io2 = loop_io_new(b.l, b.sv2[0], LOOP_READ, prios[i],
		    waited, &b, NULL);
		b.other = loop_io_new(b.l, b.sv2[0], LOOP_READ, prios[i],
		    waited, &b, NULL);
		ck_assert_int_eq(write(b.sv2[1], "xyz", 3), 3);
		run(&b);
		ck_assert_str_eq(b.order, "HLLL");
		bench_clear(&b);
	}
}
END_TEST

static void
gone(void *arg, int fd, unsigned events)
{
	struct bench *b = arg;
	char c;

	b->events = events;
	ck_assert_int_eq(read(fd, &c, 1), 0);
	loop_stop(b->l);
}

START_TEST(peer_gone)
{
	struct bench b;

	bench_init(&b);
	b.io = loop_io_new(b.l, b.sv[0], LOOP_READ, LOOP_PRIO_NORMAL, gone,
	    &b, NULL);
	(void)close(b.sv[1]);
	b.sv[1] = -1;
	run(&b);
	ck_assert_uint_eq(b.events, LOOP_READ);
	bench_clear(&b);
}
END_TEST

static void *
stop_from_thread(void *arg)
{
	loop_stop(arg);
	return NULL;
}

START_TEST(stop_from_outside)
{
	struct bench b;
	pthread_t t;

	bench_init(&b);
	ck_assert_int_eq(pthread_create(&t, NULL, stop_from_thread, b.l), 0);
	run(&b);
	(void)pthread_join(t, NULL);
	bench_clear(&b);
}
END_TEST

START_TEST(bad_descriptor)
{
	struct bench b;
	struct err e = { 0 };
	int fd = open("/dev/null", O_RDONLY);

	bench_init(&b);
	(void)close(fd);
	ck_assert_ptr_null(loop_io_new(b.l, fd, LOOP_READ, LOOP_PRIO_NORMAL,
	    busy, &b, &e));
	ck_assert_int_eq(e.code, ERR_IO);
	bench_clear(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("loop");
	TCase *tc = tcase_create("loop");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, level_triggered);
	tcase_add_test(tc, io_set);
	tcase_add_test(tc, free_in_callback);
	tcase_add_test(tc, timer_free_in_callback);
	tcase_add_test(tc, timers);
	tcase_add_test(tc, priorities);
	tcase_add_test(tc, io_change);
	tcase_add_test(tc, timer_under_load);
	tcase_add_test(tc, turns_under_load);
	tcase_add_test(tc, peer_gone);
	tcase_add_test(tc, stop_from_outside);
	tcase_add_test(tc, bad_descriptor);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
