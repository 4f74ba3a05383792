/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * observed.db: from where wrong authentication strings came.  See rows_capf.h.
 */
#include "db/rows_capf_part.h"

int
observed_wrong_put(struct db *db, const struct capf_wrong *w, struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_WRONG_PUT, e);

	capf_bind_owner(&q, &w->owner);
	q_text(&q, 4, w->address);
	q_i64(&q, 5, w->wrong);
	q_i64(&q, 6, w->at);
	q_i64(&q, 7, (int64_t)w->session);
	q_i64(&q, 8, w->string);
	return q_run(&q);
}

int
observed_wrong_get(struct db *db, const struct capf_owner *o,
    const char *address, struct capf_wrong *w, struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_WRONG_GET, e);

	*w = (struct capf_wrong){ .owner = *o };
	capf_bind_owner(&q, o);
	q_text(&q, 4, address);
	if (q_row(&q)) {
		q_col_text(&q, 0, w->address, sizeof(w->address));
		w->wrong = q_col_i64(&q, 1);
		w->at = q_col_i64(&q, 2);
		w->session = (uint32_t)q_col_i64(&q, 3);
	}
	return q_end_found(&q, "wrong strings from there");
}

int
observed_wrong_string(struct db *db, const struct capf_owner *o,
    int64_t *string, struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_WRONG_STRING, e);

	capf_bind_owner(&q, o);
	*string = q_row(&q) ? q_col_i64(&q, 0) : 0;
	return q_end(&q);
}

int
observed_wrong_remove_of(struct db *db, const struct capf_owner *o,
    struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_WRONG_REMOVE_OF, e);

	capf_bind_owner(&q, o);
	return q_run(&q);
}
