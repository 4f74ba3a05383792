/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Answers in memory: one copy of each content, and a bound on large ones.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tftpd/held.h"

#define LARGE	(HELD_SMALL + 1)

static struct held *held;

static void
set_up(void)
{
	ck_assert_ptr_nonnull(held = held_new(3 * LARGE, NULL));
}

static void
tear_down(void)
{
	held_free(held);
}

/* An answer of len bytes, told apart by seed. */
static struct file_answer
answer(size_t len, uint8_t seed)
{
	struct file_answer a = { .fd = -1, .len = len, .version = { 7, seed } };
	uint8_t *buf = malloc(len);

	ck_assert_ptr_nonnull(buf);
	memset(buf, seed, len);
	ck_assert_ptr_nonnull(a.blob = blob_take(buf, len, NULL));
	a.body = a.blob->bytes;
	return a;
}

static int
add(size_t len, uint8_t seed, struct held_answer **ha)
{
	struct file_answer a = answer(len, seed);
	int ret = held_add(held, &a, ha, NULL);

	if (ret == ERR_OK) {
		ck_assert_ptr_null(a.blob);
		ck_assert_ptr_null(a.body);
		ck_assert_uint_eq(held_body(*ha)[len - 1], seed);
	} else
		ck_assert_ptr_nonnull(a.blob);
	file_answer_clear(&a);
	return ret;
}

START_TEST(same_content_once)
{
	struct held_answer *ha[2000], *other;

	for (size_t i = 0; i < 2000; i++) {
		ck_assert_int_eq(add(LARGE, 1, &ha[i]), ERR_OK);
		ck_assert_ptr_eq(ha[i], ha[0]);
	}
	/* The same first byte of the digest is not the same content, nor is
	 * another length. */
	ck_assert_int_eq(add(LARGE, 2, &other), ERR_OK);
	ck_assert_ptr_ne(other, ha[0]);
	held_release(other);
	ck_assert_int_eq(add(100, 1, &other), ERR_OK);
	ck_assert_ptr_ne(other, ha[0]);
	held_release(other);
	for (size_t i = 0; i < 2000; i++) {
		ck_assert_uint_eq(held_body(ha[i])[0], 1);
		held_release(ha[i]);
	}
}
END_TEST

START_TEST(large_are_bounded)
{
	struct held_answer *ha[3], *more, *small[50];

	for (uint8_t i = 0; i < 3; i++)
		ck_assert_int_eq(add(LARGE, i, &ha[i]), ERR_OK);
	ck_assert_int_eq(add(LARGE, 3, &more), ERR_BUSY);
	/* What is held can be had again, and small ones always. */
	ck_assert_int_eq(add(LARGE, 2, &more), ERR_OK);
	held_release(more);
	for (uint8_t i = 0; i < 50; i++)
		ck_assert_int_eq(add(HELD_SMALL, i, &small[i]), ERR_OK);
	held_release(ha[1]);
	ck_assert_int_eq(add(LARGE, 3, &ha[1]), ERR_OK);
	ck_assert_int_eq(add(LARGE, 1, &more), ERR_BUSY);
	for (size_t i = 0; i < 50; i++)
		held_release(small[i]);
	for (size_t i = 0; i < 3; i++)
		held_release(ha[i]);
	ck_assert_int_eq(add(3 * LARGE, 9, &more), ERR_OK);
	held_release(more);
	ck_assert_int_eq(add(3 * LARGE + 1, 9, &more), ERR_BUSY);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("held");
	TCase *t = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, same_content_once);
	tcase_add_test(t, large_are_bounded);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
