/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones that get a plain file for a while.
 */
#include <stdlib.h>
#include <string.h>

#include "db/rows_plain.h"
#include "tests/db_fixture.h"

#define ONE	"SEP000000000001"
#define TWO	"SEP000000000002"

static struct db *db;

static void
setup(void)
{
	db = fix_create(fix_folder());
}

static void
teardown(void)
{
	db_close(db);
	fix_remove();
}

static int
tx_put(struct db *d, void *arg, struct err *e)
{
	return row_phone_plain_put(d, arg, e);
}

static int
tx_remove(struct db *d, void *arg, struct err *e)
{
	return row_phone_plain_remove(d, arg, e);
}

static int
tx_phone(struct db *d, void *arg, struct err *e)
{
	struct row_phone p = { .name = ONE, .created_at = 1 };

	(void)arg;
	return row_phone_put(d, &p, e);
}

static int
tx_phone_remove(struct db *d, void *arg, struct err *e)
{
	return row_phone_remove(d, arg, e);
}

static void
count(void *arg, const char *kind, const char *key)
{
	int *n = arg;

	ck_assert_str_eq(kind, "phone");
	ck_assert_str_eq(key, ONE);
	(*n)++;
}

/* Change rows since the last call. */
static int
changes(int64_t *seq)
{
	struct err e = { 0 };
	bool trimmed;
	int n = 0;

	ck_assert_int_eq(db_changes(db, seq, &trimmed, count, &n, &e),
	    ERR_OK);
	return n;
}

START_TEST(put_get)
{
	struct row_phone_plain p = { .phone = ONE, .until = 200,
	    .account = "ann", .at = 100 }, q;
	struct err e = { 0 };
	int64_t seq = -1;

	(void)changes(&seq);
	ck_assert_int_eq(row_phone_plain_get(db, ONE, &q, &e), ERR_NOTFOUND);
	fix_tx(db, tx_put, &p);
	ck_assert_int_eq(changes(&seq), 1);
	ck_assert_int_eq(row_phone_plain_get(db, ONE, &q, &e), ERR_OK);
	ck_assert_str_eq(q.phone, ONE);
	ck_assert_int_eq(q.until, 200);
	ck_assert(!q.with_secrets);
	ck_assert_str_eq(q.account, "ann");
	ck_assert_int_eq(q.at, 100);
	p.with_secrets = true;
	p.until = 300;
	fix_tx(db, tx_put, &p);
	ck_assert_int_eq(row_phone_plain_get(db, ONE, &q, &e), ERR_OK);
	ck_assert(q.with_secrets);
	ck_assert_int_eq(q.until, 300);
	(void)changes(&seq);
	fix_tx(db, tx_remove, (void *)(uintptr_t)ONE);
	ck_assert_int_eq(changes(&seq), 1);
	ck_assert_int_eq(row_phone_plain_get(db, ONE, &q, &e), ERR_NOTFOUND);
	/* Not there: no error, and nothing changes. */
	fix_tx(db, tx_remove, (void *)(uintptr_t)ONE);
	ck_assert_int_eq(changes(&seq), 0);
}
END_TEST

START_TEST(list)
{
	struct row_phone_plain a = { .phone = TWO, .until = 2, .account = "b",
	    .at = 1 }, b = { .phone = ONE, .until = 1, .account = "a",
	    .at = 1 }, *rows;
	struct err e = { 0 };
	size_t n;

	fix_tx(db, tx_put, &a);
	fix_tx(db, tx_put, &b);
	ck_assert_int_eq(row_phone_plain_list(db, &rows, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(rows[0].phone, ONE);
	ck_assert_str_eq(rows[1].phone, TWO);
	free(rows);
}
END_TEST

/* It goes with the phone. */
START_TEST(phone_removed)
{
	struct row_phone_plain p = { .phone = ONE, .until = 200,
	    .account = "ann", .at = 100 }, q;
	struct err e = { 0 };

	fix_tx(db, tx_phone, NULL);
	fix_tx(db, tx_put, &p);
	fix_tx(db, tx_phone_remove, (void *)(uintptr_t)ONE);
	ck_assert_int_eq(row_phone_plain_get(db, ONE, &q, &e), ERR_NOTFOUND);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db_plain");
	TCase *tc = tcase_create("db_plain");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, put_get);
	tcase_add_test(tc, list);
	tcase_add_test(tc, phone_removed);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
