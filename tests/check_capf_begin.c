/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * How certificate operations begin: who it is, and what he proves.
 */
#include <stdio.h>

#include "tests/capf_lab.h"

#define NOW	500000
#define INSTALL	"certificate-operation=install-upgrade"

/* --- what is pending --- */

START_TEST(who_is_it)
{
	cl_phone(CL_A, "", 5);
	ck_assert_int_eq(cl_begin(CL_B, 1, "", NOW), ERR_OK);
	cl_answered(CAPF_NO_DEVICE, CL_B);
	ck_assert_int_eq(cl_begin("no such", 1, "", NOW), ERR_OK);
	cl_answered(CAPF_DECLINED, "element 13");
	ck_assert_int_eq(cl_begin("jtapi.srv1", 1, "", NOW), ERR_OK);
	cl_answered(CAPF_NO_DEVICE, "");
	ck_assert_int_eq(cl_begin("sep000000000001", 1, "", NOW), ERR_OK);
	cl_answered(CAPF_NOTHING, "nothing is pending");
	ck_assert_str_eq(cl.task.owner.name, CL_A);
}
END_TEST

START_TEST(phone_with_a_dot)
{
	cl_phone("soft.1", INSTALL, 5);
	ck_assert_int_eq(cl_begin("soft.1", 1, "", NOW), ERR_OK);
	cl_answered(CAPF_GO, "");
	ck_assert_int_eq(cl.task.owner.kind, CAPF_PHONE);
	ck_assert_str_eq(cl.task.owner.name, "soft.1");
}
END_TEST

#define BY_STRING INSTALL " authentication-mode=by-authentication-string"

START_TEST(by_string)
{
	struct capf_owner o = cl_owner(CL_A);
	struct capf_progress p;

	cl_phone(CL_A, BY_STRING, 5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "12345678", NOW), ERR_OK);
	cl_answered(CAPF_DECLINED, "no authentication string is set");
	cl_phone(CL_A, "authentication-string=12345678", 6);
	for (int i = 2; i < 6; i++) {
		ck_assert_int_eq(cl_begin(CL_A, (uint32_t)i, i == 2 ?
		    "123456789" : i == 3 ? "1234567" : "12345679", NOW),
		    ERR_OK);
		cl_answered(CAPF_DECLINED, "wrong authentication string");
	}
	/* None at all is no guess. */
	ck_assert_int_eq(cl_begin(CL_A, 7, "", NOW), ERR_OK);
	cl_answered(CAPF_DECLINED, "sent no");
	ck_assert_int_eq(observed_capf_get(cl.observed, &o, &p, &cl.e),
	    ERR_OK);
	ck_assert_int_eq(p.wrong, CAPF_WRONG_MAX - 1);
	ck_assert_int_eq(cl_begin(CL_A, 8, "12345678", NOW), ERR_OK);
	cl_answered(CAPF_GO, "");
	ck_assert_int_eq(cl.task.op, CAPF_OP_INSTALL);
	ck_assert_int_eq(cl.task.key, KEY_RSA2048);
}
END_TEST

/* So many that the operation ends, no more than are looked at from each. */
static void
wrong_ones(uint32_t session)
{
	struct capf_hello h = { .device = CL_A, .string = "0000",
	    .now = NOW };

	for (uint32_t i = 0; i < CAPF_WRONG_TOTAL; i++) {
		h.session = session + i;
		(void)snprintf(h.address, sizeof(h.address), "192.0.2.%u",
		    100 + i / CAPF_WRONG_MAX);
		ck_assert_int_eq(cl_begin_with(&h), ERR_OK);
	}
}

START_TEST(too_many_wrong)
{
	cl_phone(CL_A, BY_STRING " authentication-string=1234", 6);
	wrong_ones(100);
	ck_assert(!cl_is_set(CL_A, SETTING_CERT_OPERATION));
	ck_assert(!cl_is_set(CL_A, SETTING_OPERATION_BY));
	ck_assert(!cl_is_set(CL_A, SETTING_AUTH_STRING));
	cl_outcome(CL_A, CAPF_FAILED, "too many wrong");
	ck_assert_int_eq(cl_begin(CL_A, 9, "12345678", NOW), ERR_OK);
	cl_answered(CAPF_NOTHING, "");
	/* Asked for again, it starts from nothing. */
	cl_phone(CL_A, INSTALL " authentication-string=12345678", NOW + 9);
	ck_assert_int_eq(cl_begin(CL_A, 10, "1111", NOW + 10), ERR_OK);
	cl_answered(CAPF_DECLINED, "wrong");
	ck_assert_int_eq(cl_begin(CL_A, 11, "12345678", NOW + 10), ERR_OK);
	cl_answered(CAPF_GO, "");
}
END_TEST

#define UNTIL " operation-completes-by=2030-01-01T00:00:00Z"

/* The same until the same day: what was counted before is over all the same. */
START_TEST(asked_again_alike)
{
	struct capf_owner o = cl_owner(CL_A);
	struct capf_progress p;

	cl_phone(CL_A, BY_STRING UNTIL " authentication-string=1234", 6);
	wrong_ones(100);
	cl_outcome(CL_A, CAPF_FAILED, "too many wrong");
	cl_phone(CL_A, BY_STRING UNTIL " authentication-string=12345678",
	    NOW);
	for (uint32_t i = 1; i < CAPF_WRONG_MAX; i++) {
		/* Within the same second, too. */
		ck_assert_int_eq(cl_begin(CL_A, 10 + i, "1111", NOW + i / 3),
		    ERR_OK);
		cl_answered(CAPF_DECLINED, "wrong");
		ck_assert_int_eq(observed_capf_get(cl.observed, &o, &p,
		    &cl.e), ERR_OK);
		ck_assert_int_eq(p.wrong, i);
	}
	ck_assert_int_eq(cl_begin(CL_A, 20, "12345678", NOW + 1), ERR_OK);
	cl_answered(CAPF_GO, "");
}
END_TEST

/* Who has not proved who he is takes no session from who has. */
START_TEST(stranger_meanwhile)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);
	struct capf_owner o = cl_owner(CL_A);
	struct capf_progress p;

	cl_phone(CL_A, BY_STRING " authentication-string=12345678", 6);
	ck_assert_int_eq(cl_begin(CL_A, 1, "12345678", NOW), ERR_OK);
	cl_answered(CAPF_GO, "");
	ck_assert_int_eq(cl_step(CL_A, 1, CAPF_STEP_KEY, NOW), ERR_OK);
	ck_assert_int_eq(cl_begin(CL_A, 2, "", NOW + 1), ERR_OK);
	cl_answered(CAPF_DECLINED, "sent no");
	ck_assert_int_eq(cl_begin(CL_A, 3, "0000", NOW + 1), ERR_OK);
	cl_answered(CAPF_DECLINED, "wrong");
	ck_assert_int_eq(observed_capf_get(cl.observed, &o, &p, &cl.e),
	    ERR_OK);
	ck_assert_int_eq(p.step, CAPF_STEP_KEY);
	ck_assert_int_eq(p.wrong, 1);
	ck_assert_int_eq(cl_issued(CL_A, 1, c, NOW + 2), ERR_OK);
	ck_assert_int_eq(cl_end(CL_A, 1, CAPF_OP_INSTALL, c, NOW + 3),
	    ERR_OK);
	cl_outcome(CL_A, CAPF_DONE, "");
	cert_free(c);
}
END_TEST

/* Strangers' tries are not the phone's: it has all of its own left. */
START_TEST(counted_apart)
{
	struct capf_owner o = cl_owner(CL_A);
	struct capf_end no = { .owner = o, .session = 30, .refused = true,
	    .op = CAPF_OP_INSTALL, .why = "no key", .now = NOW + 100 };
	struct capf_progress p;

	cl_phone(CL_A, BY_STRING " authentication-string=12345678", 6);
	for (uint32_t i = 1; i <= 10; i++) {
		ck_assert_int_eq(cl_begin(CL_A, i, i == 10 ? "0000" : "",
		    NOW + i * CAPF_RETRY_S), ERR_OK);
		cl_answered(CAPF_DECLINED, "");
	}
	ck_assert_int_eq(observed_capf_get(cl.observed, &o, &p, &cl.e),
	    ERR_OK);
	ck_assert_int_eq(p.tries, 0);
	ck_assert_int_eq(p.unproved, 10);
	ck_assert_int_eq(p.wrong, 1);
	ck_assert_str_eq(p.address, "192.0.2.9");
	ck_assert_str_eq(p.reason, "wrong authentication string");
	ck_assert_int_eq(cl_begin(CL_A, 30, "12345678", NOW + 400), ERR_OK);
	cl_answered(CAPF_GO, "");
	/* Its first: capf.key_generation_attempts are not used up. */
	ck_assert_int_eq(cl_end_with(&no), ERR_OK);
	ck_assert(cl_is_set(CL_A, SETTING_CERT_OPERATION));
	ck_assert_int_eq(observed_capf_get(cl.observed, &o, &p, &cl.e),
	    ERR_OK);
	ck_assert_int_eq(p.tries, 1);
}
END_TEST

/* What was not proved goes no further, whatever an engine says. */
START_TEST(not_proved_goes_no_further)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);

	cl_phone(CL_A, BY_STRING " authentication-string=12345678", 6);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	cl_answered(CAPF_DECLINED, "sent no");
	ck_assert_int_eq(cl_issued(CL_A, 1, c, NOW), ERR_BADSTATE);
	ck_assert_int_eq(cl_requested(CL_A, 1, c, NOW), ERR_BADSTATE);
	ck_assert_int_eq(cl_end(CL_A, 1, CAPF_OP_INSTALL, c, NOW),
	    ERR_BADSTATE);
	ck_assert(cl_is_set(CL_A, SETTING_CERT_OPERATION));
	cert_free(c);
}
END_TEST

/* Nothing more is sent for what is not asked for any more. */
START_TEST(cancelled_meanwhile)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);

	cl_phone(CL_A, INSTALL, 5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_step(CL_A, 1, CAPF_STEP_KEY, NOW), ERR_OK);
	cl_phone(CL_A, "certificate-operation=no-pending-operation "
	    "operation-completes-by=", 6);
	ck_assert_int_eq(cl_issued(CL_A, 1, c, NOW), ERR_BADSTATE);
	ck_assert_int_eq(cl_requested(CL_A, 1, c, NOW), ERR_BADSTATE);
	cert_free(c);
}
END_TEST

/* observed.db is newer than phonetrust.db: no more guesses for that. */
START_TEST(wrong_ones_are_not_forgotten)
{
	struct capf_owner o = cl_owner(CL_A);
	struct capf_progress p;

	cl_phone(CL_A, BY_STRING " authentication-string=12345678", 6);
	ck_assert_int_eq(cl_begin(CL_A, 1, "0000", NOW), ERR_OK);
	ck_assert_int_eq(observed_capf_get(cl.observed, &o, &p, &cl.e),
	    ERR_OK);
	(void)fix_i64(cl.observed, "UPDATE capf_progress SET wrong = "
	    "200000 "
	    "RETURNING wrong");
	ck_assert_int_eq(cl_begin(CL_A, 2, "12345678", NOW), ERR_OK);
	cl_answered(CAPF_DECLINED, "too many wrong");
	ck_assert(!cl_is_set(CL_A, SETTING_CERT_OPERATION));
}
END_TEST

static void
begin_by(uint32_t session, enum capf_proof proof, const struct cert *c)
{
	struct capf_hello h = { .device = CL_A, .session = session,
	    .address = "192.0.2.9", .proof = proof, .now = NOW };

	if (c != NULL)
		cert_sha256(c, h.sha256);
	ck_assert_int_eq(cl_begin_with(&h), ERR_OK);
}

START_TEST(by_certificate)
{
	struct cert *a = cl_cert(CL_A, 1, NULL, 0), *b = cl_cert(CL_B, 2,
	    NULL, 0), *next = cl_cert(CL_A, 3, NULL, 0), *lost = cl_cert(
	    CL_A, 4, NULL, 0);

	cl_phone(CL_A, INSTALL, 5);
	cl_install(CL_A, 1, a, NOW);
	cl_phone(CL_B, INSTALL, 5);
	cl_install(CL_B, 1, b, NOW);
	cl_phone(CL_A, INSTALL " authentication-mode="
	    "by-existing-certificate-precedence-to-lsc", 6);
	begin_by(2, CAPF_PROOF_NONE, NULL);
	cl_answered(CAPF_DECLINED, "showed no certificate");
	ck_assert_int_eq(cl_begin_with(&(struct capf_hello){ .device = CL_A,
	    .session = 22, .address = "192.0.2.9", .now = NOW,
	    .unproved = "no CA issued it" }), ERR_OK);
	cl_answered(CAPF_DECLINED, "no CA issued it");
	begin_by(3, CAPF_PROOF_LSC, b);
	cl_answered(CAPF_DECLINED, "another's");
	begin_by(4, CAPF_PROOF_LSC, a);
	cl_answered(CAPF_GO, "");
	/* Never sent to it, as far as is known. */
	begin_by(5, CAPF_PROOF_LSC, lost);
	cl_answered(CAPF_DECLINED, "not known here");
	/* Its "stored" was lost: we do not know it, the phone has it. */
	begin_by(24, CAPF_PROOF_LSC, a);
	ck_assert_int_eq(cl_issued(CL_A, 24, lost, NOW), ERR_OK);
	cl_phone(CL_A, "operation-completes-by="
	    "1970-02-01T00:00:00Z", NOW + 1);
	begin_by(25, CAPF_PROOF_LSC, lost);
	cl_answered(CAPF_GO, "");
	begin_by(6, CAPF_PROOF_MIC, lost);
	cl_answered(CAPF_GO, "");
	ck_assert_int_eq(cl_end(CL_A, 6, CAPF_OP_INSTALL, next, NOW),
	    ERR_OK);
	cl_phone(CL_A, INSTALL, 7);
	begin_by(7, CAPF_PROOF_LSC, a);
	cl_answered(CAPF_DECLINED, "superseded");
	cert_free(a);
	cert_free(b);
	cert_free(next);
	cert_free(lost);
}
END_TEST

/* Who was sent one in the phone's name, and kept it, is not the phone later,
 * whatever became of the phone's own; and who brings his own from another
 * cluster is. */
START_TEST(stranger_kept_one)
{
	struct cert *his = cl_cert(CL_A, 1, NULL, 0), *own = cl_cert(CL_A, 2,
	    NULL, 0);

	cl_phone(CL_A, INSTALL, 5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_issued(CL_A, 1, his, NOW), ERR_OK);
	cl_install(CL_A, 2, own, NOW);
	if (_i == 1) {
		cl_phone(CL_A, "certificate-operation=delete", NOW);
		ck_assert_int_eq(cl_begin(CL_A, 5, "", NOW), ERR_OK);
		ck_assert_int_eq(cl_end(CL_A, 5, CAPF_OP_DELETE, NULL, NOW),
		    ERR_OK);
	}
	cl_phone(CL_A, INSTALL " authentication-mode="
	    "by-existing-certificate-precedence-to-lsc", NOW + 1);
	begin_by(3, CAPF_PROOF_LSC, his);
	cl_answered(CAPF_DECLINED, "not known here");
	cl_phone(CL_B, INSTALL " authentication-mode="
	    "by-existing-certificate-precedence-to-lsc", NOW + 1);
	ck_assert_int_eq(cl_begin_with(&(struct capf_hello){ .device = CL_B,
	    .session = 4, .address = "192.0.2.9", .proof = CAPF_PROOF_LSC,
	    .now = NOW }), ERR_OK);
	cl_answered(CAPF_GO, "");
	cert_free(his);
	cert_free(own);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("capf_begin");
	TCase *t = tcase_create("steps");

	tcase_add_checked_fixture(t, cl_open, cl_close);
	tcase_add_loop_test(t, stranger_kept_one, 0, 2);
	tcase_add_test(t, who_is_it);
	tcase_add_test(t, phone_with_a_dot);
	tcase_add_test(t, by_string);
	tcase_add_test(t, too_many_wrong);
	tcase_add_test(t, asked_again_alike);
	tcase_add_test(t, stranger_meanwhile);
	tcase_add_test(t, counted_apart);
	tcase_add_test(t, not_proved_goes_no_further);
	tcase_add_test(t, cancelled_meanwhile);
	tcase_add_test(t, wrong_ones_are_not_forgotten);
	tcase_add_test(t, by_certificate);
	suite_add_tcase(s, t);
	return fix_run(s);
}
