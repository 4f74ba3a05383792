/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A phone has stored the certificate that it was sent, and its word got lost:
 * what becomes of it when it shows that certificate, and what does not.
 */
#include <stdio.h>
#include <string.h>

#include "tests/capf_lab.h"

#define NOW	500000
#define INSTALL	"certificate-operation=install-upgrade " \
		"key-order=ec-only ec-key-size=256"
#define STRING	" authentication-mode=by-authentication-string " \
		"authentication-string=12345678"

static struct cert *sent;

/* Sent to CL_A in session 1, and nothing more was heard. */
static void
set_up(void)
{
	cl_open();
	sent = cl_cert(CL_A, 1, NULL, 0);
	cl_phone(CL_A, INSTALL STRING, 5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "12345678", NOW), ERR_OK);
	ck_assert_int_eq(cl_issued(CL_A, 1, sent, NOW), ERR_OK);
}

static void
tear_down(void)
{
	cert_free(sent);
	cl_close();
}

static void
shows(const char *phone, const struct cert *c, enum capf_proof proof,
    int64_t now)
{
	struct capf_hello h = { .session = (uint32_t)now, .proof = proof,
	    .address = "192.0.2.9", .now = now };

	(void)strcpy(h.device, phone);
	cert_sha256(c, h.sha256);
	ck_assert_msg(cl_begin_with(&h) == ERR_OK, "%s", cl.e.msg);
}

static bool
is_his(const struct cert *c)
{
	struct row_device_cert d;
	uint8_t sha[32];

	cert_sha256(c, sha);
	return row_device_cert_by_sha256(cl.db, sha, &d, NULL) == ERR_OK &&
	    d.state == DEVICE_CURRENT;
}

/* Nobody types the string again, and no other key is made. */
START_TEST(shown_again)
{
	shows(CL_A, sent, CAPF_PROOF_LSC, NOW + 60);
	ck_assert_int_eq(cl.task.answer, CAPF_NOTHING);
	ck_assert(is_his(sent));
	cl_outcome(CL_A, CAPF_DONE, "");
	ck_assert(!cl_is_set(CL_A, SETTING_CERT_OPERATION));
	ck_assert(!cl_is_set(CL_A, SETTING_AUTH_STRING));
	shows(CL_A, sent, CAPF_PROOF_LSC, NOW + 61);
	ck_assert_int_eq(cl.task.answer, CAPF_NOTHING);
}
END_TEST

/* A MIC, or no signature that was verified, says nothing about it. */
START_TEST(not_proved)
{
	shows(CL_A, sent, CAPF_PROOF_MIC, NOW + 60);
	ck_assert_int_eq(cl.task.answer, CAPF_DECLINED);
	shows(CL_A, sent, CAPF_PROOF_NONE, NOW + 61);
	ck_assert_int_eq(cl.task.answer, CAPF_DECLINED);
	ck_assert(!is_his(sent));
}
END_TEST

/* One that was never sent, or to another. */
START_TEST(not_sent)
{
	struct cert *other = cl_cert(CL_A, 2, NULL, 0);

	shows(CL_A, other, CAPF_PROOF_LSC, NOW + 60);
	ck_assert_int_eq(cl.task.answer, CAPF_DECLINED);
	cl_phone(CL_B, INSTALL STRING, 5);
	shows(CL_B, sent, CAPF_PROOF_LSC, NOW + 60);
	ck_assert_int_eq(cl.task.answer, CAPF_DECLINED);
	ck_assert(!is_his(sent) && !is_his(other));
	cert_free(other);
}
END_TEST

/* It would be another key today. */
START_TEST(another_key_wanted)
{
	cl_phone(CL_A, "ec-key-size=384", NOW + 1);
	shows(CL_A, sent, CAPF_PROOF_LSC, NOW + 60);
	ck_assert_int_eq(cl.task.answer, CAPF_DECLINED);
	ck_assert(!is_his(sent));
}
END_TEST

/* What was sent for an operation that has ended is nothing to the next. */
START_TEST(another_operation)
{
	ck_assert_int_eq(cl_fail(CL_A, "no more", NOW + 1), ERR_OK);
	cl_phone(CL_A, INSTALL STRING, NOW + 2);
	shows(CL_A, sent, CAPF_PROOF_LSC, NOW + 60);
	ck_assert_int_eq(cl.task.answer, CAPF_DECLINED);
	ck_assert(!is_his(sent));
	cl_phone(CL_A, "certificate-operation=delete", NOW + 70);
	shows(CL_A, sent, CAPF_PROOF_LSC, NOW + 80);
	ck_assert_int_eq(cl.task.answer, CAPF_DECLINED);
}
END_TEST

/* Taken back and asked for with better proof, as another may have been sent
 * it; by cancelling, and with the same time again. */
START_TEST(taken_back)
{
	static const char *const until[] = { "",
	    " operation-completes-by=1970-02-01T00:00:00Z" };
	char anew[256];

	cl_phone(CL_B, INSTALL " authentication-mode=by-null-string", 5);
	cert_free(sent);
	sent = cl_cert(CL_B, 2, NULL, 0);
	ck_assert_int_eq(cl_begin(CL_B, 3, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_issued(CL_B, 3, sent, NOW), ERR_OK);
	cl_phone(CL_B, "certificate-operation=no-pending-operation",
	    NOW + 1);
	(void)snprintf(anew, sizeof(anew), INSTALL STRING "%s", until[_i]);
	cl_phone(CL_B, anew, NOW + 2);
	shows(CL_B, sent, CAPF_PROOF_LSC, NOW + 60);
	ck_assert_int_eq(cl.task.answer, CAPF_DECLINED);
	ck_assert(!is_his(sent));
	shows(CL_B, sent, CAPF_PROOF_LSC, NOW + 61);
	ck_assert_int_eq(cl.task.answer, CAPF_DECLINED);
	ck_assert(!is_his(sent));
}
END_TEST

/* Another time to be ready by is another operation: a new key. */
START_TEST(asked_anew)
{
	cl_phone(CL_A, "operation-completes-by=1970-02-01T00:00:00Z",
	    NOW + 1);
	shows(CL_A, sent, CAPF_PROOF_LSC, NOW + 60);
	ck_assert_int_eq(cl.task.answer, CAPF_DECLINED);
	ck_assert(!is_his(sent));
}
END_TEST

/* It has a newer one: no step back. */
START_TEST(superseded)
{
	struct cert *next = cl_cert(CL_A, 2, NULL, 0);

	shows(CL_A, sent, CAPF_PROOF_LSC, NOW + 60);
	cl_phone(CL_A, INSTALL STRING, NOW + 70);
	ck_assert_int_eq(cl_begin(CL_A, 2, "12345678", NOW + 71), ERR_OK);
	ck_assert_int_eq(cl_issued(CL_A, 2, next, NOW + 71), ERR_OK);
	ck_assert_int_eq(cl_end(CL_A, 2, CAPF_OP_INSTALL, next, NOW + 72),
	    ERR_OK);
	cl_phone(CL_A, INSTALL STRING, NOW + 80);
	shows(CL_A, sent, CAPF_PROOF_LSC, NOW + 81);
	ck_assert_int_eq(cl.task.answer, CAPF_DECLINED);
	ck_assert(is_his(next));
	cert_free(next);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("capf_confirm");
	TCase *t = tcase_create("confirm");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, shown_again);
	tcase_add_test(t, not_proved);
	tcase_add_test(t, not_sent);
	tcase_add_test(t, another_key_wanted);
	tcase_add_test(t, another_operation);
	tcase_add_loop_test(t, taken_back, 0, 2);
	tcase_add_test(t, asked_anew);
	tcase_add_test(t, superseded);
	suite_add_tcase(s, t);
	return fix_run(s);
}
