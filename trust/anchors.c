/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Snapshots of the trust stores from their rows, see anchors.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/params.h"
#include "db/rows.h"
#include "trust/anchors_part.h"

struct filling {
	struct cert_store_build	*b;
	const struct crl_set	*old;
	struct anchors_view	*w;
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

/* A list that is no longer read (a newer program's?) is as good as none. */
static int
read_list(const struct crl_set *known, struct db *db,
    const struct row_crl *row, struct crl **crl, struct err *e)
{
	struct crl *old = known != NULL ?
	    crl_set_find(known, row->sha256) : NULL;
	struct err why = { 0 };
	struct row_crl whole;
	int ret;

	if (old != NULL) {
		*crl = crl_ref(old);
		return ERR_OK;
	}
	if ((ret = row_crl_get(db, row->issuer, row->key_id, row->key_idlen,
	    &whole, e)) != ERR_OK)
		return ret;
	*crl = crl_from_der(whole.der, whole.derlen, &why);
	if (*crl == NULL)
		log_err(LOG_WARNING, "trust.crl_unread", &why,
		    LOG_STR("issuer", row->issuer));
	row_crl_clear(&whole);
	return ERR_OK;
}

int
anchors_lists_make(struct crl_set **set, struct db *db,
    const struct crl_set *old, struct err *e)
{
	struct row_crl *rows;
	struct crl **crl = NULL;
	size_t n, nread = 0;
	int ret = row_crl_list(db, &rows, &n, e);

	if (ret != ERR_OK)
		return ret;
	if ((crl = calloc(n + 1, sizeof(*crl))) == NULL)
		ret = err_set(e, ERR_NOMEM, "revocation lists");
	for (size_t i = 0; i < n && ret == ERR_OK; i++) {
		ret = read_list(old, db, &rows[i], &crl[nread], e);
		if (ret == ERR_OK && crl[nread] != NULL)
			nread++;
	}
	if (ret == ERR_OK && (*set = crl_set_new(crl, nread, e)) == NULL)
		ret = ERR_NOMEM;
	while (nread > 0)
		crl_free(crl[--nread]);
	free(crl);
	row_crl_free(rows, n);
	return ret;
}

static void
no_change(void *arg, const char *kind, const char *key)
{
	(void)arg;
	(void)kind;
	(void)key;
}

static int
add_ocsp(struct filling *f, struct db *db, struct err *e)
{
	char *value = param_get(db, PARAM_CERT_OCSP, "", e);

	if (value == NULL)
		return ERR_NOMEM;
	f->w->ocsp = strcmp(value, "yes") == 0;
	free(value);
	return ERR_OK;
}

/* Rows and the number of their newest change belong together. */
static int
fill(struct db *db, void *arg, struct err *e)
{
	struct filling *f = arg;
	bool trimmed;
	int ret;

	f->w->seq = -1;
	if ((ret = db_changes(db, &f->w->seq, &trimmed, no_change, NULL,
	    e)) != ERR_OK ||
	    (ret = row_trust_each(db, NULL, add, f, e)) != ERR_OK ||
	    (ret = add_removed(f, db, e)) != ERR_OK ||
	    (ret = anchors_lists_make(&f->w->crls, db, f->old, e)) != ERR_OK)
		return ret;
	return add_ocsp(f, db, e);
}

int
anchors_view_make(struct anchors_view *w, struct db *db,
    const struct crl_set *old, struct err *e)
{
	struct filling f = { .b = cert_store_build_new(e), .old = old,
	    .w = w };
	int ret = ERR_NOMEM;

	*w = (struct anchors_view){ 0 };
	if (f.b != NULL && (ret = db_read_tx(db, fill, &f, e)) == ERR_OK &&
	    (w->store = cert_store_build_finish(f.b, e)) == NULL)
		ret = ERR_NOMEM;
	cert_store_build_free(f.b);
	if (ret != ERR_OK)
		anchors_view_clear(w);
	return ret;
}

struct anchors_view
anchors_view_ref(const struct anchors_view *w)
{
	return (struct anchors_view){ .store = cert_store_ref(w->store),
	    .crls = crl_set_ref(w->crls), .ocsp = w->ocsp, .seq = w->seq };
}

void
anchors_view_clear(struct anchors_view *w)
{
	cert_store_free(w->store);
	crl_set_free(w->crls);
	*w = (struct anchors_view){ 0 };
}

static int
load_der(void *arg, const uint8_t sha256[DIGEST_SHA256_LEN], uint8_t **der,
    size_t *len, struct err *e)
{
	struct anchors_ask *ask = arg;
	struct row_cert c;
	int ret = row_cert_get(ask->db, sha256, &c, e);

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
	struct anchors_ask *ask = arg;
	struct row_trust *rows;
	size_t n;
	int ret = row_trust_list(ask->db, NULL, sha256, false, &rows, &n, e);

	*units = 0;
	if (ret != ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++)
		*units |= bit_of(rows[i].unit);
	free(rows);
	return ERR_OK;
}

static void
log_unknown(const struct cert *issuer, enum crl_state state)
{
	char *name = cert_subject(issuer, CERT_NAME_SEMICOLON, NULL);

	log_event(LOG_WARNING, "trust.revocation_unknown",
	    LOG_STR("issuer", name != NULL ? name : ""),
	    LOG_STR("why", state == CRL_OLD ? "its revocation list is past "
	    "its date: import the new one; certificates are kept" :
	    "its revocation list is not signed by it: import the right one; "
	    "certificates are kept"));
	free(name);
}

static int
is_revoked(void *arg, const struct cert *cert, const struct cert *issuer,
    bool *revoked, struct err *e)
{
	struct anchors_ask *ask = arg;
	enum ocsp_status status;
	enum crl_state state;
	bool first;

	state = crl_set_ask(ask->crls, cert, issuer,
	    clock_wall_s(ask->clock), &first);
	if (first)
		log_unknown(issuer, state);
	*revoked = state == CRL_REVOKED;
	if (state == CRL_REVOKED || state == CRL_GOOD)
		return ERR_OK;
	if (ask->ocsp != NULL && (status = revocation_ask(ask->ocsp, cert,
	    issuer)) != OCSP_UNKNOWN) {
		*revoked = status == OCSP_REVOKED;
		return ERR_OK;
	}
	return err_set(e, ERR_NOTFOUND, "nobody knows");
}

static bool
may_be_revoked(void *arg)
{
	struct anchors_ask *ask = arg;

	return ask->ocsp != NULL || crl_set_count(ask->crls) > 0;
}

struct verifier_source
anchors_source(struct anchors_ask *ask)
{
	return (struct verifier_source){ .load = load_der,
	    .units = units_now, .may_be_revoked = may_be_revoked,
	    .revoked = is_revoked, .arg = ask };
}
