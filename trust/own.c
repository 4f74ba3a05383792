/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Own certificates, see own.h: the units, their rows and keys.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/own.h"

#define MASK(stage)	(1u << (stage))
#define LISTED		(MASK(OWN_ANNOUNCED) | MASK(OWN_ACTIVE))
#define ALL_STAGES	(LISTED | MASK(OWN_RETIRED))

static const struct own_unit_def units[UNIT_N] = {
	[UNIT_CALLMANAGER] = {
		.unit = UNIT_CALLMANAGER, .name = "CallManager",
		.listed = true, .signs = true,
		.key = KEY_RSA2048, .years = 5, .pathlen = -1,
		.usage = CERT_USE_TLS_SERVER | CERT_USE_TLS_CLIENT |
		    CERT_USE_SIGN | CERT_USE_ENCIPHER,
	},
	/* An EC key agrees on keys, it enciphers none. */
	[UNIT_CALLMANAGER_ECDSA] = {
		.unit = UNIT_CALLMANAGER_ECDSA, .name = "CallManager-ECDSA",
		.listed = true,
		.key = KEY_EC384, .years = 5, .pathlen = -1,
		.usage = CERT_USE_TLS_SERVER | CERT_USE_TLS_CLIENT |
		    CERT_USE_SIGN,
	},
	[UNIT_TVS] = {
		.unit = UNIT_TVS, .name = "TVS", .per_node = true,
		.listed = true,
		.key = KEY_RSA2048, .years = 5, .pathlen = -1,
		.usage = CERT_USE_TLS_SERVER | CERT_USE_SIGN |
		    CERT_USE_ENCIPHER,
	},
	[UNIT_CAPF] = {
		.unit = UNIT_CAPF, .name = "CAPF", .listed = true,
		.key = KEY_RSA2048, .years = 5, .pathlen = 0,
		/* Its extended key usage bounds that of what it issues. */
		.usage = CERT_USE_CA | CERT_USE_TLS_SERVER |
		    CERT_USE_TLS_CLIENT | CERT_USE_SIGN | CERT_USE_ENCIPHER,
	},
	[UNIT_ITLRECOVERY] = {
		.unit = UNIT_ITLRECOVERY, .name = "ITLRecovery",
		.listed = true, .signs = true,
		.key = KEY_RSA2048, .years = 20, .pathlen = -1,
		.usage = CERT_USE_SIGN,
	},
	[UNIT_HTTPS] = {
		.unit = UNIT_HTTPS, .name = "https", .alias = "tomcat",
		.per_node = true,
		.key = KEY_RSA2048, .years = 5, .pathlen = -1,
		.usage = CERT_USE_TLS_SERVER | CERT_USE_TLS_CLIENT |
		    CERT_USE_SIGN | CERT_USE_ENCIPHER,
	},
	[UNIT_IPSEC] = {
		.unit = UNIT_IPSEC, .name = "ipsec", .per_node = true,
		.optional = true,
		.key = KEY_RSA2048, .years = 5, .pathlen = -1,
		.usage = CERT_USE_TLS_SERVER | CERT_USE_TLS_CLIENT |
		    CERT_USE_SIGN | CERT_USE_ENCIPHER,
	},
};

const struct own_unit_def *
own_unit_table(void)
{
	return units;
}

const struct own_unit_def *
own_unit_find(const char *name)
{
	for (size_t i = 0; i < UNIT_N; i++)
		if (str_ieq(units[i].name, name) || (units[i].alias != NULL &&
		    str_ieq(units[i].alias, name)))
			return &units[i];
	return NULL;
}

void
own_clear(struct own *o)
{
	cert_free(o->cert);
	*o = (struct own){ .cert = NULL };
}

void
own_list_free(struct own *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		own_clear(&rows[i]);
	free(rows);
}

int
own_load(struct db *db, const struct row_own *row, struct own *o,
    struct err *e)
{
	struct row_cert rc = { .der = NULL };
	int ret;

	*o = (struct own){ .row = *row };
	if ((ret = row_cert_get(db, row->sha256, &rc, e)) == ERR_OK) {
		memcpy(o->key_id, rc.key_id, sizeof(o->key_id));
		o->cert = cert_from_der(rc.der, rc.derlen, e);
	}
	row_cert_clear(&rc);
	if (o->cert == NULL)
		return err_wrap(e, "%s certificate in the database",
		    row->unit);
	return ERR_OK;
}

int
own_active(struct db *db, enum own_unit unit, const char *node, struct own *o,
    struct err *e)
{
	const struct own_unit_def *u = &units[unit];
	struct row_own row;
	int ret;

	*o = (struct own){ .cert = NULL };
	if ((ret = row_own_active(db, u->name,
	    u->per_node && node != NULL ? node : "", &row, e)) != ERR_OK)
		return ret;
	return own_load(db, &row, o, e);
}

/* unit NULL: all of them. */
static int
load_stages(struct db *db, const char *unit, unsigned stages,
    struct own **out, size_t *nout, struct err *e)
{
	struct row_own *rows = NULL;
	struct own *list = NULL;
	size_t nrows = 0, n = 0;
	int ret;

	*out = NULL;
	*nout = 0;
	if ((ret = row_own_list(db, unit, -1, &rows, &nrows, e)) != ERR_OK)
		return ret;
	if ((list = calloc(nrows + 1, sizeof(*list))) == NULL) {
		ret = err_set(e, ERR_NOMEM, "own certificates");
		goto out;
	}
	for (size_t i = 0; i < nrows; i++) {
		if ((stages & MASK(rows[i].stage)) == 0)
			continue;
		if ((ret = own_load(db, &rows[i], &list[n++], e)) != ERR_OK)
			goto out;
	}
	*out = list;
	*nout = n;
	list = NULL;
out:
	if (list != NULL)
		own_list_free(list, n);
	free(rows);
	return ret;
}

int
own_listed(struct db *db, enum own_unit unit, struct own **rows, size_t *n,
    struct err *e)
{
	return load_stages(db, units[unit].name, LISTED, rows, n, e);
}

/* Of its unit and node no other was retired later. */
static bool
is_last_retired(const struct own *rows, size_t n, size_t i)
{
	const struct row_own *o = &rows[i].row, *p;

	for (size_t j = 0; j < n; j++) {
		p = &rows[j].row;
		if (p->stage == OWN_RETIRED && strcmp(p->node, o->node) ==
		    0 && (p->staged_at > o->staged_at || (p->staged_at ==
		    o->staged_at && p->generation > o->generation)))
			return false;
	}
	return true;
}

int
own_held(struct db *db, enum own_unit unit, struct own **out, size_t *n,
    struct err *e)
{
	struct own *rows, *held;
	size_t all;
	int ret;

	if ((ret = load_stages(db, units[unit].name, ALL_STAGES, &rows, &all,
	    e)) != ERR_OK)
		return ret;
	if ((held = calloc(all + 1, sizeof(*held))) == NULL) {
		own_list_free(rows, all);
		return err_set(e, ERR_NOMEM, "own certificates");
	}
	*n = 0;
	for (size_t i = 0; i < all; i++)
		if (rows[i].row.stage != OWN_RETIRED ||
		    is_last_retired(rows, all, i))
			held[(*n)++] = rows[i];
	for (size_t i = 0; i < all; i++)
		if (rows[i].row.stage == OWN_RETIRED &&
		    !is_last_retired(rows, all, i))
			own_clear(&rows[i]);
	free(rows);
	*out = held;
	return ERR_OK;
}

int
own_all(struct db *db, struct own **rows, size_t *n, struct err *e)
{
	return load_stages(db, NULL, ALL_STAGES, rows, n, e);
}

/* --- private keys --- */

static struct key *
load_key(struct db *db, const struct seal_key *k, const uint8_t *id,
    struct err *e)
{
	uint8_t *sealed = NULL, *aad = NULL;
	struct secret *der = NULL;
	struct key *key = NULL;
	size_t len, aadlen;

	if (row_key_get(db, id, &sealed, &len, e) != ERR_OK)
		goto out;
	if ((aad = seal_aad("key", "sealed", id, KEY_ID_LEN,
	    &aadlen)) == NULL) {
		(void)err_set(e, ERR_NOMEM, "private key");
		goto out;
	}
	if (unseal(k, aad, aadlen, sealed, len, &der, e) != ERR_OK)
		goto out;
	key = key_from_der(der->buf, der->len, e);
out:
	secret_free(der);
	free(aad);
	free(sealed);
	return key;
}

/* A certificate may have been renewed over the same key: one key then. */
static bool
key_is_new(const struct own *rows, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (memcmp(rows[j].key_id, rows[i].key_id, KEY_ID_LEN) == 0)
			return false;
	return true;
}

static int
load_unit_keys(struct db *db, const struct seal_key *k, enum own_unit unit,
    bool all, struct signer *s, struct err *e)
{
	struct own *rows = NULL;
	struct key *key;
	size_t n = 0;
	int ret;

	ret = all ? load_stages(db, units[unit].name, ALL_STAGES, &rows, &n,
	    e) : own_held(db, unit, &rows, &n, e);
	if (ret != ERR_OK)
		return ret;
	for (size_t i = 0; i < n && ret == ERR_OK; i++) {
		if (!key_is_new(rows, i))
			continue;
		if ((key = load_key(db, k, rows[i].key_id, e)) == NULL)
			ret = err_wrap(e, "key of %s", units[unit].name);
		else if ((ret = signer_local_add(s, key, e)) != ERR_OK)
			key_free(key);
	}
	own_list_free(rows, n);
	return ret;
}

static struct signer *
signer_of(struct db *db, const struct keyring *kr, const enum own_unit *list,
    size_t n, bool all, struct err *e)
{
	const struct seal_key *k = keyring_key(kr, KEYRING_SIGN);
	struct signer *s;

	if (k == NULL) {
		(void)err_set(e, ERR_ARG, "no sealing key for private keys");
		return NULL;
	}
	if ((s = signer_local_new(e)) == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (load_unit_keys(db, k, list[i], all, s, e) != ERR_OK) {
			signer_free(s);
			return NULL;
		}
	return s;
}

struct signer *
own_signer(struct db *db, const struct keyring *kr,
    const enum own_unit *list, size_t n, struct err *e)
{
	return signer_of(db, kr, list, n, false, e);
}

struct signer *
own_signer_kept(struct db *db, const struct keyring *kr, enum own_unit unit,
    struct err *e)
{
	return signer_of(db, kr, &unit, 1, true, e);
}

struct key *
own_key(struct db *db, const struct keyring *kr, const struct own *o,
    struct err *e)
{
	const struct seal_key *k = keyring_key(kr, KEYRING_SIGN);

	if (k != NULL)
		return load_key(db, k, o->key_id, e);
	(void)err_set(e, ERR_ARG, "no sealing key for private keys");
	return NULL;
}
