/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * From argv to a command of the table and its values, see cmd.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/cmd.h"
#include "ctltool/meant.h"

#define TOKENS_MAX	256	/* words of one command line */

/* The command line without its global options. */
struct tokens {
	char	*tok[TOKENS_MAX];
	size_t	 n;
	size_t	 literal;	/* from this one on no token is an option */
};

const char *
cmd_words_short(const char *words)
{
	return str_starts(words, "utils ") ? words + strlen("utils ") : words;
}

bool
cmd_arg_is_option(const struct cmd_arg *a)
{
	return str_starts(a->name, "--");
}

/* --- global options --- */

static const struct cmd_arg *
arg_find(const struct cmd_arg *list, const char *name, size_t len)
{
	for (; list->name != NULL; list++)
		if (strlen(list->name) == len &&
		    memcmp(list->name, name, len) == 0)
			return list;
	return NULL;
}

bool
cmd_has_own(const struct cmd *c, const struct cmd_arg *global)
{
	return c != NULL && arg_find(cmd_args(c), global->name,
	    strlen(global->name)) != NULL;
}

/* Options of list that begin with name, from the ones before, but those of
 * which c has one of its own; *hit is the last one. */
static size_t
arg_short(const struct cmd *c, const struct cmd_arg *list, const char *name,
    size_t len, const struct cmd_arg **hit)
{
	size_t n = 0;

	for (; list->name != NULL; list++)
		if (cmd_arg_is_option(list) && !(list->flags & ARG_WHOLE) &&
		    strncmp(list->name, name, len) == 0 &&
		    !cmd_has_own(c, list)) {
			*hit = list;
			n++;
		}
	return n;
}

size_t
cmd_option_find(const struct cmd *c, const char *tok,
    const struct cmd_arg **found)
{
	const struct cmd_arg *a = NULL;
	size_t len, n = 0;

	*found = NULL;
	if (strcmp(tok, "-h") == 0)
		tok = "--help";
	else if (strcmp(tok, "-f") == 0)
		tok = "--batch";
	len = strcspn(tok, "=");
	if (len < 3 || !str_starts(tok, "--"))
		return 0;
	if (c != NULL)
		a = arg_find(cmd_args(c), tok, len);
	if (a == NULL)
		a = arg_find(cmd_global(), tok, len);
	if (a != NULL) {
		*found = a;
		return 1;
	}
	n = arg_short(c, cmd_global(), tok, len, &a);
	if (c != NULL)
		n += arg_short(NULL, cmd_args(c), tok, len, &a);
	if (n == 1)
		*found = a;
	return n;
}

static bool
is_global(const struct cmd_arg *a)
{
	for (const struct cmd_arg *g = cmd_global(); g->name != NULL; g++)
		if (g == a)
			return true;
	return false;
}

/* Without the value, which may be a secret in the wrong place. */
static int
name_len(const char *tok)
{
	size_t n = strcspn(tok, "=");

	return n < 40 ? (int)n : 40;
}

/* An option that is not one, or several: what it may have been. */
static int
option_error(const struct cmd *c, const char *tok, size_t several,
    struct err *e)
{
	char list[160] = "";
	size_t used = 0, len = strcspn(tok, "=");
	const struct cmd_arg *in[] = { cmd_args(c), cmd_global() };

	if (several == 0)
		return err_set(e, ERR_ARG, "%s has no option \"%.*s\": see "
		    "\"ctltool help %s\"", c->words, name_len(tok), tok,
		    c->words);
	for (size_t i = 0; i < 2; i++)
		for (const struct cmd_arg *a = in[i]; a->name != NULL; a++)
			if (cmd_arg_is_option(a) && !(a->flags & ARG_WHOLE) &&
			    strncmp(a->name, tok, len) == 0 && used < sizeof(list))
				used += (size_t)snprintf(list + used,
				    sizeof(list) - used, "%s%s",
				    used > 0 ? ", " : "", a->name);
	return err_set(e, ERR_ARG, "\"%.*s\" is short for several options: "
	    "%s%s", name_len(tok), tok, list, used >= sizeof(list) ? "..." : "");
}

static void
global_set(struct cmd_line *l, const struct cmd_arg *a, const char *value)
{
	if (str_ieq(a->name, "--batch"))
		l->batch = value;
	else if (str_ieq(a->name, "--dry-run"))
		l->dry_run = true;
	else if (str_ieq(a->name, "--help"))
		l->help = true;
	else if (str_ieq(a->name, "--no-pager"))
		l->no_pager = true;
	else if (str_ieq(a->name, "--json"))
		l->json = true;
	else if (str_ieq(a->name, "--version"))
		l->version = true;
	else if (str_ieq(a->name, "--yes"))
		l->yes = true;
	else if (str_ieq(a->name, "--state"))
		l->state = value;
	else
		l->time_offset = value;
}

/*
 * The value of option a in token tok: behind '=', or the next token, which
 * *i then steps to.  NULL with e filled when it is missing or unwanted.
 */
static const char *
option_value(const struct cmd_arg *a, char *const *tok, size_t n, size_t *i,
    struct err *e)
{
	const char *eq = strchr(tok[*i], '=');

	if (a->value == NULL && eq != NULL) {
		/* What it is may be a secret in the wrong place. */
		(void)err_set(e, ERR_ARG, "option %s takes no value: leave "
		    "out the = and what follows", a->name);
		return NULL;
	}
	if (a->value == NULL)
		return "";
	if (eq != NULL)
		return eq + 1;
	if (*i + 1 >= n) {
		(void)err_set(e, ERR_ARG, "option %s needs a value: %s %s",
		    a->name, a->name, a->value);
		return NULL;
	}
	return tok[++*i];
}

/* The global option that a token is, or NULL.  Only before the words of a
 * command may it be shortened here: behind them the command's own count. */
static const struct cmd_arg *
global_find(const char *tok, bool may_be_short)
{
	const struct cmd_arg *a;

	if (cmd_option_find(NULL, tok, &a) != 1)
		return NULL;
	/* -f stands alone; behind words its long form is the command's. */
	if (!may_be_short && tok[1] == '-' && str_ieq(a->name, "--batch"))
		return NULL;
	return may_be_short || strlen(a->name) == strcspn(tok, "=") ||
	    tok[1] != '-' ? a : NULL;
}

/* Take the global options out of argv; the rest goes to t in order. */
static int
take_globals(struct cmd_line *l, struct tokens *t, int argc,
    char *const *argv, struct err *e)
{
	const struct cmd_arg *a;
	const char *value;
	bool literal = false;
	int ret = ERR_OK;

	for (size_t i = 0; i < (size_t)argc; i++) {
		a = literal ? NULL : global_find(argv[i], t->n == 0);
		if (a != NULL) {
			value = option_value(a, argv, (size_t)argc, &i,
			    ret == ERR_OK ? e : NULL);
			if (value == NULL)
				ret = ERR_ARG;	/* yet find --json */
			else
				global_set(l, a, value);
		} else if (!literal && strcmp(argv[i], "--") == 0) {
			literal = true;
			t->literal = t->n;
		} else if (t->n == TOKENS_MAX) {
			return err_set(e, ERR_ARG, "more than %d words: "
			    "shorten the command", TOKENS_MAX);
		} else {
			t->tok[t->n++] = argv[i];
		}
	}
	if (!literal)
		t->literal = t->n;
	return ret;
}

/* --- arguments and options --- */

bool
cmd_in_batch(const struct cmd *c)
{
	return !(c->flags & (CMD_PROMPT | CMD_OUTSIDE | CMD_ALONE));
}

bool
cmd_choice_ok(const struct cmd_arg *a, const char *value)
{
	size_t n;

	if (a->choices == NULL)
		return true;
	for (const char *p = a->choices; *p != '\0'; p += n + (p[n] == '|')) {
		n = strcspn(p, "|");
		if (strlen(value) == n && strncasecmp(value, p, n) == 0)
			return true;
	}
	return false;
}

static int
value_add(struct cmd_line *l, const struct cmd_arg *a, const char *value,
    struct err *e)
{
	if (!cmd_choice_ok(a, value))
		return err_set(e, ERR_ARG, "%s: \"%.40s\" is none of %s",
		    a->name, value, a->choices);
	if (!(a->flags & ARG_REPEAT) && cmd_has(l, a->name))
		return err_set(e, ERR_ARG, "option %s is given twice: leave "
		    "one out", a->name);
	if (l->nval == CMD_VALUES_MAX)
		return err_set(e, ERR_ARG, "more than %d values: shorten the "
		    "command", CMD_VALUES_MAX);
	l->val[l->nval++] = (struct cmd_value){ .arg = a, .value = value };
	return ERR_OK;
}

static int
take_option(struct cmd_line *l, const struct tokens *t, size_t *i,
    struct err *e)
{
	const char *tok = t->tok[*i], *value;
	const struct cmd_arg *a;
	size_t n;

	if ((n = cmd_option_find(l->cmd, tok, &a)) != 1)
		return option_error(l->cmd, tok, n, e);
	if ((value = option_value(a, t->tok, t->n, i, e)) == NULL)
		return ERR_ARG;
	if (!is_global(a))
		return value_add(l, a, value, e);
	global_set(l, a, value);
	return ERR_OK;
}

/* Join a word to the argument that takes the rest. */
static int
take_rest(struct cmd_line *l, const char *word, struct err *e)
{
	size_t n = strlen(l->rest), len = strlen(word);

	if (n + len + 2 > sizeof(l->rest))
		return err_set(e, ERR_ARG, "%s: more than %zu characters: "
		    "shorten the command", l->cmd->words, sizeof(l->rest) - 2);
	if (n > 0)
		l->rest[n++] = ' ';
	memcpy(l->rest + n, word, len + 1);
	return ERR_OK;
}

static int
take_argument(struct cmd_line *l, const struct cmd_arg **a, const char *word,
    struct err *e)
{
	const struct cmd_arg *now = *a;

	if (now->name == NULL || cmd_arg_is_option(now))
		return cmd_has(l, "--pin") ? err_set(e, ERR_ARG, "%s: one "
		    "word too many: --pin takes none, it asks", l->cmd->words)
		    : err_set(e, ERR_ARG, "%s: \"%.40s\" is one word too "
		    "many: see \"ctltool help %s\"", l->cmd->words, word,
		    l->cmd->words);
	if (now->flags & ARG_REST) {
		if (take_rest(l, word, e) != ERR_OK)
			return ERR_ARG;
		return cmd_has(l, now->name) ? ERR_OK :
		    value_add(l, now, l->rest, e);
	}
	if (!(now->flags & ARG_REPEAT))
		(*a)++;
	return value_add(l, now, word, e);
}

static int
check_required(const struct cmd_line *l, struct err *e)
{
	const struct cmd_arg *a;

	for (a = cmd_args(l->cmd); a->name != NULL; a++) {
		if (cmd_has(l, a->name))
			continue;
		if (cmd_arg_is_option(a) && (a->flags & ARG_REQUIRED))
			return err_set(e, ERR_ARG, "%s needs %s %s: %s",
			    l->cmd->words, a->name, a->value, a->help);
		if (!cmd_arg_is_option(a) && !(a->flags & ARG_OPTIONAL))
			return err_set(e, ERR_ARG, "%s needs %s: %s",
			    l->cmd->words, a->name, a->help);
	}
	return ERR_OK;
}

/* The words of a command end at the first option. */
static size_t
words_reach(const struct tokens *t)
{
	size_t n = 0;

	while (n < t->n && t->tok[n][0] != '-')
		n++;
	return n;
}

/* Step over the words of a command that stands before another one. */
static void
take_prefix(struct cmd_line *l, struct tokens *t, size_t *used)
{
	while (l->cmd != NULL && (l->cmd->flags & CMD_PREFIX) &&
	    *used < words_reach(t)) {
		l->dry_run = true;
		t->n -= *used;
		t->literal -= *used;
		for (size_t i = 0; i < t->n; i++)
			t->tok[i] = t->tok[i + *used];
		l->cmd = cmd_match(t->tok, words_reach(t), used);
	}
}

/* Everything behind the words of the command. */
static int
take_values(struct cmd_line *l, const struct tokens *t, size_t used,
    struct err *e)
{
	const struct cmd_arg *a = cmd_args(l->cmd);
	int ret = ERR_OK;

	for (size_t i = used; ret == ERR_OK && i < t->n; i++) {
		if (i < t->literal && str_starts(t->tok[i], "--"))
			ret = take_option(l, t, &i, e);
		else
			ret = take_argument(l, &a, t->tok[i], e);
	}
	return ret;
}

int
cmd_parse(struct cmd_line *l, int argc, char *const *argv, struct err *e)
{
	struct tokens t = { .n = 0 };
	size_t used;
	int ret;

	*l = (struct cmd_line){ .cmd = NULL };
	ret = take_globals(l, &t, argc, argv, e);
	if (ret != ERR_OK || t.n == 0)
		return ret;
	l->cmd = cmd_match(t.tok, words_reach(&t), &used);
	take_prefix(l, &t, &used);
	if (l->cmd == NULL && l->help && words_reach(&t) > 0) {
		/* "ctltool show --help": what help is to be about. */
		meant_join(t.tok, words_reach(&t), l->rest, sizeof(l->rest));
		return ERR_OK;
	}
	if (l->cmd == NULL)
		return meant_error(t.tok, words_reach(&t) > 0 ?
		    words_reach(&t) : 1, e);
	if ((ret = take_values(l, &t, used, e)) != ERR_OK || l->help)
		return ret;
	if (l->batch != NULL)
		return err_set(e, ERR_ARG, "-f takes its commands from the "
		    "file: leave out \"%s\"", l->cmd->words);
	return check_required(l, e);
}

const char *
cmd_get_n(const struct cmd_line *l, const char *name, size_t n)
{
	for (size_t i = 0; i < l->nval; i++)
		if (strcmp(l->val[i].arg->name, name) == 0 && n-- == 0)
			return l->val[i].value;
	return NULL;
}

const char *
cmd_get(const struct cmd_line *l, const char *name)
{
	return cmd_get_n(l, name, 0);
}

bool
cmd_has(const struct cmd_line *l, const char *name)
{
	return cmd_get_n(l, name, 0) != NULL;
}
