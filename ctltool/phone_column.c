/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Columns of phone list, see phone_column.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/phone_args.h"
#include "ctltool/phone_column.h"

static const struct {
	const char	*name;
	int		 width;
} columns[LIST_SETTING] = {
	[LIST_NAME] = { "name", 20 },
	[LIST_MODEL] = { "model", 12 },
	[LIST_PROTOCOL] = { "protocol", 8 },
	[LIST_PROFILE] = { "profile", 32 },
	[LIST_DESCRIPTION] = { "description", 30 },
	[LIST_CONFIG] = { "config", 6 },
	[LIST_ORIGIN] = { "origin", 7 },
	[LIST_CREATED] = { "created", 20 },
	[LIST_CHANGED] = { "changed", 20 },
	[LIST_SEEN] = { "seen", 20 },
	[LIST_PLAIN] = { "plain", 33 },
	[LIST_LSC] = { "lsc", 20 },
};

static int
column_find(const char *name)
{
	const struct setting *s;

	for (int i = 0; i < LIST_SETTING; i++)
		if (str_ieq(name, columns[i].name))
			return i;
	s = setting_find(str_ieq(name, "operation") ?
	    "certificate-operation" : name);
	return s != NULL ? LIST_SETTING + (int)s->id : -1;
}

static int
take_one(struct phone_cols *c, const char *name, bool down, struct err *e)
{
	int col = column_find(name);
	char shown[80];

	if (col < 0) {
		str_visible(name, strlen(name), shown, sizeof(shown));
		return err_set(e, ERR_ARG, "\"%s\" is not a column: name, "
		    "model, protocol, profile, description, config, origin, "
		    "created, changed, seen, plain, lsc, operation, or the "
		    "option of a setting without --", shown);
	}
	if (c->n == PHONE_COLS_MAX)
		return err_set(e, ERR_ARG, "more than %d columns: leave some "
		    "out", PHONE_COLS_MAX);
	c->down[c->n] = down;
	c->col[c->n++] = col;
	return ERR_OK;
}

int
phone_cols_parse(struct phone_cols *c, const char *text, bool down_ok,
    struct err *e)
{
	char name[80];
	size_t n;
	int ret;

	*c = (struct phone_cols){ .n = 0 };
	do {
		bool down = down_ok && *text == '-';

		text += down;
		n = strcspn(text, ",");
		(void)snprintf(name, sizeof(name), "%.*s", (int)n, text);
		if ((ret = take_one(c, name, down, e)) != ERR_OK)
			return ret;
		text += n;
	} while (*text++ == ',');
	return ERR_OK;
}

bool
phone_cols_have(const struct phone_cols *c, int col)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->col[i] == col)
			return true;
	return false;
}

bool
phone_cols_settings(const struct phone_cols *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->col[i] >= LIST_SETTING)
			return true;
	return false;
}

void
phone_col_title(int col, char *out, size_t outlen)
{
	(void)snprintf(out, outlen, "%s", col < LIST_SETTING ?
	    columns[col].name : setting_get(col - LIST_SETTING)->option);
	str_upper(out);
}

int
phone_col_width(int col)
{
	int n;

	if (col < LIST_SETTING)
		return columns[col].width;
	n = (int)strlen(setting_get(col - LIST_SETTING)->option);
	return n > 12 ? n : 12;
}

static const char *
setting_text(const struct phone_cell *cell, const struct setting *s)
{
	if (cell->x == NULL)
		return "";
	if (s->type == SETTING_SECRET)
		return cell->x->from[s->id] == FROM_PHONE ? "(set)" : "";
	return cell->x->value[s->id];
}

static void
plain_text(const struct phone_cell *cell, char *out, size_t outlen)
{
	char date[CLOCK_RFC3339_LEN];

	out[0] = '\0';
	if (cell->plain_until == 0)
		return;
	clock_rfc3339(cell->plain_until, date);
	(void)snprintf(out, outlen, "%s%s", date, cell->plain_secrets ?
	    " with secrets" : "");
}

void
phone_col_text(const struct phone_cell *cell, int col,
    char out[PHONE_CELL_MAX])
{
	const struct row_phone *p = cell->p;
	char date[CLOCK_RFC3339_LEN] = "never";
	const char *text = date;
	char until[CLOCK_RFC3339_LEN + 16];
	int64_t at = 0;

	switch (col) {
	case LIST_NAME:
		text = p->name;
		break;
	case LIST_MODEL:
		text = p->model;
		break;
	case LIST_PROTOCOL:
		text = phone_protocol_name[p->protocol];
		break;
	case LIST_PROFILE:
		text = phone_profile_name(p);
		break;
	case LIST_DESCRIPTION:
		text = p->description;
		break;
	case LIST_CONFIG:
		text = p->has_file ? "own" : "made";
		break;
	case LIST_ORIGIN:
		text = phone_origin_name[p->origin];
		break;
	case LIST_CREATED:
		at = p->created_at;
		break;
	case LIST_CHANGED:
		at = p->changed_at;
		break;
	case LIST_SEEN:
		at = cell->seen;
		break;
	case LIST_PLAIN:
		text = until;
		plain_text(cell, until, sizeof(until));
		break;
	case LIST_LSC:
		at = cell->lsc;
		text = at != 0 ? date : "none";
		break;
	default:
		text = setting_text(cell, setting_get(col - LIST_SETTING));
	}
	if (at != 0)
		clock_rfc3339(at, date);
	str_visible(text, strlen(text), out, PHONE_CELL_MAX);
}
