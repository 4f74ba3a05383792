/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The HTTP server in a thread, see http_lab.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "net/listen.h"
#include "tests/http_lab.h"

struct lab lab = { .lock = PTHREAD_MUTEX_INITIALIZER };

const struct http_limits wide = {
	.head_timeout_ms = PATIENCE_MS, .idle_timeout_ms = PATIENCE_MS,
	.min_rate = 1,
};

int64_t
now_ms(void)
{
	return clock_mono_ms(clock_system());
}

/* --- the server's side --- */

static void
note_done(void *arg, int status, uint64_t sent, bool complete)
{
	free(arg);
	ck_assert_int_ne(status, 0);
	(void)pthread_mutex_lock(&lab.lock);
	lab.ndone++;
	lab.sent = sent;
	lab.complete = complete;
	(void)pthread_mutex_unlock(&lab.lock);
}

static void
note_progress(void *arg, uint64_t sent)
{
	(void)arg;
	(void)pthread_mutex_lock(&lab.lock);
	lab.nprogress++;
	lab.progress = sent;
	(void)pthread_mutex_unlock(&lab.lock);
}

static void
answer_text(struct http_reply *r, const char *text)
{
	r->status = 200;
	r->type = "text/plain";
	r->arg = strdup(text);
	ck_assert_ptr_nonnull(r->arg);
	r->body = r->arg;
	r->len = strlen(text);
}

static void
answer_file(struct http_reply *r, const char *path, uint64_t len)
{
	r->status = 200;
	r->fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(r->fd, 0);
	r->len = len;
}

static void
handle(void *arg, const struct http_head *h, const struct net_addr *peer,
    struct http_reply *r)
{
	char text[32];

	ck_assert_ptr_eq(arg, &lab);
	ck_assert(net_addr_is_loopback(peer));
	r->done = note_done;
	r->progress = note_progress;
	if (str_starts(h->path, "/echo/")) {
		answer_text(r, h->path + 6);
	} else if (strcmp(h->path, "/big") == 0) {
		r->status = 200;
		r->body = lab.big;
		r->len = BIG;
		(void)strcpy(r->etag, "\"v1\"");
	} else if (strcmp(h->path, "/file") == 0) {
		answer_file(r, lab.file, BIG);
		(void)strcpy(r->etag, "\"v1\"");
	} else if (strcmp(h->path, "/small") == 0) {
		answer_file(r, lab.file, SMALL);
	} else if (strcmp(h->path, "/proc") == 0) {
		answer_file(r, "/proc/self/auxv", 64);
	} else if (strcmp(h->path, "/empty") == 0) {
		r->status = 200;
	} else if (strcmp(h->path, "/count") == 0) {
		(void)snprintf(text, sizeof(text), "%zu",
		    http_server_connections(lab.server));
		answer_text(r, text);
	} else if (strcmp(h->path, "/turned-away") == 0) {
		(void)snprintf(text, sizeof(text), "%llu",
		    (unsigned long long)http_server_turned_away(lab.server));
		answer_text(r, text);
	} else if (strcmp(h->path, "/drain") == 0) {
		answer_text(r, "draining");
		http_server_drain(lab.server);
	} else if (strcmp(h->path, "/nothing") != 0) {
		r->status = 404;
	}
}

static void *
serve(void *arg)
{
	struct err e = { 0 };

	(void)arg;
	ck_assert_msg(loop_run(lab.loop, &e) == ERR_OK, "%s", e.msg);
	return NULL;
}

void
lab_make(const struct http_limits *lim)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct err e = { 0 };

	ck_assert_int_eq(net_addr_parse(&lab.addr, "127.0.0.1", 0, NULL), 0);
	ck_assert_int_eq(net_listen(NET_TCP, &lab.addr, 0, &lab.listenfd, 1,
	    NULL), ERR_OK);
	ck_assert_int_eq(getsockname(lab.listenfd, (struct sockaddr *)&ss,
	    &len), 0);
	net_addr_from(&lab.addr, (struct sockaddr *)&ss, len);
	lab.loop = loop_new(&e);
	ck_assert_msg(lab.loop != NULL, "%s", e.msg);
	lab.server = http_server_new(lab.loop, lab.listenfd, lim, lab.count,
	    handle, &lab, &e);
	ck_assert_msg(lab.server != NULL, "%s", e.msg);
}

void
lab_run(void)
{
	ck_assert_int_eq(pthread_create(&lab.thread, NULL, serve, NULL), 0);
}

void
lab_start(const struct http_limits *lim)
{
	lab_make(lim);
	lab_run();
}

void
lab_stop(void)
{
	loop_stop(lab.loop);
	(void)pthread_join(lab.thread, NULL);
}

void
lab_set_up(void)
{
	log_init("check", LOG_ERR, LOG_TEXT);
	(void)signal(SIGPIPE, SIG_IGN);
	lab.ndone = lab.nprogress = 0;
	lab.server = NULL;
	ck_assert_ptr_nonnull(lab.count = net_count_new(100, 100, 1));
	lab.big = malloc(BIG);
	ck_assert_ptr_nonnull(lab.big);
	for (size_t i = 0; i < BIG; i++)
		lab.big[i] = (uint8_t)(i * 7 + i / 1021);
	(void)strcpy(lab.file, "/tmp/check_http.XXXXXX");
	lab.filefd = mkstemp(lab.file);
	ck_assert_int_ge(lab.filefd, 0);
	ck_assert_int_eq(ftruncate(lab.filefd, BIG), 0);
	ck_assert_int_eq(pwrite(lab.filefd, lab.big, BIG, 0), BIG);
}

void
lab_tear_down(void)
{
	(void)unlink(lab.file);
	(void)close(lab.filefd);
	if (lab.server != NULL) {
		lab_stop();
		http_server_free(lab.server);
		loop_free(lab.loop);
		(void)close(lab.listenfd);
	}
	net_count_free(lab.count);
	free(lab.big);
}

TCase *
lab_tcase(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, lab_set_up, lab_tear_down);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return tc;
}

int
lab_main(Suite *s)
{
	SRunner *sr = srunner_create(s);
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}

void
wait_done(unsigned n)
{
	int64_t until = now_ms() + PATIENCE_MS;
	unsigned seen;

	do {
		(void)pthread_mutex_lock(&lab.lock);
		seen = lab.ndone;
		(void)pthread_mutex_unlock(&lab.lock);
		ck_assert_msg(now_ms() < until, "%u replies over", seen);
		(void)sched_yield();
	} while (seen < n);
	ck_assert_uint_eq(seen, n);
}

/* --- the client's side --- */

int
dial(void)
{
	const struct timeval tv = { .tv_sec = PATIENCE_MS / 1000 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv,
	    sizeof(tv)), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&lab.addr.ss,
	    lab.addr.len), 0);
	return fd;
}

void
say(int fd, const char *text)
{
	size_t len = strlen(text);

	ck_assert_int_eq(send(fd, text, len, MSG_NOSIGNAL), (ssize_t)len);
}

void
ask(int fd, const char *path)
{
	char buf[256];

	(void)snprintf(buf, sizeof(buf), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n",
	    path);
	say(fd, buf);
}

void
hear_head(int fd, char *out, size_t outlen)
{
	size_t n = 0;
	ssize_t r;

	out[0] = '\0';
	while (strstr(out, "\r\n\r\n") == NULL) {
		ck_assert_uint_lt(n + 1, outlen);
		r = recv(fd, out + n, 1, 0);
		ck_assert_msg(r != -1 || errno == ECONNRESET, "%s after: %s",
		    strerror(errno), out);
		if (r <= 0)
			break;
		out[++n] = '\0';
	}
}

size_t
length_of(const char *head)
{
	const char *p = strstr(head, "\r\nContent-Length: ");

	ck_assert_msg(p != NULL, "%s", head);
	return strtoul(p + 18, NULL, 10);
}

size_t
hear(int fd, uint8_t *buf, size_t max)
{
	size_t n = 0;
	ssize_t r;

	while (n < max && (r = recv(fd, buf + n, max - n, 0)) != 0) {
		ck_assert_msg(r > 0 || errno == ECONNRESET, "%s",
		    strerror(errno));
		if (r == -1)
			break;
		n += (size_t)r;
	}
	return n;
}

void
expect_end(int fd)
{
	char c;
	ssize_t r = recv(fd, &c, 1, 0);

	ck_assert_msg(r == 0 || (r == -1 && errno == ECONNRESET),
	    "still open: %zd, %s", r, r == -1 ? strerror(errno) : "");
}

void
expect(int fd, int status, const char *body)
{
	char head[1024], want[32];
	uint8_t buf[1024];
	size_t len;

	hear_head(fd, head, sizeof(head));
	(void)snprintf(want, sizeof(want), "HTTP/1.1 %d ", status);
	ck_assert_msg(str_starts(head, want), "%s: %s", want, head);
	len = length_of(head);
	ck_assert_uint_eq(hear(fd, buf, len), len);
	ck_assert_msg(len == strlen(body) && memcmp(buf, body, len) == 0,
	    "%.*s", (int)len, (char *)buf);
}

void
ask_with(int fd, const char *path, const char *field)
{
	char buf[256];

	(void)snprintf(buf, sizeof(buf),
	    "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", path, field);
	say(fd, buf);
}

void
expect_in(void)
{
	int64_t until = now_ms() + PATIENCE_MS;
	char text[1024];
	int fd;

	do {
		ck_assert_int_lt(now_ms(), until);
		fd = dial();
		(void)send(fd, "GET /echo/in HTTP/1.0\r\n\r\n", 25,
		    MSG_NOSIGNAL);
		hear_head(fd, text, sizeof(text));
		(void)close(fd);
	} while (!str_starts(text, "HTTP/1.1 200 "));
}
