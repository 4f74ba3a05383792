/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which folders node init takes, and what it does with what a run that was
 * cut has left.
 */
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/crash_vfs.h"
#include "tests/node_fixture.h"
#include "tests/slow.h"
#include "tests/trust_cluster.h"
#include "trust/leftover.h"
#include "trust/node.h"

START_TEST(existing_empty_folder)
{
	ck_assert_int_eq(mkdir(state, 0755), 0);
	must_init();
	check_whole(DB_READ);
}
END_TEST

START_TEST(folder_of_others)
{
	static const char *const names[] = { "notes.txt", "tftp/ring.xml",
	    "master.key", OBSERVED_FILE };
	char sub[128];
	struct err e = { 0 };

	ck_assert_int_eq(mkdir(state, 0755), 0);
	(void)snprintf(sub, sizeof(sub), "%s/tftp", state);
	if (_i == 1)
		ck_assert_int_eq(mkdir(sub, 0755), 0);
	put_file(names[_i], "mine", 4);
	ck_assert_int_eq(init(1, &e), ERR_REFUSED);
	ck_assert_msg(strstr(e.msg, "empty folder") != NULL, "%s", e.msg);
	ck_assert(is_there(names[_i]));
	ck_assert(!is_there(DB_FILE));
}
END_TEST

/* A database that is no leftover: never removed. */
START_TEST(foreign_database)
{
	struct err e = { 0 };

	ck_assert_int_eq(mkdir(state, 0755), 0);
	put_file(DB_FILE, "This is no database, it is a diary.............."
	    "......................................................", 100);
	put_file("master.key", "x", 1);
	ck_assert_int_eq(init(1, &e), ERR_IO);
	ck_assert(is_there(DB_FILE) && is_there("master.key"));
}
END_TEST

START_TEST(two_runs_at_once)
{
	struct err e = { 0 };
	int fd;

	ck_assert_int_eq(mkdir(state, 0755), 0);
	fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert_int_eq(init(1, &e), ERR_BUSY);
	ck_assert_msg(strstr(e.msg, "another run") != NULL, "%s", e.msg);
	ck_assert(!is_there(DB_FILE));
	(void)close(fd);
	must_init();
}
END_TEST

START_TEST(no_folder_above)
{
	char *end = strrchr(state, '/');
	struct err e = { 0 };

	(void)snprintf(end, sizeof(state) - (size_t)(end - state),
	    "/no/state");
	ck_assert_int_ne(init(1, &e), ERR_OK);
	ck_assert_msg(strstr(e.msg, "no/state") != NULL, "%s", e.msg);
}
END_TEST

/* --- cut runs --- */

struct cut {
	int	at, n;		/* die when step number at is told */
	int	fd;		/* the steps' number goes here */
};

static void
die_at(void *arg, const char *step)
{
	struct cut *c = arg;

	(void)step;
	if (c->n++ == c->at)
		_exit(7);
}

static int
run_cut(int at)
{
	struct cut c = { .at = at };
	struct rng_seeded s;
	struct rng r;
	int status;
	pid_t pid;

	if ((pid = fork()) == 0) {
		rng_seeded_init(&r, &s, 3);
		_exit(node_init(state, &good_spec, &r, &test_clock, die_at, &c,
		    NULL) == ERR_OK ? 0 : 1);
	}
	ck_assert_int_ne(pid, -1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* What a cut run left is no node, and a next run can start over: it does
 * when whole is set, which takes its time. */
static void
check_cut(long at, bool whole)
{
	struct err e = { 0 };
	struct node n;
	int fd;

	if (node_open(&n, state, DB_WRITE, &e) == ERR_OK) {
		node_close(&n);		/* cut when all was committed */
		check_whole(DB_WRITE);
		return;
	}
	ck_assert_msg(e.code == ERR_BADSTATE && strstr(e.msg, "node init") !=
	    NULL, "cut at %ld: %s", at, e.msg);
	if (whole) {
		must_init();
		check_whole(DB_READ);
		return;
	}
	if ((fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return;			/* cut before the folder was made */
	ck_assert_msg(leftover_clear(fd, state, &e) == ERR_OK,
	    "cut at %ld: %s", at, e.msg);
	ck_assert(!is_there(DB_FILE) && !is_there("master.key"));
	(void)close(fd);
}

/* A run on a full disk leaves a file of no bytes: it goes without a write. */
START_TEST(blank_database)
{
	const struct rlimit none = { 0, 0 };
	int status, fd;
	pid_t pid;

	ck_assert_int_eq(mkdir(state, 0755), 0);
	put_file(DB_FILE, "", 0);
	if ((pid = fork()) == 0) {
		(void)signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &none) == -1 ||
		    (fd = open(state, O_RDONLY | O_DIRECTORY)) == -1)
			_exit(2);
		_exit(leftover_clear(fd, state, NULL) == ERR_OK ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert(!is_there(DB_FILE));
}
END_TEST

START_TEST(cut_at_every_step)
{
	int steps, status;

	for (steps = 0; (status = run_cut(steps)) == 7; steps++) {
		check_cut(steps, steps % 4 == 0);
		tc_remove_folder(state);
	}
	ck_assert_int_eq(status, 0);
	ck_assert_int_ge(steps, 10);
	check_whole(DB_READ);
}
END_TEST

/*
 * Killed before the n-th write, sync, truncation or removal of a database
 * until a run gets through: every n while the files are made, every seventh
 * once keys are; with sanitizers a third of those.
 */
static int
run_killed(long n)
{
	struct rng_seeded s;
	struct rng r;
	int status;
	pid_t pid;

	if ((pid = fork()) == 0) {
		rng_seeded_init(&r, &s, 3);
		crash_vfs_use();
		crash_vfs_arm(CRASH_KILL, n);
		_exit(node_init(state, &good_spec, &r, &test_clock, NULL, NULL,
		    NULL) == ERR_OK ? 0 : 1);
	}
	ck_assert_int_ne(pid, -1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

START_TEST(killed_at_every_write)
{
	long at, step;
	int status, ncut = 0;

	for (at = 1; WIFSIGNALED(status = run_killed(at)); at += step) {
		ck_assert_int_eq(WTERMSIG(status), SIGKILL);
		step = (is_there("master.key") ? 7 : 1) * (long)slow_step(7);
		check_cut(at, ncut++ % 16 == 0);
		tc_remove_folder(state);
	}
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_int_gt(at, 100);
	check_whole(DB_READ);
}
END_TEST

/* A run that cleans up after a cut one may be cut as well. */
START_TEST(leftovers_in_any_part)
{
	static const char *const left[] = { DB_FILE "-wal", DB_FILE "-shm",
	    "master.key", OBSERVED_FILE, OBSERVED_FILE "-wal" };
	char path[160];

	ck_assert_int_eq(run_cut(5), 7);
	ck_assert(is_there(DB_FILE));
	(void)snprintf(path, sizeof(path), "%s/%s", state, left[_i]);
	(void)unlink(path);
	must_init();
	check_whole(DB_READ);
}
END_TEST

/* The path is relative, and looking at what is left must not move us. */
START_TEST(relative_path)
{
	char whole[sizeof(state)], *at = strrchr(state, '/');

	(void)snprintf(whole, sizeof(whole), "%s", state);
	ck_assert_int_eq(mkdir(state, 0755), 0);
	put_file(DB_FILE, "", 0);
	*at = '\0';
	ck_assert_int_eq(chdir(state), 0);
	memmove(state, at + 1, strlen(at + 1) + 1);
	must_init();
	(void)snprintf(state, sizeof(state), "%s", whole);
	check_whole(DB_READ);
}
END_TEST

START_TEST(empty_database_file)
{
	ck_assert_int_eq(mkdir(state, 0755), 0);
	put_file(DB_FILE, "", 0);
	put_file("master.key", "short", 5);
	must_init();
	check_whole(DB_READ);
}
END_TEST

/* After an error nothing of the run is left. */
static int
rng_tired(void *arg, void *buf, size_t len, struct err *e)
{
	int *left = arg;

	if ((*left)-- <= 0)
		return err_set(e, ERR_CRYPTO, "out of randomness");
	memset(buf, 0x5a, len);
	return ERR_OK;
}

START_TEST(error_leaves_nothing)
{
	int left = _i;
	struct rng r = { .fill = rng_tired, .arg = &left };
	struct err e = { 0 };

	ck_assert_int_eq(node_init(state, &good_spec, &r, &test_clock, NULL, NULL,
	    &e), ERR_CRYPTO);
	ck_assert(!is_there(DB_FILE) && !is_there("master.key"));
	ck_assert(!is_there(OBSERVED_FILE));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("leftover");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, folder_make, folder_remove);
	tcase_add_test(t, existing_empty_folder);
	tcase_add_loop_test(t, folder_of_others, 0, 4);
	tcase_add_test(t, foreign_database);
	tcase_add_test(t, two_runs_at_once);
	tcase_add_test(t, no_folder_above);
	if (slow_run())
		(void)printf("CK_FORK=no: cut runs are left out\n");
	else {
		tcase_add_test(t, blank_database);
		tcase_add_test(t, cut_at_every_step);
		tcase_add_test(t, killed_at_every_write);
		tcase_add_loop_test(t, leftovers_in_any_part, 0, 5);
	}
	tcase_add_test(t, relative_path);
	tcase_add_test(t, empty_database_file);
	tcase_add_loop_test(t, error_leaves_nothing, 2, 6);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
