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
#include "trust/own.h"

#define CN_MAX		64	/* ub-common-name, RFC 5280 appendix A */
#define SERIAL_LEN	16
#define BACKDATE_S	3600	/* clocks of phones and peers run late */

struct own_new {
	enum own_unit	 unit;
	char		 node[NODE_NAME_MAX + 1];
	struct cert	*cert;
	uint8_t		 key_id[KEY_ID_LEN];
	uint8_t		*sealed;	/* PKCS#8 under K-sign */
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
make_cert(const struct own_unit_def *u, const struct row_cluster *c,
    const struct row_node *node, const struct cert_san *san, size_t nsan,
    const struct key *key, const struct rng *rng, int64_t now, struct err *e)
{
	struct cert_spec s = {
		.o = c->name,
		.serial_number = u->per_node ? node->uuid : c->uuid,
		.not_before = now - BACKDATE_S,
		.not_after = years_after(now, u->years),
		.san = san,
		.nsan = nsan,
		.usage = u->usage,
		.pathlen = u->pathlen,
		.hash = u->key == KEY_EC384 ? DIGEST_SHA384 : DIGEST_SHA256,
	};
	char cn[CN_MAX + 1];

	/* A long name is cut; the UUID keeps the subject apart. */
	(void)snprintf(cn, sizeof(cn), "%s-%s", u->name,
	    u->per_node ? node->name : c->name);
	s.cn = cn;
	if (make_serial(&s, rng, e) != ERR_OK)
		return NULL;
	return cert_self_sign(&s, key, e);
}

static int
seal_key_for(struct own_new *n, const struct key *key,
    const struct keyring *kr, const struct rng *rng, struct err *e)
{
	const struct seal_key *k = keyring_key(kr, KEYRING_SIGN);
	struct secret *der = NULL;
	uint8_t *aad = NULL;
	size_t aadlen;
	int ret;

	if (k == NULL)
		return err_set(e, ERR_ARG, "no sealing key for private keys");
	if ((ret = key_id(key, n->key_id, e)) != ERR_OK ||
	    (ret = key_to_der(key, &der, e)) != ERR_OK)
		goto out;
	if ((aad = seal_aad("key", "sealed", n->key_id, sizeof(n->key_id),
	    &aadlen)) == NULL) {
		ret = err_set(e, ERR_NOMEM, "private key");
		goto out;
	}
	ret = seal(k, rng, aad, aadlen, der->buf, der->len, &n->sealed,
	    &n->sealedlen, e);
out:
	free(aad);
	secret_free(der);
	return ret;
}

struct own_new *
own_make(enum own_unit unit, const struct row_cluster *c,
    const struct row_node *node, const struct row_node_name *names,
    size_t nnames, const struct keyring *kr, const struct rng *rng,
    int64_t now, struct err *e)
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
	if (u->per_node)
		(void)str_copy(n->node, sizeof(n->node), node->name);
	if (make_san(names, nnames, &san, &nsan, e) != ERR_OK ||
	    (key = key_generate(u->key, e)) == NULL ||
	    (n->cert = make_cert(u, c, node, san, nsan, key, rng, now,
	    e)) == NULL ||
	    seal_key_for(n, key, kr, rng, e) != ERR_OK) {
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

static int
store_cert(struct db *db, const struct cert *c, struct err *e)
{
	struct row_cert row = {
		.not_before = cert_not_before(c),
		.not_after = cert_not_after(c),
	};
	const uint8_t *der, *serial, *ski;
	size_t skilen = 0;
	int ret;

	cert_sha256(c, row.sha256);
	cert_key_id(c, row.key_id);
	der = cert_der(c, &row.derlen);
	serial = cert_serial(c, &row.seriallen);
	ski = cert_ski(c, &skilen);
	if (row.seriallen > sizeof(row.serial) || skilen > sizeof(row.ski))
		return err_set(e, ERR_LIMIT, "serial number or key identifier "
		    "of a certificate is too long");
	memcpy(row.serial, serial, row.seriallen);
	if (ski != NULL) {
		memcpy(row.ski, ski, skilen);
		row.skilen = skilen;
	}
	row.subject = cert_subject(c, CERT_NAME_SEMICOLON, e);
	row.issuer = cert_issuer(c, CERT_NAME_SEMICOLON, e);
	if (row.subject == NULL || row.issuer == NULL)
		ret = err_wrap(e, "certificate");
	else if ((row.der = malloc(row.derlen)) == NULL)
		ret = err_set(e, ERR_NOMEM, "certificate");
	else {
		memcpy(row.der, der, row.derlen);
		ret = row_cert_put(db, &row, e);
	}
	row_cert_clear(&row);
	return ret;
}

/* Generations count from 1 per unit and node. */
static int
next_generation(struct db *db, const char *unit, const char *node,
    int64_t *gen, struct err *e)
{
	struct row_own *rows = NULL;
	size_t n = 0;
	int ret;

	*gen = 1;
	if ((ret = row_own_list(db, unit, -1, &rows, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].node, node) == 0 &&
		    rows[i].generation >= *gen)
			*gen = rows[i].generation + 1;
	free(rows);
	return ERR_OK;
}

int
own_store(struct db *db, const struct own_new *n, enum own_stage stage,
    int64_t now, struct err *e)
{
	const struct own_unit_def *u = &own_unit_table()[n->unit];
	struct row_own row = {
		.stage = stage,
		.staged_at = now,
		.activated_at = stage == OWN_ACTIVE ? now : 0,
	};
	int ret;

	(void)str_copy(row.unit, sizeof(row.unit), u->name);
	(void)str_copy(row.node, sizeof(row.node), n->node);
	cert_sha256(n->cert, row.sha256);
	if ((ret = next_generation(db, row.unit, row.node, &row.generation,
	    e)) != ERR_OK ||
	    (ret = row_key_put(db, n->key_id, key_type_name(u->key),
	    n->sealed, n->sealedlen, now, e)) != ERR_OK ||
	    (ret = store_cert(db, n->cert, e)) != ERR_OK)
		return ret;
	return row_own_put(db, &row, e);
}
