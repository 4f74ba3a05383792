/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * HTTP replies on their way out: from memory and from files that change.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "tests/http_lab.h"

static void
fetch_big(const char *path)
{
	uint8_t *buf = malloc(BIG);
	char text[1024];
	int fd = dial();

	ck_assert_ptr_nonnull(buf);
	ask(fd, path);
	hear_head(fd, text, sizeof(text));
	ck_assert_uint_eq(length_of(text), BIG);
	ck_assert_uint_eq(hear(fd, buf, BIG), BIG);
	ck_assert(memcmp(buf, lab.big, BIG) == 0);
	wait_done(1);
	ck_assert(lab.complete);
	ck_assert_uint_eq(lab.sent, BIG);
	/* More than a turn's share: it was told on the way. */
	ck_assert_uint_gt(lab.nprogress, 0);
	ck_assert_uint_lt(lab.progress, BIG);
	(void)close(fd);
	free(buf);
}

START_TEST(big_memory)
{
	lab_start(&wide);
	fetch_big("/big");
}
END_TEST

START_TEST(big_file)
{
	lab_start(&wide);
	fetch_big("/file");
}
END_TEST

/* Parts of memory and of a file, on one kept connection. */
START_TEST(ranges)
{
	const char *path = _i == 0 ? "/big" : "/file";
	uint8_t *buf = malloc(BIG);
	char text[1024];
	int fd;

	lab_start(&wide);
	fd = dial();
	ask_with(fd, path, "Range: bytes=1000000-1999999");
	hear_head(fd, text, sizeof(text));
	ck_assert_msg(str_starts(text, "HTTP/1.1 206 "), "%s", text);
	ck_assert_ptr_nonnull(strstr(text,
	    "\r\nContent-Range: bytes 1000000-1999999/16777216\r\n"));
	ck_assert_uint_eq(hear(fd, buf, 1000000), 1000000);
	ck_assert(memcmp(buf, lab.big + 1000000, 1000000) == 0);
	wait_done(1);
	ck_assert_uint_eq(lab.sent, 1000000);

	ask_with(fd, path, "Range: bytes=-7");
	hear_head(fd, text, sizeof(text));
	ck_assert_uint_eq(hear(fd, buf, 7), 7);
	ck_assert_mem_eq(buf, lab.big + BIG - 7, 7);

	ask_with(fd, path, "Range: bytes=16777216-");
	expect(fd, 416, "Range Not Satisfiable\n");
	wait_done(3);
	ck_assert_uint_eq(lab.sent, 0);

	ask_with(fd, path, "If-None-Match: \"v1\"");
	hear_head(fd, text, sizeof(text));
	ck_assert_msg(str_starts(text, "HTTP/1.1 304 "), "%s", text);
	wait_done(4);
	ck_assert_uint_eq(lab.sent, 0);
	ask(fd, "/echo/after");
	expect(fd, 200, "after");
	(void)close(fd);
	free(buf);
}
END_TEST

/* Read and sent with its head, on a kept connection; cut: what there is. */
START_TEST(small_file)
{
	uint8_t buf[SMALL];
	char text[1024];
	int fd;

	lab_start(&wide);
	fd = dial();
	for (unsigned i = 1; i <= 3; i++) {
		ask(fd, "/small");
		hear_head(fd, text, sizeof(text));
		ck_assert_uint_eq(length_of(text), SMALL);
		ck_assert_uint_eq(hear(fd, buf, SMALL), SMALL);
		ck_assert_mem_eq(buf, lab.big, SMALL);
		wait_done(i);
		ck_assert(lab.complete);
		ck_assert_uint_eq(lab.sent, SMALL);
	}
	ask_with(fd, "/small", "Range: bytes=1000-1999");
	hear_head(fd, text, sizeof(text));
	ck_assert_uint_eq(hear(fd, buf, 1000), 1000);
	ck_assert_mem_eq(buf, lab.big + 1000, 1000);
	wait_done(4);
	ck_assert_int_eq(ftruncate(lab.filefd, _i == 0 ? 100 : 0), 0);
	ask(fd, "/small");
	hear_head(fd, text, sizeof(text));
	ck_assert_uint_eq(hear(fd, buf, SMALL), _i == 0 ? 100 : 0);
	wait_done(5);
	ck_assert(!lab.complete);
	(void)close(fd);
}
END_TEST

/* The kernel refuses sendfile for such a file: it is read instead. */
START_TEST(unsendable_file)
{
	uint8_t buf[64], want[64];
	char text[1024];
	int fd, file = open("/proc/self/auxv", O_RDONLY);

	ck_assert_int_eq(read(file, want, sizeof(want)), sizeof(want));
	(void)close(file);
	lab_start(&wide);
	fd = dial();
	ask(fd, "/proc");
	hear_head(fd, text, sizeof(text));
	ck_assert_uint_eq(hear(fd, buf, sizeof(buf)), sizeof(buf));
	ck_assert_mem_eq(buf, want, sizeof(buf));
	(void)close(fd);
}
END_TEST

/* Shorter than promised from the start, or cut while it is sent. */
START_TEST(file_cut)
{
	uint8_t *buf = malloc(BIG);
	char text[1024];
	size_t n = 0;
	int fd;

	lab_start(&wide);
	if (_i == 0)
		ck_assert_int_eq(ftruncate(lab.filefd, 1000), 0);
	fd = dial();
	ask(fd, "/file");
	hear_head(fd, text, sizeof(text));
	ck_assert_uint_eq(length_of(text), BIG);
	if (_i == 1) {
		n = hear(fd, buf, 1000);
		ck_assert_int_eq(ftruncate(lab.filefd, 2000), 0);
	}
	n += hear(fd, buf, BIG - n);
	ck_assert_uint_lt(n, BIG);
	ck_assert_uint_ge(n, 1000);
	wait_done(1);
	ck_assert(!lab.complete);
	ck_assert_uint_eq(lab.sent, n);
	(void)close(fd);

	fd = dial();			/* the server lives on */
	ask(fd, "/echo/alive");
	expect(fd, 200, "alive");
	(void)close(fd);
	free(buf);
}
END_TEST

/* Gone with a reset while a reply is sent. */
START_TEST(peer_reset)
{
	const struct linger now = { .l_onoff = 1 };
	uint8_t buf[1000];
	int fd;

	lab_start(&wide);
	fd = dial();
	ask(fd, _i == 0 ? "/big" : "/file");
	ck_assert_uint_eq(hear(fd, buf, sizeof(buf)), sizeof(buf));
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now,
	    sizeof(now)), 0);
	(void)close(fd);
	wait_done(1);
	ck_assert(!lab.complete);
	ck_assert_uint_lt(lab.sent, BIG);
	fd = dial();
	ask(fd, "/count");
	expect(fd, 200, "1");
	(void)close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("http_out");
	TCase *tc = lab_tcase(s, "bodies");

	tcase_add_test(tc, big_memory);
	tcase_add_test(tc, big_file);
	tcase_add_loop_test(tc, ranges, 0, 2);
	tcase_add_loop_test(tc, small_file, 0, 2);
	tcase_add_test(tc, unsendable_file);
	tcase_add_loop_test(tc, file_cut, 0, 2);
	tcase_add_loop_test(tc, peer_reset, 0, 2);
	return lab_main(s);
}
