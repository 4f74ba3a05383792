/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A server of small messages in a thread, over real sockets, with peers that
 * speak well, badly, slowly or not at all.  Its messages: a length (1 to 255)
 * and that many bytes, which come back; 'B' alone brings MAX bytes, '!' alone
 * is answered by none.
 */
#include <check.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "certs/tls.h"
#include "net/listen.h"
#include "net/msg.h"
#include "tests/certs_data.h"

#define PATIENCE_MS	60000	/* a test that waits longer has failed */
#define SHORT_MS	150	/* injected deadlines */
#define GREET_MS	1000	/* one that a good handshake must keep */
#define MAX		12000	/* bytes of a message */

static const struct msg_limits wide = {
	.handshake_ms = PATIENCE_MS, .idle_ms = PATIENCE_MS,
	.message_ms = PATIENCE_MS,
};

static struct {
	struct loop		*loop;
	struct msg_server	*server;
	struct net_count	*count;
	struct net_addr		 addr;
	int			 listenfd;
	pthread_t		 thread;
	struct cert		*cert;
	struct signer		*signer;
	struct tls_keys		*keys;
	struct ssl_ctx_st	*ctx;
	SSL_CTX			*client;

	pthread_mutex_t		 lock;		/* of what follows */
	unsigned		 nover;
	struct msg_peer		 over;		/* the last */
} lab = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* --- its program --- */

static int
need(const uint8_t *buf, size_t len, size_t *n, struct err *e)
{
	(void)len;
	if (buf[0] == 0)
		return err_set(e, ERR_PROTO, "no message");
	*n = 1 + (size_t)buf[0];
	return ERR_OK;
}

static int
answer(void *arg, struct msg_peer *p, const uint8_t *buf, size_t len,
    uint8_t *out, size_t *outlen, struct err *e)
{
	(void)arg;
	p->user[0]++;
	if (len == 2 && buf[1] == '!')
		return err_set(e, ERR_PROTO, "refused");
	*outlen = len == 2 && buf[1] == 'B' ? MAX : len;
	memset(out, 'b', *outlen);
	if (*outlen == len)
		memcpy(out, buf, len);
	return ERR_OK;
}

static void
over(void *arg, const struct msg_peer *p, int64_t now_ms)
{
	(void)arg;
	ck_assert_int_ge(now_ms, p->began_ms);
	(void)pthread_mutex_lock(&lab.lock);
	lab.nover++;
	lab.over = *p;
	(void)pthread_mutex_unlock(&lab.lock);
}

static const struct msg_def def = {
	.full = "msg.full", .starved = "msg.starved", .failed = "msg.failed",
	.dropped = "msg.dropped", .max = MAX, .need = need, .answer = answer,
	.over = over,
};

static void *
serve(void *arg)
{
	(void)arg;
	ck_assert_int_eq(loop_run(lab.loop, NULL), ERR_OK);
	return NULL;
}

static void
run(void)
{
	ck_assert_int_eq(pthread_create(&lab.thread, NULL, serve, NULL), 0);
}

static void
stop(void)
{
	loop_stop(lab.loop);
	ck_assert_int_eq(pthread_join(lab.thread, NULL), 0);
}

static void
start(const struct msg_limits *lim)
{
	struct err e = { 0 };

	lab.server = msg_server_new(lab.loop, lab.listenfd, lim, lab.count,
	    lab.ctx, &def, NULL, &e);
	ck_assert_msg(lab.server != NULL, "%s", e.msg);
	run();
}

static void
set_up(void)
{
	socklen_t len = sizeof(lab.addr.ss);
	struct err e = { 0 };

	lab.nover = 0;
	lab.server = NULL;
	ck_assert_ptr_nonnull(lab.loop = loop_new(&e));
	ck_assert_ptr_nonnull(lab.count = net_count_new(100, 100, 1));
	ck_assert_int_eq(net_addr_parse(&lab.addr, "127.0.0.1", 0, &e),
	    ERR_OK);
	ck_assert_msg(net_listen(NET_TCP, &lab.addr, 0, &lab.listenfd, 1,
	    &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_eq(getsockname(lab.listenfd,
	    (struct sockaddr *)&lab.addr.ss, &len), 0);
	lab.cert = data_cert("tftp-ec");
	lab.signer = data_signer();
	ck_assert_ptr_nonnull(lab.keys = tls_keys_new(lab.signer, &e));
	lab.ctx = tls_server_ctx(lab.keys, lab.cert, TLS_FLOOR_12, &e);
	ck_assert_msg(lab.ctx != NULL, "%s", e.msg);
	ck_assert_ptr_nonnull(lab.client = SSL_CTX_new(TLS_client_method()));
}

static void
tear_down(void)
{
	stop();
	msg_server_free(lab.server);
	loop_free(lab.loop);
	net_count_free(lab.count);
	(void)close(lab.listenfd);
	SSL_CTX_free(lab.client);
	tls_ctx_free(lab.ctx);
	tls_keys_free(lab.keys);
	signer_free(lab.signer);
	cert_free(lab.cert);
}

/* --- its peers --- */

static int64_t
now_ms(void)
{
	return clock_mono_ms(clock_system());
}

static int rcvbuf;		/* of the next dial; 0: the system's */

static int
dial(void)
{
	const struct timeval patience = { PATIENCE_MS / 1000, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ne(fd, -1);
	if (rcvbuf != 0)
		ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF,
		    &rcvbuf, sizeof(rcvbuf)), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&lab.addr.ss,
	    lab.addr.len), 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience)), 0);
	return fd;
}

/* NULL when the server will not. */
static SSL *
secure(SSL_SESSION *session)
{
	int fd = dial();
	SSL *s = SSL_new(lab.client);

	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(SSL_set_fd(s, fd), 1);
	if (session != NULL)
		ck_assert_int_eq(SSL_set_session(s, session), 1);
	if (SSL_connect(s) == 1)
		return s;
	SSL_free(s);
	(void)close(fd);
	ERR_clear_error();
	return NULL;
}

static SSL *
secured(void)
{
	SSL *s = secure(NULL);

	ck_assert_ptr_nonnull(s);
	return s;
}

static void
hang_up(SSL *s)
{
	int fd = SSL_get_fd(s);

	SSL_free(s);
	(void)close(fd);
}

static void
say(SSL *s, const void *p, size_t len)
{
	ck_assert_int_eq(SSL_write(s, p, (int)len), (int)len);
}

static void
hear(SSL *s, const void *want, size_t len)
{
	uint8_t buf[MAX];

	ck_assert_int_eq(SSL_read(s, buf, sizeof(buf)), (int)len);
	ck_assert_mem_eq(buf, want, len);
}

/* It ends, after at least and before too long; politely, with a word. */
static void
ended(SSL *s, int64_t since, int64_t least, bool politely)
{
	uint8_t byte;
	int r = SSL_read(s, &byte, 1);

	ck_assert_int_le(r, 0);
	if (politely)
		ck_assert_int_eq(SSL_get_error(s, r), SSL_ERROR_ZERO_RETURN);
	ck_assert_int_ge(now_ms() - since, least - 20);
	ck_assert_int_lt(now_ms() - since, PATIENCE_MS / 2);
	ERR_clear_error();
	hang_up(s);
}

static void
closed(int fd, int64_t since, int64_t least)
{
	char buf[256];

	while (recv(fd, buf, sizeof(buf), 0) > 0)
		;
	ck_assert_int_ge(now_ms() - since, least - 20);
	ck_assert_int_lt(now_ms() - since, PATIENCE_MS / 2);
	(void)close(fd);
}

static unsigned
wait_over(unsigned n)
{
	int64_t end = now_ms() + PATIENCE_MS;
	unsigned got;

	do {
		(void)pthread_mutex_lock(&lab.lock);
		got = lab.nover;
		(void)pthread_mutex_unlock(&lab.lock);
		if (got < n)
			(void)poll(NULL, 0, 5);
	} while (got < n && now_ms() < end);
	return got;
}

/* --- tests --- */

START_TEST(one_after_another)
{
	SSL *s;

	start(&wide);
	s = secured();
	for (int i = 0; i < 20; i++) {
		say(s, "\3abc", 4);
		hear(s, "\3abc", 4);
	}
	hang_up(s);
	ck_assert_uint_eq(wait_over(1), 1);
	ck_assert_uint_eq(lab.over.answered, 20);
	ck_assert_uint_eq(lab.over.user[0], 20);
	ck_assert(!lab.over.resumed);
}
END_TEST

/* Each answer is one record, however the messages came. */
static int records;

static void
count_records(int out, int version, int type, const void *buf, size_t len,
    SSL *s, void *arg)
{
	(void)version;
	(void)s;
	(void)arg;
	if (!out && type == SSL3_RT_HEADER && len > 0 &&
	    *(const uint8_t *)buf == SSL3_RT_APPLICATION_DATA)
		records++;
}

START_TEST(one_record_each)
{
	uint8_t many[40 * 2], big[MAX];
	SSL *s;

	ck_assert_int_eq(SSL_CTX_set_max_proto_version(lab.client,
	    TLS1_2_VERSION), 1);
	SSL_CTX_set_msg_callback(lab.client, count_records);
	start(&wide);
	s = secured();
	records = 0;
	for (size_t i = 0; i < sizeof(many); i += 2)
		memcpy(many + i, "\1a", 2);
	say(s, many, sizeof(many));	/* more than a turn's, in one */
	for (size_t i = 0; i < sizeof(many); i += 2)
		hear(s, "\1a", 2);
	ck_assert_int_eq(records, 40);
	memset(big, 'b', sizeof(big));
	say(s, "\1B", 2);
	hear(s, big, sizeof(big));
	ck_assert_int_eq(records, 41);
	hang_up(s);
}
END_TEST

START_TEST(byte_by_byte)
{
	SSL *s;

	start(&wide);
	s = secured();
	for (int i = 0; i < 3; i++) {
		for (const char *p = "\3abc"; *p != '\0'; p++)
			say(s, p, 1);
		hear(s, "\3abc", 4);
	}
	say(s, "\3ab", 3);		/* what is not whole is not answered */
	hang_up(s);
	ck_assert_uint_eq(wait_over(1), 1);
	ck_assert_uint_eq(lab.over.answered, 3);
}
END_TEST

/* No answer: not to what is none, nor to what the program refuses. */
START_TEST(malformed)
{
	static const char *const bad[] = { "\0abc", "\1!" };
	SSL *s;

	start(&wide);
	s = secured();
	say(s, "\1a", 2);
	hear(s, "\1a", 2);
	say(s, bad[_i], 2);
	ended(s, now_ms(), 0, false);
	ck_assert_uint_eq(wait_over(1), 1);
	ck_assert_uint_eq(lab.over.answered, 1);
}
END_TEST

/* Nobody who is silent or slow stays, and nobody waits for him. */
START_TEST(silent)
{
	struct msg_limits lim = wide;
	int64_t begin;
	SSL *s, *other;
	int fd;

	lim.handshake_ms = lim.idle_ms = GREET_MS;
	start(&lim);
	begin = now_ms();
	fd = dial();
	if (_i == 1)	/* a hello that is cut */
		ck_assert_int_eq(send(fd, "\x16\3\1\2\0", 5, 0), 5);
	s = secured();
	say(s, "\1a", 2);
	hear(s, "\1a", 2);
	closed(fd, begin, GREET_MS);
	ended(s, begin, GREET_MS, true);
	begin = now_ms();
	other = secured();		/* not a word */
	ended(other, begin, GREET_MS, true);
}
END_TEST

START_TEST(not_tls)
{
	int64_t begin;
	int fd;

	start(&wide);
	begin = now_ms();
	fd = dial();
	ck_assert_int_eq(send(fd, "W\1\1\0", 4, 0), 4);
	closed(fd, begin, 0);
	ck_assert_int_lt(now_ms() - begin, wide.handshake_ms);
	ck_assert_uint_eq(lab.nover, 0);
}
END_TEST

/* A byte now and then wins no time; a whole message does. */
START_TEST(drip)
{
	struct msg_limits lim = wide;
	int64_t begin = now_ms();
	struct pollfd p = { .events = POLLIN };
	SSL *s;

	lim.message_ms = SHORT_MS;
	start(&lim);
	s = secured();
	for (int64_t end = now_ms() + 2 * SHORT_MS; now_ms() < end;) {
		say(s, "\1a", 2);
		hear(s, "\1a", 2);
	}
	p.fd = SSL_get_fd(s);
	begin = now_ms();
	say(s, "\377", 1);
	while (poll(&p, 1, 20) == 0) {
		ck_assert_int_lt(now_ms() - begin, PATIENCE_MS / 2);
		(void)SSL_write(s, "a", 1);
	}
	ended(s, begin, SHORT_MS, false);
}
END_TEST

/* Asks for much and takes nothing: what is kept for it has a bound and an
 * end, and others do not wait. */
START_TEST(takes_nothing)
{
	struct msg_limits lim = wide;
	SSL *s, *other;
	int r = 1;

	lim.message_ms = SHORT_MS;
	start(&lim);
	rcvbuf = 4096;
	s = secured();
	rcvbuf = 0;
	for (int i = 0; i < 2000 && r > 0; i++)
		r = SSL_write(s, "\1B", 2);
	other = secured();
	say(other, "\1a", 2);
	hear(other, "\1a", 2);
	hang_up(other);
	ck_assert_uint_eq(wait_over(2), 2);
	hang_up(s);
}
END_TEST

START_TEST(too_many)
{
	SSL *s;

	net_count_set_max(lab.count, 100, 1);
	start(&wide);
	s = secured();
	ck_assert_ptr_null(secure(NULL));
	stop();
	ck_assert_uint_eq(msg_server_turned_away(lab.server), 1);
	run();
	say(s, "\1a", 2);
	hear(s, "\1a", 2);
	hang_up(s);
	ck_assert_uint_eq(wait_over(1), 1);
	hang_up(secured());
}
END_TEST

/* TLS 1.2: the ticket came with the handshake. */
START_TEST(resumed)
{
	SSL_SESSION *session;
	SSL *s;

	ck_assert_int_eq(SSL_CTX_set_max_proto_version(lab.client,
	    TLS1_2_VERSION), 1);
	start(&wide);
	s = secured();
	ck_assert_ptr_nonnull(session = SSL_get1_session(s));
	(void)SSL_shutdown(s);
	hang_up(s);
	ck_assert_uint_eq(wait_over(1), 1);
	ck_assert_ptr_nonnull(s = secure(session));
	ck_assert_int_eq(SSL_session_reused(s), 1);
	say(s, "\1a", 2);
	hear(s, "\1a", 2);
	hang_up(s);
	ck_assert_uint_eq(wait_over(2), 2);
	ck_assert(lab.over.resumed);
	SSL_SESSION_free(session);
}
END_TEST

START_TEST(drain)
{
	int64_t begin;
	SSL *idle, *busy;
	int hello;

	start(&wide);
	hello = dial();
	idle = secured();
	say(idle, "\1a", 2);
	hear(idle, "\1a", 2);
	busy = secured();
	say(busy, "\3ab", 3);
	say(idle, "\1a", 2);	/* so the other's part has been read */
	hear(idle, "\1a", 2);
	/* The kernel shows who is silent a second later. */
	for (begin = now_ms(); net_count_total(lab.count) < 3;
	    (void)poll(NULL, 0, 5))
		ck_assert_int_lt(now_ms() - begin, PATIENCE_MS);
	begin = now_ms();
	stop();
	msg_server_drain(lab.server);
	ck_assert_uint_eq(msg_server_connections(lab.server), 1);
	run();
	ended(idle, begin, 0, false);
	closed(hello, begin, 0);
	say(busy, "c", 1);
	hear(busy, "\3abc", 4);
	ended(busy, begin, 0, true);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("msg");
	TCase *tc = tcase_create("msg");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, one_after_another);
	tcase_add_test(tc, one_record_each);
	tcase_add_test(tc, byte_by_byte);
	tcase_add_loop_test(tc, malformed, 0, 2);
	tcase_add_loop_test(tc, silent, 0, 2);
	tcase_add_test(tc, not_tls);
	tcase_add_test(tc, drip);
	tcase_add_test(tc, takes_nothing);
	tcase_add_test(tc, too_many);
	tcase_add_test(tc, resumed);
	tcase_add_test(tc, drain);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
