/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of list_version and list_current.  See rows.h.
 */
#include <stdlib.h>
#include <string.h>

#include "db/query.h"
#include "db/rows.h"

static int
list_add(struct db *db, const struct row_list *l, struct err *e)
{
	struct q q = q_begin(db, SQL_LIST_ADD, e);

	q_blob(&q, 1, l->sha256, SHA256_LEN);
	q_text(&q, 2, l->kind);
	q_text(&q, 3, l->node);
	q_blob(&q, 4, l->content, SHA256_LEN);
	q_blob(&q, 5, l->signer, SHA256_LEN);
	q_i64(&q, 6, l->made_at);
	q_blob(&q, 7, l->bytes, l->len);
	return q_run(&q);
}

int
row_list_put_current(struct db *db, const struct row_list *l, struct err *e)
{
	struct q q;
	int ret;

	if ((ret = list_add(db, l, e)) != ERR_OK)
		return ret;
	q = q_begin(db, SQL_LIST_SET_CURRENT, e);
	q_text(&q, 1, l->kind);
	q_text(&q, 2, l->node);
	q_blob(&q, 3, l->sha256, SHA256_LEN);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return ERR_OK;		/* it was the current one */
	return db_change_add(db, "list", l->kind, e);
}

static void
list_fill(struct q *q, struct row_list *l)
{
	q_col_fixed(q, 0, l->sha256, SHA256_LEN);
	q_col_text(q, 1, l->kind, sizeof(l->kind));
	q_col_text(q, 2, l->node, sizeof(l->node));
	q_col_fixed(q, 3, l->content, SHA256_LEN);
	q_col_fixed(q, 4, l->signer, SHA256_LEN);
	l->made_at = q_col_i64(q, 5);
}

/* One row with its bytes; the values are bound. */
static int
list_get(struct q *q, const char *what, struct row_list *l)
{
	int ret;

	if (q_row(q)) {
		list_fill(q, l);
		q_col_blob(q, 6, &l->bytes, &l->len);
	}
	if ((ret = q_end_found(q, what)) != ERR_OK)
		row_list_clear(l);
	return ret;
}

int
row_list_current(struct db *db, const char *kind, const char *node,
    struct row_list *l, struct err *e)
{
	struct q q = q_begin(db, SQL_LIST_CURRENT, e);

	*l = (struct row_list){ 0 };
	q_text(&q, 1, kind);
	q_text(&q, 2, node);
	return list_get(&q, "a current list of this kind", l);
}

int
row_list_get(struct db *db, const uint8_t sha256[SHA256_LEN],
    struct row_list *l, struct err *e)
{
	struct q q = q_begin(db, SQL_LIST_GET, e);

	*l = (struct row_list){ 0 };
	q_blob(&q, 1, sha256, SHA256_LEN);
	return list_get(&q, "this version of a list", l);
}

int
row_list_history(struct db *db, const char *kind, struct row_list **rows,
    size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_LIST_HISTORY, e);
	void *p = NULL;

	*rows = NULL;
	q_text(&q, 1, kind);
	for (*n = 0; q_row(&q) && q_grow(&q, &p, *n, sizeof(**rows)); ++*n)
		list_fill(&q, (struct row_list *)p + *n);
	return q_end_rows(&q, p, (void **)rows, n);
}

void
row_list_clear(struct row_list *l)
{
	free(l->bytes);
	*l = (struct row_list){ 0 };
}
