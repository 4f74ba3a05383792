/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Advice about many phones, gathered.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trust/phone_advice.h"

static void
add(struct phone_advice *a, const char *text, int64_t line)
{
	ck_assert_int_eq(phone_advice_add(a, text, line, NULL), ERR_OK);
}

START_TEST(each_once)
{
	struct phone_advice a = { .n = 0 };

	add(&a, NULL, 1);
	add(&a, "", 1);
	ck_assert_uint_eq(a.n, 0);
	add(&a, "one\ntwo\n", 2);
	add(&a, "two", 3);
	add(&a, "two\n\nt", 4);
	ck_assert_uint_eq(a.n, 3);
	ck_assert_str_eq(a.row[0].text, "one");
	ck_assert_int_eq(a.row[0].n, 1);
	ck_assert_str_eq(a.row[1].text, "two");
	ck_assert_int_eq(a.row[1].line, 2);
	ck_assert_int_eq(a.row[1].n, 3);
	ck_assert_str_eq(a.row[2].text, "t");
	phone_advice_clear(&a);
	ck_assert_uint_eq(a.n, 0);
}
END_TEST

START_TEST(merged)
{
	struct phone_advice a = { .n = 0 }, b = { .n = 0 };

	add(&a, "one", 2);
	add(&b, "one\ntwo", 7);
	add(&b, "one", 8);
	ck_assert_int_eq(phone_advice_merge(&a, &b, NULL), ERR_OK);
	phone_advice_clear(&b);
	ck_assert_uint_eq(a.n, 2);
	ck_assert_int_eq(a.row[0].n, 3);
	ck_assert_int_eq(a.row[0].line, 2);
	ck_assert_str_eq(a.row[1].text, "two");
	ck_assert_int_eq(a.row[1].line, 7);
	phone_advice_clear(&a);
}
END_TEST

/* However many there are, memory is not. */
START_TEST(bounded)
{
	struct phone_advice a = { .n = 0 }, b = { .n = 0 };
	char text[16];

	for (int i = 0; i < PHONE_ADVICE_MAX + 7; i++) {
		(void)snprintf(text, sizeof(text), "%d", i);
		add(&a, text, i);
	}
	add(&a, "0", 99);
	ck_assert_uint_eq(a.n, PHONE_ADVICE_MAX);
	ck_assert_int_eq(a.more, 7);
	ck_assert_int_eq(a.row[0].n, 2);
	add(&b, "new", 1);
	ck_assert_int_eq(phone_advice_merge(&b, &a, NULL), ERR_OK);
	ck_assert_uint_eq(b.n, PHONE_ADVICE_MAX);
	ck_assert_int_eq(b.more, 8);
	phone_advice_clear(&a);
	phone_advice_clear(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("phone_advice");
	TCase *t = tcase_create("phone_advice");
	SRunner *r;
	int failed;

	tcase_add_test(t, each_once);
	tcase_add_test(t, merged);
	tcase_add_test(t, bounded);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
