/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Whose certificate operation it is, and what is pending for him.  See capf.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "certs/cert_cache.h"
#include "trust/capf_part.h"
#include "trust/device_key.h"
#include "trust/phone.h"

/* --- owners --- */

static bool
is_instance(const char *s)
{
	size_t n = strlen(s);

	return n >= 1 && n <= CAPF_INSTANCE_MAX && strspn(s,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789") == n;
}

/* USER.INSTANCE, at the last dot. */
static bool
take_cti(struct capf_owner *o, const char *device)
{
	const char *dot = strrchr(device, '.');
	size_t n;

	if (dot == NULL || dot == device || !is_instance(dot + 1) ||
	    (n = (size_t)(dot - device)) > CAPF_NAME_MAX)
		return false;
	*o = (struct capf_owner){ .kind = CAPF_APPLICATION };
	memcpy(o->name, device, n);
	(void)str_copy(o->instance, sizeof(o->instance), dot + 1);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)o->name[i] <= 0x20 || o->name[i] == 0x7f)
			return false;
	return str_is_utf8(o->name, n);
}

int
capf_owner_parse(struct capf_owner *o, const char *device, struct err *e)
{
	char name[PHONE_NAME_MAX + 1];

	if (take_cti(o, device))
		return ERR_OK;
	*o = (struct capf_owner){ .kind = CAPF_PHONE };
	if (phone_name(device, name, NULL) != ERR_OK)
		return err_set(e, ERR_PROTO, "element 13 is neither a phone's "
		    "name nor USER.INSTANCE of a CTI client");
	(void)str_copy(o->name, sizeof(o->name), name);
	return ERR_OK;
}

void
capf_owner_text(const struct capf_owner *o, char *out, size_t outlen)
{
	(void)snprintf(out, outlen, "%s%s%s", o->name,
	    o->kind != CAPF_PHONE ? "." : "", o->instance);
}

/* --- what is pending --- */

static const struct {
	const char		*word;
	enum capf_operation	 op;
} operations[] = {
	{ CAPF_NO_OPERATION, CAPF_OP_NONE },
	{ "install-upgrade", CAPF_OP_INSTALL },
	{ "troubleshoot", CAPF_OP_FETCH },
	{ "delete", CAPF_OP_DELETE },
};

enum capf_operation
capf_operation_of(const char *word)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]);
	    i++)
		if (strcmp(operations[i].word, word) == 0)
			return operations[i].op;
	return CAPF_OP_NONE;
}

const char *
capf_operation_word(enum capf_operation op)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]);
	    i++)
		if (operations[i].op == op)
			return operations[i].word;
	return CAPF_NO_OPERATION;
}

/* rsa2048, ec384, ... of a number of bits. */
static enum key_type
key_of(const char *family, const char *bits)
{
	enum key_type t = KEY_RSA2048;
	char name[16];

	(void)snprintf(name, sizeof(name), "%s%s", family, bits);
	(void)key_type_parse(name, &t);
	return t;
}

static void
pending_key(struct capf_pending *p, const char *order, const char *rsa,
    const char *ec)
{
	p->key = p->backup = key_of("rsa", rsa);
	if (strcmp(order, "rsa-only") == 0)
		return;
	p->key = key_of("ec", ec);
	if (strcmp(order, "ec-only") == 0)
		p->backup = p->key;
}

/* Encrypted files without a key to encrypt for: an RSA key is what helps.
 * Who waits until he is ready gets his files as they are, and who may have EC
 * keys only would come again and again for nothing.  Whom a certificate was
 * taken from gets another when somebody asks for it, or revoking would hand the
 * next one to whoever comes under his name. */
static bool
is_implied(const struct phone_effective *x, bool has_key)
{
	return !has_key && !x->was_revoked &&
	    effective_yes(x, SETTING_ENC_CONFIG) &&
	    !effective_waits(x) &&
	    !effective_is(x, SETTING_KEY_ORDER, "ec-only") &&
	    model_can(x->model, x->phone.protocol, MODEL_ENC_CONFIG);
}

static int64_t
until_of(const struct phone_effective *x)
{
	int64_t at = INT64_MAX;

	if (x->value[SETTING_OPERATION_BY][0] != '\0' && clock_rfc3339_parse(
	    x->value[SETTING_OPERATION_BY], &at, NULL) != ERR_OK)
		at = INT64_MAX;
	return at;
}

void
capf_pending(const struct phone_effective *x, bool has_key, int64_t now,
    struct capf_pending *p)
{
	int64_t code = 0;

	*p = (struct capf_pending){ .op = capf_operation_of(
	    x->value[SETTING_CERT_OPERATION]), .until = until_of(x) };
	pending_key(p, x->value[SETTING_KEY_ORDER],
	    x->value[SETTING_RSA_KEY_SIZE], x->value[SETTING_EC_KEY_SIZE]);
	/* A list of signer version 1.0 does not tell phones of EC keys; of who
	 * may have those alone profile_ec_check() has said so. */
	if (!x->ec_lists)
		p->key = p->backup;
	if (p->op != CAPF_OP_NONE && now >= p->until)
		p->op = CAPF_OP_NONE;
	if (p->op == CAPF_OP_NONE) {
		p->until = INT64_MAX;
		if (!is_implied(x, has_key))
			return;
		p->op = CAPF_OP_INSTALL;
		p->implied = true;
		p->key = p->backup = key_of("rsa",
		    x->value[SETTING_RSA_KEY_SIZE]);
	}
	(void)str_to_i64(effective_code(x, SETTING_CAPF_AUTH_MODE), 1, 4,
	    &code, NULL);
	p->auth = code == 0 ? CAPF_AUTH_NULL : (enum capf_auth)code;
}

/* --- the rows of one owner --- */

static int
asked_of_phone(const struct capf_ctx *c, int64_t now, struct capf_asked *a,
    struct err *e)
{
	const struct profile_base *base;
	struct device_key k = { .has_key = true };
	struct phone_effective x;
	const char *word;
	int ret;

	if ((ret = capf_base(c, &base, e)) != ERR_OK ||
	    (ret = phone_effective_load(&x, c->db, base, a->owner.name,
	    e)) != ERR_OK)
		return ret;
	if (effective_yes(&x, SETTING_ENC_CONFIG))
		ret = device_key_load(&k, c->db, a->owner.name, e);
	if (ret == ERR_OK) {
		x.was_ready = k.had_key;
		x.was_revoked = k.revoked;
		capf_pending(&x, k.has_key, now, &a->p);
		word = x.value[SETTING_CERT_OPERATION];
		a->phone = x.phone;
		a->sealed = effective_yes(&x, SETTING_ENC_CONFIG) && k.has_key;
		if (a->sealed)
			memcpy(a->key, k.sha256, SHA256_LEN);
		a->expired = capf_operation_of(word) != CAPF_OP_NONE &&
		    (a->p.op == CAPF_OP_NONE || a->p.implied);
		(void)str_copy(a->operation, sizeof(a->operation),
		    a->p.implied && !a->expired ?
		    capf_operation_word(a->p.op) : word);
	}
	device_key_clear(&k);
	phone_effective_clear(&x);
	return ret;
}

static int
asked_of_cti(const struct capf_ctx *c, int64_t now, struct capf_asked *a,
    struct err *e)
{
	char rsa[24], ec[24];
	int ret;

	if ((ret = row_capf_profile_get(c->db, &a->owner, &a->cti, e)) !=
	    ERR_OK)
		return ret;
	(void)str_copy(a->operation, sizeof(a->operation),
	    a->cti.operation);
	a->p = (struct capf_pending){
		.op = capf_operation_of(a->cti.operation),
		.until = a->cti.completes_by != 0 ? a->cti.completes_by :
		    INT64_MAX };
	(void)snprintf(rsa, sizeof(rsa), "%lld", (long long)a->cti.rsa_bits);
	(void)snprintf(ec, sizeof(ec), "%lld", (long long)a->cti.ec_bits);
	pending_key(&a->p, a->cti.key_order, rsa, ec);
	a->expired = a->p.op != CAPF_OP_NONE && now >= a->p.until;
	if (a->expired)
		a->p.op = CAPF_OP_NONE;
	if (a->p.op != CAPF_OP_NONE)
		a->p.auth = CAPF_AUTH_STRING;	/* always [C CTI chapter] */
	return ERR_OK;
}

int
capf_asked_load(const struct capf_ctx *c, const struct capf_owner *o,
    int64_t now, struct capf_asked *a, struct err *e)
{
	*a = (struct capf_asked){ .owner = *o };
	return o->kind == CAPF_PHONE ? asked_of_phone(c, now, a, e) :
	    asked_of_cti(c, now, a, e);
}

void
capf_asked_clear(struct capf_asked *a)
{
	row_capf_profile_clear(&a->cti);
	*a = (struct capf_asked){ .expired = false };
}

/* --- profiles and parameters --- */

/* Each certificate is met twice in a session, and its CA's in each. */
#define CERTS_MAX	1024

struct capf_cache {
	struct profile_base	*base;
	int64_t			 version;	/* of the database, read from */
	struct cert_cache	*issuers;
	struct cert_cache	*certs;		/* of owners, without keys */
	const uint8_t		*der;		/* looked for; borrowed */
	size_t			 derlen;
	struct {
		struct cert	*ca;		/* trusted for phones */
		uint8_t		 sha256[SHA256_LEN];
		int64_t		 version;
	} last[2];				/* for LSCs, for MICs */
};

static int
give_der(void *arg, const uint8_t sha256[DIGEST_SHA256_LEN], uint8_t **der,
    size_t *len, struct err *e)
{
	const struct capf_cache *c = arg;

	(void)sha256;
	if ((*der = malloc(c->derlen)) == NULL)
		return err_set(e, ERR_NOMEM, "certificate");
	memcpy(*der, c->der, c->derlen);
	*len = c->derlen;
	return ERR_OK;
}

struct capf_cache *
capf_cache_new(struct err *e)
{
	struct capf_cache *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)err_set(e, ERR_NOMEM, "profiles");
		return NULL;
	}
	if ((c->issuers = cert_cache_new(CERTS_MAX, give_der, c, e)) ==
	    NULL ||
	    (c->certs = cert_cache_new(CERTS_MAX, give_der, c, e)) == NULL) {
		capf_cache_free(c);
		return NULL;
	}
	cert_cache_keyless(c->certs);
	return c;
}

void
capf_cache_free(struct capf_cache *c)
{
	if (c == NULL)
		return;
	profile_base_free(c->base);
	cert_cache_free(c->issuers);
	cert_cache_free(c->certs);
	for (size_t i = 0; i < 2; i++)
		cert_free(c->last[i].ca);
	free(c);
}

static struct cert *
cached(struct capf_cache *k, struct cert_cache *in, const uint8_t *der,
    size_t len, struct err *e)
{
	uint8_t sha256[DIGEST_SHA256_LEN];

	if (digest_buf(DIGEST_SHA256, der, len, sha256, e) != ERR_OK)
		return NULL;
	k->der = der;
	k->derlen = len;
	return cert_cache_get(in, sha256, e);
}

struct cert *
capf_issuer(const struct capf_ctx *c, const uint8_t *der, size_t len,
    struct err *e)
{
	if (c->cache == NULL || len == 0 || len > CERT_DER_MAX)
		return cert_from_der(der, len, e);
	return cached(c->cache, c->cache->issuers, der, len, e);
}

struct cert *
capf_cert_keyless(const struct capf_ctx *c, const uint8_t *der, size_t len,
    struct err *e)
{
	if (c->cache == NULL || len == 0 || len > CERT_DER_MAX)
		return cert_from_der_keyless(der, len, e);
	return cached(c->cache, c->cache->certs, der, len, e);
}

/* Steps change neither profiles nor parameters, so only other connections can
 * make what was read old. */
int
capf_base(const struct capf_ctx *c, const struct profile_base **b,
    struct err *e)
{
	struct capf_cache *k = c->cache;
	int64_t version;
	int ret;

	*b = NULL;
	if (k == NULL)
		return ERR_OK;
	if ((ret = db_others(c->db, &version, e)) != ERR_OK)
		return ret;
	if (k->base == NULL || version != k->version) {
		profile_base_free(k->base);
		k->base = NULL;
		if ((ret = profile_base_load(&k->base, c->db, e)) != ERR_OK)
			return ret;
		k->version = version;
	}
	*b = k->base;
	return ERR_OK;
}

int
capf_last_issuer(const struct capf_ctx *c, bool mic, const struct cert **ca,
    uint8_t sha256[SHA256_LEN], struct err *e)
{
	const struct capf_cache *k = c->cache;
	int64_t version;
	int ret;

	*ca = NULL;
	if (k == NULL || k->last[mic].ca == NULL)
		return ERR_OK;
	if ((ret = db_others(c->db, &version, e)) != ERR_OK ||
	    version != k->last[mic].version)
		return ret;
	*ca = k->last[mic].ca;
	memcpy(sha256, k->last[mic].sha256, SHA256_LEN);
	return ERR_OK;
}

int
capf_keep_issuer(const struct capf_ctx *c, bool mic, struct cert *ca,
    const uint8_t sha256[SHA256_LEN], struct err *e)
{
	struct capf_cache *k = c->cache;
	int64_t version;
	int ret;

	if (k == NULL)
		return ERR_OK;
	if ((ret = db_others(c->db, &version, e)) != ERR_OK)
		return ret;
	cert_free(k->last[mic].ca);
	k->last[mic].ca = cert_ref(ca);
	k->last[mic].version = version;
	memcpy(k->last[mic].sha256, sha256, SHA256_LEN);
	return ERR_OK;
}
