/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * observed.db: what gateways showed last.  See observed.h.
 */
#include "db/observed.h"
#include "db/query.h"

int
observed_srst_put(struct db *db, const struct srst_seen *s, struct err *e)
{
	struct q q = q_begin(db, SQL_SRST_CHECK_PUT, e);

	q_text(&q, 1, s->name);
	q_i64(&q, 2, s->at);
	q_blob(&q, 3, s->sha256, s->has_sha256 ? sizeof(s->sha256) : 0);
	q_text(&q, 4, s->why);
	return q_run(&q);
}

int
observed_srst_get(struct db *db, const char *name, struct srst_seen *s,
    struct err *e)
{
	struct q q = q_begin(db, SQL_SRST_CHECK_GET, e);
	size_t n = 0;

	*s = (struct srst_seen){ .at = 0 };
	q_text(&q, 1, name);
	if (q_row(&q)) {
		q_col_text(&q, 0, s->name, sizeof(s->name));
		s->at = q_col_i64(&q, 1);
		q_col_bytes(&q, 2, s->sha256, sizeof(s->sha256), &n);
		s->has_sha256 = n == sizeof(s->sha256);
		q_col_text(&q, 3, s->why, sizeof(s->why));
	}
	return q_not_there(q_end_found(&q, "look"), "a look at", name, e);
}
