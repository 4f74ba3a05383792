/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Transactions: verdicts, nesting, other writers, change rows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "db/internal.h"
#include "db/observed.h"
#include "tests/db_fixture.h"

static struct db *db;
static int dirfd_;

static void
setup(void)
{
	dirfd_ = fix_folder();
	db = fix_create(dirfd_);
}

static void
teardown(void)
{
	db_close(db);
	fix_remove();
}

static int
add_then_fail(struct db *d, void *arg, struct err *e)
{
	int ret = fix_add_phone(d, arg, e);

	return ret != ERR_OK ? ret : err_set(e, ERR_LIMIT, "no more");
}

START_TEST(fn_says_no)
{
	char name[] = "SEP000000000001";
	struct err e = { 0 };

	ck_assert_int_eq(db_tx(db, add_then_fail, name, &e), DB_REFUSED);
	ck_assert_int_eq(e.code, ERR_LIMIT);
	ck_assert_int_eq(db_result_err(DB_REFUSED, &e), ERR_LIMIT);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM phone"), 0);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM change"), 0);
	ck_assert_int_eq(db_tx(db, add_then_fail, name, NULL), DB_REFUSED);
	fix_phone(db, name);
	ck_assert_int_eq(db_tx(db, fix_add_phone, name, &e), DB_REFUSED);
	ck_assert_int_eq(e.code, ERR_EXISTS);
}
END_TEST

START_TEST(results_fold)
{
	struct err e = { .code = ERR_OK };

	ck_assert_int_eq(db_result_err(DB_DONE, &e), ERR_OK);
	ck_assert_int_eq(db_result_err(DB_REFUSED, &e), ERR_REFUSED);
	ck_assert_int_eq(db_result_err(DB_REFUSED, NULL), ERR_REFUSED);
	ck_assert_int_eq(db_result_err(DB_UNREACHABLE, &e), ERR_UNREACHABLE);
	ck_assert_int_eq(db_result_err(DB_UNKNOWN, &e), ERR_UNKNOWN);
}
END_TEST

static int
nest(struct db *d, void *arg, struct err *e)
{
	struct err inner = { 0 };

	ck_assert_int_eq(db_tx(d, fix_add_phone, arg, &inner), DB_REFUSED);
	ck_assert_int_eq(inner.code, ERR_BADSTATE);
	ck_assert_int_eq(db_read_tx(d, fix_add_phone, arg, &inner),
	    ERR_BADSTATE);
	return fix_add_phone(d, arg, e);
}

START_TEST(nested_is_refused)
{
	char name[] = "SEP000000000001";

	fix_tx(db, nest, name);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM phone"), 1);
}
END_TEST

/* --- groups --- */

static int
fail_after(struct db *d, void *arg, struct err *e)
{
	int ret = fix_add_phone(d, arg, e);

	return ret != ERR_OK ? ret : err_set(e, ERR_REFUSED, "no");
}

static int
nest_in_part(struct db *d, void *arg, struct err *e)
{
	struct err inner = { 0 };

	ck_assert_int_eq(db_tx(d, fix_add_phone, arg, &inner), DB_REFUSED);
	ck_assert_int_eq(inner.code, ERR_BADSTATE);
	return fix_add_phone(d, arg, e);
}

static int
count_two(struct db *d, void *arg, struct err *e)
{
	int64_t n;
	int ret = row_phone_count(d, &n, e);

	(void)arg;
	if (ret == ERR_OK)
		ck_assert_int_eq(n, 2);
	return ret;
}

/* A group in a group: its parts are parts, and it fails as a whole. */
static int
inner_group(struct db *d, void *arg, struct err *e)
{
	char three[] = "SEP000000000003", four[] = "SEP000000000004";

	ck_assert_int_eq(db_tx(d, fix_add_phone, three, NULL), DB_DONE);
	ck_assert_int_eq(db_tx(d, fail_after, four, NULL), DB_REFUSED);
	return err_set(e, ERR_REFUSED, "%s", (char *)arg);
}

struct group {
	int	end;		/* what the group returns */
	int	runs;
};

static int
group_of_parts(struct db *d, void *arg, struct err *e)
{
	char one[] = "SEP000000000001", two[] = "SEP000000000002";
	char three[] = "SEP000000000003";
	struct group *g = arg;
	struct err inner = { 0 };

	g->runs++;
	ck_assert_int_eq(db_tx(d, fix_add_phone, one, &inner), DB_DONE);
	ck_assert_int_eq(db_tx(d, fail_after, three, &inner), DB_REFUSED);
	ck_assert_int_eq(inner.code, ERR_REFUSED);
	ck_assert_int_eq(db_tx(d, fix_add_phone, one, &inner), DB_REFUSED);
	ck_assert_int_eq(db_tx(d, nest_in_part, two, NULL), DB_DONE);
	ck_assert_int_eq(db_tx_group(d, inner_group, three, &inner),
	    DB_REFUSED);
	ck_assert_int_eq(inner.code, ERR_REFUSED);
	ck_assert_int_eq(db_read_tx(d, count_two, NULL, &inner), ERR_OK);
	return g->end == ERR_OK ? ERR_OK : err_set(e, g->end, "rolled back");
}

/* A part that fails undoes itself only; the group's end decides on all. */
START_TEST(group)
{
	struct group g = { .end = ERR_REFUSED };
	struct err e = { 0 };

	ck_assert_int_eq(db_tx_group(db, group_of_parts, &g, &e), DB_REFUSED);
	ck_assert_int_eq(e.code, ERR_REFUSED);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM phone"), 0);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM change"), 0);
	g.end = ERR_OK;
	ck_assert_int_eq(db_tx_group(db, group_of_parts, &g, &e), DB_DONE);
	ck_assert_int_ge(g.runs, 2);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM phone"), 2);
}
END_TEST

/* Under replay the whole group runs twice and must write the same. */
START_TEST(group_is_replayed)
{
	struct group g = { .end = ERR_OK };
	struct err e = { 0 };

	ck_assert_int_eq(db_shadow_enable(db, &e), ERR_OK);
	ck_assert_int_eq(db_tx_group(db, group_of_parts, &g, &e), DB_DONE);
	ck_assert_int_eq(g.runs, 2);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM phone"), 2);
}
END_TEST

START_TEST(writing_needs_a_transaction)
{
	char name[] = "SEP000000000001";
	struct db *r = fix_open(dirfd_, DB_FILE, DB_READ);
	struct err e = { 0 };

	ck_assert_int_eq(fix_add_phone(db, name, &e), ERR_BADSTATE);
	ck_assert_int_eq(db_read_tx(db, fix_add_phone, name, &e),
	    ERR_BADSTATE);
	ck_assert_int_eq(db_tx(r, fix_add_phone, name, &e), DB_REFUSED);
	ck_assert_int_eq(e.code, ERR_BADSTATE);
	db_close(r);
}
END_TEST

/* What a reader sees does not move under it. */
static int
read_twice(struct db *d, void *arg, struct err *e)
{
	int64_t a, b;
	int ret;

	if ((ret = row_phone_count(d, &a, e)) != ERR_OK)
		return ret;
	fix_phone(db, arg);
	if ((ret = row_phone_count(d, &b, e)) != ERR_OK)
		return ret;
	ck_assert_int_eq(a, b);
	return ERR_OK;
}

START_TEST(reading_is_consistent)
{
	char name[] = "SEP000000000001", other[] = "SEP000000000002";
	struct db *r = fix_open(dirfd_, DB_FILE, DB_READ);
	struct err e = { 0 };
	int64_t n;

	ck_assert_int_eq(db_read_tx(r, read_twice, name, &e), ERR_OK);
	ck_assert_int_eq(row_phone_count(r, &n, &e), ERR_OK);
	ck_assert_int_eq(n, 1);
	ck_assert_int_eq(db_read_tx(r, add_then_fail, name, &e),
	    ERR_BADSTATE);
	ck_assert_int_eq(db_read_tx(r, read_twice, other, &e),
	    ERR_OK);
	db_close(r);
}
END_TEST

/* --- several processes --- */

#define COUNT_EACH	60

/* A counter kept in a parameter row: lost updates would show in its sum. */
static int
count_up(struct db *d, void *arg, struct err *e)
{
	struct row_phone p;
	int ret = row_phone_get(d, "counter", &p, e);

	(void)arg;
	if (ret != ERR_OK)
		return ret;
	p.changed_at++;
	return row_phone_put(d, &p, e);
}

#define WHO		"ann"

/* A counter in observed.db, which is not replayed. */
static int
try_once_more(struct db *d, void *arg, struct err *e)
{
	struct user_try t = { .name = WHO };
	int ret = observed_try_get(d, &t, e);

	(void)arg;
	t.wrong++;
	return ret == ERR_OK ? observed_try_put(d, &t, e) : ret;
}

static int64_t
tries(struct db *d)
{
	struct user_try t = { .name = WHO };

	ck_assert_int_eq(observed_try_get(d, &t, NULL), ERR_OK);
	return t.wrong;
}

struct pair {
	struct db	*outer;
	int		 end;
	int		 runs;
};

/* What it writes to the other depends on what is there. */
static int
both_count(struct db *d, void *arg, struct err *e)
{
	struct pair *p = arg;
	char one[] = "SEP000000000001";
	int ret;

	p->runs++;
	ck_assert_int_eq(db_tx(p->outer, try_once_more, NULL, e),
	    DB_DONE);
	if ((ret = fix_add_phone(d, one, e)) != ERR_OK)
		return ret;
	return p->end == ERR_OK ? ERR_OK : err_set(e, p->end, "no more");
}

static int
both_once(struct db *d, void *arg, struct err *e)
{
	struct pair *p = arg;

	(void)d;
	ck_assert_int_eq(db_tx(p->outer, try_once_more, NULL, e), DB_DONE);
	return p->end == ERR_OK ? ERR_OK : err_set(e, p->end, "no more");
}

/* A body on two databases: all or nothing, and however often it runs, it
 * finds the other as it was. */
START_TEST(pair)
{
	struct pair p = { .end = ERR_LIMIT };
	struct err e = { 0 };

	p.outer = fix_open(dirfd_, OBSERVED_FILE, DB_CREATE);
	ck_assert_int_eq(db_tx_pair(p.outer, db, both_count, &p, &e),
	    DB_REFUSED);
	ck_assert_int_eq(e.code, ERR_LIMIT);
	ck_assert_int_eq(tries(p.outer), 0);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM phone"), 0);
	p = (struct pair){ .outer = p.outer };
	ck_assert_int_eq(db_tx_pair(p.outer, db, both_count, &p, &e), DB_DONE);
	ck_assert_int_ge(p.runs, 2);
	ck_assert_int_eq(tries(p.outer), 1);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM phone"), 1);
	db_close(p.outer);
}
END_TEST

/* Parts of a pair, of which the second fails: a run of all of it again finds
 * the other as it was before the first. */
static int
both_in_parts(struct db *d, void *arg, struct err *e)
{
	struct pair *p = arg;
	struct pair part = { .outer = p->outer };
	struct err own = { 0 };

	(void)e;
	p->runs++;
	for (int i = 0; i < 3; i++) {
		part.end = i == 1 ? ERR_LIMIT : ERR_OK;
		ck_assert_int_eq(db_tx_pair(p->outer, d, both_once, &part,
		    &own), i == 1 ? DB_REFUSED : DB_DONE);
	}
	return ERR_OK;
}

START_TEST(pair_in_parts)
{
	struct pair p = { .end = ERR_OK };
	struct err e = { 0 };

	p.outer = fix_open(dirfd_, OBSERVED_FILE, DB_CREATE);
	ck_assert_int_eq(db_tx_pair(p.outer, db, both_in_parts, &p, &e),
	    DB_DONE);
	ck_assert_int_eq(p.runs, 2);
	ck_assert_int_eq(tries(p.outer), 2);
	db_close(p.outer);
}
END_TEST

static void
count_in_child(int dirfd, int ready, int go)
{
	struct db *d = db_open(dirfd, DB_FILE, DB_WRITE, NULL);
	struct err e = { 0 };
	char c = 'r';

	if (d == NULL || write(ready, &c, 1) != 1 || read(go, &c, 1) != 1)
		_exit(1);
	for (int i = 0; i < COUNT_EACH; i++)
		if (db_tx(d, count_up, NULL, &e) != DB_DONE) {
			(void)fprintf(stderr, "%s\n", e.msg);
			_exit(2);
		}
	db_close(d);
	_exit(0);
}

/* The connection is made after fork: the parent opens its own anew. */
START_TEST(two_writers)
{
	int ready[2], go[2], status;
	pid_t pid;
	char c;

	fix_phone(db, "counter");
	db_close(db);
	ck_assert(pipe(ready) == 0 && pipe(go) == 0);
	ck_assert_int_ge(pid = fork(), 0);
	if (pid == 0)
		count_in_child(dirfd_, ready[1], go[0]);
	db = fix_open(dirfd_, DB_FILE, DB_WRITE);
	ck_assert_int_eq(db_shadow_enable(db, NULL), ERR_OK);
	ck_assert_int_eq(close(ready[1]), 0);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	ck_assert_int_eq(write(go[1], "g", 1), 1);
	for (int i = 0; i < COUNT_EACH; i++)
		fix_tx(db, count_up, NULL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "child: status %x", (unsigned)status);
	ck_assert_int_eq(fix_i64(db, "SELECT changed_at FROM phone"),
	    1 + 2 * COUNT_EACH);
	for (int i = 0; i < 2; i++)
		ck_assert(close(go[i]) == 0);
	ck_assert_int_eq(close(ready[0]), 0);
}
END_TEST

static void
hold_in_child(int dirfd, int ready, int go)
{
	struct db *d = db_open(dirfd, DB_FILE, DB_WRITE, NULL);
	char c = 'r';

	if (d == NULL || db_exec(d, "BEGIN IMMEDIATE", NULL) != ERR_OK ||
	    write(ready, &c, 1) != 1)
		_exit(1);
	_exit(read(go, &c, 1) == 0 ? 0 : 2);	/* until it is closed */
}

#define SHORT_MS	200	/* of patience */

/* A process that holds the write lock until let_go. */
struct holder {
	pid_t	pid;
	int	go;
};

static struct holder
hold(void)
{
	struct holder h;
	int ready[2], go[2];
	char c;

	db_close(db);
	ck_assert(pipe(ready) == 0 && pipe(go) == 0);
	ck_assert_int_ge(h.pid = fork(), 0);
	if (h.pid == 0) {
		(void)close(go[1]);
		hold_in_child(dirfd_, ready[1], go[0]);
	}
	db = fix_open(dirfd_, DB_FILE, DB_WRITE);
	ck_assert(close(ready[1]) == 0 && close(go[0]) == 0);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	ck_assert_int_eq(close(ready[0]), 0);
	h.go = go[1];
	return h;
}

static void
let_go(struct holder h)
{
	char name[] = "SEP000000000001";

	ck_assert(close(h.go) == 0 && waitpid(h.pid, NULL, 0) == h.pid);
	ck_assert_int_eq(db_tx(db, fix_add_phone, name, NULL), DB_DONE);
}

/* A writer that never ends is named. */
START_TEST(busy_names_the_holder)
{
	int64_t begin = clock_mono_ms(clock_system());
	char name[] = "SEP000000000001", want[32];
	struct holder h = hold();
	struct err e = { 0 };

	db_patience(db, SHORT_MS, -1);
	ck_assert_int_eq(db_tx(db, fix_add_phone, name, &e), DB_UNREACHABLE);
	ck_assert_int_ge(clock_mono_ms(clock_system()) - begin, SHORT_MS);
	ck_assert_int_eq(e.code, ERR_UNREACHABLE);
	(void)snprintf(want, sizeof(want), "(process %d)", (int)h.pid);
	/* Where the kernel's list of locks cannot be matched: "another". */
	ck_assert_msg(strstr(e.msg, want) != NULL ||
	    strstr(e.msg, "another process") != NULL, "%s", e.msg);
	let_go(h);
}
END_TEST

/* Who is told to stop waits a little more, once, and not for hours. */
START_TEST(stop_ends_the_wait)
{
	char name[] = "SEP000000000001";
	struct holder h = hold();
	int fd[2];

	ck_assert_int_eq(pipe(fd), 0);
	db_patience(db, INT64_MAX, fd[0]);
	ck_assert_int_eq(close(fd[1]), 0);
	ck_assert_int_eq(db_tx(db, fix_add_phone, name, NULL),
	    DB_UNREACHABLE);
	ck_assert_int_eq(db_tx(db, fix_add_phone, name, NULL),
	    DB_UNREACHABLE);
	let_go(h);
	ck_assert_int_eq(close(fd[0]), 0);
}
END_TEST

/* --- change rows --- */

struct seen {
	int	n;
	char	last[64];
};

static void
saw(void *arg, const char *kind, const char *key)
{
	struct seen *s = arg;

	s->n++;
	(void)snprintf(s->last, sizeof(s->last), "%.20s %.40s", kind, key);
}

START_TEST(changes_in_order)
{
	struct db *r = fix_open(dirfd_, DB_FILE, DB_READ);
	struct seen s = { 0 };
	struct err e = { 0 };
	int64_t seq = -1;
	bool trimmed;

	ck_assert_int_eq(db_changes(r, &seq, &trimmed, saw, &s, &e), ERR_OK);
	ck_assert(trimmed && seq == 0 && s.n == 0);
	fix_phone(db, "SEP000000000001");
	fix_phone(db, "SEP000000000002");
	ck_assert_int_eq(db_changes(r, &seq, &trimmed, saw, &s, &e), ERR_OK);
	ck_assert(!trimmed && seq == 2 && s.n == 2);
	ck_assert_str_eq(s.last, "phone SEP000000000002");
	ck_assert_int_eq(db_changes(r, &seq, &trimmed, saw, &s, &e), ERR_OK);
	ck_assert(!trimmed && seq == 2 && s.n == 2);
	seq = 7;	/* an older copy was put back */
	ck_assert_int_eq(db_changes(r, &seq, &trimmed, saw, &s, &e), ERR_OK);
	ck_assert(trimmed && seq == 2 && s.n == 2);
	db_close(r);
}
END_TEST

static int
many_changes(struct db *d, void *arg, struct err *e)
{
	int ret = ERR_OK;

	for (int i = 0; ret == ERR_OK && i < *(int *)arg; i++)
		ret = db_change_add(d, "phone", "x", e);
	return ret;
}

START_TEST(changes_are_trimmed)
{
	int n = DB_CHANGE_MAX + 10, one = 1;
	struct seen s = { 0 };
	struct err e = { 0 };
	int64_t seq = 1;
	bool trimmed;
	struct db *d;

	db_close(db);		/* without replay: many rows */
	d = db = fix_open(dirfd_, DB_FILE, DB_WRITE);
	fix_tx(d, many_changes, &one);
	fix_tx(d, many_changes, &n);
	ck_assert_int_eq(fix_i64(d, "SELECT count(*) FROM change"),
	    DB_CHANGE_MAX);
	ck_assert_int_eq(db_changes(d, &seq, &trimmed, saw, &s, &e), ERR_OK);
	ck_assert(trimmed && seq == n + 1 && s.n == 0);
	seq = n - 5;
	ck_assert_int_eq(db_changes(d, &seq, &trimmed, saw, &s, &e), ERR_OK);
	ck_assert(!trimmed && s.n == 6);
	seq = 11;	/* the oldest that is left is 12 */
	ck_assert_int_eq(db_changes(d, &seq, &trimmed, saw, &s, &e), ERR_OK);
	ck_assert(!trimmed && s.n == 6 + DB_CHANGE_MAX);
	seq = 10;
	ck_assert_int_eq(db_changes(d, &seq, &trimmed, saw, &s, &e), ERR_OK);
	ck_assert(trimmed);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db_tx");
	TCase *t = tcase_create("tx");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, fn_says_no);
	tcase_add_test(t, results_fold);
	tcase_add_test(t, nested_is_refused);
	tcase_add_test(t, group);
	tcase_add_test(t, group_is_replayed);
	tcase_add_test(t, writing_needs_a_transaction);
	tcase_add_test(t, reading_is_consistent);
	tcase_add_test(t, pair);
	tcase_add_test(t, pair_in_parts);
	tcase_add_test(t, two_writers);
	tcase_add_test(t, busy_names_the_holder);
	tcase_add_test(t, stop_ends_the_wait);
	tcase_add_test(t, changes_in_order);
	tcase_add_test(t, changes_are_trimmed);
	suite_add_tcase(s, t);
	return fix_run(s);
}
