/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Tables in memory: what a statement may ask, and what it may not.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/view.h"

static struct view *v;
static char got[4096];		/* "name|enum;SEP1|1;" */

static void
setup(void)
{
	struct err e = { 0 };

	v = view_new(&e);
	ck_assert_ptr_nonnull(v);
	ck_assert_msg(view_table(v, "device", "name TEXT, enum INTEGER",
	    &e) == ERR_OK, "%s", e.msg);
	for (int i = 0; i < 3; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "SEP%d", i);
		ck_assert_int_eq(view_row(v, (struct view_value[]){
		    i == 2 ? VIEW_TEXT(NULL) : VIEW_TEXT(name),
		    VIEW_NUMBER(i) }, 2, &e), ERR_OK);
	}
	got[0] = '\0';
}

static void
teardown(void)
{
	view_free(v);
}

static int
keep(void *arg, const char *const *text, size_t n, struct err *e)
{
	(void)arg, (void)e;
	for (size_t i = 0; i < n; i++) {
		size_t at = strlen(got);

		(void)snprintf(got + at, sizeof(got) - at, "%s%s",
		    text[i] != NULL ? text[i] : "NULL", i + 1 < n ? "|" :
		    ";");
	}
	return ERR_OK;
}

static int
stop(void *arg, const char *const *text, size_t n, struct err *e)
{
	(void)arg, (void)text, (void)n;
	return err_set(e, ERR_BUSY, "enough");
}

static const struct {
	const char	*sql, *want;
} good[] = {
	{ "select name, enum from device order by enum",
	    "name|enum;SEP0|0;SEP1|1;NULL|2;" },
	{ "SELECT count(*) FROM Device;  ", "count(*);3;" },
	{ "select d.name as n from device d where d.name = 'SEP1'",
	    "n;SEP1;" },
	{ "with x as (select enum from device) select max(enum) m from x",
	    "m;2;" },
	{ "select name from device where 0", "name;" },
	{ "select 'a;b' s", "s;a;b;" },
};

START_TEST(answers)
{
	struct err e = { 0 };

	ck_assert_msg(view_query(v, good[_i].sql, keep, keep, NULL, &e) ==
	    ERR_OK, "%s: %s", good[_i].sql, e.msg);
	ck_assert_str_eq(got, good[_i].want);
}
END_TEST

static const struct {
	const char	*sql;
	int		 code;
	const char	*why;
} bad[] = {
	{ "", ERR_ARG, "one SELECT" },
	{ "-- nothing", ERR_ARG, "one SELECT" },
	{ "select 1; select 2", ERR_ARG, "not one statement" },
	{ "select name from phone", ERR_ARG, "no such table" },
	{ "select nam from device", ERR_ARG, "no such column" },
	{ "selec", ERR_ARG, "syntax" },
	{ "insert into device values ('x', 1)", ERR_ARG, "only reading" },
	{ "delete from device", ERR_ARG, "only reading" },
	{ "update device set enum = 1", ERR_ARG, "only reading" },
	{ "create table x (a)", ERR_ARG, "only reading" },
	{ "attach 'phonetrust.db' as m", ERR_ARG, "only reading" },
	{ "pragma user_version", ERR_ARG, "only reading" },
	{ "commit", ERR_ARG, "only reading" },
	{ "vacuum into 'x'", ERR_ARG, "one SELECT" },
	{ "select load_extension('x')", ERR_ARG, "" },
	{ "select fts3_tokenizer('simple')", ERR_ARG, "" },
	{ "select * from pragma_database_list", ERR_ARG, "not authorized" },
	{ "select * from dbstat", ERR_ARG, "" },
	{ "select zeroblob(100000000)", ERR_ARG, "too big" },
};

START_TEST(refusals)
{
	struct err e = { 0 };
	int ret = view_query(v, bad[_i].sql, keep, keep, NULL, &e);

	ck_assert_msg(ret == bad[_i].code, "%s: %d %s", bad[_i].sql, ret,
	    e.msg);
	ck_assert_msg(strstr(e.msg, bad[_i].why) != NULL, "%s: %s",
	    bad[_i].sql, e.msg);
	/* and the tables are as they were */
	got[0] = '\0';
	ck_assert_int_eq(view_query(v, "select count(*) n from device", keep,
	    keep, NULL, &e), ERR_OK);
	ck_assert_str_eq(got, "n;3;");
}
END_TEST

START_TEST(callback_ends_it)
{
	struct err e = { 0 };

	ck_assert_int_eq(view_query(v, good[0].sql, keep, stop, NULL, &e),
	    ERR_BUSY);
	ck_assert_str_eq(got, "name|enum;");
	ck_assert_int_eq(view_query(v, good[0].sql, stop, keep, NULL, &e),
	    ERR_BUSY);
}
END_TEST

/* A statement that would run for ever ends by rows, not by patience. */
START_TEST(rows_are_bounded)
{
	struct err e = { 0 };
	int ret = view_query(v, "with recursive n(i) as (select 1 union all "
	    "select i + 1 from n) select '' from n", keep, keep, NULL, &e);

	ck_assert_int_eq(ret, ERR_LIMIT);
}
END_TEST

static int
drop(void *arg, const char *const *text, size_t n, struct err *e)
{
	(void)arg, (void)text, (void)n, (void)e;
	return ERR_OK;
}

/* ... or by what its rows weigh. */
START_TEST(bytes_are_bounded)
{
	struct err e = { 0 };

	ck_assert_int_eq(view_query(v, "with recursive n(i) as (select 1 "
	    "union all select i + 1 from n) select hex(zeroblob(500000)) "
	    "from n", drop, drop, NULL, &e), ERR_LIMIT);
	ck_assert_msg(strstr(e.msg, "MiB") != NULL, "%s", e.msg);
}
END_TEST

START_TEST(rows_fit_the_table)
{
	struct err e = { 0 };

	ck_assert_int_eq(view_row(v, (struct view_value[]){ VIEW_TEXT("x") },
	    1, &e), ERR_BADSTATE);
	ck_assert_int_eq(view_table(v, "device", "a TEXT", &e),
	    ERR_BADSTATE);	/* is there already */
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("view");
	TCase *t = tcase_create("view");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, answers, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(t, refusals, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(t, callback_ends_it);
	tcase_add_test(t, rows_are_bounded);
	tcase_add_test(t, bytes_are_bounded);
	tcase_add_test(t, rows_fit_the_table);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
