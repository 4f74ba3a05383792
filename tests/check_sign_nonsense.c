/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A signer that answers nonsense, and an engine that asks it.
 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "certs/sign.h"
#include "certs/sign_msg.h"
#include "certs/signed.h"
#include "tests/premaster.h"
#include "tests/sign_fix.h"

/* --- a signer that answers nonsense --- */

enum nonsense {
	ANSWER_EMPTY_SIG,
	ANSWER_OTHER_SEQ,
	ANSWER_OTHER_OP,
	ANSWER_SHORT,
	ANSWER_LONG,
	ANSWER_HUGE,
	ANSWER_STATUS,
	ANSWER_NNONSENSE
};

static size_t
make_nonsense(enum nonsense kind, enum sign_op op, uint32_t seq, uint8_t *buf,
    size_t max)
{
	struct sign_answer a = {
		.op = op, .seq = seq, .data = digest,
		.len = KEY_PREMASTER_LEN,
	};
	size_t len;

	if (kind == ANSWER_EMPTY_SIG)
		a.len = 0;
	if (kind == ANSWER_OTHER_SEQ)
		a.seq++;
	if (kind == ANSWER_OTHER_OP)
		a.op = op == SIGN_OP_DIGEST ? SIGN_OP_DECRYPT :
		    SIGN_OP_DIGEST;
	len = sign_answer_put(&a, buf);
	if (kind == ANSWER_SHORT)
		return len - 1;
	if (kind == ANSWER_LONG)
		return len + 1;
	if (kind == ANSWER_STATUS)
		buf[2] = (uint8_t)-ERR_TIMEOUT;
	return kind == ANSWER_HUGE ? max : len;
}

/* The answer waits in the socket before the request is made. */
START_TEST(nonsense_answer)
{
	uint8_t buf[SIGN_MSG_MAX + 1] = { 0 };
	struct signer *s;
	struct err e = { 0 };
	int fds[2];
	size_t len;

	ck_assert_int_eq(signer_pair(fds, NULL), ERR_OK);
	ck_assert_ptr_nonnull(s = signer_remote_new(fds[0], &e));
	len = make_nonsense((enum nonsense)_i, SIGN_OP_DIGEST, 1, buf,
	    sizeof(buf));
	ck_assert_int_eq(send(fds[1], buf, len, 0), len);
	ck_assert_msg(sign_with(s, ccm, DIGEST_SHA1, &e) == ERR_PROTO,
	    "case %d: %s", _i, e.msg);
	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA1, &e), ERR_PROTO);
	signer_free(s);
	(void)close(fds[1]);
}
END_TEST

/* Nor is anything but a whole secret taken for one. */
START_TEST(nonsense_secret)
{
	uint8_t buf[SIGN_MSG_MAX + 1] = { 0 };
	struct signer *s;
	struct err e = { 0 };
	int fds[2];
	size_t len;
	bool found;

	ck_assert_int_eq(signer_pair(fds, NULL), ERR_OK);
	ck_assert_ptr_nonnull(s = signer_remote_new(fds[0], &e));
	if (_i < ANSWER_NNONSENSE) {
		len = make_nonsense((enum nonsense)_i, SIGN_OP_DECRYPT, 1,
		    buf, sizeof(buf));
	} else {
		struct sign_answer a = {
			.op = SIGN_OP_DECRYPT, .seq = 1, .data = digest,
			.len = _i == ANSWER_NNONSENSE ?
			    KEY_PREMASTER_LEN - 1 : KEY_PREMASTER_LEN + 1,
		};
		len = sign_answer_put(&a, buf);
	}
	ck_assert_int_eq(send(fds[1], buf, len, 0), len);
	ck_assert_msg(decrypt_with(s, PREMASTER_GOOD, &found, &e) ==
	    ERR_PROTO, "case %d: %s", _i, e.msg);
	ck_assert_int_eq(decrypt_with(s, PREMASTER_GOOD, &found, &e),
	    ERR_PROTO);
	signer_free(s);
	(void)close(fds[1]);
}
END_TEST

/* On the socket too, one answer looks like the other. */
START_TEST(no_oracle)
{
	uint8_t in[KEY_SIG_MAX], plain[KEY_PREMASTER_LEN], buf[SIGN_MSG_MAX];
	struct sign_request q = {
		.op = SIGN_OP_DECRYPT, .tls_version = 0x0303, .data = in,
	};
	int fd;

	memcpy(q.id, ccm_id, sizeof(q.id));
	start_signer(&fd, 1, -1);
	for (int kind = 0; kind < PREMASTER_N; kind++) {
		size_t len;

		q.len = premaster_make((enum premaster)kind, ccm, 0x0303,
		    plain, in);
		len = sign_request_put(&q, buf);
		ck_assert_int_eq(send(fd, buf, len, 0), len);
		ck_assert_int_eq(recv(fd, buf, sizeof(buf), 0),
		    8 + 2 + KEY_PREMASTER_LEN);
		ck_assert_mem_eq(buf, "\1\2\0\0\0\0\0\0\0\60", 10);
	}
	(void)close(fd);
	ck_assert_int_eq(child_status(), 0);
}
END_TEST

/* A well-formed answer with a wrong signature never gets into a file. */
START_TEST(wrong_signature)
{
	struct sign_answer a = { .op = SIGN_OP_DIGEST, .seq = 1 };
	struct signed_build b = {
		.signer = ccm, .name = "a.sgn", .digest = DIGEST_SHA1,
	};
	uint8_t buf[SIGN_MSG_MAX], sig[256] = { 1 }, *out;
	struct signer *s;
	struct err e = { 0 };
	int fds[2];
	size_t len;

	for (a.len = 255; a.len <= 256; a.len++) {
		a.data = sig;
		ck_assert_int_eq(signer_pair(fds, NULL), ERR_OK);
		ck_assert_ptr_nonnull(s = signer_remote_new(fds[0], &e));
		len = sign_answer_put(&a, buf);
		ck_assert_int_eq(send(fds[1], buf, len, 0), len);
		ck_assert_int_eq(signed_build(&b, NULL, 0, s, &out, &len, &e),
		    ERR_CRYPTO);
		ck_assert_ptr_nonnull(strstr(e.msg, "does not verify"));
		ck_assert_ptr_null(out);
		signer_free(s);
		(void)close(fds[1]);
	}
}
END_TEST

/* --- an engine that asks nonsense --- */

/* The channel is closed, the others go on. */
START_TEST(nonsense_request)
{
	uint8_t buf[SIGN_MSG_MAX + 1] = { 0 };
	struct sign_request q = {
		.op = SIGN_OP_DIGEST, .alg = DIGEST_SHA1, .data = digest,
		.len = 20,
	};
	size_t len = sign_request_put(&q, buf);
	struct signer *s;
	struct err e = { 0 };
	int fds[2];

	switch (_i) {
	case 0:
		len = 1;
		break;
	case 1:
		len--;
		break;
	case 2:
		len = sizeof(buf);	/* longer than any request */
		break;
	case 3:
		buf[1] = 3;		/* an operation that is not known */
		break;
	}
	start_signer(fds, 2, -1);
	ck_assert_ptr_nonnull(s = signer_remote_new(fds[1], &e));
	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA1, &e), ERR_OK);
	ck_assert_int_eq(send(fds[0], buf, len, 0), len);
	ck_assert_int_eq(recv(fds[0], buf, sizeof(buf), 0), 0);
	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA1, &e), ERR_OK);
	(void)close(fds[0]);
	signer_free(s);
	ck_assert_int_eq(child_status(), 0);
}
END_TEST

static void *
ask_often(void *arg)
{
	struct signer *s = signer_remote_new(*(int *)arg, NULL);
	struct err e = { 0 };

	if (s == NULL)
		abort();
	for (int i = 0; i < 30; i++)
		if (sign_with(s, i % 2 == 0 ? ccm : ec, DIGEST_SHA256, &e) !=
		    ERR_OK)
			abort();
	signer_free(s);
	return NULL;
}

/* Every loop by its own thread, with the same keys. */
START_TEST(all_at_once)
{
	pthread_t t[NCHANNELS];
	int fds[NCHANNELS];

	start_signer(fds, NCHANNELS, -1);
	for (size_t i = 0; i < NCHANNELS; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, ask_often,
		    &fds[i]), 0);
	for (size_t i = 0; i < NCHANNELS; i++)
		ck_assert_int_eq(pthread_join(t[i], NULL), 0);
	ck_assert_int_eq(child_status(), 0);
}
END_TEST

/* All threads end, whoever still has a channel. */
START_TEST(stops_all)
{
	struct signer *s;
	struct err e = { 0 };
	int fds[NCHANNELS], stop[2];

	ck_assert_int_eq(pipe(stop), 0);
	start_signer(fds, NCHANNELS, stop[0]);
	ck_assert_ptr_nonnull(s = signer_remote_new(fds[NCHANNELS - 1], &e));
	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA1, &e), ERR_OK);
	ck_assert_int_eq(write(stop[1], "", 1), 1);
	ck_assert_int_eq(child_status(), 0);
	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA1, &e), ERR_UNREACHABLE);
	signer_free(s);
	for (size_t i = 0; i + 1 < NCHANNELS; i++)
		(void)close(fds[i]);
	(void)close(stop[0]);
	(void)close(stop[1]);
}
END_TEST

/* An engine that never reads its answers loses its channel. */
START_TEST(deaf_engine)
{
	uint8_t buf[SIGN_MSG_MAX];
	struct sign_request q = {
		.op = SIGN_OP_DIGEST, .alg = DIGEST_SHA1, .data = digest,
		.len = 20,
	};
	size_t len = sign_request_put(&q, buf);
	int fd;

	start_signer(&fd, 1, -1);
	while (send(fd, buf, len, MSG_NOSIGNAL) == (ssize_t)len)
		;
	ck_assert(errno == EPIPE || errno == ECONNRESET);
	ck_assert_int_eq(child_status(), 0);
	(void)close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sign_nonsense");
	TCase *tc = tcase_create("sign");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, nonsense_answer, 0, ANSWER_NNONSENSE);
	tcase_add_loop_test(tc, nonsense_secret, 0, ANSWER_NNONSENSE + 2);
	tcase_add_test(tc, no_oracle);
	tcase_add_test(tc, wrong_signature);
	tcase_add_loop_test(tc, nonsense_request, 0, 4);
	tcase_add_test(tc, all_at_once);
	tcase_add_test(tc, stops_all);
	tcase_add_test(tc, deaf_engine);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
