/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Fetching over HTTPS: who the server is, the caller decides, and before a
 * name is told.
 */
#include <check.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "certs/tls.h"
#include "net/fetch.h"
#include "net/http.h"
#include "net/listen.h"
#include "tests/certs_data.h"

static struct lab {
	struct loop		*loop;
	struct http_server	*server;
	struct net_count	*count;
	int			 fd;
	uint16_t		 port;
	pthread_t		 thread;
	struct cert		*cert;
	struct signer		*signer;
	struct tls_keys		*keys;
	struct ssl_ctx_st	*ctx;
	atomic_uint		 asked;
	long			 patience_ms;
} lab;

static void
handle(void *arg, const struct http_head *h, const struct net_addr *peer,
    struct http_reply *r)
{
	(void)arg;
	(void)peer;
	lab.asked++;
	r->status = strcmp(h->path, "/missing") == 0 ? 404 : 200;
	r->body = (const uint8_t *)"hello";
	r->len = 5;
}

static void *
serve(void *arg)
{
	(void)arg;
	(void)loop_run(lab.loop, NULL);
	return NULL;
}

/* tls false: a server that knows only http. */
static void
start(bool tls, enum tls_floor lowest)
{
	const struct http_limits lim = { .head_timeout_ms = 20000,
	    .idle_timeout_ms = 20000, .min_rate = 1 };
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct net_addr a;
	struct err e = { 0 };

	ck_assert_int_eq(net_addr_parse(&a, "127.0.0.1", 0, NULL), ERR_OK);
	ck_assert_int_eq(net_listen(NET_TCP, &a, 0, &lab.fd, 1, NULL),
	    ERR_OK);
	ck_assert_int_eq(getsockname(lab.fd, (struct sockaddr *)&ss, &len),
	    0);
	net_addr_from(&a, (struct sockaddr *)&ss, len);
	lab.port = net_addr_port(&a);
	lab.loop = loop_new(NULL);
	lab.count = net_count_new(10, 10, 1);
	lab.server = http_server_new(lab.loop, lab.fd, &lim, lab.count,
	    handle, NULL, &e);
	ck_assert_msg(lab.server != NULL, "%s", e.msg);
	lab.ctx = tls_server_ctx(lab.keys, lab.cert, lowest, &e);
	ck_assert_msg(lab.ctx != NULL, "%s", e.msg);
	if (tls)
		http_server_set_tls(lab.server, lab.ctx);
	ck_assert_int_eq(pthread_create(&lab.thread, NULL, serve, NULL), 0);
}

static void
set_up(void)
{
	log_init("check", LOG_ERR, LOG_TEXT);
	(void)signal(SIGPIPE, SIG_IGN);
	lab.cert = data_cert("tftp-ec");
	lab.signer = data_signer();
	ck_assert_ptr_nonnull(lab.keys = tls_keys_new(lab.signer, NULL));
	lab.asked = 0;
	lab.patience_ms = 20000;
}

static void
tear_down(void)
{
	loop_stop(lab.loop);
	(void)pthread_join(lab.thread, NULL);
	http_server_free(lab.server);
	net_count_free(lab.count);
	loop_free(lab.loop);
	(void)close(lab.fd);
	tls_ctx_free(lab.ctx);
	tls_keys_free(lab.keys);
	signer_free(lab.signer);
	cert_free(lab.cert);
}

static bool
is_server(void *arg, const uint8_t *der, size_t len)
{
	const uint8_t *want;
	size_t n;

	want = cert_der(lab.cert, &n);
	ck_assert_uint_eq(len, n);
	ck_assert_mem_eq(der, want, n);
	return *(bool *)arg;
}

static int
fetch(const char *name, bool take, uint8_t **buf, size_t *len, struct err *e)
{
	const struct fetch_opts o = { .max = 100, .timeout_ms = lab.patience_ms,
	    .peer = is_server, .peer_arg = &take };

	*e = (struct err){ 0 };
	*buf = NULL;
	return fetch_file("https", "127.0.0.1", lab.port, name, &o, buf, len,
	    e);
}

START_TEST(server_taken)
{
	const enum tls_floor lowest[] = { TLS_FLOOR_12, TLS_FLOOR_13 };
	struct err e;
	uint8_t *buf;
	size_t len;

	start(true, lowest[_i]);
	ck_assert_msg(fetch("x", true, &buf, &len, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_uint_eq(len, 5);
	ck_assert_mem_eq(buf, "hello", 5);
	free(buf);
	ck_assert_int_eq(fetch("missing", true, &buf, &len, &e),
	    ERR_NOTFOUND);
	ck_assert_uint_eq(lab.asked, 2);
}
END_TEST

START_TEST(server_refused)
{
	struct err e;
	uint8_t *buf;
	size_t len;

	start(true, TLS_FLOOR_12);
	ck_assert_int_eq(fetch("x", false, &buf, &len, &e), ERR_VERIFY);
	ck_assert_ptr_null(buf);
	ck_assert_ptr_nonnull(strstr(e.msg, "certificate"));
	ck_assert_uint_eq(lab.asked, 0);
	/* Taken once is not taken for ever. */
	ck_assert_int_eq(fetch("x", true, &buf, &len, &e), ERR_OK);
	free(buf);
	ck_assert_int_eq(fetch("x", false, &buf, &len, &e), ERR_VERIFY);
	ck_assert_uint_eq(lab.asked, 1);
}
END_TEST

START_TEST(server_without_tls)
{
	struct err e;
	uint8_t *buf;
	size_t len;

	/* It waits for a line's end that a handshake may not have. */
	lab.patience_ms = 500;
	start(false, TLS_FLOOR_12);
	ck_assert_int_ne(fetch("x", true, &buf, &len, &e), ERR_OK);
	ck_assert_ptr_null(buf);
	ck_assert_uint_eq(lab.asked, 0);
}
END_TEST

/* Over https only with a check, and a check only over https. */
START_TEST(check_and_scheme)
{
	bool take = true;
	const struct fetch_opts with = { .max = 100, .peer = is_server,
	    .peer_arg = &take }, without = { .max = 100 };
	struct err e = { 0 };
	uint8_t *buf = NULL;
	size_t len;

	start(true, TLS_FLOOR_12);
	ck_assert_int_eq(fetch_file("https", "127.0.0.1", lab.port, "x",
	    &without, &buf, &len, &e), ERR_ARG);
	ck_assert_int_eq(fetch_file("http", "127.0.0.1", lab.port, "x",
	    &with, &buf, &len, &e), ERR_ARG);
	ck_assert_uint_eq(lab.asked, 0);
}
END_TEST

static int
cannot(void *arg, struct ssl_ctx_st *ctx, struct err *e)
{
	(void)arg;
	(void)ctx;
	return err_set(e, ERR_CRYPTO, "our own certificate is too weak");
}

static int
nothing(void *arg, struct err *e)
{
	(void)arg;
	return err_set(e, ERR_BADSTATE, "no certificate was shown");
}

/* Why our side could not be made ready is what is said. */
START_TEST(own_side)
{
	const struct fetch_trust t = { .set = cannot, .verdict = nothing };
	const struct fetch_opts o = { .max = 100, .trust = &t };
	struct err e = { 0 };
	uint8_t *buf = NULL;
	size_t len;

	start(true, TLS_FLOOR_12);
	ck_assert_int_eq(fetch_file("https", "127.0.0.1", lab.port, "x", &o,
	    &buf, &len, &e), ERR_CRYPTO);
	ck_assert_ptr_nonnull(strstr(e.msg, "too weak"));
	ck_assert_uint_eq(lab.asked, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("fetch_https");
	TCase *t = tcase_create("fetch_https");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, server_taken, 0, 2);
	tcase_add_test(t, server_refused);
	tcase_add_test(t, server_without_tls);
	tcase_add_test(t, check_and_scheme);
	tcase_add_test(t, own_side);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
