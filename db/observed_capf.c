/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * observed.db: how certificate operations go on this node, and what was sent
 * to owners who have not confirmed it.  See rows_capf.h.
 */
#include <stdlib.h>

#include "db/rows_capf_part.h"

const char *const capf_step_name[CAPF_STEP_N] = {
	[CAPF_STEP_NONE] = "none",
	[CAPF_STEP_AUTH] = "auth",
	[CAPF_STEP_KEY] = "key",
	[CAPF_STEP_CA] = "ca",
	[CAPF_STEP_STORE] = "store",
	[CAPF_STEP_FETCH] = "fetch",
	[CAPF_STEP_DELETE] = "delete",
};

int
observed_capf_put(struct db *db, const struct capf_progress *p,
    struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_PROGRESS_PUT, e);

	capf_bind_owner(&q, &p->owner);
	q_text(&q, 4, p->operation);
	q_text(&q, 5, capf_step_name[p->step]);
	q_i64(&q, 6, p->tries);
	q_i64(&q, 7, p->wrong);
	q_text(&q, 8, p->reason);
	q_text(&q, 9, p->address);
	q_i64(&q, 10, (int64_t)p->session);
	q_i64(&q, 11, p->since);
	q_i64(&q, 12, p->at);
	q_i64(&q, 13, p->next_at);
	q_i64(&q, 14, p->until);
	q_i64(&q, 15, (int64_t)p->turned_away);
	q_i64(&q, 16, p->unproved);
	q_text(&q, 17, p->asked);
	q_i64(&q, 18, p->auth);
	q_blob(&q, 19, p->shown, p->by_cert ? SHA256_LEN : 0);
	return q_run(&q);
}

static void
progress_fill(struct q *q, struct capf_progress *p)
{
	size_t n = 0;

	capf_fill_owner(q, 0, &p->owner);
	q_col_text(q, 3, p->operation, sizeof(p->operation));
	p->step = (enum capf_step)q_col_word(q, 4, capf_step_name,
	    CAPF_STEP_N);
	p->tries = q_col_i64(q, 5);
	p->wrong = q_col_i64(q, 6);
	q_col_text(q, 7, p->reason, sizeof(p->reason));
	q_col_text(q, 8, p->address, sizeof(p->address));
	p->session = (uint32_t)q_col_i64(q, 9);
	p->since = q_col_i64(q, 10);
	p->at = q_col_i64(q, 11);
	p->next_at = q_col_i64(q, 12);
	p->until = q_col_i64(q, 13);
	p->turned_away = (uint32_t)q_col_i64(q, 14);
	p->unproved = q_col_i64(q, 15);
	q_col_text(q, 16, p->asked, sizeof(p->asked));
	p->auth = q_col_i64(q, 17);
	q_col_bytes(q, 18, p->shown, SHA256_LEN, &n);
	p->by_cert = n == SHA256_LEN;
}

int
observed_capf_get(struct db *db, const struct capf_owner *o,
    struct capf_progress *p, struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_PROGRESS_GET, e);

	*p = (struct capf_progress){ .tries = 0 };
	capf_bind_owner(&q, o);
	if (q_row(&q))
		progress_fill(&q, p);
	return q_not_there(q_end_found(&q, "progress"), "progress of",
	    o->name, e);
}

int
observed_capf_remove(struct db *db, const struct capf_owner *o,
    struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_PROGRESS_REMOVE, e);

	capf_bind_owner(&q, o);
	return q_run(&q);
}

int
observed_capf_each(struct db *db, capf_progress_fn *fn, void *arg,
    struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_PROGRESS_EACH, e);
	struct capf_progress p;

	while (q_row(&q)) {
		p = (struct capf_progress){ .tries = 0 };
		progress_fill(&q, &p);
		if (q.ret == ERR_OK)
			q.ret = fn(arg, &p, e);
	}
	return q_end(&q);
}

/* --- capf_issued --- */

/* The oldest ones beyond the most that are kept. */
static int
issued_prune(struct db *db, const struct capf_owner *o, struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_ISSUED_COUNT, e);
	int64_t n = 0;
	int ret;

	capf_bind_owner(&q, o);
	if (q_row(&q))
		n = q_col_i64(&q, 0);
	if ((ret = q_end(&q)) != ERR_OK || n <= CAPF_ISSUED_MAX)
		return ret;
	q = q_begin(db, SQL_CAPF_ISSUED_PRUNE, e);
	capf_bind_owner(&q, o);
	q_i64(&q, 4, CAPF_ISSUED_MAX);
	return q_run(&q);
}

int
observed_issued_put(struct db *db, const struct capf_issued *i,
    struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_ISSUED_PUT, e);
	int ret;

	capf_bind_owner(&q, &i->owner);
	q_blob(&q, 4, i->sha256, SHA256_LEN);
	q_i64(&q, 5, i->at);
	q_blob(&q, 6, i->der, i->derlen);
	q_i64(&q, 7, i->auth);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return issued_prune(db, &i->owner, e);
}

static void
issued_fill(struct q *q, struct capf_issued *i)
{
	capf_fill_owner(q, 0, &i->owner);
	q_col_fixed(q, 3, i->sha256, SHA256_LEN);
	i->at = q_col_i64(q, 4);
	q_col_blob(q, 5, &i->der, &i->derlen);
	i->auth = q_col_i64(q, 6);
}

int
observed_issued_get(struct db *db, const uint8_t sha256[SHA256_LEN],
    struct capf_issued *i, struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_ISSUED_GET, e);
	int ret;

	*i = (struct capf_issued){ .der = NULL };
	q_blob(&q, 1, sha256, SHA256_LEN);
	if (q_row(&q))
		issued_fill(&q, i);
	ret = q_end_found(&q, "a certificate sent and not confirmed");
	if (ret != ERR_OK)
		capf_issued_clear(i);
	return ret;
}

int
observed_issued_remove(struct db *db, const uint8_t sha256[SHA256_LEN],
    struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_ISSUED_REMOVE, e);

	q_blob(&q, 1, sha256, SHA256_LEN);
	return q_run(&q);
}

int
observed_issued_remove_of(struct db *db, const struct capf_owner *o,
    const uint8_t *except, struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_ISSUED_REMOVE_OF, e);

	capf_bind_owner(&q, o);
	if (except != NULL)
		q_blob(&q, 4, except, SHA256_LEN);
	return q_run(&q);
}

static int
issued_all(struct q *q, capf_issued_fn *fn, void *arg)
{
	struct capf_issued i;

	while (q_row(q)) {
		i = (struct capf_issued){ .der = NULL };
		issued_fill(q, &i);
		if (q->ret == ERR_OK)
			q->ret = fn(arg, &i, q->e);
		capf_issued_clear(&i);
	}
	return q_end(q);
}

int
observed_issued_each(struct db *db, capf_issued_fn *fn, void *arg,
    struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_ISSUED_EACH, e);

	return issued_all(&q, fn, arg);
}

int
observed_issued_of(struct db *db, const struct capf_owner *o,
    capf_issued_fn *fn, void *arg, struct err *e)
{
	struct q q = q_begin(db, SQL_CAPF_ISSUED_OF, e);

	capf_bind_owner(&q, o);
	return issued_all(&q, fn, arg);
}

void
capf_issued_clear(struct capf_issued *i)
{
	free(i->der);
	*i = (struct capf_issued){ .der = NULL };
}
