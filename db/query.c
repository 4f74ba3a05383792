/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Running one statement, see query.h.
 */
#include <stdlib.h>
#include <string.h>

#include "db/query.h"

static void
q_fail(struct q *q, int rc)
{
	if (q->ret == ERR_OK)
		q->ret = db_fail(q->db, rc, q->e);
}

struct q
q_begin(struct db *db, enum sql_id id, struct err *e)
{
	struct q q = { .db = db, .e = e };
	int rc;

	if (db->stmt[id] == NULL && (rc = sqlite3_prepare_v3(db->h,
	    sql_table[id].text, -1, SQLITE_PREPARE_PERSISTENT,
	    &db->stmt[id], NULL)) != SQLITE_OK) {
		q_fail(&q, rc);
		return q;
	}
	if (sqlite3_stmt_busy(db->stmt[id])) {
		q.ret = err_set(e, ERR_BADSTATE, "statement %d within itself",
		    (int)id);
		return q;
	}
	if (!sqlite3_stmt_readonly(db->stmt[id]) &&
	    db->in_tx != DB_TX_WRITE && id != SQL_BEGIN_WRITE) {
		q.ret = err_set(e, ERR_BADSTATE, "statement %d writes outside "
		    "of a transaction", (int)id);
		return q;
	}
	q.st = db->stmt[id];
	return q;
}

void
q_text(struct q *q, int i, const char *s)
{
	int rc;

	if (q->ret == ERR_OK && (rc = sqlite3_bind_text(q->st, i, s, -1,
	    SQLITE_STATIC)) != SQLITE_OK)
		q_fail(q, rc);
}

void
q_i64(struct q *q, int i, int64_t v)
{
	int rc;

	if (q->ret == ERR_OK &&
	    (rc = sqlite3_bind_int64(q->st, i, v)) != SQLITE_OK)
		q_fail(q, rc);
}

void
q_blob(struct q *q, int i, const void *p, size_t n)
{
	int rc;

	/* A NULL pointer would bind NULL; an empty blob is meant. */
	if (q->ret == ERR_OK && (rc = sqlite3_bind_blob64(q->st, i,
	    n > 0 ? p : "", n, SQLITE_STATIC)) != SQLITE_OK)
		q_fail(q, rc);
}

bool
q_row(struct q *q)
{
	int rc;

	if (q->ret != ERR_OK)
		return false;
	if ((rc = sqlite3_step(q->st)) == SQLITE_ROW)
		return q->found = true;
	if (rc != SQLITE_DONE)
		q_fail(q, rc);
	return false;
}

int
q_end(struct q *q)
{
	if (q->st != NULL) {
		(void)sqlite3_reset(q->st);
		(void)sqlite3_clear_bindings(q->st);
		q->st = NULL;
	}
	return q->ret;
}

int
q_end_found(struct q *q, const char *what)
{
	int ret = q_end(q);

	if (ret != ERR_OK || q->found)
		return ret;
	return err_set(q->e, ERR_NOTFOUND, "%s is not there", what);
}

int
q_not_there(int ret, const char *what, const char *name, struct err *e)
{
	if (ret != ERR_NOTFOUND)
		return ret;
	return err_set(e, ERR_NOTFOUND, "%s %s is not there", what, name);
}

int
q_run(struct q *q)
{
	while (q_row(q))
		;
	return q_end(q);
}

int64_t
q_col_i64(struct q *q, int i)
{
	return sqlite3_column_int64(q->st, i);
}

static void
q_misfit(struct q *q, int i, int code)
{
	if (q->ret == ERR_OK)
		q->ret = err_set(q->e, code, "%s: column %s holds %d bytes, "
		    "which no version of phonetrust wrote", q->db->name,
		    sqlite3_column_name(q->st, i),
		    sqlite3_column_bytes(q->st, i));
}

void
q_col_text(struct q *q, int i, char *buf, size_t buflen)
{
	const char *s = (const char *)sqlite3_column_text(q->st, i);
	size_t n = (size_t)sqlite3_column_bytes(q->st, i);

	buf[0] = '\0';
	if (s == NULL || n >= buflen || memchr(s, '\0', n) != NULL)
		q_misfit(q, i, ERR_LIMIT);
	else
		memcpy(buf, s, n + 1);
}

size_t
q_col_word(struct q *q, int i, const char *const *words, size_t n)
{
	const char *s = (const char *)sqlite3_column_text(q->st, i);

	for (size_t k = 0; s != NULL && k < n; k++)
		if (strcmp(words[k], s) == 0)
			return k;
	q_misfit(q, i, ERR_IO);
	return 0;
}

void
q_col_bytes(struct q *q, int i, void *buf, size_t max, size_t *len)
{
	const void *p = sqlite3_column_blob(q->st, i);
	size_t n = (size_t)sqlite3_column_bytes(q->st, i);

	*len = 0;
	if (n > max) {
		q_misfit(q, i, ERR_LIMIT);
		return;
	}
	if (n > 0)
		memcpy(buf, p, n);
	*len = n;
}

void
q_col_fixed(struct q *q, int i, void *buf, size_t n)
{
	size_t len;

	memset(buf, 0, n);
	q_col_bytes(q, i, buf, n, &len);
	if (len != n)
		q_misfit(q, i, ERR_IO);
}

void
q_col_blob(struct q *q, int i, uint8_t **p, size_t *len)
{
	const void *b = sqlite3_column_blob(q->st, i);
	size_t n = (size_t)sqlite3_column_bytes(q->st, i);

	*len = 0;
	if (q->ret != ERR_OK)
		return;
	if ((*p = malloc(n + 1)) == NULL) {
		q_fail(q, SQLITE_NOMEM);
		return;
	}
	if (n > 0)
		memcpy(*p, b, n);
	(*p)[n] = '\0';		/* text behind it can be used as a string */
	*len = n;
}

void
q_col_dup(struct q *q, int i, char **s)
{
	size_t len;

	if (sqlite3_column_type(q->st, i) == SQLITE_NULL)
		*s = NULL;
	else
		q_col_blob(q, i, (uint8_t **)s, &len);
}

bool
q_grow(struct q *q, void **rows, size_t n, size_t size)
{
	size_t cap = n == 0 ? 8 : 2 * n;
	void *p;

	if (q->ret != ERR_OK)
		return false;
	/* Grown at 0, 8, 16, 32, ...: only those n are full. */
	if (n == 0 || (n >= 8 && (n & (n - 1)) == 0)) {
		if ((p = reallocarray(*rows, cap, size)) == NULL) {
			q_fail(q, SQLITE_NOMEM);
			return false;
		}
		*rows = p;
	}
	memset((char *)*rows + n * size, 0, size);
	return true;
}

int
q_end_rows(struct q *q, void *p, void **rows, size_t *n)
{
	int ret = q_end(q);

	if (ret != ERR_OK) {
		free(p);
		p = NULL;
		*n = 0;
	}
	*rows = p;
	return ret;
}
