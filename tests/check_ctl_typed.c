/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is being typed: its parts, its completion, what may follow.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/complete.h"
#include "ctltool/ctl.h"
#include "ctltool/follow.h"
#include "ctltool/typed.h"
#include "ctltool/words.h"

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
	ck_assert(typed_has(&t, &cmd_args(t.cmd)[1]));
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

	ck_assert(sort(&t, &w, "--state=D phone add --mod=8861 X --prot"));
	ck_assert_str_eq(t.state, "D");
	ck_assert_str_eq(t.open->name, "--protocol");
	ck_assert(typed_has(&t, &cmd_args(t.cmd)[1]));
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
	{ tell_complete, "show c", "cert\ncrl\ncsr\nctl\n", "itl" },
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
	{ tell_complete, "phone add X --protocol=", "--protocol=SIP\n",
	  "--json" },
	{ tell_complete, "phone add X --protocol=s", "--protocol=SCCP\n",
	  "--model" },
	{ tell_complete, "phone add X --proto s", "SIP\n", "X" },
	{ tell_complete, "phone add X --proto=s", "--proto=SIP\n",
	  "--protocol" },
	{ tell_complete, "phone add X --protocol=SIP --prot", "", "--prot" },
	{ tell_complete, "phone profile set X --key-order=ec",
	  "--key-order=ec-only\n", "rsa-only" },
	{ tell_complete, "phone add X --p=", "", "SIP" },
	{ tell_complete, "phone add X --config=", "@file\n", "--config" },
	{ tell_complete, "phone add X --allow-weak=", "", "yes" },
	{ tell_complete, "--state=", "@folder\n", "--state" },
	{ tell_complete, "preflight phone add X --protocol=",
	  "--protocol=SIP\n", "--json" },
	{ follow_tell, "phone add X --protocol=", "SIP|SCCP", "<cr>" },
	{ follow_tell, "phone add X --protocol=SIP ", "<cr>", "SCCP" },
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

/* The line lists word, as complete lines do. */
static void
lists(const char *line, const char *word, int len)
{
	char *text = told(tell_complete, line), wanted[200];

	(void)snprintf(wanted, sizeof(wanted), "%.*s\n", len, word);
	ck_assert_msg(strncmp(text, wanted, strlen(wanted)) == 0 ||
	    (strstr(text, wanted) != NULL &&
	    strstr(text, wanted)[-1] == '\n'), "%s: %s is not in %s", line,
	    word, text);
	free(text);
}

/* Completion and ? know every word and option of every command. */
static void
knows_words(const struct cmd *c, const char *words)
{
	char line[200], *text;
	size_t at = 0, len;

	for (;; at += len + 1) {
		len = strcspn(words + at, " ");
		(void)snprintf(line, sizeof(line), "%.*s", (int)at + 1,
		    words);
		lists(line, words + at, (int)len);
		text = told(follow_tell, line);
		(void)snprintf(line, sizeof(line), "  %.*s ", (int)len,
		    words + at);
		ck_assert_msg(strstr(text, line) != NULL, "%s?: %s", words,
		    text);
		free(text);
		if (words[at + len] == '\0')
			break;
	}
	for (const struct cmd_arg *a = cmd_args(c); a->name != NULL; a++) {
		if (!cmd_arg_is_option(a))
			continue;
		(void)snprintf(line, sizeof(line), "%s %.5s", words, a->name);
		lists(line, a->name, (int)strlen(a->name));
		if (a->choices == NULL)
			continue;
		(void)snprintf(line, sizeof(line), "%s %s ", words, a->name);
		lists(line, a->choices, (int)strcspn(a->choices, "|"));
	}
}

START_TEST(knows_all)
{
	const struct cmd *c = &cmd_table()[_i];

	if (c->flags & CMD_HIDDEN)
		return;
	knows_words(c, c->words);
	if (c->alias != NULL)
		knows_words(c, c->alias);
	if (cmd_words_short(c->words) != c->words)
		knows_words(c, cmd_words_short(c->words));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl_typed");
	TCase *tc = tcase_create("ctl_typed");
	SRunner *sr = srunner_create(s);
	int failed, n = 0;

	while (cmd_table()[n].words != NULL)
		n++;
	tcase_add_loop_test(tc, knows_all, 0, n);
	tcase_add_test(tc, typed_parts);
	tcase_add_test(tc, typed_too_many);
	tcase_add_loop_test(tc, tell, 0, sizeof(telling) / sizeof(telling[0]));
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
