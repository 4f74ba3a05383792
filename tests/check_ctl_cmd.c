/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The command table and its parser.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
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
		ck_assert_msg(!rest, "%s: %s after the rest", c->words,
		    a->name);
		ck_assert_msg(!option || cmd_arg_is_option(a),
		    "%s: %s after options", c->words, a->name);
		option = cmd_arg_is_option(a);
		rest = (a->flags & ARG_REST) != 0;
		for (const struct cmd_arg *g = cmd_global(); g->name != NULL;
		    g++)
			ck_assert_str_ne(a->name, g->name);
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

/* The manual page names every command and option. */
START_TEST(table_in_manual)
{
	const struct cmd *c = &cmd_table()[_i];
	const char *top = getenv("top_srcdir");
	char path[512], want[200];
	struct err e = { 0 };
	uint8_t *page;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/man/ctltool.8",
	    top != NULL ? top : ".");
	ck_assert_msg(file_read(AT_FDCWD, path, 1 << 20, &page, &len, &e) ==
	    ERR_OK, "%s", e.msg);
	(void)snprintf(want, sizeof(want), "\n.It Cm %s", c->words);
	ck_assert_msg((c->flags & CMD_HIDDEN) ||
	    strstr((char *)page, want) != NULL, "no %s", want + 1);
	for (const struct cmd_arg *a = cmd_args(c); a->name != NULL; a++) {
		if (!cmd_arg_is_option(a))
			continue;
		(void)snprintf(want, sizeof(want), "Fl -%s", a->name + 2);
		ck_assert_msg(strstr((char *)page, want) != NULL, "%s: no %s",
		    c->words, want);
	}
	free(page);
}
END_TEST

START_TEST(synopsis)
{
	char text[512];
	size_t used;
	char *phone[] = { (char[]){ "phone" }, (char[]){ "add" } };
	char *init[] = { (char[]){ "node" }, (char[]){ "init" } };

	help_synopsis(cmd_match(phone, 2, &used), text, sizeof(text));
	ck_assert_str_eq(text, "ctltool phone add NAME [--model MODEL] "
	    "[--config FILE]");
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
	{ "complete|--|phone|sh", "complete", "WORDS", "phone sh" },
	{ "complete|--|phone|", "complete", "WORDS", "phone " },
	{ "complete|--|--state|x|--json", "complete", "WORDS",
	    "--state x --json" },
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

	for (size_t i = 0; i < 3; i++) {
		ck_assert_msg(parse(&l, &t, text[i], &e) == ERR_OK, "%s: %s",
		    text[i], e.msg);
		ck_assert_str_eq(l.cmd->words, "show itl");
		ck_assert_str_eq(l.state, "D");
		ck_assert(l.json && l.yes && !l.help && !l.version);
	}
	ck_assert_int_eq(parse(&l, &t, "--version", &e), ERR_OK);
	ck_assert(l.version && l.cmd == NULL);
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
	{ "show|cert", "show cert list own, show cert own" },
	{ "utils", "utils service list" },
	{ "--nosuch", "unknown option \"--nosuch\"" },
	{ "--nosuch|show|itl", "unknown option" },
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
	static char word[] = "x", utils[] = "utils", service[] = "service",
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
	tcase_add_loop_test(tc, table_in_manual, 0, n);
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
