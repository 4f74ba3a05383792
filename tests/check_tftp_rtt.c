/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The estimator of RFC 6298, by hand.
 */
#include <check.h>
#include <stdlib.h>

#include "tftpd/tftp_rtt.h"

START_TEST(first_sample)
{
	struct tftp_rtt r = { 0 };

	ck_assert(!r.known);
	tftp_rtt_sample(&r, 100);
	ck_assert(r.known);
	/* SRTT = R, RTTVAR = R/2: 100 + 4 * 50 */
	ck_assert_int_eq(tftp_rtt_timeout(&r, 1, 10000), 300);
}
END_TEST

START_TEST(second_sample)
{
	struct tftp_rtt r = { 0 };

	tftp_rtt_sample(&r, 100);
	tftp_rtt_sample(&r, 180);
	/* RTTVAR = 3/4 * 50 + 1/4 * 80 = 57.5, SRTT = 7/8 * 100 + 1/8 * 180 =
	 * 110: 110 + 230, one less or more for whole numbers */
	ck_assert_int_ge(tftp_rtt_timeout(&r, 1, 10000), 338);
	ck_assert_int_le(tftp_rtt_timeout(&r, 1, 10000), 341);
}
END_TEST

START_TEST(steady)
{
	struct tftp_rtt r = { 0 };

	for (int i = 0; i < 100; i++)
		tftp_rtt_sample(&r, 40);
	ck_assert_int_ge(tftp_rtt_timeout(&r, 1, 10000), 41);
	ck_assert_int_le(tftp_rtt_timeout(&r, 1, 10000), 45);
}
END_TEST

START_TEST(follows)
{
	struct tftp_rtt r = { 0 };

	for (int i = 0; i < 50; i++)
		tftp_rtt_sample(&r, 5);
	tftp_rtt_sample(&r, 400);
	ck_assert_int_ge(tftp_rtt_timeout(&r, 1, 10000), 400);
	for (int i = 0; i < 100; i++)
		tftp_rtt_sample(&r, 400);
	ck_assert_int_ge(tftp_rtt_timeout(&r, 1, 10000), 390);
	ck_assert_int_le(tftp_rtt_timeout(&r, 1, 10000), 410);
}
END_TEST

START_TEST(bounds)
{
	struct tftp_rtt r = { 0 };

	for (int i = 0; i < 10; i++)
		tftp_rtt_sample(&r, 0);
	ck_assert_int_eq(tftp_rtt_timeout(&r, 0, 8000), 1);
	ck_assert_int_eq(tftp_rtt_timeout(&r, 50, 8000), 50);
	tftp_rtt_sample(&r, 100000);
	ck_assert_int_eq(tftp_rtt_timeout(&r, 50, 8000), 8000);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tftp_rtt");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, first_sample);
	tcase_add_test(tc, second_sample);
	tcase_add_test(tc, steady);
	tcase_add_test(tc, follows);
	tcase_add_test(tc, bounds);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
