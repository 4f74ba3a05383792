/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which files of a phone there are, and what the encrypted one is sealed
 * with, see phone_file.h (spec/encrypted-config.md sections 2, 4 and 5).
 */
#include <stdlib.h>
#include <string.h>

#include "db/params.h"
#include "trust/phone_file_part.h"
#include "trust/phone_plain.h"

#define PLAIN_SKEW_S	300

const char *
phone_key_kind_name(enum phone_key_kind k)
{
	static const char *const names[] = { "none", "lsc", "mic",
	    "symmetric" };

	return names[k];
}

/* What depends on certificates: only then they are looked for. */
static bool
needs_certificate(const struct phone_effective *x)
{
	return effective_yes(x, SETTING_ENC_CONFIG) ||
	    !effective_is(x, SETTING_SECURITY_MODE, "non-secure");
}

/* A key typed into the phone: that it is one for AES-128 is told by its
 * sealed length. */
static int
read_symmetric(struct phone_file *f, struct db *db,
    const struct phone_file_base *b, struct err *e)
{
	int ret = ERR_OK;

	if (b->symmetric)
		ret = phone_file_read_secret(f, db, FILE_SECRET_SYMMETRIC,
		    SETTING_SYMMETRIC_KEY, e);
	if (ret == ERR_OK && f->secret[FILE_SECRET_SYMMETRIC].len ==
	    SEAL_OVERHEAD + 2 * PHONE_SYMMETRIC_LEN)
		f->with = PHONE_KEY_SYMMETRIC;
	return ret;
}

/* Its end is still as near as when it was set: a clock that was ahead then, or
 * is behind now, makes no week of a day.  Nodes' clocks differ a little. */
static bool
plain_counts(const struct row_phone_plain *p, int64_t now)
{
	return p->until - now <= PHONE_PLAIN_MAX_S + PLAIN_SKEW_S;
}

/* Plain for a while; what has passed counts no more. */
static int
read_plain(struct phone_file *f, struct db *db, int64_t now, struct err *e)
{
	struct err why = { .code = ERR_OK };
	struct row_phone_plain p;
	int ret = row_phone_plain_get(db, f->phone.phone.name, &p, &why);

	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", why.msg);
	if (p.until <= now) {
		phone_file_newer(f, p.until);
		return ERR_OK;
	}
	if (!plain_counts(&p, now)) {
		phone_file_sooner(f, p.until - PHONE_PLAIN_MAX_S -
		    PLAIN_SKEW_S);
		return ERR_OK;
	}
	f->plain = p;
	phone_file_newer(f, p.at);
	phone_file_sooner(f, p.until);
	return ERR_OK;
}

/* Which files there are (spec/encrypted-config.md section 4). */
static void
decide(struct phone_file *f)
{
	const struct phone_effective *x = &f->phone;

	f->open = PHONE_FILE_WHOLE;
	f->flagged = effective_yes(x, SETTING_ENC_CONFIG) &&
	    (f->with != PHONE_KEY_NONE ||
	    !effective_waits(x));
	if (f->plain.with_secrets)
		return;
	/* Of one that waits for its first key as well: who asked for a plain
	 * file without secrets gets that. */
	if (f->plain.until != 0)
		f->open = PHONE_FILE_BARE;
	else if (!f->flagged)
		return;
	else if (f->with == PHONE_KEY_NONE &&
	    effective_is(x, SETTING_WITHOUT_KEY, "signed-without-secrets"))
		f->open = PHONE_FILE_BARE;
	else {
		f->open = PHONE_FILE_STUB;
		f->encrypted = f->with != PHONE_KEY_NONE;
	}
}

int
phone_file_read_keys(struct phone_file *f, struct db *db,
    const struct phone_file_base *b, struct err *e)
{
	int ret = ERR_OK;

	if (needs_certificate(&f->phone) && (ret = device_key_load(&f->key,
	    db, f->phone.phone.name, e)) != ERR_OK)
		return ret;
	f->phone.has_certificate = f->key.has_lsc;
	f->phone.was_ready = f->key.had_key;
	f->phone.was_revoked = f->key.revoked;
	if (f->key.has_key)
		f->with = f->key.is_mic ? PHONE_KEY_MIC : PHONE_KEY_LSC;
	if (effective_yes(&f->phone, SETTING_ENC_CONFIG) &&
	    ((ret = read_symmetric(f, db, b, e)) != ERR_OK ||
	    (ret = read_plain(f, db, b->now, e)) != ERR_OK))
		return ret;
	capf_pending(&f->phone, f->with != PHONE_KEY_NONE, b->now,
	    &f->pending);
	phone_file_sooner(f, f->pending.until);
	decide(f);
	return ERR_OK;
}

int
phone_file_state(struct phone_file *f, struct db *db,
    const struct profile_base *profiles, const char *name, int64_t now,
    struct err *e)
{
	struct phone_file_base b = { .profiles = profiles, .now = now };
	struct err why = { .code = ERR_OK };
	char *v = param_get(db, PARAM_FILES_SYMMETRIC, "", &why);
	int ret;

	*f = (struct phone_file){ .until = INT64_MAX };
	if (v == NULL)
		return err_set(e, why.code, "%s", why.msg);
	b.symmetric = strcmp(v, "yes") == 0;
	free(v);
	if ((ret = phone_effective_load(&f->phone, db, profiles, name, e)) ==
	    ERR_OK)
		ret = phone_file_read_keys(f, db, &b, e);
	if (ret != ERR_OK)
		phone_file_clear(f);
	return ret;
}
