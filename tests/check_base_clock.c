/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Clocks and RFC 3339 times.
 */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

static const struct {
	int64_t		 s;
	const char	*text;
} times[] = {
	{ 0, "1970-01-01T00:00:00Z" },
	{ -1, "1969-12-31T23:59:59Z" },
	{ 951782400, "2000-02-29T00:00:00Z" },
	{ 1795258471, "2026-11-21T10:54:31Z" },
	{ 4107542400, "2100-03-01T00:00:00Z" },
	{ INT64_C(253402300799), "9999-12-31T23:59:59Z" },
};

START_TEST(rfc3339)
{
	char out[CLOCK_RFC3339_LEN];
	int64_t s;

	clock_rfc3339(times[_i].s, out);
	ck_assert_str_eq(out, times[_i].text);
	ck_assert_int_eq(clock_rfc3339_parse(times[_i].text, &s, NULL),
	    ERR_OK);
	ck_assert_int_eq(s, times[_i].s);
}
END_TEST

START_TEST(out_of_range)
{
	static const int64_t far[] = { INT64_C(253402300800), INT64_MAX,
	    INT64_MIN, INT64_C(-99999999999999) };
	char out[CLOCK_RFC3339_LEN];

	clock_rfc3339(far[_i], out);
	ck_assert_str_eq(out, "-");
}
END_TEST

static const char *const malformed[] = {
	"", "now", "2026-11-21T10:54:31", "2026-11-21 10:54:31Z",
	"2026-11-21T10:54:31z", "2026-11-21T10:54:31+00:00",
	"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
	"2026-11-31T00:00:00Z", "2026-11-21T24:00:00Z",
	"2026-11-21T10:60:00Z", "2026-1-021T10:54:31Z",
	" 026-11-21T10:54:31Z", "2026-11-21T10:54:31ZZ",
};

START_TEST(parse_refuses)
{
	struct err e = { 0 };
	int64_t s;

	ck_assert_msg(clock_rfc3339_parse(malformed[_i], &s, &e) == ERR_ARG,
	    "%s", malformed[_i]);
	ck_assert_str_ne(e.msg, "");
}
END_TEST

START_TEST(system_clock)
{
	const struct clock *c = clock_system();
	int64_t a = clock_mono_ns(c), before = clock_wall_s(c);

	ck_assert_int_ge(clock_mono_ns(c), a);
	ck_assert_int_le(llabs((long long)(before - (int64_t)time(NULL))), 60);
	clock_set_offset(86400);
	ck_assert_int_le(llabs((long long)(clock_wall_s(c) - before - 86400)),
	    60);
	ck_assert_int_le(llabs((long long)(clock_wall_ns(clock_file()) / 1000000000 -
	    before)), 60);
	clock_set_offset(0);
	ck_assert_int_le(clock_mono_ms(c) - a / 1000000, 60000);
}
END_TEST

static int64_t
fixed(void *arg)
{
	return *(int64_t *)arg;
}

START_TEST(own_clock)
{
	int64_t ns = INT64_C(5999999999);
	const struct clock c = { .wall_ns = fixed, .mono_ns = fixed,
	    .arg = &ns };

	ck_assert_int_eq(clock_wall_ns(&c), ns);
	ck_assert_int_eq(clock_wall_s(&c), 5);
	ck_assert_int_eq(clock_mono_ms(&c), 5999);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("clock");
	TCase *t = tcase_create("clock");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, rfc3339, 0,
	    (int)(sizeof(times) / sizeof(times[0])));
	tcase_add_loop_test(t, out_of_range, 0, 4);
	tcase_add_loop_test(t, parse_refuses, 0,
	    (int)(sizeof(malformed) / sizeof(malformed[0])));
	tcase_add_test(t, system_clock);
	tcase_add_test(t, own_clock);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
