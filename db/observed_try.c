/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * observed.db: wrong passwords and PINs, and what a phone fetched since.
 * See observed.h.
 */
#include "db/observed.h"
#include "db/query.h"

int
observed_fetched_since(struct db *db, const char *device, const char *kind,
    int64_t at, bool *fetched, struct err *e)
{
	struct q q = q_begin(db, SQL_FETCH_SINCE, e);
	int64_t took = 0, first = 0, oldest = 0;

	q_text(&q, 1, device);
	q_text(&q, 2, kind);
	q_text(&q, 3, "done");
	q_text(&q, 4, "not_modified");
	if (q_row(&q)) {
		took = q_col_i64(&q, 0);
		first = q_col_i64(&q, 1);
		oldest = q_col_i64(&q, 2);
	}
	*fetched = took / 1000000 > at ||
	    (first > 1 && oldest / 1000000 > at);
	return q_end(&q);
}

/* --- user_try --- */

static struct q
begin(struct db *db, enum sql_id id, const struct user_try *t, struct err *e)
{
	struct q q = q_begin(db, id, e);

	q_text(&q, 1, credential_kind_name[t->kind]);
	q_text(&q, 2, t->name);
	q_text(&q, 3, user_what_name[t->what]);
	return q;
}

int
observed_try_get(struct db *db, struct user_try *t, struct err *e)
{
	struct q q = begin(db, SQL_USER_TRY_GET, t, e);

	t->wrong = t->since = t->at = 0;
	if (q_row(&q)) {
		t->wrong = q_col_i64(&q, 0);
		t->since = q_col_i64(&q, 1);
		t->at = q_col_i64(&q, 2);
	}
	return q_end(&q);
}

int
observed_try_put(struct db *db, const struct user_try *t, struct err *e)
{
	struct q q = begin(db, SQL_USER_TRY_WRONG, t, e);

	q_i64(&q, 4, t->wrong);
	q_i64(&q, 5, t->since);
	q_i64(&q, 6, t->at);
	return q_run(&q);
}

int
observed_try_clear(struct db *db, const struct user_try *t, struct err *e)
{
	struct q q = begin(db, SQL_USER_TRY_CLEAR, t, e);

	return q_run(&q);
}

int
observed_try_sum(struct db *db, int64_t after, int64_t *wrong, struct err *e)
{
	struct q q = q_begin(db, SQL_USER_TRY_SUM, e);

	*wrong = 0;
	q_i64(&q, 1, after);
	if (q_row(&q))
		*wrong = q_col_i64(&q, 0);
	return q_end(&q);
}

int
observed_try_ahead(struct db *db, int64_t now, struct err *e)
{
	struct q q = q_begin(db, SQL_USER_TRY_AHEAD, e);

	q_i64(&q, 1, now);
	return q_run(&q);
}

int
observed_try_trim(struct db *db, int64_t before, struct err *e)
{
	struct q q = q_begin(db, SQL_USER_TRY_TRIM, e);

	q_i64(&q, 1, before);
	return q_run(&q);
}
