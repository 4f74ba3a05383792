/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What engine and signer say to one another: written, read, and refused.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "certs/sign_msg.h"

#define N_OF(a)	(sizeof(a) / sizeof((a)[0]))

static const uint8_t id[KEY_ID_LEN] = { 1, 2, 3 };
static const uint8_t digest[DIGEST_MAX] = { 8, 15, 22 };

START_TEST(request_round_trip)
{
	struct sign_request q = {
		.op = SIGN_OP_DIGEST, .alg = DIGEST_SHA512,
		.pad = KEY_PAD_ECDSA, .seq = 0x01020304, .data = digest,
		.len = 64,
	}, got;
	uint8_t buf[SIGN_MSG_MAX];
	size_t len;

	memcpy(q.id, id, sizeof(q.id));
	len = sign_request_put(&q, buf);
	ck_assert_uint_eq(len, 8 + 32 + 2 + 64);
	ck_assert_mem_eq(buf, "\1\1\4\1\1\2\3\4", 8);
	ck_assert_int_eq(sign_request_parse(&got, buf, len, NULL), ERR_OK);
	ck_assert_int_eq(got.alg, q.alg);
	ck_assert_int_eq(got.pad, q.pad);
	ck_assert_uint_eq(got.seq, q.seq);
	ck_assert_mem_eq(got.id, q.id, sizeof(q.id));
	ck_assert_uint_eq(got.len, 64);
	ck_assert_mem_eq(got.data, digest, 64);
	for (size_t cut = 0; cut < len; cut++)
		ck_assert_int_eq(sign_request_parse(&got, buf, cut, NULL),
		    ERR_PROTO);
	q.len = SIGN_MSG_DATA_MAX + 1;
	ck_assert_uint_eq(sign_request_put(&q, buf), 0);
}
END_TEST

START_TEST(decrypt_round_trip)
{
	struct sign_request q = {
		.op = SIGN_OP_DECRYPT, .tls_version = 0x0301,
		.seq = 0x01020304, .data = digest, .len = 64,
	}, got;
	uint8_t buf[SIGN_MSG_MAX];
	size_t len;

	memcpy(q.id, id, sizeof(q.id));
	len = sign_request_put(&q, buf);
	ck_assert_uint_eq(len, 8 + 32 + 2 + 64);
	ck_assert_mem_eq(buf, "\1\2\3\1\1\2\3\4", 8);
	ck_assert_int_eq(sign_request_parse(&got, buf, len, NULL), ERR_OK);
	ck_assert_int_eq(got.op, SIGN_OP_DECRYPT);
	ck_assert_uint_eq(got.tls_version, 0x0301);
	ck_assert_mem_eq(got.id, q.id, sizeof(q.id));
	ck_assert_uint_eq(got.len, 64);
	for (size_t cut = 0; cut < len; cut++)
		ck_assert_int_eq(sign_request_parse(&got, buf, cut, NULL),
		    ERR_PROTO);
	buf[2] = buf[3] = 0;		/* no version */
	ck_assert_int_eq(sign_request_parse(&got, buf, len, NULL), ERR_PROTO);
}
END_TEST

START_TEST(answer_round_trip)
{
	struct sign_answer a = {
		.op = SIGN_OP_DIGEST, .status = ERR_NOTFOUND, .seq = 9,
		.data = (const uint8_t *)"why", .len = 3,
	}, got;
	uint8_t buf[SIGN_MSG_MAX];
	size_t len = sign_answer_put(&a, buf);

	ck_assert_uint_eq(len, 8 + 2 + 3);
	ck_assert_int_eq(sign_answer_parse(&got, buf, len, NULL), ERR_OK);
	ck_assert_int_eq(got.status, ERR_NOTFOUND);
	ck_assert_uint_eq(got.seq, 9);
	ck_assert_mem_eq(got.data, "why", 3);
	for (size_t cut = 0; cut < len; cut++)
		ck_assert_int_eq(sign_answer_parse(&got, buf, cut, NULL),
		    ERR_PROTO);
	/* Errors that are not of one request become one. */
	a.status = ERR_UNREACHABLE;
	len = sign_answer_put(&a, buf);
	ck_assert_int_eq(sign_answer_parse(&got, buf, len, NULL), ERR_OK);
	ck_assert_int_eq(got.status, ERR_CRYPTO);
	a.len = SIGN_MSG_DATA_MAX + 1;
	ck_assert_uint_eq(sign_answer_put(&a, buf), 0);
}
END_TEST

/* Each byte that has only some values, at one it may not have. */
START_TEST(message_wrong)
{
	static const struct {
		size_t	at;
		uint8_t	value;
		bool	answer, request;
	} wrong[] = {
		{ 0, 0, true, true },
		{ 0, 2, true, true },
		{ 1, 0, true, true },
		{ 1, 3, true, true },
		{ 2, DIGEST_SHA512 + 1, false, true },
		{ 2, 2, true, false },	/* a status that is not a request's */
		{ 3, KEY_PAD_TLS10 + 1, true, true },
	};
	uint8_t rq[SIGN_MSG_MAX], an[SIGN_MSG_MAX];
	struct sign_request q = { .op = SIGN_OP_DIGEST, .data = digest };
	struct sign_answer a = { .op = SIGN_OP_DIGEST, .data = digest };
	size_t rqlen = sign_request_put(&q, rq);
	size_t anlen = sign_answer_put(&a, an);

	for (size_t i = 0; i < N_OF(wrong); i++) {
		uint8_t r = rq[wrong[i].at], n = an[wrong[i].at];

		rq[wrong[i].at] = wrong[i].value;
		an[wrong[i].at] = wrong[i].value;
		if (wrong[i].request)
			ck_assert_int_eq(sign_request_parse(&q, rq, rqlen,
			    NULL), ERR_PROTO);
		if (wrong[i].answer)
			ck_assert_int_eq(sign_answer_parse(&a, an, anlen,
			    NULL), ERR_PROTO);
		rq[wrong[i].at] = r;
		an[wrong[i].at] = n;
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sign_msg");
	TCase *tc = tcase_create("sign_msg");
	SRunner *r;
	int failed;

	tcase_add_test(tc, request_round_trip);
	tcase_add_test(tc, decrypt_round_trip);
	tcase_add_test(tc, answer_round_trip);
	tcase_add_test(tc, message_wrong);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
