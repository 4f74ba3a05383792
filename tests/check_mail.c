/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Mail to a server that knows a few words (RFC 5321).
 */
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "net/listen.h"
#include "net/mail.h"

static struct lab {
	pthread_t	 thread;
	int		 fd;
	const char	*refuse;	/* commands that begin so get 550 */
	bool		 silent;	/* takes connections and says nothing */
	char		 url[64];
	char		 heard[4096];	/* all lines, joined */
	size_t		 len;
} lab;

static void
say(int fd, const char *s)
{
	(void)send(fd, s, strlen(s), MSG_NOSIGNAL);
}

/* A line without its end; false when there is none. */
static bool
line(int fd, char *buf, size_t size)
{
	size_t n = 0;

	while (n + 1 < size && recv(fd, buf + n, 1, 0) == 1)
		if (buf[n++] == '\n') {
			if (lab.len + n < sizeof(lab.heard)) {
				memcpy(lab.heard + lab.len, buf, n);
				lab.len += n;
			}
			buf[n] = '\0';
			return true;
		}
	return false;
}

static void
answer(int fd, const char *s, bool *data)
{
	if (lab.refuse != NULL && str_starts(s, lab.refuse))
		say(fd, "550 no\r\n");
	else if (str_starts(s, "EHLO"))
		say(fd, "250-lab\r\n250 AUTH PLAIN\r\n");
	else if (str_starts(s, "AUTH PLAIN\r"))
		say(fd, "334 \r\n");
	else if (str_starts(s, "AUTH") || !strchr(s, ' '))
		say(fd, str_starts(s, "DATA") ? "354 go on\r\n" :
		    "235 ok\r\n");
	else
		say(fd, "250 ok\r\n");
	*data = str_starts(s, "DATA") && lab.refuse == NULL;
}

static void *
serve(void *arg)
{
	struct pollfd pfd = { .fd = lab.fd, .events = POLLIN };
	bool data = false;
	char buf[1100];
	int fd;

	(void)arg;
	(void)poll(&pfd, 1, 20000);
	fd = accept(lab.fd, NULL, NULL);
	if (!lab.silent)
		say(fd, "220 lab\r\n");
	while (line(fd, buf, sizeof(buf))) {
		if (str_starts(buf, "QUIT"))
			break;
		if (lab.silent)
			continue;
		if (!data)
			answer(fd, buf, &data);
		else if (strcmp(buf, ".\r\n") == 0) {
			data = false;
			say(fd, "250 taken\r\n");
		}
	}
	(void)close(fd);
	return NULL;
}

static void
set_up(void)
{
	const struct timeval tv = { .tv_sec = 20 };
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct net_addr a;

	memset(&lab, 0, sizeof(lab));
	ck_assert_int_eq(net_addr_parse(&a, "127.0.0.1", 0, NULL), ERR_OK);
	ck_assert_int_eq(net_listen(NET_TCP, &a, 0, &lab.fd, 1, NULL), ERR_OK);
	ck_assert_int_eq(setsockopt(lab.fd, SOL_SOCKET, SO_RCVTIMEO, &tv,
	    sizeof(tv)), 0);
	ck_assert_int_eq(getsockname(lab.fd, (struct sockaddr *)&ss, &len),
	    0);
	net_addr_from(&a, (struct sockaddr *)&ss, len);
	(void)snprintf(lab.url, sizeof(lab.url), "smtp://127.0.0.1:%u",
	    net_addr_port(&a));
	/* Nobody answers there; who used it would fail. */
	ck_assert_int_eq(setenv("ALL_PROXY", "http://127.0.0.1:9", 1), 0);
}

static void
tear_down(void)
{
	(void)close(lab.fd);
}

static struct mail
mail(void)
{
	return (struct mail){ .url = lab.url, .hello = "cm1",
	    .from = "trust@example.org", .to = "a@example.org,b@example.org",
	    .text = "Subject: x\r\n\r\n.a line with a dot\r\nend\r\n",
	    .timeout_ms = 20000 };
}

static int
deliver(const struct mail *m, struct err *e)
{
	int ret;

	*e = (struct err){ 0 };
	ck_assert_int_eq(pthread_create(&lab.thread, NULL, serve, NULL), 0);
	ret = mail_send(m, e);
	(void)pthread_join(lab.thread, NULL);
	lab.heard[lab.len] = '\0';
	return ret;
}

START_TEST(taken)
{
	struct mail m = mail();
	struct err e;

	ck_assert_msg(deliver(&m, &e) == ERR_OK, "%s: %s", e.msg,
	    lab.heard);
	ck_assert(str_starts(lab.heard, "EHLO cm1\r\nMAIL FROM:"
	    "<trust@example.org>"));
	ck_assert_ptr_nonnull(strstr(lab.heard, "RCPT TO:<a@example.org>"));
	ck_assert_ptr_nonnull(strstr(lab.heard, "RCPT TO:<b@example.org>"));
	ck_assert_ptr_nonnull(strstr(lab.heard, "DATA\r\nSubject: x\r\n\r\n"
	    "..a line with a dot\r\nend\r\n.\r\n"));
	ck_assert_ptr_null(strstr(lab.heard, "AUTH"));
}
END_TEST

START_TEST(login)
{
	struct mail m = mail();
	struct err e;

	m.user = "ann";
	m.password = "secret";
	ck_assert_msg(deliver(&m, &e) == ERR_OK, "%s: %s", e.msg,
	    lab.heard);
	/* NUL ann NUL secret */
	ck_assert_ptr_nonnull(strstr(lab.heard, "AGFubgBzZWNyZXQ="));
}
END_TEST

static const struct {
	const char	*refuse;
	int		 code;
} refusals[] = {
	{ "MAIL", ERR_IO },
	{ "RCPT TO:<b@", ERR_IO },	/* one is as bad as all */
	{ "DATA", ERR_IO },
	{ "AUTH", ERR_DENIED },
};

START_TEST(refused)
{
	struct mail m = mail();
	struct err e;

	m.user = "ann";
	m.password = "secret";
	lab.refuse = refusals[_i].refuse;
	ck_assert_int_eq(deliver(&m, &e), refusals[_i].code);
	ck_assert_ptr_null(strstr(e.msg, "secret"));
}
END_TEST

static int
trust_set(void *arg, struct ssl_ctx_st *ctx, struct err *e)
{
	(void)arg;
	(void)ctx;
	(void)e;
	return ERR_OK;
}

static int
trust_verdict(void *arg, struct err *e)
{
	(void)arg;
	return err_set(e, ERR_BADSTATE, "nobody has asked");
}

/* TLS is asked for, and there is none: nothing is said. */
START_TEST(no_starttls)
{
	const struct fetch_trust t = { .set = trust_set,
	    .verdict = trust_verdict };
	struct mail m = mail();
	struct err e;

	m.starttls = true;
	ck_assert_int_eq(mail_send(&m, &e), ERR_ARG);	/* who checks it? */
	m.trust = &t;
	m.user = "ann";
	m.password = "secret";
	ck_assert_int_eq(deliver(&m, &e), ERR_IO);
	ck_assert_ptr_nonnull(strstr(e.msg, "no STARTTLS"));
	ck_assert_ptr_null(strstr(lab.heard, "AUTH"));
	ck_assert_ptr_null(strstr(lab.heard, "MAIL"));
}
END_TEST

static const struct {
	const char	*url, *to, *password;
	int		 code;
} bad[] = {
	{ "http://127.0.0.1", "a@b", NULL, ERR_ARG },
	{ "smtp://u@127.0.0.1", "a@b", NULL, ERR_ARG },
	{ "smtps://127.0.0.1", "a@b", NULL, ERR_ARG },	/* who checks it? */
	{ "", "a@b", NULL, ERR_ARG },
	{ "smtp://127.0.0.1:9", "", NULL, ERR_ARG },
	{ "smtp://127.0.0.1:9", "a@b,", NULL, ERR_UNREACHABLE },
	{ "smtp://127.0.0.1:9", ",a@b", NULL, ERR_ARG },
	{ "smtp://mail.example.invalid", "a@b", "p", ERR_REFUSED },
	{ "smtp://127.example.invalid", "a@b", NULL, ERR_UNREACHABLE },
};

START_TEST(bad_arguments)
{
	struct mail m = mail();
	struct err e = { 0 };

	m.url = bad[_i].url;
	m.to = bad[_i].to;
	m.user = bad[_i].password != NULL ? "u" : NULL;
	m.password = bad[_i].password;
	ck_assert_msg(mail_send(&m, &e) == bad[_i].code, "%s: %d %s", m.url,
	    e.code, e.msg);
}
END_TEST

START_TEST(local)
{
	ck_assert(mail_is_local("smtp://127.0.0.1:25"));
	ck_assert(mail_is_local("smtp://localhost"));
	ck_assert(mail_is_local("smtp://[::1]:25"));
	ck_assert(!mail_is_local("smtp://192.0.2.1"));
	ck_assert(!mail_is_local("smtp://localhost.example.org"));
	ck_assert(!mail_is_local("smtp://127.example.org"));
	ck_assert(!mail_is_local(""));
}
END_TEST

static bool
stop(void *arg)
{
	return ++*(int *)arg > 2;
}

START_TEST(silent)
{
	struct mail m = mail();
	struct err e;
	int asked = 0;

	lab.silent = true;
	m.timeout_ms = 500;
	ck_assert_int_eq(deliver(&m, &e), ERR_TIMEOUT);
	m.timeout_ms = 600000;
	m.stop = stop;
	m.stop_arg = &asked;
	ck_assert_int_eq(deliver(&m, &e), ERR_BUSY);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("mail");
	TCase *t = tcase_create("all");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, taken);
	tcase_add_test(t, login);
	tcase_add_loop_test(t, refused, 0,
	    (int)(sizeof(refusals) / sizeof(refusals[0])));
	tcase_add_test(t, no_starttls);
	tcase_add_loop_test(t, bad_arguments, 0,
	    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(t, local);
	tcase_add_test(t, silent);
	suite_add_tcase(s, t);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
