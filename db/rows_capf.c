/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of device_cert: whose certificates there are.  See rows_capf.h.
 */
#include <string.h>

#include "db/query.h"
#include "db/rows_capf.h"
#include "db/rows_capf_part.h"

const char *const capf_kind_name[CAPF_KIND_N] = {
	[CAPF_PHONE] = "phone",
	[CAPF_APPLICATION] = "application",
	[CAPF_USER] = "user",
};

const char *const device_cert_type_name[DEVICE_CERT_N] = {
	[DEVICE_LSC] = "lsc",
	[DEVICE_MIC] = "mic",
};

const char *const device_cert_state_name[DEVICE_STATE_N] = {
	[DEVICE_CURRENT] = "current",
	[DEVICE_SUPERSEDED] = "superseded",
	[DEVICE_REVOKED] = "revoked",
	[DEVICE_DELETED] = "deleted",
};

void
capf_bind_owner(struct q *q, const struct capf_owner *o)
{
	q_text(q, 1, capf_kind_name[o->kind]);
	q_text(q, 2, o->name);
	q_text(q, 3, o->instance);
}

void
capf_fill_owner(struct q *q, int i, struct capf_owner *o)
{
	o->kind = (enum capf_kind)q_col_word(q, i, capf_kind_name,
	    CAPF_KIND_N);
	q_col_text(q, i + 1, o->name, sizeof(o->name));
	q_col_text(q, i + 2, o->instance, sizeof(o->instance));
}

int
capf_changed(struct db *db, const struct capf_owner *o, struct err *e)
{
	return db_change_add(db, "capf", o->name, e);
}

/* Files of phones follow their certificates. */
static int
cert_changed(struct db *db, const struct capf_owner *o, struct err *e)
{
	return o->kind == CAPF_PHONE ? db_change_add(db, "phone", o->name,
	    e) : capf_changed(db, o, e);
}

int
row_device_cert_put(struct db *db, const struct row_device_cert *c,
    struct err *e)
{
	struct q q = q_begin(db, SQL_DEVICE_CERT_PUT, e);
	int ret;

	capf_bind_owner(&q, &c->owner);
	q_text(&q, 4, device_cert_type_name[c->type]);
	q_blob(&q, 5, c->sha256, SHA256_LEN);
	q_blob(&q, 6, c->issuer, c->has_issuer ? SHA256_LEN : 0);
	q_text(&q, 7, device_cert_state_name[c->state]);
	q_i64(&q, 8, c->stored_at);
	q_i64(&q, 9, c->changed_at);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return cert_changed(db, &c->owner, e);
}

static void
cert_fill(struct q *q, struct row_device_cert *c)
{
	size_t n = 0;

	capf_fill_owner(q, 0, &c->owner);
	c->type = (enum device_cert_type)q_col_word(q, 3,
	    device_cert_type_name, DEVICE_CERT_N);
	q_col_fixed(q, 4, c->sha256, SHA256_LEN);
	q_col_bytes(q, 5, c->issuer, SHA256_LEN, &n);
	c->has_issuer = n == SHA256_LEN;
	c->state = (enum device_cert_state)q_col_word(q, 6,
	    device_cert_state_name, DEVICE_STATE_N);
	c->stored_at = q_col_i64(q, 7);
	c->changed_at = q_col_i64(q, 8);
	c->not_after = q_col_i64(q, 9);
}

static int
cert_one(struct q *q, struct row_device_cert *c)
{
	*c = (struct row_device_cert){ .stored_at = 0 };
	if (q_row(q))
		cert_fill(q, c);
	return q_end_found(q, "such a certificate of a device");
}

int
row_device_cert_current(struct db *db, const struct capf_owner *o,
    enum device_cert_type type, struct row_device_cert *c, struct err *e)
{
	struct q q = q_begin(db, SQL_DEVICE_CERT_CURRENT, e);

	capf_bind_owner(&q, o);
	q_text(&q, 4, device_cert_type_name[type]);
	q_text(&q, 5, device_cert_state_name[DEVICE_CURRENT]);
	return cert_one(&q, c);
}

int
row_device_cert_by_sha256(struct db *db, const uint8_t sha256[SHA256_LEN],
    struct row_device_cert *c, struct err *e)
{
	struct q q = q_begin(db, SQL_DEVICE_CERT_BY_SHA256, e);

	q_blob(&q, 1, sha256, SHA256_LEN);
	return cert_one(&q, c);
}

int
row_device_cert_by_key(struct db *db, const uint8_t key_id[SHA256_LEN],
    const struct capf_owner *except, struct row_device_cert *c,
    struct err *e)
{
	struct q q = q_begin(db, SQL_DEVICE_CERT_BY_KEY, e);

	capf_bind_owner(&q, except);
	q_blob(&q, 4, key_id, SHA256_LEN);
	q_text(&q, 5, device_cert_state_name[DEVICE_CURRENT]);
	return cert_one(&q, c);
}

int
row_device_cert_each(struct db *db, const struct capf_owner *owner,
    int state, const uint8_t *issuer, row_device_cert_fn *fn, void *arg,
    struct err *e)
{
	struct q q = q_begin(db, owner != NULL ? SQL_DEVICE_CERT_OF :
	    issuer != NULL ? SQL_DEVICE_CERT_UNDER : SQL_DEVICE_CERT_EACH,
	    e);
	struct row_device_cert c;

	if (owner != NULL)
		capf_bind_owner(&q, owner);
	q_text(&q, 4, state < 0 ? NULL : device_cert_state_name[state]);
	if (issuer != NULL)
		q_blob(&q, 5, issuer, SHA256_LEN);
	while (q_row(&q)) {
		c = (struct row_device_cert){ .stored_at = 0 };
		cert_fill(&q, &c);
		if (q.ret == ERR_OK)
			q.ret = fn(arg, &c, e);
	}
	return q_end(&q);
}

int
row_device_cert_count(struct db *db, const uint8_t issuer[SHA256_LEN],
    int64_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_DEVICE_CERT_COUNT, e);

	*n = 0;
	q_blob(&q, 1, issuer, SHA256_LEN);
	q_text(&q, 2, device_cert_state_name[DEVICE_CURRENT]);
	q_text(&q, 3, device_cert_type_name[DEVICE_LSC]);
	if (q_row(&q))
		*n = q_col_i64(&q, 0);
	return q_end(&q);
}
