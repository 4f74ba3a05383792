/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Snapshots of the trust stores from their rows, see anchors.h.
 */
#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "trust/anchors_part.h"

struct filling {
	struct cert_store_build	*b;
	int64_t			 seq;
	struct cert_store	*made;
};

static uint32_t
bit_of(const char *unit)
{
	const struct trust_unit_def *u = trust_unit_find(unit);

	/* A unit of a newer version of the program: nobody here asks for it. */
	return u != NULL ? ANCHORS_BIT(u->unit) : 0;
}

static int
add(void *arg, const struct row_trust *t, const struct row_cert *c,
    struct err *e)
{
	struct filling *f = arg;
	struct cert_store_row row = {
		.sha256 = c->sha256, .units = bit_of(t->unit),
		.subject = c->subject, .issuer = c->issuer,
		.serial = c->serial, .seriallen = c->seriallen,
		.ski = c->ski, .skilen = c->skilen,
		.not_before = c->not_before, .not_after = c->not_after,
	};

	return cert_store_build_add(f->b, &row, e);
}

/* Tombstones, so that "removed" can be said of them. */
static int
add_removed(struct filling *f, struct db *db, struct err *e)
{
	struct row_trust *rows;
	size_t n;
	int ret = row_trust_list(db, NULL, NULL, true, &rows, &n, e);

	if (ret != ERR_OK)
		return ret;
	for (size_t i = 0; i < n && ret == ERR_OK; i++) {
		struct cert_store_row row = {
			.sha256 = rows[i].sha256,
			.removed = bit_of(rows[i].unit),
			.subject = "", .issuer = "",
		};

		ret = cert_store_build_add(f->b, &row, e);
	}
	free(rows);
	return ret;
}

static void
no_change(void *arg, const char *kind, const char *key)
{
	(void)arg;
	(void)kind;
	(void)key;
}

/* Rows and the number of their newest change belong together. */
static int
fill(struct db *db, void *arg, struct err *e)
{
	struct filling *f = arg;
	bool trimmed;
	int ret;

	if ((ret = db_changes(db, &f->seq, &trimmed, no_change, NULL, e)) !=
	    ERR_OK ||
	    (ret = row_trust_each(db, NULL, add, f, e)) != ERR_OK)
		return ret;
	return add_removed(f, db, e);
}

struct cert_store *
anchors_snapshot(struct db *db, int64_t *seq, struct err *e)
{
	struct filling f = { .b = cert_store_build_new(e), .seq = -1 };
	struct cert_store *s = NULL;

	if (f.b != NULL && db_read_tx(db, fill, &f, e) == ERR_OK)
		s = cert_store_build_finish(f.b, e);
	cert_store_build_free(f.b);
	if (s != NULL && seq != NULL)
		*seq = f.seq;
	return s;
}

static int
load_der(void *arg, const uint8_t sha256[DIGEST_SHA256_LEN], uint8_t **der,
    size_t *len, struct err *e)
{
	struct row_cert c;
	int ret = row_cert_get(arg, sha256, &c, e);

	if (ret != ERR_OK)
		return ret;
	*der = c.der;
	*len = c.derlen;
	c.der = NULL;
	row_cert_clear(&c);
	return ERR_OK;
}

static int
units_now(void *arg, const uint8_t sha256[DIGEST_SHA256_LEN],
    uint32_t *units, struct err *e)
{
	struct row_trust *rows;
	size_t n;
	int ret = row_trust_list(arg, NULL, sha256, false, &rows, &n, e);

	*units = 0;
	if (ret != ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++)
		*units |= bit_of(rows[i].unit);
	free(rows);
	return ERR_OK;
}

struct verifier_source
anchors_source(struct db *db)
{
	return (struct verifier_source){ .load = load_der,
	    .units = units_now, .arg = db };
}

struct verifier *
anchors_verifier(struct db *db, const struct clock *clock, struct err *e)
{
	struct verifier_source src = anchors_source(db);
	struct cert_store *s = anchors_snapshot(db, NULL, e);
	struct verifier *v = NULL;

	if (s != NULL && (v = verifier_new(&src, clock, e)) != NULL)
		verifier_set_store(v, s, false);
	cert_store_free(s);
	return v;
}
