/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Tables in memory and one SELECT on them, see view.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "base/str.h"
#include "db/view.h"

#define STEPS	10000		/* of SQLite's machine between two looks */
#define INSERT_MAX	(32 + 3 * VIEW_COLUMNS_MAX + 64)

struct view {
	sqlite3		*h;
	sqlite3_stmt	*insert;	/* into the newest table */
	int64_t		 until_ms;	/* monotonic; while a query runs */
	bool		 late;
};

static int
on_steps(void *arg)
{
	struct view *v = arg;

	v->late = clock_mono_ms(clock_system()) > v->until_ms;
	return v->late;
}

/* What a statement of the administrator's may do. */
static int
allow(void *arg, int action, const char *a, const char *b, const char *db,
    const char *inner)
{
	(void)arg, (void)a, (void)db, (void)inner;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		/* The second tells addresses in memory. */
		return strcasecmp(b, "load_extension") == 0 ||
		    strcasecmp(b, "fts3_tokenizer") == 0 ? SQLITE_DENY :
		    SQLITE_OK;
	default:
		return SQLITE_DENY;
	}
}

static int
view_fail(const struct view *v, const char *what, int code, struct err *e)
{
	return err_set(e, code, "%s: %s", what, sqlite3_errmsg(v->h));
}

struct view *
view_new(struct err *e)
{
	struct view *v = calloc(1, sizeof(*v));

	if (v == NULL || sqlite3_open_v2(":memory:", &v->h,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
	    SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		(void)err_set(e, ERR_NOMEM, "tables in memory");
		view_free(v);
		return NULL;
	}
	(void)sqlite3_limit(v->h, SQLITE_LIMIT_LENGTH, VIEW_VALUE_MAX);
	(void)sqlite3_limit(v->h, SQLITE_LIMIT_SQL_LENGTH, VIEW_SQL_MAX);
	(void)sqlite3_limit(v->h, SQLITE_LIMIT_COLUMN, VIEW_COLUMNS_MAX);
	(void)sqlite3_limit(v->h, SQLITE_LIMIT_ATTACHED, 0);
	(void)sqlite3_db_config(v->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_exec(v->h, "PRAGMA temp_store = MEMORY; BEGIN", NULL,
	    NULL, NULL);
	return v;
}

void
view_free(struct view *v)
{
	if (v == NULL)
		return;
	sqlite3_finalize(v->insert);
	(void)sqlite3_close(v->h);
	free(v);
}

int
view_table(struct view *v, const char *name, const char *columns,
    struct err *e)
{
	char insert[INSERT_MAX], *create;
	size_t n = 1, at;
	int rc;

	for (const char *p = columns; *p != '\0'; p++)
		n += *p == ',';
	if (n > VIEW_COLUMNS_MAX || strlen(name) > 64)
		return err_set(e, ERR_LIMIT, "table %s: %zu columns", name, n);
	if ((create = str_printf("CREATE TABLE %s (%s)", name, columns)) ==
	    NULL)
		return err_set(e, ERR_NOMEM, "table %s", name);
	rc = sqlite3_exec(v->h, create, NULL, NULL, NULL);
	free(create);
	if (rc != SQLITE_OK)
		return view_fail(v, name, ERR_BADSTATE, e);
	at = (size_t)snprintf(insert, sizeof(insert), "INSERT INTO %s VALUES (",
	    name);
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(insert + at, sizeof(insert) - at, "%s?",
		    i > 0 ? ", " : "");
	(void)snprintf(insert + at, sizeof(insert) - at, ")");
	sqlite3_finalize(v->insert);
	v->insert = NULL;
	if (sqlite3_prepare_v2(v->h, insert, -1, &v->insert, NULL) !=
	    SQLITE_OK)
		return view_fail(v, name, ERR_BADSTATE, e);
	return ERR_OK;
}

int
view_row(struct view *v, const struct view_value *values, size_t n,
    struct err *e)
{
	int rc = SQLITE_OK;

	if (v->insert == NULL ||
	    n != (size_t)sqlite3_bind_parameter_count(v->insert))
		return err_set(e, ERR_BADSTATE, "a row of %zu values", n);
	for (size_t i = 0; rc == SQLITE_OK && i < n; i++)
		rc = values[i].is_number ?
		    sqlite3_bind_int64(v->insert, (int)i + 1,
		    values[i].number) :
		    sqlite3_bind_text(v->insert, (int)i + 1, values[i].text,
		    -1, SQLITE_STATIC);	/* NULL text binds NULL */
	if (rc == SQLITE_OK && sqlite3_step(v->insert) != SQLITE_DONE)
		rc = SQLITE_ERROR;
	(void)sqlite3_reset(v->insert);
	(void)sqlite3_clear_bindings(v->insert);
	return rc == SQLITE_OK ? ERR_OK :
	    view_fail(v, "a row", ERR_NOMEM, e);
}

/* One statement and nothing behind it but blanks and ';'. */
static int
prepare(struct view *v, const char *sql, sqlite3_stmt **st, struct err *e)
{
	const char *rest = NULL;
	int rc;

	if (strlen(sql) > VIEW_SQL_MAX)
		return err_set(e, ERR_LIMIT, "a statement of more than %d "
		    "bytes: shorten it", VIEW_SQL_MAX);
	rc = sqlite3_prepare_v2(v->h, sql, -1, st, &rest);
	if (rc == SQLITE_AUTH)
		return err_set(e, ERR_ARG, "only reading is allowed here: "
		    "one SELECT");
	if (rc != SQLITE_OK)
		return view_fail(v, "SQL", ERR_ARG, e);
	if (*st == NULL || rest[strspn(rest, " \t\r\n;")] != '\0' ||
	    sqlite3_column_count(*st) == 0)
		return err_set(e, ERR_ARG, "not one statement: give one "
		    "SELECT");
	return ERR_OK;
}

static int
each_row(struct view *v, sqlite3_stmt *st, view_fn *row, void *arg,
    struct err *e)
{
	const char *text[VIEW_COLUMNS_MAX];
	int n = sqlite3_column_count(st), rc, ret;
	size_t bytes = 0;

	for (size_t rows = 0; (rc = sqlite3_step(st)) == SQLITE_ROW; rows++) {
		if (rows == VIEW_ROWS_MAX)
			return err_set(e, ERR_LIMIT, "more than %d rows: add "
			    "a WHERE or a LIMIT", VIEW_ROWS_MAX);
		for (int i = 0; i < n; i++) {
			text[i] = (const char *)sqlite3_column_text(st, i);
			bytes += (size_t)sqlite3_column_bytes(st, i);
		}
		if (bytes > VIEW_BYTES_MAX)
			return err_set(e, ERR_LIMIT, "more than %u MiB: add "
			    "a WHERE or a LIMIT", VIEW_BYTES_MAX >> 20);
		if ((ret = row(arg, text, (size_t)n, e)) != ERR_OK)
			return ret;
	}
	if (rc == SQLITE_INTERRUPT && v->late)
		return err_set(e, ERR_LIMIT, "the statement takes longer than "
		    "%d s: ask for less", VIEW_TIME_MAX_MS / 1000);
	return rc == SQLITE_DONE ? ERR_OK : view_fail(v, "SQL", ERR_ARG, e);
}

int
view_query(struct view *v, const char *sql, view_fn *head, view_fn *row,
    void *arg, struct err *e)
{
	const char *name[VIEW_COLUMNS_MAX];
	sqlite3_stmt *st = NULL;
	int n, ret;

	(void)sqlite3_set_authorizer(v->h, allow, NULL);
	v->until_ms = clock_mono_ms(clock_system()) + VIEW_TIME_MAX_MS;
	v->late = false;
	sqlite3_progress_handler(v->h, STEPS, on_steps, v);
	if ((ret = prepare(v, sql, &st, e)) != ERR_OK)
		goto out;
	n = sqlite3_column_count(st);
	for (int i = 0; i < n; i++)
		name[i] = sqlite3_column_name(st, i);
	if ((ret = head(arg, name, (size_t)n, e)) == ERR_OK)
		ret = each_row(v, st, row, arg, e);
out:
	sqlite3_finalize(st);
	sqlite3_progress_handler(v->h, 0, NULL, NULL);
	(void)sqlite3_set_authorizer(v->h, NULL, NULL);
	return ret;
}
