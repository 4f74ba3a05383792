/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The checked reader: values, bounds, the sticky first error.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/rd.h"

static const uint8_t bytes[] = {
	0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
	0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
};

START_TEST(integers)
{
	struct rd r = rd_init(bytes, sizeof(bytes));

	ck_assert_uint_eq(rd_u8(&r), 0x01);
	ck_assert_uint_eq(rd_u16(&r), 0x0203);
	ck_assert_uint_eq(rd_u32(&r), 0x04050607);
	ck_assert(rd_u64(&r) == UINT64_C(0x08090a0b0c0d0e0f));
	ck_assert_int_eq(r.err, ERR_OK);
	ck_assert_uint_eq(rd_left(&r), 0);
	ck_assert_uint_eq(rd_pos(&r), sizeof(bytes));
}
END_TEST

/* A read that does not fit takes nothing, and nothing fits after it. */
START_TEST(first_error_sticks)
{
	struct rd r = rd_init(bytes, 5);

	ck_assert_uint_eq(rd_u32(&r), 0x01020304);
	ck_assert_uint_eq(rd_u16(&r), 0);
	ck_assert_int_eq(r.err, ERR_PROTO);
	ck_assert_uint_eq(rd_pos(&r), 4);
	ck_assert_uint_eq(rd_left(&r), 0);
	ck_assert_uint_eq(rd_u8(&r), 0);
	ck_assert_ptr_null(rd_bytes(&r, 0));
	rd_fail(&r, ERR_LIMIT);
	ck_assert_int_eq(r.err, ERR_PROTO);
}
END_TEST

START_TEST(slices)
{
	struct rd r = rd_init(bytes, 4);

	ck_assert_ptr_eq(rd_bytes(&r, 3), bytes);
	ck_assert_ptr_eq(rd_bytes(&r, 0), bytes + 3);
	ck_assert_ptr_null(rd_bytes(&r, SIZE_MAX));
	ck_assert_int_eq(r.err, ERR_PROTO);
	r = rd_init(NULL, 0);
	ck_assert_ptr_nonnull(rd_bytes(&r, 0));
	ck_assert_ptr_null(rd_bytes(&r, 1));
}
END_TEST

static const struct {
	const char	*in;
	size_t		 len, max;
	const char	*out;	/* NULL: refused */
	size_t		 pos;	/* then: where the reader stands */
} strings[] = {
	{ "abc\0x", 5, 10, "abc", 4 },
	{ "abc\0x", 5, 3, "abc", 4 },
	{ "abc\0x", 5, 2, NULL, 0 },
	{ "abc", 3, 10, NULL, 0 },
	{ "\0", 1, 0, "", 1 },
	{ "", 0, 10, NULL, 0 },
	{ "a\0", 2, 0, NULL, 0 },
	{ "a\0", 2, SIZE_MAX, "a", 2 },
};

START_TEST(cstr)
{
	struct rd r = rd_init((const uint8_t *)strings[_i].in,
	    strings[_i].len);
	const char *s = rd_cstr(&r, strings[_i].max);

	if (strings[_i].out == NULL) {
		ck_assert_ptr_null(s);
		ck_assert_int_eq(r.err, ERR_PROTO);
	} else {
		ck_assert_str_eq(s, strings[_i].out);
		ck_assert_int_eq(r.err, ERR_OK);
	}
	ck_assert_uint_eq(rd_pos(&r), strings[_i].pos);
}
END_TEST

/* Positions of a reader within a reader are those of the whole. */
START_TEST(sub)
{
	struct rd r = rd_init(bytes, 10), s, t;

	(void)rd_u16(&r);
	s = rd_sub(&r, 5);
	ck_assert_uint_eq(rd_pos(&r), 7);
	ck_assert_uint_eq(rd_left(&s), 5);
	ck_assert_uint_eq(rd_u8(&s), 3);
	t = rd_sub(&s, 4);
	ck_assert_uint_eq(rd_u32(&t), 0x04050607);
	ck_assert_uint_eq(rd_u8(&t), 0);
	ck_assert_uint_eq(rd_pos(&t), 7);
	ck_assert_int_eq(t.err, ERR_PROTO);
	ck_assert_int_eq(s.err, ERR_OK);
	s = rd_sub(&r, 4);	/* three are left */
	ck_assert_int_eq(s.err, ERR_PROTO);
	ck_assert_int_eq(r.err, ERR_PROTO);
	ck_assert_uint_eq(rd_pos(&s), 7);
	ck_assert_uint_eq(rd_u8(&s), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rd");
	TCase *t = tcase_create("rd");
	SRunner *r;
	int failed;

	tcase_add_test(t, integers);
	tcase_add_test(t, first_error_sticks);
	tcase_add_test(t, slices);
	tcase_add_loop_test(t, cstr, 0,
	    (int)(sizeof(strings) / sizeof(strings[0])));
	tcase_add_test(t, sub);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
