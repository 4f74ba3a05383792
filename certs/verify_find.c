/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Candidates for issuers, see verify.h.  Of several that go by one name only
 * those count whose key has made the signature: OpenSSL would take the first
 * that fits by name and not come back.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "certs/verify_part.h"

#define WALK_MAX	256	/* entries of one name looked at */

/* Issuers of one certificate. */
struct search {
	struct verify_job *j;
	struct verify_issuers *is;
	X509		*child;
	uint64_t	 name;		/* store_name_key of the issuer */
	struct cert	*found[VERIFY_ISSUERS_MAX];
	size_t		 n;
};

/* What says most about a failure stays. */
static void
note(struct verify_issuers *is, enum verify_why why)
{
	if (is->why == VERIFY_UNKNOWN)
		is->why = why;
}

static bool
is_dated(struct search *s, const struct store_cert *c)
{
	if (c->not_before > s->j->now) {
		note(s->is, VERIFY_NOT_YET);
		return false;
	}
	if (c->not_after < s->j->now && !s->j->policy->expired_ok) {
		note(s->is, VERIFY_EXPIRED);
		return false;
	}
	return true;
}

static bool
is_trusted(struct search *s, const struct store_cert *c)
{
	uint32_t units;
	struct err e = { 0 };

	if ((c->units & s->j->policy->units) == 0) {
		note(s->is, VERIFY_OTHER_USE);
		return false;
	}
	if (verifier_units(s->j->v, c->sha256, &units, &e) != ERR_OK) {
		s->is->why = VERIFY_ERROR;
		s->is->e = e;
		return false;
	}
	if ((units & s->j->policy->units) == 0)
		note(s->is, VERIFY_REMOVED);
	return (units & s->j->policy->units) != 0;
}

static bool
is_held(const struct search *s, const struct store_cert *c)
{
	uint8_t sha256[DIGEST_SHA256_LEN];

	for (size_t i = 0; i < s->n; i++) {
		cert_sha256(s->found[i], sha256);
		if (memcmp(sha256, c->sha256, sizeof(sha256)) == 0)
			return true;
	}
	return false;
}

/* Names as X.500 compares them, key identifiers. */
static bool
fits(struct search *s, const struct cert *c)
{
	int r = X509_check_issued(cert_x509(c), s->child);

	ERR_clear_error();
	if (r == X509_V_ERR_KEYUSAGE_NO_CERTSIGN)
		note(s->is, VERIFY_NOT_CA);
	return r == X509_V_OK;
}

static void
consider(struct search *s, const struct store_cert *c)
{
	struct err e = { 0 };
	struct cert *cert;

	if (c->subject != s->name || is_held(s, c) || !is_trusted(s, c) ||
	    !is_dated(s, c))
		return;
	if ((cert = cert_cache_get(s->j->v->cache, c->sha256, &e)) == NULL) {
		s->is->why = VERIFY_ERROR;
		s->is->e = e;
	} else if (fits(s, cert)) {
		s->found[s->n++] = cert;
	} else
		cert_free(cert);
}

static void
walk(struct search *s, enum store_index index, uint64_t key)
{
	const struct cert_store *st = s->j->v->store;
	const struct store_cert *c = cert_store_first(st, index, key);

	for (size_t i = 0; c != NULL && i < WALK_MAX &&
	    s->n < VERIFY_ISSUERS_MAX; i++) {
		consider(s, c);
		c = cert_store_next(st, index, c);
	}
}

/* Did its key sign the child? */
static bool
signed_it(struct search *s, const struct cert *c)
{
	EVP_PKEY *key = X509_get0_pubkey(cert_x509(c));
	bool yes = key != NULL && X509_verify(s->child, key) == 1;

	ERR_clear_error();
	if (!yes)
		note(s->is, VERIFY_SIGNATURE);
	return yes;
}

static bool
is_listed(const struct verify_issuers *is, const struct cert *c)
{
	for (size_t i = 0; i < is->n; i++)
		if (cert_same(is->cert[i], c))
			return true;
	return false;
}

/* Over to the list, each once. */
static void
hand_over(struct search *s)
{
	struct verify_issuers *is = s->is;

	for (size_t i = 0; i < s->n; i++)
		if (is->n < VERIFY_PATHS_MAX &&
		    (s->n == 1 || signed_it(s, s->found[i])) &&
		    !is_listed(is, s->found[i]))
			is->cert[is->n++] = s->found[i];
		else
			cert_free(s->found[i]);
}

static void
find_of(struct verify_job *j, struct verify_issuers *is, X509 *child)
{
	const ASN1_OCTET_STRING *aki = X509_get0_authority_key_id(child);
	struct search s = { .j = j, .is = is, .child = child };
	char *name = cert_name_text(X509_get_issuer_name(child),
	    CERT_NAME_COMMA, NULL);

	ERR_clear_error();
	if (name == NULL)
		return;		/* nothing in the store has such a name */
	s.name = store_name_key(name);
	free(name);
	if (aki != NULL)
		walk(&s, STORE_BY_SKI, store_ski_key(
		    ASN1_STRING_get0_data(aki),
		    (size_t)ASN1_STRING_length(aki)));
	walk(&s, STORE_BY_SUBJECT, s.name);
	hand_over(&s);
}

void
verify_issuers_find(struct verify_job *j, struct verify_issuers *is)
{
	int n = sk_X509_num(j->untrusted);

	*is = (struct verify_issuers){ .why = VERIFY_UNKNOWN };
	if (j->v->store == NULL)
		return;
	find_of(j, is, cert_x509(j->leaf));
	for (int i = 0; i < n; i++) {
		X509 *x = sk_X509_value(j->untrusted, i);

		if (X509_cmp(x, cert_x509(j->leaf)) != 0)
			find_of(j, is, x);
	}
}

void
verify_issuers_clear(struct verify_issuers *is)
{
	for (size_t i = 0; i < is->n; i++)
		cert_free(is->cert[i]);
	is->n = 0;
}
