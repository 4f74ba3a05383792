/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * HTTP connections: requests, in every way they come, and their replies.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "tests/http_lab.h"

START_TEST(get)
{
	char head[1024];
	uint8_t body[8];
	int fd;

	lab_start(&wide);
	fd = dial();
	ask(fd, "/echo/hello");
	hear_head(fd, head, sizeof(head));
	ck_assert_msg(str_starts(head, "HTTP/1.1 200 OK\r\nDate: "), "%s",
	    head);
	ck_assert_ptr_nonnull(strstr(head, " GMT\r\n"));
	ck_assert_ptr_nonnull(strstr(head, "\r\nContent-Type: text/plain\r\n"));
	ck_assert_ptr_nonnull(strstr(head, "\r\nConnection: keep-alive\r\n"));
	ck_assert_uint_eq(length_of(head), 5);
	ck_assert_uint_eq(hear(fd, body, 5), 5);
	ck_assert_mem_eq(body, "hello", 5);
	wait_done(1);
	ck_assert(lab.complete);
	ck_assert_uint_eq(lab.sent, 5);

	ask(fd, "/echo/again");		/* the same connection */
	expect(fd, 200, "again");
	ask(fd, "/empty");
	expect(fd, 200, "");
	ask(fd, "/not-there");
	expect(fd, 404, "Not Found\n");
	ask(fd, "/nothing");		/* a handler that does nothing */
	expect(fd, 500, "Internal Server Error\n");
	ask(fd, "/echo/still");
	expect(fd, 200, "still");
	(void)close(fd);
}
END_TEST

START_TEST(head)
{
	char text[1024];
	int fd;

	lab_start(&wide);
	fd = dial();
	say(fd, "HEAD /echo/hello HTTP/1.1\r\nHost: x\r\n\r\n");
	hear_head(fd, text, sizeof(text));
	ck_assert_uint_eq(length_of(text), 5);
	wait_done(1);
	ck_assert(lab.complete);
	ck_assert_uint_eq(lab.sent, 0);
	say(fd, "HEAD /file HTTP/1.1\r\nHost: x\r\n\r\n");
	hear_head(fd, text, sizeof(text));
	ck_assert_uint_eq(length_of(text), BIG);
	ask(fd, "/echo/next");		/* no body came between */
	expect(fd, 200, "next");
	(void)close(fd);
}
END_TEST

/* More than one turn's share of requests in one write, with empty lines. */
START_TEST(pipelined)
{
	char all[8192], name[16];
	size_t n = 0;
	int fd;

	lab_start(&wide);
	fd = dial();
	for (int i = 0; i < 100; i++)
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%sGET /echo/"
		    "r%d HTTP/1.1\r\nHost: x\r\n\r\n", i % 3 ? "" : "\r\n",
		    i);
	say(fd, all);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "r%d", i);
		expect(fd, 200, name);
	}
	wait_done(100);
	(void)close(fd);
}
END_TEST

START_TEST(byte_by_byte)
{
	const char *p = "\r\nGET /echo/slow HTTP/1.1\r\nHost: x\r\n\r\n";
	int fd;

	lab_start(&wide);
	fd = dial();
	for (; *p != '\0'; p++)
		ck_assert_int_eq(send(fd, p, 1, MSG_NOSIGNAL), 1);
	expect(fd, 200, "slow");
	(void)close(fd);
}
END_TEST

static const struct {
	const char	*request;
	int		 status;
	const char	*body;
} closing[] = {
	{ "GET /echo/x HTTP/1.0\r\n\r\n", 200, "x" },
	{ "GET /echo/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 200,
	    "x" },
	{ "GET /echo/x HTTP/1.1\r\n\r\n", 400, "Bad Request\n" },
	{ "POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody",
	    405, "Method Not Allowed\n" },
	{ "BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501, "Not Implemented\n" },
	{ "GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505,
	    "HTTP Version Not Supported\n" },
	{ "\x16\x03\x01\x02\r\n\r\n", 400, "Bad Request\n" },
};

/* The reply arrives whole, then the connection ends: also when more came. */
START_TEST(reply_and_close)
{
	int fd;

	lab_start(&wide);
	fd = dial();
	say(fd, closing[_i].request);
	say(fd, "GET /echo/more HTTP/1.1\r\nHost: x\r\n\r\n");
	expect(fd, closing[_i].status, closing[_i].body);
	expect_end(fd);
	(void)close(fd);
}
END_TEST

START_TEST(allow_header)
{
	char text[1024];
	int fd;

	lab_start(&wide);
	fd = dial();
	say(fd, "DELETE / HTTP/1.1\r\nHost: x\r\n\r\n");
	hear_head(fd, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "\r\nAllow: GET, HEAD\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "\r\nConnection: close\r\n"));
	(void)close(fd);
}
END_TEST

START_TEST(keep_alive_10)
{
	int fd;

	lab_start(&wide);
	fd = dial();
	say(fd, "GET /echo/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	expect(fd, 200, "a");
	say(fd, "GET /echo/b HTTP/1.0\r\n\r\n");
	expect(fd, 200, "b");
	expect_end(fd);
	(void)close(fd);
}
END_TEST

START_TEST(head_too_long)
{
	char text[1024];
	int fd;

	lab_start(&wide);
	fd = dial();
	say(fd, "GET / HTTP/1.1\r\nHost: x\r\nX: ");
	memset(text, 'a', sizeof(text));
	for (int i = 0; i < 9; i++)
		if (send(fd, text, sizeof(text), MSG_NOSIGNAL) == -1)
			break;
	expect(fd, 431, "Request Header Fields Too Large\n");
	expect_end(fd);
	(void)close(fd);
}
END_TEST

/* A client that has said all it will still gets its answers. */
START_TEST(half_closed)
{
	int fd;

	lab_start(&wide);
	fd = dial();
	ask(fd, "/echo/one");
	ask(fd, "/echo/two");
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	expect(fd, 200, "one");
	expect(fd, 200, "two");
	expect_end(fd);
	(void)close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("http_conn");
	TCase *tc = lab_tcase(s, "requests");

	tcase_add_test(tc, get);
	tcase_add_test(tc, head);
	tcase_add_test(tc, pipelined);
	tcase_add_test(tc, byte_by_byte);
	tcase_add_loop_test(tc, reply_and_close, 0,
	    (int)(sizeof(closing) / sizeof(closing[0])));
	tcase_add_test(tc, allow_header);
	tcase_add_test(tc, keep_alive_10);
	tcase_add_test(tc, head_too_long);
	tcase_add_test(tc, half_closed);
	return lab_main(s);
}
