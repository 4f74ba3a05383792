/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the Trust Verification Service was asked: rings, order, bounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/observed.h"
#include "tests/db_fixture.h"

#define T0	INT64_C(1700000000000000)

static struct db *db;
static int folder;

static void
setup(void)
{
	struct err e = { 0 };

	folder = fix_folder();
	ck_assert_msg(observed_create(folder, &e) == ERR_OK, "%s", e.msg);
	db = fix_open(folder, OBSERVED_FILE, DB_WRITE);
	ck_assert_int_eq(db_shadow_enable(db, NULL), ERR_OK);
}

static void
teardown(void)
{
	db_close(db);
	fix_remove();
}

struct add {
	struct tvs_ask	 a[8];
	size_t		 n;
	int64_t		 ring;
	bool		 all;
};

static int
add_fn(struct db *d, void *arg, struct err *e)
{
	const struct add *x = arg;

	return observed_ask_add(d, x->a, x->n, x->ring, x->all, e);
}

static void
put(const char *device, int64_t at, int64_t ring)
{
	struct add x = { .n = 1, .ring = ring, .all = true };
	struct err e = { 0 };

	x.a[0] = (struct tvs_ask){ .at_us = at, .has_sha256 = true,
	    .sha256 = { 7 }, .query = at % 2 == 1 };
	(void)snprintf(x.a[0].device, sizeof(x.a[0].device), "%s", device);
	(void)snprintf(x.a[0].address, sizeof(x.a[0].address), "192.0.2.7");
	(void)snprintf(x.a[0].subject, sizeof(x.a[0].subject), "CN=a");
	(void)snprintf(x.a[0].answer, sizeof(x.a[0].answer), "valid");
	ck_assert_msg(db_tx(db, add_fn, &x, &e) == DB_DONE, "%s", e.msg);
}

static size_t
list(const char *device, size_t max, struct tvs_ask **rows)
{
	struct err e = { 0 };
	size_t n;

	ck_assert_msg(observed_ask_list(db, device, max, rows, &n, &e) ==
	    ERR_OK, "%s", e.msg);
	return n;
}

START_TEST(round_trip)
{
	struct tvs_ask *a;

	ck_assert_uint_eq(list(NULL, 10, &a), 0);
	ck_assert_ptr_null(a);
	put("SEP1", T0 + 1, 8);
	ck_assert_uint_eq(list("SEP1", 10, &a), 1);
	ck_assert_str_eq(a->device, "SEP1");
	ck_assert_str_eq(a->address, "192.0.2.7");
	ck_assert_str_eq(a->subject, "CN=a");
	ck_assert_str_eq(a->answer, "valid");
	ck_assert_int_eq(a->at_us, T0 + 1);
	ck_assert(a->query);
	ck_assert(a->has_sha256);
	ck_assert_uint_eq(a->sha256[0], 7);
	free(a);
}
END_TEST

/* A query that found none. */
START_TEST(without_certificate)
{
	struct add x = { .n = 1, .ring = 8, .a = { { .at_us = T0,
	    .query = true, .answer = "unknown" } } };
	struct tvs_ask *a;

	ck_assert_int_eq(db_tx(db, add_fn, &x, NULL), DB_DONE);
	ck_assert_uint_eq(list("", 10, &a), 1);
	ck_assert(!a->has_sha256);
	ck_assert_str_eq(a->answer, "unknown");
	free(a);
}
END_TEST

START_TEST(ring_per_device)
{
	struct tvs_ask *a;

	for (int i = 0; i < 10; i++) {
		put("SEP1", T0 + i, 4);
		put("SEP2", T0 + i, 100);
	}
	ck_assert_uint_eq(list("SEP1", 100, &a), 4);
	for (int i = 0; i < 4; i++)	/* the newest, and first */
		ck_assert_int_eq(a[i].at_us, T0 + 9 - i);
	free(a);
	ck_assert_uint_eq(list("SEP2", 100, &a), 10);
	free(a);
	ck_assert_uint_eq(list(NULL, 5, &a), 5);
	ck_assert_int_eq(a[0].at_us, T0 + 9);
	ck_assert_int_eq(a[4].at_us, T0 + 7);
	free(a);
	put("SEP2", T0 + 10, 2);	/* a smaller ring acts at once */
	ck_assert_uint_eq(list("SEP2", 100, &a), 2);
	free(a);
}
END_TEST

static int
fill_fn(struct db *d, void *arg, struct err *e)
{
	struct tvs_ask a = { .answer = "valid" };
	int ret = ERR_OK;

	(void)arg;
	for (int i = 0; i < TVS_ASKS_MAX + 20 && ret == ERR_OK; i++) {
		a.at_us = T0 + i;
		(void)snprintf(a.device, sizeof(a.device), "SEP%d", i);
		ret = observed_ask_add(d, &a, 1, 8, false, e);
	}
	return ret;
}

/* Names cost nothing to invent: all together they have a bound. */
START_TEST(bound_of_all)
{
	struct add x = { .n = 0, .all = true };
	struct err e = { 0 };
	struct tvs_ask *a;

	db_close(db);		/* without its shadow, which would take long */
	db = fix_open(folder, OBSERVED_FILE, DB_WRITE);
	ck_assert_msg(db_tx(db, fill_fn, NULL, &e) == DB_DONE, "%s", e.msg);
	ck_assert_msg(db_tx(db, add_fn, &x, &e) == DB_DONE, "%s", e.msg);
	ck_assert_uint_eq(list(NULL, 2 * TVS_ASKS_MAX, &a), TVS_ASKS_MAX);
	ck_assert_int_eq(a[TVS_ASKS_MAX - 1].at_us, T0 + 20);
	free(a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db_observed_ask");
	TCase *tc = tcase_create("db_observed_ask");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, round_trip);
	tcase_add_test(tc, without_certificate);
	tcase_add_test(tc, ring_per_device);
	tcase_add_test(tc, bound_of_all);
	suite_add_tcase(s, tc);
	return fix_run(s);
}
