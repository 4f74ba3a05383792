/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates that were sent and never confirmed.  See capf.h.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/capf_part.h"

struct stale {
	struct db		*db, *observed;
	int64_t			 now;
	capf_issued_fn		*fn;
	void			*arg;
};

/* Being stored right now; a session that died leaves its step behind. */
static int
under_way(const struct stale *s, const struct capf_issued *i, bool *yes,
    struct err *e)
{
	struct capf_progress p;
	struct err own = { 0 };
	int ret = observed_capf_get(s->observed, &i->owner, &p, &own);

	*yes = ret == ERR_OK && p.step == CAPF_STEP_STORE &&
	    i->at >= p.at && s->now < p.at + CAPF_STORE_S;
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", own.msg);
}

/* Stored and confirmed, but observed.db is older than that. */
static int
is_his(const struct stale *s, const struct capf_issued *i, bool *yes,
    struct err *e)
{
	struct row_device_cert d;
	struct err own = { 0 };
	int ret = row_device_cert_by_sha256(s->db, i->sha256, &d, &own);

	*yes = ret == ERR_OK;
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", own.msg);
}

static int
look(void *arg, const struct capf_issued *i, struct err *e)
{
	struct stale *s = arg;
	bool yes;
	int ret;

	if ((ret = under_way(s, i, &yes, e)) != ERR_OK || yes)
		return ret;
	if ((ret = is_his(s, i, &yes, e)) != ERR_OK || yes)
		return ret;
	return s->fn(s->arg, i, e);
}

int
capf_stale_each(struct db *db, struct db *observed, int64_t now,
    capf_issued_fn *fn, void *arg, struct err *e)
{
	struct stale s = { .db = db, .observed = observed, .now = now,
	    .fn = fn, .arg = arg };

	return observed_issued_each(observed, look, &s, e);
}

/* --- removing --- */

struct gathered {
	const uint8_t	*only;
	uint8_t		(*sha256)[SHA256_LEN];
	size_t		 n, room;
};

static int
gather(void *arg, const struct capf_issued *i, struct err *e)
{
	struct gathered *g = arg;
	void *p;

	if (g->only != NULL && memcmp(g->only, i->sha256, SHA256_LEN) != 0)
		return ERR_OK;
	if (g->n == g->room) {
		if ((p = reallocarray(g->sha256, g->room + 256,
		    sizeof(*g->sha256))) == NULL)
			return err_set(e, ERR_NOMEM, "certificates");
		g->sha256 = p;
		g->room += 256;
	}
	memcpy(g->sha256[g->n++], i->sha256, SHA256_LEN);
	return ERR_OK;
}

int
capf_stale_remove(struct db *db, struct db *observed, int64_t now,
    const uint8_t *sha256, int64_t *n, struct err *e)
{
	struct gathered g = { .only = sha256 };
	int ret = capf_stale_each(db, observed, now, gather, &g, e);

	*n = 0;
	for (size_t i = 0; ret == ERR_OK && i < g.n; i++)
		if ((ret = observed_issued_remove(observed, g.sha256[i],
		    e)) == ERR_OK)
			++*n;
	free(g.sha256);
	return ret;
}
