/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones that come to CAPF though nothing is asked of them, and whose files
 * are encrypted: one that lost its key does, at every boot, because it can
 * read nothing else that would keep it from it.  See capf.h.
 */
#include <string.h>

#include "base/str.h"
#include "trust/capf_part.h"
#include "trust/capf_unasked.h"

/* Who signs with the key that its files are encrypted for has it. */
static bool
has_its_key(const struct capf_asked *a, const struct capf_hello *h)
{
	return h->proof != CAPF_PROOF_NONE && h->unproved[0] == '\0' &&
	    memcmp(h->sha256, a->key, SHA256_LEN) == 0;
}

int
capf_unasked_add(const struct capf_ctx *c, const struct capf_asked *a,
    const struct capf_hello *h, struct err *e)
{
	struct capf_unasked u;
	int ret;

	if (!a->sealed)
		return ERR_OK;
	if (has_its_key(a, h))
		return observed_unasked_remove(c->observed, a->owner.name, e);
	if ((ret = observed_unasked_get(c->observed, a->owner.name, &u,
	    e)) != ERR_OK)
		return ret;
	/* Once per session: a step may be run again. */
	if (u.visits > 0 && u.session == h->session && u.at == h->now)
		return ERR_OK;
	if (u.visits == 0)
		u.since = h->now;
	u.visits++;
	u.at = h->now;
	u.session = h->session;
	(void)str_copy(u.phone, sizeof(u.phone), a->owner.name);
	(void)str_copy(u.address, sizeof(u.address), h->address);
	return observed_unasked_put(c->observed, &u, e);
}

int
capf_unasked_over(const struct capf_ctx *c, const struct capf_owner *o,
    struct err *e)
{
	return o->kind != CAPF_PHONE ? ERR_OK :
	    observed_unasked_remove(c->observed, o->name, e);
}

/* --- for those who show it --- */

struct look {
	struct db		*db;
	const struct profile_base *base;
	struct db		*observed;
	int64_t			 now, n;
};

int
capf_unasked_of(struct db *db, struct db *observed,
    const struct phone_effective *x, const struct device_key *k,
    struct capf_unasked *u, struct err *e)
{
	struct row_device_cert d;
	int ret;

	*u = (struct capf_unasked){ .visits = 0 };
	if (!effective_yes(x, SETTING_ENC_CONFIG) || !k->has_key)
		return ERR_OK;
	if ((ret = observed_unasked_get(observed, x->phone.name, u, e)) !=
	    ERR_OK || u->visits == 0)
		return ret;
	/* Another node may have given it a certificate since. */
	if ((ret = row_device_cert_by_sha256(db, k->sha256, &d, e)) != ERR_OK)
		return ret;
	if (d.stored_at > u->at)
		u->visits = 0;
	return ERR_OK;
}

static int
look_one(struct look *l, const struct phone_effective *x, struct err *e)
{
	struct capf_pending p;
	struct capf_unasked u;
	struct device_key k;
	int ret;

	if ((ret = device_key_load(&k, l->db, x->phone.name, e)) != ERR_OK)
		return ret;
	capf_pending(x, k.has_key, l->now, &p);
	ret = capf_unasked_of(l->db, l->observed, x, &k, &u, e);
	l->n += ret == ERR_OK && p.op == CAPF_OP_NONE && u.visits > 0;
	device_key_clear(&k);
	return ret;
}

static int
look(void *arg, const struct capf_unasked *u, struct err *e)
{
	struct look *l = arg;
	struct phone_effective x;
	struct err own = { 0 };
	int ret = phone_effective_load(&x, l->db, l->base, u->phone, &own);

	if (ret == ERR_NOTFOUND)
		return ERR_OK;		/* removed since */
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", own.msg);
	ret = look_one(l, &x, e);
	phone_effective_clear(&x);
	return ret;
}

int
capf_unasked_count(struct db *db, struct db *observed, int64_t now,
    int64_t *n, struct err *e)
{
	struct look l = { .db = db, .observed = observed, .now = now };
	struct profile_base *base;
	int ret = profile_base_load(&base, db, e);

	*n = 0;
	if (ret != ERR_OK)
		return ret;
	l.base = base;
	ret = observed_unasked_each(observed, look, &l, e);
	profile_base_free(base);
	*n = l.n;
	return ret;
}
