/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The HTTP server in a thread, and clients that behave badly.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "net/http.h"
#include "net/listen.h"

#define PATIENCE_MS	10000	/* a test that waits longer has failed */
#define SHORT_MS	150	/* injected deadlines */
#define BIG		(16u << 20)

/* What the tests of this file share: set up before each, in its process. */
static struct lab {
	struct loop		*loop;
	struct http_server	*server;
	struct net_addr		 addr;
	int			 listenfd, filefd;
	pthread_t		 thread;
	uint8_t			*big;
	char			 file[64];

	pthread_mutex_t		 lock;		/* of what follows */
	unsigned		 ndone;
	uint64_t		 sent;
	bool			 complete;
	unsigned		 nprogress;
	uint64_t		 progress;	/* the last told */
} lab = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int64_t
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

static const struct http_limits wide = {
	.max_connections = 100, .max_per_address = 100,
	.head_timeout_ms = PATIENCE_MS, .idle_timeout_ms = PATIENCE_MS,
	.min_rate = 1,
};

static void
lab_start(const struct http_limits *lim)
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
	lab.server = http_server_new(lab.loop, lab.listenfd, lim, handle,
	    &lab, &e);
	ck_assert_msg(lab.server != NULL, "%s", e.msg);
	ck_assert_int_eq(pthread_create(&lab.thread, NULL, serve, NULL), 0);
}

static void
set_up(void)
{
	log_init("check", LOG_ERR, LOG_TEXT);
	(void)signal(SIGPIPE, SIG_IGN);
	lab.ndone = lab.nprogress = 0;
	lab.server = NULL;
	lab.big = malloc(BIG);
	ck_assert_ptr_nonnull(lab.big);
	for (size_t i = 0; i < BIG; i++)
		lab.big[i] = (uint8_t)(i * 7 + i / 1021);
	(void)strcpy(lab.file, "/tmp/check_http_server.XXXXXX");
	lab.filefd = mkstemp(lab.file);
	ck_assert_int_ge(lab.filefd, 0);
	ck_assert_int_eq(ftruncate(lab.filefd, BIG), 0);
	ck_assert_int_eq(pwrite(lab.filefd, lab.big, BIG, 0), BIG);
}

static void
tear_down(void)
{
	(void)unlink(lab.file);
	(void)close(lab.filefd);
	if (lab.server != NULL) {
		loop_stop(lab.loop);
		(void)pthread_join(lab.thread, NULL);
		http_server_free(lab.server);
		loop_free(lab.loop);
		(void)close(lab.listenfd);
	}
	free(lab.big);
}

/* Wait until n replies are over. */
static void
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

static int
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

static void
say(int fd, const char *text)
{
	size_t len = strlen(text);

	ck_assert_int_eq(send(fd, text, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void
ask(int fd, const char *path)
{
	char buf[256];

	(void)snprintf(buf, sizeof(buf), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n",
	    path);
	say(fd, buf);
}

/* Up to and with the empty line; "" when the connection has ended. */
static void
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

static size_t
length_of(const char *head)
{
	const char *p = strstr(head, "\r\nContent-Length: ");

	ck_assert_msg(p != NULL, "%s", head);
	return strtoul(p + 18, NULL, 10);
}

/* At most max bytes, less when the connection ends. */
static size_t
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

static void
expect_end(int fd)
{
	char c;
	ssize_t r = recv(fd, &c, 1, 0);

	ck_assert_msg(r == 0 || (r == -1 && errno == ECONNRESET),
	    "still open: %zd, %s", r, r == -1 ? strerror(errno) : "");
}

/* The next reply has this status and body. */
static void
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

/* --- requests --- */

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

/* --- bodies --- */

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

static void
ask_with(int fd, const char *path, const char *field)
{
	char buf[256];

	(void)snprintf(buf, sizeof(buf),
	    "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", path, field);
	say(fd, buf);
}

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

/* --- deadlines --- */

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

/* --- limits --- */

static void
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

START_TEST(too_many)
{
	struct http_limits lim = wide;
	char text[1024];
	int fd[3];

	if (_i == 0)
		lim.max_connections = 2;
	else
		lim.max_per_address = 2;
	lab_start(&lim);
	for (int i = 0; i < 2; i++) {
		fd[i] = dial();
		ask(fd[i], "/echo/x");
		expect(fd[i], 200, "x");
	}
	fd[2] = dial();
	hear_head(fd[2], text, sizeof(text));
	ck_assert_msg(str_starts(text, "HTTP/1.1 503 "), "%s", text);
	expect_end(fd[2]);
	ask(fd[1], "/echo/others");	/* those that are in stay */
	expect(fd[1], 200, "others");
	ask(fd[1], "/turned-away");
	expect(fd[1], 200, "1");
	(void)close(fd[0]);
	expect_in();
	(void)close(fd[1]);
	(void)close(fd[2]);
}
END_TEST

static void
raise_limits(void *arg)
{
	struct http_limits lim = wide;

	(void)arg;
	http_server_set_limits(lab.server, &lim);
}

START_TEST(limits_change)
{
	struct http_limits lim = wide;
	struct loop_timer *t;
	char text[1024];
	int fd;

	lim.max_connections = 0;
	lab_start(&lim);
	fd = dial();
	hear_head(fd, text, sizeof(text));
	ck_assert_msg(str_starts(text, "HTTP/1.1 503 "), "%s", text);
	(void)close(fd);
	/* Between two runs the loop is this thread's. */
	loop_stop(lab.loop);
	(void)pthread_join(lab.thread, NULL);
	t = loop_timer_new(lab.loop, raise_limits, NULL, NULL);
	loop_timer_set(t, 0);
	ck_assert_int_eq(pthread_create(&lab.thread, NULL, serve, NULL), 0);
	expect_in();
	loop_stop(lab.loop);
	(void)pthread_join(lab.thread, NULL);
	loop_timer_free(t);
	ck_assert_int_eq(pthread_create(&lab.thread, NULL, serve, NULL), 0);
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
	tear_down();
	ck_assert_uint_eq(lab.ndone, 1);
	ck_assert(!lab.complete);
	(void)close(fd);
	set_up();
}
END_TEST

static TCase *
tcase_lab(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return tc;
}

int
main(void)
{
	Suite *s = suite_create("http_server");
	TCase *tc = tcase_lab(s, "requests");
	SRunner *sr;
	int failed;

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
	tc = tcase_lab(s, "bodies");
	tcase_add_test(tc, big_memory);
	tcase_add_test(tc, big_file);
	tcase_add_loop_test(tc, ranges, 0, 2);
	tcase_add_test(tc, unsendable_file);
	tcase_add_loop_test(tc, file_cut, 0, 2);
	tcase_add_loop_test(tc, peer_reset, 0, 2);
	tc = tcase_lab(s, "deadlines");
	tcase_add_loop_test(tc, drip, 0, 2);
	tcase_add_loop_test(tc, silent, 0, 2);
	tcase_add_loop_test(tc, too_slow, 0, 2);
	tcase_add_test(tc, slow_enough);
	tc = tcase_lab(s, "limits");
	tcase_add_loop_test(tc, too_many, 0, 2);
	tcase_add_test(tc, limits_change);
	tcase_add_test(tc, no_descriptors);
	tc = tcase_lab(s, "ending");
	tcase_add_test(tc, drain);
	tcase_add_test(tc, free_under_way);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
