/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Bundles out of this cluster, see bundle_move.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/bundle_move.h"

unsigned
bundle_units(const char *name, struct err *e)
{
	const struct own_unit_def *u;
	unsigned all = 0;

	/* The reference exports what its TFTP servers use in one. */
	if (str_ieq(name, "tftp") || str_ieq(name, "CallManager"))
		return BUNDLE_UNIT(UNIT_CALLMANAGER) |
		    BUNDLE_UNIT(UNIT_CALLMANAGER_ECDSA);
	if (!str_ieq(name, "all")) {
		u = own_unit_find(name);
		if (u != NULL && bundle_has_unit(u->unit))
			return BUNDLE_UNIT(u->unit);
		(void)err_set(e, ERR_ARG, "\"%.40s\" is not exchanged: give "
		    "all, CallManager (tftp), CAPF, ITLRecovery or https "
		    "(tomcat)", name);
		return 0;
	}
	for (enum own_unit i = 0; i < UNIT_N; i++)
		if (bundle_has_unit(i))
			all |= BUNDLE_UNIT(i);
	return all;
}

struct export {
	struct bundle_part	*p;
	unsigned		 units;
	struct own		 by;	/* active ITLRecovery */
};

static int
add_own(struct bundle_part *p, const struct own_unit_def *u,
    const struct own *o, struct err *e)
{
	struct bundle_cert *more;

	if ((more = reallocarray(p->cert, p->ncert + 1, sizeof(*more))) ==
	    NULL)
		return err_set(e, ERR_NOMEM, "bundle");
	p->cert = more;
	p->cert[p->ncert] = (struct bundle_cert){ .u = u,
	    .stage = o->row.stage, .cert = cert_ref(o->cert) };
	memcpy(p->cert[p->ncert].sha256, o->row.sha256, SHA256_LEN);
	(void)str_copy(p->cert[p->ncert].node,
	    sizeof(p->cert[p->ncert].node), o->row.node);
	p->ncert++;
	return ERR_OK;
}

static int
add_unit(struct db *db, struct bundle_part *p, const struct own_unit_def *u,
    struct err *e)
{
	struct own *rows = NULL;
	size_t n = 0;
	int ret;

	ret = own_listed(db, u->unit, &rows, &n, e);
	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		ret = add_own(p, u, &rows[i], e);
	own_list_free(rows, n);
	return ret;
}

static int
add_sast(struct db *db, struct bundle_part *p, struct err *e)
{
	struct row_trust *rows = NULL;
	size_t n = 0;
	int ret;

	if ((ret = row_trust_list(db,
	    trust_unit_table()[TRUST_PHONE_SAST].name, NULL, false, &rows, &n,
	    e)) != ERR_OK)
		return ret;
	/* It is there so that others see themselves in it. */
	if (n > BUNDLE_SAST_MAX)
		n = BUNDLE_SAST_MAX;
	if ((p->sast = calloc(n + 1, sizeof(*p->sast))) == NULL)
		ret = err_set(e, ERR_NOMEM, "bundle");
	for (; ret == ERR_OK && p->nsast < n; p->nsast++)
		memcpy(p->sast[p->nsast], rows[p->nsast].sha256, SHA256_LEN);
	free(rows);
	return ret;
}

/* The body of a transaction may run again. */
static void
start_over(struct export *x)
{
	own_clear(&x->by);
	for (size_t i = 0; i < x->p->ncert; i++)
		cert_free(x->p->cert[i].cert);
	x->p->ncert = 0;
	free(x->p->sast);
	x->p->sast = NULL;
	x->p->nsast = 0;
}

/* One view of the database: a promotion beside it is in it or not. */
static int
read_rows(struct db *db, void *arg, struct err *e)
{
	const struct own_unit_def *u = own_unit_table();
	struct export *x = arg;
	int ret;

	start_over(x);
	if ((ret = own_active(db, UNIT_ITLRECOVERY, "", &x->by, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < UNIT_N; i++)
		if ((x->units & BUNDLE_UNIT(i)) != 0 &&
		    (ret = add_unit(db, x->p, &u[i], e)) != ERR_OK)
			return ret;
	return add_sast(db, x->p, e);
}

static int
sign(struct export *x, struct db *db, const struct keyring *kr, struct err *e)
{
	static const enum own_unit units[] = { UNIT_ITLRECOVERY };
	struct signer *s;
	int ret;

	if ((s = own_signer(db, kr, units, 1, e)) == NULL)
		return err_wrap(e, "ITLRecovery");
	ret = bundle_part_sign(x->p, s, x->by.cert, e);
	signer_free(s);
	return ret;
}

int
bundle_export(struct bundle_part *p, const struct node *n,
    const struct keyring *kr, unsigned units, int64_t now, struct err *e)
{
	struct export x = { .p = p, .units = units };
	int ret;

	*p = (struct bundle_part){ .cluster = n->cluster, .time = now,
	    .by = &own_unit_table()[UNIT_ITLRECOVERY] };
	(void)str_copy(p->node, sizeof(p->node), n->row.name);
	ret = db_read_tx(n->db, read_rows, &x, e);
	if (ret == ERR_OK && p->ncert == 0)
		ret = err_set(e, ERR_NOTFOUND, "these units have no "
		    "certificate");
	if (ret == ERR_OK)
		ret = sign(&x, n->db, kr, e);
	own_clear(&x.by);
	return ret;
}
