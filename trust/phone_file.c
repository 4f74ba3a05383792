/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What one phone's file is made of, see phone_file.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/cert_row.h"
#include "trust/phone_file_part.h"
#include "trust/srst.h"
#include "trust/user.h"

/* --- reading --- */

void
phone_file_newer(struct phone_file *f, int64_t at)
{
	if (at > f->changed_at)
		f->changed_at = at;
}

void
phone_file_sooner(struct phone_file *f, int64_t at)
{
	if (at < f->until)
		f->until = at;
}

struct render_env
phone_file_env(const struct phone_file *f, const struct phone_file_base *b)
{
	struct render_env env = render_env_of(b->servers,
	    f->phone.phone.name, &f->phone);

	env.load = render_loads_find(b->loads, f->phone.model);
	env.mixed = b->mixed;
	env.certificate = f->phone.has_certificate;
	env.capf_auth = (unsigned)f->pending.auth;
	return env;
}

int
phone_file_read_secret(struct phone_file *f, struct db *db,
    enum phone_file_secret i, enum setting_id id, struct err *e)
{
	if (f->phone.from[id] != FROM_PHONE)
		return ERR_OK;
	return row_secret_get(db, f->phone.phone.name,
	    setting_get(id)->option, &f->secret[i].sealed, &f->secret[i].len,
	    e);
}

/* Of the realm that challenges phones, else of any. */
static int
read_digest(struct phone_file *f, struct db *db, const char *realm,
    struct err *e)
{
	const char *user = f->phone.value[SETTING_DIGEST_USER];
	struct row_credential c = { .sealed = NULL };
	struct err why = { 0 };
	int ret;

	ret = user_digest_for(db, user, realm, &c, &why);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", why.msg);
	f->secret[FILE_SECRET_DIGEST].sealed = c.sealed;
	f->secret[FILE_SECRET_DIGEST].len = c.len;
	(void)str_copy(f->realm, sizeof(f->realm), c.realm);
	phone_file_newer(f, c.changed_at);
	c.sealed = NULL;
	row_credential_clear(&c);
	return ERR_OK;
}

static int
read_secrets(struct phone_file *f, struct db *db,
    const struct phone_file_base *b, struct err *e)
{
	const struct render_env env = phone_file_env(f, b);
	unsigned wanted = render_secrets_wanted(&env);
	int ret = ERR_OK;

	if (!f->encrypted && f->open != PHONE_FILE_WHOLE)
		return ERR_OK;
	/* The administrator's own file has its own, but for its user, who may
	 * be another every day (extension mobility). */
	if (f->own.xml != NULL)
		wanted &= RENDER_DIGEST;
	if (wanted & RENDER_PHONE)
		ret = phone_file_read_secret(f, db, FILE_SECRET_PHONE,
		    SETTING_PHONE_PASSWORD, e);
	if (ret == ERR_OK && wanted & RENDER_SSH)
		ret = phone_file_read_secret(f, db, FILE_SECRET_SSH,
		    SETTING_SSH_PASSWORD, e);
	if (ret == ERR_OK && wanted & RENDER_DIGEST)
		ret = read_digest(f, db, b->realm, e);
	return ret;
}

/* Its dates make another file of it without anybody's doing. */
static void
note_dates(struct phone_file *f, const struct cert *c, int64_t now)
{
	int64_t from = cert_not_before(c), to = cert_not_after(c);

	if (now < from) {
		phone_file_sooner(f, from);
	} else if (now <= to) {
		phone_file_sooner(f, to + 1);
		phone_file_newer(f, from);
	} else
		phone_file_newer(f, to + 1);
}

int
phone_file_take_srst(struct phone_file *f, const struct phone_file_base *b,
    const struct cert *c, struct err *e)
{
	const uint8_t *der;
	size_t len;

	note_dates(f, c, b->now);
	if (srst_missing(&f->srst.row, c, b->mixed, &f->phone, b->now) != 0)
		return ERR_OK;
	der = cert_der(c, &len);
	if ((f->srst.certificate = malloc(STR_BASE64_LEN(len))) == NULL)
		return err_set(e, ERR_NOMEM, "%s", f->srst.row.name);
	str_base64(der, len, f->srst.certificate);
	return ERR_OK;
}

/* A reference that is gone counts as none. */
static int
read_srst(struct phone_file *f, struct db *db,
    const struct phone_file_base *b, struct err *e)
{
	const char *name = f->phone.value[SETTING_SRST_REFERENCE];
	struct row_srst *r = &f->srst.row;
	struct err miss = { .code = ERR_OK };
	struct cert *c;
	int ret;

	if (name[0] == '\0')
		return ERR_OK;
	if ((ret = row_srst_get(db, name, r, &miss)) == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", miss.msg);
	f->srst.has = true;
	phone_file_newer(f, r->changed_at);
	/* What is certain not to go in need not be read. */
	if (!r->has_accepted || (srst_missing(r, NULL, b->mixed, &f->phone,
	    b->now) & ~(unsigned)SRST_MISS_CERT) != 0)
		return ERR_OK;
	if ((c = cert_row_get(db, r->accepted, e)) == NULL)
		return e != NULL ? e->code : ERR_NOTFOUND;
	ret = phone_file_take_srst(f, b, c, e);
	cert_free(c);
	return ret;
}

int
phone_file_load(struct phone_file *f, struct db *db,
    const struct phone_file_base *b, const char *name, struct err *e)
{
	int ret;

	*f = (struct phone_file){ .until = INT64_MAX };
	if ((ret = phone_effective_load(&f->phone, db, b->profiles, name,
	    e)) != ERR_OK)
		return ret;
	f->changed_at = f->phone.changed_at;
	phone_file_newer(f, b->servers->changed_at);
	if (f->phone.phone.has_file) {
		ret = row_phone_file_get(db, name, &f->own, e);
		phone_file_newer(f, f->own.changed_at);
	} else if (phone_file_env(f, b).load[0] != '\0')
		phone_file_newer(f, b->loads->changed_at);
	if (ret == ERR_OK)
		ret = phone_file_read_keys(f, db, b, e);
	if (ret == ERR_OK)
		ret = read_secrets(f, db, b, e);
	if (ret == ERR_OK)
		ret = read_srst(f, db, b, e);
	if (ret != ERR_OK)
		phone_file_clear(f);
	return ret;
}

void
phone_file_clear(struct phone_file *f)
{
	for (int i = 0; i < FILE_SECRET_N; i++)
		free(f->secret[i].sealed);
	free(f->srst.certificate);
	device_key_clear(&f->key);
	row_phone_file_clear(&f->own);
	phone_effective_clear(&f->phone);
	*f = (struct phone_file){ .until = INT64_MAX };
}
