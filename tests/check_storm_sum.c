/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/storm_sum.c: counts, reasons, percentiles.
 */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "phonesim/storm_sum.h"

static struct storm_sum sum;

static void
teardown(void)
{
	storm_sum_clear(&sum);
}

static void
add(enum sim_outcome o, bool verified, const char *why, uint64_t us)
{
	struct sim_report r = { .outcome = o, .verified = verified };

	(void)snprintf(r.why, sizeof(r.why), "%s", why);
	storm_sum_add(&sum, "SEP1", &r, "", us);
}

START_TEST(percentiles)
{
	ck_assert_int_eq(storm_sum_init(&sum, 200, NULL), ERR_OK);
	ck_assert_uint_eq(storm_sum_percentile(&sum, 50), 0);
	for (uint64_t i = 100; i > 0; i--)
		add(SIM_TRUSTED, true, "", i * 10);
	storm_sum_sort(&sum);
	ck_assert_uint_eq(storm_sum_percentile(&sum, 50), 500);
	ck_assert_uint_eq(storm_sum_percentile(&sum, 95), 950);
	ck_assert_uint_eq(storm_sum_percentile(&sum, 99), 990);
	ck_assert_uint_eq(storm_sum_percentile(&sum, 100), 1000);
	add(SIM_TRUSTED, true, "", UINT64_C(1) << 40);
	storm_sum_sort(&sum);
	ck_assert_uint_eq(storm_sum_percentile(&sum, 100), UINT32_MAX);
	ck_assert_uint_eq(sum.outcome[SIM_TRUSTED], 101);
	ck_assert_uint_eq(sum.nreason, 0);
}
END_TEST

START_TEST(questions_to_tvs)
{
	struct sim_report r = { .outcome = SIM_TRUSTED, .verified = true,
	    .tvs = { .questions = 7, .valid = 4, .invalid = 2,
	    .unanswered = 1 } };

	ck_assert_int_eq(storm_sum_init(&sum, 2, NULL), ERR_OK);
	storm_sum_add(&sum, "SEP1", &r, "", 1);
	storm_sum_add(&sum, "SEP2", &r, "", 1);
	ck_assert_uint_eq(sum.tvs.questions, 14);
	ck_assert_uint_eq(sum.tvs.valid, 8);
	ck_assert_uint_eq(sum.tvs.invalid, 4);
	ck_assert_uint_eq(sum.tvs.unanswered, 2);
}
END_TEST

START_TEST(sessions_with_capf)
{
	struct sim_report r = { .outcome = SIM_TRUSTED, .verified = true,
	    .decrypted = true, .capf = { .sessions = 9, .installed = 3,
	    .fetched = 2, .deleted = 1, .refused = 2, .broken = 1 },
	    .capf_why = "CAPF a:3804: SEP1 is declined" };

	ck_assert_int_eq(storm_sum_init(&sum, 2, NULL), ERR_OK);
	storm_sum_add(&sum, "SEP1", &r, "", 1);
	r.capf_why[0] = '\0';
	r.decrypted = false;
	storm_sum_add(&sum, "SEP2", &r, "", 1);
	ck_assert_uint_eq(sum.capf.sessions, 18);
	ck_assert_uint_eq(sum.capf.installed, 6);
	ck_assert_uint_eq(sum.capf.fetched, 4);
	ck_assert_uint_eq(sum.capf.deleted, 2);
	ck_assert_uint_eq(sum.capf.refused, 4);
	ck_assert_uint_eq(sum.capf.broken, 2);
	ck_assert_uint_eq(sum.decrypted, 1);
	ck_assert_uint_eq(sum.nreason, 1);
	ck_assert_str_eq(sum.reason[0].text, "CAPF a:3804: NAME is declined");
}
END_TEST

START_TEST(reasons)
{
	ck_assert_int_eq(storm_sum_init(&sum, 10, NULL), ERR_OK);
	add(SIM_NOT_TRUSTED, false, "SEP1.cnf.xml: no, says SEP1", 1);
	storm_sum_reason(&sum, "SEP2", "SEP2.cnf.xml: no, says SEP2");
	storm_sum_reason(&sum, "SEP3", "SEP2.cnf.xml: no, says SEP2");
	add(SIM_TRUSTED, false, "nothing verified", 1);
	storm_sum_add(&sum, "SEP4", NULL, "disk of SEP4", 1);
	ck_assert_uint_eq(sum.done, 3);
	ck_assert_uint_eq(sum.failed, 1);
	ck_assert_uint_eq(sum.unverified, 1);
	ck_assert_uint_eq(sum.outcome[SIM_NOT_TRUSTED], 1);
	ck_assert_uint_eq(sum.nreason, 4);
	ck_assert_str_eq(sum.reason[0].text, "NAME.cnf.xml: no, says NAME");
	ck_assert_uint_eq(sum.reason[0].n, 2);
	ck_assert_str_eq(sum.reason[3].text, "disk of NAME");
}
END_TEST

START_TEST(reasons_are_bounded)
{
	char why[2 * ERR_MSG_MAX];

	ck_assert_int_eq(storm_sum_init(&sum, 1, NULL), ERR_OK);
	for (int i = 0; i < STORM_REASONS_MAX + 3; i++) {
		(void)snprintf(why, sizeof(why), "%d-%0600d", i, 0);
		storm_sum_reason(&sum, "SEP1", why);
	}
	ck_assert_uint_eq(sum.nreason, STORM_REASONS_MAX);
	ck_assert_uint_eq(sum.other, 3);
	ck_assert_uint_lt(strlen(sum.reason[0].text), ERR_MSG_MAX);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("storm_sum");
	TCase *t = tcase_create("storm_sum");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, percentiles);
	tcase_add_test(t, questions_to_tvs);
	tcase_add_test(t, sessions_with_capf);
	tcase_add_test(t, reasons);
	tcase_add_test(t, reasons_are_bounded);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
