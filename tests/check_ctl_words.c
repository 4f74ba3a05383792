/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Typed lines to words and back.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/words.h"

/* '|' ends each word. */
static const struct good {
	const char	*line, *words;
	bool		 help;
} good[] = {
	{ "", "", false },
	{ " \t ", "", false },
	{ "show itl", "show|itl|", false },
	{ "  show\t itl \r\n", "show|itl|", false },
	{ "show itl\n", "show|itl|", false },
	{ "a 'b c' d", "a|b c|d|", false },
	{ "a \"b c\" d", "a|b c|d|", false },
	{ "a b\\ c", "a|b c|", false },
	{ "a''b\"\"", "ab|", false },
	{ "''", "|", false },
	{ "--name='x y'z", "--name=x yz|", false },
	{ "'a\\b' \"a\\b\" \"\\\"\\\\\" \\'", "a\\b|a\\b|\"\\|'|", false },
	{ "a # b", "a|", false },
	{ "# b", "", false },
	{ "a#b", "a#b|", false },
	{ "'#' \\#", "#|#|", false },
	{ "show ?", "show|?|", true },
	{ "sho?", "sho?|", true },
	{ "?", "?|", true },
	{ "show ? ", "show|?|", true },
	{ "show '?'", "show|?|", false },
	{ "show \\?", "show|?|", false },
	{ "a? b", "a?|b|", false },
	{ "a? # b", "a?|", false },
	{ "\xc3\xa4 b", "\xc3\xa4|b|", false },
	{ "$HOME `a` *", "$HOME|`a`|*|", false },
};

START_TEST(split_good)
{
	const struct good *g = &good[_i];
	struct err e = { 0 };
	struct words w;
	char got[200] = "";

	ck_assert_msg(words_split(&w, g->line, strlen(g->line), &e) == ERR_OK,
	    "%s: %s", g->line, e.msg);
	for (size_t i = 0; i < w.n; i++) {
		strcat(got, w.word[i]);
		strcat(got, "|");
	}
	ck_assert_str_eq(got, g->words);
	ck_assert_msg(w.help == g->help, "%s", g->line);
	words_clear(&w);
}
END_TEST

static const struct {
	const char	*line;
	size_t		 len;		/* 0: strlen */
	const char	*says;
} bad[] = {
	{ "a 'b", 0, "a ' without its end" },
	{ "a \"b", 0, "a \" without its end" },
	{ "a \"b\\", 0, "ends in a \\" },
	{ "a \\", 0, "ends in a \\" },
	{ "a \\\n", 0, "ends in a \\" },
	{ "a\0b", 3, "NUL" },
};

START_TEST(split_bad)
{
	size_t len = bad[_i].len != 0 ? bad[_i].len : strlen(bad[_i].line);
	struct err e = { 0 };
	struct words w;

	ck_assert_int_eq(words_split(&w, bad[_i].line, len, &e), ERR_ARG);
	ck_assert_msg(strstr(e.msg, bad[_i].says) != NULL, "%s", e.msg);
	ck_assert_ptr_null(w.buf);
}
END_TEST

START_TEST(split_bounds)
{
	char *line = malloc(WORDS_LINE_MAX + 1);
	struct err e = { 0 };
	struct words w;

	memset(line, 'x', WORDS_LINE_MAX + 1);
	ck_assert_int_eq(words_split(&w, line, WORDS_LINE_MAX, &e), ERR_OK);
	ck_assert_uint_eq(strlen(w.word[0]), WORDS_LINE_MAX);
	words_clear(&w);
	ck_assert_int_eq(words_split(&w, line, WORDS_LINE_MAX + 1, &e),
	    ERR_ARG);
	for (size_t i = 1; i < WORDS_LINE_MAX; i += 2)
		line[i] = ' ';
	ck_assert_int_eq(words_split(&w, line, 2 * WORDS_MAX, &e), ERR_OK);
	ck_assert_uint_eq(w.n, WORDS_MAX);
	words_clear(&w);
	ck_assert_int_eq(words_split(&w, line, 2 * WORDS_MAX + 1, &e),
	    ERR_ARG);
	free(line);
}
END_TEST

static const struct {
	const char	*line, *last;	/* NULL: no open word */
	size_t		 start;
	char		 quote;
} partial[] = {
	{ "", NULL, 0, '\0' },
	{ "show ", NULL, 5, '\0' },
	{ "show", "show", 0, '\0' },
	{ "show i", "i", 5, '\0' },
	{ "a 'b c", "b c", 2, '\'' },
	{ "a \"b c", "b c", 2, '"' },
	{ "a \"b ", "b ", 2, '"' },
	{ "a b\\ c", "b c", 2, '\0' },
	{ "a b\\ ", "b ", 2, '\0' },
	{ "a b\\", "b", 2, '\0' },
	{ "a # b", NULL, 5, '\0' },
};

START_TEST(partly)
{
	struct err e = { 0 };
	struct words w;

	ck_assert_int_eq(words_partial(&w, partial[_i].line,
	    strlen(partial[_i].line), &e), ERR_OK);
	ck_assert_msg(w.open == (partial[_i].last != NULL), "%s",
	    partial[_i].line);
	ck_assert_int_eq(w.quote, partial[_i].quote);
	ck_assert_uint_eq(w.start, partial[_i].start);
	if (w.open)
		ck_assert_str_eq(w.word[w.n - 1], partial[_i].last);
	words_clear(&w);
}
END_TEST

START_TEST(drop_help)
{
	struct words w;

	ck_assert_int_eq(words_split(&w, "show ?", 6, NULL), ERR_OK);
	words_drop_help(&w);
	words_drop_help(&w);
	ck_assert_uint_eq(w.n, 1);
	words_clear(&w);
	ck_assert_int_eq(words_split(&w, "sho?", 4, NULL), ERR_OK);
	words_drop_help(&w);
	ck_assert_str_eq(w.word[0], "sho");
	words_clear(&w);
}
END_TEST

/* What is quoted reads back as it was. */
START_TEST(quote_and_back)
{
	static const char *const text[] = {
		"plain", "", "a b", "it's", "\"x\"", "a\\b", "#", "?", "a#b",
		"\t", "Standard SIP Non-Secure Profile", "\xc3\xa4 '\"\\",
	};
	static const char quotes[] = { '\0', '"' };
	char line[200], *q;
	struct words w;

	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		for (size_t k = 0; k < sizeof(quotes); k++) {
			q = words_quote(text[i], quotes[k]);
			ck_assert_ptr_nonnull(q);
			(void)snprintf(line, sizeof(line), "x %.1s%s%.1s",
			    &quotes[k], q, &quotes[k]);
			ck_assert_int_eq(words_split(&w, line, strlen(line),
			    NULL), ERR_OK);
			ck_assert_uint_eq(w.n, 2);
			ck_assert_str_eq(w.word[1], text[i]);
			words_clear(&w);
			free(q);
		}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl_words");
	TCase *tc = tcase_create("ctl_words");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, split_good, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tc, split_bad, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, split_bounds);
	tcase_add_loop_test(tc, partly, 0,
	    sizeof(partial) / sizeof(partial[0]));
	tcase_add_test(tc, drop_help);
	tcase_add_test(tc, quote_and_back);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
