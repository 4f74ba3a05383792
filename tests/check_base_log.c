/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The log: lines as they leave on stderr, both formats.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

static char line[16384];
static int saved, fds[2];

/* stderr goes to a pipe between begin() and end(). */
static void
begin(enum log_level level, enum log_format fmt)
{
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_ge(saved = dup(STDERR_FILENO), 0);
	ck_assert_int_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	log_init("check", level, fmt);
}

/* What was written, without the time. */
static const char *
end(void)
{
	ssize_t n;

	ck_assert_int_eq(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	ck_assert(close(saved) == 0 && close(fds[1]) == 0);
	n = read(fds[0], line, sizeof(line) - 1);
	ck_assert_int_ge(n, 0);
	line[n] = '\0';
	ck_assert_int_eq(close(fds[0]), 0);
	if (n == 0)
		return "";
	ck_assert_int_eq(line[n - 1], '\n');
	line[n - 1] = '\0';
	ck_assert_ptr_null(strchr(line, '\n'));
	return line;
}

START_TEST(text)
{
	const char *s;

	begin(LOG_INFO, LOG_TEXT);
	log_event(LOG_INFO, "xfer.done", LOG_STR("file", "a b"),
	    LOG_I64("ms", -3), LOG_U64("bytes", UINT64_MAX));
	s = end();
	ck_assert_str_eq(s + 20, " check info xfer.done file=\"a b\" ms=-3 "
	    "bytes=18446744073709551615");
	ck_assert_int_eq(s[10], 'T');
	ck_assert_int_eq(s[19], 'Z');
}
END_TEST

START_TEST(json)
{
	const char *s;

	begin(LOG_INFO, LOG_JSON);
	log_event(LOG_ERR, "a.b", LOG_STR("why", "x\"y\\"), LOG_I64("n", 5));
	s = end();
	ck_assert_int_eq(strncmp(s, "{\"time\":\"", 9), 0);
	ck_assert_str_eq(s + 29, "\",\"program\":\"check\",\"level\":\"err\","
	    "\"event\":\"a.b\",\"why\":\"x\\\"y\\\\\",\"n\":5}");
}
END_TEST

/* Nothing a peer sent breaks a line or drives a terminal. */
START_TEST(escapes)
{
	begin(LOG_INFO, (enum log_format)_i);
	log_event(LOG_INFO, "e", LOG_STR("v", "a\nb\x1b[\xc3\x7f\t"));
	ck_assert_ptr_nonnull(strstr(end(),
	    "\"a\\u000ab\\u001b[\\u00c3\\u007f\\u0009\""));
}
END_TEST

START_TEST(null_and_none)
{
	begin(LOG_INFO, LOG_TEXT);
	log_event(LOG_INFO, "none");
	ck_assert_str_eq(end() + 20, " check info none");
	begin(LOG_INFO, LOG_TEXT);
	log_event(LOG_INFO, "null", LOG_STR("v", NULL));
	ck_assert_str_eq(end() + 20, " check info null v=\"\"");
}
END_TEST

START_TEST(levels)
{
	enum log_level l;

	begin(LOG_WARNING, LOG_TEXT);
	ck_assert(log_wanted(LOG_WARNING) && !log_wanted(LOG_INFO));
	log_event(LOG_INFO, "hidden");
	ck_assert_str_eq(end(), "");
	log_set_level(LOG_DEBUG);
	ck_assert(log_wanted(LOG_DEBUG));
	ck_assert(log_level_parse("debug", &l) && l == LOG_DEBUG);
	ck_assert(log_level_parse("err", &l) && l == LOG_ERR);
	ck_assert(!log_level_parse("Debug", &l));
	ck_assert(!log_level_parse("", &l));
}
END_TEST

START_TEST(error_object)
{
	struct err e = { 0 };

	(void)err_set(&e, ERR_NOTFOUND, "no such thing");
	begin(LOG_INFO, LOG_TEXT);
	log_err(LOG_WARNING, "x.fail", &e, LOG_STR("id", "7"));
	ck_assert_str_eq(end() + 20, " check warning x.fail id=\"7\" "
	    "code=\"not_found\" why=\"no such thing\"");
}
END_TEST

/* Long values are cut, and a line of many stays one JSON object. */
START_TEST(long_values)
{
	char v[2000];
	const char *s;

	memset(v, 'v', sizeof(v));
	v[sizeof(v) - 1] = '\0';
	begin(LOG_INFO, LOG_TEXT);
	log_event(LOG_INFO, "e", LOG_STR("k", v));
	s = end();
	ck_assert_uint_lt(strlen(s), LOG_VALUE_MAX + 60);
	ck_assert_ptr_nonnull(strstr(s, "v...\""));
	begin(LOG_INFO, LOG_JSON);
	log_event(LOG_INFO, "e", LOG_STR("a", v), LOG_STR("b", v),
	    LOG_STR("c", v), LOG_STR("d", v), LOG_STR("e", v),
	    LOG_STR("f", v), LOG_STR("g", v), LOG_STR("h", v),
	    LOG_STR("i", v), LOG_STR("j", v));
	s = end();
	ck_assert_uint_lt(strlen(s), 4096);
	ck_assert_str_eq(s + strlen(s) - 2, "\"}");
}
END_TEST

/* What stands in the pipe now, without waiting. */
static size_t
seen(void)
{
	ssize_t n = read(fds[0], line, sizeof(line) - 1);

	ck_assert(n >= 0 || errno == EAGAIN);
	line[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static void
begin_buffered(void)
{
	begin(LOG_DEBUG, LOG_TEXT);
	ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	log_buffer(true);
}

static void
end_buffered(void)
{
	log_buffer(false);
	ck_assert_int_eq(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	ck_assert(close(saved) == 0 && close(fds[1]) == 0);
	ck_assert_int_eq(close(fds[0]), 0);
}

/* Quiet lines wait; a loud one takes them along, in order. */
START_TEST(buffered)
{
	begin_buffered();
	log_event(LOG_INFO, "one");
	log_event(LOG_DEBUG, "two");
	ck_assert_uint_eq(seen(), 0);
	log_event(LOG_WARNING, "three");
	ck_assert_uint_gt(seen(), 0);
	ck_assert_ptr_nonnull(strstr(line, "info one\n"));
	ck_assert_ptr_nonnull(strstr(line, "debug two\n"));
	ck_assert(strstr(line, "two") < strstr(line, "warning three\n"));
	log_event(LOG_INFO, "four");
	ck_assert_uint_eq(seen(), 0);
	log_flush();
	ck_assert_uint_gt(seen(), 0);
	ck_assert_ptr_nonnull(strstr(line, "info four\n"));
	log_flush();
	ck_assert_uint_eq(seen(), 0);
	log_event(LOG_INFO, "five");
	log_buffer(false);		/* sends what waits */
	ck_assert_uint_gt(seen(), 0);
	ck_assert_ptr_nonnull(strstr(line, "info five\n"));
	log_event(LOG_INFO, "six");	/* at once again */
	ck_assert_uint_gt(seen(), 0);
	end_buffered();
}
END_TEST

/* A line that comes after the first has waited long enough takes it along. */
START_TEST(buffered_not_for_long)
{
	struct timespec t0, t;

	begin_buffered();
	(void)clock_gettime(CLOCK_MONOTONIC, &t0);
	do {
		(void)poll(NULL, 0, 5);	/* few lines: they fit the buffer */
		log_event(LOG_INFO, "line");
		(void)clock_gettime(CLOCK_MONOTONIC, &t);
	} while (seen() == 0 && t.tv_sec - t0.tv_sec < 30);
	ck_assert_int_lt(t.tv_sec - t0.tv_sec, 30);
	end_buffered();
}
END_TEST

/* Threads write more than fits; every line arrives, whole and once. */
#define NLINES	4000
static void *
chatter(void *arg)
{
	char v[200];

	memset(v, 'v', sizeof(v));
	v[sizeof(v) - 1] = '\0';
	for (int i = 0; i < NLINES; i++)
		log_event(LOG_INFO, "chat", LOG_STR("who", arg),
		    LOG_STR("v", v), LOG_I64("n", i));
	return NULL;
}

START_TEST(buffered_threads)
{
	static char who[2][2] = { "a", "b" };
	char expect[2][40], got[400];
	int next[2] = { 0, 0 };
	pthread_t t[2];
	FILE *f = tmpfile();

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(saved = dup(STDERR_FILENO), 0);
	ck_assert_int_ge(dup2(fileno(f), STDERR_FILENO), 0);
	log_init("check", LOG_INFO, LOG_TEXT);
	log_buffer(true);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, chatter, who[i]),
		    0);
	for (int i = 0; i < 2; i++)
		(void)pthread_join(t[i], NULL);
	log_buffer(false);
	ck_assert_int_eq(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	(void)close(saved);
	rewind(f);
	while (fgets(got, sizeof(got), f) != NULL) {
		int i = strstr(got, "who=\"b\"") != NULL;

		(void)snprintf(expect[i], sizeof(expect[i]), "vvv\" n=%d\n",
		    next[i]++);
		ck_assert_msg(strstr(got, expect[i]) != NULL, "%s", got);
	}
	ck_assert_int_eq(next[0], NLINES);
	ck_assert_int_eq(next[1], NLINES);
	(void)fclose(f);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("log");
	SRunner *r;
	int failed;

	tcase_add_test(t, text);
	tcase_add_test(t, json);
	tcase_add_loop_test(t, escapes, LOG_TEXT, LOG_JSON + 1);
	tcase_add_test(t, null_and_none);
	tcase_add_test(t, levels);
	tcase_add_test(t, error_object);
	tcase_add_test(t, long_values);
	tcase_add_test(t, buffered);
	tcase_add_test(t, buffered_not_for_long);
	tcase_add_test(t, buffered_threads);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
