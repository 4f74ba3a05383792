/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Time and random bytes that repeat.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/replay.h"

START_TEST(replays)
{
	uint8_t a[10000], b[10000], none[32] = { 0 };
	struct rng_seeded seeded;
	struct replay r;
	struct rng rng;

	rng_seeded_init(&rng, &seeded, 7);
	replay_init(&r, clock_system(), &rng);
	ck_assert_int_eq(rng_fill(&r.rng, a, 32, NULL), ERR_OK);
	ck_assert_int_eq(rng_fill(&r.rng, a + 32, sizeof(a) - 32, NULL),
	    ERR_OK);
	ck_assert_int_ne(memcmp(a, none, 32), 0);
	ck_assert_int_ne(memcmp(a, a + 32, 32), 0);
	replay_rewind(&r);
	ck_assert_int_eq(rng_fill(&r.rng, b, sizeof(b) - 1, NULL), ERR_OK);
	ck_assert_int_eq(memcmp(a, b, sizeof(b) - 1), 0);
	/* Further than the first time: the last byte as then, then new ones. */
	ck_assert_int_eq(rng_fill(&r.rng, b, 33, NULL), ERR_OK);
	ck_assert_int_eq(b[0], a[sizeof(a) - 1]);
	ck_assert_int_eq(clock_wall_ns(&r.clk), clock_wall_ns(&r.clk));
	ck_assert_int_eq(clock_mono_ns(&r.clk), clock_mono_ns(&r.clk));
	ck_assert_int_le(clock_wall_ns(&r.clk), clock_wall_ns(clock_system()));
	replay_clear(&r);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl_replay");
	TCase *tc = tcase_create("ctl_replay");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(tc, replays);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
