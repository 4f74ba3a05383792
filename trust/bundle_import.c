/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Bundles into this cluster, see bundle_move.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "trust/bundle_move.h"
#include "trust/cert_import_int.h"

#define LANDINGS	2	/* stores of one certificate at most */

/* spec/admin-cli.md section 6.5.  An EC key signs no lists or files, so it is
 * no business of Phone-SAST-trust. */
static const struct {
	size_t		 n;
	enum trust_unit	 store[LANDINGS];
} landings[UNIT_N] = {
	[UNIT_CALLMANAGER] = { 2, { TRUST_PHONE_SAST, TRUST_CALLMANAGER } },
	[UNIT_CALLMANAGER_ECDSA] = { 1, { TRUST_CALLMANAGER } },
	[UNIT_CAPF] = { 2, { TRUST_CALLMANAGER, TRUST_CAPF } },
	[UNIT_ITLRECOVERY] = { 2, { TRUST_PHONE_SAST, TRUST_CALLMANAGER } },
	[UNIT_HTTPS] = { 1, { TRUST_HTTPS } },
};

const char *
bundle_change_name(enum bundle_change c)
{
	static const char *const names[BUNDLE_NCHANGE] = { "new", "returned",
	    "known", "older", "expired" };

	return names[c];
}

/* --- which certificates go where --- */

static bool
has_landing(const struct bundle_plan *p, enum trust_unit unit,
    const uint8_t sha256[SHA256_LEN])
{
	for (size_t i = 0; i < p->n; i++)
		if (p->landing[i].unit == unit && memcmp(
		    p->landing[i].from->sha256, sha256, SHA256_LEN) == 0)
			return true;
	return false;
}

static int
check_cert(const struct bundle_cert *c, const struct node *n, int64_t now,
    struct err *e)
{
	int ret;

	/* One that has ended is left out, no reason to refuse the rest. */
	if (cert_not_after(c->cert) >= now &&
	    (ret = import_dates(c->cert, n->row.name, now, e)) != ERR_OK)
		return ret;
	return bundle_signs(c->u->unit) ? import_signer(c->cert, e) : ERR_OK;
}

static int
add_part(struct bundle_plan *p, const struct bundle_part *part,
    const struct node *n, unsigned units, int64_t now, struct err *e)
{
	struct bundle_landing *more;
	int ret;

	more = reallocarray(p->landing, p->n + LANDINGS * part->ncert + 1,
	    sizeof(*more));
	if (more == NULL)
		return err_set(e, ERR_NOMEM, "bundle");
	p->landing = more;
	for (size_t i = 0; i < part->ncert; i++) {
		const struct bundle_cert *c = &part->cert[i];

		if ((units & BUNDLE_UNIT(c->u->unit)) == 0)
			continue;
		if ((ret = check_cert(c, n, now, e)) != ERR_OK)
			return ret;
		for (size_t k = 0; k < landings[c->u->unit].n; k++) {
			enum trust_unit unit = landings[c->u->unit].store[k];

			if (!has_landing(p, unit, c->sha256))
				p->landing[p->n++] = (struct bundle_landing){
				    .part = part, .from = c, .unit = unit };
		}
	}
	return ERR_OK;
}

/* --- what the stores have --- */

struct compare {
	struct bundle_plan	*p;
	enum trust_unit		 unit;
	char			**subject;	/* of each landing */
};

/* A certificate in the store: has one that would land its name? */
static int
compare_row(void *arg, const struct row_trust *t, const struct row_cert *c,
    struct err *e)
{
	struct compare *cmp = arg;
	struct bundle_plan *p = cmp->p;

	(void)t;
	(void)e;
	/* What the part itself brings, active and announced, is no rival. */
	if (has_landing(p, cmp->unit, c->sha256))
		return ERR_OK;
	for (size_t i = 0; i < p->n; i++)
		if (p->landing[i].unit == cmp->unit &&
		    p->landing[i].change == BUNDLE_NEW &&
		    strcmp(cmp->subject[i], c->subject) == 0 &&
		    cert_not_before(p->landing[i].from->cert) < c->not_before)
			p->landing[i].change = BUNDLE_OLDER;
	return ERR_OK;
}

static int
look_up(struct db *db, struct bundle_landing *l, int64_t now, struct err *e)
{
	struct err why = { .code = ERR_OK };
	struct row_trust t;
	int ret;

	l->change = BUNDLE_NEW;
	ret = row_trust_get(db, trust_unit_table()[l->unit].name,
	    l->from->sha256, &t, &why);
	if (ret == ERR_OK)
		l->change = t.removed_at != 0 ? BUNDLE_RETURNED : BUNDLE_KNOWN;
	else if (ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", why.msg);
	if (l->change != BUNDLE_KNOWN && cert_not_after(l->from->cert) < now)
		l->change = BUNDLE_EXPIRED;
	return ERR_OK;
}

static int
foresee(struct db *db, struct bundle_plan *p, int64_t now, struct err *e)
{
	struct compare cmp = { .p = p };
	int ret = ERR_OK;

	if ((cmp.subject = calloc(p->n + 1, sizeof(*cmp.subject))) == NULL)
		return err_set(e, ERR_NOMEM, "bundle");
	for (size_t i = 0; ret == ERR_OK && i < p->n; i++) {
		cmp.subject[i] = cert_subject(p->landing[i].from->cert,
		    CERT_NAME_SEMICOLON, e);
		ret = cmp.subject[i] == NULL ? err_wrap(e, "bundle") :
		    look_up(db, &p->landing[i], now, e);
	}
	for (enum trust_unit u = 0; ret == ERR_OK && u < TRUST_N; u++) {
		cmp.unit = u;
		ret = row_trust_each(db, trust_unit_table()[u].name,
		    compare_row, &cmp, e);
	}
	for (size_t i = 0; i < p->n; i++)
		free(cmp.subject[i]);
	free(cmp.subject);
	return ret;
}

static int
check_signer_dates(const struct bundle_part *part, const struct node *n,
    int64_t now, struct err *e)
{
	return import_dates(part->signer, n->row.name, now, e) == ERR_OK ?
	    ERR_OK : err_wrap(e, "the signer of cluster %s",
	    part->cluster.name);
}

int
bundle_plan(struct bundle_plan *p, const struct bundle *b,
    const struct node *n, unsigned units, int64_t now, struct err *e)
{
	int ret;

	*p = (struct bundle_plan){ .n = 0 };
	for (size_t i = 0; i < b->n; i++) {
		const struct bundle_part *part = &b->part[i];

		if (strcmp(part->cluster.uuid, n->cluster.uuid) == 0) {
			p->ours = part;
			continue;
		}
		p->nothers++;
		if ((ret = check_signer_dates(part, n, now, e)) != ERR_OK ||
		    (ret = add_part(p, part, n, units, now, e)) != ERR_OK)
			return ret;
	}
	if (p->nothers == 0)
		return err_set(e, ERR_REFUSED, "there is only this cluster's "
		    "own part in it: export on the other cluster too");
	if ((ret = foresee(n->db, p, now, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < p->n; i++)
		p->count[p->landing[i].change]++;
	p->changes = p->count[BUNDLE_NEW] + p->count[BUNDLE_RETURNED] > 0;
	return ERR_OK;
}

void
bundle_plan_clear(struct bundle_plan *p)
{
	free(p->landing);
	*p = (struct bundle_plan){ .n = 0 };
}

static int
land(struct db *db, const struct bundle_landing *l, int64_t now,
    struct err *e)
{
	char origin[TRUST_NAME_MAX + 1], note[TRUST_NOTE_MAX + 1];
	char at[CLOCK_RFC3339_LEN];
	struct trust_add a = { .unit = l->unit, .cert = l->from->cert,
	    .origin = origin, .note = note };
	enum trust_change change;

	clock_rfc3339(l->part->time, at);
	(void)snprintf(origin, sizeof(origin), "bulk:%s",
	    l->part->cluster.name);
	(void)snprintf(note, sizeof(note), "%s of %s%s%s, exported %s",
	    l->from->u->name, l->from->node, l->from->node[0] != '\0' ?
	    "." : "", l->part->cluster.name, at);
	return trust_store_add(db, &a, now, &change, e);
}

int
bundle_apply(struct db *db, const struct bundle_plan *p, int64_t now,
    struct err *e)
{
	int ret = ERR_OK;

	for (size_t i = 0; ret == ERR_OK && i < p->n; i++)
		if (p->landing[i].change == BUNDLE_NEW ||
		    p->landing[i].change == BUNDLE_RETURNED)
			ret = land(db, &p->landing[i], now, e);
	return ret;
}

/* --- who accepts whose --- */

static bool
lands(const struct bundle_plan *p, const struct bundle_part *part,
    enum own_unit unit)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct bundle_landing *l = &p->landing[i];

		if (l->part == part && l->from->u->unit == unit &&
		    l->from->stage == OWN_ACTIVE &&
		    l->unit == TRUST_PHONE_SAST && l->change <= BUNDLE_KNOWN)
			return true;
	}
	return false;
}

static bool
has_sast(const struct bundle_part *part, const uint8_t sha256[SHA256_LEN])
{
	for (size_t i = 0; i < part->nsast; i++)
		if (memcmp(part->sast[i], sha256, SHA256_LEN) == 0)
			return true;
	return false;
}

static bool
has_cert(const struct bundle_part *part, const uint8_t sha256[SHA256_LEN])
{
	for (size_t i = 0; part != NULL && i < part->ncert; i++)
		if (memcmp(part->cert[i].sha256, sha256, SHA256_LEN) == 0)
			return true;
	return false;
}

int
bundle_accept(struct bundle_accept *a, const struct bundle_plan *p,
    const struct bundle_part *part, struct db *db, struct err *e)
{
	struct own list = { .cert = NULL }, file = { .cert = NULL };
	int ret;

	*a = (struct bundle_accept){ .ours_lists = lands(p, part,
	    UNIT_ITLRECOVERY), .ours_files = lands(p, part,
	    UNIT_CALLMANAGER) };
	if ((ret = own_active(db, UNIT_ITLRECOVERY, "", &list, e)) == ERR_OK &&
	    (ret = own_active(db, UNIT_CALLMANAGER, "", &file, e)) == ERR_OK) {
		a->theirs_lists = has_sast(part, list.row.sha256);
		a->theirs_files = has_sast(part, file.row.sha256);
		a->carried = has_cert(p->ours, list.row.sha256) &&
		    has_cert(p->ours, file.row.sha256);
	}
	own_clear(&list);
	own_clear(&file);
	return ret;
}
