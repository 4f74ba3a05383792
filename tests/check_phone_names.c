/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Names met in an import.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trust/phone_names.h"

START_TEST(once)
{
	struct phone_names p = { .seen = NULL };
	struct err e = { 0 };

	ck_assert_int_eq(phone_names_add(&p, "SEP0011223344AA", 2, &e), ERR_OK);
	ck_assert_int_eq(phone_names_add(&p, "lobby", 3, &e), ERR_OK);
	ck_assert_int_eq(phone_names_add(&p, "Lobby", 4, &e), ERR_OK);
	ck_assert_int_eq(phone_names_add(&p, "SEP0011223344AA", 5, &e),
	    ERR_ARG);
	ck_assert_str_eq(e.msg, "SEP0011223344AA stands in line 2 already");
	phone_names_clear(&p);
	ck_assert_int_eq(phone_names_add(&p, "SEP0011223344AA", 5, &e), ERR_OK);
	phone_names_clear(&p);
}
END_TEST

/* The table grows, and still knows the first and the last. */
START_TEST(many)
{
	enum { N = 20000 };
	struct phone_names p = { .seen = NULL };
	struct err e = { 0 };
	char name[24];

	for (int i = 0; i < N; i++) {
		(void)snprintf(name, sizeof(name), "SEP%012X", i);
		ck_assert_int_eq(phone_names_add(&p, name, i + 1, &e), ERR_OK);
	}
	ck_assert_int_eq(phone_names_add(&p, "SEP000000000000", 1, &e),
	    ERR_ARG);
	ck_assert_ptr_nonnull(strstr(e.msg, "line 1 already"));
	ck_assert_int_eq(phone_names_add(&p, name, 1, &e), ERR_ARG);
	ck_assert_ptr_nonnull(strstr(e.msg, "line 20000 already"));
	phone_names_clear(&p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("phone_names");
	TCase *t = tcase_create("names");
	SRunner *r;
	int failed;

	tcase_add_test(t, once);
	tcase_add_test(t, many);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
