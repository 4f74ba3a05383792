/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * observed.db: what the Trust Verification Service was asked.  See
 * observed.h.
 */
#include "db/observed.h"
#include "db/query.h"

static const char *const commands[] = { "verify", "query" };

static int
last_seq(struct db *db, const char *device, int64_t *seq, struct err *e)
{
	struct q q = q_begin(db, SQL_ASK_LAST, e);

	*seq = 0;
	q_text(&q, 1, device);
	if (q_row(&q))
		*seq = q_col_i64(&q, 0);
	return q_end(&q);
}

static int
add(struct db *db, const struct tvs_ask *a, int64_t seq, struct err *e)
{
	struct q q = q_begin(db, SQL_ASK_ADD, e);

	q_text(&q, 1, a->device);
	q_i64(&q, 2, seq);
	q_i64(&q, 3, a->at_us);
	q_text(&q, 4, a->address);
	q_text(&q, 5, commands[a->query]);
	q_blob(&q, 6, a->sha256, a->has_sha256 ? sizeof(a->sha256) : 0);
	q_text(&q, 7, a->subject);
	q_text(&q, 8, a->answer);
	return q_run(&q);
}

static int
trim(struct db *db, const char *device, int64_t upto, struct err *e)
{
	struct q q = q_begin(db, SQL_ASK_TRIM, e);

	q_text(&q, 1, device);
	q_i64(&q, 2, upto);
	return q_run(&q);
}

static int
trim_all(struct db *db, struct err *e)
{
	struct q q = q_begin(db, SQL_ASK_TRIM_ALL, e);

	q_i64(&q, 1, TVS_ASKS_MAX);
	return q_run(&q);
}

int
observed_ask_add(struct db *db, const struct tvs_ask *a, size_t n,
    int64_t ring, bool all, struct err *e)
{
	int ret = ERR_OK;
	int64_t seq;

	for (size_t i = 0; i < n && ret == ERR_OK; i++) {
		if ((ret = last_seq(db, a[i].device, &seq, e)) == ERR_OK &&
		    (ret = add(db, &a[i], seq + 1, e)) == ERR_OK &&
		    seq + 1 > ring)
			ret = trim(db, a[i].device, seq + 1 - ring, e);
	}
	return ret == ERR_OK && all ? trim_all(db, e) : ret;
}

static void
fill(struct q *q, struct tvs_ask *a)
{
	size_t len;

	q_col_text(q, 0, a->device, sizeof(a->device));
	a->at_us = q_col_i64(q, 1);
	q_col_text(q, 2, a->address, sizeof(a->address));
	a->query = q_col_word(q, 3, commands,
	    sizeof(commands) / sizeof(commands[0])) == 1;
	q_col_bytes(q, 4, a->sha256, sizeof(a->sha256), &len);
	a->has_sha256 = len > 0;
	q_col_text(q, 5, a->subject, sizeof(a->subject));
	q_col_text(q, 6, a->answer, sizeof(a->answer));
}

int
observed_ask_list(struct db *db, const char *device, size_t max,
    struct tvs_ask **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, device != NULL ? SQL_ASK_LIST_DEVICE :
	    SQL_ASK_LIST, e);
	void *p = NULL;

	*rows = NULL;
	q_i64(&q, 1, max > INT64_MAX ? INT64_MAX : (int64_t)max);
	if (device != NULL)
		q_text(&q, 2, device);
	for (*n = 0; q_row(&q) && q_grow(&q, &p, *n, sizeof(**rows)); ++*n)
		fill(&q, (struct tvs_ask *)p + *n);
	return q_end_rows(&q, p, (void **)rows, n);
}
