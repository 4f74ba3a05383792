/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of audit.  See rows.h.
 */
#include <stdlib.h>

#include "db/query.h"
#include "db/rows.h"

int
row_audit_add(struct db *db, const struct row_audit *a, struct err *e)
{
	struct q q = q_begin(db, SQL_AUDIT_ADD, e);

	q_text(&q, 1, a->node);
	q_i64(&q, 2, a->at);
	q_text(&q, 3, a->account);
	q_text(&q, 4, a->command);
	q_text(&q, 5, a->detail);
	return q_run(&q);
}

int
row_audit_list(struct db *db, size_t max, struct row_audit **rows,
    size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_AUDIT_LIST, e);
	struct row_audit *a;
	void *p = NULL;
	int ret;

	q_i64(&q, 1, max > INT64_MAX ? INT64_MAX : (int64_t)max);
	for (*n = 0; q_row(&q) && q_grow(&q, &p, *n, sizeof(*a)); ++*n) {
		a = (struct row_audit *)p + *n;
		q_col_text(&q, 0, a->node, sizeof(a->node));
		a->at = q_col_i64(&q, 1);
		q_col_text(&q, 2, a->account, sizeof(a->account));
		q_col_text(&q, 3, a->command, sizeof(a->command));
		q_col_dup(&q, 4, &a->detail);
	}
	*rows = p;
	if ((ret = q_end(&q)) != ERR_OK) {
		row_audit_free(p, *n);
		*rows = NULL;
		*n = 0;
	}
	return ret;
}

void
row_audit_free(struct row_audit *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(rows[i].detail);
	free(rows);
}
