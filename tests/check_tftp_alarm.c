/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Deadlines in a heap: against a plain search.
 */
#include <check.h>
#include <stdlib.h>

#include "tftpd/tftp_alarm.h"

#define N	500

static struct tftp_alarm a[N];
static struct tftp_alarms h;

static void
setup(void)
{
	for (size_t i = 0; i < N; i++)
		a[i] = (struct tftp_alarm){ 0 };
	h = (struct tftp_alarms){ 0 };
}

static void
teardown(void)
{
	tftp_alarms_clear(&h);
}

static int64_t
earliest(void)
{
	int64_t min = INT64_MAX;

	for (size_t i = 0; i < N; i++)
		if (a[i].pos != 0 && a[i].at_ms < min)
			min = a[i].at_ms;
	return min;
}

START_TEST(in_order)
{
	int64_t last = -1;

	ck_assert_ptr_null(tftp_alarm_first(&h));
	for (int64_t i = 0; i < N; i++)
		ck_assert(tftp_alarm_set(&h, &a[i], i * 7919 % 1000));
	for (size_t i = 0; i < N; i++) {
		struct tftp_alarm *f = tftp_alarm_first(&h);

		ck_assert_int_ge(f->at_ms, last);
		last = f->at_ms;
		tftp_alarm_stop(&h, f);
		ck_assert_uint_eq(f->pos, 0);
	}
	ck_assert_ptr_null(tftp_alarm_first(&h));
}
END_TEST

/* Set, moved both ways and stopped in disorder. */
START_TEST(any_order)
{
	uint32_t r = 1;

	for (int i = 0; i < 20000; i++) {
		struct tftp_alarm *p = &a[(r >> 8) % N];

		r = r * 1664525 + 1013904223;
		if ((r >> 28) < 5)
			tftp_alarm_stop(&h, p);
		else
			ck_assert(tftp_alarm_set(&h, p, r >> 12));
		if (tftp_alarm_first(&h) != NULL)
			ck_assert_int_eq(tftp_alarm_first(&h)->at_ms,
			    earliest());
		else
			ck_assert_int_eq(earliest(), INT64_MAX);
	}
}
END_TEST

START_TEST(stopped_twice)
{
	tftp_alarm_stop(&h, &a[0]);
	ck_assert(tftp_alarm_set(&h, &a[0], 5));
	tftp_alarm_stop(&h, &a[0]);
	tftp_alarm_stop(&h, &a[0]);
	ck_assert_ptr_null(tftp_alarm_first(&h));
	ck_assert(tftp_alarm_set(&h, &a[0], 6));
	ck_assert_ptr_eq(tftp_alarm_first(&h), &a[0]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tftp_alarm");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);	/* valgrind */
	tcase_add_test(tc, in_order);
	tcase_add_test(tc, any_order);
	tcase_add_test(tc, stopped_twice);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
