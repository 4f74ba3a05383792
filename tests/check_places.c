/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a loop listens on while the process's sockets change.  The bytes are
 * the test's own; the set is filled as a parent would fill it.
 */
#include <check.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/trust_cluster.h"
#include "tftpd/places.h"
#include "trust/listen_part.h"

#define BIG	(64 << 20)	/* more than sockets hold */

static const struct listen_kind kinds[] = {
	{ PORT_TFTP, 0 }, { PORT_HTTP, 0 }, { PORT_HTTPS, 0 },
};
static struct tftpd t;
static struct tuning tuning;
static struct signer *signer;
static struct net_count *count;
static struct admit *admit;
static struct loop *loop;
static struct web *web;
static struct tftp_server *tftp;
static struct places *places;
static struct net_addr addr[3];		/* by kind of port */
static pthread_t thread;
static uint8_t *big;
static uint32_t ids;

static int
get(void *arg, const char *req, size_t len, struct serve_item *it,
    struct err *e)
{
	(void)arg;
	(void)e;
	*it = (struct serve_item){ .fd = -1, .type = "text/plain",
	    .body = (const uint8_t *)"hello", .len = 5 };
	if (len >= 3 && memcmp(req + len - 3, "big", 3) == 0) {
		it->body = big;
		it->len = BIG;
	}
	return ERR_OK;
}

static void
report(void *arg, const struct serve_report *r)
{
	(void)arg;
	(void)r;
}

static void *
run(void *arg)
{
	(void)arg;
	ck_assert_int_eq(loop_run(loop, NULL), ERR_OK);
	return NULL;
}

static void
start(void)
{
	ck_assert_int_eq(pthread_create(&thread, NULL, run, NULL), 0);
}

static void
stop(void)
{
	loop_stop(loop);
	(void)pthread_join(thread, NULL);
}

/* As the loop's timer does, at that time. */
static void
sync_at(int64_t now_ms)
{
	struct err e = { 0 };

	stop();
	ck_assert_msg(places_sync(places, now_ms, &e) == ERR_OK, "%s", e.msg);
	start();
}

/* A new socket in the set. */
static void
add(enum node_port kind)
{
	enum net_proto proto = kind == PORT_TFTP ? NET_UDP : NET_TCP;
	struct listen_place at = { .kind = kind, .ip = "127.0.0.1" };
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct net_addr a;
	int fds[PROC_LOOPS_MAX];

	ck_assert_int_eq(net_addr_parse(&a, at.ip, 0, NULL), ERR_OK);
	ck_assert_int_eq(net_listen(proto, &a, 0, fds, 1, NULL), ERR_OK);
	ck_assert_int_eq(getsockname(fds[0], (struct sockaddr *)&ss, &len),
	    0);
	net_addr_from(&addr[kind], (struct sockaddr *)&ss, len);
	at.port = net_addr_port(&addr[kind]);
	ck_assert(listen_set_add(t.d.listen, ++ids, &at, fds));
}

static void
set_up(void)
{
	static const enum own_unit units[] = { UNIT_CALLMANAGER_ECDSA };
	const struct serve_backend backend = { .get = get,
	    .report = report };
	const struct xfer_conf conf = { .timeout_ms = 1000,
	    .timeout_min_ms = 50, .retries = 3, .life_ms = 60000,
	    .blksize_max = 1468, .windowsize_max = 64 };
	struct err e = { 0 };

	log_init("check", LOG_ERR, LOG_TEXT);
	(void)signal(SIGPIPE, SIG_IGN);
	tc_open();
	ck_assert_ptr_nonnull(big = calloc(1, BIG));
	ck_assert_ptr_nonnull(signer = own_signer(tc.db, tc.kr, units, 1,
	    &e));
	tuning = (struct tuning){ .http = { .head_timeout_ms = 60000,
	    .idle_timeout_ms = 60000, .min_rate = 1 } };
	t = (struct tftpd){ .d = { .node = "cm1", .loops = 1 } };
	t.d.listen = listen_set_new("demo", kinds, 3, 1, &e);
	count = net_count_new(100, 100, 1);
	admit = admit_new(&e);
	loop = loop_new(&e);
	ck_assert(t.d.listen != NULL && count != NULL && admit != NULL &&
	    loop != NULL);
	admit_set(admit, 100, 100);
	web = web_new(&t, loop, &backend, count, signer, tc.db, &tuning, &e);
	ck_assert_msg(web != NULL, "%s", e.msg);
	tftp = tftp_server_new(loop, NULL, 0, &backend, admit, &conf, &e);
	ck_assert_msg(tftp != NULL, "%s", e.msg);
	ck_assert_ptr_nonnull(places = places_new(t.d.listen, 0, tftp, web,
	    &e));
	start();
}

static void
tear_down(void)
{
	stop();
	tftp_server_free(tftp);
	web_free(web);
	places_free(places);
	listen_set_free(t.d.listen);
	loop_free(loop);
	admit_free(admit);
	ck_assert_uint_eq(net_count_total(count), 0);
	net_count_free(count);
	signer_free(signer);
	free(big);
	tc_close();
}

/* --- clients --- */

/* -1: refused. */
static int
call(enum node_port kind)
{
	const struct timeval patience = { .tv_sec = 20 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience));
	if (connect(fd, (struct sockaddr *)&addr[kind].ss,
	    addr[kind].len) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static void
ask(int fd, const char *name)
{
	char req[64];
	int n = snprintf(req, sizeof(req), "GET /%s HTTP/1.0\r\n\r\n", name);

	ck_assert_int_eq(send(fd, req, (size_t)n, MSG_NOSIGNAL), n);
}

/* Bytes until the end, -1 when it was cut. */
static ssize_t
rest(int fd)
{
	static char buf[1 << 16];
	ssize_t n, all = 0;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		all += n;
	(void)close(fd);
	return n == 0 ? all : -1;
}

static bool
http_answers(void)
{
	int fd = call(PORT_HTTP);

	if (fd == -1)
		return false;
	ask(fd, "hello");
	return rest(fd) > 5;
}

static bool
tftp_answers(void)
{
	static const char req[] = "\0\1hello\0octet";
	const struct timeval patience = { .tv_usec = 500000 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char buf[600];
	ssize_t n;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience));
	ck_assert_int_eq(sendto(fd, req, sizeof(req), 0,
	    (struct sockaddr *)&addr[PORT_TFTP].ss, addr[PORT_TFTP].len),
	    sizeof(req));
	if ((n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from,
	    &len)) > 0)
		(void)sendto(fd, "\0\4\0\1", 4, 0, (struct sockaddr *)&from,
		    len);
	(void)close(fd);
	return n == 9;
}

/* --- tests --- */

START_TEST(comes_and_goes)
{
	add(PORT_HTTP);
	add(PORT_TFTP);
	add(PORT_HTTPS);
	sync_at(1000);
	ck_assert(http_answers());
	ck_assert(tftp_answers());
	while (t.d.listen->n > 0)
		listen_set_drop(t.d.listen, 0);
	sync_at(2000);
	/* It lingers: who came just before has an answer. */
	ck_assert(http_answers());
	ck_assert(tftp_answers());
	sync_at(2000 + LISTEN_LINGER_MS - 1);
	ck_assert(http_answers());
	sync_at(2000 + LISTEN_LINGER_MS);
	ck_assert_int_eq(call(PORT_HTTP), -1);
	ck_assert_int_eq(call(PORT_HTTPS), -1);
	ck_assert(!tftp_answers());
}
END_TEST

START_TEST(others_stay)
{
	struct net_addr first;
	int idle;

	add(PORT_HTTP);
	first = addr[PORT_HTTP];
	sync_at(1000);
	ck_assert_int_ne(idle = call(PORT_HTTP), -1);
	add(PORT_HTTP);			/* one more */
	sync_at(2000);
	ck_assert(http_answers());
	listen_set_drop(t.d.listen, 1);
	sync_at(3000);
	sync_at(9000);
	ck_assert_int_eq(call(PORT_HTTP), -1);
	addr[PORT_HTTP] = first;
	ck_assert(http_answers());
	ask(idle, "hello");		/* a connection of before */
	ck_assert_int_gt(rest(idle), 5);
}
END_TEST

/* A reply under way goes on to its end, and is freed then. */
START_TEST(reply_under_way)
{
	char first[100];
	int fd;

	add(PORT_HTTP);
	sync_at(1000);
	fd = call(PORT_HTTP);
	ask(fd, "big");
	ck_assert_int_eq(recv(fd, first, sizeof(first), MSG_WAITALL),
	    sizeof(first));
	listen_set_drop(t.d.listen, 0);
	sync_at(2000);
	sync_at(9000);
	ck_assert_int_eq(call(PORT_HTTP), -1);
	ck_assert_uint_eq(web_connections(web), 1);
	ck_assert_int_gt(rest(fd), BIG);
	sync_at(10000);
	ck_assert_uint_eq(web_connections(web), 0);
}
END_TEST

/* What is ended in the middle of all this leaves nothing. */
START_TEST(ended_lingering)
{
	int fd;

	add(PORT_HTTP);
	add(PORT_TFTP);
	sync_at(1000);
	fd = call(PORT_HTTP);
	ask(fd, "big");
	listen_set_drop(t.d.listen, 0);
	listen_set_drop(t.d.listen, 0);
	sync_at(2000);
	(void)close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("places");
	TCase *tc_all = tcase_create("places");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc_all, 120);
	tcase_add_unchecked_fixture(tc_all, tc_make, tc_free);
	tcase_add_checked_fixture(tc_all, set_up, tear_down);
	tcase_add_test(tc_all, comes_and_goes);
	tcase_add_test(tc_all, others_stay);
	tcase_add_test(tc_all, reply_under_way);
	tcase_add_test(tc_all, ended_lingering);
	suite_add_tcase(s, tc_all);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
