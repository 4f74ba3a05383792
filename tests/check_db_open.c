/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * db_open: modes, missing and foreign files, versions, rights.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/internal.h"
#include "db/observed.h"
#include "tests/db_fixture.h"

static int dirfd_;

static void
setup(void)
{
	dirfd_ = fix_folder();
}

static void
refused(const char *name, enum db_open_mode mode, int code, const char *text)
{
	struct err e = { 0 };
	struct db *db = db_open(dirfd_, name, mode, &e);

	ck_assert_ptr_null(db);
	ck_assert_msg(e.code == code, "%d: %s", e.code, e.msg);
	ck_assert_msg(strstr(e.msg, text) != NULL, "%s", e.msg);
}

static void
write_file(const char *name, const char *text)
{
	int fd = openat(dirfd_, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(close(fd), 0);
}

START_TEST(missing_file)
{
	refused(DB_FILE, DB_READ, ERR_NOTFOUND, "node init");
	refused(DB_FILE, DB_WRITE, ERR_NOTFOUND, "node init");
	refused("a/b", DB_CREATE, ERR_ARG, "not a database name");
}
END_TEST

/* Observations alone may be lost with the power. */
START_TEST(relaxed)
{
	struct db *db = fix_open(dirfd_, DB_FILE, DB_CREATE);
	struct err e = { 0 };

	ck_assert_int_eq(db_relax(db, &e), ERR_ARG);
	ck_assert_int_eq(fix_i64(db, "PRAGMA synchronous"), 2);
	db_close(db);
	db = fix_open(dirfd_, OBSERVED_FILE, DB_CREATE);
	ck_assert_int_eq(fix_i64(db, "PRAGMA synchronous"), 2);
	ck_assert_int_eq(db_relax(db, &e), ERR_OK);
	ck_assert_int_eq(fix_i64(db, "PRAGMA synchronous"), 1);
	db_close(db);
}
END_TEST

/* A log of more than SQLite's 1,000 pages, which keeps its room, and no less
 * is on the disk for it. */
START_TEST(checkpoint_seldom)
{
	struct db *db = fix_open(dirfd_, DB_FILE, DB_CREATE);
	struct err e = { 0 };

	ck_assert_int_eq(fix_i64(db, "PRAGMA wal_autocheckpoint"), 1000);
	ck_assert_int_eq(db_checkpoint_seldom(db, &e), ERR_OK);
	ck_assert_int_eq(fix_i64(db, "PRAGMA wal_autocheckpoint"),
	    DB_SELDOM_PAGES);
	ck_assert_int_gt(fix_i64(db, "PRAGMA journal_size_limit"),
	    DB_SELDOM_PAGES * fix_i64(db, "PRAGMA page_size"));
	ck_assert_int_eq(fix_i64(db, "PRAGMA synchronous"), 2);
	db_close(db);
}
END_TEST

START_TEST(create_then_open)
{
	struct db *db = fix_open(dirfd_, DB_FILE, DB_CREATE);
	struct err e = { 0 };

	ck_assert_int_eq(fix_i64(db, "PRAGMA user_version"),
	    DB_SCHEMA_VERSION);
	ck_assert_int_eq(fix_i64(db, "PRAGMA synchronous"), 2);
	ck_assert_int_eq(fix_i64(db, "PRAGMA temp_store"), 2);
	ck_assert_int_eq(fix_i64(db, "PRAGMA trusted_schema"), 0);
	ck_assert_int_eq(fix_i64(db, "PRAGMA foreign_keys"), 0);
	ck_assert_int_eq(fix_i64(db, "SELECT journal_mode = 'wal' "
	    "FROM pragma_journal_mode"), 1);
	ck_assert_int_eq(db_check(db, &e), ERR_OK);
	refused(DB_FILE, DB_CREATE, ERR_EXISTS, "there already");
	db_close(db);
	refused(DB_FILE, DB_CREATE, ERR_EXISTS, "there already");
	db_close(fix_open(dirfd_, DB_FILE, DB_WRITE));
}
END_TEST

/* A creation that was cut leaves an empty file; it is taken over. */
START_TEST(create_over_empty)
{
	write_file(DB_FILE, "");
	refused(DB_FILE, DB_READ, ERR_SCHEMA, "schema version 0");
	db_close(fix_open(dirfd_, DB_FILE, DB_CREATE));
}
END_TEST

START_TEST(group_of_the_folder)
{
	struct stat st;

	ck_assert_int_eq(chmod(fix_path(), 0750), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(chown(fix_path(), 0, 4242), 0);
	db_close(fix_open(dirfd_, DB_FILE, DB_CREATE));
	ck_assert_int_eq(fstatat(dirfd_, DB_FILE, &st, 0), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0640);
	if (geteuid() == 0)
		ck_assert_int_eq(st.st_gid, 4242);
	ck_assert_int_eq(chmod(fix_path(), 0700), 0);
	db_close(fix_open(dirfd_, OBSERVED_FILE, DB_CREATE));
	ck_assert_int_eq(fstatat(dirfd_, OBSERVED_FILE, &st, 0), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
}
END_TEST

START_TEST(not_a_database)
{
	char text[8192];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	write_file(DB_FILE, text);
	refused(DB_FILE, DB_WRITE, ERR_IO, "not a database");
	refused(DB_FILE, DB_READ, ERR_IO, "not a database");
	/* No backup holds this one. */
	write_file(OBSERVED_FILE, text);
	refused(OBSERVED_FILE, DB_WRITE, ERR_IO, "remove it");
}
END_TEST

START_TEST(database_of_others)
{
	sqlite3 *h;

	ck_assert_int_eq(fchdir(dirfd_), 0);
	ck_assert_int_eq(sqlite3_open(DB_FILE, &h), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(h, "CREATE TABLE t (a)", NULL, NULL,
	    NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(h), SQLITE_OK);
	refused(DB_FILE, DB_WRITE, ERR_IO, "not a database of phonetrust");
	refused(DB_FILE, DB_CREATE, ERR_IO, "not a database of phonetrust");
}
END_TEST

START_TEST(link_is_not_followed)
{
	db_close(fix_open(dirfd_, DB_FILE, DB_CREATE));
	ck_assert_int_eq(symlinkat(DB_FILE, dirfd_, "link.db"), 0);
	refused("link.db", DB_WRITE, ERR_IO, "not a regular file");
}
END_TEST

START_TEST(damaged)
{
	struct db *db = fix_open(dirfd_, DB_FILE, DB_CREATE);
	char page[4096];
	struct err e = { 0 };
	int fd;

	db_close(db);
	memset(page, 0x5a, sizeof(page));
	ck_assert_int_ge(fd = openat(dirfd_, DB_FILE, O_WRONLY), 0);
	for (int i = 2; i < 6; i++)
		ck_assert_int_eq(pwrite(fd, page, sizeof(page), i * 4096),
		    (ssize_t)sizeof(page));
	ck_assert_int_eq(close(fd), 0);
	db = fix_open(dirfd_, DB_FILE, DB_WRITE);
	ck_assert_int_eq(db_check(db, &e), ERR_IO);
	ck_assert_msg(strstr(e.msg, "damaged") != NULL, "%s", e.msg);
	db_close(db);
}
END_TEST

static void
set_version(const char *sql)
{
	struct db *db = fix_open(dirfd_, DB_FILE, DB_WRITE);
	struct err e = { 0 };

	ck_assert_int_eq(db_exec(db, sql, &e), ERR_OK);
	db_close(db);
}

START_TEST(newer_schema)
{
	db_close(fix_open(dirfd_, DB_FILE, DB_CREATE));
	set_version("PRAGMA user_version = 99");
	refused(DB_FILE, DB_WRITE, ERR_SCHEMA, "version 99");
	refused(DB_FILE, DB_READ, ERR_SCHEMA, "newer phonetrust");
}
END_TEST

static void
in_child_must_pass(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "child: status %x", (unsigned)status);
}

/* Exit codes of a child tell how far it came. */
static void
child_needs(bool ok, int step, const struct err *e)
{
	if (ok)
		return;
	(void)fprintf(stderr, "step %d: %s\n", step, e->msg);
	_exit(step);
}

static void
become_nobody(void)
{
	struct err e = { .msg = "setuid" };

	child_needs(setgroups(0, NULL) == 0 && setgid(65534) == 0 &&
	    setuid(65534) == 0, 99, &e);
}

/* Reads while the writer goes on; must see each commit and write nothing. */
static void
reader(int from_writer, int to_writer)
{
	struct err e = { 0 };
	struct row_phone p;
	char c, x[] = "x", path[128];
	struct db *db;

	become_nobody();
	(void)snprintf(path, sizeof(path), "%s/state", fix_path());
	child_needs(access(path, F_OK) == -1 && errno == EACCES, 1, &e);
	child_needs(read(from_writer, &c, 1) == 1, 10, &e);
	child_needs((db = db_open(dirfd_, DB_FILE, DB_READ, &e)) != NULL, 2,
	    &e);
	child_needs(row_phone_get(db, "SEP000000000001", &p, &e) == ERR_OK, 3,
	    &e);
	child_needs(row_phone_get(db, "SEP000000000002", &p, &e) ==
	    ERR_NOTFOUND, 4, &e);
	child_needs(!db_changed(db), 5, &e);
	child_needs(write(to_writer, "r", 1) == 1 &&
	    read(from_writer, &c, 1) == 1, 6, &e);
	child_needs(db_changed(db), 7, &e);
	child_needs(row_phone_get(db, "SEP000000000002", &p, &e) == ERR_OK, 8,
	    &e);
	child_needs(db_tx(db, fix_add_phone, x, &e) == DB_REFUSED, 9, &e);
	db_close(db);
	_exit(0);
}

/*
 * As engines live: state folder below a folder only root may enter, another
 * uid, read permission only, the writer's connection open.
 */
START_TEST(other_uid_reads)
{
	int to[2], from[2], outer = dirfd_;
	struct db *db;
	pid_t pid;
	char c;

	if (geteuid() != 0) {
		(void)fprintf(stderr, "other_uid_reads: needs root\n");
		return;
	}
	ck_assert_int_eq(fchmod(outer, 0700), 0);
	ck_assert_int_eq(mkdirat(outer, "state", 0755), 0);
	ck_assert_int_ge(dirfd_ = openat(outer, "state",
	    O_RDONLY | O_DIRECTORY), 0);
	ck_assert_int_eq(fchmod(dirfd_, 0755), 0);
	db = fix_create(dirfd_);
	ck_assert_int_eq(fchmodat(dirfd_, DB_FILE, 0644, 0), 0);
	db_close(db);
	ck_assert(pipe(to) == 0 && pipe(from) == 0);
	ck_assert_int_ge(pid = fork(), 0);
	if (pid == 0)
		reader(to[0], from[1]);
	db = fix_open(dirfd_, DB_FILE, DB_WRITE);
	fix_phone(db, "SEP000000000001");
	ck_assert_int_eq(write(to[1], "o", 1), 1);
	ck_assert_int_eq(close(from[1]), 0);
	ck_assert_int_eq(read(from[0], &c, 1), 1);
	fix_phone(db, "SEP000000000002");
	ck_assert_int_eq(write(to[1], "w", 1), 1);
	in_child_must_pass(pid);
	db_close(db);
	ck_assert_int_eq(close(dirfd_), 0);
}
END_TEST

static int
put_self(struct db *db, void *arg, struct err *e)
{
	return observed_self_put(db, arg, e);
}

static void
writer(int from_parent)
{
	struct err e = { 0 };
	char c, name[] = "engine";
	struct db *db;

	become_nobody();
	child_needs(read(from_parent, &c, 1) == 1, 1, &e);
	child_needs((db = db_open(dirfd_, OBSERVED_FILE, DB_WRITE, &e)) !=
	    NULL, 2, &e);
	child_needs(db_tx(db, put_self, name, &e) == DB_DONE, 3, &e);
	db_close(db);
	_exit(0);
}

/* observed.db is the engine's, the folder is not: it writes as long as the
 * parent's connection is open, whose -wal and -shm follow the file's owner. */
START_TEST(other_uid_writes)
{
	char self[NODE_NAME_MAX + 1];
	struct err e = { 0 };
	struct db *db;
	int to[2];
	pid_t pid;

	if (geteuid() != 0) {
		(void)fprintf(stderr, "other_uid_writes: needs root\n");
		return;
	}
	db_close(fix_open(dirfd_, OBSERVED_FILE, DB_CREATE));
	ck_assert_int_eq(fchownat(dirfd_, OBSERVED_FILE, 65534, 65534, 0), 0);
	ck_assert_int_eq(pipe(to), 0);
	ck_assert_int_ge(pid = fork(), 0);
	if (pid == 0)
		writer(to[0]);
	db = fix_open(dirfd_, OBSERVED_FILE, DB_WRITE);
	ck_assert_int_eq(write(to[1], "o", 1), 1);
	in_child_must_pass(pid);
	ck_assert_msg(observed_self_get(db, self, &e) == ERR_OK, "%s", e.msg);
	ck_assert_str_eq(self, "engine");
	db_close(db);
	ck_assert(close(to[0]) == 0 && close(to[1]) == 0);
}
END_TEST

/* The same connection as writer: says who may write. */
static void
write_as_nobody(void)
{
	struct err e = { 0 };

	become_nobody();
	child_needs(db_open(dirfd_, DB_FILE, DB_WRITE, &e) == NULL, 1, &e);
	child_needs(e.code == ERR_DENIED, 2, &e);
	child_needs(strstr(e.msg, "may not write") != NULL, 3, &e);
	child_needs(db_open(dirfd_, "new.db", DB_CREATE, &e) == NULL, 4, &e);
	child_needs(e.code == ERR_DENIED, 5, &e);
	_exit(0);
}

START_TEST(read_only_file)
{
	pid_t pid;

	db_close(fix_open(dirfd_, DB_FILE, DB_CREATE));
	if (geteuid() == 0) {
		ck_assert_int_eq(fchmodat(dirfd_, DB_FILE, 0644, 0), 0);
		ck_assert_int_ge(pid = fork(), 0);
		if (pid == 0)
			write_as_nobody();
		in_child_must_pass(pid);
		return;
	}
	ck_assert_int_eq(fchmodat(dirfd_, DB_FILE, 0444, 0), 0);
	refused(DB_FILE, DB_WRITE, ERR_DENIED, "may not write");
}
END_TEST

START_TEST(changed_by_others)
{
	struct db *w = fix_create(dirfd_);
	struct db *r = fix_open(dirfd_, DB_FILE, DB_READ);

	ck_assert(!db_changed(r));
	fix_phone(w, "SEP000000000001");
	ck_assert(db_changed(r));
	ck_assert(!db_changed(r));
	db_close(r);
	db_close(w);
}
END_TEST

/* By what is looked at in memory, and after the log was begun anew. */
START_TEST(every_commit_is_seen)
{
	struct db *w = fix_create(dirfd_);
	struct db *r = fix_open(dirfd_, DB_FILE, DB_READ);
	char name[32];

	(void)db_changed(r);
	ck_assert(r->wal);
	ck_assert_uint_eq(r->index[0], 3007000);
	for (int i = 0; i < 300; i++) {
		ck_assert_msg(!db_changed(r), "%d", i);
		(void)snprintf(name, sizeof(name), "SEP%012d", i);
		fix_phone(w, name);
		if (i % 50 == 7)
			ck_assert_int_eq(db_exec(w, "PRAGMA "
			    "wal_checkpoint(TRUNCATE)", NULL), ERR_OK);
		if (i % 3 == 0)		/* it reads otherwise too */
			ck_assert_int_eq(fix_i64(r, "SELECT count(*) FROM "
			    "phone"), i + 1);
		ck_assert_msg(db_changed(r), "%d", i);
	}
	db_close(r);
	db_close(w);
}
END_TEST

static int
commit_meanwhile(struct db *r, void *arg, struct err *e)
{
	struct db *w = arg;

	(void)e;
	ck_assert_int_eq(fix_i64(r, "SELECT count(*) FROM phone"), 0);
	fix_phone(w, "SEP000000000001");
	/* What this transaction sees has not changed. */
	ck_assert(!db_changed(r));
	ck_assert_int_eq(fix_i64(r, "SELECT count(*) FROM phone"), 0);
	return ERR_OK;
}

/* Asked while it could not be seen, a commit is seen the next time. */
START_TEST(asked_within_a_transaction)
{
	struct db *w = fix_create(dirfd_);
	struct db *r = fix_open(dirfd_, DB_FILE, DB_READ);

	(void)db_changed(r);
	ck_assert_int_eq(db_read_tx(r, commit_meanwhile, w, NULL), ERR_OK);
	ck_assert(db_changed(r));
	ck_assert(!db_changed(r));
	db_close(r);
	db_close(w);
}
END_TEST

static int
interrupt(void *arg)
{
	(void)arg;
	return 1;
}

START_TEST(asked_when_sqlite_fails)
{
	struct db *w = fix_create(dirfd_);
	struct db *r = fix_open(dirfd_, DB_FILE, DB_READ);

	(void)db_changed(r);
	fix_phone(w, "SEP000000000001");
	sqlite3_progress_handler(r->h, 1, interrupt, NULL);
	ck_assert(!db_changed(r));
	sqlite3_progress_handler(r->h, 0, NULL, NULL);
	ck_assert(db_changed(r));
	ck_assert(!db_changed(r));
	db_close(r);
	db_close(w);
}
END_TEST

/* --- writers of other processes --- */

#define WRITERS		3
#define COMMITS		150

/* Each tells of a commit once it has returned.  All begin when go is closed:
 * a process must not inherit what SQLite has open. */
static void
write_and_tell(int n, int go, int fd)
{
	static struct db *w;	/* left open at the end, yet no leak */
	char name[32];

	if (read(go, name, 1) != 0)
		_exit(1);
	w = fix_open(dirfd_, DB_FILE, DB_WRITE);
	for (int i = 0; i < COMMITS; i++) {
		(void)snprintf(name, sizeof(name), "SEP%04d%08d", n, i);
		fix_phone(w, name);
		if (i % 7 == n)
			(void)sqlite3_wal_checkpoint_v2(w->h, NULL,
			    i % 2 == 0 ? SQLITE_CHECKPOINT_TRUNCATE :
			    SQLITE_CHECKPOINT_RESTART, NULL, NULL);
		if (i % 20 == 19) {	/* others come and go */
			db_close(w);
			w = fix_open(dirfd_, DB_FILE, DB_WRITE);
		}
		if (write(fd, "", 1) != 1)
			_exit(1);
	}
	_exit(0);		/* as if it had been killed */
}

/*
 * What was read last may be kept for as long as nothing has changed: at each
 * word of a commit it must not lag behind.
 */
START_TEST(commits_of_other_processes)
{
	struct db *r;
	int64_t kept = 0, told = 0;
	char words[16];
	pid_t pid[WRITERS];
	int go[2], fd[2];
	ssize_t n;

	db_close(fix_open(dirfd_, DB_FILE, DB_CREATE));
	ck_assert_int_eq(pipe(go), 0);
	ck_assert_int_eq(pipe(fd), 0);
	for (int i = 0; i < WRITERS; i++) {
		ck_assert_int_ge(pid[i] = fork(), 0);
		if (pid[i] > 0)
			continue;
		(void)close(go[1]);
		write_and_tell(i, go[0], fd[1]);
	}
	(void)close(go[0]);
	(void)close(fd[1]);
	r = fix_open(dirfd_, DB_FILE, DB_READ);
	(void)db_changed(r);
	(void)close(go[1]);
	while ((n = read(fd[0], words, sizeof(words))) > 0) {
		told += n;
		if (db_changed(r))
			kept = fix_i64(r, "SELECT count(*) FROM phone");
		ck_assert_int_ge(kept, told);
	}
	for (int i = 0; i < WRITERS; i++)
		in_child_must_pass(pid[i]);
	ck_assert_int_eq(kept, WRITERS * COMMITS);
	(void)close(fd[0]);
	db_close(r);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db_open");
	TCase *t = tcase_create("open");

	tcase_add_checked_fixture(t, setup, fix_remove);
	tcase_add_test(t, missing_file);
	tcase_add_test(t, create_then_open);
	tcase_add_test(t, relaxed);
	tcase_add_test(t, checkpoint_seldom);
	tcase_add_test(t, create_over_empty);
	tcase_add_test(t, group_of_the_folder);
	tcase_add_test(t, not_a_database);
	tcase_add_test(t, database_of_others);
	tcase_add_test(t, link_is_not_followed);
	tcase_add_test(t, damaged);
	tcase_add_test(t, newer_schema);
	tcase_add_test(t, other_uid_reads);
	tcase_add_test(t, other_uid_writes);
	tcase_add_test(t, read_only_file);
	tcase_add_test(t, changed_by_others);
	tcase_add_test(t, every_commit_is_seen);
	tcase_add_test(t, asked_within_a_transaction);
	tcase_add_test(t, asked_when_sqlite_fails);
	tcase_add_test(t, commits_of_other_processes);
	tcase_set_timeout(t, 60);	/* synced commits, one after the other */
	suite_add_tcase(s, t);
	return fix_run(s);
}
