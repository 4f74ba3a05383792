/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * When a signer has to be made anew.
 */
#include <check.h>
#include <stdlib.h>

#include "tests/trust_cluster.h"
#include "trust/own_stage.h"
#include "trust/own_watch.h"

static const enum own_unit units[] = { UNIT_CALLMANAGER, UNIT_TVS };

static int
tx_new(struct db *db, void *arg, struct err *e)
{
	struct own_moved m;

	return own_stage_new(db, arg, TC_NOW, &m, e);
}

static int
tx_promote(struct db *db, void *arg, struct err *e)
{
	struct own_moved m;

	(void)arg;
	return own_stage_promote(db, UNIT_CALLMANAGER, NULL, TC_NOW, &m, e);
}

static bool
changed(struct own_watch *w)
{
	struct err e = { 0 };
	bool c;

	ck_assert_msg(own_watch_look(w, tc.db, &c, &e) == ERR_OK, "%s",
	    e.msg);
	return c;
}

START_TEST(seen)
{
	struct own_watch w = { .units = units, .n = 2 };

	ck_assert(!changed(&w));	/* nothing to compare with */
	ck_assert(!changed(&w));
	tc_done(tx_new, tc.next[UNIT_ITLRECOVERY]);
	ck_assert(!changed(&w));	/* not a unit of this signer */
	tc_done(tx_new, tc.next[UNIT_CALLMANAGER]);
	ck_assert(changed(&w));
	ck_assert(!changed(&w));
	tc_done(tx_promote, NULL);	/* the one before is still held */
	ck_assert(!changed(&w));
	own_watch_missed(&w);
	ck_assert(changed(&w));
	ck_assert(!changed(&w));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("own_watch");
	TCase *t = tcase_create("own_watch");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, tc_open, tc_close);
	tcase_add_test(t, seen);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
