/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Import of certificates, see cert_import.h: the plan for an own unit, and
 * writing it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/cert_import_int.h"
#include "trust/csr_own.h"
#include "trust/own_stage.h"

#define IMPORT_TRIES_MAX	512	/* signatures looked at, above a certificate */

void
import_name(const struct cert *c, char out[IMPORT_NAME_MAX])
{
	char *s = cert_cn(c, NULL);

	if (s == NULL || s[0] == '\0') {
		free(s);
		s = cert_subject(c, CERT_NAME_COMMA, NULL);
	}
	str_visible(s != NULL ? s : "?", s != NULL ? strlen(s) : 1, out,
	    IMPORT_NAME_MAX);
	free(s);
}

size_t
import_stores(const struct own_unit_def *u,
    enum trust_unit stores[IMPORT_STORES_MAX])
{
	const struct trust_unit_def *t;

	/* What lies in Phone-SAST-trust may sign lists: no authority's place,
	 * and lists are verified without chains. */
	if (u->unit == UNIT_ITLRECOVERY)
		return 0;
	t = trust_unit_find(u->name);
	stores[0] = t != NULL ? t->unit : TRUST_CALLMANAGER;
	/* SIP peers must take what CAPF issued. */
	stores[1] = TRUST_CALLMANAGER;
	return stores[0] == TRUST_CAPF ? 2 : 1;
}

/* --- the plan --- */

/* The rows of this unit and node, and the request that is pending. */
static int
load_unit(struct own_plan *o, struct err *e)
{
	struct err why = { .code = ERR_OK };
	struct import_own *p = o->p;
	struct own *all = NULL;
	size_t n = 0;
	int ret;

	o->csr = csr_own_load(o->n->db, p->u->name, p->node, NULL, &why);
	if (o->csr == NULL && why.code != ERR_NOTFOUND)
		return err_set(e, why.code, "%s", why.msg);
	if (o->csr != NULL && (ret = csr_key_id(o->csr, o->csr_key, e)) !=
	    ERR_OK)
		return ret;
	if ((ret = own_all(o->n->db, &all, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(all[i].row.unit, p->u->name) == 0 &&
		    strcmp(all[i].row.node, p->node) == 0)
			all[o->nown++] = all[i];
		else
			own_clear(&all[i]);
	}
	o->own = all;
	return ERR_OK;
}

static int
plan_chain(struct own_plan *o, struct err *e)
{
	enum trust_unit stores[IMPORT_STORES_MAX];
	int units[IMPORT_STORES_MAX];
	struct import_own *p = o->p;
	size_t n = import_stores(p->u, stores);
	int ret;

	for (size_t i = 0; i < n; i++)
		units[i] = (int)stores[i];
	for (size_t i = 0; i < o->set->ncert; i++)
		if ((ret = import_pool_add(&p->pool, &p->npool,
		    cert_ref(o->set->cert[i]), e)) != ERR_OK)
			return ret;
	if ((ret = import_chain(o->n->db, p->leaf, units, n, &p->pool,
	    &p->npool, &p->chain, e)) != ERR_OK)
		return ret;
	return import_check_chain(o, e);
}

/* Certificates above the leaf, as found: each is looked above in its turn. */
struct climb {
	const struct container	*set;
	bool			*above;
	size_t			*found;
	size_t			 n;
	size_t			 tries;		/* signatures looked at */
};

static int
too_many(const struct cert *c, struct err *e)
{
	char name[IMPORT_NAME_MAX];

	import_name(c, name);
	return err_set(e, ERR_LIMIT, "too many certificates of one name in "
	    "the files, such as \"%s\": import the certificate with its own "
	    "chain alone", name);
}

/* Who of the set has issued c? */
static int
mark_issuers(struct climb *x, const struct cert *leaf, const struct cert *c,
    struct err *e)
{
	for (size_t i = 0; i < x->set->ncert; i++) {
		const struct cert *up = x->set->cert[i];

		if (x->above[i] || up == leaf || up == c ||
		    !chain_may_issue(up, c))
			continue;
		if (x->tries++ == IMPORT_TRIES_MAX)
			return too_many(up, e);
		if (chain_issued(up, c)) {
			x->above[i] = true;
			x->found[x->n++] = i;
		}
	}
	return ERR_OK;
}

/*
 * All ways up count, cross-signed authorities too.  No pair is looked at
 * twice, and not every pair: thousands of one name would take minutes.
 */
static int
mark_above(const struct own_plan *o, bool *above, struct err *e)
{
	const struct container *set = o->set;
	struct climb x = { .set = set, .above = above,
	    .found = calloc(set->ncert + 1, sizeof(*x.found)) };
	int ret;

	if (x.found == NULL)
		return err_set(e, ERR_NOMEM, "import");
	ret = mark_issuers(&x, o->p->leaf, o->p->leaf, e);
	for (size_t i = 0; ret == ERR_OK && i < x.n; i++)
		ret = mark_issuers(&x, o->p->leaf, set->cert[x.found[i]], e);
	free(x.found);
	return ret;
}

static int
plan_stores(struct own_plan *o, struct err *e)
{
	enum trust_unit stores[IMPORT_STORES_MAX];
	const struct container *set = o->set;
	struct import_own *p = o->p;
	size_t n = import_stores(p->u, stores), nup = 0;
	bool *above = calloc(set->ncert + 1, sizeof(*above));
	struct cert **up = calloc(set->ncert + 1, sizeof(*up));
	int ret;

	p->ca = calloc(set->ncert * IMPORT_STORES_MAX + 1, sizeof(*p->ca));
	if (above == NULL || up == NULL || p->ca == NULL) {
		ret = err_set(e, ERR_NOMEM, "import");
		goto out;
	}
	if ((ret = mark_above(o, above, e)) != ERR_OK)
		goto out;
	for (size_t i = 0; i < set->ncert; i++) {
		if (above[i])
			up[nup++] = set->cert[i];
		else if (set->cert[i] != p->leaf)
			p->nother++;
	}
	if ((ret = chain_sort(up, nup, e)) != ERR_OK)
		goto out;
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < nup; i++)
			p->ca[p->nca++] = (struct import_ca){
			    .cert = cert_ref(up[i]), .unit = stores[k] };
out:
	free(above);
	free(up);
	return ret;
}

static void
warn_others(struct own_plan *o)
{
	const struct container *set = o->set;

	if (o->p->nother > 0)
		wr_fmt(&o->warn, "%zu other certificates in the files are left "
		    "out: set cert import trust adds them\n", o->p->nother);
	if (set->ncrl > 0)
		wr_fmt(&o->warn, "%zu revocation lists in the files are left "
		    "out: set crl import adds them\n", set->ncrl);
	if (set->nkey > (size_t)(o->p->by == IMPORT_KEY_FILE))
		wr_fmt(&o->warn, "private keys in the files that are not "
		    "needed are left out\n");
	if (o->csr != NULL && o->p->by != IMPORT_KEY_CSR)
		wr_fmt(&o->warn, "the pending request of %s is another "
		    "matter: it stays\n", o->p->u->name);
}

static int
plan(struct own_plan *o, struct err *e)
{
	size_t len;
	int ret;

	if ((ret = load_unit(o, e)) != ERR_OK ||
	    (ret = import_leaf(o, e)) != ERR_OK ||
	    (ret = import_check_leaf(o, e)) != ERR_OK ||
	    (ret = plan_chain(o, e)) != ERR_OK ||
	    (ret = plan_stores(o, e)) != ERR_OK)
		return ret;
	o->p->csr_used = o->p->by == IMPORT_KEY_CSR;
	o->p->changes = o->p->csr_used || !o->p->known;
	if ((ret = import_foresee(o->n->db, o->p->ca, o->p->nca,
	    &o->p->changes, e)) != ERR_OK)
		return ret;
	warn_others(o);
	o->p->warnings = (char *)wr_take(&o->warn, &len);
	return o->p->warnings != NULL ? ERR_OK :
	    err_set(e, ERR_NOMEM, "import");
}

int
import_own_plan(struct import_own *p, const struct own_unit_def *u,
    const struct node *n, const struct container *set, int64_t now,
    struct err *e)
{
	struct own_plan o = { .p = p, .n = n, .set = set, .now = now,
	    .warn = wr_init(WARNINGS_MAX) };
	int ret;

	*p = (struct import_own){ .u = u };
	(void)str_copy(p->node, sizeof(p->node), csr_own_node(u, n));
	ret = plan(&o, e);
	csr_free(o.csr);
	own_list_free(o.own, o.nown);
	wr_clear(&o.warn);
	return ret;
}

void
import_ca_free(struct import_ca *ca, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cert_free(ca[i].cert);
	free(ca);
}

void
import_own_clear(struct import_own *p)
{
	cert_free(p->leaf);
	for (size_t i = 0; i < p->npool; i++)
		cert_free(p->pool[i]);
	free(p->pool);
	import_ca_free(p->ca, p->nca);
	free(p->warnings);
	*p = (struct import_own){ .u = NULL };
}

/* --- writing --- */

struct own_new *
import_own_new(const struct import_own *p, const struct keyring *kr,
    const struct rng *rng, struct err *e)
{
	return own_take(p->u->unit, p->node, p->leaf, p->key, kr, rng, e);
}

int
import_add_all(struct db *db, struct import_ca *ca, size_t n,
    const struct trust_add *how, int64_t now, struct err *e)
{
	int ret = ERR_OK;

	for (size_t i = 0; ret == ERR_OK && i < n; i++) {
		struct trust_add a = *how;

		a.unit = ca[i].unit;
		a.cert = ca[i].cert;
		ret = trust_store_add(db, &a, now, &ca[i].change, e);
	}
	return ret;
}

int
import_foresee(struct db *db, struct import_ca *ca, size_t n, bool *changes,
    struct err *e)
{
	uint8_t sha256[SHA256_LEN];
	struct row_trust t;
	int ret;

	for (size_t i = 0; i < n; i++) {
		struct err why = { .code = ERR_OK };

		cert_sha256(ca[i].cert, sha256);
		ret = row_trust_get(db, trust_unit_table()[ca[i].unit].name,
		    sha256, &t, &why);
		if (ret != ERR_OK && ret != ERR_NOTFOUND)
			return err_set(e, ret, "%s", why.msg);
		ca[i].change = ret == ERR_NOTFOUND ? TRUST_ADDED :
		    t.removed_at != 0 ? TRUST_RETURNED : TRUST_SAME;
		*changes |= ca[i].change != TRUST_SAME;
	}
	return ERR_OK;
}

/*
 * A certificate whose key is gone would keep each daemon from starting: while
 * somebody read the plan another may have replaced the request or purged.
 */
static int
check_key_here(struct db *db, const struct import_own *p, struct err *e)
{
	struct err why = { .code = ERR_OK };
	uint8_t id[KEY_ID_LEN], *sealed = NULL;
	size_t len;
	int ret;

	if (p->known || p->by == IMPORT_KEY_FILE)
		return ERR_OK;
	cert_key_id(p->leaf, id);
	ret = row_key_get(db, id, &sealed, &len, &why);
	free(sealed);
	if (ret == ERR_NOTFOUND)
		return err_set(e, ERR_REFUSED, "the private key of this %s "
		    "certificate was removed meanwhile (a new request, or set "
		    "cert purge): nothing is imported; ask the authority "
		    "again with the request that is pending now", p->u->name);
	return ret == ERR_OK ? ERR_OK : err_set(e, ret, "%s", why.msg);
}

int
import_own_apply(struct db *db, struct import_own *p,
    const struct own_new *leaf, int64_t now, struct err *e)
{
	const struct trust_add how = { .origin = "import" };
	struct own_moved moved;
	int ret;

	if ((ret = check_key_here(db, p, e)) != ERR_OK ||
	    (ret = import_add_all(db, p->ca, p->nca, &how, now, e)) !=
	    ERR_OK || (!p->known && (ret = own_stage_new(db, leaf, now,
	    &moved, e)) != ERR_OK))
		return ret;
	return p->csr_used ? row_csr_remove(db, p->u->name, p->node, e) :
	    ERR_OK;
}
