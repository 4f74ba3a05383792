/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What one phone's file is made of, see phone_file.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/wr.h"
#include "crypt/digest.h"
#include "trust/cert_row.h"
#include "trust/phone_file.h"
#include "trust/srst.h"
#include "trust/user.h"

/* Raised when the same values are written otherwise. */
#define RENDER_FORM	1

static void
newer(struct phone_file *f, int64_t at)
{
	if (at > f->changed_at)
		f->changed_at = at;
}

static struct render_env
env_of(const struct phone_file *f, const struct phone_file_base *b)
{
	struct render_env env = render_env_of(b->servers,
	    f->phone.phone.name, &f->phone);

	env.load = render_loads_find(b->loads, f->phone.model);
	env.mixed = b->mixed;
	env.certificate = f->phone.has_certificate;
	return env;
}

static struct render_srst
srst_of(const struct phone_file *f)
{
	const struct row_srst *r = &f->srst.row;

	return (struct render_srst){ .address = r->address,
	    .sip_address = r->sip_address[0] != '\0' ? r->sip_address :
	    r->address, .port = r->port, .sip_port = r->sip_port,
	    .certificate = f->srst.certificate };
}

/* --- reading --- */

static int
read_secret(struct phone_file *f, struct db *db, enum phone_file_secret i,
    enum setting_id id, struct err *e)
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
	newer(f, c.changed_at);
	c.sealed = NULL;
	row_credential_clear(&c);
	return ERR_OK;
}

static int
read_secrets(struct phone_file *f, struct db *db,
    const struct phone_file_base *b, struct err *e)
{
	const struct render_env env = env_of(f, b);
	unsigned wanted = render_secrets_wanted(&env);
	int ret = ERR_OK;

	/* The administrator's own file has its own. */
	if (f->own.xml != NULL)
		return ERR_OK;
	if (wanted & RENDER_PHONE)
		ret = read_secret(f, db, FILE_SECRET_PHONE,
		    SETTING_PHONE_PASSWORD, e);
	if (ret == ERR_OK && wanted & RENDER_SSH)
		ret = read_secret(f, db, FILE_SECRET_SSH,
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
		f->until = from;
	} else if (now <= to) {
		f->until = to + 1;
		newer(f, from);
	} else
		newer(f, to + 1);
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
	newer(f, r->changed_at);
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
	newer(f, b->servers->changed_at);
	if (f->phone.phone.has_file) {
		ret = row_phone_file_get(db, name, &f->own, e);
		newer(f, f->own.changed_at);
	} else if (env_of(f, b).load[0] != '\0')
		newer(f, b->loads->changed_at);
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
	row_phone_file_clear(&f->own);
	phone_effective_clear(&f->phone);
	*f = (struct phone_file){ .realm = "" };
}

/* --- its name --- */

static void
write_settings(struct wr *w, const struct phone_effective *x)
{
	for (int i = 0; i < SETTING_N; i++) {
		wr_cstr(w, x->value[i]);
		wr_u8(w, x->from[i] == FROM_PHONE ||
		    x->from[i] == FROM_PROFILE);
	}
}

static void
write_srst(struct wr *w, const struct phone_file *f)
{
	const struct render_srst s = srst_of(f);

	wr_u8(w, f->srst.has);
	if (!f->srst.has)
		return;
	wr_cstr(w, s.address);
	wr_cstr(w, s.sip_address);
	wr_u16(w, s.port);
	wr_u16(w, s.sip_port);
	wr_cstr(w, s.certificate != NULL ? s.certificate : "");
}

int
phone_file_key(const struct phone_file *f, const struct phone_file_base *b,
    uint8_t key[32], struct err *e)
{
	struct wr w = wr_init(64 * 1024);
	int ret;

	wr_u8(&w, RENDER_FORM);
	wr_bytes(&w, b->servers->id, sizeof(b->servers->id));
	wr_cstr(&w, f->phone.phone.name);
	wr_cstr(&w, f->phone.phone.model);
	wr_u8(&w, (uint8_t)f->phone.phone.protocol);
	wr_cstr(&w, env_of(f, b).load);
	write_settings(&w, &f->phone);
	wr_u8(&w, f->own.xml != NULL);
	wr_bytes(&w, f->own.sha256, sizeof(f->own.sha256));
	write_srst(&w, f);
	wr_u8(&w, b->mixed);
	wr_u8(&w, f->phone.has_certificate);
	wr_cstr(&w, f->realm);
	for (int i = 0; i < FILE_SECRET_N; i++) {
		wr_u32(&w, (uint32_t)f->secret[i].len);
		if (f->secret[i].len > 0)
			wr_bytes(&w, f->secret[i].sealed, f->secret[i].len);
	}
	if (w.err != ERR_OK)
		ret = err_set(e, w.err, "%s", f->phone.phone.name);
	else
		ret = digest_buf(DIGEST_SHA256, w.buf, w.len, key, e);
	wr_clear(&w);
	return ret;
}

/* --- its bytes --- */

static int
open_secret(const struct phone_file *f, const struct keyring *kr,
    enum phone_file_secret i, struct secret **text, struct err *e)
{
	const char *phone = f->phone.phone.name;
	const uint8_t *sealed = f->secret[i].sealed;
	size_t len = f->secret[i].len;
	int ret = ERR_OK;

	if (sealed == NULL)
		return ERR_OK;
	switch (i) {
	case FILE_SECRET_DIGEST:
		ret = sealed_digest_open(kr, CREDENTIAL_USER,
		    f->phone.value[SETTING_DIGEST_USER], f->realm, sealed,
		    len, text, e);
		break;
	case FILE_SECRET_PHONE:
		ret = sealed_phone_open(kr, phone,
		    setting_get(SETTING_PHONE_PASSWORD)->option, sealed, len,
		    text, e);
		break;
	case FILE_SECRET_SSH:
		ret = sealed_phone_open(kr, phone,
		    setting_get(SETTING_SSH_PASSWORD)->option, sealed, len,
		    text, e);
		break;
	case FILE_SECRET_N:
		abort();
	}
	if (ret != ERR_OK)
		(void)err_wrap(e, "%s", phone);
	return ret;
}

static const char *
text_of(const struct secret *s)
{
	return s != NULL ? (const char *)s->buf : NULL;
}

int
phone_file_render(const struct phone_file *f, const struct phone_file_base *b,
    const struct keyring *kr, uint8_t **out, size_t *outlen, struct err *e)
{
	struct secret *text[FILE_SECRET_N] = { NULL };
	struct render_env env = env_of(f, b);
	const struct render_srst srst = srst_of(f);
	int ret = ERR_OK;

	env.srst = f->srst.has ? &srst : NULL;
	for (int i = 0; i < FILE_SECRET_N && ret == ERR_OK; i++)
		ret = open_secret(f, kr, (enum phone_file_secret)i, &text[i],
		    e);
	if (ret != ERR_OK)
		goto out;
	if (text[FILE_SECRET_DIGEST] != NULL)
		env.secret.auth_name = f->phone.value[SETTING_DIGEST_USER];
	env.secret.auth_password = text_of(text[FILE_SECRET_DIGEST]);
	env.secret.phone_password = text_of(text[FILE_SECRET_PHONE]);
	env.secret.ssh_password = text_of(text[FILE_SECRET_SSH]);
	ret = render_config(&env, f->own.xml, f->own.len, out, outlen, e);
out:
	for (int i = 0; i < FILE_SECRET_N; i++)
		secret_free(text[i]);
	return ret;
}
