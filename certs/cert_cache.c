/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Parsed certificates, see cert_cache.h: a hash table by digest, and a list
 * in order of use.
 */
#include <stdlib.h>
#include <string.h>

#include "certs/cert_cache.h"

struct slot {
	struct cert	*cert;
	uint8_t		 sha256[DIGEST_SHA256_LEN];
	struct slot	*next;		/* in its bucket */
	struct slot	*newer, *older;	/* in order of use */
};

struct cert_cache {
	cert_load_fn	*load;
	void		*arg;
	bool		 keyless;
	size_t		 max, n;
	uint64_t	 mask;		/* buckets - 1 */
	struct slot	**bucket;
	struct slot	*newest, *oldest;
	uint64_t	 loads;
};

struct cert_cache *
cert_cache_new(size_t max, cert_load_fn *load, void *arg, struct err *e)
{
	struct cert_cache *c = calloc(1, sizeof(*c));
	size_t buckets = 16;

	while (buckets < max)
		buckets *= 2;
	if (c == NULL ||
	    (c->bucket = calloc(buckets, sizeof(*c->bucket))) == NULL) {
		free(c);
		(void)err_set(e, ERR_NOMEM, "certificates");
		return NULL;
	}
	c->mask = buckets - 1;
	c->max = max;
	c->load = load;
	c->arg = arg;
	return c;
}

void
cert_cache_keyless(struct cert_cache *c)
{
	c->keyless = true;
}

static struct slot **
bucket_of(struct cert_cache *c, const uint8_t *sha256)
{
	uint64_t h;

	memcpy(&h, sha256, sizeof(h));
	return &c->bucket[h & c->mask];
}

static void
list_take(struct cert_cache *c, struct slot *s)
{
	*(s->newer != NULL ? &s->newer->older : &c->newest) = s->older;
	*(s->older != NULL ? &s->older->newer : &c->oldest) = s->newer;
}

static void
list_put(struct cert_cache *c, struct slot *s)
{
	s->newer = NULL;
	s->older = c->newest;
	*(c->newest != NULL ? &c->newest->newer : &c->oldest) = s;
	c->newest = s;
}

static void
drop(struct cert_cache *c, struct slot *s)
{
	struct slot **p = bucket_of(c, s->sha256);

	while (*p != s)
		p = &(*p)->next;
	*p = s->next;
	list_take(c, s);
	cert_free(s->cert);
	free(s);
	c->n--;
}

void
cert_cache_free(struct cert_cache *c)
{
	if (c == NULL)
		return;
	while (c->oldest != NULL)
		drop(c, c->oldest);
	free(c->bucket);
	free(c);
}

/* Keep c, which the cache may also do without. */
static void
keep(struct cert_cache *c, struct cert *cert, const uint8_t *sha256)
{
	struct slot *s = calloc(1, sizeof(*s)), **p;

	if (s == NULL)
		return;
	if (c->n >= c->max)
		drop(c, c->oldest);
	s->cert = cert_ref(cert);
	memcpy(s->sha256, sha256, sizeof(s->sha256));
	p = bucket_of(c, sha256);
	s->next = *p;
	*p = s;
	list_put(c, s);
	c->n++;
}

static struct cert *
load(struct cert_cache *c, const uint8_t *sha256, struct err *e)
{
	uint8_t is[DIGEST_SHA256_LEN], *der = NULL;
	struct cert *cert;
	size_t len;

	c->loads++;
	if (c->load(c->arg, sha256, &der, &len, e) != ERR_OK)
		return NULL;
	cert = (c->keyless ? cert_from_der_keyless : cert_from_der)(der, len,
	    e);
	free(der);
	if (cert == NULL)
		return NULL;
	cert_sha256(cert, is);
	if (memcmp(is, sha256, sizeof(is)) == 0)
		return cert;
	cert_free(cert);
	(void)err_set(e, ERR_VERIFY, "a stored certificate is not the one "
	    "whose digest it has");
	return NULL;
}

struct cert *
cert_cache_get(struct cert_cache *c,
    const uint8_t sha256[DIGEST_SHA256_LEN], struct err *e)
{
	struct slot *s = *bucket_of(c, sha256);
	struct cert *cert;

	while (s != NULL && memcmp(s->sha256, sha256, sizeof(s->sha256)) != 0)
		s = s->next;
	if (s != NULL) {
		list_take(c, s);
		list_put(c, s);
		return cert_ref(s->cert);
	}
	if ((cert = load(c, sha256, e)) != NULL)
		keep(c, cert, sha256);
	return cert;
}

uint64_t
cert_cache_loads(const struct cert_cache *c)
{
	return c->loads;
}
