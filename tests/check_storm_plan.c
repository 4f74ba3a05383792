/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/storm_plan.c: names, starts, losses.
 */
#include <inttypes.h>
#include <string.h>

#include <check.h>

#include "phonesim/storm_plan.h"

static const struct name_vector {
	const char	*first;
	uint64_t	 i;
	const char	*name;
} names[] = {
	{ STORM_FIRST, 0, "SEP001122330000" },
	{ STORM_FIRST, 10, "SEP00112233000A" },
	{ STORM_FIRST, 0xffff, "SEP00112233FFFF" },
	{ STORM_FIRST, 0x10000, "SEP001122340000" },
	{ "SEP00112233FFFE", 2, "SEP001122340000" },
	{ "SEP0FFFFFFFFFFF", 1, "SEP100000000000" },
	{ "SEP000000000000", (UINT64_C(1) << 48) - 1, "SEPFFFFFFFFFFFF" },
	{ "lab09", 1, "lab0a" },	/* "ab09" are the digits */
	{ "Phone-1", 9, "Phone-A" },
	{ "x00ff", 1, "x0100" },
	{ "Z123456789012345", 1, "Z123456789012346" },
};

/* As many as said, and not all at one end. */
START_TEST(failures)
{
	static const uint64_t of[][2] = { { 1000, 5 }, { 40, 3 }, { 7, 7 },
	    { 5, 0 }, { 1, 1 }, { STORM_COUNT_MAX, 3 } };

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		uint64_t n = 0, first = 0;

		for (uint64_t k = 0; k < of[i][0]; k++) {
			n += storm_fails(k, of[i][0], of[i][1]);
			first += k < of[i][0] / 2 && storm_fails(k, of[i][0],
			    of[i][1]);
		}
		ck_assert_uint_eq(n, of[i][1]);
		ck_assert_uint_eq(first, of[i][1] / 2);
	}
}
END_TEST

START_TEST(name_counts)
{
	const struct name_vector *v = &names[_i];
	char got[DEVICE_NAME_MAX + 1];
	struct storm_names n;
	struct err e = { 0 };

	ck_assert_msg(storm_names_init(&n, v->first, v->i + 1, &e) == ERR_OK,
	    "%s: %s", v->first, e.msg);
	storm_name(&n, v->i, got);
	ck_assert_str_eq(got, v->name);
}
END_TEST

static const struct {
	const char	*first;
	uint64_t	 count;
	const char	*says;
} bad_names[] = {
	{ "Phone-x", 1, "cannot count up" },
	{ "Phone-F", 2, "1 hexadecimal digit:" },
	{ "SEPFFFFFFFFFFFE", 3, "12 hexadecimal digits" },
	/* no carry beyond the twelve digits of a name with more of them */
	{ "Z1FFFFFFFFFFFF", 2, "12 hexadecimal digits" },
};

START_TEST(names_run_out)
{
	struct storm_names n;
	struct err e = { 0 };

	ck_assert_int_eq(storm_names_init(&n, bad_names[_i].first,
	    bad_names[_i].count, &e), ERR_ARG);
	ck_assert_msg(strstr(e.msg, bad_names[_i].says) != NULL, "%s", e.msg);
	if (bad_names[_i].count > 1)
		ck_assert_int_eq(storm_names_init(&n, bad_names[_i].first,
		    bad_names[_i].count - 1, &e), ERR_OK);
}
END_TEST

#define MS	INT64_C(1000000)
#define START	(INT64_C(77) * 1000 * MS)

static const struct {
	uint64_t	rate;
	int64_t		after_ms;
	uint64_t	due;
} paces[] = {
	{ 0, 0, UINT64_MAX },
	{ 1, -5, 1 },		/* a clock that has not moved yet */
	{ 1, 0, 1 },
	{ 1, 999, 1 },
	{ 1, 1000, 2 },
	{ 20, 49, 1 },
	{ 20, 50, 2 },
	{ 20, 950, 20 },
	{ 1000, 1500, 1501 },
	{ 1000000, INT64_C(86400) * 1000, UINT64_C(86400000001) },
};

START_TEST(pace)
{
	ck_assert_uint_eq(storm_due(START, paces[_i].rate,
	    START + paces[_i].after_ms * MS), paces[_i].due);
}
END_TEST

/* 64 datagrams as bits. */
static uint64_t
fate(uint64_t seed, uint64_t phone, unsigned percent)
{
	struct storm_luck l = storm_luck_of(seed, phone, percent);
	uint64_t bits = 0;

	for (int i = 0; i < 64; i++)
		bits = bits << 1 | storm_lost(&l);
	return bits;
}

START_TEST(luck_has_a_seed)
{
	ck_assert_uint_eq(fate(1, 2, 50), fate(1, 2, 50));
	ck_assert_uint_ne(fate(1, 2, 50), fate(1, 3, 50));
	ck_assert_uint_ne(fate(1, 2, 50), fate(2, 2, 50));
	ck_assert_uint_ne(fate(0, 0, 50), 0);
	ck_assert_uint_eq(fate(1, 2, 0), 0);
	ck_assert_uint_eq(fate(1, 2, 100), UINT64_MAX);
}
END_TEST

START_TEST(luck_keeps_the_percentage)
{
	static const unsigned percent[] = { 1, 5, 50, 90 };

	for (size_t i = 0; i < 4; i++) {
		unsigned lost = 0;

		for (uint64_t phone = 0; phone < 100; phone++) {
			struct storm_luck l = storm_luck_of(7, phone,
			    percent[i]);

			for (int k = 0; k < 1000; k++)
				lost += storm_lost(&l);
		}
		/* of 100,000: 1000 are one percent */
		ck_assert_uint_ge(lost, percent[i] * 1000 - 600);
		ck_assert_uint_le(lost, percent[i] * 1000 + 600);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("storm_plan");
	TCase *t = tcase_create("storm_plan");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, name_counts, 0, sizeof(names) /
	    sizeof(names[0]));
	tcase_add_loop_test(t, names_run_out, 0, sizeof(bad_names) /
	    sizeof(bad_names[0]));
	tcase_add_loop_test(t, pace, 0, sizeof(paces) / sizeof(paces[0]));
	tcase_add_test(t, luck_has_a_seed);
	tcase_add_test(t, luck_keeps_the_percentage);
	tcase_add_test(t, failures);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
