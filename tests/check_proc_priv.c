/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the processes of a daemon may, and what it makes of options and odd
 * surroundings.
 */
#include <check.h>
#include <ftw.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/proc_demo.h"

/* --- privileges --- */

static void
check_facts(const struct facts *f, const struct state_user *u)
{
	ck_assert_uint_eq(f->uid, u->uid);
	ck_assert_uint_eq(f->euid, u->uid);
	ck_assert(!f->root_back);
	ck_assert(f->no_new_privs);
	ck_assert_str_eq(f->capabilities, "0000000000000000");
	ck_assert_int_eq(f->dumpable, 0);
	ck_assert(!f->core);
	ck_assert_msg(f->secret_read == u->same, "another user's file");
	if (!u->same)
		ck_assert_int_eq(f->ngroups, 1);
}

START_TEST(privileges)
{
	struct state_user u;
	pid_t pid;

	ck_assert_int_eq(state_user(&u, NULL), ERR_OK);
	if (u.same)
		(void)fprintf(stderr, "privileges: giving up root SKIPPED, "
		    "not root\n");
	pid = start_ready(&demo);
	check_facts(&shared->signer, &u);
	check_facts(&shared->engine, &u);
	if (u.fallback)
		expect_log(" proc.user_nobody ");
	stop(pid);
}
END_TEST

/* Made by a user that is not root, run by that user. */
START_TEST(not_root)
{
	struct state_user u;
	int fd;

	if (geteuid() == 0) {
		(void)nftw(state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		ck_assert_int_eq(chown(above, OTHER_UID, OTHER_UID), 0);
		ck_assert_int_eq(setgroups(0, NULL), 0);
		ck_assert_int_eq(setresgid(OTHER_UID, OTHER_UID, OTHER_UID),
		    0);
		ck_assert_int_eq(setresuid(OTHER_UID, OTHER_UID, OTHER_UID),
		    0);
		ck_assert_int_eq(state_create(state, &fd, NULL), ERR_OK);
		put(fd, STATE_DB);
		put(fd, "secret");
		(void)close(fd);
	}
	stop(start_ready(&demo));
	ck_assert_int_eq(state_user(&u, NULL), ERR_OK);
	ck_assert(u.same);
	check_facts(&shared->signer, &u);
	check_facts(&shared->engine, &u);
	expect_log(" proc.one_uid ");
}
END_TEST

/* --- options --- */

static const struct {
	const char	*args[4];
	int		 code;
	const char	*text;
} options[] = {
	{ { "--version" }, 0, "demo (phonetrust) " PACKAGE_VERSION "\n" },
	{ { "--help" }, 0, "demo - a daemon for tests\nusage: demo " },
	{ { "--help" }, 0, "\n  --time-offset SECONDS   " },
	{ { "--nonsense" }, 2, "--help' lists the options" },
	{ { "extra" }, 2, "unexpected \"extra\"" },
	{ { "--state" }, 2, "requires an argument" },
	{ { "--state", "" }, 2, "--state : an empty path" },
	{ { "--log-level", "loud" }, 2, "--log-level loud: not err" },
	{ { "--log-format", "xml" }, 2, "--log-format xml: neither" },
	{ { "--loops", "0" }, 2, "--loops 0: " },
	{ { "--loops", "65" }, 2, "--loops 65: " },
	{ { "--loops", "2x" }, 2, "--loops 2x: " },
	{ { "--time-offset", "1d" }, 2, "--time-offset 1d: " },
	{ { "--time-offset", "99999999999" }, 2, "--time-offset 99999999999" },
};

START_TEST(option)
{
	struct started s;
	int code;

	start(&s, &demo, options[_i].args);
	code = finish(&s);
	ck_assert_msg(strstr(s.said, options[_i].text) != NULL, "%s", s.said);
	ck_assert_int_eq(code, options[_i].code);
}
END_TEST

/* Refused by the program, or acting in its children only. */
START_TEST(time_offset)
{
	const char *args[] = { "--state", state, "--time-offset", "63072000",
	    NULL };
	int64_t now = clock_wall_s(clock_system());
	struct started s;

	start(&s, &demo, args);
	ck_assert_int_eq(finish(&s), 1);
	ck_assert_str_eq(s.said, "demo: cannot start: no time offset "
	    "here\n");
	while (waitpid(-1, NULL, 0) > 0)
		continue;
	args[3] = "-86400";
	start(&s, &demo, args);
	ck_assert_int_eq(finish(&s), 0);
	ck_assert_int_ge(shared->prepare_wall_s, now);
	ck_assert_int_lt(shared->wall_s, now - 86400 + 60);
	ck_assert_int_ge(shared->wall_s, now - 86400);
	stop(daemon_pid());
}
END_TEST

/* From another folder, by a relative path, with descriptors missing. */
START_TEST(odd_surroundings)
{
	const char *const args[] = { "--state", "state", NULL };
	struct started s;
	pid_t pid;

	ck_assert_int_eq(chdir(above), 0);
	(void)close(STDIN_FILENO);
	(void)umask(0);
	start(&s, &demo, args);
	ck_assert_int_eq(finish(&s), 0);
	ck_assert_int_eq(s.len, 0);
	pid = daemon_pid();
	ck_assert_int_gt(pid, 0);
	stop(pid);
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("proc_priv");
	TCase *tc = tcase_demo(s, "privileges");
	SRunner *sr;
	int failed;

	sr = srunner_create(s);
	tcase_add_test(tc, privileges);
	if (srunner_fork_status(sr) == CK_FORK)	/* gives up root for good */
		tcase_add_test(tc, not_root);
	tc = tcase_demo(s, "options");
	tcase_add_loop_test(tc, option, 0,
	    (int)(sizeof(options) / sizeof(options[0])));
	tcase_add_test(tc, time_offset);
	tcase_add_test(tc, odd_surroundings);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
