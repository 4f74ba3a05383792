/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Tables as parts of manual pages.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/mdoc.h"

START_TEST(mdoc_running_text)
{
	static const struct { const char *text, *mdoc; } t[] = {
		{ "One.  Two (see\nThree).", "One.\nTwo (see\n.Pp\nThree).\n" },
		{ "Version 1.0 or a.b. c", "Version 1.0 or a.b. c\n" },
		{ ".hidden 'x'", "\\&.hidden 'x'\n" },
		{ "End.  .hidden", "End.\n\\&.hidden\n" },
		{ "with --file a\\b", "with \\-\\-file a\\eb\n" },
		{ "(Why?)  So", "(Why?)\nSo\n" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaaaaaaa bbbbbb", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nbbbbbb\n" },
	};
	char *got;
	size_t len;
	FILE *f;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		f = open_memstream(&got, &len);
		mdoc_text(f, t[i].text);
		(void)fclose(f);
		ck_assert_str_eq(got, t[i].mdoc);
		free(got);
	}
}
END_TEST

START_TEST(mdoc_template)
{
	static char in[] = "a\n@PARAMETERS@\nx @OPTIONS@\n@COMMANDS@\nz\n";
	char *got;
	size_t len;
	FILE *f = fmemopen(in, strlen(in), "r"), *to;

	to = open_memstream(&got, &len);
	ck_assert_int_eq(mdoc_page(f, to), 0);
	(void)fclose(f);
	(void)fclose(to);
	ck_assert_ptr_nonnull(strstr(got, "a\n.It Cm itl.digest\n"));
	ck_assert_ptr_nonnull(strstr(got, "\nx @OPTIONS@\n.It Cm "));
	ck_assert_ptr_nonnull(strstr(got, "\n.It Cm show itl Xo\n"));
	ck_assert_ptr_null(strstr(got, "complete Xo"));
	ck_assert_str_eq(got + len - 3, "\nz\n");
	free(got);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl_mdoc");
	TCase *tc = tcase_create("ctl_mdoc");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(tc, mdoc_running_text);
	tcase_add_test(tc, mdoc_template);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
