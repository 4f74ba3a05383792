/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Revoking certificates of phones and CTI clients, see capf_revoke.h.
 */
#include <string.h>

#include "trust/capf_part.h"
#include "trust/capf_revoke.h"

/* Its configuration is another one from now on. */
static int
touch_phone(struct db *db, const char *name, int64_t now, struct err *e)
{
	struct row_phone p;
	struct err why = { 0 };
	int ret = row_phone_get(db, name, &p, &why);

	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", why.msg);
	p.changed_at = now;
	return row_phone_put(db, &p, e);
}

/* --- what was sent and never confirmed --- */

struct sent {
	struct db			*db;
	const struct capf_owner		*owner;
	int64_t				 now;
};

static int
revoke_sent(void *arg, const struct capf_issued *i, struct err *e)
{
	const struct sent *s = arg;
	struct row_device_cert d;
	struct err own = { 0 };
	int ret;

	if (!capf_same_owner(&i->owner, s->owner))
		return ERR_OK;
	ret = row_device_cert_by_sha256(s->db, i->sha256, &d, &own);
	if (ret == ERR_NOTFOUND)
		return capf_never_his(s->db, i, DEVICE_REVOKED, s->now, e);
	return ret == ERR_OK ? ERR_OK : err_set(e, ret, "%s", own.msg);
}

/* No row knows it: it may be one that was sent. */
static int
revoke_unknown(struct db *db, struct db *observed,
    const uint8_t sha256[SHA256_LEN], int64_t now, struct row_device_cert *c,
    bool *changed, struct err *e)
{
	struct capf_issued i = { .der = NULL };
	int ret = observed == NULL ? ERR_NOTFOUND :
	    observed_issued_get(observed, sha256, &i, e);

	if (ret == ERR_NOTFOUND)
		return err_set(e, ret, "no phone and no client has this "
		    "certificate: \"utils capf lsc list\" shows those there "
		    "are");
	if (ret != ERR_OK)
		return ret;
	*c = (struct row_device_cert){ .owner = i.owner };
	memcpy(c->sha256, sha256, SHA256_LEN);
	ret = capf_never_his(db, &i, DEVICE_REVOKED, now, e);
	*changed = ret == ERR_OK;
	capf_issued_clear(&i);
	return ret;
}

int
capf_revoke(struct db *db, struct db *observed,
    const uint8_t sha256[SHA256_LEN], int64_t now, struct row_device_cert *c,
    bool *changed, struct err *e)
{
	struct sent sent = { .db = db, .owner = &c->owner, .now = now };
	struct row_device_cert gone;
	int ret;

	*changed = false;
	ret = row_device_cert_by_sha256(db, sha256, c, e);
	if (ret == ERR_NOTFOUND)
		return revoke_unknown(db, observed, sha256, now, c, changed,
		    e);
	if (ret != ERR_OK || c->state == DEVICE_REVOKED)
		return ret;
	if (c->state == DEVICE_DELETED)
		return err_set(e, ERR_REFUSED, "%s has deleted this "
		    "certificate: there is nothing left to revoke",
		    c->owner.name);
	gone = *c;
	gone.state = DEVICE_REVOKED;
	gone.changed_at = now;
	if ((ret = row_device_cert_put(db, &gone, e)) != ERR_OK)
		return ret;
	/* He may have one already that he got with this one. */
	if (c->state == DEVICE_CURRENT && observed != NULL &&
	    (ret = observed_issued_each(observed, revoke_sent, &sent, e)) !=
	    ERR_OK)
		return ret;
	*changed = true;
	return c->owner.kind == CAPF_PHONE ? touch_phone(db, c->owner.name,
	    now, e) : ERR_OK;
}
