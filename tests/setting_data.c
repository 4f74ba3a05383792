/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See setting_data.h.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/setting_data.h"

#define ROWS_MAX	128

static char text[64 << 10];		/* of the file, cut up in place */

static void
read_text(void)
{
	const char *top = getenv("top_srcdir");
	char path[512];
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/tests/data/settings.txt",
	    top != NULL ? top : ".");
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	n = fread(text, 1, sizeof(text) - 1, f);
	ck_assert(n > 0 && n < sizeof(text) - 1);
	text[n] = '\0';
	(void)fclose(f);
}

/* The text behind the first blank, which ends the first word. */
static char *
behind(char *s)
{
	char *p = strchr(s, ' ');

	if (p == NULL)
		return s + strlen(s);
	*p = '\0';
	return p + 1;
}

static void
take_rule(struct setting_row *r, enum rule_kind kind, char *s)
{
	struct setting_rule *rule = &r->rule[r->nrule++];
	char *colon;

	ck_assert_uint_le(r->nrule, ROW_LINES_MAX);
	rule->kind = kind;
	rule->who = s;
	rule->set = s = behind(s);
	rule->text = "";
	if ((colon = strstr(s, " : ")) != NULL) {
		*colon = '\0';
		rule->text = colon + 3;
	}
}

static bool
take_field(struct setting_row *r, const char *word, char *s)
{
	const struct {
		const char	 *word;
		const char	**at;
	} field[] = {
		{ "name", &r->name }, { "where", &r->where },
		{ "protocols", &r->protocols }, { "range", &r->range },
		{ "default", &r->def }, { "element", &r->element },
	};

	for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++)
		if (strcmp(word, field[i].word) == 0) {
			*field[i].at = s;
			return true;
		}
	return false;
}

static void
take_line(struct setting_row *r, char *word)
{
	static const char *const kind[] = {
		[RULE_TAKE] = "take",
		[RULE_REFUSE] = "refuse",
		[RULE_REFUSE_SCCP] = "refuse-sccp",
		[RULE_ADVISE] = "advise",
		[RULE_SILENT] = "silent",
	};
	char *s = behind(word);

	if (take_field(r, word, s))
		return;
	for (size_t i = 0; i < sizeof(kind) / sizeof(kind[0]); i++)
		if (strcmp(word, kind[i]) == 0) {
			take_rule(r, (enum rule_kind)i, s);
			return;
		}
	if (strcmp(word, "good") == 0) {
		ck_assert_uint_lt(r->ngood, ROW_LINES_MAX);
		r->good[r->ngood++] = s;
	} else if (strcmp(word, "bad") == 0) {
		ck_assert_uint_lt(r->nbad, ROW_LINES_MAX);
		r->bad[r->nbad++] = s;
	} else if (strcmp(word, "effect") == 0) {
		ck_assert_uint_lt(r->neffect, ROW_LINES_MAX);
		r->effect[r->neffect].value = s;
		r->effect[r->neffect++].code = behind(s);
	} else
		ck_abort_msg("%s: what is \"%s\"?", r->option, word);
}

size_t
setting_data(struct setting_row **rows)
{
	struct setting_row *r = NULL;
	char *rest = text, *line;
	size_t n = 0;

	read_text();
	*rows = calloc(ROWS_MAX, sizeof(**rows));
	ck_assert_ptr_nonnull(*rows);
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (line[0] == '\t') {
			ck_assert_ptr_nonnull(r);
			take_line(r, line + 1);
			continue;
		}
		ck_assert_uint_lt(n, ROWS_MAX);
		r = &(*rows)[n++];
		r->option = line;
	}
	return n;
}
