/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Everything that ends, see expiry.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "db/rows_capf.h"
#include "trust/expiry.h"
#include "trust/own.h"

#define DAY_S	86400

const char *const expiry_kind_name[EXPIRY_KIND_N] = {
	[EXPIRY_OWN] = "own",
	[EXPIRY_TRUST] = "trust",
	[EXPIRY_SRST] = "srst",
	[EXPIRY_EXPORT] = "key_export",
	[EXPIRY_CRL] = "crl",
	[EXPIRY_LSC] = "lsc",
	[EXPIRY_CA_CLIENT] = "ca_client",
};

struct loading {
	struct expiries	*x;
	int64_t		 until;
};

static struct expiry *
add(struct expiries *x, enum expiry_kind kind, struct err *e)
{
	struct expiry *rows;
	size_t room = x->room > 0 ? 2 * x->room : 16;

	if (x->n == x->room) {
		rows = reallocarray(x->row, room, sizeof(*rows));
		if (rows == NULL) {
			(void)err_set(e, ERR_NOMEM, "expiry");
			return NULL;
		}
		x->row = rows;
		x->room = room;
	}
	x->row[x->n] = (struct expiry){ .kind = kind };
	return &x->row[x->n++];
}

static void
take_subject(struct expiry *x, const char *subject)
{
	size_t n = strlen(subject);

	/* Cut between characters: a byte 10xxxxxx goes on with one. */
	if (n > EXPIRY_SUBJECT_MAX)
		for (n = EXPIRY_SUBJECT_MAX; n > 0 &&
		    ((unsigned char)subject[n] & 0xc0) == 0x80; n--)
			continue;
	(void)snprintf(x->subject, sizeof(x->subject), "%.*s", (int)n,
	    subject);
}

/* --- own --- */

static int
add_own(struct loading *l, const struct own *o, struct err *e)
{
	struct expiry *x;
	char *subject;

	if (cert_not_after(o->cert) >= l->until)
		return ERR_OK;
	if ((subject = cert_subject(o->cert, CERT_NAME_SEMICOLON, e)) == NULL)
		return ERR_NOMEM;
	if ((x = add(l->x, EXPIRY_OWN, e)) != NULL) {
		(void)str_copy(x->unit, sizeof(x->unit), o->row.unit);
		(void)str_copy(x->node, sizeof(x->node), o->row.node);
		x->stage = o->row.stage;
		x->generation = o->row.generation;
		x->ca_signed = !cert_self_signed(o->cert);
		take_subject(x, subject);
		memcpy(x->sha256, o->row.sha256, SHA256_LEN);
		x->not_after = cert_not_after(o->cert);
	}
	free(subject);
	return x != NULL ? ERR_OK : ERR_NOMEM;
}

static int
load_own(struct db *db, struct loading *l, struct err *e)
{
	struct own *rows;
	size_t n;
	int ret;

	if ((ret = own_all(db, &rows, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n && ret == ERR_OK; i++)
		ret = add_own(l, &rows[i], e);
	own_list_free(rows, n);
	return ret;
}

/* --- trust --- */

static int
add_trust(void *arg, const struct row_trust *t, const struct row_cert *c,
    struct err *e)
{
	struct loading *l = arg;
	struct expiry *x;

	if (c->not_after >= l->until)
		return ERR_OK;
	if ((x = add(l->x, EXPIRY_TRUST, e)) == NULL)
		return ERR_NOMEM;
	(void)str_copy(x->unit, sizeof(x->unit), t->unit);
	(void)str_copy(x->name, sizeof(x->name), t->name);
	take_subject(x, c->subject);
	memcpy(x->sha256, c->sha256, SHA256_LEN);
	x->not_after = c->not_after;
	return ERR_OK;
}

/* --- certificates named by their digest alone --- */

/* Their end and subject; one that is no row any more: not known. */
static int
fill_from(struct db *db, struct expiry *x, struct err *e)
{
	struct err none = { .code = ERR_OK };
	struct row_cert c;
	int ret = row_cert_get(db, x->sha256, &c, &none);

	x->not_after = EXPIRY_NEVER;
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", none.msg);
	x->not_after = c.not_after;
	take_subject(x, c.subject);
	row_cert_clear(&c);
	return ERR_OK;
}

static int
load_srst(struct db *db, struct loading *l, struct err *e)
{
	struct row_srst *rows = NULL;
	struct expiry *x;
	size_t n = 0;
	int ret;

	if ((ret = row_srst_list(db, &rows, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n && ret == ERR_OK; i++) {
		if (!rows[i].has_accepted)
			continue;
		if ((x = add(l->x, EXPIRY_SRST, e)) == NULL) {
			ret = ERR_NOMEM;
			break;
		}
		(void)str_copy(x->name, sizeof(x->name), rows[i].name);
		memcpy(x->sha256, rows[i].accepted, SHA256_LEN);
		if ((ret = fill_from(db, x, e)) == ERR_OK &&
		    x->not_after >= l->until)
			l->x->n--;
	}
	free(rows);
	return ret;
}

/* --- exports of the recovery key --- */

/* Rows come by certificate, then time: the last of each is the newest. */
static int
add_export(struct db *db, struct loading *l, const struct row_key_export *r,
    const uint8_t *active, struct err *e)
{
	bool stale = active == NULL || memcmp(r->sha256, active,
	    SHA256_LEN) != 0;
	struct expiry *x;
	int ret;

	if (!stale)
		l->x->not_exported = false;
	if ((x = add(l->x, EXPIRY_EXPORT, e)) == NULL)
		return ERR_NOMEM;
	(void)str_copy(x->unit, sizeof(x->unit),
	    own_unit_table()[UNIT_ITLRECOVERY].name);
	(void)str_copy(x->name, sizeof(x->name), r->account);
	memcpy(x->sha256, r->sha256, SHA256_LEN);
	x->exported_at = r->at;
	x->stale = stale;
	if ((ret = fill_from(db, x, e)) == ERR_OK && !stale &&
	    x->not_after >= l->until)
		l->x->n--;
	return ret;
}

static int
load_exports(struct db *db, struct loading *l, struct err *e)
{
	const char *unit = own_unit_table()[UNIT_ITLRECOVERY].name;
	struct err none = { .code = ERR_OK };
	struct row_key_export *rows = NULL;
	struct row_own active;
	bool have;
	size_t n = 0;
	int ret;

	ret = row_own_active(db, unit, "", &active, &none);
	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", none.msg);
	have = ret == ERR_OK;
	l->x->not_exported = have;
	if ((ret = row_key_export_list(db, NULL, &rows, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n && ret == ERR_OK; i++)
		if (i + 1 == n || memcmp(rows[i].sha256, rows[i + 1].sha256,
		    SHA256_LEN) != 0)
			ret = add_export(db, l, &rows[i], have ?
			    active.sha256 : NULL, e);
	free(rows);
	return ret;
}

/* --- revocation lists --- */

static int
load_crls(struct db *db, struct loading *l, struct err *e)
{
	struct row_crl *rows = NULL;
	struct expiry *x;
	size_t n = 0;
	int ret;

	if ((ret = row_crl_list(db, &rows, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n && ret == ERR_OK; i++) {
		if (rows[i].next_update == 0 ||
		    rows[i].next_update >= l->until)
			continue;
		if ((x = add(l->x, EXPIRY_CRL, e)) == NULL) {
			ret = ERR_NOMEM;
			break;
		}
		take_subject(x, rows[i].issuer);
		memcpy(x->sha256, rows[i].sha256, SHA256_LEN);
		x->not_after = rows[i].next_update;
	}
	row_crl_free(rows, n);
	return ret;
}

/* --- certificates of phones --- */

static int
add_lsc(struct db *db, struct loading *l, const struct device_cert_end *end,
    struct err *e)
{
	char when[CLOCK_RFC3339_LEN];
	struct expiry *x;
	int ret = ERR_OK;

	if ((x = add(l->x, EXPIRY_LSC, e)) == NULL)
		return ERR_NOMEM;
	if (end->has_issuer) {
		memcpy(x->sha256, end->issuer, SHA256_LEN);
		ret = fill_from(db, x, e);
	}
	clock_rfc3339(end->first, when);
	(void)snprintf(x->name, sizeof(x->name), "%.10s", when);
	x->not_after = end->first;
	x->count = end->n;
	return ret;
}

struct lsc_loading {
	struct db	*db;
	struct loading	*l;
};

static int
one_lsc(void *arg, const struct device_cert_end *end, struct err *e)
{
	struct lsc_loading *ll = arg;

	return add_lsc(ll->db, ll->l, end, e);
}

static int
load_lscs(struct db *db, struct loading *l, struct err *e)
{
	struct lsc_loading ll = { .db = db, .l = l };

	return row_device_cert_ends(db, l->until, one_lsc, &ll, e);
}

/* --- what an online CA is shown --- */

static int
load_ca_client(struct db *db, struct loading *l, struct err *e)
{
	struct err none = { .code = ERR_OK };
	uint8_t sha256[SHA256_LEN];
	struct expiry *x;
	int ret = row_cluster_cert_get(db, CLUSTER_SECRET_CA_CERT, sha256,
	    &none);

	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", none.msg);
	if ((x = add(l->x, EXPIRY_CA_CLIENT, e)) == NULL)
		return ERR_NOMEM;
	memcpy(x->sha256, sha256, SHA256_LEN);
	if ((ret = fill_from(db, x, e)) == ERR_OK && x->not_after >= l->until)
		l->x->n--;
	return ret;
}

/* --- all --- */

/* By end; then so that the order is always the same. */
static int
by_end(const void *va, const void *vb)
{
	const struct expiry *a = va, *b = vb;
	int d;

	if (a->not_after != b->not_after)
		return a->not_after < b->not_after ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if ((d = strcmp(a->unit, b->unit)) != 0 ||
	    (d = strcmp(a->node, b->node)) != 0 ||
	    (d = strcmp(a->name, b->name)) != 0)
		return d;
	return memcmp(a->sha256, b->sha256, SHA256_LEN);
}

static int
load(struct db *db, void *arg, struct err *e)
{
	struct loading *l = arg;
	int ret;

	expiries_clear(l->x);
	if ((ret = load_own(db, l, e)) != ERR_OK ||
	    (ret = row_trust_each(db, NULL, add_trust, l, e)) != ERR_OK ||
	    (ret = load_srst(db, l, e)) != ERR_OK ||
	    (ret = load_exports(db, l, e)) != ERR_OK ||
	    (ret = load_crls(db, l, e)) != ERR_OK ||
	    (ret = load_lscs(db, l, e)) != ERR_OK ||
	    (ret = load_ca_client(db, l, e)) != ERR_OK)
		return ret;
	return ERR_OK;
}

int
expiry_load(struct db *db, int64_t until, struct expiries *x, struct err *e)
{
	struct loading l = { .x = x, .until = until };
	int ret;

	*x = (struct expiries){ .row = NULL };
	if ((ret = db_read_tx(db, load, &l, e)) != ERR_OK)
		expiries_clear(x);
	else if (x->n > 0)
		qsort(x->row, x->n, sizeof(*x->row), by_end);
	return ret;
}

void
expiries_clear(struct expiries *x)
{
	free(x->row);
	*x = (struct expiries){ .row = NULL };
}

int64_t
expiry_days(int64_t not_after, int64_t now)
{
	int64_t s;

	if (__builtin_sub_overflow(not_after, now, &s))
		return INT64_MAX / DAY_S;
	return s >= 0 ? s / DAY_S : -((-s + DAY_S - 1) / DAY_S);
}

void
expiry_what(const struct expiry *x, char out[EXPIRY_WHAT_MAX])
{
	const char *of = x->node[0] != '\0' ? " of " : "";

	switch (x->kind) {
	case EXPIRY_OWN:
		if (x->stage == OWN_ACTIVE)
			(void)snprintf(out, EXPIRY_WHAT_MAX, "%s%s%s",
			    x->unit, of, x->node);
		else
			(void)snprintf(out, EXPIRY_WHAT_MAX, "%s%s%s (%s, "
			    "generation %" PRId64 ")", x->unit, of, x->node,
			    x->stage == OWN_RETIRED ? "retired" :
			    "announced", x->generation);
		break;
	case EXPIRY_TRUST:
		(void)snprintf(out, EXPIRY_WHAT_MAX, "%s/%s", x->unit,
		    x->name);
		break;
	case EXPIRY_SRST:
		(void)snprintf(out, EXPIRY_WHAT_MAX, "SRST reference %s",
		    x->name);
		break;
	case EXPIRY_EXPORT:
		(void)snprintf(out, EXPIRY_WHAT_MAX, "exported %s key%s",
		    x->unit, x->stale ? " (of an older certificate)" : "");
		break;
	case EXPIRY_LSC:
		(void)snprintf(out, EXPIRY_WHAT_MAX, "certificates of %"
		    PRId64 " phone%s", x->count, x->count == 1 ? "" : "s");
		break;
	case EXPIRY_CA_CLIENT:
		(void)snprintf(out, EXPIRY_WHAT_MAX, "certificate for the "
		    "online CA");
		break;
	case EXPIRY_CRL:
	case EXPIRY_KIND_N:
		(void)snprintf(out, EXPIRY_WHAT_MAX, "revocation list");
		break;
	}
}
