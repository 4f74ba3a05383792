/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Import into trust stores, see cert_import.h.
 */
#include <stdlib.h>

#include "trust/cert_import_int.h"

int
import_signer(const struct cert *c, struct err *e)
{
	enum key_type t = cert_key_type(c);
	char name[IMPORT_NAME_MAX];

	if (t == KEY_RSA1024 || t == KEY_RSA2048 || t == KEY_RSA4096)
		return ERR_OK;
	import_name(c, name);
	return err_set(e, ERR_REFUSED, "\"%s\" has a key of kind %s: what lies "
	    "in Phone-SAST-trust signs lists and files, whose format knows "
	    "RSA 1024, 2048 and 4096 only", name, key_type_name(t));
}

static int
take_trust(struct import_trust *p, enum trust_unit unit,
    const struct node *n, struct cert *c, unsigned flags, int64_t now,
    struct wr *warn, struct err *e)
{
	int ret;

	if ((flags & IMPORT_SKIP_EXPIRED) && cert_not_after(c) < now) {
		p->nexpired++;
		return ERR_OK;
	}
	if ((ret = import_dates(c, n->row.name, now, e)) != ERR_OK)
		return cert_not_after(c) < now ? err_wrap(e, "leave it out, "
		    "or give --skip-expired") : ret;
	if (unit == TRUST_PHONE_SAST && (ret = import_signer(c, e)) != ERR_OK)
		return ret;
	import_weak(warn, c);
	p->ca[p->nca++] = (struct import_ca){ .cert = cert_ref(c),
	    .unit = unit };
	return ERR_OK;
}

static void
warn_trust(struct wr *warn, enum trust_unit unit,
    const struct container *set)
{
	if (unit == TRUST_PHONE_SAST)
		wr_fmt(warn, "phones will accept trust lists and files signed "
		    "by what lies in Phone-SAST-trust: only recovery and "
		    "CallManager certificates of other clusters belong "
		    "there\n");
	if (set->ncrl > 0)
		wr_fmt(warn, "%zu revocation lists in the files are left "
		    "out: set crl import adds them\n", set->ncrl);
	if (set->ncsr > 0)
		wr_fmt(warn, "%zu signing requests in the files are left "
		    "out\n", set->ncsr);
}

int
import_trust_plan(struct import_trust *p, enum trust_unit unit,
    const struct node *n, const struct container *set, unsigned flags,
    int64_t now, struct err *e)
{
	struct wr warn = wr_init(WARNINGS_MAX);
	size_t len;
	int ret = ERR_OK;

	*p = (struct import_trust){ .nca = 0 };
	if ((p->ca = calloc(set->ncert + 1, sizeof(*p->ca))) == NULL)
		return err_set(e, ERR_NOMEM, "import");
	for (size_t i = 0; ret == ERR_OK && i < set->ncert; i++)
		ret = take_trust(p, unit, n, set->cert[i], flags, now, &warn,
		    e);
	if (ret == ERR_OK && p->nca == 0)
		ret = err_set(e, ERR_REFUSED, p->nexpired > 0 ? "all "
		    "certificates in the files have ended" : "no certificate "
		    "in the files");
	if (ret == ERR_OK)
		ret = import_foresee(n->db, p->ca, p->nca, &p->changes, e);
	warn_trust(&warn, unit, set);
	if (ret == ERR_OK &&
	    (p->warnings = (char *)wr_take(&warn, &len)) == NULL)
		ret = err_set(e, ERR_NOMEM, "import");
	wr_clear(&warn);
	return ret;
}

void
import_trust_clear(struct import_trust *p)
{
	import_ca_free(p->ca, p->nca);
	free(p->warnings);
	*p = (struct import_trust){ .nca = 0 };
}

int
import_trust_apply(struct db *db, struct import_trust *p, const char *origin,
    const char *note, int64_t ttl, int64_t now, struct err *e)
{
	const struct trust_add how = { .origin = origin, .note = note,
	    .ttl = ttl };

	return import_add_all(db, p->ca, p->nca, &how, now, e);
}
