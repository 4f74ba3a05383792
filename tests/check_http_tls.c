/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * HTTPS: the server in a thread, over real sockets, with clients that speak
 * TLS and clients that do not, or stop.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "certs/tls.h"
#include "tests/certs_data.h"
#include "tests/http_lab.h"

/* Beside the lab. */
static struct {
	struct cert		*cert;
	struct signer		*signer;
	struct tls_keys		*keys;
	struct ssl_ctx_st	*ctx;
	SSL_CTX			*client;
} tls;

static void
tls_start(const struct http_limits *lim, enum tls_floor lowest)
{
	struct err e = { 0 };

	tls.ctx = tls_server_ctx(tls.keys, tls.cert, lowest, &e);
	ck_assert_msg(tls.ctx != NULL, "%s", e.msg);
	lab_make(lim);
	http_server_set_tls(lab.server, tls.ctx);
	lab_run();
}

static void
set_up(void)
{
	lab_set_up();
	tls.ctx = NULL;
	tls.cert = data_cert("tftp-ec");
	tls.signer = data_signer();
	ck_assert_ptr_nonnull(tls.keys = tls_keys_new(tls.signer, NULL));
	ck_assert_ptr_nonnull(tls.client = SSL_CTX_new(TLS_client_method()));
	SSL_CTX_set_security_level(tls.client, 0);
	ck_assert_int_eq(SSL_CTX_set_min_proto_version(tls.client,
	    TLS1_VERSION), 1);
}

static void
tear_down(void)
{
	lab_tear_down();
	tls_ctx_free(tls.ctx);
	SSL_CTX_free(tls.client);
	tls_keys_free(tls.keys);
	signer_free(tls.signer);
	cert_free(tls.cert);
}

/* --- the client's side --- */

/* NULL when the server will not. */
static SSL *
secure(int fd)
{
	SSL *s = SSL_new(tls.client);

	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(SSL_set_fd(s, fd), 1);
	if (SSL_connect(s) == 1)
		return s;
	SSL_free(s);
	ERR_clear_error();
	return NULL;
}

static SSL *
dial_tls(void)
{
	SSL *s = secure(dial());

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
tls_ask(SSL *s, const char *path, const char *field)
{
	char buf[512];
	int n = snprintf(buf, sizeof(buf),
	    "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path, field);

	ck_assert_int_eq(SSL_write(s, buf, n), n);
}

static size_t
tls_hear(SSL *s, uint8_t *buf, size_t len)
{
	size_t n = 0;
	int r;

	while (n < len && (r = SSL_read(s, buf + n, (int)(len - n))) > 0)
		n += (size_t)r;
	return n;
}

static void
tls_head(SSL *s, char *out, size_t outlen)
{
	size_t n = 0;

	out[0] = '\0';
	while (strstr(out, "\r\n\r\n") == NULL) {
		ck_assert_uint_lt(n + 1, outlen);
		ck_assert_msg(SSL_read(s, out + n, 1) == 1, "after: %s", out);
		out[++n] = '\0';
	}
}

static void
expect_hello(SSL *s)
{
	char text[1024];
	uint8_t body[5];

	tls_head(s, text, sizeof(text));
	ck_assert_msg(str_starts(text, "HTTP/1.1 200 "), "%s", text);
	ck_assert_uint_eq(tls_hear(s, body, 5), 5);
	ck_assert_mem_eq(body, "hello", 5);
}

/* The raw connection ends, and not later than that. */
static void
expect_closed(int fd, int64_t within_ms)
{
	int64_t begin = now_ms();
	char buf[256];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		continue;
	ck_assert_msg(n == 0 || errno == ECONNRESET, "%s", strerror(errno));
	ck_assert_int_lt(now_ms() - begin, within_ms);
}

/* --- tests --- */

START_TEST(get)
{
	X509 *got;
	SSL *s;
	size_t len;
	const uint8_t *der = cert_der(tls.cert, &len);
	uint8_t *other = NULL;

	tls_start(&wide, TLS_FLOOR_12);
	s = dial_tls();
	ck_assert_ptr_nonnull(got = SSL_get1_peer_certificate(s));
	ck_assert_int_eq(i2d_X509(got, &other), (int)len);
	ck_assert_mem_eq(other, der, len);
	for (int i = 0; i < 3; i++) {
		tls_ask(s, "/echo/hello", "");
		expect_hello(s);
	}
	/* The end is said under TLS, not only by closing. */
	tls_ask(s, "/echo/hello", "Connection: close\r\n");
	expect_hello(s);
	ck_assert_int_eq(SSL_read(s, &(char){ 0 }, 1), 0);
	ck_assert_int_eq(SSL_get_shutdown(s) & SSL_RECEIVED_SHUTDOWN,
	    SSL_RECEIVED_SHUTDOWN);
	X509_free(got);
	OPENSSL_free(other);
	hang_up(s);
}
END_TEST

/* Many requests in one record: what OpenSSL holds is not forgotten. */
START_TEST(pipelined)
{
	static const char one[] = "GET /echo/hello HTTP/1.1\r\nHost: x\r\n\r\n";
	size_t n = sizeof(one) - 1;
	char buf[300 * (sizeof(one) - 1)];
	SSL *s;

	for (size_t i = 0; i < 300; i++)
		memcpy(buf + i * n, one, n);
	tls_start(&wide, TLS_FLOOR_12);
	s = dial_tls();
	ck_assert_int_eq(SSL_write(s, buf, sizeof(buf)), sizeof(buf));
	for (size_t i = 0; i < 300; i++)
		expect_hello(s);
	hang_up(s);
}
END_TEST

START_TEST(big)
{
	uint8_t *buf = malloc(BIG);
	char text[1024];
	SSL *s;

	tls_start(&wide, TLS_FLOOR_12);
	s = dial_tls();
	tls_ask(s, _i == 0 ? "/big" : "/file", "");
	tls_head(s, text, sizeof(text));
	ck_assert_uint_eq(tls_hear(s, buf, BIG), BIG);
	ck_assert(memcmp(buf, lab.big, BIG) == 0);
	tls_ask(s, _i == 0 ? "/big" : "/file", "Range: bytes=100000-199999\r\n");
	tls_head(s, text, sizeof(text));
	ck_assert_msg(str_starts(text, "HTTP/1.1 206 "), "%s", text);
	ck_assert_uint_eq(tls_hear(s, buf, 100000), 100000);
	ck_assert(memcmp(buf, lab.big + 100000, 100000) == 0);
	tls_ask(s, "/echo/hello", "");
	expect_hello(s);
	hang_up(s);
	free(buf);
}
END_TEST

/* A file cut while it is sent ends the connection, not the server. */
START_TEST(file_cut)
{
	uint8_t *buf = malloc(BIG);
	char text[1024];
	SSL *s;

	tls_start(&wide, TLS_FLOOR_12);
	s = dial_tls();
	tls_ask(s, "/file", "");
	tls_head(s, text, sizeof(text));
	ck_assert_int_eq(ftruncate(lab.filefd, 1000), 0);
	ck_assert_uint_lt(tls_hear(s, buf, BIG), BIG);
	hang_up(s);
	s = dial_tls();
	tls_ask(s, "/echo/hello", "");
	expect_hello(s);
	hang_up(s);
	free(buf);
}
END_TEST

/* Gone without close_notify, at each step: the next client is served. */
START_TEST(abrupt)
{
	SSL *s;
	int fd;

	tls_start(&wide, TLS_FLOOR_12);
	fd = dial();
	(void)close(fd);
	fd = dial();
	ck_assert_int_eq(send(fd, "\x16\x03\x01\x02", 4, 0), 4);
	(void)close(fd);
	s = dial_tls();
	hang_up(s);
	s = dial_tls();
	tls_ask(s, "/file", "");
	hang_up(s);
	s = dial_tls();
	tls_ask(s, "/echo/hello", "");
	expect_hello(s);
	hang_up(s);
}
END_TEST

static const char *const not_tls[] = {
	"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n", "O", "\x15\x03\x01",
	"\x16GET / HTTP/1.1\r\nHost: x\r\n\r\n",
};

START_TEST(plaintext)
{
	size_t len = strlen(not_tls[_i]);
	int fd;

	tls_start(&wide, TLS_FLOOR_12);
	fd = dial();
	ck_assert_int_eq(send(fd, not_tls[_i], len, MSG_NOSIGNAL),
	    (ssize_t)len);
	expect_closed(fd, PATIENCE_MS / 2);
	(void)close(fd);
}
END_TEST

static const struct {
	enum tls_floor	lowest;
	int		max;
	bool		through;
} versions[] = {
	{ TLS_FLOOR_12, TLS1_1_VERSION, false },
	{ TLS_FLOOR_12, TLS1_2_VERSION, true },
	{ TLS_FLOOR_10, TLS1_1_VERSION, true },
	{ TLS_FLOOR_10, TLS1_VERSION, true },
	{ TLS_FLOOR_13, TLS1_2_VERSION, false },
};

START_TEST(lowest_version)
{
	SSL *s;
	int fd;

	tls_start(&wide, versions[_i].lowest);
	ck_assert_int_eq(SSL_CTX_set_max_proto_version(tls.client,
	    versions[_i].max), 1);
	fd = dial();
	s = secure(fd);
	ck_assert_int_eq(s != NULL, versions[_i].through);
	if (s != NULL) {
		tls_ask(s, "/echo/hello", "");
		expect_hello(s);
		SSL_free(s);
	}
	(void)close(fd);
}
END_TEST

/* A client that has a ticket need not go through it all again. */
START_TEST(resumed)
{
	SSL_SESSION *session;
	SSL *s;
	int fd;

	tls_start(&wide, TLS_FLOOR_12);
	s = dial_tls();
	tls_ask(s, "/echo/hello", "");
	expect_hello(s);
	ck_assert_ptr_nonnull(session = SSL_get1_session(s));
	(void)SSL_shutdown(s);		/* else it is not to be resumed */
	hang_up(s);
	fd = dial();
	ck_assert_ptr_nonnull(s = SSL_new(tls.client));
	ck_assert_int_eq(SSL_set_fd(s, fd), 1);
	ck_assert_int_eq(SSL_set_session(s, session), 1);
	ck_assert_int_eq(SSL_connect(s), 1);
	ck_assert_int_eq(SSL_session_reused(s), 1);
	tls_ask(s, "/echo/hello", "");
	expect_hello(s);
	SSL_SESSION_free(session);
	hang_up(s);
}
END_TEST

/* Silence, or a byte now and then, in the handshake. */
START_TEST(slow_handshake)
{
	static const uint8_t hello[] = { 0x16, 3, 1, 2, 0, 1, 0, 1 };
	struct http_limits lim = wide;
	struct pollfd p = { .events = POLLIN };
	int64_t begin;

	lim.head_timeout_ms = SHORT_MS;
	tls_start(&lim, TLS_FLOOR_12);
	begin = now_ms();
	p.fd = dial();
	for (size_t i = 0; poll(&p, 1, 20) == 0; i++) {
		ck_assert_int_lt(now_ms() - begin, PATIENCE_MS / 2);
		if (_i == 1)
			(void)send(p.fd, i < sizeof(hello) ? &hello[i] :
			    &hello[4], 1, MSG_NOSIGNAL);
	}
	ck_assert_int_ge(now_ms() - begin, SHORT_MS - 10);
	expect_closed(p.fd, PATIENCE_MS / 2);
	(void)close(p.fd);
}
END_TEST

/* The same in a head, under TLS. */
START_TEST(slow_head)
{
	struct http_limits lim = wide;
	int64_t begin;
	struct pollfd p = { .events = POLLIN };
	SSL *s;

	lim.head_timeout_ms = 2000;	/* our handshake is within it */
	tls_start(&lim, TLS_FLOOR_12);
	(void)SSL_CTX_set_max_proto_version(tls.client, TLS1_2_VERSION);
	s = dial_tls();
	begin = now_ms();
	p.fd = SSL_get_fd(s);
	ck_assert_int_eq(SSL_write(s, "GET /", 5), 5);
	while (poll(&p, 1, 20) == 0) {
		ck_assert_int_lt(now_ms() - begin, PATIENCE_MS / 2);
		(void)SSL_write(s, "a", 1);
	}
	expect_closed(p.fd, PATIENCE_MS / 2);
	ERR_clear_error();
	hang_up(s);
}
END_TEST

/* And in a body that is not taken. */
START_TEST(slow_body)
{
	struct http_limits lim = wide;
	uint8_t *buf = malloc(BIG);
	char text[1024];
	SSL *s;

	lim.rate_ms = SHORT_MS;
	lim.min_rate = 1000;
	tls_start(&lim, TLS_FLOOR_12);
	s = dial_tls();
	tls_ask(s, "/big", "");
	tls_head(s, text, sizeof(text));
	wait_done(1);
	ck_assert_uint_lt(tls_hear(s, buf, BIG), BIG);
	ERR_clear_error();
	hang_up(s);
	free(buf);
}
END_TEST

/* Half-open connections fill the bound: others get in once those are old,
 * and who is in is served meanwhile. */
START_TEST(crowded)
{
	struct http_limits lim = wide;
	int stalled[4];
	SSL *in, *s;

	lim.max_handshakes = 4;
	tls_start(&lim, TLS_FLOOR_12);
	in = dial_tls();
	for (size_t i = 0; i < 4; i++) {
		stalled[i] = dial();
		ck_assert_int_eq(send(stalled[i], "\x16\x03", 2, 0), 2);
	}
	s = dial_tls();
	tls_ask(s, "/echo/hello", "");
	expect_hello(s);
	tls_ask(in, "/echo/hello", "");
	expect_hello(in);
	hang_up(in);
	hang_up(s);
	for (size_t i = 0; i < 4; i++) {
		expect_closed(stalled[i], PATIENCE_MS / 2);
		(void)close(stalled[i]);
	}
}
END_TEST

/* No handshake for who is over a limit, but a word. */
START_TEST(too_many)
{
	SSL *in, *s;
	int fd;

	net_count_set_max(lab.count, 1, 1);
	tls_start(&wide, TLS_FLOOR_12);
	in = dial_tls();
	fd = dial();
	ck_assert_ptr_nonnull(s = SSL_new(tls.client));
	ck_assert_int_eq(SSL_set_fd(s, fd), 1);
	ck_assert_int_ne(SSL_connect(s), 1);
	ck_assert_int_eq(ERR_GET_REASON(ERR_peek_error()),
	    SSL_R_TLSV1_ALERT_INTERNAL_ERROR);
	ERR_clear_error();
	hang_up(s);
	tls_ask(in, "/echo/hello", "");
	expect_hello(in);
	hang_up(in);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("http_tls");
	TCase *tc = tcase_create("http_tls");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, get);
	tcase_add_test(tc, pipelined);
	tcase_add_loop_test(tc, big, 0, 2);
	tcase_add_test(tc, file_cut);
	tcase_add_test(tc, abrupt);
	tcase_add_loop_test(tc, plaintext, 0, (int)N_OF(not_tls));
	tcase_add_loop_test(tc, lowest_version, 0, (int)N_OF(versions));
	tcase_add_test(tc, resumed);
	tcase_add_loop_test(tc, slow_handshake, 0, 2);
	tcase_add_test(tc, slow_head);
	tcase_add_test(tc, slow_body);
	tcase_add_test(tc, crowded);
	tcase_add_test(tc, too_many);
	return lab_main(s);
}
