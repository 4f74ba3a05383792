/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Secrets: made, compared, wiped.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/secret.h"

START_TEST(new_is_zeroed)
{
	struct secret *s = secret_new(64);
	uint8_t zero[64] = { 0 };

	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(s->len, 64);
	ck_assert_mem_eq(s->buf, zero, 64);
	secret_free(s);
	secret_free(NULL);
}
END_TEST

START_TEST(from_copies)
{
	char text[] = "hunter2";
	struct secret *s = secret_from(text, 7), *none = secret_from(NULL, 0);

	ck_assert(s != NULL && none != NULL);
	text[0] = 'X';
	ck_assert_uint_eq(s->len, 7);
	ck_assert_mem_eq(s->buf, "hunter2", 7);
	ck_assert_uint_eq(none->len, 0);
	ck_assert_ptr_nonnull(none->buf);
	secret_free(s);
	secret_free(none);
}
END_TEST

START_TEST(wipe)
{
	uint8_t buf[16], zero[16] = { 0 };

	memset(buf, 0xaa, sizeof(buf));
	secret_wipe(buf, 15);
	ck_assert_mem_eq(buf, zero, 15);
	ck_assert_uint_eq(buf[15], 0xaa);
	secret_wipe(NULL, 0);
}
END_TEST

START_TEST(equal)
{
	ck_assert(secret_equal("abcd", "abcd", 4));
	ck_assert(!secret_equal("abcd", "abce", 4));
	ck_assert(!secret_equal("xbcd", "abcd", 4));
	ck_assert(secret_equal("abcd", "abce", 3));
	ck_assert(secret_equal(NULL, NULL, 0));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("secret");
	TCase *t = tcase_create("secret");
	SRunner *r;
	int failed;

	tcase_add_test(t, new_is_zeroed);
	tcase_add_test(t, from_copies);
	tcase_add_test(t, wipe);
	tcase_add_test(t, equal);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
