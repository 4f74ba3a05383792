/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Shadow replay: what it must pass, and what it must stop (by abort, so in a
 * child).
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/internal.h"
#include "tests/db_fixture.h"

/* True when fn in a transaction, then db_close, aborts. */
static bool
aborts(const char *setup_sql, db_fn *fn, void *arg)
{
	int dirfd = fix_folder(), status;
	struct rlimit none = { 0, 0 };
	struct db *db;
	pid_t pid;

	ck_assert_int_ge(pid = fork(), 0);
	if (pid == 0) {
		(void)setrlimit(RLIMIT_CORE, &none);
		(void)signal(SIGABRT, SIG_DFL);	/* not the test runner's */
		(void)close(STDERR_FILENO);	/* the reason is expected */
		if ((db = db_open(dirfd, DB_FILE, DB_CREATE, NULL)) == NULL ||
		    sqlite3_db_config(db->h, SQLITE_DBCONFIG_ENABLE_TRIGGER,
		    1, NULL) != SQLITE_OK ||
		    (setup_sql != NULL &&
		    db_exec(db, setup_sql, NULL) != ERR_OK) ||
		    db_shadow_enable(db, NULL) != ERR_OK ||
		    db_tx(db, fn, arg, NULL) != DB_DONE)
			_exit(1);
		db_close(db);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	fix_remove();
	ck_assert_msg(!WIFEXITED(status) || WEXITSTATUS(status) == 0,
	    "child: status %x", (unsigned)status);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

/* Statements of the test, in a transaction. */
static int
exec_fn(struct db *db, void *arg, struct err *e)
{
	return db_exec(db, arg, e);
}

static int
counts_its_runs(struct db *db, void *arg, struct err *e)
{
	struct row_phone p = { .name = "x" };

	p.changed_at = ++*(int64_t *)arg;
	return row_phone_add(db, &p, e);
}

START_TEST(stops_what_is_made_within)
{
	int64_t runs = 0;

	ck_assert(aborts(NULL, counts_its_runs, &runs));
}
END_TEST

/* What evidence about changesets names: each must be stopped. */
static const struct {
	const char	*setup, *fn;
	bool		 stopped;
} rules[] = {
	/* a swap over a UNIQUE index cannot be replayed */
	{ "CREATE TABLE t (a INTEGER NOT NULL PRIMARY KEY, b INTEGER UNIQUE) "
	    "STRICT; INSERT INTO t VALUES (1, 10), (2, 20)",
	    "UPDATE t SET b = -1 WHERE a = 1; UPDATE t SET b = 10 WHERE a = 2;"
	    "UPDATE t SET b = 20 WHERE a = 1", true },
	/* no primary key: no changes in the changeset, and no order */
	{ "CREATE TABLE t (a INTEGER) STRICT", "INSERT INTO t VALUES (1)",
	    true },
	/* NULL in the key is skipped: seen when all is compared at the end */
	{ "CREATE TABLE t (a TEXT PRIMARY KEY)",
	    "INSERT INTO t VALUES (NULL)", true },
	/* a trigger's rows are replayed as rows, the trigger itself not */
	{ "CREATE TABLE t (a INTEGER NOT NULL PRIMARY KEY) STRICT;"
	    "CREATE TRIGGER g AFTER INSERT ON t WHEN new.a < 5 BEGIN "
	    "INSERT INTO t VALUES (new.a + 10); END",
	    "INSERT INTO t VALUES (1)", false },
	/* rows found by rowid order: the shadow's rowids differ, but the
	 * changeset names keys */
	{ "CREATE TABLE t (a TEXT NOT NULL PRIMARY KEY, b INTEGER) STRICT;"
	    "INSERT INTO t VALUES ('x', 1), ('a', 2), ('m', 3)",
	    "UPDATE t SET b = 9 WHERE rowid = 1; "
	    "DELETE FROM t WHERE a = 'm'", false },
	{ NULL, "INSERT INTO node_name VALUES ('a', 1, 0, 'x'); "
	    "UPDATE node_name SET text = 'y'; DELETE FROM node_name", false },
};

START_TEST(rules_hold)
{
	char fn[256];

	(void)snprintf(fn, sizeof(fn), "%s", rules[_i].fn);
	ck_assert_int_eq(aborts(rules[_i].setup, exec_fn, fn),
	    rules[_i].stopped);
}
END_TEST

/* Written by another connection in between: the shadow catches up. */
START_TEST(other_writer_between)
{
	int dirfd = fix_folder();
	struct db *a = fix_create(dirfd);
	struct db *b = fix_open(dirfd, DB_FILE, DB_WRITE);
	char name[32];

	for (int i = 0; i < 6; i++) {
		(void)snprintf(name, sizeof(name), "SEP%012d", i);
		fix_phone(i % 2 == 0 ? a : b, name);
	}
	ck_assert_int_eq(fix_i64(a, "SELECT count(*) FROM phone"), 6);
	db_close(b);
	db_close(a);
}
END_TEST

/* More rows than are compared each time, more commits than between two whole
 * comparisons; a refused transaction in the middle. */
START_TEST(many)
{
	struct db *db = fix_create(fix_folder());
	char name[32] = "SEP000000000000";

	fix_phone(db, name);
	ck_assert_int_eq(db_tx(db, fix_add_phone, name, NULL), DB_REFUSED);
	for (int i = 1; i < 1200; i++) {
		(void)snprintf(name, sizeof(name), "SEP%012d", i);
		fix_phone(db, name);
	}
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM phone"), 1200);
	db_close(db);
}
END_TEST

START_TEST(enable_needs_a_writer)
{
	int dirfd = fix_folder();
	struct db *db = fix_create(dirfd);
	struct db *r = fix_open(dirfd, DB_FILE, DB_READ);

	ck_assert_int_eq(db_shadow_enable(r, NULL), ERR_BADSTATE);
	ck_assert_int_eq(db_shadow_enable(db, NULL), ERR_OK);	/* again */
	db_close(r);
	db_close(db);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db_shadow");
	TCase *t = tcase_create("shadow");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, NULL, fix_remove);
	tcase_add_test(t, stops_what_is_made_within);
	tcase_add_loop_test(t, rules_hold, 0,
	    (int)(sizeof(rules) / sizeof(rules[0])));
	tcase_add_test(t, other_writer_between);
	tcase_add_test(t, many);
	tcase_add_test(t, enable_needs_a_writer);
	suite_add_tcase(s, t);
	return fix_run(s);
}
