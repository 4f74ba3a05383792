/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * observed.db: phones that came to CAPF and were not asked to.  See
 * rows_capf.h.
 */
#include "db/query.h"
#include "db/rows_capf.h"

int
observed_unasked_put(struct db *db, const struct capf_unasked *u,
    struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_UNASKED_PUT, e);

	q_text(&q, 1, u->phone);
	q_i64(&q, 2, u->visits);
	q_text(&q, 3, u->address);
	q_i64(&q, 4, u->since);
	q_i64(&q, 5, u->at);
	q_i64(&q, 6, (int64_t)u->session);
	return q_run(&q);
}

static void
fill(struct q *q, struct capf_unasked *u)
{
	q_col_text(q, 0, u->phone, sizeof(u->phone));
	u->visits = q_col_i64(q, 1);
	q_col_text(q, 2, u->address, sizeof(u->address));
	u->since = q_col_i64(q, 3);
	u->at = q_col_i64(q, 4);
	u->session = (uint32_t)q_col_i64(q, 5);
}

int
observed_unasked_get(struct db *db, const char *phone,
    struct capf_unasked *u, struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_UNASKED_GET, e);

	*u = (struct capf_unasked){ .visits = 0 };
	q_text(&q, 1, phone);
	if (q_row(&q))
		fill(&q, u);
	return q_end(&q);
}

int
observed_unasked_remove(struct db *db, const char *phone, struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_UNASKED_REMOVE, e);

	q_text(&q, 1, phone);
	return q_run(&q);
}

int
observed_unasked_each(struct db *db, capf_unasked_fn *fn, void *arg,
    struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_UNASKED_EACH, e);
	struct capf_unasked u;

	while (q_row(&q)) {
		u = (struct capf_unasked){ .visits = 0 };
		fill(&q, &u);
		if (q.ret == ERR_OK)
			q.ret = fn(arg, &u, e);
	}
	return q_end(&q);
}
