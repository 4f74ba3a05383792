/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A plain file for a while, see phone_plain.h.
 */
#include <string.h>

#include "base/clock.h"
#include "trust/phone_file.h"
#include "trust/phone_plain.h"
#include "trust/render.h"

static int
check_time(int64_t until, int64_t now, struct err *e)
{
	char last[CLOCK_RFC3339_LEN];

	if (until > now && until - now <= PHONE_PLAIN_MAX_S)
		return ERR_OK;
	clock_rfc3339(now + PHONE_PLAIN_MAX_S, last);
	return err_set(e, ERR_REFUSED, "a plain file %s: give a time until %s "
	    "(24 hours from now)", until <= now ? "until a time that has "
	    "passed would do nothing" : "for longer than a day is forgotten "
	    "about", last);
}

static int
check_phone(struct db *db, const struct profile_base *base,
    const struct row_phone_plain *p, struct err *e)
{
	struct phone_effective x;
	int ret = phone_effective_load(&x, db, base, p->phone, e);

	if (ret != ERR_OK)
		return ret;
	if (!effective_yes(&x, SETTING_ENC_CONFIG))
		ret = err_set(e, ERR_REFUSED, "%s: its profile asks for no "
		    "encrypted file, so its file is plain anyway", p->phone);
	phone_effective_clear(&x);
	return ret;
}

static int
get(struct db *db, const char *phone, struct row_phone_plain *have,
    bool *there, struct err *e)
{
	struct err why = { .code = ERR_OK };
	int ret = row_phone_plain_get(db, phone, have, &why);

	*there = ret == ERR_OK;
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", why.msg);
}

int
phone_plain_set(struct db *db, const struct profile_base *base,
    const struct row_phone_plain *p, int64_t now, bool *changed,
    struct err *e)
{
	struct row_phone_plain have, row = *p;
	bool there;
	int ret;

	*changed = false;
	if ((ret = get(db, p->phone, &have, &there, e)) != ERR_OK)
		return ret;
	if (p->until == 0) {
		*changed = there;
		return there ? row_phone_plain_remove(db, p->phone, e) :
		    ERR_OK;
	}
	if ((ret = check_time(p->until, now, e)) != ERR_OK ||
	    (ret = check_phone(db, base, p, e)) != ERR_OK)
		return ret;
	if (there && have.until == p->until &&
	    have.with_secrets == p->with_secrets)
		return ERR_OK;
	*changed = true;
	row.at = now;
	return row_phone_plain_put(db, &row, e);
}

/* Is its file one without secrets, or would it be without its key? */
static int
may_be_bare(struct db *db, const struct profile_base *base, const char *phone,
    int64_t now, bool *bare, struct err *e)
{
	struct phone_file f;
	int ret = phone_file_state(&f, db, base, phone, now, e);

	if (ret != ERR_OK)
		return ret;
	*bare = f.phone.phone.has_file && (f.open == PHONE_FILE_BARE ||
	    (effective_yes(&f.phone, SETTING_ENC_CONFIG) &&
	    effective_is(&f.phone, SETTING_WITHOUT_KEY,
	    "signed-without-secrets")));
	phone_file_clear(&f);
	return ERR_OK;
}

int
phone_plain_advice(struct db *db, const struct profile_base *base,
    const char *phone, int64_t now, char **advice, struct err *e)
{
	struct row_phone_file own = { .xml = NULL };
	bool bare = false;
	int ret;

	*advice = NULL;
	if ((ret = may_be_bare(db, base, phone, now, &bare, e)) != ERR_OK ||
	    !bare)
		return ret;
	if ((ret = row_phone_file_get(db, phone, &own, e)) == ERR_OK)
		ret = render_emptied(own.xml, own.len, phone, advice, e);
	row_phone_file_clear(&own);
	return ret;
}
