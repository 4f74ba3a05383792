/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * How long a text is on a terminal.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/pager.h"

START_TEST(rows)
{
	static const struct { const char *text; size_t columns, rows; } t[] = {
		{ "", 80, 0 }, { "a", 80, 1 }, { "a\n", 80, 1 },
		{ "a\nb\n", 80, 2 }, { "\n\n\n", 80, 3 },
		{ "12345\n", 5, 1 }, { "123456\n", 5, 2 },
		{ "12345678901", 5, 3 }, { "1234567890\n", 0, 1 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ck_assert_uint_eq(pager_rows(t[i].text, strlen(t[i].text),
		    t[i].columns), t[i].rows);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl_pager");
	TCase *tc = tcase_create("ctl_pager");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(tc, rows);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
