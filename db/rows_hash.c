/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of user_hash.  See rows_hash.h.
 */
#include <stdlib.h>

#include "db/query.h"
#include "db/rows_hash.h"

const char *const user_what_name[USER_WHAT_N] = {
	[USER_PASSWORD] = "password",
	[USER_PIN] = "pin",
};

/* Its primary key. */
static struct q
begin(struct db *db, enum sql_id id, enum credential_kind kind,
    const char *name, enum user_what what, struct err *e)
{
	struct q q = q_begin(db, id, e);

	q_text(&q, 1, credential_kind_name[kind]);
	q_text(&q, 2, name);
	q_text(&q, 3, user_what_name[what]);
	return q;
}

int
row_hash_put(struct db *db, enum credential_kind kind,
    const struct row_hash *h, struct err *e)
{
	struct q q = begin(db, SQL_USER_HASH_PUT, kind, h->name, h->what, e);
	int ret;

	q_text(&q, 4, h->hash);
	q_i64(&q, 5, h->changed_at);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return row_account_changed(db, kind, h->name, e);
}

static void
hash_fill(struct q *q, struct row_hash *h)
{
	q_col_text(q, 0, h->name, sizeof(h->name));
	h->what = (enum user_what)q_col_word(q, 1, user_what_name,
	    USER_WHAT_N);
	q_col_text(q, 2, h->hash, sizeof(h->hash));
	h->changed_at = q_col_i64(q, 3);
}

int
row_hash_get(struct db *db, enum credential_kind kind, const char *name,
    enum user_what what, struct row_hash *h, struct err *e)
{
	struct q q = begin(db, SQL_USER_HASH_GET, kind, name, what, e);

	*h = (struct row_hash){ .what = what };
	if (q_row(&q))
		hash_fill(&q, h);
	return q_not_there(q_end_found(&q, "hash"), what == USER_PIN ?
	    "the PIN of" : "the password of", name, e);
}

int
row_hash_list(struct db *db, enum credential_kind kind,
    struct row_hash **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_USER_HASH_LIST, e);
	struct row_hash *h = NULL;

	*n = 0;
	q_text(&q, 1, credential_kind_name[kind]);
	while (q_row(&q) && q_grow(&q, (void **)&h, *n, sizeof(*h)))
		hash_fill(&q, &h[(*n)++]);
	return q_end_rows(&q, h, (void **)rows, n);
}

int
row_hash_remove(struct db *db, enum credential_kind kind, const char *name,
    enum user_what what, struct err *e)
{
	struct q q = begin(db, SQL_USER_HASH_REMOVE, kind, name, what, e);
	int ret;

	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return q_not_there(ERR_NOTFOUND, what == USER_PIN ?
		    "the PIN of" : "the password of", name, e);
	return row_account_changed(db, kind, name, e);
}
