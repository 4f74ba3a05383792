/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates that were sent and never confirmed.  See capf.h.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/capf_part.h"
#include "trust/cert_row.h"

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

/* --- counting for nothing --- */

int
capf_never_his(struct db *db, const struct capf_issued *i,
    enum device_cert_state state, int64_t now, struct err *e)
{
	struct row_device_cert d = { .owner = i->owner, .type = DEVICE_LSC,
	    .state = state, .changed_at = now };
	struct cert *cert = cert_from_der(i->der, i->derlen, NULL);
	int ret;

	if (cert == NULL)	/* nobody shows that */
		return ERR_OK;
	cert_sha256(cert, d.sha256);
	if ((ret = cert_row_put(db, cert, e)) == ERR_OK)
		ret = row_device_cert_put(db, &d, e);
	cert_free(cert);
	return ret;
}

struct voided {
	const struct capf_ctx	*c;
	int64_t			 now, n;
};

static int
void_one(void *arg, const struct capf_issued *i, struct err *e)
{
	struct voided *v = arg;
	struct stale s = { .db = v->c->db };
	bool known;
	int ret;

	if ((ret = is_his(&s, i, &known, e)) != ERR_OK || known ||
	    (ret = capf_never_his(v->c->db, i, DEVICE_DELETED, v->now, e)) !=
	    ERR_OK || (ret = is_his(&s, i, &known, e)) != ERR_OK)
		return ret;
	v->n += known;
	return ERR_OK;
}

int
capf_void_issued(const struct capf_ctx *c, const struct capf_owner *o,
    int64_t now, int64_t *n, struct err *e)
{
	struct voided v = { .c = c, .now = now };
	int ret = observed_issued_of(c->observed, o, void_one, &v, e);

	*n = v.n;
	return ret;
}

/* --- removing --- */

struct gathered {
	const uint8_t		*only;
	struct capf_issued	*issued;
	size_t			 n, room;
	int64_t			 now;
};

static int
gather(void *arg, const struct capf_issued *i, struct err *e)
{
	struct gathered *g = arg;
	struct capf_issued *copy;
	void *p;

	if (g->only != NULL && memcmp(g->only, i->sha256, SHA256_LEN) != 0)
		return ERR_OK;
	if (g->n == g->room) {
		if ((p = reallocarray(g->issued, g->room + 256,
		    sizeof(*g->issued))) == NULL)
			return err_set(e, ERR_NOMEM, "certificates");
		g->issued = p;
		g->room += 256;
	}
	copy = &g->issued[g->n];
	*copy = *i;
	if ((copy->der = malloc(i->derlen + 1)) == NULL)
		return err_set(e, ERR_NOMEM, "certificates");
	memcpy(copy->der, i->der, i->derlen);
	g->n++;
	return ERR_OK;
}

static int
note_all(struct db *db, void *arg, struct err *e)
{
	const struct gathered *g = arg;
	int ret = ERR_OK;

	for (size_t i = 0; ret == ERR_OK && i < g->n; i++)
		ret = capf_never_his(db, &g->issued[i], DEVICE_DELETED,
		    g->now, e);
	return ret;
}

/* The row that says so first: what is forgotten without it might be taken for
 * one of before this cluster. */
int
capf_stale_remove(struct db *db, struct db *observed, int64_t now,
    const uint8_t *sha256, int64_t *n, struct err *e)
{
	struct gathered g = { .only = sha256, .now = now };
	int ret = capf_stale_each(db, observed, now, gather, &g, e);

	*n = 0;
	if (ret == ERR_OK && g.n > 0)
		ret = db_result_err(db_tx(db, note_all, &g, e), e);
	for (size_t i = 0; ret == ERR_OK && i < g.n; i++)
		if ((ret = observed_issued_remove(observed,
		    g.issued[i].sha256, e)) == ERR_OK)
			++*n;
	for (size_t i = 0; i < g.n; i++)
		capf_issued_clear(&g.issued[i]);
	free(g.issued);
	return ret;
}
