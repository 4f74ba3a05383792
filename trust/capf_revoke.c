/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Revoking certificates of phones and CTI clients, see capf_revoke.h.
 */
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

int
capf_revoke(struct db *db, const uint8_t sha256[SHA256_LEN], int64_t now,
    struct row_device_cert *c, bool *changed, struct err *e)
{
	struct row_device_cert gone;
	int ret;

	*changed = false;
	ret = row_device_cert_by_sha256(db, sha256, c, e);
	if (ret == ERR_NOTFOUND)
		return err_set(e, ret, "no phone and no client has this "
		    "certificate: \"utils capf lsc list\" shows those there "
		    "are");
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
	*changed = true;
	return c->owner.kind == CAPF_PHONE ? touch_phone(db, c->owner.name,
	    now, e) : ERR_OK;
}
