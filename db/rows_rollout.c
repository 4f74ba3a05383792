/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of rollout and rollout_phone.  See rows_rollout.h.
 */
#include "db/query.h"
#include "db/rows_rollout.h"

const char *const rollout_state_name[ROLLOUT_STATE_N] = {
	[ROLLOUT_RUNNING] = "running",
	[ROLLOUT_PAUSED] = "paused",
	[ROLLOUT_DONE] = "done",
	[ROLLOUT_CANCELLED] = "cancelled",
};

const char *const rollout_phone_state_name[ROLLOUT_PHONE_STATE_N] = {
	[ROLLOUT_WAITING] = "waiting",
	[ROLLOUT_ASKED] = "asked",
	[ROLLOUT_PHONE_DONE] = "done",
	[ROLLOUT_FAILED] = "failed",
};

int
row_rollout_put(struct db *db, const struct row_rollout *r, struct err *e)
{
	struct q q = q_begin(db, SQL_ROLLOUT_PUT, e);
	int ret;

	q_text(&q, 1, r->id);
	q_text(&q, 2, r->operation);
	q_i64(&q, 3, r->batch);
	q_i64(&q, 4, r->pause_on_errors);
	q_i64(&q, 5, r->completes_by);
	q_text(&q, 6, rollout_state_name[r->state]);
	q_i64(&q, 7, r->errors);
	q_text(&q, 8, r->account);
	q_i64(&q, 9, r->created_at);
	q_i64(&q, 10, r->changed_at);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return db_change_add(db, "rollout", r->id, e);
}

static void
rollout_fill(struct q *q, struct row_rollout *r)
{
	q_col_text(q, 0, r->id, sizeof(r->id));
	q_col_text(q, 1, r->operation, sizeof(r->operation));
	r->batch = q_col_i64(q, 2);
	r->pause_on_errors = q_col_i64(q, 3);
	r->completes_by = q_col_i64(q, 4);
	r->state = (enum rollout_state)q_col_word(q, 5, rollout_state_name,
	    ROLLOUT_STATE_N);
	r->errors = q_col_i64(q, 6);
	q_col_text(q, 7, r->account, sizeof(r->account));
	r->created_at = q_col_i64(q, 8);
	r->changed_at = q_col_i64(q, 9);
}

int
row_rollout_get(struct db *db, const char *id, struct row_rollout *r,
    struct err *e)
{
	struct q q = q_begin(db, SQL_ROLLOUT_GET, e);

	*r = (struct row_rollout){ .batch = 0 };
	q_text(&q, 1, id);
	if (q_row(&q))
		rollout_fill(&q, r);
	return q_not_there(q_end_found(&q, "roll-out"), "roll-out", id, e);
}

int
row_rollout_list(struct db *db, int state, struct row_rollout **rows,
    size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_ROLLOUT_LIST, e);
	struct row_rollout *r = NULL;

	*n = 0;
	q_text(&q, 1, state < 0 ? NULL : rollout_state_name[state]);
	while (q_row(&q) && q_grow(&q, (void **)&r, *n, sizeof(*r)))
		rollout_fill(&q, &r[(*n)++]);
	return q_end_rows(&q, r, (void **)rows, n);
}

int
row_rollout_phone_put(struct db *db, const struct row_rollout_phone *p,
    struct err *e)
{
	struct q q = q_begin(db, SQL_ROLLOUT_PHONE_PUT, e);

	q_text(&q, 1, p->rollout);
	q_i64(&q, 2, p->position);
	q_text(&q, 3, p->phone);
	q_text(&q, 4, rollout_phone_state_name[p->state]);
	q_i64(&q, 5, p->changed_at);
	q_text(&q, 6, p->why);
	return q_run(&q);
}

static int
phone_rows(struct q *q, struct row_rollout_phone **rows, size_t *n)
{
	struct row_rollout_phone *p = NULL;

	for (*n = 0; q_row(q) && q_grow(q, (void **)&p, *n, sizeof(*p));
	    ++*n) {
		q_col_text(q, 0, p[*n].rollout, sizeof(p->rollout));
		p[*n].position = q_col_i64(q, 1);
		q_col_text(q, 2, p[*n].phone, sizeof(p->phone));
		p[*n].state = (enum rollout_phone_state)q_col_word(q, 3,
		    rollout_phone_state_name, ROLLOUT_PHONE_STATE_N);
		p[*n].changed_at = q_col_i64(q, 4);
		q_col_text(q, 5, p[*n].why, sizeof(p->why));
	}
	return q_end_rows(q, p, (void **)rows, n);
}

int
row_rollout_phone_list(struct db *db, const char *rollout, int state,
    size_t max, struct row_rollout_phone **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, state < 0 ? SQL_ROLLOUT_PHONE_LIST :
	    SQL_ROLLOUT_PHONE_LIST_IN, e);

	q_text(&q, 1, rollout);
	q_i64(&q, 2, max == 0 || max > INT32_MAX ? -1 : (int64_t)max);
	if (state >= 0)
		q_text(&q, 3, rollout_phone_state_name[state]);
	return phone_rows(&q, rows, n);
}

int
row_rollout_phone_of(struct db *db, const char *phone,
    struct row_rollout_phone **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_ROLLOUT_PHONE_OF, e);

	q_text(&q, 1, phone);
	q_text(&q, 2, rollout_state_name[ROLLOUT_RUNNING]);
	q_text(&q, 3, rollout_state_name[ROLLOUT_PAUSED]);
	return phone_rows(&q, rows, n);
}

int
row_rollout_phone_count(struct db *db, const char *rollout,
    int64_t n[ROLLOUT_PHONE_STATE_N], struct err *e)
{
	struct q q = q_begin(db, SQL_ROLLOUT_PHONE_COUNT, e);
	size_t state;

	for (int i = 0; i < ROLLOUT_PHONE_STATE_N; i++)
		n[i] = 0;
	q_text(&q, 1, rollout);
	while (q_row(&q)) {
		state = q_col_word(&q, 0, rollout_phone_state_name,
		    ROLLOUT_PHONE_STATE_N);
		if (q.ret == ERR_OK)
			n[state] = q_col_i64(&q, 1);
	}
	return q_end(&q);
}
