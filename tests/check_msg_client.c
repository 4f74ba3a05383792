/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * net/msg_client.c: messages to a server in a thread, and to servers that are
 * another, silent, or none.  A message is a length and that many bytes.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/msg_client.h"
#include "tests/certs_data.h"
#include "tests/msg_lab.h"

#define MAX		300
#define PATIENCE_MS	60000
#define SHORT_MS	150

static struct msg_lab lab;
static struct loop *loop;
static struct ssl_ctx_st *ctx;
static struct msg_client *client;

/* What came of it. */
static struct {
	unsigned	 answers;
	int		 code;
	char		 why[ERR_MSG_MAX];
	uint8_t		 buf[MAX];
	size_t		 len;
	unsigned	 left;		/* messages to send on */
	bool		 free_within;
	bool		 refuse;	/* the server */
	unsigned	 checked;
} got;

static int
need(const uint8_t *buf, size_t len, size_t *n, struct err *e)
{
	(void)len;
	if (buf[0] == 0)
		return err_set(e, ERR_PROTO, "no message");
	*n = 1 + (size_t)buf[0];
	return ERR_OK;
}

/* "\1B" brings one in bytes that are no message, "\1T" two at once, "\1C"
 * none; all else comes back. */
static int
echo(void *arg, const uint8_t *buf, size_t len, uint8_t *out, size_t *outlen)
{
	(void)arg;
	memcpy(out, buf, len);
	*outlen = len;
	if (len != 2)
		return ERR_OK;
	switch (buf[1]) {
	case 'B':
		out[0] = 0;
		return ERR_OK;
	case 'T':
		memcpy(out + 2, buf, 2);
		*outlen = 4;
		return ERR_OK;
	case 'C':
		return ERR_PROTO;
	}
	return ERR_OK;
}

static bool
is_server(void *arg, const uint8_t *der, size_t len)
{
	const uint8_t *own;
	size_t n;

	ck_assert_ptr_eq(arg, &got);
	got.checked++;
	own = cert_der(lab.cert, &n);
	return !got.refuse && n == len && memcmp(own, der, n) == 0;
}

static void
answered(void *arg, int code, const char *why, const uint8_t *buf,
    size_t len)
{
	ck_assert_ptr_eq(arg, &got);
	got.answers++;
	got.code = code;
	(void)snprintf(got.why, sizeof(got.why), "%s", why);
	ck_assert_uint_le(len, sizeof(got.buf));
	if (code == ERR_OK)
		memcpy(got.buf, buf, got.len = len);
	if (code == ERR_OK && got.left > 0) {
		got.left--;
		ck_assert_int_eq(msg_client_send(client, got.buf, got.len,
		    PATIENCE_MS, NULL), ERR_OK);
		return;
	}
	if (got.free_within) {
		msg_client_free(client);
		client = NULL;
	}
	loop_stop(loop);
}

static const struct msg_client_def def = {
	.max = MAX, .need = need, .peer = is_server, .answer = answered,
};

static void
set_up(void)
{
	memset(&got, 0, sizeof(got));
	msg_lab_start(&lab, "tftp-ec", MAX, need, echo, NULL);
	ck_assert_ptr_nonnull(loop = loop_new(NULL));
	ck_assert_ptr_nonnull(ctx = tls_client_ctx(NULL));
}

static void
tear_down(void)
{
	msg_client_free(client);
	client = NULL;
	tls_ctx_unref(ctx);
	loop_free(loop);
	msg_lab_stop(&lab);
}

static void
dial(const struct net_addr *a)
{
	struct err e = { 0 };

	client = msg_client_new(loop, a, ctx, &def, &got, &e);
	ck_assert_msg(client != NULL, "%s", e.msg);
}

/* Send one, and run until its answer is there. */
static int
talk(const char *message, int64_t ms)
{
	ck_assert_int_eq(msg_client_send(client, (const uint8_t *)message,
	    strlen(message), ms, NULL), ERR_OK);
	ck_assert_int_eq(loop_run(loop, NULL), ERR_OK);
	return got.code;
}

START_TEST(one)
{
	dial(&lab.addr);
	ck_assert_msg(talk("\5hello", PATIENCE_MS) == ERR_OK, "%s", got.why);
	ck_assert_uint_eq(got.len, 6);
	ck_assert_mem_eq(got.buf, "\5hello", 6);
	ck_assert_uint_eq(got.answers, 1);
	ck_assert_uint_eq(got.checked, 1);
}
END_TEST

/* From within the answer, and between runs of the loop. */
START_TEST(many_on_one_connection)
{
	dial(&lab.addr);
	got.left = 49;
	ck_assert_msg(talk("\5hello", PATIENCE_MS) == ERR_OK, "%s", got.why);
	ck_assert_uint_eq(got.answers, 50);
	ck_assert_int_eq(talk("\2ab", PATIENCE_MS), ERR_OK);
	ck_assert_mem_eq(got.buf, "\2ab", 3);
	ck_assert_uint_eq(got.checked, 1);
}
END_TEST

/* Put and expect: several on their way, in pieces, nothing read between. */
START_TEST(by_turns)
{
	dial(&lab.addr);
	msg_client_pieces(client, 1);
	ck_assert_int_eq(msg_client_put(client, (const uint8_t *)"\2ab", 3,
	    NULL), ERR_OK);
	for (unsigned i = 1; i <= 3; i++) {
		msg_client_expect(client, PATIENCE_MS);
		ck_assert_int_eq(loop_run(loop, NULL), ERR_OK);
		ck_assert_msg(got.code == ERR_OK, "%s", got.why);
		ck_assert_mem_eq(got.buf, "\2ab", 3);
		ck_assert_uint_eq(got.answers, i);
		ck_assert_int_eq(msg_client_put(client,
		    (const uint8_t *)"\2ab", 3, NULL), ERR_OK);
	}
	msg_client_finish(client);
}
END_TEST

START_TEST(nothing_comes)
{
	dial(&lab.addr);
	msg_client_expect(client, SHORT_MS);
	ck_assert_int_eq(loop_run(loop, NULL), ERR_OK);
	ck_assert_int_eq(got.code, ERR_TIMEOUT);
	/* It stays over: told again, at once. */
	ck_assert_int_eq(msg_client_put(client, (const uint8_t *)"\2ab", 3,
	    NULL), ERR_OK);
	msg_client_expect(client, PATIENCE_MS);
	ck_assert_int_eq(loop_run(loop, NULL), ERR_OK);
	ck_assert_int_eq(got.code, ERR_TIMEOUT);
	ck_assert_uint_eq(got.answers, 2);
}
END_TEST

START_TEST(freed_within)
{
	got.free_within = true;
	dial(&lab.addr);
	ck_assert_int_eq(talk("\5hello", PATIENCE_MS), ERR_OK);
	ck_assert_ptr_null(client);
	got.refuse = true;
	dial(&lab.addr);
	ck_assert_int_eq(talk("\5hello", PATIENCE_MS), ERR_VERIFY);
	ck_assert_ptr_null(client);
}
END_TEST

START_TEST(another_server)
{
	got.refuse = true;
	dial(&lab.addr);
	ck_assert_int_eq(talk("\5hello", PATIENCE_MS), ERR_VERIFY);
	ck_assert_ptr_nonnull(strstr(got.why, "certificate"));
	ck_assert_uint_eq(got.answers, 1);
	/* It stays so. */
	ck_assert_int_eq(talk("\5hello", PATIENCE_MS), ERR_VERIFY);
	ck_assert_uint_eq(got.answers, 2);
}
END_TEST

static const struct {
	const char	*message;
	int		 code;
	const char	*why;
} faults[] = {
	{ "\1B", ERR_PROTO, "no message" },
	{ "\1T", ERR_PROTO, "more than one answer" },
	{ "\1C", ERR_IO, "without an answer" },
};

START_TEST(bad_answers)
{
	dial(&lab.addr);
	ck_assert_int_eq(talk("\2ok", PATIENCE_MS), ERR_OK);
	ck_assert_int_eq(talk(faults[_i].message, PATIENCE_MS),
	    faults[_i].code);
	ck_assert_msg(strstr(got.why, faults[_i].why) != NULL, "%s", got.why);
	ck_assert_uint_eq(got.answers, 2);
}
END_TEST

START_TEST(nobody)
{
	struct net_addr a;

	(void)close(msg_lab_listen(&a));
	dial(&a);
	ck_assert_int_eq(talk("\5hello", PATIENCE_MS), ERR_UNREACHABLE);
	ck_assert_str_ne(got.why, "");
	ck_assert_uint_eq(got.checked, 0);
}
END_TEST

START_TEST(silence)
{
	struct net_addr a;
	int fd = msg_lab_listen(&a);

	dial(&a);
	ck_assert_int_eq(talk("\5hello", SHORT_MS), ERR_TIMEOUT);
	ck_assert_ptr_nonnull(strstr(got.why, "in time"));
	(void)close(fd);
}
END_TEST

START_TEST(not_tls)
{
	struct net_addr a;
	int fd = msg_lab_listen(&a), peer;

	dial(&a);
	/* The kernel has taken the connection: the words wait in it. */
	ck_assert_int_ne(peer = accept(fd, NULL, NULL), -1);
	ck_assert_int_eq(write(peer, "HTTP/1.0 400 no\r\n\r\n", 19), 19);
	ck_assert_int_eq(talk("\5hello", PATIENCE_MS), ERR_PROTO);
	ck_assert_ptr_nonnull(strstr(got.why, "TLS handshake"));
	(void)close(peer);
	(void)close(fd);
}
END_TEST

START_TEST(no_descriptor)
{
	struct rlimit old, none;
	struct err e = { 0 };

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = old.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	client = msg_client_new(loop, &lab.addr, ctx, &def, &got, &e);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	ck_assert_ptr_null(client);
	ck_assert_int_eq(e.code, ERR_LIMIT);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("msg_client");
	TCase *t = tcase_create("msg_client");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, one);
	tcase_add_test(t, many_on_one_connection);
	tcase_add_test(t, by_turns);
	tcase_add_test(t, nothing_comes);
	tcase_add_test(t, freed_within);
	tcase_add_test(t, another_server);
	tcase_add_loop_test(t, bad_answers, 0, (int)N_OF(faults));
	tcase_add_test(t, nobody);
	tcase_add_test(t, silence);
	tcase_add_test(t, not_tls);
	tcase_add_test(t, no_descriptor);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
