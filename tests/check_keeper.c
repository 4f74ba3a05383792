/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who keeps the databases open.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "db/observed.h"
#include "db/rows.h"
#include "trust/keeper.h"

static char dir[64];
static int statefd;

/* What the keeper's process saw: looks, and the node's time of change. */
static struct seen {
	_Atomic int	looks;
	_Atomic int64_t	changed_at;
} *seen;

/* As little of a node as can be opened; making keys takes its time. */
static int
tx_node(struct db *db, void *arg, struct err *e)
{
	const struct row_cluster c = { .name = "lab", .created_at = 1,
	    .uuid = "0f7e1c7e-1111-4222-8333-444455556666" };
	const struct row_node n = { .name = "cm1", .joined_at = 1,
	    .uuid = "0f7e1c7e-9999-4222-8333-444455556666" };
	int r;

	(void)arg;
	if ((r = row_cluster_put(db, &c, e)) != ERR_OK)
		return r;
	return row_node_put(db, &n, e);
}

static void
make_node(void)
{
	struct err e = { 0 };
	struct db *db;

	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(seen, MAP_FAILED);
	(void)snprintf(dir, sizeof(dir), "/tmp/check_keeper.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_ge(statefd = open(dir, O_RDONLY | O_CLOEXEC), 0);
	db = db_open(statefd, DB_FILE, DB_CREATE, &e);
	ck_assert_msg(db != NULL, "%s", e.msg);
	ck_assert_msg(db_tx(db, tx_node, NULL, &e) == DB_DONE, "%s", e.msg);
	db_close(db);
}

static void
remove_node(void)
{
	(void)munmap(seen, sizeof(*seen));
	(void)unlinkat(statefd, DB_FILE, 0);
	(void)unlinkat(statefd, OBSERVED_FILE, 0);
	(void)close(statefd);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(dir), 0);	/* nothing else is left */
}

static bool
there(const char *name)
{
	struct stat st;

	return fstatat(statefd, name, &st, 0) == 0;
}

static void
say_ready(void *arg)
{
	ck_assert_int_eq(write(*(int *)arg, "r", 1), 1);
}

static bool
looked(void *arg, struct db *db)
{
	struct row_node n;

	(void)arg;
	ck_assert_int_eq(row_node_get(db, "cm1", &n, NULL), ERR_OK);
	seen->changed_at = n.changed_at;
	return ++seen->looks != 1;	/* the first one fails */
}

/* A process that keeps both, ready; *stopfd ends it when closed. */
static pid_t
start_keeper(int *stopfd)
{
	struct keeper_hooks hooks = { .ready = say_ready, .look = looked };
	int stop[2], ready[2];
	struct err e = { 0 };
	pid_t pid;
	char c;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    stop), 0);
	ck_assert_int_eq(pipe(ready), 0);
	ck_assert_int_ge(pid = fork(), 0);
	if (pid == 0) {
		(void)close(stop[0]);
		hooks.arg = &ready[1];
		_exit(keeper_serve(statefd, stop[1], &hooks, &e) == ERR_OK ?
		    0 : 1);
	}
	(void)close(stop[1]);
	(void)close(ready[1]);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	(void)close(ready[0]);
	*stopfd = stop[0];
	return pid;
}

START_TEST(keeps)
{
	int stopfd, status;
	struct err e = { 0 };
	struct db *db;
	pid_t pid;

	ck_assert(!there("observed.db"));
	pid = start_keeper(&stopfd);
	ck_assert(there("observed.db"));
	/* Other users of the files come and go: the WAL stays. */
	for (int i = 0; i < 2; i++) {
		db = db_open(statefd, DB_FILE, DB_WRITE, &e);
		ck_assert_msg(db != NULL, "%s", e.msg);
		db_close(db);
		db = db_open(statefd, OBSERVED_FILE, DB_WRITE, &e);
		ck_assert_msg(db != NULL, "%s", e.msg);
		db_close(db);
		ck_assert(there("phonetrust.db-wal"));
		ck_assert(there("observed.db-wal"));
	}
	(void)close(stopfd);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert(!there("phonetrust.db-wal"));
}
END_TEST

static int
tx_change(struct db *db, void *arg, struct err *e)
{
	struct row_node n;
	int r = row_node_get(db, "cm1", &n, e);

	n.changed_at = *(const int64_t *)arg;
	return r == ERR_OK ? row_node_put(db, &n, e) : r;
}

static bool
saw(int64_t changed_at)
{
	const struct timespec step = { .tv_nsec = 5000000 };

	for (int i = 0; i < 12000; i++) {
		if (seen->looks > 1 && seen->changed_at == changed_at)
			return true;
		(void)nanosleep(&step, NULL);
	}
	return false;
}

/* At the start, again as that failed, and after each change. */
START_TEST(looks)
{
	struct err e = { 0 };
	struct db *db;
	int stopfd;
	pid_t pid = start_keeper(&stopfd);

	ck_assert(saw(0));
	db = db_open(statefd, DB_FILE, DB_WRITE, &e);
	ck_assert_msg(db != NULL, "%s", e.msg);
	for (int64_t at = 5; at < 8; at++) {
		ck_assert_int_eq(db_tx(db, tx_change, &at, &e), DB_DONE);
		ck_assert(saw(at));
	}
	ck_assert_int_le(seen->looks, 5);
	db_close(db);
	(void)close(stopfd);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(prepares)
{
	struct err e = { 0 };

	ck_assert_msg(keeper_prepare(statefd, &e) == ERR_OK, "%s", e.msg);
	ck_assert(there("observed.db"));
	ck_assert(!there("phonetrust.db-wal"));		/* all closed */
	ck_assert(!there("observed.db-wal"));
}
END_TEST

START_TEST(says_why)
{
	const struct keeper_hooks hooks = { .ready = say_ready };
	struct err e = { 0 };

	ck_assert_int_eq(unlinkat(statefd, DB_FILE, 0), 0);
	ck_assert_int_ne(keeper_prepare(statefd, &e), ERR_OK);
	ck_assert_msg(strstr(e.msg, "node init") != NULL, "%s", e.msg);
	ck_assert_int_ne(keeper_serve(statefd, -1, &hooks, &e), ERR_OK);
	ck_assert_msg(strstr(e.msg, "node init") != NULL, "%s", e.msg);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("keeper");
	TCase *tc = tcase_create("keeper");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, make_node, remove_node);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, keeps);
	tcase_add_test(tc, looks);
	tcase_add_test(tc, prepares);
	tcase_add_test(tc, says_why);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
