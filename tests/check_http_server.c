/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The HTTP server as a whole: limits, accepting, draining, ending.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "tests/http_lab.h"

/* Over a bound: an answer, though none of the request's. */
static void
expect_busy(void)
{
	char text[1024];
	int fd = dial();

	ask(fd, "/echo/x");
	hear_head(fd, text, sizeof(text));
	ck_assert_msg(str_starts(text, "HTTP/1.1 503 "), "%s", text);
	expect_end(fd);
	(void)close(fd);
}

START_TEST(too_many)
{
	int fd[2];

	net_count_set_max(lab.count, _i == 0 ? 2 : 100, _i == 0 ? 100 : 2);
	lab_start(&wide);
	for (int i = 0; i < 2; i++) {
		fd[i] = dial();
		ask(fd[i], "/echo/x");
		expect(fd[i], 200, "x");
	}
	expect_busy();
	ask(fd[1], "/echo/others");	/* those that are in stay */
	expect(fd[1], 200, "others");
	ask(fd[1], "/turned-away");
	expect(fd[1], 200, "1");
	(void)close(fd[0]);
	expect_in();
	(void)close(fd[1]);
}
END_TEST

/* What others count, on other ports or threads, counts here. */
START_TEST(counted_together)
{
	struct net_addr peer;

	net_count_set_max(lab.count, 100, 1);
	lab_start(&wide);
	ck_assert_int_eq(net_addr_parse(&peer, "127.0.0.1", 1, NULL), 0);
	ck_assert(net_count_add(lab.count, &peer));
	expect_busy();
	net_count_del(lab.count, &peer);
	expect_in();
}
END_TEST

START_TEST(limits_change)
{
	net_count_set_max(lab.count, 0, 100);
	lab_start(&wide);
	expect_busy();
	net_count_set_max(lab.count, 1, 1);
	expect_in();
}
END_TEST

/* A connection that says nothing takes no place of others, at first: the
 * kernel keeps it. */
START_TEST(silent_takes_no_place)
{
	int silent, fd;

	net_count_set_max(lab.count, 1, 1);
	lab_start(&wide);
	silent = dial();
	fd = dial();
	ask(fd, "/echo/in");
	expect(fd, 200, "in");
	(void)close(silent);
	(void)close(fd);
}
END_TEST

/* Out of descriptors: accepting rests, and goes on when there are some. */
START_TEST(no_descriptors)
{
	struct rlimit old, low;
	const char *preload = getenv("LD_PRELOAD");
	int fd, first, top;

	if (preload != NULL && strstr(preload, "vgpreload") != NULL) {
		/* It closes what accept returned beyond the limit. */
		(void)fprintf(stderr, "no_descriptors: SKIPPED, valgrind has "
		    "descriptor limits of its own\n");
		return;
	}
	lab_start(&wide);
	first = dial();			/* stays: frees no descriptor */
	ask(first, "/echo/x");
	expect(first, 200, "x");
	fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	top = dup(fd);			/* the lowest free one */
	(void)close(top);
	low.rlim_cur = (rlim_t)top;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&lab.addr.ss,
	    lab.addr.len), 0);
	ask(fd, "/echo/late");
	ck_assert_int_eq(poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 300), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	expect(fd, 200, "late");
	(void)close(first);
	(void)close(fd);
}
END_TEST

/* --- ending --- */

START_TEST(drain)
{
	uint8_t *buf = malloc(BIG);
	char text[1024];
	int idle, busy, fd, late;

	lab_start(&wide);
	idle = dial();
	ask(idle, "/echo/x");
	expect(idle, 200, "x");
	busy = dial();
	ask(busy, "/big");
	hear_head(busy, text, sizeof(text));
	fd = dial();
	ask(fd, "/drain");
	hear_head(fd, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "\r\nConnection: close\r\n"));
	ck_assert_uint_eq(hear(fd, buf, 8), 8);
	expect_end(fd);
	expect_end(idle);
	late = dial();			/* into the backlog, no further */
	ask(late, "/echo/late");
	ck_assert_uint_eq(hear(busy, buf, BIG), BIG);
	ck_assert(memcmp(buf, lab.big, BIG) == 0);
	expect_end(busy);
	ck_assert_int_eq(poll(&(struct pollfd){ late, POLLIN, 0 }, 1, 50), 0);
	(void)close(idle);
	(void)close(busy);
	(void)close(fd);
	(void)close(late);
	free(buf);
}
END_TEST

/* Replies under way are told that they are over. */
START_TEST(free_under_way)
{
	char text[1024];
	int fd;

	lab_start(&wide);
	fd = dial();
	ask(fd, "/file");
	hear_head(fd, text, sizeof(text));
	lab_tear_down();
	ck_assert_uint_eq(lab.ndone, 1);
	ck_assert(!lab.complete);
	(void)close(fd);
	lab_set_up();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("http_server");
	TCase *tc = lab_tcase(s, "limits");

	tcase_add_loop_test(tc, too_many, 0, 2);
	tcase_add_test(tc, counted_together);
	tcase_add_test(tc, limits_change);
	tcase_add_test(tc, silent_takes_no_place);
	tcase_add_test(tc, no_descriptors);
	tc = lab_tcase(s, "ending");
	tcase_add_test(tc, drain);
	tcase_add_test(tc, free_under_way);
	return lab_main(s);
}
