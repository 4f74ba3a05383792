/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Files to servers: URLs that are refused, PUT to a web server that says one
 * thing, and servers that are not there.  sftp itself: tests/e2e/test_bulk.py.
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "net/transfer.h"

#define BODY	200000

static struct {
	int		 fd;
	uint16_t	 port;
	pthread_t	 thread;
	const char	*answer;
	char		 heard[1000];	/* the head */
	size_t		 body;
} web;

/* Head to heard, then as many bytes as it announces, then the answer. */
static void
serve_one(int fd)
{
	char *end = NULL, *length;
	static char buf[70000];
	size_t n = 0, want = 0;
	ssize_t got;

	while (end == NULL && n < sizeof(web.heard) - 1 &&
	    (got = read(fd, web.heard + n, sizeof(web.heard) - 1 - n)) > 0) {
		n += (size_t)got;
		web.heard[n] = '\0';
		end = strstr(web.heard, "\r\n\r\n");
	}
	if (end == NULL)
		return;
	web.body = n - (size_t)(end + 4 - web.heard);
	*end = '\0';
	if ((length = strstr(web.heard, "Content-Length: ")) != NULL)
		want = strtoul(length + 16, NULL, 10);
	while (web.body < want && (got = read(fd, buf, sizeof(buf))) > 0)
		web.body += (size_t)got;
	(void)!write(fd, web.answer, strlen(web.answer));
}

static void *
serve(void *arg)
{
	int fd = accept(web.fd, NULL, NULL);

	(void)arg;
	if (fd != -1) {
		serve_one(fd);
		(void)close(fd);
	}
	return NULL;
}

static void
start(const char *answer)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	web.answer = answer;
	web.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(web.fd, (struct sockaddr *)&a, len), 0);
	ck_assert_int_eq(listen(web.fd, 1), 0);
	ck_assert_int_eq(getsockname(web.fd, (struct sockaddr *)&a, &len), 0);
	web.port = ntohs(a.sin_port);
	ck_assert_int_eq(pthread_create(&web.thread, NULL, serve, NULL), 0);
}

static void
stop(void)
{
	(void)pthread_join(web.thread, NULL);
	(void)close(web.fd);
}

static int
put(const char *format, struct err *e)
{
	static const uint8_t body[BODY];
	struct transfer t = { .password = "secret", .timeout_ms = 5000 };
	char *url = str_printf(format, web.port);
	int ret;

	*e = (struct err){ 0 };
	t.url = url;
	ret = transfer_put(&t, body, sizeof(body), e);
	free(url);
	return ret;
}

START_TEST(taken)
{
	struct err e;

	start("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n"
	    "Connection: close\r\n\r\n");
	ck_assert_msg(put("http://ann@127.0.0.1:%u/a%%20b/x.bundle", &e) ==
	    ERR_OK, "%s", e.msg);
	stop();
	ck_assert(str_starts(web.heard, "PUT /a%20b/x.bundle HTTP/1.1\r\n"));
	/* ann:secret */
	ck_assert_ptr_nonnull(strstr(web.heard,
	    "Authorization: Basic YW5uOnNlY3JldA=="));
	ck_assert_uint_eq(web.body, BODY);
}
END_TEST

static const struct {
	const char	*status;
	int		 code;
	const char	*says;
} answers[] = {
	{ "401 No", ERR_DENIED, "HTTP status 401" },
	{ "403 No", ERR_DENIED, "HTTP status 403" },
	{ "404 No", ERR_NOTFOUND, "HTTP status 404" },
	{ "405 No", ERR_IO, "takes no files by PUT" },
	{ "500 No", ERR_IO, "HTTP status 500" },
	{ "302 Elsewhere\r\nLocation: http://127.0.0.1:1/", ERR_IO,
	    "HTTP status 302" },
};

START_TEST(refused)
{
	struct err e;
	char *answer = str_printf("HTTP/1.1 %s\r\nContent-Length: 0\r\n"
	    "Connection: close\r\n\r\n", answers[_i].status);
	int ret;

	start(answer);
	ret = put("http://127.0.0.1:%u/x", &e);
	stop();
	ck_assert_msg(ret == answers[_i].code && strstr(e.msg,
	    answers[_i].says) != NULL, "%d %s", ret, e.msg);
	ck_assert_ptr_null(strstr(e.msg, "secret"));
	free(answer);
}
END_TEST

START_TEST(not_there)
{
	struct err e;

	/* A port that was just ours, and is closed. */
	start("");
	(void)shutdown(web.fd, SHUT_RDWR);
	stop();
	ck_assert_int_eq(put("http://127.0.0.1:%u/x", &e), ERR_UNREACHABLE);
	ck_assert_int_eq(put("sftp://ann@127.0.0.1:%u/x", &e),
	    ERR_UNREACHABLE);
}
END_TEST

static const struct {
	const char	*url, *host_key, *says;
} urls[] = {
	{ "ftp://h/x", NULL, "no URL that" },
	{ "http://h/x?y", NULL, "no URL that" },
	{ "http://h/x#y", NULL, "no URL that" },
	{ "sftp:///x", NULL, "needs an account" },
	{ "sftp://h/x", NULL, "needs an account" },
	{ "sftp://u:secret@h/x", NULL, "a password within a URL" },
	{ "http://u:secret@h/x", NULL, "a password within a URL" },
	{ "sftp://u@h/x", "SHA256:abc", "as ssh-keygen -l shows it" },
	{ "sftp://u@h/x", "0123456789012345678901234567890123456789012",
	    "as ssh-keygen -l shows it" },
	{ "https://h/x", NULL, "needs a trust store" },
};

START_TEST(bad_urls)
{
	const struct transfer t = { .url = urls[_i].url,
	    .host_key = urls[_i].host_key };
	struct err e = { 0 };
	int ret = transfer_put(&t, "x", 1, &e);

	ck_assert_msg(ret == ERR_ARG && strstr(e.msg, urls[_i].says) != NULL,
	    "%s: %d, %s", urls[_i].url, ret, e.msg);
	ck_assert_ptr_null(strstr(e.msg, "secret"));
}
END_TEST

/* Everybody on the way would read it; nobody is asked for the name. */
START_TEST(password_in_the_clear)
{
	static const char *const url[] = { "http://ann@files.invalid/x",
	    "http://ann@192.0.2.1/x", "http://ann@[2001:db8::1]/x" };
	struct err e;

	for (size_t i = 0; i < sizeof(url) / sizeof(url[0]); i++) {
		const struct transfer t = { .url = url[i],
		    .password = "secret", .timeout_ms = 200 };

		e = (struct err){ 0 };
		ck_assert_int_eq(transfer_put(&t, "x", 1, &e), ERR_REFUSED);
		ck_assert_ptr_nonnull(strstr(e.msg, "in the clear"));
		ck_assert_ptr_null(strstr(e.msg, "secret"));
	}
}
END_TEST

START_TEST(sftp_alone)
{
	const struct transfer h = { .url = "http://127.0.0.1:1/x/" },
	    f = { .url = "sftp://u@127.0.0.1:1/x" };
	uint8_t *buf;
	char *names;
	size_t len;

	ck_assert_int_eq(transfer_get(&h, &buf, &len, NULL), ERR_ARG);
	ck_assert_int_eq(transfer_list(&h, &names, NULL), ERR_ARG);
	ck_assert_int_eq(transfer_list(&f, &names, NULL), ERR_ARG);
	ck_assert(transfer_is_url("sftp://x") && transfer_is_url("https://x") &&
	    transfer_is_url("http://x"));
	ck_assert(!transfer_is_url("file:///x") && !transfer_is_url("/x") &&
	    !transfer_is_url("sftp:/x"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("transfer");
	TCase *c = tcase_create("transfer");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(c, 60);
	tcase_add_test(c, taken);
	tcase_add_loop_test(c, refused, 0,
	    sizeof(answers) / sizeof(answers[0]));
	tcase_add_test(c, not_there);
	tcase_add_loop_test(c, bad_urls, 0, sizeof(urls) / sizeof(urls[0]));
	tcase_add_test(c, password_in_the_clear);
	tcase_add_test(c, sftp_alone);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
