/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Import of revocation lists: from whom they are is found among the
 * certificates handed in, those trusted, and our own (CAPF's).
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/cert_import_int.h"

static int
add_own(struct db *db, struct cert ***pool, size_t *n, struct err *e)
{
	struct own *rows = NULL;
	size_t nrows = 0;
	int ret;

	ret = own_all(db, &rows, &nrows, e);
	for (size_t i = 0; ret == ERR_OK && i < nrows; i++)
		ret = import_pool_add(pool, n, cert_ref(rows[i].cert), e);
	own_list_free(rows, nrows);
	return ret;
}

static void
visible(const struct crl *c, char out[IMPORT_NAME_MAX])
{
	const char *issuer = crl_issuer(c);

	str_visible(issuer, strlen(issuer), out, IMPORT_NAME_MAX);
}

static int
check_maker(const struct node *n, const struct container *set,
    const struct crl *c, struct err *e)
{
	struct cert **pool = NULL;
	char name[IMPORT_NAME_MAX];
	size_t npool = 0;
	int ret = ERR_OK, found = ERR_NOTFOUND;

	for (size_t i = 0; ret == ERR_OK && i < set->ncert; i++)
		ret = import_pool_add(&pool, &npool, cert_ref(set->cert[i]),
		    e);
	if (ret == ERR_OK)
		ret = import_named(n->db, crl_issuer(c), -1, &pool, &npool, e);
	if (ret == ERR_OK)
		ret = add_own(n->db, &pool, &npool, e);
	for (size_t i = 0; ret == ERR_OK && i < npool; i++) {
		if (found != ERR_OK)
			found = crl_verify(c, pool[i], NULL);
	}
	if (ret == ERR_OK && found != ERR_OK) {
		visible(c, name);
		ret = err_set(e, ERR_REFUSED, "the revocation list of \"%s\" "
		    "is signed by no certificate in the files or trust "
		    "stores: import its authority first", name);
	}
	for (size_t i = 0; i < npool; i++)
		cert_free(pool[i]);
	free(pool);
	return ret;
}

static int
check_dates(const struct node *n, const struct crl *c, int64_t now,
    struct wr *warn, struct err *e)
{
	char name[IMPORT_NAME_MAX], at[CLOCK_RFC3339_LEN];
	char clk[CLOCK_RFC3339_LEN];

	visible(c, name);
	if (crl_this_update(c) > now) {
		clock_rfc3339(crl_this_update(c), at);
		clock_rfc3339(now, clk);
		return err_set(e, ERR_REFUSED, "the revocation list of \"%s\" "
		    "is of %s, and the clock of %s says %s", name, at,
		    n->row.name, clk);
	}
	if (crl_next_update(c) != 0 && crl_next_update(c) < now) {
		clock_rfc3339(crl_next_update(c), at);
		wr_fmt(warn, "the revocation list of \"%s\" was to be replaced "
		    "by %s: what it does not name counts as unknown\n", name,
		    at);
	}
	return ERR_OK;
}

/* Newer than what is there?  A list that is there already is not. */
static int
is_news(struct db *db, const struct crl *c, bool *yes, struct err *e)
{
	struct err why = { .code = ERR_OK };
	struct row_crl old = { .issuer = NULL };
	const uint8_t *id;
	size_t len;
	int ret;

	id = crl_key_id(c, &len);
	ret = row_crl_get(db, crl_issuer(c), id, len, &old, &why);
	*yes = ret == ERR_NOTFOUND || (ret == ERR_OK &&
	    old.this_update < crl_this_update(c));
	row_crl_clear(&old);
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", why.msg);
}

int
import_crls_plan(struct import_trust *p, const struct node *n,
    const struct container *set, int64_t now, struct wr *warn,
    struct err *e)
{
	struct err why = { .code = ERR_OK };
	struct import_crl *x;
	int ret;

	if ((p->crl = calloc(set->ncrl + 1, sizeof(*p->crl))) == NULL)
		return err_set(e, ERR_NOMEM, "revocation lists");
	for (size_t i = 0; i < set->ncrl; i++) {
		x = &p->crl[p->ncrl++];
		x->crl = crl_from_der(set->crl[i].der, set->crl[i].len, &why);
		if (x->crl == NULL)
			return err_set(e, ERR_REFUSED, "revocation list: %s",
			    why.msg);
		if ((ret = check_dates(n, x->crl, now, warn, e)) != ERR_OK ||
		    (ret = check_maker(n, set, x->crl, e)) != ERR_OK ||
		    (ret = is_news(n->db, x->crl, &x->changed, e)) != ERR_OK)
			return ret;
		p->changes |= x->changed;
	}
	return ERR_OK;
}

static int
put(struct db *db, const struct crl *c, int64_t now, struct err *e)
{
	const uint8_t *id, *der;
	struct row_crl row = {
		.issuer = (char *)(uintptr_t)crl_issuer(c),
		.this_update = crl_this_update(c),
		.next_update = crl_next_update(c), .added_at = now,
	};

	id = crl_key_id(c, &row.key_idlen);
	if (row.key_idlen > sizeof(row.key_id))
		return err_set(e, ERR_LIMIT, "key identifier of a revocation "
		    "list: %zu bytes", row.key_idlen);
	if (row.key_idlen > 0)
		memcpy(row.key_id, id, row.key_idlen);
	crl_sha256(c, row.sha256);
	der = crl_der(c, &row.derlen);
	row.der = (uint8_t *)(uintptr_t)der;
	return row_crl_put(db, &row, e);
}

/* Of several of one authority the newest stays, whatever their order. */
int
import_crls_apply(struct db *db, struct import_trust *p, int64_t now,
    struct err *e)
{
	int ret = ERR_OK;

	for (size_t i = 0; ret == ERR_OK && i < p->ncrl; i++) {
		struct import_crl *x = &p->crl[i];

		if ((ret = is_news(db, x->crl, &x->changed, e)) == ERR_OK &&
		    x->changed)
			ret = put(db, x->crl, now, e);
	}
	return ret;
}
