/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Help, see help.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "ctltool/ctl.h"
#include "ctltool/elsewhere.h"
#include "ctltool/help.h"

#define HELP_COLUMNS	78

/* Words broken into lines behind an indent. */
static void
put_wrapped(struct out *o, const char *text, int indent)
{
	int col = 0, n;

	for (const char *p = text; *p != '\0'; p += n) {
		if (*p == '\n') {
			out_text(o, "\n");
			col = 0;
			n = 1;
			continue;
		}
		if (*p == ' ') {
			n = 1;
			continue;
		}
		n = (int)strcspn(p, " \n");
		if (col > 0 && col + 1 + n > HELP_COLUMNS) {
			out_text(o, "\n");
			col = 0;
		}
		if (col == 0) {
			out_text(o, "%*s%.*s", indent, "", n, p);
			col = indent + n;
		} else {
			out_text(o, " %.*s", n, p);
			col += 1 + n;
		}
	}
	out_text(o, "\n");
}

void
help_arg_form(const struct cmd_arg *a, char *out, size_t outlen)
{
	(void)snprintf(out, outlen, "%s%s%s", a->name,
	    a->value != NULL ? " " : "", a->value != NULL ? a->value : "");
}

static void
put_arg(struct out *o, const struct cmd_arg *a)
{
	char left[64];

	help_arg_form(a, left, sizeof(left));
	out_text(o, "  %s%s%s\n", left, a->choices != NULL ? "   " : "",
	    a->choices != NULL ? a->choices : "");
	put_wrapped(o, a->help, 6);
}

void
help_synopsis(const struct cmd *c, char *out, size_t outlen)
{
	const struct cmd_arg *a;
	bool must;
	size_t n;

	(void)snprintf(out, outlen, "ctltool %s", c->words);
	for (a = c->arg; a->name != NULL; a++) {
		n = strlen(out);
		must = cmd_arg_is_option(a) ? (a->flags & ARG_REQUIRED) != 0 :
		    (a->flags & ARG_OPTIONAL) == 0;
		(void)snprintf(out + n, outlen - n, " %s%s%s%s%s%s",
		    must ? "" : "[", a->name, a->value != NULL ? " " : "",
		    a->value != NULL ? a->value : "", must ? "" : "]",
		    a->flags & (ARG_REST | ARG_REPEAT) ? " ..." : "");
	}
	n = strlen(out);
	if (c->settings != SETTINGS_NONE)
		(void)snprintf(out + n, outlen - n, " [--SETTING VALUE] ...");
}

static void
help_command(struct out *o, const struct cmd *c)
{
	const struct cmd_arg *a;
	char text[512];

	help_synopsis(c, text, sizeof(text));
	out_text(o, "%s\n\n", text);
	put_wrapped(o, c->help, 2);
	if (c->arg[0].name != NULL)
		out_text(o, "\n");
	for (a = cmd_args(c); a->name != NULL; a++)
		put_arg(o, a);
	out_text(o, "\n  Level: %s (%d).%s\n", cmd_level_name(c->level),
	    (int)c->level, c->flags & CMD_ASKS ?
	    "  Asks before it changes something; --yes answers." : "");
	if (!cmd_in_batch(c))
		out_text(o, "  Not in a batch (-f).\n");
	out_text(o, "  Options of every command: ctltool --help\n");
}

/* words are the first words of c in one of its spellings. */
static bool
begins(const struct cmd *c, const char *words)
{
	const char *w[] = { c->words, cmd_words_short(c->words), c->alias };
	size_t n = strlen(words);

	for (size_t i = 0; i < 3 && w[i] != NULL; i++)
		if (n == 0 || (str_starts(w[i], words) &&
		    (w[i][n] == '\0' || w[i][n] == ' ')))
			return true;
	return false;
}

static void
help_list(struct out *o, const char *words)
{
	const struct cmd_arg *a;

	out_text(o, "ctltool [--state DIR] [--json] [--yes] COMMAND ...\n\n");
	for (const struct cmd *c = cmd_table(); c->words != NULL; c++)
		if (!(c->flags & CMD_HIDDEN) && begins(c, words))
			out_text(o, "  %-24s  %s\n", c->words, c->summary);
	out_text(o, "\n");
	for (a = cmd_global(); *words == '\0' && a->name != NULL; a++)
		put_arg(o, a);
	out_text(o, "%s\"ctltool help COMMAND\" shows a command in full.\n",
	    *words == '\0' ? "\n" : "");
}

static json_t *
arg_json(const struct cmd_arg *a)
{
	bool option = cmd_arg_is_option(a);

	return json_pack("{s:s, s:s?, s:s?, s:b, s:b, s:b, s:s}", "name",
	    a->name, "value", a->value, "choices", a->choices, "option",
	    option, "required",
	    option ? (a->flags & ARG_REQUIRED) != 0 :
	    (a->flags & ARG_OPTIONAL) == 0,
	    "repeat", (a->flags & (ARG_REPEAT | ARG_REST)) != 0,
	    "help", a->help);
}

static json_t *
cmd_json(const struct cmd *c)
{
	json_t *args = json_array(), *j;

	for (const struct cmd_arg *a = cmd_args(c); a->name != NULL; a++)
		if (json_array_append_new(args, arg_json(a)) != 0)
			goto fail;
	j = json_pack("{s:s, s:i, s:s, s:b, s:b, s:s, s:s, s:O}", "words",
	    c->words, "level", (int)c->level, "role",
	    cmd_level_name(c->level), "asks", (c->flags & CMD_ASKS) != 0,
	    "batch", cmd_in_batch(c), "summary", c->summary, "help",
	    c->help, "arguments", args);
	json_decref(args);
	return j;
fail:
	json_decref(args);
	return NULL;
}

size_t
help_about(struct out *o, const char *words)
{
	const struct cmd *found = NULL;
	json_t *list = json_array();
	size_t n = 0;

	for (const struct cmd *t = cmd_table(); t->words != NULL; t++) {
		if ((t->flags & CMD_HIDDEN) || !begins(t, words))
			continue;
		if (json_array_append_new(list, cmd_json(t)) != 0)
			o->nomem = true;
		found = t;
		n++;
	}
	out_result(o, json_pack("{s:o}", "commands", list));
	if (n == 1)
		help_command(o, found);
	else if (n > 1)
		help_list(o, words);
	return n;
}

/* "help utils fips" says why there is none. */
static const struct elsewhere *
not_here(const char *words)
{
	for (const struct elsewhere *w = elsewhere_table(); w->words != NULL;
	    w++)
		if (strcmp(words, w->words) == 0 ||
		    strcmp(words, cmd_words_short(w->words)) == 0)
			return w;
	return NULL;
}

int
cmd_help(struct ctl *c, struct err *e)
{
	const char *words = cmd_get(c->line, "WORDS");
	const struct elsewhere *w;

	words = words == NULL ? "" : words;
	if (help_about(c->out, words) > 0)
		return ERR_OK;
	if ((w = not_here(words)) != NULL)
		return err_set(e, ERR_REFUSED, "%s is not part of phonetrust: "
		    "%s", w->words, w->why);
	return err_set(e, ERR_ARG, "no command begins with \"%.100s\": "
	    "\"ctltool help\" lists all", words);
}
