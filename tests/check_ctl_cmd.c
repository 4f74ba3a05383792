/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The command table and its parser.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/cmd.h"
#include "ctltool/ctl.h"
#include "ctltool/help.h"

#define WORDS_MAX	32

/* A command line as one text; '|' stands between words. */
struct typed {
	char	 text[512];
	char	*word[WORDS_MAX];
	int	 n;
};

static void
split(struct typed *t, const char *text)
{
	char *rest = t->text;

	ck_assert(str_copy(t->text, sizeof(t->text), text));
	for (t->n = 0; rest != NULL && *text != '\0'; t->n++) {
		ck_assert_int_lt(t->n, WORDS_MAX);
		t->word[t->n] = strsep(&rest, "|");
	}
}

static int
parse(struct cmd_line *l, struct typed *t, const char *text, struct err *e)
{
	*e = (struct err){ .code = ERR_OK };
	split(t, text);
	return cmd_parse(l, t->n, t->word, e);
}

static size_t
ncommands(void)
{
	size_t n = 0;

	while (cmd_table()[n].words != NULL)
		n++;
	return n;
}

/* Words as argv would hold them. */
static void
dashes(char *out, size_t len, const char *words)
{
	ck_assert(str_copy(out, len, words));
	for (char *p = out; *p != '\0'; p++)
		if (*p == ' ')
			*p = '|';
}

/* --- the table itself --- */

START_TEST(table_complete)
{
	const struct cmd *c = &cmd_table()[_i];
	bool rest = false, option = false;

	ck_assert_ptr_nonnull(c->fn);
	ck_assert_msg(c->summary != NULL && c->summary[0] != '\0' &&
	    strlen(c->summary) <= 50, "%s: summary", c->words);
	ck_assert_msg(!str_ends(c->summary, "."), "%s: summary", c->words);
	ck_assert_msg(c->help != NULL && str_ends(c->help, "."), "%s: help",
	    c->words);
	ck_assert_str_ne(cmd_level_name(c->level), "unknown");
	if (_i > 0)
		ck_assert_msg(strcmp(c[-1].words, c->words) < 0,
		    "%s: out of order", c->words);
	for (const struct cmd_arg *a = cmd_args(c); a->name != NULL; a++) {
		ck_assert_msg(a->help != NULL && a->help[0] != '\0',
		    "%s: %s", c->words, a->name);
		ck_assert_msg(!rest || cmd_arg_is_option(a),
		    "%s: %s after the rest", c->words, a->name);
		ck_assert_msg(!option || cmd_arg_is_option(a),
		    "%s: %s after options", c->words, a->name);
		option = cmd_arg_is_option(a);
		rest = rest || (a->flags & ARG_REST) != 0;
		for (const struct cmd_arg *g = cmd_global(); g->name != NULL;
		    g++)	/* behind words --batch is a roll-out's */
			ck_assert_msg(strcmp(a->name, g->name) != 0 ||
			    strcmp(a->name, "--batch") == 0, "%s: %s",
			    c->words, a->name);
	}
}
END_TEST

/* Each spelling of each command leads to it, and to no other. */
START_TEST(table_reachable)
{
	const struct cmd *c = &cmd_table()[_i];
	const char *spelling[] = {
		c->words, cmd_words_short(c->words), c->alias,
	};
	struct cmd_line l;
	struct typed t;
	struct err e;
	char text[200];

	for (size_t i = 0; i < 3 && spelling[i] != NULL; i++) {
		dashes(text, sizeof(text), spelling[i]);
		(void)strcat(text, "|--help");
		ck_assert_msg(parse(&l, &t, text, &e) == ERR_OK, "%s: %s",
		    spelling[i], e.msg);
		ck_assert_ptr_eq(l.cmd, c);
	}
}
END_TEST

/* What the flags of the table promise one another. */
START_TEST(table_flags)
{
	const struct cmd *c = &cmd_table()[_i];

	ck_assert_int_lt(_i, CMDS_MAX);
	if (c->flags & CMD_ASKS)
		ck_assert_msg(c->flags & (CMD_WRITES | CMD_OUTSIDE),
		    "%s asks and changes nothing", c->words);
	if (c->flags & CMD_WRITES)
		ck_assert_msg(c->level > LEVEL_VIEWER, "%s: a viewer writes",
		    c->words);
	/* What phones get may carry passwords. */
	if (str_starts(c->words, "file "))
		ck_assert_msg(c->level > LEVEL_VIEWER, "%s: a viewer sees "
		    "phones' files", c->words);
	for (const struct cmd_arg *a = cmd_args(c); a->name != NULL; a++)
		if (a->choices != NULL)
			ck_assert(!cmd_choice_ok(a, "") &&
			    cmd_choice_ok(a, a->choices) ==
			    (strchr(a->choices, '|') == NULL));
}
END_TEST

/* Cut by one letter a word still leads to the command, or to an error that
 * lists it: never to another command. */
START_TEST(table_shortened)
{
	const struct cmd *c = &cmd_table()[_i], *got;
	struct typed t;
	char text[200];
	size_t used;

	if (c->flags & CMD_HIDDEN)
		return;
	dashes(text, sizeof(text), c->words);
	split(&t, text);
	for (int i = 0; i < t.n; i++) {
		size_t len = strlen(t.word[i]);
		char last = t.word[i][len - 1];

		if (len < 3)
			continue;
		t.word[i][len - 1] = '\0';
		got = cmd_match(t.word, (size_t)t.n, &used);
		ck_assert_msg(got == c || got == NULL || used < (size_t)t.n,
		    "%s: %s", c->words, got != NULL ? got->words : "");
		t.word[i][len - 1] = last;
	}
}
END_TEST

START_TEST(synopsis)
{
	char text[512];
	size_t used;
	char *phone[] = { (char[]){ "phone" }, (char[]){ "copy" } };
	char *init[] = { (char[]){ "node" }, (char[]){ "init" } };

	help_synopsis(cmd_match(phone, 2, &used), text, sizeof(text));
	ck_assert_str_eq(text, "ctltool phone copy FROM TO "
	    "[--with-secrets]");
	help_synopsis(cmd_match(init, 2, &used), text, sizeof(text));
	ck_assert_str_eq(text, "ctltool node init --name NODE --cluster "
	    "CLUSTER --address ADDRESS ... [--dns-name HOST] ... "
	    "[--port-offset N] [--test]");
}
END_TEST

/* --- what is understood --- */

static const struct good {
	const char	*text, *words, *name, *value;
} good[] = {
	{ "show|itl", "show itl", NULL, NULL },
	{ "show|itl|--file|x", "show itl", "--file", "x" },
	{ "show|itl|--file=x=y", "show itl", "--file", "x=y" },
	{ "show|itl|--file=", "show itl", "--file", "" },
	{ "phone|add|A|--model|8861", "phone add", "NAME", "A" },
	{ "phone|add|--model|8861|A", "phone add", "NAME", "A" },
	{ "phone|add|--|--model", "phone add", "NAME", "--model" },
	{ "--|show|itl", "show itl", NULL, NULL },
	{ "show|phone|A", "phone show", "NAME", "A" },
	{ "show|cert|own|CAPF|--pem", "show cert own", "--pem", "" },
	{ "show|cert|list|own", "show cert list own", NULL, NULL },
	{ "utils|service|start|all", "utils service start", "SERVICE", "all" },
	{ "service|start|all", "utils service start", "SERVICE", "all" },
	{ "utils|service|stop|Cisco|Tftp", "utils service stop", "SERVICE",
	    "Cisco Tftp" },
	{ "utils|service|stop|Cisco Tftp", "utils service stop", "SERVICE",
	    "Cisco Tftp" },
	{ "set|param|tftp.root|", "set param", "VALUE", "" },
	{ "set|param|x|-5", "set param", "VALUE", "-5" },
	{ "complete|--|ctltool phone sh", "complete", "LINE",
	    "ctltool phone sh" },
	{ "complete|--", "complete", NULL, NULL },
	/* shortened */
	{ "sh|itl", "show itl", NULL, NULL },
	{ "sh|cert|l|o", "show cert list own", NULL, NULL },
	{ "ut|serv|l", "utils service list", NULL, NULL },
	{ "capf|install|SEP1|--batch|50", "utils capf install", "--batch",
	    "50" },
	{ "capf|install|--batch=50|SEP1", "utils capf install", "--batch",
	    "50" },
	{ "capf|install|SEP1|--bat|7", "utils capf install", "--batch", "7" },
	{ "serv|sta|all", "utils service start", "SERVICE", "all" },
	{ "ph|a|itl", "phone add", "NAME", "itl" },
	{ "sh|ph|l", "phone show", "NAME", "l" },
	{ "ph|li", "phone list", NULL, NULL },
	{ "quit", "exit", NULL, NULL },
	{ "set|cli|pag|OFF", "set cli pagination", "MODE", "OFF" },
	{ "phone|add|A|--mod|8861", "phone add", "--model", "8861" },
	{ "phone|add|A|--mod=8861", "phone add", "--model", "8861" },
	{ "phone|add|A|--config|--mod", "phone add", "--config", "--mod" },
	{ "phone|list|--description|x|--js", "phone list", "--description",
	    "x" },
	{ "--sta|D|sh|itl|--fi=x", "show itl", "--file", "x" },
	/* objects and hidden commands are not */
	{ "help|sh", "help", "WORDS", "sh" },
	{ "preflight|show|itl", "show itl", NULL, NULL },
	{ "preflight|preflight|phone|add|X", "phone add", "NAME", "X" },
};

START_TEST(parse_good)
{
	const struct good *g = &good[_i];
	struct cmd_line l;
	struct typed t;
	struct err e;

	ck_assert_msg(parse(&l, &t, g->text, &e) == ERR_OK, "%s: %s", g->text,
	    e.msg);
	ck_assert_str_eq(l.cmd->words, g->words);
	if (g->name != NULL) {
		ck_assert_msg(cmd_has(&l, g->name), "%s", g->text);
		ck_assert_str_eq(cmd_get(&l, g->name), g->value);
	}
}
END_TEST

START_TEST(parse_globals)
{
	static const char *const text[] = {
		"--state|D|--json|--yes|show|itl",
		"show|itl|--state|D|--json|--yes",
		"show|--json|--state=D|itl|--yes",
	};
	struct cmd_line l;
	struct typed t;
	struct err e;

	ck_assert_int_eq(parse(&l, &t, "--j|--y|show|itl|--dry|--sta=D",
	    &e), ERR_OK);
	ck_assert(l.json && l.yes && l.dry_run && !l.no_pager);
	ck_assert_str_eq(l.state, "D");
	for (size_t i = 0; i < 3; i++) {
		ck_assert_msg(parse(&l, &t, text[i], &e) == ERR_OK, "%s: %s",
		    text[i], e.msg);
		ck_assert_str_eq(l.cmd->words, "show itl");
		ck_assert_str_eq(l.state, "D");
		ck_assert(l.json && l.yes && !l.help && !l.version);
	}
	ck_assert_int_eq(parse(&l, &t, "--version", &e), ERR_OK);
	ck_assert(l.version && l.cmd == NULL);
	ck_assert_int_eq(parse(&l, &t, "-f|x|--dry-run|--no-pager", &e),
	    ERR_OK);
	ck_assert_str_eq(l.batch, "x");
	ck_assert(l.dry_run && l.no_pager && l.cmd == NULL);
	ck_assert_int_eq(parse(&l, &t, "pref|show|itl", &e), ERR_OK);
	ck_assert(l.dry_run);
	ck_assert_int_eq(parse(&l, &t, "phone|add|-h", &e), ERR_OK);
	ck_assert(l.help && l.cmd != NULL);
	ck_assert_int_eq(parse(&l, &t, "show|--help", &e), ERR_OK);
	ck_assert(l.help && l.cmd == NULL);
	ck_assert_str_eq(l.rest, "show");
	ck_assert_int_eq(parse(&l, &t, "", &e), ERR_OK);
	ck_assert(l.cmd == NULL && !l.help);
}
END_TEST

START_TEST(parse_repeated)
{
	struct cmd_line l;
	struct typed t;
	struct err e;

	ck_assert_int_eq(parse(&l, &t, "node|init|--name|n|--cluster|c|"
	    "--address|1|--dns-name|h|--address|2", &e), ERR_OK);
	ck_assert_str_eq(cmd_get_n(&l, "--address", 0), "1");
	ck_assert_str_eq(cmd_get_n(&l, "--address", 1), "2");
	ck_assert_ptr_null(cmd_get_n(&l, "--address", 2));
	ck_assert_uint_eq(l.nval, 5);
}
END_TEST

/* --- what is not, and what is said then --- */

static const struct bad {
	const char	*text, *says;
} bad[] = {
	{ "shw|itl", "did you mean \"show itl\"" },
	{ "fone|add|X", "did you mean \"phone add\"" },
	{ "utils|servce|start", "did you mean \"utils service start\"" },
	{ "wxyz", "ctltool help" },
	{ "show", "not a whole command: try" },
	{ "show|cert", "show cert list own, show cert list trust, show cert "
	    "own, show cert trust" },
	{ "utils", "utils capf cancel" },
	{ "--nosuch", "unknown option \"--nosuch\"" },
	{ "--nosuch|show|itl", "unknown option" },
	{ "phone|add|A|--pro|x", "\"--pro\" is short for several options: "
	    "--protocol, --profile" },
	{ "phone|set|A|--phone-password|x", "no option" },
	{ "phone|set|A|--ssh-password-fil=x", "no option" },
	{ "user|add|A|--digest-credentials|x", "no option" },
	{ "show|itl|--|--fi=x", "one word too many" },
	{ "show|itl|--files", "show itl has no option" },
	{ "show|itl|--nosuch", "show itl has no option \"--nosuch\"" },
	{ "show|itl|NAME", "\"NAME\" is one word too many" },
	{ "show|itl|--file", "--file FILE" },
	{ "show|itl|--json=yes", "takes no value" },
	{ "show|itl|--state", "--state DIR" },
	{ "show|cert|own|CAPF|--pem=x", "takes no value" },
	{ "show|itl|--file|a|--file|b", "given twice" },
	{ "phone|add", "phone add needs NAME" },
	{ "phone|add|--model|8861", "phone add needs NAME" },
	{ "utils|service|start", "needs SERVICE" },
	{ "node|init|--name|n|--cluster|c", "needs --address ADDRESS" },
	{ "set|param|x", "needs VALUE" },
	{ "set|cli|pagination|maybe", "none of on|off" },
	{ "sh", "\"sh\" is short for several commands: say shell, " },
	{ "serv|st|all", "short for several commands: say utils service start, "
	    "utils service stop" },
	{ "|itl", "unknown command" },
	{ "comp|--|x", "unknown command" },
	{ "preflight", "preflight needs COMMAND" },
	{ "preflight|sho|nosuch", "unknown command" },
	{ "-f|x|show|itl", "leave out \"show itl\"" },
	{ "show|itl|--batch|x", "leave out \"show itl\"" },
	{ "--batch|x|capf|install|SEP1", "leave out \"utils capf install\"" },
	{ "capf|install|SEP1|-f|x", "leave out \"utils capf install\"" },
	{ "capf|install|SEP1|--batch", "--batch N" },
	{ "-f", "--batch FILE" },
};

START_TEST(parse_bad)
{
	const struct bad *b = &bad[_i];
	struct cmd_line l;
	struct typed t;
	struct err e;

	ck_assert_msg(parse(&l, &t, b->text, &e) == ERR_ARG, "%s", b->text);
	ck_assert_msg(strstr(e.msg, b->says) != NULL, "%s: %s", b->text,
	    e.msg);
}
END_TEST

/* --json counts even when the rest is wrong. */
START_TEST(parse_bad_json)
{
	struct cmd_line l;
	struct typed t;
	struct err e;

	ck_assert_int_eq(parse(&l, &t, "show|itl|--yes=1|--json", &e),
	    ERR_ARG);
	ck_assert(l.json);
}
END_TEST

START_TEST(parse_bounds)
{
	static char word[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxx", utils[] = "utils", service[] = "service",
	    start[] = "start", node[] = "node",
	    init[] = "init", equals[] = "--address=1";
	char *many[400];
	struct cmd_line l;
	struct err e = { 0 };

	for (size_t i = 0; i < 400; i++)
		many[i] = word;
	ck_assert_int_eq(cmd_parse(&l, 400, many, &e), ERR_ARG);
	many[0] = utils;
	many[1] = service;
	many[2] = start;
	ck_assert_int_eq(cmd_parse(&l, 200, many, &e), ERR_ARG);
	ck_assert_msg(strstr(e.msg, "shorten") != NULL, "%s", e.msg);
	for (size_t i = 0; i < 400; i++)
		many[i] = equals;
	many[0] = node;
	many[1] = init;
	ck_assert_int_eq(cmd_parse(&l, 2 + CMD_VALUES_MAX + 1, many, &e),
	    ERR_ARG);
	ck_assert_msg(strstr(e.msg, "values") != NULL, "%s", e.msg);
}
END_TEST

START_TEST(exit_codes)
{
	static const struct { int code; enum ctl_exit exit; } t[] = {
		{ ERR_OK, EXIT_DONE }, { ERR_ARG, EXIT_USAGE },
		{ ERR_NOTFOUND, EXIT_FAILED }, { ERR_IO, EXIT_FAILED },
		{ ERR_EXISTS, EXIT_FAILED }, { ERR_BADSTATE, EXIT_FAILED },
		{ ERR_DENIED, EXIT_FAILED }, { ERR_SCHEMA, EXIT_FAILED },
		{ ERR_VERIFY, EXIT_REFUSED }, { ERR_PROTO, EXIT_REFUSED },
		{ ERR_REFUSED, EXIT_REFUSED }, { ERR_LIMIT, EXIT_REFUSED },
		{ ERR_UNREACHABLE, EXIT_UNREACHED },
		{ ERR_UNKNOWN, EXIT_UNSETTLED },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ck_assert_int_eq(ctl_exit_of(t[i].code), t[i].exit);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl_cmd");
	TCase *tc = tcase_create("ctl_cmd");
	SRunner *sr = srunner_create(s);
	int n = (int)ncommands(), failed;

	tcase_add_loop_test(tc, table_complete, 0, n);
	tcase_add_loop_test(tc, table_reachable, 0, n);
	tcase_add_loop_test(tc, table_flags, 0, n);
	tcase_add_loop_test(tc, table_shortened, 0, n);
	tcase_add_test(tc, synopsis);
	tcase_add_loop_test(tc, parse_good, 0,
	    sizeof(good) / sizeof(good[0]));
	tcase_add_test(tc, parse_globals);
	tcase_add_test(tc, parse_repeated);
	tcase_add_loop_test(tc, parse_bad, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, parse_bad_json);
	tcase_add_test(tc, parse_bounds);
	tcase_add_test(tc, exit_codes);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
