/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One line a minute, with the count of those since the last.
 */
#include <check.h>
#include <stdlib.h>

#include "base/seldom.h"

START_TEST(once_a_minute)
{
	struct seldom s = { 0 };
	uint64_t n = 0;

	ck_assert(seldom_due(&s, 5, &n));
	ck_assert_uint_eq(n, 1);
	for (int64_t t = 5; t < 5 + SELDOM_MS; t += 1000)
		ck_assert(!seldom_due(&s, t, &n));
	ck_assert(seldom_due(&s, 5 + SELDOM_MS, &n));
	ck_assert_uint_eq(n, 61);
	ck_assert(!seldom_due(&s, 6 + SELDOM_MS, &n));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("seldom");
	TCase *tc = tcase_create("seldom");
	SRunner *r;
	int failed;

	tcase_add_test(tc, once_a_minute);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
