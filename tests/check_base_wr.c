/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The checked writer: bytes, the bound, the sticky first error.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/wr.h"

START_TEST(all_kinds)
{
	static const char want[] = "\x01\x02\x03\x04\x05\x06\x07"
	    "\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f" "raw" "s\0" "t" "42-x";
	struct wr w = wr_init(100);
	uint8_t *p;
	size_t len;

	wr_u8(&w, 0x01);
	wr_u16(&w, 0x0203);
	wr_u32(&w, 0x04050607);
	wr_u64(&w, UINT64_C(0x08090a0b0c0d0e0f));
	wr_bytes(&w, "raw", 3);
	wr_bytes(&w, NULL, 0);
	wr_cstr(&w, "s");
	wr_str(&w, "t");
	wr_fmt(&w, "%d-%s", 42, "x");
	ck_assert_int_eq(w.err, ERR_OK);
	ck_assert_ptr_nonnull(p = wr_take(&w, &len));
	ck_assert_uint_eq(len, sizeof(want) - 1);
	ck_assert_mem_eq(p, want, len);
	ck_assert_uint_eq(p[len], 0);
	free(p);
	/* Taken: empty, and still good. */
	wr_u8(&w, 9);
	ck_assert_uint_eq(w.len, 1);
	wr_clear(&w);
	ck_assert_ptr_null(w.buf);
}
END_TEST

START_TEST(bound)
{
	struct wr w = wr_init(4);
	size_t len = 99;

	wr_u32(&w, 1);
	ck_assert_int_eq(w.err, ERR_OK);
	wr_u8(&w, 1);
	ck_assert_int_eq(w.err, ERR_LIMIT);
	ck_assert_uint_eq(w.len, 4);
	wr_bytes(&w, "", 0);
	ck_assert_ptr_null(wr_take(&w, &len));
	ck_assert_int_eq(w.err, ERR_OK);	/* cleared */
	ck_assert_uint_eq(w.max, 4);
	wr_fmt(&w, "%s", "12345");
	ck_assert_int_eq(w.err, ERR_LIMIT);
	wr_clear(&w);
	wr_fmt(&w, "%s", "1234");
	ck_assert_int_eq(w.err, ERR_OK);
	ck_assert_mem_eq(w.buf, "1234", 4);
	wr_clear(&w);
}
END_TEST

START_TEST(grows)
{
	struct wr w = wr_init(100000);
	uint8_t *p;
	size_t len;

	for (int i = 0; i < 25000; i++)
		wr_u32(&w, (uint32_t)i);
	ck_assert_int_eq(w.err, ERR_OK);
	wr_u8(&w, 0);
	ck_assert_int_eq(w.err, ERR_LIMIT);
	wr_clear(&w);
	for (int i = 0; i < 50000; i++)
		wr_u16(&w, (uint16_t)i);
	p = wr_take(&w, &len);
	ck_assert_uint_eq(len, 100000);
	for (size_t i = 0; i < 50000; i++)
		ck_assert(p[2 * i] == (uint8_t)(i >> 8) &&
		    p[2 * i + 1] == (uint8_t)i);
	free(p);
}
END_TEST

START_TEST(patch)
{
	struct wr w = wr_init(10);

	wr_u32(&w, 0);
	wr_patch_u16(&w, 2, 0xabcd);
	ck_assert_mem_eq(w.buf, "\0\0\xab\xcd", 4);
	wr_patch_u16(&w, 3, 1);		/* one byte too far */
	ck_assert_int_eq(w.err, ERR_ARG);
	wr_clear(&w);
	wr_patch_u16(&w, 0, 1);
	ck_assert_int_eq(w.err, ERR_ARG);
	wr_clear(&w);
}
END_TEST

START_TEST(empty)
{
	struct wr w = wr_init(0);
	size_t len = 99;
	uint8_t *p = wr_take(&w, &len);

	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(len, 0);
	ck_assert_uint_eq(p[0], 0);
	free(p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("wr");
	TCase *t = tcase_create("wr");
	SRunner *r;
	int failed;

	tcase_add_test(t, all_kinds);
	tcase_add_test(t, bound);
	tcase_add_test(t, grows);
	tcase_add_test(t, patch);
	tcase_add_test(t, empty);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
