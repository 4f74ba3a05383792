/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Import of revocation lists, see crl_import.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/wr.h"
#include "db/rows.h"
#include "trust/anchors.h"
#include "trust/crl_import.h"

#define WARNINGS_MAX	(64 * 1024)
#define SKEW_S		300	/* clocks may differ by */

struct planning {
	struct crl_import	*p;
	const struct node	*n;
	struct verifier		*v;
	int64_t			 now;
	struct wr		 warn;
};

/* The CA of a trust store that has signed it.  What is said of the last one
 * that has its name tells most. */
static int
check_signed(struct planning *x, const struct crl *c, struct err *e)
{
	const struct cert_store *s = verifier_store(x->v);
	const struct store_cert *sc = cert_store_first(s, STORE_BY_SUBJECT,
	    store_name_key(crl_issuer(c)));
	int ret = err_set(e, ERR_REFUSED, "the revocation list of %.150s: no "
	    "trust store has this CA: import its certificate first",
	    crl_issuer(c));

	for (; sc != NULL && ret != ERR_OK;
	    sc = cert_store_next(s, STORE_BY_SUBJECT, sc)) {
		struct err why = { 0 };
		struct cert *ca = cert_cache_get(verifier_cache(x->v),
		    sc->sha256, e);

		if (ca == NULL)
			return e != NULL ? e->code : ERR_IO;
		ret = crl_verify(c, ca, &why);
		cert_free(ca);
		if (ret != ERR_OK)
			ret = err_set(e, ERR_REFUSED, "the revocation list "
			    "of %.150s: %s", crl_issuer(c), why.msg);
	}
	return ret;
}

static int
check_dates(struct planning *x, const struct crl *c, struct err *e)
{
	int64_t next = crl_next_update(c);
	char at[CLOCK_RFC3339_LEN], clk[CLOCK_RFC3339_LEN];

	if (crl_this_update(c) > x->now + SKEW_S) {
		clock_rfc3339(crl_this_update(c), at);
		clock_rfc3339(x->now, clk);
		return err_set(e, ERR_REFUSED, "the revocation list of %.150s "
		    "begins at %s, the clock of %s says %s", crl_issuer(c), at,
		    x->n->row.name, clk);
	}
	if (next != 0 && next < x->now) {
		clock_rfc3339(next, at);
		wr_fmt(&x->warn, "the revocation list of %.150s was to be "
		    "replaced by %s: whom it does not name is kept, and the "
		    "log says so\n", crl_issuer(c), at);
	}
	return ERR_OK;
}

/* Beside the one that is here. */
static int
compare(struct planning *x, struct crl_item *it, struct err *e)
{
	char is[CLOCK_RFC3339_LEN], at[CLOCK_RFC3339_LEN];
	uint8_t sha256[SHA256_LEN];
	struct err none = { 0 };
	struct row_crl row;
	const uint8_t *id;
	size_t len;
	int ret;

	id = crl_key_id(it->crl, &len);
	if (len > sizeof(row.key_id))
		return err_set(e, ERR_REFUSED, "the revocation list of %.150s "
		    "has a key identifier of %zu bytes, %zu are the most",
		    crl_issuer(it->crl), len, sizeof(row.key_id));
	ret = row_crl_get(x->n->db, crl_issuer(it->crl), id, len, &row,
	    &none);
	it->change = CRL_ADDED;
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", none.msg);
	crl_sha256(it->crl, sha256);
	it->was = row.this_update;
	it->change = memcmp(sha256, row.sha256, SHA256_LEN) == 0 ? CRL_SAME :
	    CRL_REPLACES;
	row_crl_clear(&row);
	if (it->was <= crl_this_update(it->crl))
		return ERR_OK;
	clock_rfc3339(crl_this_update(it->crl), is);
	clock_rfc3339(it->was, at);
	return err_set(e, ERR_REFUSED, "the revocation list of %.150s is of "
	    "%s, the one that is here of %s", crl_issuer(it->crl), is, at);
}

/* Two of one CA and key in the files: which would count? */
static int
check_once(const struct crl_import *p, const struct crl *c, struct err *e)
{
	const uint8_t *a, *b;
	size_t alen, blen;

	b = crl_key_id(c, &blen);
	for (size_t i = 0; i < p->n; i++) {
		a = crl_key_id(p->item[i].crl, &alen);
		if (strcmp(crl_issuer(p->item[i].crl), crl_issuer(c)) == 0 &&
		    alen == blen && (alen == 0 || memcmp(a, b, alen) == 0))
			return err_set(e, ERR_REFUSED, "two revocation lists "
			    "of %.150s in the files: give the newer one alone",
			    crl_issuer(c));
	}
	return ERR_OK;
}

static int
take(struct planning *x, const struct container_crl *in, struct err *e)
{
	struct crl_import *p = x->p;
	struct crl_item it = { .crl = crl_from_der(in->der, in->len, e) };
	int ret;

	if (it.crl == NULL)
		return e == NULL || e->code == ERR_NOMEM ? ERR_NOMEM :
		    (e->code = ERR_REFUSED);
	if ((ret = check_once(p, it.crl, e)) != ERR_OK ||
	    (ret = check_signed(x, it.crl, e)) != ERR_OK ||
	    (ret = check_dates(x, it.crl, e)) != ERR_OK ||
	    (ret = compare(x, &it, e)) != ERR_OK) {
		crl_free(it.crl);
		return ret;
	}
	p->changes |= it.change != CRL_SAME;
	p->item[p->n++] = it;
	return ERR_OK;
}

static int
plan(struct planning *x, const struct container *set, struct err *e)
{
	struct crl_import *p = x->p;
	size_t len;
	int ret = ERR_OK;

	if (set->ncrl == 0)
		return err_set(e, ERR_REFUSED, "no revocation list in the "
		    "files");
	p->item = calloc(set->ncrl, sizeof(*p->item));
	if (p->item == NULL)
		return err_set(e, ERR_NOMEM, "import");
	if (set->ncert > 0)
		wr_fmt(&x->warn, "%zu certificates in the files are left out: "
		    "set cert import trust adds them\n", set->ncert);
	for (size_t i = 0; i < set->ncrl && ret == ERR_OK; i++)
		ret = take(x, &set->crl[i], e);
	if (ret == ERR_OK &&
	    (p->warnings = (char *)wr_take(&x->warn, &len)) == NULL)
		ret = err_set(e, ERR_NOMEM, "import");
	return ret;
}

int
crl_import_plan(struct crl_import *p, const struct node *n,
    const struct container *set, int64_t now, struct err *e)
{
	struct planning x = { .p = p, .n = n, .now = now,
	    .warn = wr_init(WARNINGS_MAX) };
	struct anchors_loop *l;
	int ret;

	*p = (struct crl_import){ 0 };
	/* Its clock is not asked: nothing is verified by date. */
	if ((l = anchors_once(n->db, clock_system(), e)) == NULL)
		return e != NULL ? e->code : ERR_IO;
	x.v = anchors_now(l);
	ret = plan(&x, set, e);
	wr_clear(&x.warn);
	anchors_loop_free(l);
	return ret;
}

void
crl_import_clear(struct crl_import *p)
{
	for (size_t i = 0; i < p->n; i++)
		crl_free(p->item[i].crl);
	free(p->item);
	free(p->warnings);
	*p = (struct crl_import){ 0 };
}

static int
put(struct db *db, const struct crl *c, int64_t now, struct err *e)
{
	struct row_crl row = { .added_at = now,
	    .this_update = crl_this_update(c),
	    .next_update = crl_next_update(c) };
	const uint8_t *id = crl_key_id(c, &row.key_idlen);
	const uint8_t *der = crl_der(c, &row.derlen);
	int ret;

	if (row.key_idlen > 0)
		memcpy(row.key_id, id, row.key_idlen);
	crl_sha256(c, row.sha256);
	row.issuer = strdup(crl_issuer(c));
	row.der = malloc(row.derlen);
	if (row.issuer == NULL || row.der == NULL) {
		ret = err_set(e, ERR_NOMEM, "import");
	} else {
		memcpy(row.der, der, row.derlen);
		ret = row_crl_put(db, &row, e);
	}
	row_crl_clear(&row);
	return ret;
}

int
crl_import_apply(struct db *db, const struct crl_import *p, int64_t now,
    struct err *e)
{
	int ret = ERR_OK;

	for (size_t i = 0; i < p->n && ret == ERR_OK; i++)
		if (p->item[i].change != CRL_SAME)
			ret = put(db, p->item[i].crl, now, e);
	return ret;
}
