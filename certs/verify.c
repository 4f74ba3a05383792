/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Trust in a certificate, see verify.h.
 */
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/verify_part.h"

static const char *const why_names[VERIFY_N] = {
	[VERIFY_OK] = "trusted",
	[VERIFY_UNKNOWN] = "unknown_issuer",
	[VERIFY_REMOVED] = "removed",
	[VERIFY_OTHER_USE] = "other_use",
	[VERIFY_EXPIRED] = "expired",
	[VERIFY_NOT_YET] = "not_yet_valid",
	[VERIFY_SIGNATURE] = "signature",
	[VERIFY_NOT_CA] = "not_a_ca",
	[VERIFY_PATH_LENGTH] = "path_length",
	[VERIFY_NAME] = "name_constraints",
	[VERIFY_PURPOSE] = "purpose",
	[VERIFY_WEAK] = "weak",
	[VERIFY_HOST] = "other_host",
	[VERIFY_REVOKED] = "revoked",
	[VERIFY_MALFORMED] = "malformed",
	[VERIFY_ERROR] = "error",
};

const char *
verify_why_name(enum verify_why w)
{
	return w < VERIFY_N ? why_names[w] : "error";
}

struct verifier *
verifier_new(const struct verifier_source *src, const struct clock *clock,
    struct err *e)
{
	struct verifier *v = calloc(1, sizeof(*v));

	if (v == NULL) {
		(void)err_set(e, ERR_NOMEM, "trust store");
		return NULL;
	}
	v->src = *src;
	v->clock = clock;
	v->cache = cert_cache_new(VERIFY_CACHE_MAX, src->load, src->arg, e);
	if (v->cache == NULL) {
		free(v);
		return NULL;
	}
	return v;
}

void
verifier_free(struct verifier *v)
{
	if (v == NULL)
		return;
	cert_cache_free(v->cache);
	cert_store_free(v->store);
	free(v);
}

void
verifier_set_store(struct verifier *v, struct cert_store *s, bool stale)
{
	struct cert_store *old = v->store;

	v->store = s != NULL ? cert_store_ref(s) : NULL;
	v->stale = stale;
	cert_store_free(old);
}

void
verifier_set_stale(struct verifier *v, bool stale)
{
	v->stale = stale;
}

const struct cert_store *
verifier_store(const struct verifier *v)
{
	return v->store;
}

struct cert_cache *
verifier_cache(struct verifier *v)
{
	return v->cache;
}

bool
verify_may_be_revoked(struct verifier *v)
{
	return v->src.revoked != NULL && (v->src.may_be_revoked == NULL ||
	    v->src.may_be_revoked(v->src.arg));
}

int
verifier_units(struct verifier *v, const uint8_t sha256[DIGEST_SHA256_LEN],
    uint32_t *units, struct err *e)
{
	const struct store_cert *c;

	*units = 0;
	if (v->stale)
		return v->src.units(v->src.arg, sha256, units, e);
	if (v->store != NULL &&
	    (c = cert_store_by_sha256(v->store, sha256)) != NULL)
		*units = c->units;
	return ERR_OK;
}

bool
verify_say(struct verify_job *j, enum verify_why why, X509 *x,
    const char *fmt, ...)
{
	struct verify_result *r = j->r;
	char *name = NULL;
	va_list ap;
	int n = 0;

	if (r->why != VERIFY_OK)
		return false;
	r->why = why;
	if (x != NULL)
		name = cert_name_text(X509_get_subject_name(x),
		    CERT_NAME_COMMA, NULL);
	if (name != NULL)
		n = snprintf(r->text, sizeof(r->text), "%.150s: ", name);
	free(name);
	va_start(ap, fmt);
	(void)vsnprintf(r->text + n, sizeof(r->text) - (size_t)n, fmt, ap);
	va_end(ap);
	return false;
}

/* In the store itself? */
static bool
is_pinned(struct verify_job *j, uint32_t *units)
{
	const struct store_cert *c = NULL;
	uint8_t sha256[DIGEST_SHA256_LEN];
	struct err e = { 0 };

	cert_sha256(j->leaf, sha256);
	if (verifier_units(j->v, sha256, units, &e) != ERR_OK)
		return verify_say(j, VERIFY_ERROR, NULL, "%s", e.msg);
	*units &= j->policy->units;
	if (*units != 0)
		return true;
	if (j->v->store != NULL)
		c = cert_store_by_sha256(j->v->store, sha256);
	if (c == NULL)
		return false;
	/* Kept for the case that no issuer speaks for it either. */
	if (((c->units | c->removed) & j->policy->units) != 0)
		j->r->why = VERIFY_REMOVED;
	else if (c->units != 0)
		j->r->why = VERIFY_OTHER_USE;
	return false;
}

static void
trusted(struct verify_job *j, const struct cert *anchor, uint32_t units)
{
	j->r->why = VERIFY_OK;
	j->r->text[0] = '\0';
	j->r->units = units;
	cert_sha256(anchor, j->r->anchor);
}

/* Why there is nobody to ask for the leaf. */
static bool
say_unknown(struct verify_job *j, const struct verify_issuers *is,
    enum verify_why leaf_why)
{
	X509 *x = cert_x509(j->leaf);

	if (is->why == VERIFY_ERROR)
		return verify_say(j, VERIFY_ERROR, NULL, "%s", is->e.msg);
	if (leaf_why == VERIFY_REMOVED)
		return verify_say(j, leaf_why, x, "was removed from the trust "
		    "store");
	if (leaf_why == VERIFY_OTHER_USE)
		return verify_say(j, leaf_why, x, "is trusted, but not for "
		    "this");
	if (cert_not_after(j->leaf) < j->now && !j->policy->expired_ok)
		return verify_say(j, VERIFY_EXPIRED, x, "expired");
	switch (is->why) {
	case VERIFY_EXPIRED:
		return verify_say(j, VERIFY_EXPIRED, x, "the trusted "
		    "certificate of its issuer has expired");
	case VERIFY_NOT_YET:
		return verify_say(j, VERIFY_NOT_YET, x, "the trusted "
		    "certificate of its issuer is not yet valid");
	case VERIFY_REMOVED:
		return verify_say(j, VERIFY_REMOVED, x, "its issuer was "
		    "removed from the trust store");
	case VERIFY_OTHER_USE:
		return verify_say(j, VERIFY_OTHER_USE, x, "its issuer is "
		    "trusted, but not for this");
	case VERIFY_SIGNATURE:
		return verify_say(j, VERIFY_SIGNATURE, x, "no trusted "
		    "certificate of its issuer's name has signed it");
	case VERIFY_NOT_CA:
		return verify_say(j, VERIFY_NOT_CA, x, "its issuer may not "
		    "sign certificates");
	default:
		return verify_say(j, VERIFY_UNKNOWN, x, "unknown issuer");
	}
}

/* Who ends the path may have been removed just now. */
static bool
by_anchor(struct verify_job *j, const struct cert *anchor)
{
	uint8_t sha256[DIGEST_SHA256_LEN];
	struct err e = { 0 };
	uint32_t units;

	if (!verify_path(j, anchor))
		return false;
	cert_sha256(anchor, sha256);
	if (verifier_units(j->v, sha256, &units, &e) != ERR_OK)
		return verify_say(j, VERIFY_ERROR, NULL, "%s", e.msg);
	if ((units & j->policy->units) == 0)
		return verify_say(j, VERIFY_REMOVED, cert_x509(anchor),
		    "was removed from the trust store");
	trusted(j, anchor, units & j->policy->units);
	return true;
}

static bool
by_issuer(struct verify_job *j)
{
	enum verify_why leaf_why = j->r->why;
	struct verify_issuers is;
	bool ok = false;

	j->r->why = VERIFY_OK;		/* the first who says why is heard */
	verify_issuers_find(j, &is);
	for (size_t i = 0; i < is.n && !ok; i++)
		ok = by_anchor(j, is.cert[i]);
	if (!ok && (is.n == 0 || j->r->why == VERIFY_UNKNOWN)) {
		j->r->why = VERIFY_OK;
		(void)say_unknown(j, &is, leaf_why);
	}
	verify_issuers_clear(&is);
	return ok;
}

bool
verify_revoked(struct verifier *v, const struct cert *c)
{
	static const struct verify_policy any = { .units = UINT32_MAX };
	struct verify_result r = { .why = VERIFY_OK };
	struct verify_job j = { .v = v, .policy = &any, .leaf = c, .r = &r,
	    .now = clock_wall_s(v->clock) };
	struct verify_issuers is;
	bool revoked = false, yes;

	if (!verify_may_be_revoked(v))
		return false;
	verify_issuers_find(&j, &is);
	for (size_t i = 0; i < is.n && !revoked; i++)
		revoked = !cert_same(is.cert[i], c) &&
		    cert_signed_by(c, is.cert[i]) &&
		    v->src.revoked(v->src.arg, c, is.cert[i], &yes, NULL) ==
		    ERR_OK && yes;
	verify_issuers_clear(&is);
	return revoked;
}

bool
verify_ask(struct verify_job *j)
{
	uint32_t units;

	*j->r = (struct verify_result){ .why = VERIFY_OK };
	j->now = clock_wall_s(j->v->clock);
	if (is_pinned(j, &units)) {
		j->r->pinned = true;
		if (!verify_path(j, j->leaf))
			return false;
		if (verify_revoked(j->v, j->leaf))
			return verify_say(j, VERIFY_REVOKED,
			    cert_x509(j->leaf), "revoked by its issuer");
		trusted(j, j->leaf, units);
		return true;
	}
	return j->r->why != VERIFY_ERROR && by_issuer(j);
}

bool
verify_cert(struct verifier *v, const struct cert *leaf,
    struct cert *const *chain, size_t n, const struct verify_policy *p,
    struct verify_result *r)
{
	struct verify_job j = { .v = v, .policy = p, .leaf = leaf, .r = r,
	    .untrusted = sk_X509_new_null() };
	bool ok = j.untrusted != NULL;

	*r = (struct verify_result){ .why = VERIFY_OK };
	for (size_t i = 0; i < n && i < VERIFY_DEPTH_MAX && ok; i++)
		ok = sk_X509_push(j.untrusted, cert_x509(chain[i])) > 0;
	ok = ok ? verify_ask(&j) :
	    verify_say(&j, VERIFY_ERROR, NULL, "out of memory");
	sk_X509_free(j.untrusted);
	return ok;
}
