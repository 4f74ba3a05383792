/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is said of a row without its cells, see phone_hide.h.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crypt/secret.h"
#include "trust/phone_hide.h"

#define CUT_MIN		16	/* bytes that tell a cell that was cut */
#define WORD_MIN	4	/* shorter ones are words of any sentence */
#define MAC_DIGITS	12

struct cell {
	const char	*column;
	const char	*text;		/* borrowed */
	char		*visible;	/* as messages show it */
};

/* --- which cells --- */

static bool
is_device(const char *cell)
{
	return strncasecmp(cell, "SEP", 3) == 0 &&
	    strlen(cell) == 3 + MAC_DIGITS &&
	    strspn(cell + 3, "0123456789abcdefABCDEF") == MAC_DIGITS;
}

static bool
is_protocol(const char *cell)
{
	for (int i = 0; i < PROTOCOL_N; i++)
		if (str_ieq(cell, phone_protocol_name[i]))
			return true;
	return false;
}

/* One of few values. */
static bool
is_word(const struct setting *s, const char *cell)
{
	char value[SETTING_VALUE_MAX + 1];

	switch (s->type) {
	case SETTING_INT:
		if (strlen(cell) >= WORD_MIN)	/* a string of digits? */
			return false;
		/* FALLTHROUGH */
	case SETTING_BOOL:
	case SETTING_ENUM:
	case SETTING_TIME:
		return setting_check(s, cell, SETTING_ALLOW_WEAK, value,
		    NULL) == ERR_OK;
	default:
		return false;
	}
}

/* What it says is in the right column, so it is nobody's secret. */
static bool
may_show(int col, const char *cell)
{
	if (str_ieq(cell, "default") || strcmp(cell, PHONE_CELL_NONE) == 0)
		return true;
	switch (col) {
	case PHONE_COL_NAME:
		return is_device(cell);
	case PHONE_COL_MODEL:
		return model_find(cell) != NULL;
	case PHONE_COL_PROTOCOL:
		return is_protocol(cell);
	case PHONE_COL_PROFILE:
	case PHONE_COL_DESCRIPTION:
	case PHONE_COL_CONFIG:
		return false;
	default:
		return is_word(setting_get(col - PHONE_COL_SETTING), cell);
	}
}

static void
cells_free(struct cell *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (c[i].visible != NULL)
			secret_wipe(c[i].visible, strlen(c[i].visible));
		free(c[i].visible);
	}
	free(c);
}

/* NULL: out of memory. */
static struct cell *
cells_of(const struct phone_record *r, size_t *n)
{
	struct cell *c = calloc(PHONE_COLUMNS, sizeof(*c));
	size_t size;

	*n = 0;
	for (int i = 0; c != NULL && i < PHONE_COLUMNS; i++) {
		if (r->value[i] == NULL || may_show(i, r->value[i]))
			continue;
		size = 4 * strlen(r->value[i]) + 1;
		c[*n] = (struct cell){ .column = phone_column_name(i),
		    .text = r->value[i], .visible = malloc(size) };
		if (c[(*n)++].visible == NULL) {
			cells_free(c, *n);
			return NULL;
		}
		str_visible(r->value[i], strlen(r->value[i]),
		    c[*n - 1].visible, size);
	}
	return c;
}

/* --- where they stand --- */

static bool
is_letter(const char *s)
{
	return isalnum((unsigned char)*s) != 0;
}

static bool
is_quoted(const char *text, size_t at, size_t n)
{
	return at > 0 && text[at - 1] == '"' && text[at + n] == '"';
}

/* How much of it stands at text[at]: all, as a word, or a beginning that is
 * long enough.  Names are stored in upper case. */
static size_t
stands(const char *cell, const char *text, size_t at)
{
	const char *p = text + at;
	size_t n = 0;

	while (cell[n] != '\0' && tolower((unsigned char)cell[n]) ==
	    tolower((unsigned char)p[n]))
		n++;
	if (n == 0 || (at > 0 && is_letter(p - 1) && is_letter(p)))
		return 0;
	if (cell[n] != '\0')
		return n >= CUT_MIN ? n : 0;
	if (n < WORD_MIN && !is_quoted(text, at, n))
		return 0;
	return is_letter(p + n) && is_letter(p + n - 1) ? 0 : n;
}

/* The longest there. */
static size_t
find(const struct cell *c, size_t n, const char *text, size_t at,
    const char **column)
{
	size_t most = 0, k;

	for (size_t i = 0; i < n; i++)
		for (int form = 0; form < 2; form++) {
			k = stands(form == 0 ? c[i].text : c[i].visible,
			    text, at);
			if (k <= most)
				continue;
			most = k;
			*column = c[i].column;
		}
	return most;
}

char *
phone_hide(const struct phone_record *r, const char *text)
{
	const char *column = NULL;
	size_t n, k, size, widest = 0, o = 0;
	struct cell *c;
	char *out;

	if ((c = cells_of(r, &n)) == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (strlen(c[i].column) > widest)
			widest = strlen(c[i].column);
	/* Each byte stands for a column at most. */
	size = strlen(text) * (widest + 3) + 1;
	if ((out = malloc(size)) == NULL) {
		cells_free(c, n);
		return NULL;
	}
	for (size_t at = 0; text[at] != '\0'; at += k) {
		k = find(c, n, text, at, &column);
		if (k > 0)
			o += (size_t)snprintf(out + o, size - o, "(%s)",
			    column);
		else
			out[o++] = text[at];
		k += k == 0;
	}
	out[o] = '\0';
	cells_free(c, n);
	return out;
}
