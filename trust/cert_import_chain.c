/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Import: chains out of files and trust stores.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/cert_import_int.h"
#include "trust/cert_row.h"

#define ISSUERS_MAX	CHAIN_TRIES

struct issuers {
	const char	*subject;
	uint8_t		 sha256[ISSUERS_MAX][SHA256_LEN];
	size_t		 n;
};

static int
note_issuer(void *arg, const struct row_trust *t, const struct row_cert *c,
    struct err *e)
{
	struct issuers *f = arg;

	(void)e;
	if (f->n < ISSUERS_MAX && strcmp(c->subject, f->subject) == 0)
		memcpy(f->sha256[f->n++], t->sha256, SHA256_LEN);
	return ERR_OK;
}

static bool
in_pool(struct cert *const *pool, size_t n, const uint8_t *sha256)
{
	uint8_t other[SHA256_LEN];

	for (size_t i = 0; i < n; i++) {
		cert_sha256(pool[i], other);
		if (memcmp(other, sha256, SHA256_LEN) == 0)
			return true;
	}
	return false;
}

int
import_pool_add(struct cert ***pool, size_t *n, struct cert *c, struct err *e)
{
	struct cert **list = reallocarray(*pool, *n + 1, sizeof(*list));

	if (list == NULL) {
		cert_free(c);
		return err_set(e, ERR_NOMEM, "chain");
	}
	*pool = list;
	list[(*n)++] = c;
	return ERR_OK;
}

/* Who may have issued c, out of a store, into the pool. */
static int
fetch_issuers(struct db *db, const struct cert *c, int unit,
    struct cert ***pool, size_t *n, struct err *e)
{
	char *issuer = cert_issuer(c, CERT_NAME_SEMICOLON, e);
	struct issuers f = { .subject = issuer };
	struct cert *found;
	int ret;

	if (issuer == NULL)
		return e->code;
	ret = row_trust_each(db, unit < 0 ? NULL : trust_unit_table()[unit].
	    name, note_issuer, &f, e);
	for (size_t i = 0; ret == ERR_OK && i < f.n; i++) {
		if (in_pool(*pool, *n, f.sha256[i]))
			continue;
		found = cert_row_get(db, f.sha256[i], e);
		ret = found == NULL ? e->code : import_pool_add(pool, n, found, e);
	}
	free(issuer);
	return ret;
}

int
import_chain(struct db *db, const struct cert *c, const int *units,
    size_t nunits, struct cert ***pool, size_t *npool, struct chain *ch,
    struct err *e)
{
	size_t before;
	int ret;

	for (size_t i = 0; i < CHAIN_MAX; i++) {
		chain_make(ch, c, *pool, *npool);
		before = *npool;
		if (ch->complete)
			return ERR_OK;
		for (size_t k = 0; k < nunits; k++)
			if ((ret = fetch_issuers(db, ch->cert[ch->n - 1],
			    units[k], pool, npool, e)) != ERR_OK)
				return ret;
		if (*npool == before)
			return ERR_OK;
	}
	return ERR_OK;
}
