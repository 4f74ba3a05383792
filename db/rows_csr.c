/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of csr and srst.  See rows.h.
 */
#include <stdlib.h>
#include <string.h>

#include "db/query.h"
#include "db/rows.h"

int
row_csr_put(struct db *db, const struct row_csr *c, struct err *e)
{
	struct q q = q_begin(db, SQL_CSR_PUT, e);
	int ret;

	q_text(&q, 1, c->unit);
	q_text(&q, 2, c->node);
	q_blob(&q, 3, c->key_id, SHA256_LEN);
	q_blob(&q, 4, c->der, c->derlen);
	q_i64(&q, 5, c->created_at);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return db_change_add(db, "csr", c->unit, e);
}

static void
csr_fill(struct q *q, struct row_csr *c)
{
	q_col_text(q, 0, c->unit, sizeof(c->unit));
	q_col_text(q, 1, c->node, sizeof(c->node));
	q_col_fixed(q, 2, c->key_id, SHA256_LEN);
	c->created_at = q_col_i64(q, 3);
	q_col_blob(q, 4, &c->der, &c->derlen);
}

int
row_csr_get(struct db *db, const char *unit, const char *node,
    struct row_csr *c, struct err *e)
{
	struct q q = q_begin(db, SQL_CSR_GET, e);
	int ret;

	*c = (struct row_csr){ 0 };
	q_text(&q, 1, unit);
	q_text(&q, 2, node);
	if (q_row(&q))
		csr_fill(&q, c);
	ret = q_not_there(q_end_found(&q, "request"), "a pending request of",
	    unit, e);
	if (ret != ERR_OK)
		row_csr_clear(c);
	return ret;
}

int
row_csr_list(struct db *db, struct row_csr **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_CSR_LIST, e);
	struct row_csr *c = NULL;

	*n = 0;
	while (q_row(&q) && q_grow(&q, (void **)&c, *n, sizeof(*c)))
		csr_fill(&q, &c[(*n)++]);
	if (q.ret != ERR_OK)
		for (size_t i = 0; i < *n; i++)
			row_csr_clear(&c[i]);
	return q_end_rows(&q, c, (void **)rows, n);
}

int
row_csr_remove(struct db *db, const char *unit, const char *node,
    struct err *e)
{
	struct q q = q_begin(db, SQL_CSR_REMOVE, e);
	int ret;

	q_text(&q, 1, unit);
	q_text(&q, 2, node);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return q_not_there(ERR_NOTFOUND, "a pending request of", unit,
		    e);
	return db_change_add(db, "csr", unit, e);
}

void
row_csr_clear(struct row_csr *c)
{
	free(c->der);
	*c = (struct row_csr){ 0 };
}

void
row_csr_free(struct row_csr *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		row_csr_clear(&rows[i]);
	free(rows);
}

int
row_srst_put(struct db *db, const struct row_srst *s, struct err *e)
{
	struct q q = q_begin(db, SQL_SRST_PUT, e);
	int ret;

	q_text(&q, 1, s->name);
	q_text(&q, 2, s->address);
	q_i64(&q, 3, s->port);
	q_text(&q, 4, s->sip_address);
	q_i64(&q, 5, s->sip_port);
	q_i64(&q, 6, s->cert_port);
	q_i64(&q, 7, s->secure);
	q_blob(&q, 8, s->accepted, s->has_accepted ? SHA256_LEN : 0);
	q_blob(&q, 9, s->candidate, s->has_candidate ? SHA256_LEN : 0);
	q_i64(&q, 10, s->changed_at);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return db_change_add(db, "srst", s->name, e);
}

static void
srst_fill(struct q *q, struct row_srst *s)
{
	size_t n = 0;

	q_col_text(q, 0, s->name, sizeof(s->name));
	q_col_text(q, 1, s->address, sizeof(s->address));
	s->port = (uint16_t)q_col_i64(q, 2);
	q_col_text(q, 3, s->sip_address, sizeof(s->sip_address));
	s->sip_port = (uint16_t)q_col_i64(q, 4);
	s->cert_port = (uint16_t)q_col_i64(q, 5);
	s->secure = q_col_i64(q, 6) != 0;
	q_col_bytes(q, 7, s->accepted, SHA256_LEN, &n);
	s->has_accepted = n == SHA256_LEN;
	q_col_bytes(q, 8, s->candidate, SHA256_LEN, &n);
	s->has_candidate = n == SHA256_LEN;
	s->changed_at = q_col_i64(q, 9);
}

int
row_srst_get(struct db *db, const char *name, struct row_srst *s,
    struct err *e)
{
	struct q q = q_begin(db, SQL_SRST_GET, e);

	*s = (struct row_srst){ 0 };
	q_text(&q, 1, name);
	if (q_row(&q))
		srst_fill(&q, s);
	return q_not_there(q_end_found(&q, "reference"), "SRST reference",
	    name, e);
}

int
row_srst_list(struct db *db, struct row_srst **rows, size_t *n,
    struct err *e)
{
	struct q q = q_begin(db, SQL_SRST_LIST, e);
	struct row_srst *s = NULL;

	*n = 0;
	while (q_row(&q) && q_grow(&q, (void **)&s, *n, sizeof(*s)))
		srst_fill(&q, &s[(*n)++]);
	return q_end_rows(&q, s, (void **)rows, n);
}

int
row_srst_remove(struct db *db, const char *name, struct err *e)
{
	struct q q = q_begin(db, SQL_SRST_REMOVE, e);
	int ret;

	q_text(&q, 1, name);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return q_not_there(ERR_NOTFOUND, "SRST reference", name, e);
	return db_change_add(db, "srst", name, e);
}
