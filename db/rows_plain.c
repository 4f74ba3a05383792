/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of phone_plain, see rows_plain.h.
 */
#include "db/query.h"
#include "db/rows_plain.h"

int
row_phone_plain_put(struct db *db, const struct row_phone_plain *p,
    struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_PLAIN_PUT, e);
	int ret;

	q_text(&q, 1, p->phone);
	q_i64(&q, 2, p->until);
	q_i64(&q, 3, p->with_secrets);
	q_text(&q, 4, p->account);
	q_i64(&q, 5, p->at);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return db_change_add(db, "phone", p->phone, e);
}

int
row_phone_plain_remove(struct db *db, const char *phone, struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_GONE_PLAIN, e);
	int ret;

	q_text(&q, 1, phone);
	if ((ret = q_run(&q)) != ERR_OK || sqlite3_changes(db->h) == 0)
		return ret;
	return db_change_add(db, "phone", phone, e);
}

static void
take(struct q *q, struct row_phone_plain *p)
{
	q_col_text(q, 0, p->phone, sizeof(p->phone));
	p->until = q_col_i64(q, 1);
	p->with_secrets = q_col_i64(q, 2) != 0;
	q_col_text(q, 3, p->account, sizeof(p->account));
	p->at = q_col_i64(q, 4);
}

int
row_phone_plain_get(struct db *db, const char *phone,
    struct row_phone_plain *p, struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_PLAIN_GET, e);

	*p = (struct row_phone_plain){ .until = 0 };
	q_text(&q, 1, phone);
	if (q_row(&q))
		take(&q, p);
	return q_not_there(q_end_found(&q, "plain file"), "the plain file of",
	    phone, e);
}

int
row_phone_plain_list(struct db *db, struct row_phone_plain **rows, size_t *n,
    struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_PLAIN_LIST, e);
	struct row_phone_plain *p = NULL;

	*n = 0;
	while (q_row(&q) && q_grow(&q, (void **)&p, *n, sizeof(*p)))
		take(&q, &p[(*n)++]);
	return q_end_rows(&q, p, (void **)rows, n);
}
