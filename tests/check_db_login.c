/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of application users, hashes, logins and restarts owed; wrong tries and
 * fetches in observed.db.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/internal.h"
#include "db/observed.h"
#include "db/rows_hash.h"
#include "db/rows_login.h"
#include "tests/db_fixture.h"

static struct db *db, *observed;

static void
setup(void)
{
	struct err e = { 0 };
	int dirfd = fix_folder();

	db = fix_create(dirfd);
	ck_assert_msg(observed_create(dirfd, &e) == ERR_OK, "%s", e.msg);
	observed = fix_open(dirfd, OBSERVED_FILE, DB_WRITE);
	ck_assert_int_eq(db_shadow_enable(observed, NULL), ERR_OK);
}

static void
teardown(void)
{
	db_close(observed);
	db_close(db);
	fix_remove();
}

struct write {
	enum credential_kind	 kind;
	const void		*row;
	const char		*name;
	enum user_what		 what;
	int			 ret;		/* what is expected */
};

#define WRITE(fn, call)							\
	static int							\
	fn(struct db *d, void *arg, struct err *e)			\
	{								\
		struct write *w = arg;					\
									\
		ck_assert_int_eq(call, w->ret);				\
		if (e != NULL)						\
			e->code = ERR_OK;				\
		return ERR_OK;						\
	}
WRITE(put_user, row_account_put(d, w->kind, w->row, e))
WRITE(del_user, row_account_remove(d, w->kind, w->name, e))
WRITE(put_hash, row_hash_put(d, w->kind, w->row, e))
WRITE(del_hash, row_hash_remove(d, w->kind, w->name, w->what, e))
WRITE(put_login, row_login_put(d, w->row, e))
WRITE(del_login, row_login_remove(d, w->name, e))
WRITE(put_restart, row_restart_put(d, w->row, e))
WRITE(del_phone, row_phone_remove(d, w->name, e))
WRITE(put_try, observed_try_put(d, w->row, e))
WRITE(clear_try, observed_try_clear(d, w->row, e))

static void
run(db_fn *fn, struct write w)
{
	fix_tx(db, fn, &w);
}

static int64_t
changes(const char *table, const char *key)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM change WHERE "
	    "kind = '%s' AND key = '%s'", table, key);
	return fix_i64(db, sql);
}

START_TEST(accounts_of_both_kinds)
{
	struct row_user u = { .name = "ann", .description = "x",
	    .changed_at = 3 }, got, *list;
	struct write w = { .kind = CREDENTIAL_APPLICATION, .row = &u,
	    .name = "ann" };
	size_t n;

	run(put_user, w);
	ck_assert_int_eq(row_account_get(db, CREDENTIAL_APPLICATION, "ann",
	    &got, NULL), ERR_OK);
	ck_assert_str_eq(got.description, "x");
	ck_assert_int_eq(row_user_get(db, "ann", &got, NULL), ERR_NOTFOUND);
	w.kind = CREDENTIAL_USER;
	run(put_user, w);
	ck_assert_int_eq(row_account_list(db, CREDENTIAL_APPLICATION, &list,
	    &n, NULL), ERR_OK);
	ck_assert_uint_eq(n, 1);
	free(list);
	run(del_user, w);
	ck_assert_int_eq(row_account_get(db, CREDENTIAL_APPLICATION, "ann",
	    &got, NULL), ERR_OK);
	w.ret = ERR_NOTFOUND;
	run(del_user, w);
	ck_assert(changes("application_user", "ann") > 0);
}
END_TEST

START_TEST(hashes)
{
	struct row_user u = { .name = "ann" };
	struct row_hash h = { .name = "ann", .what = USER_PIN, .hash = "a",
	    .changed_at = 4 }, got, *list;
	struct write w = { .row = &u, .name = "ann", .what = USER_PIN };
	size_t n;

	run(put_user, w);
	w.row = &h;
	run(put_hash, w);
	ck_assert_int_eq(row_hash_get(db, CREDENTIAL_USER, "ann",
	    USER_PASSWORD, &got, NULL), ERR_NOTFOUND);
	ck_assert_int_eq(row_hash_get(db, CREDENTIAL_APPLICATION, "ann",
	    USER_PIN, &got, NULL), ERR_NOTFOUND);
	ck_assert_int_eq(row_hash_get(db, CREDENTIAL_USER, "ann", USER_PIN,
	    &got, NULL), ERR_OK);
	ck_assert(strcmp(got.hash, "a") == 0 && got.changed_at == 4 &&
	    got.what == USER_PIN);
	h = (struct row_hash){ .name = "ann", .what = USER_PASSWORD,
	    .hash = "b" };
	run(put_hash, w);
	(void)snprintf(h.hash, sizeof(h.hash), "c");
	run(put_hash, w);
	ck_assert_int_eq(row_hash_list(db, CREDENTIAL_USER, &list, &n, NULL),
	    ERR_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(list[0].hash, "c");
	free(list);
	run(del_hash, w);
	w.ret = ERR_NOTFOUND;
	run(del_hash, w);
	/* Nothing of a user outlives it. */
	w.ret = ERR_OK;
	run(del_user, w);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM user_hash"), 0);
}
END_TEST

START_TEST(logins)
{
	struct row_login l = { .phone = "p1", .user = "ann",
	    .before = "desk", .account = "root", .at = 5 }, got, *list;
	struct write w = { .row = &l, .name = "p1" };
	size_t n;

	fix_phone(db, "p1");
	run(put_login, w);
	ck_assert_int_eq(row_login_get(db, "p1", &got, NULL), ERR_OK);
	ck_assert(strcmp(got.user, "ann") == 0 && strcmp(got.before, "desk") ==
	    0 && strcmp(got.account, "root") == 0 && got.at == 5);
	ck_assert_int_eq(row_login_get(db, "p2", &got, NULL), ERR_NOTFOUND);
	ck_assert_int_eq(row_login_of_user(db, "ann", &list, &n, NULL),
	    ERR_OK);
	ck_assert(n == 1 && strcmp(list[0].phone, "p1") == 0);
	free(list);
	ck_assert_int_eq(row_login_of_user(db, "desk", &list, &n, NULL),
	    ERR_OK);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(row_login_of_before(db, "desk", &list, &n, NULL),
	    ERR_OK);
	ck_assert_uint_eq(n, 1);
	free(list);
	run(del_login, w);
	w.ret = ERR_NOTFOUND;
	run(del_login, w);
	w.ret = ERR_OK;
	run(put_login, w);
	ck_assert(changes("phone", "p1") >= 3);
	run(del_phone, w);
	ck_assert_int_eq(row_login_list(db, &list, &n, NULL), ERR_OK);
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(restarts)
{
	struct row_restart r = { .phone = "p1", .why = "ann logged in",
	    .at = 5 }, got;
	struct write w = { .row = &r, .name = "p1" };

	fix_phone(db, "p1");
	run(put_restart, w);
	r.at = 6;
	run(put_restart, w);
	ck_assert_int_eq(row_restart_get(db, "p1", &got, NULL), ERR_OK);
	ck_assert(got.at == 6 && strcmp(got.why, "ann logged in") == 0);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM phone_restart"),
	    1);
	run(del_phone, w);
	ck_assert_int_eq(row_restart_get(db, "p1", &got, NULL),
	    ERR_NOTFOUND);
}
END_TEST

/* --- observed.db --- */

START_TEST(tries)
{
	struct user_try t = { .name = "ann", .what = USER_PIN, .wrong = 3,
	    .since = 10, .at = 20 }, got = t;
	struct write w = { .row = &t };
	int64_t sum;

	ck_assert_int_eq(observed_try_get(observed, &got, NULL), ERR_OK);
	ck_assert(got.wrong == 0 && got.at == 0);
	fix_tx(observed, put_try, &w);
	t.kind = CREDENTIAL_APPLICATION;
	t.wrong = 4;
	t.at = 30;
	fix_tx(observed, put_try, &w);
	got.kind = CREDENTIAL_USER;
	ck_assert_int_eq(observed_try_get(observed, &got, NULL), ERR_OK);
	ck_assert(got.wrong == 3 && got.since == 10 && got.at == 20);
	ck_assert_int_eq(observed_try_sum(observed, 19, &sum, NULL), ERR_OK);
	ck_assert_int_eq(sum, 7);
	ck_assert_int_eq(observed_try_sum(observed, 20, &sum, NULL), ERR_OK);
	ck_assert_int_eq(sum, 4);
	fix_tx(observed, clear_try, &w);
	ck_assert_int_eq(observed_try_sum(observed, 0, &sum, NULL), ERR_OK);
	ck_assert_int_eq(sum, 3);
}
END_TEST

static int
trim(struct db *d, void *arg, struct err *e)
{
	return observed_try_trim(d, *(int64_t *)arg, e);
}

START_TEST(tries_are_forgotten)
{
	struct user_try t = { .name = "ann", .wrong = 3, .at = 20 };
	struct write w = { .row = &t };
	int64_t at = 20, sum;

	fix_tx(observed, put_try, &w);
	fix_tx(observed, trim, &at);
	ck_assert_int_eq(observed_try_sum(observed, 0, &sum, NULL), ERR_OK);
	ck_assert_int_eq(sum, 3);
	at = 21;
	fix_tx(observed, trim, &at);
	ck_assert_int_eq(observed_try_sum(observed, 0, &sum, NULL), ERR_OK);
	ck_assert_int_eq(sum, 0);
}
END_TEST

static int
add_fetch(struct db *d, void *arg, struct err *e)
{
	const struct observed_bounds b = { .ring = 4, .devices = 10 };

	return observed_add(d, arg, 1, &b, e);
}

static void
fetched(const char *kind, const char *result, int64_t at)
{
	struct fetch f = { .device = "p1", .address = "192.0.2.1",
	    .transport = "http", .name = "x",
	    .started_us = at * 1000000 + 500000 };

	f.completed_us = f.started_us + 1;
	(void)snprintf(f.kind, sizeof(f.kind), "%s", kind);
	(void)snprintf(f.result, sizeof(f.result), "%s", result);
	fix_tx(observed, add_fetch, &f);
}

static bool
since(int64_t at)
{
	bool yes;

	ck_assert_int_eq(observed_fetched_since(observed, "p1", "config", at,
	    &yes, NULL), ERR_OK);
	return yes;
}

START_TEST(fetched_since)
{
	ck_assert(!since(0));
	fetched("config", "done", 100);
	ck_assert(since(99));
	ck_assert(!since(100));
	fetched("itl", "done", 110);
	fetched("config", "aborted", 111);
	fetched("config", "not_found", 112);
	ck_assert(!since(100));
	fetched("config", "not_modified", 113);
	ck_assert(since(112) && !since(113));
	/* Its ring went round: the one that counts may have been there. */
	for (int64_t at = 120; at < 124; at++)
		fetched("static", "done", at);
	ck_assert(since(119) && !since(120));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db_login");
	TCase *t = tcase_create("db_login");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, accounts_of_both_kinds);
	tcase_add_test(t, hashes);
	tcase_add_test(t, logins);
	tcase_add_test(t, restarts);
	tcase_add_test(t, tries);
	tcase_add_test(t, tries_are_forgotten);
	tcase_add_test(t, fetched_since);
	suite_add_tcase(s, t);
	return fix_run(s);
}
