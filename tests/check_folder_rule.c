/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The rule of the folder, and which counts of a file and a later command.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/folder_fix.h"
#include "tests/openat2.h"
#include "tests/trust_cluster.h"
#include "trust/folder.h"

/* --- the rule --- */

static const struct {
	struct folder_facts	 f;
	enum folder_act		 act;
	const char		*what;
} rules[] = {
	{ { .newer = true }, FOLDER_TAKE, "a new file of no phone" },
	{ { .phone = false }, FOLDER_TAKE, "an old file of no phone" },
	{ { .judged = true }, FOLDER_LEAVE, "the phone was removed" },
	{ { .judged = true, .changed = true }, FOLDER_TAKE,
	    "... and the file changed" },
	{ { .judged = true, .refused = true }, FOLDER_TAKE,
	    "it is valid by now" },
	{ { .phone = true }, FOLDER_TAKE, "the phone has none of its own" },
	{ { .phone = true, .judged = true }, FOLDER_LEAVE,
	    "it was taken away" },
	{ { .phone = true, .judged = true, .newer = true }, FOLDER_TAKE,
	    "... and the file touched" },
	{ { .phone = true, .row = true, .same = true }, FOLDER_KEEP,
	    "the same bytes" },
	{ { .phone = true, .row = true, .same = true, .newer = true,
	    .judged = true, .changed = true }, FOLDER_KEEP,
	    "the same bytes, however new" },
	{ { .phone = true, .row = true }, FOLDER_LEAVE, "a later command" },
	{ { .phone = true, .row = true, .newer = true }, FOLDER_TAKE,
	    "a later file" },
	{ { .phone = true, .row = true, .judged = true }, FOLDER_LEAVE,
	    "a command since" },
	{ { .phone = true, .row = true, .judged = true, .changed = true },
	    FOLDER_TAKE, "the file changed" },
};

START_TEST(rule)
{
	ck_assert_msg(folder_decide(&rules[_i].f) == rules[_i].act, "%s",
	    rules[_i].what);
}
END_TEST

/* --- files --- */

START_TEST(removed_file)
{
	struct row_phone p;

	put(NAME, ONE);
	settle();
	ck_assert_int_eq(unlinkat(tc.dirfd, NAME, 0), 0);
	ck_assert_int_eq(look(), FOLDER_GONE_MS);
	expect_file(ONE, "folder");	/* an editor may be at work */
	put(NAME, TWO);
	settle();
	expect_file(TWO, "folder");
	ck_assert_int_eq(unlinkat(tc.dirfd, NAME, 0), 0);
	settle();
	ck_assert(has_phone(DEV, &p));
	ck_assert(!p.has_file);
}
END_TEST

/* What a command set is not the file's to take along. */
START_TEST(removed_file_of_another_row)
{
	command(TWO, clock_wall_s(&clk) + 100);
	put(NAME, ONE);
	settle();
	expect_state(FOLDER_OLDER, "touch");
	ck_assert_int_eq(unlinkat(tc.dirfd, NAME, 0), 0);
	settle();
	expect_file(TWO, "command");
}
END_TEST

/* A bad file that goes takes along what it was when it was good. */
START_TEST(removed_bad_file)
{
	struct row_phone p;

	put(NAME, ONE);
	settle();
	put(NAME, BAD);
	settle();
	ck_assert_int_eq(unlinkat(tc.dirfd, NAME, 0), 0);
	settle();
	ck_assert(has_phone(DEV, &p));
	ck_assert(!p.has_file);
}
END_TEST

START_TEST(later_command_counts)
{
	int64_t now = clock_wall_s(&clk);

	put(NAME, ONE);
	settle();
	command(TWO, now + 10);
	settle();
	folder_free(folder);		/* all is looked at again */
	begin();
	settle();
	expect_file(TWO, "command");
	expect_state(FOLDER_OLDER, "touch");
	put(NAME, "<device/>");
	settle();
	expect_file("<device/>", "folder");
}
END_TEST

START_TEST(newer_file_counts)
{
	still_s = clock_wall_s(clock_system());
	command(TWO, OLD + 10);
	put(NAME, ONE);
	set_time(NAME, OLD);
	settle();
	expect_file(TWO, "command");
	set_time(NAME, still_s + 1000);		/* no such time yet */
	settle();
	expect_file(TWO, "command");
	set_time(NAME, still_s);
	/* judged_at is of this second too: it must be later than that */
	settle();
	expect_file(TWO, "command");
	set_time(NAME, ++still_s);
	settle();
	expect_file(ONE, "folder");
}
END_TEST

START_TEST(phone_without_its_own_gets_the_file)
{
	command(NULL, clock_wall_s(&clk) + 100);
	put(NAME, ONE);
	set_time(NAME, OLD);
	settle();
	expect_file(ONE, "folder");
}
END_TEST

START_TEST(removed_phone_stays_removed)
{
	struct command c = { .remove = true };
	struct row_phone p;

	put(NAME, ONE);
	settle();
	tc_done(command_tx, &c);
	folder_free(folder);
	begin();
	settle();
	ck_assert(!has_phone(DEV, &p));
	expect_state(FOLDER_OLDER, "touch");
}
END_TEST

static TCase *
files_case(void)
{
	TCase *tc_files = tcase_create("files");

	tcase_add_unchecked_fixture(tc_files, tc_make, tc_free);
	tcase_add_checked_fixture(tc_files, set_up, tear_down);
	tcase_set_timeout(tc_files, 120);
	tcase_add_test(tc_files, removed_file);
	tcase_add_test(tc_files, removed_file_of_another_row);
	tcase_add_test(tc_files, removed_bad_file);
	tcase_add_test(tc_files, later_command_counts);
	tcase_add_test(tc_files, newer_file_counts);
	tcase_add_test(tc_files, phone_without_its_own_gets_the_file);
	tcase_add_test(tc_files, removed_phone_stays_removed);
	return tc_files;
}

int
main(void)
{
	Suite *s = suite_create("folder_rule");
	TCase *tc_rule = tcase_create("rule");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc_rule, rule, 0,
	    (int)(sizeof(rules) / sizeof(rules[0])));
	suite_add_tcase(s, tc_rule);
	if (have_openat2())
		suite_add_tcase(s, files_case());
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
