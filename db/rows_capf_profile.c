/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of capf_profile, capf_outcome and mic_allow.  See rows_capf.h.
 */
#include <stdlib.h>

#include "db/rows_capf_part.h"

const char *const capf_result_name[CAPF_RESULT_N] = {
	[CAPF_DONE] = "done",
	[CAPF_FAILED] = "failed",
	[CAPF_EXPIRED] = "expired",
};

int
row_capf_profile_put(struct db *db, const struct row_capf_profile *p,
    struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_PROFILE_PUT, e);
	int ret;

	capf_bind_owner(&q, &p->owner);
	q_text(&q, 4, p->operation);
	q_text(&q, 5, p->key_order);
	q_i64(&q, 6, p->rsa_bits);
	q_i64(&q, 7, p->ec_bits);
	q_i64(&q, 8, p->completes_by);
	q_blob(&q, 9, p->sealed, p->sealed != NULL ? p->len : 0);
	q_i64(&q, 10, p->changed_at);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return capf_changed(db, &p->owner, e);
}

static void
profile_fill(struct q *q, struct row_capf_profile *p)
{
	capf_fill_owner(q, 0, &p->owner);
	q_col_text(q, 3, p->operation, sizeof(p->operation));
	q_col_text(q, 4, p->key_order, sizeof(p->key_order));
	p->rsa_bits = q_col_i64(q, 5);
	p->ec_bits = q_col_i64(q, 6);
	p->completes_by = q_col_i64(q, 7);
	q_col_blob(q, 8, &p->sealed, &p->len);
	if (p->len == 0) {
		free(p->sealed);
		p->sealed = NULL;
	}
	p->changed_at = q_col_i64(q, 9);
}

int
row_capf_profile_get(struct db *db, const struct capf_owner *o,
    struct row_capf_profile *p, struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_PROFILE_GET, e);
	int ret;

	*p = (struct row_capf_profile){ .sealed = NULL };
	capf_bind_owner(&q, o);
	if (q_row(&q))
		profile_fill(&q, p);
	ret = q_not_there(q_end_found(&q, "CAPF profile"), "a CAPF profile "
	    "of", o->name, e);
	if (ret != ERR_OK)
		row_capf_profile_clear(p);
	return ret;
}

int
row_capf_profile_list(struct db *db, struct row_capf_profile **rows,
    size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_PROFILE_LIST, e);
	struct row_capf_profile *p = NULL;

	*n = 0;
	while (q_row(&q) && q_grow(&q, (void **)&p, *n, sizeof(*p)))
		profile_fill(&q, &p[(*n)++]);
	if (q.ret != ERR_OK)
		for (size_t i = 0; i < *n; i++)
			row_capf_profile_clear(&p[i]);
	return q_end_rows(&q, p, (void **)rows, n);
}

int
row_capf_profile_remove(struct db *db, const struct capf_owner *o,
    struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_PROFILE_REMOVE, e);
	int ret;

	capf_bind_owner(&q, o);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return q_not_there(ERR_NOTFOUND, "a CAPF profile of",
		    o->name, e);
	return capf_changed(db, o, e);
}

void
row_capf_profile_clear(struct row_capf_profile *p)
{
	free(p->sealed);
	*p = (struct row_capf_profile){ .sealed = NULL };
}

void
row_capf_profiles_free(struct row_capf_profile *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		row_capf_profile_clear(&rows[i]);
	free(rows);
}

/* --- capf_outcome --- */

int
row_capf_outcome_put(struct db *db, const struct row_capf_outcome *o,
    struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_OUTCOME_PUT, e);
	int ret;

	capf_bind_owner(&q, &o->owner);
	q_text(&q, 4, o->operation);
	q_text(&q, 5, capf_result_name[o->result]);
	q_text(&q, 6, o->reason);
	q_text(&q, 7, o->node);
	q_i64(&q, 8, o->at);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return capf_changed(db, &o->owner, e);
}

int
row_capf_outcome_get(struct db *db, const struct capf_owner *o,
    struct row_capf_outcome *out, struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_OUTCOME_GET, e);

	*out = (struct row_capf_outcome){ .at = 0 };
	capf_bind_owner(&q, o);
	if (q_row(&q)) {
		capf_fill_owner(&q, 0, &out->owner);
		q_col_text(&q, 3, out->operation, sizeof(out->operation));
		out->result = (enum capf_result)q_col_word(&q, 4,
		    capf_result_name, CAPF_RESULT_N);
		q_col_text(&q, 5, out->reason, sizeof(out->reason));
		q_col_text(&q, 6, out->node, sizeof(out->node));
		out->at = q_col_i64(&q, 7);
	}
	return q_not_there(q_end_found(&q, "outcome"), "an outcome of",
	    o->name, e);
}

/* --- mic_allow --- */

int
row_mic_allow_put(struct db *db, const struct row_mic_allow *m,
    struct err *e)
{
	struct q q = q_begin(db, SQL_MIC_ALLOW_PUT, e);
	int ret;

	q_text(&q, 1, m->phone);
	q_text(&q, 2, m->account);
	q_i64(&q, 3, m->added_at);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return db_change_add(db, "capf", m->phone, e);
}

int
row_mic_allow_has(struct db *db, const char *phone, bool *has,
    struct err *e)
{
	struct q q = q_begin(db, SQL_MIC_ALLOW_HAS, e);

	q_text(&q, 1, phone);
	*has = q_row(&q);
	return q_end(&q);
}

int
row_mic_allow_list(struct db *db, struct row_mic_allow **rows, size_t *n,
    struct err *e)
{
	struct q q = q_begin(db, SQL_MIC_ALLOW_LIST, e);
	struct row_mic_allow *m = NULL;

	for (*n = 0; q_row(&q) &&
	    q_grow(&q, (void **)&m, *n, sizeof(*m)); ++*n) {
		q_col_text(&q, 0, m[*n].phone, sizeof(m->phone));
		q_col_text(&q, 1, m[*n].account, sizeof(m->account));
		m[*n].added_at = q_col_i64(&q, 2);
	}
	return q_end_rows(&q, m, (void **)rows, n);
}

int
row_mic_allow_remove(struct db *db, const char *phone, struct err *e)
{
	struct q q = q_begin(db, SQL_MIC_ALLOW_REMOVE, e);
	int ret;

	q_text(&q, 1, phone);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return q_not_there(ERR_NOTFOUND, "on the allow-list phone",
		    phone, e);
	return db_change_add(db, "capf", phone, e);
}
