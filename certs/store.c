/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The trust store's snapshots, see store.h: one array of certificates, and
 * per index a table of first ones and the next one of each.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "certs/store.h"

#define NONE		UINT32_MAX
#define GROW_MIN	256

/* The four of store.h and, last, the one by SHA-256. */
#define BY_SHA256	STORE_NINDEX
#define NINDEX		(STORE_NINDEX + 1)

struct index {
	uint32_t	*first;		/* of each bucket */
	uint32_t	*next;		/* of each certificate */
};

struct cert_store {
	atomic_uint	 refs;
	struct store_cert *certs;
	size_t		 n;
	uint64_t	 mask;		/* buckets - 1 */
	struct index	 index[NINDEX];
};

struct cert_store_build {
	struct store_cert *certs;
	size_t		 n, cap;
};

struct cert_store_build *
cert_store_build_new(struct err *e)
{
	struct cert_store_build *b = calloc(1, sizeof(*b));

	if (b == NULL)
		(void)err_set(e, ERR_NOMEM, "trust store");
	return b;
}

void
cert_store_build_free(struct cert_store_build *b)
{
	if (b == NULL)
		return;
	free(b->certs);
	free(b);
}

static int
grow(struct cert_store_build *b, struct err *e)
{
	size_t cap = b->cap < GROW_MIN ? GROW_MIN : 2 * b->cap;
	struct store_cert *p;

	if (b->n >= STORE_CERTS_MAX)
		return err_set(e, ERR_LIMIT, "more than %d trusted "
		    "certificates: remove unused ones", STORE_CERTS_MAX);
	if (b->n < b->cap)
		return ERR_OK;
	if ((p = reallocarray(b->certs, cap, sizeof(*p))) == NULL)
		return err_set(e, ERR_NOMEM, "trust store");
	b->certs = p;
	b->cap = cap;
	return ERR_OK;
}

int
cert_store_build_add(struct cert_store_build *b,
    const struct cert_store_row *row, struct err *e)
{
	struct store_cert *c;
	int ret;

	if ((ret = grow(b, e)) != ERR_OK)
		return ret;
	c = &b->certs[b->n++];
	*c = (struct store_cert){
		.units = row->units,
		.removed = row->removed,
		.not_before = row->not_before,
		.not_after = row->not_after,
		.subject = store_name_key(row->subject),
	};
	memcpy(c->sha256, row->sha256, sizeof(c->sha256));
	c->key[STORE_BY_SUBJECT] = c->subject;
	c->key[STORE_BY_SKI] = row->skilen > 0 ?
	    store_ski_key(row->ski, row->skilen) : 0;
	c->key[STORE_BY_SERIAL] = store_serial_key(row->serial,
	    row->seriallen);
	c->key[STORE_BY_ISSUER_SERIAL] = store_issuer_serial_key(
	    store_name_key(row->issuer), row->serial, row->seriallen);
	return ERR_OK;
}

static int
by_sha256(const void *a, const void *b)
{
	const struct store_cert *x = a, *y = b;

	return memcmp(x->sha256, y->sha256, sizeof(x->sha256));
}

/* Oldest first, so that the newest leads its bucket in the end. */
static int
by_age(const void *a, const void *b)
{
	const struct store_cert *x = a, *y = b;

	if (x->not_before != y->not_before)
		return x->not_before < y->not_before ? -1 : 1;
	return by_sha256(a, b);
}

/* The bits of both; names and dates of the one that is trusted, as a tombstone
 * has none. */
static void
merge_one(struct store_cert *into, const struct store_cert *c)
{
	uint32_t units = into->units | c->units;
	uint32_t removed = into->removed | c->removed;

	if (into->units == 0)
		*into = *c;
	into->units = units;
	into->removed = removed;
}

/* One entry per certificate, in order of age. */
static void
merge(struct cert_store_build *b)
{
	size_t n = 0;

	if (b->n == 0)
		return;
	qsort(b->certs, b->n, sizeof(*b->certs), by_sha256);
	for (size_t i = 1; i < b->n; i++) {
		struct store_cert *last = &b->certs[n], *c = &b->certs[i];

		if (by_sha256(last, c) == 0)
			merge_one(last, c);
		else
			b->certs[++n] = *c;
	}
	b->n = n + 1;
	for (size_t i = 0; i < b->n; i++)
		b->certs[i].removed &= ~b->certs[i].units;
	qsort(b->certs, b->n, sizeof(*b->certs), by_age);
}

static uint64_t
key_of(const struct store_cert *c, size_t index)
{
	uint64_t h;

	if (index < STORE_NINDEX)
		return c->key[index];
	memcpy(&h, c->sha256, sizeof(h));
	return h;
}

/* What is trusted nowhere any more is known by its digest alone. */
static bool
is_indexed(const struct store_cert *c, size_t index)
{
	if (index == BY_SHA256)
		return true;
	return c->units != 0 &&
	    (index != STORE_BY_SKI || c->key[STORE_BY_SKI] != 0);
}

static bool
index_fill(struct cert_store *s, size_t which)
{
	struct index *x = &s->index[which];
	size_t buckets = s->mask + 1;

	x->first = malloc(buckets * sizeof(*x->first));
	x->next = malloc((s->n > 0 ? s->n : 1) * sizeof(*x->next));
	if (x->first == NULL || x->next == NULL)
		return false;
	for (size_t i = 0; i < buckets; i++)
		x->first[i] = NONE;
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t *first;

		x->next[i] = NONE;
		if (!is_indexed(&s->certs[i], which))
			continue;
		first = &x->first[key_of(&s->certs[i], which) & s->mask];
		x->next[i] = *first;
		*first = i;
	}
	return true;
}

struct cert_store *
cert_store_build_finish(struct cert_store_build *b, struct err *e)
{
	struct cert_store *s = calloc(1, sizeof(*s));
	size_t buckets = 16;
	bool ok = s != NULL;

	if (ok) {
		merge(b);
		atomic_init(&s->refs, 1);
		s->certs = b->certs;
		s->n = b->n;
		*b = (struct cert_store_build){ 0 };
		while (buckets < s->n)
			buckets *= 2;
		s->mask = buckets - 1;
		for (size_t i = 0; i < NINDEX; i++)
			ok = ok && index_fill(s, i);
	}
	if (!ok) {
		cert_store_free(s);
		(void)err_set(e, ERR_NOMEM, "trust store");
		return NULL;
	}
	return s;
}

struct cert_store *
cert_store_ref(struct cert_store *s)
{
	(void)atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void
cert_store_free(struct cert_store *s)
{
	if (s == NULL || atomic_fetch_sub_explicit(&s->refs, 1,
	    memory_order_acq_rel) > 1)
		return;
	for (size_t i = 0; i < NINDEX; i++) {
		free(s->index[i].first);
		free(s->index[i].next);
	}
	free(s->certs);
	free(s);
}

size_t
cert_store_count(const struct cert_store *s)
{
	return s->n;
}

size_t
cert_store_count_in(const struct cert_store *s, uint32_t units)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if ((s->certs[i].units & units) != 0)
			n++;
	return n;
}

const struct store_cert *
cert_store_by_sha256(const struct cert_store *s,
    const uint8_t sha256[DIGEST_SHA256_LEN])
{
	const struct index *x = &s->index[BY_SHA256];
	uint64_t h;

	memcpy(&h, sha256, sizeof(h));
	for (uint32_t i = x->first[h & s->mask]; i != NONE; i = x->next[i])
		if (memcmp(s->certs[i].sha256, sha256,
		    DIGEST_SHA256_LEN) == 0)
			return &s->certs[i];
	return NULL;
}

static const struct store_cert *
find_from(const struct cert_store *s, enum store_index index, uint64_t key,
    uint32_t i)
{
	while (i != NONE && s->certs[i].key[index] != key)
		i = s->index[index].next[i];
	return i != NONE ? &s->certs[i] : NULL;
}

const struct store_cert *
cert_store_first(const struct cert_store *s, enum store_index index,
    uint64_t key)
{
	return find_from(s, index, key,
	    s->index[index].first[key & s->mask]);
}

const struct store_cert *
cert_store_next(const struct cert_store *s, enum store_index index,
    const struct store_cert *c)
{
	return find_from(s, index, c->key[index],
	    s->index[index].next[c - s->certs]);
}
