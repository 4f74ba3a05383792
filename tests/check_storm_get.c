/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/storm_tftp.c, storm_http.c, storm_get.c: one file from a server
 * of this test's own in the same loop.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "phonesim/storm_get.h"

#define LIMIT_MS	60000	/* a test that takes longer has failed */

/* What the server sends for the n-th datagram that reaches it. */
struct turn {
	const char	*send;
	size_t		 len;
	bool		 stranger;	/* ... from another port */
	bool		 gone;		/* ... which is closed then */
};

static struct loop *loop;
static struct loop_timer *limit;
static struct loop_io *srv_io, *conn_io;
static int srv, stray, conn;
static struct net_addr addr;
static struct sockaddr_storage phone;	/* where requests come from */
static const struct turn *turns;
static size_t nturn, turn;
static char heard[2048];	/* "RRQ ACK0 ACK1 " or the HTTP request */
static struct storm_net net;
static struct storm_luck luck;
static int code;
static char why[ERR_MSG_MAX], body[8192];
static size_t bodylen;

static void
too_late(void *arg)
{
	(void)arg;
	ck_abort_msg("no end; heard %s", heard);
}

static int
bound(int type)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd;

	ck_assert_int_ne(fd = socket(AF_INET, type | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0), -1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	net_addr_from(&addr, (struct sockaddr *)&a, len);
	return fd;
}

static void
setup(void)
{
	ck_assert_ptr_nonnull(loop = loop_new(NULL));
	ck_assert_ptr_nonnull(limit = loop_timer_new(loop, too_late, NULL,
	    NULL));
	loop_timer_set(limit, LIMIT_MS);
	storm_net_init(&net, loop);
	luck = storm_luck_of(0, 0, 0);
	stray = bound(SOCK_DGRAM);
	srv = conn = -1;
	srv_io = conn_io = NULL;
	heard[0] = '\0';
	turn = 0;
}

static void
teardown(void)
{
	storm_net_clear(&net);
	loop_io_free(conn_io);
	loop_io_free(srv_io);
	loop_timer_free(limit);
	loop_free(loop);
	(void)close(stray);
	if (srv != -1)
		(void)close(srv);
	if (conn != -1)
		(void)close(conn);
}

static void
hear(const uint8_t *buf, ssize_t n)
{
	size_t len = strlen(heard);

	ck_assert_int_ge(n, 4);
	if (buf[1] == 1) {
		ck_assert_mem_eq(buf, "\0\1list\0octet\0blksize\0" "1428\0"
		    "tsize\0" "0", (size_t)n);
		(void)snprintf(heard + len, sizeof(heard) - len, "RRQ ");
	} else {
		ck_assert_int_eq(n, 4);
		ck_assert_int_eq(buf[1], 4);
		(void)snprintf(heard + len, sizeof(heard) - len, "ACK%d ",
		    buf[2] << 8 | buf[3]);
	}
}

static void
send_and_go(const struct turn *t)
{
	struct net_addr here = addr;
	int fd = bound(SOCK_DGRAM);

	addr = here;
	(void)sendto(fd, t->send, t->len, 0, (struct sockaddr *)&phone,
	    sizeof(struct sockaddr_in));
	(void)close(fd);
}

static void
on_datagram(void *arg, int fd, unsigned events)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	const struct turn *t;
	uint8_t buf[1024];
	ssize_t n;

	(void)arg;
	(void)events;
	n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&ss, &len);
	hear(buf, n);
	phone = ss;
	/* Turns of a stranger go together with the one after them. */
	while (turn < nturn) {
		t = &turns[turn++];
		if (t->gone)
			send_and_go(t);
		else if (t->len > 0)
			(void)sendto(t->stranger ? stray : fd, t->send,
			    t->len, 0, (struct sockaddr *)&ss, len);
		if (!t->stranger)
			break;
	}
}

static void
got(void *arg, const struct sim_answer *a, uint8_t *held)
{
	(void)arg;
	code = a->code;
	(void)snprintf(why, sizeof(why), "%s", a->why);
	ck_assert_uint_le(a->len, sizeof(body));
	bodylen = a->len;
	if (a->len > 0)
		memcpy(body, a->buf, a->len);
	free(held);
	loop_stop(loop);
}

static void
get(int (*fn)(const struct storm_request *, struct err *))
{
	const struct storm_request q = { .net = &net, .server = &addr,
	    .name = "list", .luck = &luck, .fn = got };
	struct err e = { 0 };

	ck_assert_msg(fn(&q, &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_eq(loop_run(loop, &e), ERR_OK);
}

/* Play n turns to a phone. */
static void
play(const struct turn *t, size_t n)
{
	turns = t;
	nturn = n;
	srv = bound(SOCK_DGRAM);
	ck_assert_ptr_nonnull(srv_io = loop_io_new(loop, srv, LOOP_READ,
	    LOOP_PRIO_NORMAL, on_datagram, NULL, NULL));
	get(storm_tftp);
}

#define T(s)	{ .send = (s), .len = sizeof(s) - 1 }
#define PLAY(t)	play(t, sizeof(t) / sizeof((t)[0]))
#define OACK8	"\0\6blksize\0" "8\0tsize\0" "11\0"

START_TEST(blocks)
{
	static const struct turn t[] = { T(OACK8), T("\0\3\0\1trust no"),
	    T("\0\3\0\2one") };

	PLAY(t);
	ck_assert_msg(code == ERR_OK, "%s", why);
	ck_assert_uint_eq(bodylen, 11);
	ck_assert_mem_eq(body, "trust noone", 11);
	ck_assert_uint_eq(net.counts.timeouts, 0);
	ck_assert(TAILQ_EMPTY(&net.gets));
}
END_TEST

START_TEST(server_without_options)
{
	static const struct turn t[] = { T("\0\3\0\1short") };

	PLAY(t);
	ck_assert_int_eq(code, ERR_OK);
	ck_assert_uint_eq(bodylen, 5);
}
END_TEST

START_TEST(empty_last_block)
{
	static const struct turn t[] = { T(OACK8), T("\0\3\0\1trust no"),
	    T("\0\3\0\2") };

	PLAY(t);
	ck_assert_int_eq(code, ERR_OK);
	ck_assert_uint_eq(bodylen, 8);
}
END_TEST

START_TEST(duplicates_are_acknowledged_again)
{
	static const struct turn t[] = { T(OACK8), T(OACK8),
	    T("\0\3\0\1trust no"), T("\0\3\0\1trust no"), T("\0\3\0\2one") };

	PLAY(t);
	ck_assert_int_eq(code, ERR_OK);
	ck_assert_mem_eq(body, "trust noone", 11);
	ck_assert_str_eq(heard, "RRQ ACK0 ACK0 ACK1 ACK1 ");
	ck_assert_uint_eq(net.counts.duplicates, 2);
	ck_assert_uint_eq(net.counts.retransmissions, 2);
}
END_TEST

/* The stranger was told that nobody has a transfer with it. */
static void
told_stranger(void)
{
	uint8_t buf[64];

	ck_assert_int_eq(recv(stray, buf, sizeof(buf), 0), 5);
	ck_assert_mem_eq(buf, "\0\5\0\5\0", 5);
	ck_assert_int_eq(recv(stray, buf, sizeof(buf), 0), -1);
}

/* What another port says is no part of the transfer. */
START_TEST(stranger_is_rejected)
{
	static const struct turn t[] = { T(OACK8),
	    { .send = "\0\3\0\1evil", .len = 8, .stranger = true },
	    T("\0\3\0\1good") };

	PLAY(t);
	ck_assert_int_eq(code, ERR_OK);
	ck_assert_uint_eq(bodylen, 4);
	ck_assert_mem_eq(body, "good", 4);
	ck_assert_uint_eq(net.counts.strays, 1);
	told_stranger();
}
END_TEST

/* The middle of a transfer is no answer to a request; what is no packet, or
 * an error of another's, is not answered. */
START_TEST(stranger_comes_first)
{
	static const struct turn t[] = {
	    { .send = "\0\3\0\2evil", .len = 8, .stranger = true },
	    T(OACK8), { .send = "\0\7", .len = 2, .stranger = true },
	    { .send = "\0\5\0\0no\0", .len = 7, .stranger = true },
	    T("\0\3\0\1good") };

	PLAY(t);
	ck_assert_int_eq(code, ERR_OK);
	ck_assert_mem_eq(body, "good", 4);
	ck_assert_str_eq(heard, "RRQ ACK0 ");
	told_stranger();
}
END_TEST

/* That nobody listens where a stranger was says nothing about the server. */
START_TEST(stranger_is_gone)
{
	static const struct turn t[] = {
	    { .send = "\0\3\0\2evil", .len = 8, .stranger = true,
	    .gone = true }, { .len = 0 }, T("\0\3\0\1good") };

	PLAY(t);
	ck_assert_msg(code == ERR_OK, "%s", why);
	ck_assert_mem_eq(body, "good", 4);
	ck_assert_uint_eq(net.counts.strays, 1);
}
END_TEST

START_TEST(silence_is_asked_again)
{
	static const struct turn t[] = { { .len = 0 }, T(OACK8),
	    { .len = 0 }, T("\0\3\0\1x") };

	PLAY(t);
	ck_assert_int_eq(code, ERR_OK);
	ck_assert_str_eq(heard, "RRQ RRQ ACK0 ACK0 ");
	ck_assert_uint_eq(net.counts.timeouts, 2);
	ck_assert_uint_eq(net.counts.retransmissions, 2);
}
END_TEST

static const struct {
	struct turn	 t;
	int		 code;
	const char	*says;
} refusals[] = {
	{ T("\0\5\0\1gone\0"), ERR_NOTFOUND, "gone" },
	{ T("\0\5\0\2no\0"), ERR_DENIED, "no" },
	{ T("\0\5\0\0busy\0"), ERR_IO, "TFTP error 0: busy" },
	{ T("\0\7"), ERR_PROTO, "not a TFTP answer" },
	{ T("\0\6windowsize\0" "4\0"), ERR_PROTO, "not asked for" },
};

START_TEST(refusal)
{
	play(&refusals[_i].t, 1);
	ck_assert_int_eq(code, refusals[_i].code);
	ck_assert_msg(strstr(why, refusals[_i].says) != NULL, "%s", why);
	ck_assert(TAILQ_EMPTY(&net.gets));
}
END_TEST

START_TEST(long_block)
{
	static const struct turn t[] = { T(OACK8), T("\0\3\0\1trust noo") };

	PLAY(t);
	ck_assert_int_eq(code, ERR_PROTO);
}
END_TEST

/* The last ACK gets lost: the phone has its file, and acknowledges again. */
START_TEST(dallies)
{
	static const struct turn t[] = { T("\0\3\0\1x"), T("\0\3\0\1x") };

	/* The first seed that loses nothing but the third datagram. */
	for (uint64_t seed = 0;; seed++) {
		struct storm_luck l = storm_luck_of(seed, 0, 50);

		luck = l;
		if (!storm_lost(&l) && !storm_lost(&l) && storm_lost(&l))
			break;
	}
	PLAY(t);
	ck_assert_int_eq(code, ERR_OK);
	ck_assert_uint_eq(net.counts.lost, 1);
	ck_assert(!TAILQ_EMPTY(&net.gets));
	ck_assert(TAILQ_FIRST(&net.gets)->dallies);
	ck_assert(storm_net_spare(&net));
	ck_assert(TAILQ_EMPTY(&net.gets));
	ck_assert(!storm_net_spare(&net));
}
END_TEST

static void
on_told(void *arg, int fd, unsigned events)
{
	(void)arg;
	(void)fd;
	(void)events;
	loop_stop(loop);
}

/* A slow server answers both requests: the second answer must not find
 * another phone behind the port. */
START_TEST(request_sent_twice)
{
	static const struct turn t[] = { { .len = 0 }, T("\0\3\0\1x") };
	static const struct {
		struct turn	 t;
		const char	*reply;
		ssize_t		 len;
	} late[] = {
		{ T("\0\3\0\1x"), "\0\4\0\1", 4 },
		{ T(OACK8), "\0\5\0\5\0", 5 },
	};
	struct loop_io *io;
	uint8_t buf[64];

	PLAY(t);
	ck_assert_int_eq(code, ERR_OK);
	ck_assert(!TAILQ_EMPTY(&net.gets));
	ck_assert(TAILQ_FIRST(&net.gets)->dallies);
	ck_assert_ptr_nonnull(io = loop_io_new(loop, stray, LOOP_READ,
	    LOOP_PRIO_NORMAL, on_told, NULL, NULL));
	ck_assert_int_eq(sendto(stray, OACK8, sizeof(OACK8) - 1, 0,
	    (struct sockaddr *)&phone, sizeof(struct sockaddr_in)),
	    sizeof(OACK8) - 1);
	ck_assert_int_eq(loop_run(loop, NULL), ERR_OK);
	loop_io_free(io);
	told_stranger();
	/* From the same port: the last block is acknowledged again, for it did
	 * come, another transfer is not. */
	loop_io_free(srv_io);
	ck_assert_ptr_nonnull(srv_io = loop_io_new(loop, srv, LOOP_READ,
	    LOOP_PRIO_LOW, on_told, NULL, NULL));
	(void)recv(srv, buf, sizeof(buf), 0);	/* the transfer's own */
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_gt(sendto(srv, late[i].t.send, late[i].t.len, 0,
		    (struct sockaddr *)&phone, sizeof(struct sockaddr_in)),
		    0);
		ck_assert_int_eq(loop_run(loop, NULL), ERR_OK);
		ck_assert_int_eq(recv(srv, buf, sizeof(buf), 0),
		    late[i].len);
		ck_assert_mem_eq(buf, late[i].reply, (size_t)late[i].len);
	}
	ck_assert_uint_eq(net.counts.strays, 2);
}
END_TEST

/* Told that there is no such file, which is nothing to acknowledge. */
START_TEST(error_after_two_requests)
{
	static const struct turn t[] = { { .len = 0 },
	    T("\0\5\0\1gone\0") };

	PLAY(t);
	ck_assert_int_eq(code, ERR_NOTFOUND);
	ck_assert(TAILQ_FIRST(&net.gets)->dallies);
}
END_TEST

START_TEST(nobody_there)
{
	(void)close(bound(SOCK_DGRAM));
	get(storm_tftp);
	ck_assert_int_eq(code, ERR_UNREACHABLE);
	(void)close(bound(SOCK_STREAM));
	get(storm_http);
	ck_assert_int_eq(code, ERR_UNREACHABLE);
}
END_TEST

/* --- HTTP --- */

static const char *reply;

static void
on_request(void *arg, int fd, unsigned events)
{
	size_t len = strlen(heard);
	ssize_t n;

	(void)arg;
	(void)events;
	n = read(fd, heard + len, sizeof(heard) - len - 1);
	ck_assert_int_gt(n, 0);
	heard[len + (size_t)n] = '\0';
	if (strstr(heard, "\r\n\r\n") == NULL)
		return;
	ck_assert_int_eq(write(fd, reply, strlen(reply)),
	    (ssize_t)strlen(reply));
	loop_io_free(conn_io);
	conn_io = NULL;
	(void)close(conn);
	conn = -1;
}

static void
on_connection(void *arg, int fd, unsigned events)
{
	(void)arg;
	(void)events;
	ck_assert_int_ne(conn = accept(fd, NULL, NULL), -1);
	ck_assert_ptr_nonnull(conn_io = loop_io_new(loop, conn, LOOP_READ,
	    LOOP_PRIO_NORMAL, on_request, NULL, NULL));
}

static const struct {
	const char	*reply;
	int		 code;
	const char	*body;
} replies[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", ERR_OK,
	    "hello" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, more", ERR_OK,
	    "hello" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ERR_OK, "" },
	{ "HTTP/1.1 404 None\r\nContent-Length: 4\r\n\r\nnone", ERR_NOTFOUND,
	    "" },
	{ "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", ERR_DENIED, "" },
	{ "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", ERR_IO, "" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", ERR_IO, "" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 4194305\r\n\r\n", ERR_LIMIT,
	    "" },
	{ "HTTP/1.1 200 OK\r\n", ERR_IO, "" },
	{ "hello\r\n", ERR_PROTO, "" },
	{ "", ERR_IO, "" },
};

START_TEST(http)
{
	reply = replies[_i].reply;
	srv = bound(SOCK_STREAM);
	ck_assert_int_eq(listen(srv, 1), 0);
	ck_assert_ptr_nonnull(srv_io = loop_io_new(loop, srv, LOOP_READ,
	    LOOP_PRIO_NORMAL, on_connection, NULL, NULL));
	get(storm_http);
	ck_assert_msg(code == replies[_i].code, "%d: %s", code, why);
	ck_assert_uint_eq(bodylen, strlen(replies[_i].body));
	ck_assert_mem_eq(body, replies[_i].body, bodylen);
	ck_assert_msg(strstr(heard, "GET /list HTTP/1.1\r\n"
	    "Host: 127.0.0.1:") == heard, "%s", heard);
	ck_assert(TAILQ_EMPTY(&net.gets));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("storm_get");
	TCase *t = tcase_create("storm_get");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, blocks);
	tcase_add_test(t, server_without_options);
	tcase_add_test(t, empty_last_block);
	tcase_add_test(t, duplicates_are_acknowledged_again);
	tcase_add_test(t, stranger_is_rejected);
	tcase_add_test(t, stranger_comes_first);
	tcase_add_test(t, stranger_is_gone);
	tcase_add_test(t, silence_is_asked_again);
	tcase_add_loop_test(t, refusal, 0, sizeof(refusals) /
	    sizeof(refusals[0]));
	tcase_add_test(t, long_block);
	tcase_add_test(t, dallies);
	tcase_add_test(t, request_sent_twice);
	tcase_add_test(t, error_after_two_requests);
	tcase_add_test(t, nobody_there);
	tcase_add_loop_test(t, http, 0, sizeof(replies) / sizeof(replies[0]));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
