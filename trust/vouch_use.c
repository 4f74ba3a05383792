/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What certificates are used for, see vouch_use.h.
 */
#include <stdlib.h>
#include <string.h>

#include "certs/list.h"
#include "db/rows.h"
#include "trust/trust_unit.h"
#include "trust/vouch_use.h"

#define BIT(role)	(UINT32_C(1) << (role))

/* What own certificates are used for towards phones. */
static const struct {
	const char	*unit;
	uint32_t	 roles;
} own_roles[] = {
	{ "CallManager",	BIT(ROLE_CCM) | BIT(ROLE_TFTP) },
	{ "CallManager-ECDSA",	BIT(ROLE_CCM) | BIT(ROLE_TFTP) },
	{ "CAPF",		BIT(ROLE_CAPF) },
	{ "TVS",		BIT(ROLE_TVS) },
	{ "ITLRecovery",	BIT(ROLE_SAST) },
	{ "https",		BIT(ROLE_APP_SERVER) },
};

static uint32_t
roles_of_own(const char *unit)
{
	for (size_t i = 0; i < sizeof(own_roles) / sizeof(own_roles[0]); i++)
		if (strcmp(own_roles[i].unit, unit) == 0)
			return own_roles[i].roles;
	return 0;
}

/* The worst word does not stick: who is good by another row is good. */
static void
fault(struct vouch_found *f, enum vouch_verdict v)
{
	if (f->verdict == VOUCH_UNKNOWN)
		f->verdict = v;
}

int
vouch_use_own(struct db *db, struct vouch_found *f, struct err *e)
{
	struct row_own *rows;
	size_t n;
	int ret;

	if ((ret = row_own_of_cert(db, f->sha256, &rows, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++) {
		uint32_t roles = roles_of_own(rows[i].unit);

		if (roles == 0)
			fault(f, VOUCH_NO_ROLE);
		else if (rows[i].stage == OWN_RETIRED)
			fault(f, VOUCH_RETIRED);
		else
			f->roles |= roles;
	}
	free(rows);
	return ERR_OK;
}

int
vouch_use_trust(struct db *db, struct vouch_found *f, struct err *e)
{
	const struct trust_unit_def *u;
	struct row_trust *rows;
	size_t n;
	int ret;

	if ((ret = row_trust_of_cert(db, f->sha256, &rows, &n, e)) !=
	    ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].removed_at != 0) {
			fault(f, VOUCH_REMOVED);
			continue;
		}
		if ((u = trust_unit_find(rows[i].unit)) != NULL)
			f->roles |= u->roles;
		if (rows[i].ttl > 0 &&
		    (f->ttl == 0 || rows[i].ttl < f->ttl))
			f->ttl = rows[i].ttl > UINT32_MAX ? UINT32_MAX :
			    (uint32_t)rows[i].ttl;
	}
	free(rows);
	return ERR_OK;
}
