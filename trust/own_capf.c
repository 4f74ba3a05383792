/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See own_capf.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/rows_capf.h"
#include "trust/own.h"
#include "trust/own_capf.h"
#include "trust/trust_store.h"

static const enum trust_unit stores[] = { TRUST_CAPF, TRUST_CALLMANAGER };
#define NSTORES	(sizeof(stores) / sizeof(stores[0]))

static bool
is_capf(const struct row_own *row)
{
	return strcmp(row->unit, own_unit_table()[UNIT_CAPF].name) == 0;
}

int
own_capf_phones(struct db *db, const uint8_t sha256[SHA256_LEN], int64_t *n,
    struct err *e)
{
	return row_device_cert_count(db, sha256, n, e);
}

int
own_capf_made(struct db *db, const uint8_t sha256[SHA256_LEN], bool *made,
    struct err *e)
{
	struct row_own *own = NULL;
	struct row_trust *t = NULL;
	size_t n = 0;
	int ret = row_own_of_cert(db, sha256, &own, &n, e);

	*made = false;
	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		*made = *made || is_capf(&own[i]);
	free(own);
	if (ret != ERR_OK || *made ||
	    (ret = row_trust_of_cert(db, sha256, &t, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++)
		*made = *made || strcmp(t[i].origin, OWN_CAPF_ORIGIN) == 0;
	free(t);
	return ERR_OK;
}

int
own_capf_text(struct db *db, const uint8_t sha256[SHA256_LEN],
    char out[OWN_CAPF_TEXT_MAX], struct err *e)
{
	char hex[2 * SHA256_LEN + 1];
	int64_t n;
	int ret;

	out[0] = '\0';
	if ((ret = own_capf_phones(db, sha256, &n, e)) != ERR_OK || n == 0)
		return ret;
	/* The name is that of the next one, too. */
	str_hex(sha256, SHA256_LEN, hex);
	(void)snprintf(out, OWN_CAPF_TEXT_MAX, "certificates of %" PRId64
	    " phone%s, which utils capf lsc list --issuer %.16s names: utils "
	    "capf upgrade", n, n == 1 ? "" : "s", hex);
	return ERR_OK;
}

/* An administrator who has removed it meant it; else it stays or comes. */
static int
keep_in(struct db *db, enum trust_unit unit, const struct cert *c,
    int64_t now, struct err *e)
{
	const struct trust_add a = { .unit = unit, .cert = c,
	    .origin = OWN_CAPF_ORIGIN,
	    .note = "CAPF before: until it is purged, when no phone has a "
	    "certificate of it" };
	enum trust_change change;

	return trust_store_add(db, &a, now, &change, e);
}

int
own_capf_retire(struct db *db, const struct row_own *row, int64_t now,
    struct err *e)
{
	struct own o;
	int64_t n;
	int ret;

	if (!is_capf(row))
		return ERR_OK;
	if ((ret = own_capf_phones(db, row->sha256, &n, e)) != ERR_OK ||
	    n == 0 || (ret = own_load(db, row, &o, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < NSTORES && ret == ERR_OK; i++)
		ret = keep_in(db, stores[i], o.cert, now, e);
	own_clear(&o);
	return ret;
}

static int
leave(struct db *db, enum trust_unit unit, const uint8_t *sha256,
    int64_t now, struct err *e)
{
	struct err none = { .code = ERR_OK };
	struct row_trust t;
	int ret = row_trust_get(db, trust_unit_table()[unit].name, sha256,
	    &t, &none);

	if (ret == ERR_NOTFOUND || (ret == ERR_OK && (t.removed_at != 0 ||
	    strcmp(t.origin, OWN_CAPF_ORIGIN) != 0)))
		return ERR_OK;
	return ret == ERR_OK ? trust_store_remove(db, unit, sha256, now, e) :
	    err_set(e, ret, "%s", none.msg);
}

int
own_capf_purge(struct db *db, const struct row_own *row, int64_t now,
    struct err *e)
{
	int ret = ERR_OK;

	for (size_t i = 0; is_capf(row) && i < NSTORES && ret == ERR_OK; i++)
		ret = leave(db, stores[i], row->sha256, now, e);
	return ret;
}
