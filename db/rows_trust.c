/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of trust, key_export and crl.  See rows.h.
 */
#include <stdlib.h>
#include <string.h>

#include "db/query.h"
#include "db/rows.h"

int
row_trust_put(struct db *db, const struct row_trust *t, struct err *e)
{
	struct q q = q_begin(db, SQL_TRUST_PUT, e);
	int ret;

	q_text(&q, 1, t->unit);
	q_blob(&q, 2, t->sha256, SHA256_LEN);
	q_text(&q, 3, t->name);
	q_text(&q, 4, t->origin);
	q_text(&q, 5, t->note);
	q_i64(&q, 6, t->ttl);
	q_i64(&q, 7, t->added_at);
	q_i64(&q, 8, t->removed_at);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return db_change_add(db, "trust", t->unit, e);
}

static void
trust_fill(struct q *q, struct row_trust *t)
{
	q_col_text(q, 0, t->unit, sizeof(t->unit));
	q_col_fixed(q, 1, t->sha256, SHA256_LEN);
	q_col_text(q, 2, t->name, sizeof(t->name));
	q_col_text(q, 3, t->origin, sizeof(t->origin));
	q_col_text(q, 4, t->note, sizeof(t->note));
	t->ttl = q_col_i64(q, 5);
	t->added_at = q_col_i64(q, 6);
	t->removed_at = q_col_i64(q, 7);
}

int
row_trust_get(struct db *db, const char *unit,
    const uint8_t sha256[SHA256_LEN], struct row_trust *t, struct err *e)
{
	struct q q = q_begin(db, SQL_TRUST_GET, e);

	*t = (struct row_trust){ 0 };
	q_text(&q, 1, unit);
	q_blob(&q, 2, sha256, SHA256_LEN);
	if (q_row(&q))
		trust_fill(&q, t);
	return q_end_found(&q, "the certificate in this trust store");
}

static int
trust_rows(struct q *q, struct row_trust **rows, size_t *n)
{
	struct row_trust *t = NULL;

	*n = 0;
	while (q_row(q) && q_grow(q, (void **)&t, *n, sizeof(*t)))
		trust_fill(q, &t[(*n)++]);
	return q_end_rows(q, t, (void **)rows, n);
}

int
row_trust_list(struct db *db, const char *unit, const uint8_t *sha256,
    bool removed, struct row_trust **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_TRUST_LIST, e);

	q_text(&q, 1, unit);
	q_i64(&q, 2, removed);
	if (sha256 != NULL)
		q_blob(&q, 3, sha256, SHA256_LEN);
	return trust_rows(&q, rows, n);
}

int
row_trust_of_cert(struct db *db, const uint8_t sha256[SHA256_LEN],
    struct row_trust **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_TRUST_OF_CERT, e);

	q_blob(&q, 1, sha256, SHA256_LEN);
	return trust_rows(&q, rows, n);
}

int
row_trust_removed_before(struct db *db, int64_t before,
    struct row_trust **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_TRUST_REMOVED_BEFORE, e);

	q_i64(&q, 1, before);
	return trust_rows(&q, rows, n);
}

int
row_trust_count(struct db *db, const char *unit, int64_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_TRUST_COUNT, e);

	*n = 0;
	q_text(&q, 1, unit);
	if (q_row(&q))
		*n = q_col_i64(&q, 0);
	return q_end(&q);
}

int
row_trust_purge(struct db *db, const char *unit,
    const uint8_t sha256[SHA256_LEN], struct err *e)
{
	struct q q = q_begin(db, SQL_TRUST_PURGE, e);

	q_text(&q, 1, unit);
	q_blob(&q, 2, sha256, SHA256_LEN);
	return q_run(&q);
}

int
row_trust_each(struct db *db, const char *unit, row_trust_fn *fn, void *arg,
    struct err *e)
{
	struct q q = q_begin(db, SQL_TRUST_CERTS, e);
	struct row_trust t;
	struct row_cert c;

	q_text(&q, 1, unit);
	while (q.ret == ERR_OK && q_row(&q)) {
		t = (struct row_trust){ 0 };
		c = (struct row_cert){ 0 };
		q_col_fixed(&q, 0, c.sha256, SHA256_LEN);
		memcpy(t.sha256, c.sha256, SHA256_LEN);
		q_col_dup(&q, 1, &c.subject);
		q_col_dup(&q, 2, &c.issuer);
		q_col_bytes(&q, 3, c.serial, sizeof(c.serial), &c.seriallen);
		q_col_fixed(&q, 4, c.key_id, SHA256_LEN);
		q_col_bytes(&q, 5, c.ski, sizeof(c.ski), &c.skilen);
		c.not_before = q_col_i64(&q, 6);
		c.not_after = q_col_i64(&q, 7);
		q_col_text(&q, 8, t.unit, sizeof(t.unit));
		q_col_text(&q, 9, t.name, sizeof(t.name));
		q_col_text(&q, 10, t.origin, sizeof(t.origin));
		q_col_text(&q, 11, t.note, sizeof(t.note));
		t.ttl = q_col_i64(&q, 12);
		t.added_at = q_col_i64(&q, 13);
		t.removed_at = q_col_i64(&q, 14);
		if (q.ret == ERR_OK)
			q.ret = fn(arg, &t, &c, e);
		row_cert_clear(&c);
	}
	return q_end(&q);
}

int
row_key_export_add(struct db *db, const struct row_key_export *x,
    struct err *e)
{
	struct q q = q_begin(db, SQL_KEY_EXPORT_ADD, e);

	q_blob(&q, 1, x->sha256, SHA256_LEN);
	q_i64(&q, 2, x->at);
	q_text(&q, 3, x->account);
	return q_run(&q);
}

int
row_key_export_list(struct db *db, const uint8_t *sha256,
    struct row_key_export **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_KEY_EXPORT_LIST, e);
	struct row_key_export *x = NULL;

	*n = 0;
	if (sha256 != NULL)
		q_blob(&q, 1, sha256, SHA256_LEN);
	for (; q_row(&q) && q_grow(&q, (void **)&x, *n, sizeof(*x)); ++*n) {
		q_col_fixed(&q, 0, x[*n].sha256, SHA256_LEN);
		x[*n].at = q_col_i64(&q, 1);
		q_col_text(&q, 2, x[*n].account, sizeof(x[*n].account));
	}
	return q_end_rows(&q, x, (void **)rows, n);
}

int
row_crl_put(struct db *db, const struct row_crl *c, struct err *e)
{
	struct q q = q_begin(db, SQL_CRL_PUT, e);
	int ret;

	q_text(&q, 1, c->issuer);
	q_blob(&q, 2, c->key_id, c->key_idlen);
	q_blob(&q, 3, c->sha256, SHA256_LEN);
	q_i64(&q, 4, c->this_update);
	q_i64(&q, 5, c->next_update);
	q_i64(&q, 6, c->added_at);
	q_blob(&q, 7, c->der, c->derlen);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return db_change_add(db, "crl", c->issuer, e);
}

static void
crl_fill(struct q *q, struct row_crl *c)
{
	q_col_dup(q, 0, &c->issuer);
	q_col_bytes(q, 1, c->key_id, sizeof(c->key_id), &c->key_idlen);
	q_col_fixed(q, 2, c->sha256, SHA256_LEN);
	c->this_update = q_col_i64(q, 3);
	c->next_update = q_col_i64(q, 4);
	c->added_at = q_col_i64(q, 5);
	q_col_blob(q, 6, &c->der, &c->derlen);
}

int
row_crl_get(struct db *db, const char *issuer, const uint8_t *key_id,
    size_t len, struct row_crl *c, struct err *e)
{
	struct q q = q_begin(db, SQL_CRL_GET, e);
	int ret;

	*c = (struct row_crl){ 0 };
	q_text(&q, 1, issuer);
	q_blob(&q, 2, key_id, len);
	if (q_row(&q))
		crl_fill(&q, c);
	if ((ret = q_end_found(&q, "a revocation list of this issuer")) !=
	    ERR_OK)
		row_crl_clear(c);
	return ret;
}

int
row_crl_list(struct db *db, struct row_crl **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_CRL_LIST, e);
	struct row_crl *c = NULL;

	*n = 0;
	while (q_row(&q) && q_grow(&q, (void **)&c, *n, sizeof(*c)))
		crl_fill(&q, &c[(*n)++]);
	if (q.ret != ERR_OK)
		for (size_t i = 0; i < *n; i++)
			row_crl_clear(&c[i]);
	return q_end_rows(&q, c, (void **)rows, n);
}

int
row_crl_remove(struct db *db, const char *issuer, const uint8_t *key_id,
    size_t len, struct err *e)
{
	struct q q = q_begin(db, SQL_CRL_REMOVE, e);
	int ret;

	q_text(&q, 1, issuer);
	q_blob(&q, 2, key_id, len);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return q_not_there(ERR_NOTFOUND, "revocation list of", issuer,
		    e);
	return db_change_add(db, "crl", issuer, e);
}

void
row_crl_clear(struct row_crl *c)
{
	free(c->issuer);
	free(c->der);
	*c = (struct row_crl){ 0 };
}

void
row_crl_free(struct row_crl *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		row_crl_clear(&rows[i]);
	free(rows);
}
