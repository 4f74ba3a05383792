/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the prompt is made of, without a terminal: what is being typed, what
 * may follow, the history's rules, the pager's measure; and what batches and
 * manual pages are made of.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/batch.h"
#include "ctltool/complete.h"
#include "ctltool/ctl.h"
#include "ctltool/follow.h"
#include "ctltool/history.h"
#include "ctltool/mdoc.h"
#include "ctltool/pager.h"
#include "ctltool/replay.h"
#include "ctltool/typed.h"
#include "ctltool/words.h"

/* --- typed --- */

static bool
sort(struct typed *t, struct words *w, const char *line)
{
	ck_assert_int_eq(words_partial(w, line, strlen(line), NULL), ERR_OK);
	return typed_sort(t, w->word, w->n);
}

START_TEST(typed_parts)
{
	struct typed t;
	struct words w;

	ck_assert(sort(&t, &w, "--state D ph add --model 8861 X"));
	ck_assert_str_eq(t.cmd->words, "phone add");
	ck_assert_str_eq(t.state, "D");
	ck_assert_uint_eq(t.used, 2);
	ck_assert_uint_eq(t.ntok, 3);
	ck_assert_ptr_null(t.open);
	ck_assert_ptr_null(typed_argument(&t));
	ck_assert(typed_has(&t, &t.cmd->arg[1]));
	words_clear(&w);

	ck_assert(sort(&t, &w, "phone add --model"));
	ck_assert_str_eq(t.open->name, "--model");
	ck_assert_str_eq(typed_argument(&t)->name, "NAME");
	words_clear(&w);

	ck_assert(sort(&t, &w, "preflight phone add"));
	ck_assert_str_eq(t.cmd->words, "phone add");
	words_clear(&w);

	ck_assert(sort(&t, &w, "help phone add"));
	ck_assert_str_eq(typed_argument(&t)->name, "WORDS");
	words_clear(&w);

	ck_assert(sort(&t, &w, "-f"));
	ck_assert_str_eq(t.open->name, "--batch");
	words_clear(&w);
}
END_TEST

START_TEST(typed_too_many)
{
	char *word[TYPED_WORDS_MAX + 1], x[] = "x";
	struct typed t;

	for (size_t i = 0; i <= TYPED_WORDS_MAX; i++)
		word[i] = x;
	ck_assert(typed_sort(&t, word, TYPED_WORDS_MAX));
	ck_assert(!typed_sort(&t, word, TYPED_WORDS_MAX + 1));
}
END_TEST

/* --- follow, complete --- */

typedef void	teller(struct out *o, char *const *word, size_t n,
		    const char *last);

static void
tell_complete(struct out *o, char *const *word, size_t n, const char *last)
{
	complete_words(o, "/nonexistent", word, n, last);
}

/* What fn says about a line up to the cursor. */
static char *
told(teller *fn, const char *line)
{
	char *text = NULL;
	struct words w;
	struct out o;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ck_assert_int_eq(words_partial(&w, line, strlen(line), NULL), ERR_OK);
	ck_assert_int_eq(out_init(&o, false, f, f, NULL), ERR_OK);
	fn(&o, w.word, w.open ? w.n - 1 : w.n,
	    w.open ? w.word[w.n - 1] : "");
	out_clear(&o);
	(void)fclose(f);
	words_clear(&w);
	return text;
}

static const struct telling {
	teller		*fn;
	const char	*line, *has, *hasnt;
} telling[] = {
	{ follow_tell, "", "  show ", "complete" },
	{ follow_tell, "sho", "  show ", "phone" },
	{ follow_tell, "show ", "Show the Identity Trust List", "<cr>" },
	{ follow_tell, "sh itl ", "<cr>", "ctl" },
	{ follow_tell, "show itl --file ", "FILE", "<cr>" },
	{ follow_tell, "show itl --", "--json", "<cr>" },
	{ follow_tell, "show itl --json --", "--file", "--json" },
	{ follow_tell, "phone add ", "NAME", "<cr>" },
	{ follow_tell, "phone add X ", "<cr>", "NAME" },
	{ follow_tell, "node init --name a --cluster b ", "--address", "<cr>" },
	{ follow_tell, "set cli pagination ", "(on|off)", "<cr>" },
	{ follow_tell, "utils service start ", "SERVICE", "<cr>" },
	{ follow_tell, "utils service start all ", "<cr>", "nothing" },
	{ follow_tell, "preflight ph", "phone", "show" },
	{ follow_tell, "nosuch ", "no command goes on so", "<cr>" },
	{ tell_complete, "sh", "show\n", "phone" },
	{ tell_complete, "show c", "cert\nctl\n", "itl" },
	{ tell_complete, "phone add X --m", "--model\n", "--config" },
	{ tell_complete, "show itl --json --j", "", "--json" },
	{ tell_complete, "set cli pag", "pagination\n", "cli" },
	{ tell_complete, "set cli pagination O", "on\noff\n", "pag" },
	{ tell_complete, "set param itl.digest ", "sha1\nsha512\n", "itl" },
	{ tell_complete, "set param nosuch ", "", "sha1" },
	{ tell_complete, "explain ", "@file\n", "show" },
	{ tell_complete, "--state ", "@folder\n", "@file" },
	{ tell_complete, "comp", "", "complete" },
	{ tell_complete, "preflight set par", "param\n", "phone" },
	{ tell_complete, "phone show ", "", "SEP" },
};

START_TEST(tell)
{
	const struct telling *t = &telling[_i];
	char *text = told(t->fn, t->line);

	ck_assert_msg(strstr(text, t->has) != NULL, "%s: %s", t->line, text);
	ck_assert_msg(strstr(text, t->hasnt) == NULL, "%s: %s", t->line,
	    text);
	free(text);
}
END_TEST

/* --- history --- */

static const struct {
	const char	*line;
	bool		 keeps;
} lines[] = {
	{ "show itl", true }, { "set param itl.digest sha1", true },
	{ "phone add 'x", true }, { "nosuch", true },
	{ "", false }, { " show itl", false }, { "\tshow itl", false },
	{ "phone set X --phone-password x", false },
	{ "phone set X --Phone-Password=x", false },
	{ "user add x --pin 1", false }, { "x --auth-secret", false },
	{ "phone set X --soft-key-template y", true },
	{ "x --passphrase 'a b", false }, { "x '--password' y", false },
	{ "show itl\nshow ctl", false },
};

START_TEST(history_rule)
{
	ck_assert_msg(history_keeps(lines[_i].line) == lines[_i].keeps, "%s",
	    lines[_i].line);
}
END_TEST

/* --- pager --- */

START_TEST(rows)
{
	static const struct { const char *text; size_t columns, rows; } t[] = {
		{ "", 80, 0 }, { "a", 80, 1 }, { "a\n", 80, 1 },
		{ "a\nb\n", 80, 2 }, { "\n\n\n", 80, 3 },
		{ "12345\n", 5, 1 }, { "123456\n", 5, 2 },
		{ "12345678901", 5, 3 }, { "1234567890\n", 0, 1 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ck_assert_uint_eq(pager_rows(t[i].text, strlen(t[i].text),
		    t[i].columns), t[i].rows);
}
END_TEST

/* --- batch --- */

START_TEST(batch_lines)
{
	static const struct { const char *text; size_t faults; } t[] = {
		{ "", 0 }, { "\n\r\n # x\n", 0 },
		{ "show itl\nph add X\r\n", 0 },
		{ "\xef\xbb\xbfshow itl\n", 0 },
		{ "show itl\n\xef\xbb\xbfshow itl\n", 1 },
		{ "nosuch\nshow itl\nphone add\n", 2 },
		{ "utils service start all\nphone import x\nexit\n", 3 },
		{ "phone add X --dry-run\npreflight phone add X\n", 2 },
		{ "phone add X --yes\n", 0 },
		{ "--json\nshow itl --json\nshow itl --state x\n-f x\n", 4 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ck_assert_msg(batch_check(t[i].text, strlen(t[i].text)) ==
		    t[i].faults, "%zu", i);
}
END_TEST

/* --- replay --- */

START_TEST(replays)
{
	uint8_t a[10000], b[10000], none[32] = { 0 };
	struct rng_seeded seeded;
	struct replay r;
	struct rng rng;

	rng_seeded_init(&rng, &seeded, 7);
	replay_init(&r, clock_system(), &rng);
	ck_assert_int_eq(rng_fill(&r.rng, a, 32, NULL), ERR_OK);
	ck_assert_int_eq(rng_fill(&r.rng, a + 32, sizeof(a) - 32, NULL),
	    ERR_OK);
	ck_assert_int_ne(memcmp(a, none, 32), 0);
	ck_assert_int_ne(memcmp(a, a + 32, 32), 0);
	replay_rewind(&r);
	ck_assert_int_eq(rng_fill(&r.rng, b, sizeof(b) - 1, NULL), ERR_OK);
	ck_assert_int_eq(memcmp(a, b, sizeof(b) - 1), 0);
	/* Further than the first time: the last byte as then, then new ones. */
	ck_assert_int_eq(rng_fill(&r.rng, b, 33, NULL), ERR_OK);
	ck_assert_int_eq(b[0], a[sizeof(a) - 1]);
	ck_assert_int_eq(clock_wall_ns(&r.clk), clock_wall_ns(&r.clk));
	ck_assert_int_eq(clock_mono_ns(&r.clk), clock_mono_ns(&r.clk));
	ck_assert_int_le(clock_wall_ns(&r.clk), clock_wall_ns(clock_system()));
	replay_clear(&r);
}
END_TEST

/* --- mdoc --- */

START_TEST(mdoc_running_text)
{
	static const struct { const char *text, *mdoc; } t[] = {
		{ "One.  Two (see\nThree).", "One.\nTwo (see\n.Pp\nThree).\n" },
		{ "Version 1.0 or a.b. c", "Version 1.0 or a.b. c\n" },
		{ ".hidden 'x'", "\\&.hidden 'x'\n" },
		{ "End.  .hidden", "End.\n\\&.hidden\n" },
		{ "with --file a\\b", "with \\-\\-file a\\eb\n" },
		{ "(Why?)  So", "(Why?)\nSo\n" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaaaaaaa bbbbbb", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nbbbbbb\n" },
	};
	char *got;
	size_t len;
	FILE *f;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		f = open_memstream(&got, &len);
		mdoc_text(f, t[i].text);
		(void)fclose(f);
		ck_assert_str_eq(got, t[i].mdoc);
		free(got);
	}
}
END_TEST

START_TEST(mdoc_template)
{
	static char in[] = "a\n@PARAMETERS@\nx @OPTIONS@\n@COMMANDS@\nz\n";
	char *got;
	size_t len;
	FILE *f = fmemopen(in, strlen(in), "r"), *to;

	to = open_memstream(&got, &len);
	ck_assert_int_eq(mdoc_page(f, to), 0);
	(void)fclose(f);
	(void)fclose(to);
	ck_assert_ptr_nonnull(strstr(got, "a\n.It Cm itl.digest\n"));
	ck_assert_ptr_nonnull(strstr(got, "\nx @OPTIONS@\n.It Cm "));
	ck_assert_ptr_nonnull(strstr(got, "\n.It Cm show itl Xo\n"));
	ck_assert_ptr_null(strstr(got, "complete Xo"));
	ck_assert_str_eq(got + len - 3, "\nz\n");
	free(got);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl_prompt");
	TCase *tc = tcase_create("ctl_prompt");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(tc, typed_parts);
	tcase_add_test(tc, typed_too_many);
	tcase_add_loop_test(tc, tell, 0, sizeof(telling) / sizeof(telling[0]));
	tcase_add_loop_test(tc, history_rule, 0,
	    sizeof(lines) / sizeof(lines[0]));
	tcase_add_test(tc, rows);
	tcase_add_test(tc, batch_lines);
	tcase_add_test(tc, replays);
	tcase_add_test(tc, mdoc_running_text);
	tcase_add_test(tc, mdoc_template);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
