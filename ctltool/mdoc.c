/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Tables as mdoc, see mdoc.h.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/cmd.h"
#include "ctltool/elsewhere.h"
#include "ctltool/mdoc.h"
#include "ctltool/settings.h"
#include "db/params.h"

#define COLUMNS	79

/* One word of running text; what mdoc would take for its own is escaped. */
static void
put_word(FILE *f, const char *w, size_t n, bool first)
{
	if (first && (w[0] == '.' || w[0] == '\''))
		(void)fputs("\\&", f);
	for (size_t i = 0; i < n; i++) {
		if (w[i] == '\\')
			(void)fputs("\\e", f);
		else if (w[i] == '-' && (i + 1 < n && w[i + 1] == '-'))
			(void)fputs("\\-", f);
		else if (w[i] == '-' && i > 0 && w[i - 1] == '-')
			(void)fputs("\\-", f);
		else
			(void)fputc(w[i], f);
	}
}

/* The end of a sentence; "e.g. x" is none, as no text here has one. */
static bool
ends_sentence(const char *w, size_t n, const char *next)
{
	while (n > 1 && (w[n - 1] == ')' || w[n - 1] == '"'))
		n--;
	if (n == 0 || strchr(".?!", w[n - 1]) == NULL)
		return false;
	return *next == ' ' && next[1] == ' ';
}

void
mdoc_text(FILE *f, const char *text)
{
	size_t n, column = 0;
	bool ended;

	for (const char *p = text; *p != '\0'; p += n) {
		if ((n = strspn(p, " ")) > 0)
			continue;
		if (*p == '\n') {
			(void)fputs(column > 0 ? "\n.Pp\n" : ".Pp\n", f);
			column = 0;
			n = 1;
			continue;
		}
		n = strcspn(p, " \n");
		if (column > 0 && column + 1 + n > COLUMNS) {
			(void)fputc('\n', f);
			column = 0;
		}
		if (column > 0)
			(void)fputc(' ', f);
		put_word(f, p, n, column == 0);
		ended = ends_sentence(p, n, p + n);
		column = ended ? 0 : column + 1 + n;
		if (ended)
			(void)fputc('\n', f);
	}
	if (column > 0)
		(void)fputc('\n', f);
}

/* A help phrase as a sentence: "own unit" -> "Own unit." */
static void
put_phrase(FILE *f, const char *help)
{
	char text[1024];
	size_t n = strlen(help);

	if (n + 2 > sizeof(text))
		return;
	memcpy(text, help, n + 1);
	text[0] = (char)toupper((unsigned char)text[0]);
	if (text[n - 1] != '.')
		memcpy(text + n, ".", 2);
	mdoc_text(f, text);
}

/* The name of a value, as arguments are set: in lower case. */
static void
put_lower(FILE *f, const char *s)
{
	for (; *s != '\0'; s++)
		(void)fputc(tolower((unsigned char)*s), f);
}

static void
put_form(FILE *f, const struct cmd_arg *a)
{
	if (cmd_arg_is_option(a)) {
		(void)fprintf(f, "Fl -%s", a->name + 2);
		if (a->value != NULL) {
			(void)fputs(" Ar ", f);
			put_lower(f, a->value);
		}
	} else {
		(void)fputs("Ar ", f);
		put_lower(f, a->name);
	}
	if (a->flags & (ARG_REST | ARG_REPEAT))
		(void)fputs(" Ar ...", f);
}

static bool
must(const struct cmd_arg *a)
{
	return cmd_arg_is_option(a) ? (a->flags & ARG_REQUIRED) != 0 :
	    (a->flags & ARG_OPTIONAL) == 0;
}

static void
put_args(FILE *f, const struct cmd_arg *a)
{
	(void)fputs(".Bl -tag -width Ds -compact\n", f);
	for (; a->name != NULL; a++) {
		(void)fputs(".It ", f);
		put_form(f, a);
		(void)fputc('\n', f);
		put_phrase(f, a->help);
		if (a->choices != NULL)
			(void)fprintf(f, "One of\n.Cm %s .\n", a->choices);
	}
	(void)fputs(".El\n", f);
}

static void
put_command(FILE *f, const struct cmd *c)
{
	(void)fprintf(f, ".It Cm %s Xo\n", c->words);
	for (const struct cmd_arg *a = c->arg; a->name != NULL; a++) {
		(void)fputs(must(a) ? "." : ".Op ", f);
		put_form(f, a);
		(void)fputc('\n', f);
	}
	if (c->settings != SETTINGS_NONE)
		(void)fputs(".Op Fl -setting Ar value Ar ...\n", f);
	(void)fputs(".Xc\n", f);
	mdoc_text(f, c->help);
	if (c->alias != NULL)
		(void)fprintf(f, "Also as\n.Cm %s .\n", c->alias);
	if (c->arg[0].name != NULL)
		put_args(f, c->arg);
	if (c->settings != SETTINGS_NONE)
		(void)fputs("And any of the\n.Sx Settings .\n", f);
	(void)fprintf(f, "Level: %s (%d).\n", cmd_level_name(c->level),
	    (int)c->level);
	if (c->flags & CMD_ASKS)
		(void)fputs("Asks.\n", f);
	if (!cmd_in_batch(c))
		(void)fputs("Not in a batch.\n", f);
}

void
mdoc_commands(FILE *f)
{
	for (const struct cmd *c = cmd_table(); c->words != NULL; c++)
		if (!(c->flags & CMD_HIDDEN))
			put_command(f, c);
}

void
mdoc_options(FILE *f)
{
	for (const struct cmd_arg *a = cmd_global(); a->name != NULL; a++) {
		(void)fputs(".It ", f);
		put_form(f, a);
		(void)fputc('\n', f);
		put_phrase(f, a->help);
	}
}

static void
put_range(FILE *f, const struct param_def *d)
{
	switch (d->type) {
	case PARAM_INT:
		(void)fprintf(f, "Integer from %" PRId64 " to %" PRId64
		    "%s%s.\n", d->min, d->max, d->unit[0] != '\0' ? ", in " :
		    "", d->unit);
		break;
	case PARAM_ENUM:
		(void)fprintf(f, "One of\n.Cm %s .\n", d->values);
		break;
	case PARAM_TEXT:
		(void)fprintf(f, "Text of %" PRId64 " to %" PRId64
		    " bytes.\n", d->min, d->max);
		break;
	}
}

void
mdoc_params(FILE *f)
{
	const struct param_def *d = param_table();

	for (size_t i = 0; i < PARAM_N; i++, d++) {
		(void)fprintf(f, ".It Cm %s\n", d->name);
		mdoc_text(f, d->help);
		put_range(f, d);
		(void)fputs("Default: ", f);
		put_word(f, d->def[0] != '\0' ? d->def : "empty",
		    strlen(d->def[0] != '\0' ? d->def : "empty"), false);
		(void)fprintf(f, ".\n%s\nA change acts ",
		    d->scope == PARAM_NODE ? "May differ per node." :
		    "The same on all nodes.");
		mdoc_text(f, d->effect);
	}
}

static const char *
owners(const struct setting *s)
{
	switch (s->where) {
	case SETTING_IN_PROFILE:
		return "Of profiles.";
	case SETTING_IN_PHONE:
		return "Of phones.";
	default:
		return "Of profiles and phones.";
	}
}

void
mdoc_settings(FILE *f)
{
	for (int i = 0; i < SETTING_N; i++) {
		const struct setting *s = setting_get(i);
		struct cmd_arg a = settings_arg(s);

		(void)fputs(".It ", f);
		put_form(f, &a);
		(void)fputc('\n', f);
		put_phrase(f, a.help);
		(void)fprintf(f, "%s\n%s", owners(s),
		    s->protocols == 1u << PROTOCOL_SIP ? "SIP only.\n" : "");
	}
}

void
mdoc_elsewhere(FILE *f)
{
	for (const struct elsewhere *w = elsewhere_table(); w->words != NULL;
	    w++) {
		(void)fprintf(f, ".It Cm %s\n", w->words);
		put_phrase(f, w->why);
	}
}

int
mdoc_page(FILE *in, FILE *out)
{
	char line[1024];

	while (fgets(line, sizeof(line), in) != NULL) {
		if (strcmp(line, "@COMMANDS@\n") == 0)
			mdoc_commands(out);
		else if (strcmp(line, "@OPTIONS@\n") == 0)
			mdoc_options(out);
		else if (strcmp(line, "@PARAMETERS@\n") == 0)
			mdoc_params(out);
		else if (strcmp(line, "@SETTINGS@\n") == 0)
			mdoc_settings(out);
		else if (strcmp(line, "@ELSEWHERE@\n") == 0)
			mdoc_elsewhere(out);
		else
			(void)fputs(line, out);
	}
	if (ferror(in) || fflush(out) != 0 || ferror(out)) {
		perror("mkman");
		return 1;
	}
	return 0;
}
