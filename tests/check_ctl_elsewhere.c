/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The reference's commands that are not here: each says why, and none stands
 * in the way of a command that is.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/cmd.h"
#include "ctltool/elsewhere.h"

#define TOKENS	16

/* Words of s as tokens; buf keeps them. */
static size_t
split(const char *s, char *buf, size_t buflen, char **tok)
{
	char *rest = buf;
	size_t n = 0;

	ck_assert(str_copy(buf, buflen, s));
	while (rest != NULL)
		tok[n++] = strsep(&rest, " ");
	return n;
}

static int
parse(const char *s, struct err *e)
{
	char buf[200], *tok[TOKENS + 1] = { NULL };
	struct cmd_line l;
	size_t n = split(s, buf, sizeof(buf), tok);

	return cmd_parse(&l, (int)n, tok, e);
}

START_TEST(each_says_why)
{
	const struct elsewhere *w = elsewhere_table();
	struct err e;
	size_t n = 0;

	for (; w->words != NULL; w++, n++) {
		if (n > 0)
			ck_assert_str_lt(w[-1].words, w->words);
		ck_assert_msg(parse(w->words, &e) == ERR_REFUSED, "%s: %s",
		    w->words, e.msg);
		ck_assert_msg(strstr(e.msg, w->why) != NULL, "%s: %s",
		    w->words, e.msg);
		ck_assert_int_eq(parse(cmd_words_short(w->words), &e),
		    ERR_REFUSED);
	}
	ck_assert_uint_gt(n, 0);
}
END_TEST

START_TEST(no_command_is_hidden)
{
	const struct cmd *c = cmd_table();
	char buf[200], *tok[TOKENS];
	size_t n;

	for (; c->words != NULL; c++) {
		n = split(c->words, buf, sizeof(buf), tok);
		ck_assert_msg(elsewhere_find(tok, n) == NULL, "%s",
		    c->words);
	}
}
END_TEST

static const struct {
	const char	*typed;
	int		 ret;
	const char	*says;
} lines[] = {
	{ "utils fips enable", ERR_REFUSED, "utils fips" },
	{ "utils system restart", ERR_REFUSED, "systemctl" },
	{ "utils service activate tftpd", ERR_REFUSED, "activate" },
	{ "file get activelog cm/trace", ERR_REFUSED, "journalctl" },
	{ "set cli session timeout 30", ERR_REFUSED, "prompt" },
	/* what is only half of the words is no such command */
	{ "utils os", ERR_ARG, "unknown command" },
	{ "set cli session", ERR_ARG, "set cli" },
	{ "fipsy", ERR_ARG, "unknown command" },
	/* and what a later version brings does not exist */
	{ "utils disaster_recovery backup", ERR_ARG, "unknown command" },
};

START_TEST(typed_lines)
{
	struct err e = { 0 };
	int ret = parse(lines[_i].typed, &e);

	ck_assert_msg(ret == lines[_i].ret, "%s: %d %s", lines[_i].typed,
	    ret, e.msg);
	ck_assert_msg(strstr(e.msg, lines[_i].says) != NULL, "%s: %s",
	    lines[_i].typed, e.msg);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl_elsewhere");
	TCase *t = tcase_create("ctl_elsewhere");
	SRunner *r;
	int failed;

	tcase_add_test(t, each_says_why);
	tcase_add_test(t, no_command_is_hidden);
	tcase_add_loop_test(t, typed_lines, 0,
	    sizeof(lines) / sizeof(lines[0]));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
