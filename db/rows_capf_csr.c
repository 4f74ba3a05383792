/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of capf_csr: requests for CAs elsewhere.  See rows_capf.h.
 */
#include <stdlib.h>

#include "db/rows_capf_part.h"

const char *const capf_csr_state_name[CAPF_CSR_STATE_N] = {
	[CAPF_CSR_WAITING] = "waiting",
	[CAPF_CSR_SENT] = "sent",
	[CAPF_CSR_ISSUED] = "issued",
	[CAPF_CSR_REFUSED] = "refused",
};

int
row_capf_csr_put(struct db *db, const struct row_capf_csr *c, struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_CSR_PUT, e);
	int ret;

	capf_bind_owner(&q, &c->owner);
	q_blob(&q, 4, c->spki, SHA256_LEN);
	q_blob(&q, 5, c->der, c->derlen);
	q_text(&q, 6, capf_csr_state_name[c->state]);
	q_text(&q, 7, c->note);
	q_blob(&q, 8, c->cert, c->cert != NULL ? c->certlen : 0);
	q_i64(&q, 9, c->tries);
	q_i64(&q, 10, c->next_at);
	q_i64(&q, 11, c->created_at);
	q_i64(&q, 12, c->changed_at);
	q_i64(&q, 13, c->auth);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return capf_changed(db, &c->owner, e);
}

static void
csr_fill(struct q *q, struct row_capf_csr *c)
{
	capf_fill_owner(q, 0, &c->owner);
	q_col_fixed(q, 3, c->spki, SHA256_LEN);
	q_col_blob(q, 4, &c->der, &c->derlen);
	c->state = (enum capf_csr_state)q_col_word(q, 5,
	    capf_csr_state_name, CAPF_CSR_STATE_N);
	q_col_text(q, 6, c->note, sizeof(c->note));
	q_col_blob(q, 7, &c->cert, &c->certlen);
	if (c->certlen == 0) {
		free(c->cert);
		c->cert = NULL;
	}
	c->tries = q_col_i64(q, 8);
	c->next_at = q_col_i64(q, 9);
	c->created_at = q_col_i64(q, 10);
	c->changed_at = q_col_i64(q, 11);
	c->auth = q_col_i64(q, 12);
}

static int
csr_one(struct q *q, struct row_capf_csr *c, const char *of)
{
	struct err *e = q->e;
	int ret;

	*c = (struct row_capf_csr){ .der = NULL };
	if (q_row(q))
		csr_fill(q, c);
	ret = q_not_there(q_end_found(q, "request"), "a request of", of, e);
	if (ret != ERR_OK)
		row_capf_csr_clear(c);
	return ret;
}

int
row_capf_csr_get(struct db *db, const struct capf_owner *o,
    struct row_capf_csr *c, struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_CSR_GET, e);

	capf_bind_owner(&q, o);
	return csr_one(&q, c, o->name);
}

int
row_capf_csr_by_spki(struct db *db, const uint8_t spki[SHA256_LEN],
    struct row_capf_csr *c, struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_CSR_BY_SPKI, e);

	q_blob(&q, 1, spki, SHA256_LEN);
	return csr_one(&q, c, "that key");
}

int
row_capf_csr_remove(struct db *db, const struct capf_owner *o,
    struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_CSR_REMOVE, e);
	int ret;

	capf_bind_owner(&q, o);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return q_not_there(ERR_NOTFOUND, "a request of", o->name, e);
	return capf_changed(db, o, e);
}

int
row_capf_csr_count(struct db *db, int state, int64_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_CSR_COUNT, e);

	*n = 0;
	q_text(&q, 1, state < 0 ? NULL : capf_csr_state_name[state]);
	if (q_row(&q))
		*n = q_col_i64(&q, 0);
	return q_end(&q);
}

void
row_capf_csr_clear(struct row_capf_csr *c)
{
	free(c->der);
	free(c->cert);
	*c = (struct row_capf_csr){ .der = NULL };
}

int
row_capf_csr_each(struct db *db, int state, int64_t due_by,
    row_capf_csr_fn *fn, void *arg, struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_CSR_EACH, e);
	struct row_capf_csr c;

	q_text(&q, 1, state < 0 ? NULL : capf_csr_state_name[state]);
	q_i64(&q, 2, due_by);
	while (q_row(&q)) {
		c = (struct row_capf_csr){ .der = NULL };
		csr_fill(&q, &c);
		if (q.ret == ERR_OK)
			q.ret = fn(arg, &c, e);
		row_capf_csr_clear(&c);
	}
	return q_end(&q);
}
