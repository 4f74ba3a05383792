/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The error object.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

START_TEST(set)
{
	struct err e = { 0 };

	ck_assert_int_eq(err_set(&e, ERR_LIMIT, "%d of %s", 3, "x"),
	    ERR_LIMIT);
	ck_assert_int_eq(e.code, ERR_LIMIT);
	ck_assert_int_eq(e.sys, 0);
	ck_assert(e.off == ERR_NO_OFFSET);
	ck_assert_str_eq(e.msg, "3 of x");
	ck_assert_int_eq(err_set(NULL, ERR_ARG, "x"), ERR_ARG);
}
END_TEST

START_TEST(sys)
{
	struct err e = { 0 };

	errno = ENOENT;
	ck_assert_int_eq(err_sys(&e, ERR_NOTFOUND, "%s", "f"), ERR_NOTFOUND);
	ck_assert_int_eq(e.sys, ENOENT);
	ck_assert_str_eq(e.msg, "f: No such file or directory");
	ck_assert_int_eq(err_sys(NULL, ERR_IO, "x"), ERR_IO);
}
END_TEST

START_TEST(at)
{
	struct err e = { 0 };

	ck_assert_int_eq(err_at(&e, ERR_PROTO, 17, "bad tag"), ERR_PROTO);
	ck_assert_uint_eq(e.off, 17);
	ck_assert_str_eq(e.msg, "bad tag, at byte 17");
	ck_assert_int_eq(err_at(NULL, ERR_PROTO, 1, "x"), ERR_PROTO);
}
END_TEST

START_TEST(wrap)
{
	struct err e = { 0 };

	(void)err_at(&e, ERR_PROTO, 5, "inner");
	ck_assert_int_eq(err_wrap(&e, "record %d", 2), ERR_PROTO);
	ck_assert_str_eq(e.msg, "record 2: inner, at byte 5");
	ck_assert_uint_eq(e.off, 5);
	ck_assert_int_eq(err_wrap(NULL, "x"), ERR_IO);
}
END_TEST

/* Cut, always ended. */
START_TEST(long_text)
{
	char text[2 * ERR_MSG_MAX];
	struct err e = { 0 };

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	(void)err_set(&e, ERR_IO, "%s", text);
	ck_assert_uint_eq(strlen(e.msg), ERR_MSG_MAX - 1);
	(void)err_wrap(&e, "y");
	ck_assert_uint_eq(strlen(e.msg), ERR_MSG_MAX - 1);
	ck_assert_int_eq(e.msg[0], 'y');
	errno = EIO;
	(void)err_sys(&e, ERR_IO, "%s", text);
	ck_assert_uint_eq(strlen(e.msg), ERR_MSG_MAX - 1);
}
END_TEST

/* Every code has a name of its own. */
START_TEST(names)
{
	for (int a = ERR_BUSY; a <= ERR_OK; a++) {
		ck_assert_str_ne(err_name(a), "unknown");
		for (int b = ERR_BUSY; b < a; b++)
			ck_assert_str_ne(err_name(a), err_name(b));
	}
	ck_assert_str_eq(err_name(ERR_NOTFOUND), "not_found");
	ck_assert_str_eq(err_name(1), "unknown");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("err");
	TCase *t = tcase_create("err");
	SRunner *r;
	int failed;

	tcase_add_test(t, set);
	tcase_add_test(t, sys);
	tcase_add_test(t, at);
	tcase_add_test(t, wrap);
	tcase_add_test(t, long_text);
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
