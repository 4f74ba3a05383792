/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Columns of phone list, and lines that hold secrets.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctltool/phone_column.h"
#include "ctltool/secret_in.h"

static const struct {
	const char	*in;
	bool		 down_ok;
	int		 col[3];
	size_t		 n;		/* 0: refused */
} lists[] = {
	{ "name", false, { LIST_NAME }, 1 },
	{ "name,seen,Changed", false, { LIST_NAME, LIST_SEEN,
	    LIST_CHANGED }, 3 },
	{ "web-access,name", false, { LIST_SETTING + SETTING_WEB_ACCESS,
	    LIST_NAME }, 2 },
	{ "-model,name", true, { LIST_MODEL, LIST_NAME }, 2 },
	{ "-model", false, { 0 }, 0 },
	{ "", false, { 0 }, 0 },
	{ "name,", false, { 0 }, 0 },
	{ "nmae", false, { 0 }, 0 },
	{ "name,name,name,name,name,name,name,name,name,name,name,name,name,"
	    "name,name,name,name", false, { 0 }, 0 },
};

START_TEST(columns)
{
	struct phone_cols c;
	struct err e = { 0 };
	int ret = phone_cols_parse(&c, lists[_i].in, lists[_i].down_ok, &e);

	if (lists[_i].n == 0) {
		ck_assert_msg(ret == ERR_ARG, "%s", lists[_i].in);
		return;
	}
	ck_assert_msg(ret == ERR_OK, "%s: %s", lists[_i].in, e.msg);
	ck_assert_uint_eq(c.n, lists[_i].n);
	for (size_t i = 0; i < c.n; i++) {
		ck_assert_int_eq(c.col[i], lists[_i].col[i]);
		ck_assert(phone_cols_have(&c, c.col[i]));
	}
	ck_assert_int_eq(c.down[0], lists[_i].in[0] == '-');
	ck_assert_int_eq(phone_cols_settings(&c), strstr(lists[_i].in,
	    "web") != NULL);
	ck_assert(!phone_cols_have(&c, LIST_ORIGIN));
}
END_TEST

START_TEST(cells)
{
	struct row_phone p = { .name = "SEP0011223344AA", .model = "8861",
	    .description = "a\tb", .has_file = true, .changed_at = 100,
	    .origin = ORIGIN_IMPORT };
	struct phone_effective x = { .value[SETTING_WEB_ACCESS] = "full",
	    .from[SETTING_PHONE_PASSWORD] = FROM_PHONE };
	struct phone_cell cell = { .p = &p, .x = &x };
	static const struct {
		int		 col;
		const char	*want;
	} want[] = {
		{ LIST_NAME, "SEP0011223344AA" }, { LIST_MODEL, "8861" },
		{ LIST_PROTOCOL, "SIP" },
		{ LIST_PROFILE, "Standard SIP Non-Secure Profile" },
		{ LIST_DESCRIPTION, "a\\x09b" }, { LIST_CONFIG, "own" },
		{ LIST_ORIGIN, "import" }, { LIST_SEEN, "never" },
		{ LIST_CHANGED, "1970-01-01T00:01:40Z" },
		{ LIST_SETTING + SETTING_WEB_ACCESS, "full" },
		{ LIST_SETTING + SETTING_PHONE_PASSWORD, "(set)" },
		{ LIST_SETTING + SETTING_SSH_PASSWORD, "" },
	};
	char text[PHONE_CELL_MAX];

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		phone_col_text(&cell, want[i].col, text);
		ck_assert_str_eq(text, want[i].want);
		ck_assert_int_gt(phone_col_width(want[i].col), 0);
	}
	phone_col_title(LIST_SETTING + SETTING_WEB_ACCESS, text,
	    sizeof(text));
	ck_assert_str_eq(text, "WEB-ACCESS");
}
END_TEST

static const struct {
	const char	*in;
	size_t		 len;
	const char	*want;		/* NULL: refused */
} secrets[] = {
	{ "s3cret", 6, "s3cret" },
	{ "s3cret\n", 7, "s3cret" },
	{ "s3cret\r\n", 8, "s3cret" },
	{ "one\ntwo\n", 8, "one" },
	{ " a b ", 5, " a b " },
	{ "", 0, NULL },
	{ "\n", 1, NULL },
	{ "\nsecond", 7, NULL },
	{ "a\0b", 3, NULL },
};

START_TEST(secret_lines)
{
	struct err e = { 0 };
	struct secret *s = secret_in_line(secrets[_i].in, secrets[_i].len,
	    "Password", &e);

	if (secrets[_i].want == NULL) {
		ck_assert_ptr_null(s);
		ck_assert_int_eq(e.code, ERR_ARG);
		ck_assert_ptr_nonnull(strstr(e.msg, "Password"));
		return;
	}
	ck_assert_msg(s != NULL, "%s", e.msg);
	ck_assert_str_eq((char *)s->buf, secrets[_i].want);
	ck_assert_uint_eq(s->len, strlen(secrets[_i].want) + 1);
	secret_free(s);
}
END_TEST

START_TEST(secret_long)
{
	char in[SECRET_IN_MAX + 1];
	struct secret *s;

	memset(in, 'x', sizeof(in));
	ck_assert_ptr_null(secret_in_line(in, sizeof(in), "p", NULL));
	s = secret_in_line(in, sizeof(in) - 1, "p", NULL);
	ck_assert_ptr_nonnull(s);
	secret_free(s);
}
END_TEST

/* What has come so far is no secret: more of it may come. */
static const struct {
	const char	*in;
	bool		 ends;
	const char	*want;		/* NULL: none */
	int		 code;
} pipes[] = {
	{ "abc\n", false, "abc", 0 },
	{ "abc\nrest", false, "abc", 0 },
	{ "abc", true, "abc", 0 },
	{ "abc", false, NULL, ERR_IO },
	{ "", false, NULL, ERR_IO },
	{ "", true, NULL, ERR_ARG },
};

START_TEST(secret_pipes)
{
	size_t len = strlen(pipes[_i].in);
	struct err e = { 0 };
	struct secret *s;
	int p[2];

	ck_assert_int_eq(pipe2(p, O_CLOEXEC | O_NONBLOCK), 0);
	ck_assert_int_eq(write(p[1], pipes[_i].in, len), (ssize_t)len);
	if (pipes[_i].ends)
		(void)close(p[1]);
	s = secret_in_pipe(p[0], pipes[_i].code == ERR_IO ? 20 : 60000,
	    "Password", &e);
	ck_assert_int_eq(e.code, pipes[_i].code);
	if (pipes[_i].want == NULL)
		ck_assert_ptr_null(s);
	else
		ck_assert_str_eq((char *)s->buf, pipes[_i].want);
	secret_free(s);
	(void)close(p[0]);
	if (!pipes[_i].ends)
		(void)close(p[1]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl_phone");
	TCase *t = tcase_create("phone");
	SRunner *r;
	int failed;

#define COUNT(a)	(int)(sizeof(a) / sizeof((a)[0]))
	tcase_add_loop_test(t, columns, 0, COUNT(lists));
	tcase_add_test(t, cells);
	tcase_add_loop_test(t, secret_lines, 0, COUNT(secrets));
	tcase_add_test(t, secret_long);
	tcase_add_loop_test(t, secret_pipes, 0, COUNT(pipes));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
