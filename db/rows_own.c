/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of key, certificate and own.  See rows.h.
 */
#include <stdlib.h>
#include <string.h>

#include "db/query.h"
#include "db/rows.h"

int
row_key_put(struct db *db, const uint8_t id[SHA256_LEN], const char *type,
    const uint8_t *sealed, size_t len, int64_t created_at, struct err *e)
{
	struct q q = q_begin(db, SQL_KEY_PUT, e);

	q_blob(&q, 1, id, SHA256_LEN);
	q_text(&q, 2, type);
	q_blob(&q, 3, sealed, len);
	q_i64(&q, 4, created_at);
	return q_run(&q);
}

int
row_key_get(struct db *db, const uint8_t id[SHA256_LEN], uint8_t **sealed,
    size_t *len, struct err *e)
{
	struct q q = q_begin(db, SQL_KEY_GET, e);

	*sealed = NULL;
	*len = 0;
	q_blob(&q, 1, id, SHA256_LEN);
	if (q_row(&q))
		q_col_blob(&q, 0, sealed, len);
	return q_end_found(&q, "the private key");
}

int
row_cert_put(struct db *db, const struct row_cert *c, struct err *e)
{
	struct q q = q_begin(db, SQL_CERT_PUT, e);

	q_blob(&q, 1, c->sha256, SHA256_LEN);
	q_blob(&q, 2, c->der, c->derlen);
	q_text(&q, 3, c->subject);
	q_text(&q, 4, c->issuer);
	q_blob(&q, 5, c->serial, c->seriallen);
	q_blob(&q, 6, c->key_id, SHA256_LEN);
	q_blob(&q, 7, c->ski, c->skilen);
	q_i64(&q, 8, c->not_before);
	q_i64(&q, 9, c->not_after);
	return q_run(&q);
}

static void
cert_fill(struct q *q, struct row_cert *c)
{
	q_col_fixed(q, 0, c->sha256, SHA256_LEN);
	q_col_blob(q, 1, &c->der, &c->derlen);
	q_col_dup(q, 2, &c->subject);
	q_col_dup(q, 3, &c->issuer);
	q_col_bytes(q, 4, c->serial, sizeof(c->serial), &c->seriallen);
	q_col_fixed(q, 5, c->key_id, SHA256_LEN);
	q_col_bytes(q, 6, c->ski, sizeof(c->ski), &c->skilen);
	c->not_before = q_col_i64(q, 7);
	c->not_after = q_col_i64(q, 8);
}

int
row_cert_get(struct db *db, const uint8_t sha256[SHA256_LEN],
    struct row_cert *c, struct err *e)
{
	struct q q = q_begin(db, SQL_CERT_GET, e);
	int ret;

	*c = (struct row_cert){ 0 };
	q_blob(&q, 1, sha256, SHA256_LEN);
	if (q_row(&q))
		cert_fill(&q, c);
	if ((ret = q_end_found(&q, "the certificate")) != ERR_OK)
		row_cert_clear(c);
	return ret;
}

void
row_cert_clear(struct row_cert *c)
{
	free(c->der);
	free(c->subject);
	free(c->issuer);
	*c = (struct row_cert){ 0 };
}

static void
own_fill(struct q *q, struct row_own *o)
{
	q_col_text(q, 0, o->unit, sizeof(o->unit));
	q_col_text(q, 1, o->node, sizeof(o->node));
	q_col_fixed(q, 2, o->sha256, SHA256_LEN);
	o->stage = (enum own_stage)q_col_i64(q, 3);
	o->generation = q_col_i64(q, 4);
	o->staged_at = q_col_i64(q, 5);
	o->activated_at = q_col_i64(q, 6);
}

int
row_own_active(struct db *db, const char *unit, const char *node,
    struct row_own *o, struct err *e)
{
	struct q q = q_begin(db, SQL_OWN_ACTIVE, e);

	*o = (struct row_own){ 0 };
	q_text(&q, 1, unit);
	q_text(&q, 2, node);
	if (q_row(&q))
		own_fill(&q, o);
	return q_end_found(&q, "an active certificate of this unit");
}

/* In code, not as a UNIQUE index: promoting one and retiring the other in one
 * transaction could not be replayed over an index. */
static int
one_active(struct db *db, const struct row_own *o, struct err *e)
{
	struct err none = { 0 };
	struct row_own other;
	int ret;

	if (o->stage != OWN_ACTIVE)
		return ERR_OK;
	ret = row_own_active(db, o->unit, o->node, &other, &none);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", none.msg);
	if (memcmp(other.sha256, o->sha256, SHA256_LEN) == 0)
		return ERR_OK;
	return err_set(e, ERR_BADSTATE, "%s%s%s has an active certificate "
	    "already: retire it first", o->unit, o->node[0] != '\0' ?
	    " of node " : "", o->node);
}

int
row_own_put(struct db *db, const struct row_own *o, struct err *e)
{
	struct q q;
	int ret;

	if ((ret = one_active(db, o, e)) != ERR_OK)
		return ret;
	q = q_begin(db, SQL_OWN_PUT, e);
	q_text(&q, 1, o->unit);
	q_text(&q, 2, o->node);
	q_blob(&q, 3, o->sha256, SHA256_LEN);
	q_i64(&q, 4, o->stage);
	q_i64(&q, 5, o->generation);
	q_i64(&q, 6, o->staged_at);
	q_i64(&q, 7, o->activated_at);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return db_change_add(db, "own", o->unit, e);
}

int
row_own_list(struct db *db, const char *unit, int stage,
    struct row_own **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_OWN_LIST, e);
	void *p = NULL;

	*rows = NULL;
	q_text(&q, 1, unit);
	q_i64(&q, 2, stage);
	for (*n = 0; q_row(&q) && q_grow(&q, &p, *n, sizeof(**rows)); ++*n)
		own_fill(&q, (struct row_own *)p + *n);
	return q_end_rows(&q, p, (void **)rows, n);
}

int
row_own_of_cert(struct db *db, const uint8_t sha256[SHA256_LEN],
    struct row_own **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_OWN_OF_CERT, e);
	void *p = NULL;

	*rows = NULL;
	q_blob(&q, 1, sha256, SHA256_LEN);
	for (*n = 0; q_row(&q) && q_grow(&q, &p, *n, sizeof(**rows)); ++*n)
		own_fill(&q, (struct row_own *)p + *n);
	return q_end_rows(&q, p, (void **)rows, n);
}

int
row_own_of_key(struct db *db, const uint8_t key_id[SHA256_LEN],
    struct row_own *o, struct err *e)
{
	struct q q = q_begin(db, SQL_OWN_OF_KEY, e);

	*o = (struct row_own){ 0 };
	q_blob(&q, 1, key_id, SHA256_LEN);
	if (q_row(&q))
		own_fill(&q, o);
	return q_end_found(&q, "an own certificate over that key");
}

int
row_own_remove(struct db *db, const char *unit, const char *node,
    const uint8_t sha256[SHA256_LEN], struct err *e)
{
	struct q q = q_begin(db, SQL_OWN_REMOVE, e);
	int ret;

	q_text(&q, 1, unit);
	q_text(&q, 2, node);
	q_blob(&q, 3, sha256, SHA256_LEN);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return q_not_there(ERR_NOTFOUND, "own certificate", unit, e);
	return db_change_add(db, "own", unit, e);
}

int
row_key_remove(struct db *db, const uint8_t id[SHA256_LEN], struct err *e)
{
	struct q q = q_begin(db, SQL_KEY_REMOVE, e);

	q_blob(&q, 1, id, SHA256_LEN);
	return q_run(&q);
}

int
row_cert_remove(struct db *db, const uint8_t sha256[SHA256_LEN],
    struct err *e)
{
	struct q q = q_begin(db, SQL_CERT_REMOVE, e);

	q_blob(&q, 1, sha256, SHA256_LEN);
	return q_run(&q);
}

static int
cert_rows(struct q *q, struct row_cert **rows, size_t *n)
{
	struct row_cert *c = NULL;
	size_t had = 0;

	for (*n = 0; q_row(q) && q_grow(q, (void **)&c, *n, sizeof(*c));
	    had = ++*n)
		cert_fill(q, &c[*n]);
	if (q->ret != ERR_OK)
		for (size_t i = 0; i < had; i++)
			row_cert_clear(&c[i]);
	return q_end_rows(q, c, (void **)rows, n);
}

int
row_cert_by_serial(struct db *db, const uint8_t *serial, size_t len,
    size_t max, struct row_cert **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_CERT_BY_SERIAL, e);

	q_blob(&q, 1, serial, len);
	q_i64(&q, 2, (int64_t)max);
	return cert_rows(&q, rows, n);
}

int
row_cert_names_by_serial(struct db *db, const uint8_t *serial, size_t len,
    size_t max, row_cert_names_fn *fn, void *arg, struct err *e)
{
	struct q q = q_begin(db, SQL_CERT_NAMES_BY_SERIAL, e);
	char *subject, *issuer;
	uint8_t sha256[SHA256_LEN];
	int ret = ERR_OK;

	q_blob(&q, 1, serial, len);
	q_i64(&q, 2, (int64_t)max);
	while (ret == ERR_OK && q_row(&q)) {
		subject = issuer = NULL;
		q_col_fixed(&q, 0, sha256, sizeof(sha256));
		q_col_dup(&q, 1, &subject);
		q_col_dup(&q, 2, &issuer);
		if (q.ret == ERR_OK)
			ret = fn(arg, sha256, subject, issuer, e);
		free(subject);
		free(issuer);
	}
	return ret != ERR_OK ? ((void)q_end(&q), ret) : q_end(&q);
}

int
row_cert_by_subject(struct db *db, const char *subject, size_t max,
    struct row_cert **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_CERT_BY_SUBJECT, e);

	q_text(&q, 1, subject);
	q_i64(&q, 2, (int64_t)max);
	return cert_rows(&q, rows, n);
}
