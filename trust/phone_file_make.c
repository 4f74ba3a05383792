/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The bytes of a phone's files and their name, see phone_file.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/wr.h"
#include "certs/enc_file.h"
#include "crypt/digest.h"
#include "trust/phone_file_part.h"

/* Raised when the same values are written otherwise. */
#define RENDER_FORM	3

static struct render_srst
srst_of(const struct phone_file *f)
{
	const struct row_srst *r = &f->srst.row;

	return (struct render_srst){ .address = r->address,
	    .sip_address = r->sip_address[0] != '\0' ? r->sip_address :
	    r->address, .port = r->port, .sip_port = r->sip_port,
	    .certificate = f->srst.certificate };
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

/* Of secrets only those that this file carries. */
static void
write_secrets(struct wr *w, const struct phone_file *f,
    enum phone_file_what what)
{
	if (what != PHONE_FILE_WHOLE)
		return;
	wr_cstr(w, f->realm);
	for (int i = 0; i < FILE_SECRET_SYMMETRIC; i++) {
		wr_u32(w, (uint32_t)f->secret[i].len);
		if (f->secret[i].len > 0)
			wr_bytes(w, f->secret[i].sealed, f->secret[i].len);
	}
}

int
phone_file_key(const struct phone_file *f, const struct phone_file_base *b,
    enum phone_file_what what, uint8_t key[32], struct err *e)
{
	struct wr w = wr_init(64 * 1024);
	int ret;

	wr_u8(&w, RENDER_FORM);
	wr_u8(&w, (uint8_t)what);
	wr_bytes(&w, b->servers->id, sizeof(b->servers->id));
	wr_cstr(&w, f->phone.phone.name);
	wr_cstr(&w, f->phone.phone.model);
	wr_u8(&w, (uint8_t)f->phone.phone.protocol);
	wr_cstr(&w, phone_file_env(f, b).load);
	write_settings(&w, &f->phone);
	wr_u8(&w, f->own.xml != NULL);
	wr_bytes(&w, f->own.sha256, sizeof(f->own.sha256));
	write_srst(&w, f);
	wr_u8(&w, b->mixed);
	wr_u8(&w, f->phone.has_certificate);
	wr_u8(&w, (uint8_t)f->pending.auth);
	wr_u8(&w, (uint8_t)f->with);
	wr_bytes(&w, f->key.sha256, sizeof(f->key.sha256));
	write_secrets(&w, f, what);
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
	case FILE_SECRET_SYMMETRIC:
		ret = sealed_phone_open(kr, phone,
		    setting_get(SETTING_SYMMETRIC_KEY)->option, sealed, len,
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

/* The whole file, with what secrets there are. */
static int
render_whole_file(const struct phone_file *f, struct render_env *env,
    const struct keyring *kr, uint8_t **out, size_t *outlen, struct err *e)
{
	struct secret *text[FILE_SECRET_SYMMETRIC] = { NULL };
	int ret = ERR_OK;

	for (int i = 0; i < FILE_SECRET_SYMMETRIC && ret == ERR_OK; i++)
		ret = open_secret(f, kr, (enum phone_file_secret)i, &text[i],
		    e);
	if (ret != ERR_OK)
		goto out;
	if (text[FILE_SECRET_DIGEST] != NULL)
		env->secret.auth_name = f->phone.value[SETTING_DIGEST_USER];
	env->secret.auth_password = text_of(text[FILE_SECRET_DIGEST]);
	env->secret.phone_password = text_of(text[FILE_SECRET_PHONE]);
	env->secret.ssh_password = text_of(text[FILE_SECRET_SSH]);
	ret = render_config(env, f->own.xml, f->own.len, out, outlen, e);
out:
	for (int i = 0; i < FILE_SECRET_SYMMETRIC; i++)
		secret_free(text[i]);
	return ret;
}

static int
render_stub_file(const struct phone_file *f, const struct render_env *env,
    uint8_t **out, size_t *outlen, struct err *e)
{
	char hash[33] = "";
	int ret;

	if (f->with == PHONE_KEY_SYMMETRIC)
		return render_stub(env, NULL, f->own.xml, f->own.len, out,
		    outlen, e);
	if (f->with != PHONE_KEY_NONE && (ret = enc_cert_hash(f->key.cert,
	    hash, e)) != ERR_OK)
		return ret;
	return render_stub(env, hash, f->own.xml, f->own.len, out, outlen, e);
}

int
phone_file_render(const struct phone_file *f, const struct phone_file_base *b,
    const struct keyring *kr, enum phone_file_what what, uint8_t **out,
    size_t *outlen, struct err *e)
{
	struct render_env env = phone_file_env(f, b);
	const struct render_srst srst = srst_of(f);

	env.srst = f->srst.has ? &srst : NULL;
	env.bare = what != PHONE_FILE_WHOLE;
	switch (what) {
	case PHONE_FILE_WHOLE:
		return render_whole_file(f, &env, kr, out, outlen, e);
	case PHONE_FILE_BARE:
		return render_config(&env, f->own.xml, f->own.len, out,
		    outlen, e);
	case PHONE_FILE_STUB:
		return render_stub_file(f, &env, out, outlen, e);
	case PHONE_FILE_NONE:
		break;
	}
	return err_set(e, ERR_NOTFOUND, "%s: no such file",
	    f->phone.phone.name);
}

static bool
from_hex(const char *text, uint8_t key[PHONE_SYMMETRIC_LEN])
{
	return strlen(text) == 2 * PHONE_SYMMETRIC_LEN &&
	    str_unhex(text, key, PHONE_SYMMETRIC_LEN);
}

int
phone_file_symmetric(const struct phone_file *f, const struct keyring *kr,
    uint8_t key[PHONE_SYMMETRIC_LEN], struct err *e)
{
	struct secret *text = NULL;
	int ret = open_secret(f, kr, FILE_SECRET_SYMMETRIC, &text, e);

	if (ret == ERR_OK && (text == NULL ||
	    !from_hex((const char *)text->buf, key)))
		ret = err_set(e, ERR_REFUSED, "%s: the %s is not one of 32 "
		    "hexadecimal digits", f->phone.phone.name,
		    setting_get(SETTING_SYMMETRIC_KEY)->name);
	secret_free(text);
	return ret;
}
