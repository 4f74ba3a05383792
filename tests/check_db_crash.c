/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A process dies before its n-th write, sync, truncate or delete, n rising
 * until it gets through (with sanitizers every third).  After each death: what was acknowledged is there,
 * nothing half-done can be seen, the file is sound.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/internal.h"
#include "tests/crash_vfs.h"
#include "tests/db_fixture.h"
#include "tests/slow.h"

#define OPS_MAX		2000	/* no operation here needs so many */
#define ROUNDS		3
#define PAIRS		12
#define XML_LEN		9000	/* several pages */
#define LIST_LEN	20000

struct scenario {
	const char	*name;
	void		(*prepare)(int dirfd);
	/* In the child: a byte to ack for each thing acknowledged. */
	bool		(*run)(int dirfd, int ack);
	/* What the child said before it died, n bytes. */
	void		(*verify)(int dirfd, const char *acks, size_t n);
};

static bool
say(int fd, char c)
{
	return write(fd, &c, 1) == 1;
}

static void
check_sound(struct db *db)
{
	struct err e = { 0 };

	ck_assert_msg(db_check(db, &e) == ERR_OK, "%s", e.msg);
}

/* --- making the file --- */

static void
prepare_nothing(int dirfd)
{
	(void)dirfd;
}

static bool
run_create(int dirfd, int ack)
{
	struct db *db = db_open(dirfd, DB_FILE, DB_CREATE, NULL);

	if (db == NULL || !say(ack, 'c'))
		return false;
	db_close(db);
	return true;
}

static int64_t
count_tables(struct db *db)
{
	return fix_i64(db, "SELECT count(*) FROM sqlite_schema "
	    "WHERE type = 'table'");
}

/* How many there are when nothing was cut. */
static int64_t
all_tables(int dirfd)
{
	static int64_t n;

	if (n == 0) {
		struct db *db = fix_open(dirfd, "whole.db", DB_CREATE);

		n = count_tables(db);
		db_close(db);
	}
	return n;
}

static void
verify_create(int dirfd, const char *acks, size_t n)
{
	struct err e = { 0 };
	struct db *db = db_open(dirfd, DB_FILE, DB_READ, &e);

	(void)acks;
	if (n > 0)
		ck_assert_msg(db != NULL, "acknowledged: %s", e.msg);
	if (db == NULL) {
		ck_assert_msg(e.code == ERR_NOTFOUND ||
		    e.code == ERR_SCHEMA || e.code == ERR_BADSTATE, "%s",
		    e.msg);
		db = fix_open(dirfd, DB_FILE, DB_CREATE);
	}
	ck_assert_int_eq(fix_i64(db, "PRAGMA user_version"),
	    DB_SCHEMA_VERSION);
	ck_assert_int_eq(count_tables(db), all_tables(dirfd));
	check_sound(db);
	db_close(db);
}

/* --- transactions of several rows --- */

static void
prepare_file(int dirfd)
{
	struct db *db = fix_create(dirfd);

	db_close(db);
}

/* Phone number i with its file. */
static int
add_pair(struct db *db, void *arg, struct err *e)
{
	static uint8_t xml[XML_LEN];
	struct row_phone p = { .created_at = 1 };
	struct row_phone_file f = { .origin = "command", .xml = xml,
	    .len = sizeof(xml) };
	int i = *(int *)arg, ret;

	memset(xml, 'a' + i, sizeof(xml));
	(void)snprintf(p.name, sizeof(p.name), "SEP%012d", i);
	memcpy(f.name, p.name, sizeof(f.name));
	if ((ret = row_phone_file_put(db, &f, e)) != ERR_OK)
		return ret;
	return row_phone_add(db, &p, e);
}

static bool
run_tx(int dirfd, int ack)
{
	struct db *db = db_open(dirfd, DB_FILE, DB_WRITE, NULL);

	if (db == NULL)
		return false;
	for (int i = 0; i < ROUNDS; i++)
		if (db_tx(db, add_pair, &i, NULL) != DB_DONE ||
		    !say(ack, (char)i))
			return false;
	db_close(db);
	return true;
}

static void
verify_pairs(int dirfd, const char *acks, size_t n)
{
	struct db *db = fix_open(dirfd, DB_FILE, DB_WRITE);
	struct err e = { 0 };
	struct row_phone p;
	char name[32];

	check_sound(db);
	/* Phone, file and two change rows each, or none of them. */
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM phone"),
	    fix_i64(db, "SELECT count(*) FROM phone_file"));
	ck_assert_int_eq(2 * fix_i64(db, "SELECT count(*) FROM phone"),
	    fix_i64(db, "SELECT count(*) FROM change"));
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM phone_file "
	    "WHERE length(xml) <> 9000"), 0);
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "SEP%012d", acks[i]);
		ck_assert_msg(row_phone_get(db, name, &p, &e) == ERR_OK,
		    "acknowledged, but %s", e.msg);
	}
	db_close(db);
}

/* --- a new list --- */

static int
put_list(struct db *db, void *arg, struct err *e)
{
	static uint8_t bytes[LIST_LEN];
	struct row_list l = { .kind = "itl", .bytes = bytes,
	    .len = sizeof(bytes) };

	memset(bytes, *(char *)arg, sizeof(bytes));
	memset(l.sha256, *(char *)arg, sizeof(l.sha256));
	return row_list_put_current(db, &l, e);
}

static void
prepare_list(int dirfd)
{
	struct db *db = fix_create(dirfd);
	char c = '1';

	fix_tx(db, put_list, &c);
	db_close(db);
}

static bool
run_list(int dirfd, int ack)
{
	struct db *db = db_open(dirfd, DB_FILE, DB_WRITE, NULL);
	char c = '2';

	if (db == NULL || db_tx(db, put_list, &c, NULL) != DB_DONE ||
	    !say(ack, c))
		return false;
	db_close(db);
	return true;
}

static void
verify_list(int dirfd, const char *acks, size_t n)
{
	struct db *db = fix_open(dirfd, DB_FILE, DB_WRITE);
	struct err e = { 0 };
	struct row_list l;

	(void)acks;
	check_sound(db);
	ck_assert_msg(row_list_current(db, "itl", "", &l, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_uint_eq(l.len, LIST_LEN);
	for (size_t i = 0; i < l.len; i++)
		ck_assert_int_eq(l.bytes[i], l.sha256[0]);
	ck_assert(l.sha256[0] == '2' || (n == 0 && l.sha256[0] == '1'));
	/* The older version is kept for ever. */
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM list_version"),
	    l.sha256[0] - '0');
	row_list_clear(&l);
	db_close(db);
}

/* --- the writer thread --- */

struct post {
	int	i, ack;
	int	*left;
};

static void
posted(void *arg, enum db_result r, const struct err *e)
{
	struct post *p = arg;

	(void)e;
	if (r == DB_DONE)
		(void)say(p->ack, (char)p->i);
	--*p->left;
}

static bool
run_writer(int dirfd, int ack)
{
	struct db_writer *w = db_writer_start(dirfd, DB_FILE, 100, 5, NULL);
	struct db_port *port = w != NULL ? db_port_new(w, NULL) : NULL;
	struct post posts[PAIRS];
	int left = PAIRS;
	struct pollfd pfd;

	if (port == NULL)
		return false;
	for (int i = 0; i < PAIRS; i++) {
		posts[i] = (struct post){ .i = i, .ack = ack, .left = &left };
		if (db_tx_post(port, add_pair, &posts[i], posted, NULL,
		    NULL) != ERR_OK)
			return false;
	}
	pfd = (struct pollfd){ .fd = db_port_fd(port), .events = POLLIN };
	while (left > 0 && poll(&pfd, 1, 10000) == 1)
		db_port_run(port);
	db_port_free(port);
	db_writer_stop(w);
	return left == 0;
}

static const struct scenario scenarios[] = {
	{ "create", prepare_nothing, run_create, verify_create },
	{ "rows", prepare_file, run_tx, verify_pairs },
	{ "list", prepare_list, run_list, verify_list },
	{ "writer", prepare_file, run_writer, verify_pairs },
};

/* --- the loop --- */

/* True when the child got through; else it was killed. */
static bool
one_crash(const struct scenario *s, int dirfd, long n)
{
	char acks[256];
	size_t got = 0;
	int fds[2], status;
	ssize_t r;
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_ge(pid = fork(), 0);
	if (pid == 0) {
		crash_vfs_arm(CRASH_KILL, n);
		_exit(s->run(dirfd, fds[1]) ? 0 : 1);
	}
	ck_assert_int_eq(close(fds[1]), 0);
	while (got < sizeof(acks) &&
	    (r = read(fds[0], acks + got, sizeof(acks) - got)) > 0)
		got += (size_t)r;
	ck_assert_int_eq(close(fds[0]), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
	    (WIFEXITED(status) && WEXITSTATUS(status) == 0),
	    "%s, operation %ld: status %x", s->name, n, (unsigned)status);
	s->verify(dirfd, acks, got);
	return WIFEXITED(status);
}

START_TEST(crash)
{
	const struct scenario *s = &scenarios[_i];
	bool through = false;
	long n;

	crash_vfs_use();
	for (n = 1; !through && n < OPS_MAX; n += (long)slow_step(7)) {
		int dirfd = fix_folder();

		crash_vfs_arm(CRASH_NOT, 0);
		s->prepare(dirfd);
		through = one_crash(s, dirfd, n);
		fix_remove();
	}
	ck_assert_msg(through, "%s: never got through", s->name);
	ck_assert_msg(n > 5, "%s: only %ld operations seen", s->name, n);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db_crash");
	TCase *t = tcase_create("crash");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, NULL, fix_remove);
	tcase_add_loop_test(t, crash, 0,
	    (int)(sizeof(scenarios) / sizeof(scenarios[0])));
	suite_add_tcase(s, t);
	return fix_run(s);
}
