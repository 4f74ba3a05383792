/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Passwords in rows, see sealed.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/wr.h"
#include "trust/sealed.h"
#include "trust/setting.h"

/* table NUL column NUL, and the primary key: its parts divided by NUL. */
static uint8_t *
aad_of(const char *table, const char *const *pk, size_t n, size_t *len,
    struct err *e)
{
	struct wr w = wr_init(1024);
	uint8_t *aad = NULL;

	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			wr_u8(&w, 0);
		wr_bytes(&w, pk[i], strlen(pk[i]));
	}
	if (w.err == ERR_OK)
		aad = seal_aad(table, "sealed", w.buf, w.len, len);
	if (aad == NULL)
		(void)err_set(e, ERR_NOMEM, "%s", table);
	wr_clear(&w);
	return aad;
}

static uint8_t *
aad_phone(const char *phone, const char *name, size_t *len, struct err *e)
{
	const char *const pk[] = { phone, name };

	return aad_of("phone_secret", pk, 2, len, e);
}

static uint8_t *
aad_digest(enum credential_kind kind, const char *name, const char *realm,
    size_t *len, struct err *e)
{
	const char *const pk[] = { credential_kind_name[kind], name, realm };

	return aad_of("digest_credential", pk, 3, len, e);
}

static uint8_t *
aad_cluster(const char *name, size_t *len, struct err *e)
{
	return aad_of("cluster_secret", &name, 1, len, e);
}

static uint8_t *
aad_cti(const char *kind, const char *name, const char *instance,
    size_t *len, struct err *e)
{
	const char *const pk[] = { kind, name, instance };

	return aad_of("capf_profile", pk, 3, len, e);
}

static const struct seal_key *
key_of(const struct keyring *kr, struct err *e)
{
	const struct seal_key *k = kr != NULL ? keyring_key(kr,
	    KEYRING_CRED) : NULL;

	if (k == NULL)
		(void)err_set(e, ERR_BADSTATE, "it carries credentials, and "
		    "the key that opens them is not at hand: only an account "
		    "that may read master.key has it");
	return k;
}

/* What can stand in a file and in a header. */
static bool
is_text(const char *s, size_t n)
{
	if (n == 0 || n > SEALED_TEXT_MAX || !str_is_utf8(s, n))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return true;
}

/* aad is taken over, also on failure: here and below. */
static int
make_bytes(const struct keyring *kr, const struct rng *rng, uint8_t *aad,
    size_t aadlen, const void *p, size_t len, uint8_t **out, size_t *outlen,
    struct err *e)
{
	const struct seal_key *k;
	int ret = ERR_BADSTATE;

	*out = NULL;
	if (aad == NULL)
		return ERR_NOMEM;
	if ((k = key_of(kr, e)) != NULL)
		ret = seal(k, rng, aad, aadlen, p, len, out, outlen, e);
	free(aad);
	return ret;
}

static int
make(const struct keyring *kr, const struct rng *rng, uint8_t *aad,
    size_t aadlen, const char *text, uint8_t **out, size_t *outlen,
    struct err *e)
{
	size_t len = strlen(text);

	if (is_text(text, len))
		return make_bytes(kr, rng, aad, aadlen, text, len, out,
		    outlen, e);
	free(aad);
	*out = NULL;
	return err_set(e, ERR_ARG, "a password has 1 to %d bytes, no control "
	    "characters", SEALED_TEXT_MAX);
}

static int
open_bytes(const struct keyring *kr, uint8_t *aad, size_t aadlen,
    const uint8_t *sealed, size_t len, struct secret **plain, struct err *e)
{
	const struct seal_key *k;
	int ret = ERR_BADSTATE;

	*plain = NULL;
	if (aad == NULL)
		return ERR_NOMEM;
	if ((k = key_of(kr, e)) != NULL)
		ret = unseal(k, aad, aadlen, sealed, len, plain, e);
	free(aad);
	return ret;
}

static int
terminate(const struct secret *plain, struct secret **text, struct err *e)
{
	if (!is_text((const char *)plain->buf, plain->len))
		return err_set(e, ERR_PROTO, "what is sealed is no password");
	if ((*text = secret_new(plain->len + 1)) == NULL)
		return err_set(e, ERR_NOMEM, "password");
	memcpy((*text)->buf, plain->buf, plain->len);
	return ERR_OK;
}

static int
open_text(const struct keyring *kr, uint8_t *aad, size_t aadlen,
    const uint8_t *sealed, size_t len, struct secret **text, struct err *e)
{
	struct secret *plain;
	int ret = open_bytes(kr, aad, aadlen, sealed, len, &plain, e);

	*text = NULL;
	if (ret == ERR_OK)
		ret = terminate(plain, text, e);
	secret_free(plain);
	return ret;
}

int
sealed_phone(const struct keyring *kr, const struct rng *rng,
    const char *phone, const char *name, const char *text, uint8_t **out,
    size_t *outlen, struct err *e)
{
	size_t n = 0;
	uint8_t *aad = aad_phone(phone, name, &n, e);

	return make(kr, rng, aad, n, text, out, outlen, e);
}

int
sealed_digest(const struct keyring *kr, const struct rng *rng,
    enum credential_kind kind, const char *name, const char *realm,
    const char *text, uint8_t **out, size_t *outlen, struct err *e)
{
	size_t n = 0;
	uint8_t *aad = aad_digest(kind, name, realm, &n, e);

	return make(kr, rng, aad, n, text, out, outlen, e);
}

int
sealed_phone_open(const struct keyring *kr, const char *phone,
    const char *name, const uint8_t *sealed, size_t len,
    struct secret **text, struct err *e)
{
	size_t n = 0;
	uint8_t *aad = aad_phone(phone, name, &n, e);

	return open_text(kr, aad, n, sealed, len, text, e);
}

int
sealed_digest_open(const struct keyring *kr, enum credential_kind kind,
    const char *name, const char *realm, const uint8_t *sealed, size_t len,
    struct secret **text, struct err *e)
{
	size_t n = 0;
	uint8_t *aad = aad_digest(kind, name, realm, &n, e);

	return open_text(kr, aad, n, sealed, len, text, e);
}

int
sealed_cluster(const struct keyring *kr, const struct rng *rng,
    const char *name, const char *text, uint8_t **out, size_t *outlen,
    struct err *e)
{
	size_t n = 0;
	uint8_t *aad = aad_cluster(name, &n, e);

	return make(kr, rng, aad, n, text, out, outlen, e);
}

int
sealed_cluster_open(const struct keyring *kr, const char *name,
    const uint8_t *sealed, size_t len, struct secret **text, struct err *e)
{
	size_t n = 0;
	uint8_t *aad = aad_cluster(name, &n, e);

	return open_text(kr, aad, n, sealed, len, text, e);
}

int
sealed_cluster_bytes(const struct keyring *kr, const struct rng *rng,
    const char *name, const struct secret *bytes, uint8_t **out,
    size_t *outlen, struct err *e)
{
	size_t n = 0;
	uint8_t *aad = aad_cluster(name, &n, e);

	return make_bytes(kr, rng, aad, n, bytes->buf, bytes->len, out,
	    outlen, e);
}

int
sealed_cluster_bytes_open(const struct keyring *kr, const char *name,
    const uint8_t *sealed, size_t len, struct secret **bytes, struct err *e)
{
	size_t n = 0;
	uint8_t *aad = aad_cluster(name, &n, e);

	return open_bytes(kr, aad, n, sealed, len, bytes, e);
}

int
sealed_cti(const struct keyring *kr, const struct rng *rng, const char *kind,
    const char *name, const char *instance, const char *text, uint8_t **out,
    size_t *outlen, struct err *e)
{
	size_t n = 0;
	uint8_t *aad = aad_cti(kind, name, instance, &n, e);

	return make(kr, rng, aad, n, text, out, outlen, e);
}

int
sealed_cti_open(const struct keyring *kr, const char *kind, const char *name,
    const char *instance, const uint8_t *sealed, size_t len,
    struct secret **text, struct err *e)
{
	size_t n = 0;
	uint8_t *aad = aad_cti(kind, name, instance, &n, e);

	return open_text(kr, aad, n, sealed, len, text, e);
}

int
sealed_capf(const struct keyring *kr, const struct rng *rng,
    const struct capf_owner *o, const char *text, uint8_t **out,
    size_t *outlen, struct err *e)
{
	if (o->kind == CAPF_PHONE)
		return sealed_phone(kr, rng, o->name, setting_get(
		    SETTING_AUTH_STRING)->option, text, out, outlen, e);
	return sealed_cti(kr, rng, capf_kind_name[o->kind], o->name,
	    o->instance, text, out, outlen, e);
}

int
sealed_capf_open(const struct keyring *kr, const struct capf_owner *o,
    const uint8_t *sealed, size_t len, struct secret **text, struct err *e)
{
	if (o->kind == CAPF_PHONE)
		return sealed_phone_open(kr, o->name, setting_get(
		    SETTING_AUTH_STRING)->option, sealed, len, text, e);
	return sealed_cti_open(kr, capf_kind_name[o->kind], o->name,
	    o->instance, sealed, len, text, e);
}
