/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See vendor_ca.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/trust_store.h"
#include "trust/vendor_ca.h"

/* Common names as the vendor publishes them [G]. */
static const struct vendor_ca table[] = {
	{ "ACT2 SUDI CA", "secure identities of phones of the 78xx, 88xx and "
	    "later series" },
	{ "CAP-RTP-001", "certificates of the first CAPF servers, before "
	    "phones had their own" },
	{ "CAP-RTP-002", "the same, the second authority" },
	{ "Cisco Manufacturing CA", "MIC of phones of the 79xx, 69xx, 89xx "
	    "and 99xx series" },
	{ "Cisco Manufacturing CA SHA2", "MIC of later phones, with SHA-256" },
	{ "Cisco Root CA 2048", "signs Cisco Manufacturing CA" },
	{ "Cisco Root CA M2", "signs Cisco Manufacturing CA SHA2" },
};
#define NTABLE	(sizeof(table) / sizeof(table[0]))

const enum trust_unit vendor_ca_store[VENDOR_CA_STORES] = {
	TRUST_CALLMANAGER, TRUST_CAPF,
};

const struct vendor_ca *
vendor_ca_table(size_t *n)
{
	*n = NTABLE;
	return table;
}

const struct vendor_ca *
vendor_ca_find(const char *cn)
{
	for (size_t i = 0; i < NTABLE; i++)
		if (str_ieq(table[i].cn, cn))
			return &table[i];
	return NULL;
}

static const char *
store_name(size_t i)
{
	return trust_unit_table()[vendor_ca_store[i]].name;
}

/* Is this row one of v's?  Its note says whose it is. */
static bool
is_of(const struct row_trust *t, const struct vendor_ca *v)
{
	return strcmp(t->origin, VENDOR_CA_ORIGIN) == 0 &&
	    strcmp(t->note, v->cn) == 0;
}

static int
find_row(struct db *db, const struct vendor_ca *v, bool removed, bool *found,
    uint8_t sha256[SHA256_LEN], struct err *e)
{
	struct row_trust *rows = NULL;
	size_t n = 0;
	int64_t at = -1;
	int ret;

	*found = false;
	if ((ret = row_trust_list(db, store_name(0), NULL, removed, &rows, &n,
	    e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++)
		if (is_of(&rows[i], v) && rows[i].added_at > at) {
			at = rows[i].added_at;
			memcpy(sha256, rows[i].sha256, SHA256_LEN);
			*found = true;
		}
	free(rows);
	return ERR_OK;
}

int
vendor_ca_state(struct db *db, const struct vendor_ca *v,
    enum vendor_ca_state *state, uint8_t sha256[SHA256_LEN], struct err *e)
{
	bool found;
	int ret;

	*state = VENDOR_CA_MISSING;
	if ((ret = find_row(db, v, false, &found, sha256, e)) != ERR_OK)
		return ret;
	if (found) {
		*state = VENDOR_CA_ON;
		return ERR_OK;
	}
	if ((ret = find_row(db, v, true, &found, sha256, e)) == ERR_OK &&
	    found)
		*state = VENDOR_CA_OFF;
	return ret;
}

int
vendor_ca_supply(struct db *db, const struct cert *c, int64_t now,
    bool *changed, struct err *e)
{
	struct trust_add a = { .cert = c, .origin = VENDOR_CA_ORIGIN };
	const struct vendor_ca *v;
	enum trust_change change;
	char *cn;
	int ret = ERR_OK;

	*changed = false;
	if ((cn = cert_cn(c, e)) == NULL)
		return e->code;
	v = vendor_ca_find(cn);
	free(cn);
	if (v == NULL)
		return err_set(e, ERR_ARG, "no authority of the list");
	a.note = v->cn;
	for (size_t i = 0; i < VENDOR_CA_STORES && ret == ERR_OK; i++) {
		a.unit = vendor_ca_store[i];
		ret = trust_store_add(db, &a, now, &change, e);
		*changed |= ret == ERR_OK && change != TRUST_SAME;
	}
	return ret;
}

/* fn on each store; one that has nothing to do there is fine. */
static int
each_store(struct db *db, int (*fn)(struct db *, enum trust_unit,
    const uint8_t *, int64_t, struct err *), const uint8_t *sha256,
    int64_t now, bool *changed, struct err *e)
{
	struct err own;
	int ret;

	*changed = false;
	for (size_t i = 0; i < VENDOR_CA_STORES; i++) {
		own = (struct err){ .code = ERR_OK };
		ret = fn(db, vendor_ca_store[i], sha256, now, &own);
		if (ret != ERR_OK && ret != ERR_NOTFOUND)
			return err_set(e, ret, "%s", own.msg);
		*changed |= ret == ERR_OK;
	}
	return ERR_OK;
}

int
vendor_ca_enable(struct db *db, const uint8_t sha256[SHA256_LEN],
    int64_t now, bool *changed, struct err *e)
{
	return each_store(db, trust_store_undelete, sha256, now, changed, e);
}

int
vendor_ca_disable(struct db *db, const uint8_t sha256[SHA256_LEN],
    int64_t now, bool *changed, struct err *e)
{
	return each_store(db, trust_store_remove, sha256, now, changed, e);
}
