/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Fetching, from an HTTP server of ours and from servers that say one thing.
 */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "net/fetch.h"
#include "net/http.h"
#include "net/listen.h"
#include "tests/fetch_fix.h"

/* --- HTTP --- */

static void
handle(void *arg, const struct http_head *h, const struct net_addr *peer,
    struct http_reply *r)
{
	(void)arg;
	(void)peer;
	(void)str_copy(lab.asked, sizeof(lab.asked), h->path);
	r->status = 200;
	if (str_starts(h->path, "/size/")) {
		r->body = lab.body;
		r->len = strtoul(h->path + 6, NULL, 10);
	} else if (str_starts(h->path, "/status/")) {
		r->status = atoi(h->path + 8);
	}
}

static void *
serve_http(void *arg)
{
	(void)arg;
	(void)loop_run(lab.loop, NULL);
	return NULL;
}

static void
start_http(void)
{
	const struct http_limits lim = { .head_timeout_ms = 20000,
	    .idle_timeout_ms = 20000, .min_rate = 1 };

	open_socket(NET_TCP);
	lab.loop = loop_new(NULL);
	lab.count = net_count_new(10, 10, 1);
	lab.http = http_server_new(lab.loop, lab.fd, &lim, lab.count, handle,
	    NULL, NULL);
	ck_assert_ptr_nonnull(lab.http);
	ck_assert_int_eq(pthread_create(&lab.thread, NULL, serve_http, NULL),
	    0);
}

static void
stop_http(void)
{
	loop_stop(lab.loop);
	(void)pthread_join(lab.thread, NULL);
	http_server_free(lab.http);
	net_count_free(lab.count);
	loop_free(lab.loop);
	(void)close(lab.fd);
}

START_TEST(http_bodies)
{
	start_http();
	expect_body("http", "size/0", 0, 0);
	expect_body("http", "size/5", 5, 0);
	expect_body("http", "size/100000", MAX, 0);	/* exactly max */
	stop_http();
}
END_TEST

/* What is asked for is the name, byte for byte, and nothing else. */
START_TEST(http_names)
{
	static const char *const names[] = {
		"SEP0011223344AA.cnf.xml.sgn", "Desktops/320x212x16/List.xml",
		"a b", "a?b", "a#b", "a%00b", "a%2fb", "a&b=c+d;e", "../x",
		"./a/../b", "/a", "a//b", "\xc3\xa4", "a\r\nX: y", "@h/x",
		":1/x", "\"<>\\^`{|}",
	};
	char want[80];

	start_http();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		expect_body("http", names[i], 0, 0);
		(void)snprintf(want, sizeof(want), "/%s", names[i]);
		ck_assert_str_eq(lab.asked, want);
	}
	stop_http();
}
END_TEST

static const struct {
	const char	*url, *scheme, *host;
	uint16_t	 port;
	const char	*name;
} urls[] = {
	{ "http://a.example.org", "http", "a.example.org", 80, "" },
	{ "HTTP://a:81/x/y", "http", "a", 81, "x/y" },
	{ "https://192.0.2.1/a%20b", "https", "192.0.2.1", 443, "a b" },
	{ "http://[2001:db8::1]:8080/x", "http", "[2001:db8::1]", 8080, "x" },
	{ "tftp://a/x", "tftp", "a", 69, "x" },
	{ "ftp://a/x", NULL, NULL, 0, NULL },
	{ "file:///etc/passwd", NULL, NULL, 0, NULL },
	{ "http://", NULL, NULL, 0, NULL },
	{ "http://a:0/x", NULL, NULL, 0, NULL },
	{ "http://a:70000/x", NULL, NULL, 0, NULL },
	{ "http://u@a/x", NULL, NULL, 0, NULL },
	{ "http://u:p@a/x", NULL, NULL, 0, NULL },
	{ "http://a/x?y", NULL, NULL, 0, NULL },
	{ "http://a/x#y", NULL, NULL, 0, NULL },
	{ "http://a/%0d%0aX: y", NULL, NULL, 0, NULL },
	{ "http://a/%00", NULL, NULL, 0, NULL },
	{ "a/x", NULL, NULL, 0, NULL },
	{ "", NULL, NULL, 0, NULL },
};

START_TEST(parts_of_urls)
{
	struct fetch_url u;
	struct err e = { 0 };
	int ret = fetch_url_parse(&u, urls[_i].url, &e);

	ck_assert_msg(ret == (urls[_i].name != NULL ? ERR_OK : ERR_ARG),
	    "%s", urls[_i].url);
	if (ret != ERR_OK)
		return;
	ck_assert_str_eq(u.scheme, urls[_i].scheme);
	ck_assert_str_eq(u.host, urls[_i].host);
	ck_assert_uint_eq(u.port, urls[_i].port);
	ck_assert_str_eq(u.name, urls[_i].name);
}
END_TEST

/* A server that hears one request and answers it. */
static void *
hear_post(void *arg)
{
	const char *answer = lab.raw != NULL ? lab.raw :
	    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
	    "Connection: close\r\n\r\nok";
	struct pollfd pfd = { .fd = lab.fd, .events = POLLIN };
	size_t n = 0;
	ssize_t got;
	int fd;

	(void)arg;
	(void)poll(&pfd, 1, 20000);
	fd = accept(lab.fd, NULL, NULL);
	while (n < sizeof(lab.heard) - 1 &&
	    strstr(lab.heard, "the body") == NULL &&
	    (got = recv(fd, lab.heard + n, sizeof(lab.heard) - 1 - n, 0)) > 0)
		n += (size_t)got;
	(void)send(fd, answer, strlen(answer), MSG_NOSIGNAL);
	(void)close(fd);
	return NULL;
}

START_TEST(http_post)
{
	const struct fetch_opts o = { .max = 10, .timeout_ms = 20000,
	    .post = "the body", .postlen = 8, .post_type = "text/x-test" };
	struct err e;
	uint8_t *buf;
	size_t len;

	open_socket(NET_TCP);
	ck_assert_int_eq(pthread_create(&lab.thread, NULL, hear_post, NULL),
	    0);
	ck_assert_int_eq(fetch("http", "127.0.0.1", "p", &o, &buf, &len, &e),
	    ERR_OK);
	(void)pthread_join(lab.thread, NULL);
	ck_assert_uint_eq(len, 2);
	ck_assert_mem_eq(buf, "ok", 2);
	free(buf);
	ck_assert(str_starts(lab.heard, "POST /p HTTP/1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(lab.heard,
	    "Content-Type: text/x-test\r\n"));
	ck_assert_ptr_nonnull(strstr(lab.heard, "Content-Length: 8\r\n"));
	ck_assert_ptr_null(strstr(lab.heard, "Expect"));
	ck_assert_ptr_nonnull(strstr(lab.heard, "\r\n\r\nthe body"));
	(void)close(lab.fd);
	ck_assert_int_eq(fetch("tftp", "127.0.0.1", "p", &o, &buf, &len, &e),
	    ERR_ARG);
}
END_TEST

/* What was posted may be taken without a word; nothing else is. */
START_TEST(http_post_status)
{
	static const struct {
		const char	*raw;
		int		 code;
	} v[] = {
		{ "HTTP/1.1 204 No Content\r\n\r\n", ERR_OK },
		{ "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
		    ERR_OK },
		{ "HTTP/1.1 302 Found\r\nLocation: /x\r\n"
		    "Content-Length: 0\r\n\r\n", ERR_IO },
		{ "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", ERR_IO },
	};
	const struct fetch_opts o = { .max = 10, .timeout_ms = 20000,
	    .post = "the body", .postlen = 8 };
	struct err e;
	uint8_t *buf;
	size_t len;

	lab.raw = v[_i].raw;
	open_socket(NET_TCP);
	ck_assert_int_eq(pthread_create(&lab.thread, NULL, hear_post, NULL),
	    0);
	ck_assert_msg(fetch("http", "127.0.0.1", "p", &o, &buf, &len, &e) ==
	    v[_i].code, "%s", e.msg);
	(void)pthread_join(lab.thread, NULL);
	free(buf);
	(void)close(lab.fd);
}
END_TEST

/* Who asks for the answer gets every one, and what came with it. */
START_TEST(http_answer)
{
	static const struct {
		const char	*raw, *type, *body;
		long		 status;
		int64_t		 after;
	} v[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=x\r\n"
		    "Content-Length: 2\r\n\r\nok", "text/plain", "ok", 200, 0 },
		{ "HTTP/1.1 202 Accepted\r\nRetry-After: 7\r\n"
		    "Content-Length: 0\r\n\r\n", "", "", 202, 7 },
		{ "HTTP/1.1 400 Bad\r\nContent-Type: text/plain\r\n"
		    "Content-Length: 3\r\n\r\nwhy", "text/plain", "why", 400,
		    0 },
		{ "HTTP/1.1 503 Busy\r\nRetry-After: 120\r\n"
		    "Content-Length: 0\r\n\r\n", "", "", 503, 120 },
	};
	struct fetch_answer a;
	const struct fetch_opts o = { .max = 10, .timeout_ms = 20000,
	    .post = "the body", .postlen = 8, .query = "operation=X%2f",
	    .user = "ra", .password = "it:self", .answer = &a };
	struct err e;
	uint8_t *buf;
	size_t len;

	lab.raw = v[_i].raw;
	open_socket(NET_TCP);
	ck_assert_int_eq(pthread_create(&lab.thread, NULL, hear_post, NULL),
	    0);
	ck_assert_msg(fetch("http", "127.0.0.1", "p", &o, &buf, &len, &e) ==
	    ERR_OK, "%s", e.msg);
	(void)pthread_join(lab.thread, NULL);
	ck_assert_int_eq(a.status, v[_i].status);
	ck_assert_int_eq(a.retry_after_s, v[_i].after);
	ck_assert_str_eq(a.type, v[_i].type);
	ck_assert_str_eq((char *)buf, v[_i].body);
	free(buf);
	ck_assert_msg(str_starts(lab.heard,
	    "POST /p?operation=X%2f HTTP/1.1\r\n"), "%s", lab.heard);
	ck_assert_ptr_nonnull(strstr(lab.heard,
	    "Authorization: Basic cmE6aXQ6c2VsZg==\r\n"));
	(void)close(lab.fd);
	ck_assert_int_eq(fetch("tftp", "127.0.0.1", "p", &o, &buf, &len, &e),
	    ERR_ARG);
}
END_TEST

static bool
stop(void *arg)
{
	return ++*(int *)arg > 2;
}

START_TEST(http_stopped)
{
	int asked = 0;
	const struct fetch_opts o = { .max = 10, .timeout_ms = 600000,
	    .stop = stop, .stop_arg = &asked };
	struct err e;
	uint8_t *buf;
	size_t len;

	open_socket(NET_TCP);		/* which nobody serves */
	ck_assert_int_eq(fetch("http", "127.0.0.1", "p", &o, &buf, &len, &e),
	    ERR_BUSY);
	(void)close(lab.fd);
}
END_TEST

START_TEST(http_errors)
{
	start_http();
	expect_error("http", "127.0.0.1", "status/404", MAX, ERR_NOTFOUND);
	expect_error("http", "127.0.0.1", "status/403", MAX, ERR_DENIED);
	expect_error("http", "127.0.0.1", "status/503", MAX, ERR_IO);
	expect_error("http", "127.0.0.1", "size/1000", 999, ERR_LIMIT);
	stop_http();
	expect_error("http", "127.0.0.1", "x", MAX, ERR_UNREACHABLE);
	expect_error("http", "::1", "x", MAX, ERR_UNREACHABLE);
	expect_error("http", "[::1]", "x", MAX, ERR_UNREACHABLE);
}
END_TEST

START_TEST(bad_arguments)
{
	struct fetch_opts o = { .max = 10, .blksize = 7 };
	struct err e;
	uint8_t *buf;
	size_t len;
	char host[400];

	lab.port = 1;
	expect_error("https", "127.0.0.1", "x", 10, ERR_ARG);
	expect_error("file", "127.0.0.1", "x", 10, ERR_ARG);
	expect_error("http", "a/b", "x", 10, ERR_ARG);
	expect_error("http", "u@127.0.0.1", "x", 10, ERR_ARG);
	expect_error("http", "", "x", 10, ERR_ARG);
	memset(host, 'a', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	expect_error("http", host, "x", 10, ERR_ARG);
	ck_assert_int_eq(fetch("tftp", "127.0.0.1", "x", &o, &buf, &len, &e),
	    ERR_ARG);
	ck_assert_msg(strstr(e.msg, "block size 7") != NULL, "%s", e.msg);
}
END_TEST

/* --- servers that say one thing --- */

static void *
serve_raw(void *arg)
{
	char buf[1024];
	int fd = accept4(lab.fd, NULL, NULL, 0);

	(void)arg;
	if (fd == -1)
		return NULL;
	(void)recv(fd, buf, sizeof(buf), 0);
	(void)send(fd, lab.raw, strlen(lab.raw), MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_WR);
	while (recv(fd, buf, sizeof(buf), 0) > 0)
		continue;
	(void)close(fd);
	return NULL;
}

static const struct {
	const char	*raw;
	int		 code;
} raws[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ncut", ERR_IO },
	/* Without a length the bound is seen as the bytes come. */
	{ "HTTP/1.0 200 OK\r\n\r\nmore than twenty bytes", ERR_LIMIT },
	{ "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n"
	    "Content-Length: 0\r\n\r\n", ERR_IO },
	{ "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n"
	    "Content-Length: 0\r\n\r\n", ERR_IO },
	{ "HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n\r\nx",
	    ERR_IO },
	{ "HTTP/1.1 204 No Content\r\n\r\n", ERR_IO },
	{ "SSH-2.0-OpenSSH_9.2\r\n", ERR_IO },
	{ "", ERR_IO },
};

START_TEST(http_raw)
{
	lab.raw = raws[_i].raw;
	open_socket(NET_TCP);
	ck_assert_int_eq(fcntl(lab.fd, F_SETFL, 0), 0);
	ck_assert_int_eq(pthread_create(&lab.thread, NULL, serve_raw, NULL),
	    0);
	expect_error("http", "127.0.0.1", "x", 20, raws[_i].code);
	(void)pthread_join(lab.thread, NULL);
	(void)close(lab.fd);
}
END_TEST

/* Connected, then silence. */
START_TEST(http_silent)
{
	open_socket(NET_TCP);
	expect_error("http", "127.0.0.1", "x", MAX, ERR_TIMEOUT);
	(void)close(lab.fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("fetch");
	TCase *tc = tcase_create("fetch");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, http_bodies);
	tcase_add_test(tc, http_names);
	tcase_add_test(tc, http_errors);
	tcase_add_loop_test(tc, parts_of_urls, 0,
	    (int)(sizeof(urls) / sizeof(urls[0])));
	tcase_add_test(tc, http_post);
	tcase_add_loop_test(tc, http_post_status, 0, 4);
	tcase_add_loop_test(tc, http_answer, 0, 4);
	tcase_add_test(tc, http_stopped);
	tcase_add_test(tc, bad_arguments);
	tcase_add_loop_test(tc, http_raw, 0,
	    (int)(sizeof(raws) / sizeof(raws[0])));
	tcase_add_test(tc, http_silent);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
