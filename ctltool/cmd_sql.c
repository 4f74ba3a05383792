/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * run sql.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/ctl.h"
#include "trust/saved_sql.h"

#define WIDTH_MAX	60	/* of a column; longer values stand out */

struct answer {
	struct ctl	*c;
	json_t		*columns;	/* array of text */
	json_t		*rows;		/* array of arrays of text or null */
	size_t		 width[VIEW_COLUMNS_MAX];
};

/* Columns that a line of the value takes; lines of PEM stay lines. */
static size_t
value_width(const char *s)
{
	size_t widest = 0, n;

	for (;; s += n + 1) {
		n = strcspn(s, "\n");
		widest = n > widest ? n : widest;
		if (s[n] == '\0')
			return widest < WIDTH_MAX ? widest : WIDTH_MAX;
	}
}

/* As it is, but for bytes that a statement made and JSON cannot have. */
static json_t *
value_json(const char *s)
{
	size_t n = s != NULL ? strlen(s) : 0;

	return s == NULL || !str_is_utf8(s, n) ? out_str(s) :
	    json_stringn_nocheck(s, n);
}

static json_t *
texts(struct answer *a, const char *const *text, size_t n)
{
	json_t *list = json_array();
	size_t w;

	for (size_t i = 0; i < n; i++) {
		if (json_array_append_new(list, value_json(text[i])) != 0)
			a->c->out->nomem = true;
		w = text[i] != NULL ? value_width(text[i]) : strlen("NULL");
		a->width[i] = w > a->width[i] ? w : a->width[i];
	}
	return list;
}

static int
on_head(void *arg, const char *const *text, size_t n, struct err *e)
{
	struct answer *a = arg;

	(void)e;
	a->columns = texts(a, text, n);
	return ERR_OK;
}

static int
on_row(void *arg, const char *const *text, size_t n, struct err *e)
{
	struct answer *a = arg;

	if (json_array_append_new(a->rows, texts(a, text, n)) != 0)
		return err_set(e, ERR_NOMEM, "rows");
	return ERR_OK;
}

/* Each line of a value made visible, the lines kept. */
static void
put_value(struct out *o, const char *s, size_t width)
{
	char vis[OUT_VIS_MAX], *line;
	size_t n, shown = 0;

	for (;; s += n + 1) {
		n = strcspn(s, "\n");
		if ((line = strndup(s, n)) != NULL) {
			out_vis(line, vis);
			shown = strlen(vis);
			out_text(o, "%s", vis);
		}
		free(line);
		if (s[n] == '\0')
			break;
		out_text(o, "\n");
	}
	out_text(o, "%*s", shown < width ? (int)(width - shown) + 1 : 1, "");
}

static void
put_line(struct answer *a, const json_t *list)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		put_value(a->c->out, json_is_null(v) ? "NULL" :
		    json_string_value(v), a->width[i]);
	out_text(a->c->out, "\n");
}

static void
put_answer(struct answer *a)
{
	static const char bar[WIDTH_MAX + 1] =
	    "============================================================";
	const json_t *row;
	size_t i, n = json_array_size(a->columns);

	put_line(a, a->columns);
	for (i = 0; i < n; i++)
		out_text(a->c->out, "%.*s ", (int)a->width[i], bar);
	out_text(a->c->out, "\n");
	json_array_foreach(a->rows, i, row)
		put_line(a, row);
}

static int
list_tables(struct ctl *c)
{
	const struct saved_table *t = saved_tables();
	json_t *list = json_array();

	for (; t->name != NULL; t++) {
		out_text(c->out, "%s (%s)\n    %s\n", t->name, t->columns,
		    t->help);
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:s}",
		    "name", t->name, "columns", t->columns, "help",
		    t->help)) != 0)
			c->out->nomem = true;
	}
	out_result(c->out, json_pack("{s:o}", "tables", list));
	return ERR_OK;
}

/* The reference's dialect has one form of its own that people use. */
static int
refuse_dialect(const char *sql, struct err *e)
{
	return !saved_sql_is_first(sql) ? ERR_OK : err_set(e, ERR_ARG,
	    "\"first N\" is not understood: write \"limit N\" at the end");
}

int
cmd_run_sql(struct ctl *c, struct err *e)
{
	const char *sql = cmd_get(c->line, "STATEMENT");
	struct answer a = { .c = c };
	struct view *v = NULL;
	int ret;

	if (sql == NULL)
		return list_tables(c);
	if ((ret = refuse_dialect(sql, e)) != ERR_OK ||
	    (ret = ctl_open(c, DB_READ, e)) != ERR_OK)
		return ret;
	a.rows = json_array();
	if ((v = view_new(e)) == NULL)
		ret = ERR_NOMEM;
	else if ((ret = saved_sql_fill(v, c->node.db, sql, e)) == ERR_OK)
		ret = view_query(v, sql, on_head, on_row, &a, e);
	if (ret == ERR_OK) {
		if (!c->out->json)
			put_answer(&a);
		out_result(c->out, json_pack("{s:O, s:O}", "columns",
		    a.columns, "rows", a.rows));
	}
	view_free(v);
	json_decref(a.columns);
	json_decref(a.rows);
	return ret;
}
