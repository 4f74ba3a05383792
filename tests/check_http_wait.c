/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Deadlines of HTTP connections: clients that are slow, by design or not.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/http_lab.h"

/* A byte now and then does not put the head's deadline off. */
START_TEST(drip)
{
	struct http_limits lim = wide;
	int64_t begin = now_ms();
	struct pollfd p = { .events = POLLIN };

	lim.head_timeout_ms = SHORT_MS;
	lab_start(&lim);
	p.fd = dial();
	if (_i == 1) {		/* also on a connection that was idle */
		ask(p.fd, "/echo/x");
		expect(p.fd, 200, "x");
		begin = now_ms();
	}
	say(p.fd, "GET /");
	while (poll(&p, 1, 10) == 0) {
		ck_assert_int_lt(now_ms() - begin, PATIENCE_MS / 2);
		(void)send(p.fd, "a", 1, MSG_NOSIGNAL);
	}
	ck_assert_int_ge(now_ms() - begin, SHORT_MS - 10);
	expect_end(p.fd);
	(void)close(p.fd);
}
END_TEST

START_TEST(silent)
{
	struct http_limits lim = wide;
	int fd;

	if (_i == 0)
		lim.head_timeout_ms = SHORT_MS;
	else
		lim.idle_timeout_ms = SHORT_MS;
	lab_start(&lim);
	fd = dial();
	if (_i == 1) {
		ask(fd, "/echo/x");
		expect(fd, 200, "x");
	}
	expect_end(fd);
	(void)close(fd);
}
END_TEST

START_TEST(too_slow)
{
	struct http_limits lim = wide;
	uint8_t *buf = malloc(BIG);
	int fd;

	lim.rate_ms = SHORT_MS;
	lim.min_rate = _i == 0 ? 1000 : 0;	/* 0: still some progress */
	lab_start(&lim);
	fd = dial();
	ask(fd, "/file");
	wait_done(1);			/* nothing was taken */
	ck_assert(!lab.complete);
	ck_assert_uint_lt(hear(fd, buf, BIG), BIG);
	(void)close(fd);
	free(buf);
}
END_TEST

/* What the kernel still has for it would be nobody's, and without a bound. */
START_TEST(nothing_stays)
{
	struct http_limits lim = wide;
	uint8_t *buf = malloc(BIG);
	ssize_t n;
	int fd;

	lim.rate_ms = SHORT_MS;
	lim.min_rate = 1000;
	lab_start(&lim);
	fd = dial();
	ask(fd, "/big");
	wait_done(1);
	while ((n = recv(fd, buf, BIG, 0)) > 0)
		;
	ck_assert_int_eq(n, -1);
	ck_assert_int_eq(errno, ECONNRESET);
	(void)close(fd);
	free(buf);
}
END_TEST

/* A byte now and then, so that it never looks dead. */
START_TEST(sipping)
{
	struct http_limits lim = wide;
	int64_t until = now_ms() + PATIENCE_MS;
	unsigned over = 0;
	struct linger now = { .l_onoff = 1 };
	int fd, small = 4096;
	char c;

	lim.rate_ms = SHORT_MS;
	lim.min_rate = 100000;
	lab_start(&lim);
	fd = dial();
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small,
	    sizeof(small)), 0);
	ask(fd, _i == 0 ? "/file" : "/big");
	while (over == 0) {
		ck_assert_int_lt(now_ms(), until);
		if (recv(fd, &c, 1, 0) != 1)
			ck_assert_int_eq(errno, ECONNRESET);
		(void)poll(NULL, 0, 2);
		(void)pthread_mutex_lock(&lab.lock);
		over = lab.ndone;
		(void)pthread_mutex_unlock(&lab.lock);
	}
	ck_assert(!lab.complete);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now,
	    sizeof(now)), 0);
	(void)close(fd);
}
END_TEST

/* A reply that fits the kernel's buffers, never read: idle from then on. */
START_TEST(not_read)
{
	struct http_limits lim = wide;
	struct pollfd p = { .events = POLLRDHUP };

	lim.idle_timeout_ms = SHORT_MS;
	lab_start(&lim);
	p.fd = dial();
	ask(p.fd, "/small");
	ck_assert_int_eq(poll(&p, 1, PATIENCE_MS), 1);
	(void)close(p.fd);
}
END_TEST

/* Requests without end, and no answer taken. */
START_TEST(asks_only)
{
	struct http_limits lim = wide;
	int64_t until = now_ms() + PATIENCE_MS;
	char one[] = "GET /small HTTP/1.1\r\nHost: x\r\n\r\n";
	ssize_t n;
	int fd;

	/* Either the kernel takes no more, or the peer's sends no more. */
	lim.rate_ms = lim.idle_timeout_ms = lim.head_timeout_ms = SHORT_MS;
	lim.min_rate = 1000;
	lab_start(&lim);
	fd = dial();
	do {
		ck_assert_int_lt(now_ms(), until);
		n = send(fd, one, sizeof(one) - 1,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1 && errno == EAGAIN)
			(void)poll(NULL, 0, 1);
	} while (n != -1 || errno == EAGAIN);
	(void)close(fd);
}
END_TEST

/* Many wait at a time: each has its own deadline, and a shorter one set later
 * comes first. */
START_TEST(in_order)
{
	struct http_limits lim = wide;
	int fd[20];

	lab_start(&lim);
	for (size_t i = 0; i < 20; i++) {
		fd[i] = dial();
		ask(fd[i], "/echo/x");
		expect(fd[i], 200, "x");
	}
	lab_stop();
	lim.idle_timeout_ms = SHORT_MS;
	http_server_set_limits(lab.server, &lim);
	lab_run();
	for (size_t i = 10; i < 20; i++) {
		ask(fd[i], "/echo/y");
		expect(fd[i], 200, "y");
	}
	for (size_t i = 10; i < 20; i++)
		expect_end(fd[i]);
	for (size_t i = 0; i < 10; i++) {	/* as they were */
		ask(fd[i], "/echo/z");
		expect(fd[i], 200, "z");
	}
	for (size_t i = 0; i < 20; i++)
		(void)close(fd[i]);
}
END_TEST

/* Slow, but at the rate asked for, over many windows. */
START_TEST(slow_enough)
{
	struct http_limits lim = wide;
	uint8_t *buf = malloc(BIG);
	char text[1024];
	size_t n = 0;
	int64_t begin;
	int fd;

	lim.rate_ms = SHORT_MS;
	lim.min_rate = 1000;
	lab_start(&lim);
	fd = dial();
	ask(fd, "/file");
	hear_head(fd, text, sizeof(text));
	begin = now_ms();
	while (n < BIG) {
		n += hear(fd, buf, BIG / 64);
		(void)poll(NULL, 0, 10);
		ck_assert_int_lt(now_ms() - begin, PATIENCE_MS);
	}
	ck_assert_int_gt(now_ms() - begin, 3 * SHORT_MS);
	wait_done(1);
	ck_assert(lab.complete);
	(void)close(fd);
	free(buf);
}
END_TEST

/* So slow that the kernel, which has some MB for it, asks for more only after
 * many windows: the peer takes enough in each. */
START_TEST(kernel_full)
{
	struct http_limits lim = wide;
	uint8_t *buf = malloc(BIG);
	char text[1024];
	int64_t until;
	size_t n = 0;
	int fd;

	lim.rate_ms = SHORT_MS;
	lim.min_rate = 1000;
	lab_start(&lim);
	fd = dial();
	ask(fd, _i == 0 ? "/file" : "/big");
	hear_head(fd, text, sizeof(text));
	for (until = now_ms() + 12 * SHORT_MS; now_ms() < until;) {
		n += hear(fd, buf, BIG / 1024);
		(void)poll(NULL, 0, 10);
	}
	ck_assert_uint_lt(n, BIG / 4);
	ck_assert_uint_eq(hear(fd, buf, BIG - n), BIG - n);
	wait_done(1);
	ck_assert(lab.complete);
	(void)close(fd);
	free(buf);
}
END_TEST

/* A spurt, then no byte for some windows, as programs do that limit their
 * rate: it was fast enough.  But not for ever. */
START_TEST(spurt)
{
	struct http_limits lim = wide;
	uint8_t *buf = malloc(BIG);
	char text[1024];
	int64_t begin = now_ms();
	int fd;

	lim.rate_ms = SHORT_MS;
	lim.min_rate = 1000;
	lab_start(&lim);
	fd = dial();
	ask(fd, _i == 0 ? "/file" : "/big");
	hear_head(fd, text, sizeof(text));
	ck_assert_uint_eq(hear(fd, buf, BIG / 4), BIG / 4);
	wait_done(1);
	ck_assert_int_ge(now_ms() - begin, HTTP_RATE_SPARE * SHORT_MS);
	ck_assert(!lab.complete);
	(void)close(fd);
	free(buf);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("http_wait");
	TCase *tc = lab_tcase(s, "deadlines");

	tcase_add_loop_test(tc, drip, 0, 2);
	tcase_add_loop_test(tc, silent, 0, 2);
	tcase_add_loop_test(tc, too_slow, 0, 2);
	tcase_add_test(tc, nothing_stays);
	tcase_add_loop_test(tc, sipping, 0, 2);
	tcase_add_test(tc, not_read);
	tcase_add_test(tc, asks_only);
	tcase_add_test(tc, in_order);
	tcase_add_test(tc, slow_enough);
	tcase_add_loop_test(tc, kernel_full, 0, 2);
	tcase_add_loop_test(tc, spurt, 0, 2);
	return lab_main(s);
}
