/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which lines may stand in a batch; running them is tested end to end.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/batch.h"

START_TEST(batch_lines)
{
	static const struct { const char *text; size_t faults; } t[] = {
		{ "", 0 }, { "\n\r\n # x\n", 0 },
		{ "show itl\nph add X\r\n", 0 },
		{ "\xef\xbb\xbfshow itl\n", 0 },
		{ "show itl\n\xef\xbb\xbfshow itl\n", 1 },
		{ "nosuch\nshow itl\nphone add\n", 2 },
		{ "utils service start all\nphone import x\nexit\n", 3 },
		{ "phone add X --dry-run\npreflight phone add X\n", 2 },
		{ "phone add X --yes\n", 0 },
		{ "--json\nshow itl --json\nshow itl --state x\n-f x\n", 4 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ck_assert_msg(batch_check(t[i].text, strlen(t[i].text)) ==
		    t[i].faults, "%zu", i);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl_batch");
	TCase *tc = tcase_create("ctl_batch");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(tc, batch_lines);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
