/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Chains without trust, see chain.h.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/chain.h"
#include "certs/internal.h"

static bool
is_named(const struct cert *issuer, const struct cert *c)
{
	return X509_NAME_cmp(X509_get_subject_name(cert_x509(issuer)),
	    X509_get_issuer_name(cert_x509(c))) == 0;
}

/* By the key identifiers alone; issuer and serial of an AKI are often wrong
 * after a renewal.  They only save time: the signature tells. */
static bool
key_ids_agree(const struct cert *issuer, const struct cert *c)
{
	const ASN1_OCTET_STRING *aki =
	    X509_get0_authority_key_id(cert_x509(c));
	const ASN1_OCTET_STRING *ski =
	    X509_get0_subject_key_id(cert_x509(issuer));

	ERR_clear_error();
	return aki == NULL || ski == NULL ||
	    ASN1_OCTET_STRING_cmp(aki, ski) == 0;
}

bool
chain_may_issue(const struct cert *issuer, const struct cert *c)
{
	return is_named(issuer, c) && key_ids_agree(issuer, c);
}

bool
chain_issued(const struct cert *issuer, const struct cert *c)
{
	return chain_may_issue(issuer, c) && cert_signed_by(c, issuer);
}

/* Old roots have no basicConstraints: then what it signed makes it one. */
static bool
signed_another(const struct cert *c, struct cert *const *pool, size_t n)
{
	size_t tries = 0;

	for (size_t i = 0; i < n && tries < CHAIN_TRIES; i++) {
		if (cert_same(pool[i], c) || !is_named(c, pool[i]))
			continue;
		tries++;
		if (chain_issued(c, pool[i]))
			return true;
	}
	return false;
}

enum chain_class
chain_class(const struct cert *c, struct cert *const *pool, size_t n)
{
	if (!cert_is_ca(c) && !signed_another(c, pool, n))
		return CHAIN_LEAF;
	return cert_self_signed(c) ? CHAIN_ROOT : CHAIN_INTERMEDIATE;
}

/* --- one chain --- */

struct search {
	struct cert *const	*pool;
	size_t			 n;
	struct chain		 now, best;
	size_t			 tries;	/* of the whole search */
};

#define SEARCH_TRIES	64

static bool
is_better(const struct chain *a, const struct chain *b)
{
	if (a->complete != b->complete)
		return a->complete;
	return a->complete ? a->n < b->n : a->n > b->n;
}

static bool
stands_in(const struct chain *ch, const struct cert *c)
{
	for (size_t i = 0; i < ch->n; i++)
		if (cert_same(ch->cert[i], c))
			return true;
	return false;
}

/* Issuers of c, the one that ends last first. */
static size_t
find_issuers(struct search *s, const struct cert *c,
    const struct cert *found[CHAIN_TRIES])
{
	size_t n = 0;

	for (size_t i = 0; i < s->n && n < CHAIN_TRIES; i++) {
		const struct cert *p = s->pool[i];
		size_t at;

		if (!chain_may_issue(p, c) || stands_in(&s->now, p))
			continue;
		if (s->tries++ >= SEARCH_TRIES || !cert_signed_by(c, p))
			continue;
		for (at = n++; at > 0 && cert_not_after(found[at - 1]) <
		    cert_not_after(p); at--)
			found[at] = found[at - 1];
		found[at] = p;
	}
	return n;
}

static void
climb(struct search *s, const struct cert *c)
{
	const struct cert *up[CHAIN_TRIES];
	size_t n = 0;

	s->now.cert[s->now.n++] = c;
	s->now.complete = cert_self_signed(c);
	if (is_better(&s->now, &s->best))
		s->best = s->now;
	if (!s->now.complete && s->now.n < CHAIN_MAX)
		n = find_issuers(s, c, up);
	for (size_t i = 0; i < n; i++)
		climb(s, up[i]);
	s->now.n--;
	s->now.complete = false;
}

void
chain_make(struct chain *ch, const struct cert *c, struct cert *const *pool,
    size_t n)
{
	struct search s = { .pool = pool, .n = n };

	climb(&s, c);
	*ch = s.best;
}

/* --- checking --- */

/* "OpenSSL's reason (certificate CN)" */
static int
check_failed(X509_STORE_CTX *ctx, const struct chain *ch, struct err *e)
{
	int depth = X509_STORE_CTX_get_error_depth(ctx);
	char *cn = depth >= 0 && (size_t)depth < ch->n ?
	    cert_cn(ch->cert[depth], NULL) : NULL;
	char vis[128] = "";

	if (cn != NULL)
		str_visible(cn, strlen(cn), vis, sizeof(vis));
	free(cn);
	ERR_clear_error();
	return err_set(e, ERR_VERIFY, "the chain does not hold: %s "
	    "(certificate \"%s\")", X509_verify_cert_error_string(
	    X509_STORE_CTX_get_error(ctx)), vis);
}

static int
check_with(X509_STORE_CTX *ctx, X509_STORE *store, STACK_OF(X509) *between,
    STACK_OF(X509) *top, const struct chain *ch, struct err *e)
{
	for (size_t i = 1; i + 1 < ch->n; i++)
		if (sk_X509_push(between, cert_x509(ch->cert[i])) <= 0)
			return err_set(e, ERR_NOMEM, "chain");
	if (sk_X509_push(top, cert_x509(ch->cert[ch->n - 1])) <= 0)
		return err_set(e, ERR_NOMEM, "chain");
	if (X509_STORE_CTX_init(ctx, store, cert_x509(ch->cert[0]),
	    between) != 1)
		return ossl_err(e, ERR_CRYPTO, "chain");
	X509_STORE_CTX_set0_trusted_stack(ctx, top);
	X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(ctx),
	    X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN);
	return X509_verify_cert(ctx) == 1 ? ERR_OK : check_failed(ctx, ch, e);
}

int
chain_check(const struct chain *ch, struct err *e)
{
	STACK_OF(X509) *between = sk_X509_new_null();
	STACK_OF(X509) *top = sk_X509_new_null();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_STORE *store = X509_STORE_new();
	int ret;

	if (between == NULL || top == NULL || ctx == NULL || store == NULL)
		ret = err_set(e, ERR_NOMEM, "chain");
	else
		ret = check_with(ctx, store, between, top, ch, e);
	X509_STORE_CTX_free(ctx);	/* before what it looks at */
	X509_STORE_free(store);
	sk_X509_free(between);
	sk_X509_free(top);
	ERR_clear_error();
	return ret;
}

/* --- sorting --- */

struct place {
	struct cert	*cert;
	size_t		 rank;		/* leaves 0, roots highest */
	size_t		 at;		/* as they came */
};

static int
place_cmp(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* What stands far from a root comes first. */
static size_t
rank_of(const struct cert *c, struct cert *const *pool, size_t n)
{
	struct chain ch;

	switch (chain_class(c, pool, n)) {
	case CHAIN_LEAF:
		return 0;
	case CHAIN_ROOT:
		return CHAIN_MAX + 1;
	case CHAIN_INTERMEDIATE:
		break;
	}
	chain_make(&ch, c, pool, n);
	return CHAIN_MAX + 1 - ch.n;
}

int
chain_sort(struct cert **pool, size_t n, struct err *e)
{
	struct place *pl = calloc(n + 1, sizeof(*pl));

	if (pl == NULL)
		return err_set(e, ERR_NOMEM, "chain");
	for (size_t i = 0; i < n; i++)
		pl[i] = (struct place){ .cert = pool[i], .at = i,
		    .rank = rank_of(pool[i], pool, n) };
	qsort(pl, n, sizeof(*pl), place_cmp);
	for (size_t i = 0; i < n; i++)
		pool[i] = pl[i].cert;
	free(pl);
	return ERR_OK;
}
