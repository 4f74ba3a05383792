/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Own certificates, see own.h: making and storing new ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "trust/cert_row.h"
#include "trust/own.h"

#define CN_MAX		64	/* ub-common-name, RFC 5280 appendix A */
#define SERIAL_LEN	16
#define BACKDATE_S	3600	/* clocks of phones and peers run late */

struct own_new {
	enum own_unit	 unit;
	enum key_type	 type;
	char		 node[NODE_NAME_MAX + 1];
	struct cert	*cert;
	uint8_t		 key_id[KEY_ID_LEN];
	uint8_t		*sealed;	/* PKCS#8 under K-sign; NULL: the
					 * database has the key */
	size_t		 sealedlen;
};

/* Calendar years later; 29 February becomes 1 March. */
static int64_t
years_after(int64_t t, int years)
{
	time_t at = (time_t)t;
	struct tm tm;

	if (gmtime_r(&at, &tm) == NULL)
		return t;
	tm.tm_year += years;
	return (int64_t)timegm(&tm);
}

/* Each name once: nodes of a cluster may share some.  *out: free(). */
static int
make_san(const struct row_node_name *names, size_t nnames,
    struct cert_san **out, size_t *nout, struct err *e)
{
	struct cert_san *san;
	size_t n = 0;

	if ((san = calloc(nnames + 1, sizeof(*san))) == NULL)
		return err_set(e, ERR_NOMEM, "certificate names");
	for (size_t i = 0; i < nnames; i++) {
		size_t j = 0;

		while (j < n && !str_ieq(san[j].text, names[i].text))
			j++;
		if (j == n)
			san[n++] = (struct cert_san){ .is_ip = names[i].is_ip,
			    .text = names[i].text };
	}
	*out = san;
	*nout = n;
	return ERR_OK;
}

/* Positive, never zero, always 16 bytes long (RFC 5280 section 4.1.2.2). */
static int
make_serial(struct cert_spec *s, const struct rng *rng, struct err *e)
{
	if (rng_fill(rng, s->serial, SERIAL_LEN, e) != ERR_OK)
		return err_wrap(e, "serial number");
	s->serial[0] = (uint8_t)((s->serial[0] & 0x3f) | 0x40);
	s->seriallen = SERIAL_LEN;
	return ERR_OK;
}

static struct cert *
make_cert(const struct own_unit_def *u, const struct own_wish *w,
    const struct row_cluster *c, const struct row_node *node,
    const struct cert_san *san, size_t nsan, const struct key *key,
    const struct rng *rng, int64_t now, struct err *e)
{
	struct cert_spec s = {
		.o = w->o, .ou = w->ou, .l = w->l, .st = w->st, .c = w->c,
		.serial_number = u->per_node ? node->uuid : c->uuid,
		.not_before = now - BACKDATE_S,
		.not_after = years_after(now, w->years),
		.san = san,
		.nsan = nsan,
		.usage = u->usage,
		.pathlen = u->pathlen,
		.hash = w->hash,
	};
	char cn[CN_MAX + 1];

	/* An EC key agrees on keys, it enciphers none. */
	if (!key_type_is_rsa(w->key))
		s.usage &= ~(unsigned)CERT_USE_ENCIPHER;
	/* A long name is cut; the UUID keeps the subject apart. */
	(void)snprintf(cn, sizeof(cn), "%s-%s", u->name,
	    u->per_node ? node->name : c->name);
	s.cn = cn;
	if (make_serial(&s, rng, e) != ERR_OK)
		return NULL;
	return cert_self_sign(&s, key, e);
}

int
own_seal_key(const struct key *key, const struct keyring *kr,
    const struct rng *rng, uint8_t id[KEY_ID_LEN], uint8_t **sealed,
    size_t *len, struct err *e)
{
	const struct seal_key *k = keyring_key(kr, KEYRING_SIGN);
	struct secret *der = NULL;
	uint8_t *aad = NULL;
	size_t aadlen;
	int ret;

	if (k == NULL)
		return err_set(e, ERR_ARG, "no sealing key for private keys");
	if ((ret = key_id(key, id, e)) != ERR_OK ||
	    (ret = key_to_der(key, &der, e)) != ERR_OK)
		goto out;
	if ((aad = seal_aad("key", "sealed", id, KEY_ID_LEN, &aadlen)) ==
	    NULL) {
		ret = err_set(e, ERR_NOMEM, "private key");
		goto out;
	}
	ret = seal(k, rng, aad, aadlen, der->buf, der->len, sealed, len, e);
out:
	free(aad);
	secret_free(der);
	return ret;
}

static int
seal_into(struct own_new *n, const struct key *key,
    const struct keyring *kr, const struct rng *rng, struct err *e)
{
	return own_seal_key(key, kr, rng, n->key_id, &n->sealed,
	    &n->sealedlen, e);
}

void
own_wish_default(enum own_unit unit, const struct row_cluster *c,
    struct own_wish *w)
{
	enum key_type key = own_unit_table()[unit].key;

	*w = (struct own_wish){ .key = key, .o = c->name,
	    .years = own_unit_table()[unit].years,
	    .hash = key == KEY_EC384 ? DIGEST_SHA384 : DIGEST_SHA256 };
}

int
own_key_check(enum own_unit unit, enum key_type key, char **warning,
    struct err *e)
{
	const struct own_unit_def *u = &own_unit_table()[unit];
	const char *who = NULL;

	*warning = NULL;
	if (unit == UNIT_CALLMANAGER_ECDSA && key_type_is_rsa(key))
		return err_set(e, ERR_REFUSED, "%s is the EC certificate "
		    "beside CallManager, not %s: take ec256, ec384 or ec521",
		    u->name, key_type_name(key));
	if (u->signs && (key == KEY_RSA3072 || !key_type_is_rsa(key)))
		return err_set(e, ERR_REFUSED, "%s signs lists or files, and "
		    "their format has no code for %s: take rsa2048, or "
		    "rsa4096 where all phones know it", u->name,
		    key_type_name(key));
	if ((unit == UNIT_TVS || unit == UNIT_CAPF) && !key_type_is_rsa(key))
		return err_set(e, ERR_REFUSED, "phones know %s by RSA keys "
		    "alone, not %s: take rsa2048", u->name,
		    key_type_name(key));
	if (key == KEY_RSA1024)
		who = "rsa1024 is broken by today's means: only for phones "
		    "that know nothing better";
	else if (key == KEY_RSA4096 && u->listed)
		who = "models of the 79xx series do not know rsa4096: they "
		    "would not take lists or files signed with it";
	if (who != NULL && (*warning = str_printf("%s", who)) == NULL)
		return err_set(e, ERR_NOMEM, "warning");
	return ERR_OK;
}

struct own_new *
own_make(enum own_unit unit, const struct row_cluster *c,
    const struct row_node *node, const struct row_node_name *names,
    size_t nnames, const struct keyring *kr, const struct rng *rng,
    int64_t now, struct err *e)
{
	struct own_wish w;

	own_wish_default(unit, c, &w);
	return own_make_as(unit, &w, c, node, names, nnames, kr, rng, now, e);
}

struct own_new *
own_make_as(enum own_unit unit, const struct own_wish *w,
    const struct row_cluster *c, const struct row_node *node,
    const struct row_node_name *names, size_t nnames,
    const struct keyring *kr, const struct rng *rng, int64_t now,
    struct err *e)
{
	const struct own_unit_def *u = &own_unit_table()[unit];
	struct own_new *n = NULL, *ret = NULL;
	struct cert_san *san = NULL;
	struct key *key = NULL;
	size_t nsan = 0;

	if ((n = calloc(1, sizeof(*n))) == NULL) {
		(void)err_set(e, ERR_NOMEM, "%s certificate", u->name);
		goto out;
	}
	n->unit = unit;
	n->type = w->key;
	if (u->per_node)
		(void)str_copy(n->node, sizeof(n->node), node->name);
	if (make_san(names, nnames, &san, &nsan, e) != ERR_OK ||
	    (key = key_generate(w->key, e)) == NULL ||
	    (n->cert = make_cert(u, w, c, node, san, nsan, key, rng, now,
	    e)) == NULL ||
	    seal_into(n, key, kr, rng, e) != ERR_OK) {
		(void)err_wrap(e, "%s certificate", u->name);
		goto out;
	}
	ret = n;
	n = NULL;
out:
	key_free(key);
	free(san);
	own_new_free(n);
	return ret;
}

struct own_new *
own_take(enum own_unit unit, const char *node, struct cert *cert,
    const struct key *key, const struct keyring *kr, const struct rng *rng,
    struct err *e)
{
	uint8_t id[KEY_ID_LEN];
	struct own_new *n;

	if ((n = calloc(1, sizeof(*n))) == NULL) {
		(void)err_set(e, ERR_NOMEM, "certificate");
		return NULL;
	}
	n->unit = unit;
	n->type = cert_key_type(cert);
	n->cert = cert_ref(cert);
	(void)str_copy(n->node, sizeof(n->node), node);
	cert_key_id(cert, id);
	if (key == NULL) {
		memcpy(n->key_id, id, sizeof(id));
		return n;
	}
	if (seal_into(n, key, kr, rng, e) == ERR_OK) {
		if (memcmp(n->key_id, id, sizeof(id)) == 0)
			return n;
		(void)err_set(e, ERR_ARG, "the private key is not the "
		    "certificate's");
	}
	own_new_free(n);
	return NULL;
}

void
own_new_free(struct own_new *n)
{
	if (n == NULL)
		return;
	cert_free(n->cert);
	free(n->sealed);
	free(n);
}

const struct cert *
own_new_cert(const struct own_new *n)
{
	return n->cert;
}

enum own_unit
own_new_unit(const struct own_new *n)
{
	return n->unit;
}

const char *
own_new_node(const struct own_new *n)
{
	return n->node;
}

/* Generations count from 1 per unit and node. */
static int64_t
next_generation(const struct row_own *rows, size_t n, const char *node)
{
	int64_t gen = 1;

	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].node, node) == 0 &&
		    rows[i].generation >= gen)
			gen = rows[i].generation + 1;
	return gen;
}

int
own_store_cert(struct db *db, enum own_unit unit, const char *node,
    const struct cert *c, enum own_stage stage, int64_t now, struct err *e)
{
	const struct own_unit_def *u = &own_unit_table()[unit];
	struct row_own row = {
		.stage = stage,
		.staged_at = now,
		.activated_at = stage == OWN_ACTIVE ? now : 0,
	};
	struct row_own *rows = NULL;
	size_t n = 0;
	int ret;

	(void)str_copy(row.unit, sizeof(row.unit), u->name);
	(void)str_copy(row.node, sizeof(row.node), u->per_node ? node : "");
	cert_sha256(c, row.sha256);
	if ((ret = row_own_list(db, row.unit, -1, &rows, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n && ret == ERR_OK; i++)
		if (strcmp(rows[i].node, row.node) == 0 &&
		    memcmp(rows[i].sha256, row.sha256, SHA256_LEN) == 0)
			ret = err_set(e, ERR_EXISTS, "%s has this "
			    "certificate already", u->name);
	row.generation = next_generation(rows, n, row.node);
	free(rows);
	if (ret != ERR_OK || (ret = cert_row_put(db, c, e)) != ERR_OK)
		return ret;
	return row_own_put(db, &row, e);
}

int
own_store(struct db *db, const struct own_new *n, enum own_stage stage,
    int64_t now, struct err *e)
{
	int ret;

	if (n->sealed != NULL && (ret = row_key_put(db, n->key_id,
	    key_type_name(n->type), n->sealed, n->sealedlen, now, e)) !=
	    ERR_OK)
		return ret;
	return own_store_cert(db, n->unit, n->node, n->cert, stage, now, e);
}
