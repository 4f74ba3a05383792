/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The cache of answers, see cache.h.
 *
 * Two kinds of locks.  Each part of the table has one that is held for a
 * look-up or an insertion, never longer.  Making is guarded by another set,
 * chosen by key: a loop that asks for what another one is signing just then
 * waits for it, about 0.3 ms (RSA 2048 in the signer process), at most once
 * per other loop, and then finds it; parking the request instead would cost a
 * callback through every transport to win that.  Who asks for what is there
 * never waits for a signature.  A signer that does not answer stops each loop
 * by itself (certs/sign.h bounds that), with or without these locks.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "crypt/digest.h"
#include "trust/cache.h"
#include "trust/cache_disk.h"

#define PARTS		16	/* of the table, by the key's first bits */
#define BUCKETS		4096	/* of a part */
#define MAKERS		64	/* locks of makes */
#define ENTRY_COST	(sizeof(struct entry) + sizeof(struct blob) + 32)

struct entry {
	uint8_t		 key[CACHE_KEY_LEN];
	struct blob	*blob;
	struct entry	*chain;		/* of the bucket */
	struct entry	*newer, *older;	/* by last use */
};

struct part {
	pthread_mutex_t	 lock;
	struct entry	*bucket[BUCKETS];
	struct entry	*newest, *oldest;
	uint64_t	 hits, misses;
	size_t		 n;
};

struct file_cache {
	struct part		 part[PARTS];
	pthread_mutex_t		 make[MAKERS];
	atomic_size_t		 bytes, max;
	atomic_uint		 evict;		/* part to look at next */
	atomic_uint_fast64_t	 made;
	pthread_mutex_t		 disk_lock;	/* of opening it */
	_Atomic(struct cache_disk *)	disk;
	atomic_bool		 disk_wanted, disk_tried;
};

/* --- blobs --- */

struct blob *
blob_take(uint8_t *buf, size_t len, struct err *e)
{
	struct blob *b = calloc(1, sizeof(*b));

	if (b == NULL) {
		(void)err_set(e, ERR_NOMEM, "%zu bytes", len);
		free(buf);
		return NULL;
	}
	atomic_init(&b->refs, 1);
	b->bytes = buf;
	b->len = len;
	if (digest_buf(DIGEST_SHA256, buf, len, b->sha256, e) != ERR_OK) {
		blob_unref(b);
		return NULL;
	}
	return b;
}

struct blob *
blob_ref(struct blob *b)
{
	atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
	return b;
}

void
blob_unref(struct blob *b)
{
	if (b == NULL || atomic_fetch_sub_explicit(&b->refs, 1,
	    memory_order_acq_rel) != 1)
		return;
	free(b->bytes);
	free(b);
}

int
cache_key(uint8_t key[CACHE_KEY_LEN], const char *kind, const void *parts,
    size_t len, struct err *e)
{
	struct digest *d = digest_new(DIGEST_SHA256, e);
	int ret = ERR_NOMEM;

	/* The NUL of kind ends it: no two kinds share a key. */
	if (d != NULL &&
	    (ret = digest_update(d, kind, strlen(kind) + 1, e)) == ERR_OK &&
	    (ret = digest_update(d, parts, len, e)) == ERR_OK)
		ret = digest_final(d, key, e);
	digest_free(d);
	return ret;
}

/* --- a part; its lock is held --- */

static struct entry **
bucket_of(struct part *p, const uint8_t *key)
{
	return &p->bucket[(key[1] | (size_t)key[2] << 8) % BUCKETS];
}

static struct entry *
lookup(struct part *p, const uint8_t *key)
{
	struct entry *en = *bucket_of(p, key);

	while (en != NULL && memcmp(en->key, key, CACHE_KEY_LEN) != 0)
		en = en->chain;
	return en;
}

static void
unlink_use(struct part *p, struct entry *en)
{
	*(en->newer != NULL ? &en->newer->older : &p->newest) = en->older;
	*(en->older != NULL ? &en->older->newer : &p->oldest) = en->newer;
}

static void
link_newest(struct part *p, struct entry *en)
{
	en->newer = NULL;
	en->older = p->newest;
	*(p->newest != NULL ? &p->newest->newer : &p->oldest) = en;
	p->newest = en;
}

static size_t
cost(const struct entry *en)
{
	return ENTRY_COST + en->blob->len;
}

static void
drop(struct file_cache *c, struct part *p, struct entry *en)
{
	struct entry **at = bucket_of(p, en->key);

	while (*at != en)
		at = &(*at)->chain;
	*at = en->chain;
	unlink_use(p, en);
	p->n--;
	atomic_fetch_sub(&c->bytes, cost(en));
	blob_unref(en->blob);
	free(en);
}

/* --- the cache --- */

static struct part *
part_of(struct file_cache *c, const uint8_t *key)
{
	return &c->part[key[0] % PARTS];
}

struct file_cache *
file_cache_new(struct err *e)
{
	struct file_cache *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)err_set(e, ERR_NOMEM, "cache");
		return NULL;
	}
	for (size_t i = 0; i < PARTS; i++)
		(void)pthread_mutex_init(&c->part[i].lock, NULL);
	for (size_t i = 0; i < MAKERS; i++)
		(void)pthread_mutex_init(&c->make[i], NULL);
	(void)pthread_mutex_init(&c->disk_lock, NULL);
	return c;
}

void
file_cache_free(struct file_cache *c)
{
	if (c == NULL)
		return;
	cache_disk_free(atomic_load(&c->disk));
	for (size_t i = 0; i < PARTS; i++) {
		while (c->part[i].oldest != NULL)
			drop(c, &c->part[i], c->part[i].oldest);
		(void)pthread_mutex_destroy(&c->part[i].lock);
	}
	for (size_t i = 0; i < MAKERS; i++)
		(void)pthread_mutex_destroy(&c->make[i]);
	(void)pthread_mutex_destroy(&c->disk_lock);
	free(c);
}

/* One part after the other gives its oldest until the bound holds; no two
 * locks are held together. */
static void
evict(struct file_cache *c)
{
	struct part *p;

	while (atomic_load(&c->bytes) > atomic_load(&c->max)) {
		p = &c->part[atomic_fetch_add(&c->evict, 1) % PARTS];
		(void)pthread_mutex_lock(&p->lock);
		if (p->oldest != NULL)
			drop(c, p, p->oldest);
		(void)pthread_mutex_unlock(&p->lock);
	}
}

void
file_cache_set_max(struct file_cache *c, size_t max)
{
	atomic_store(&c->max, max);
	evict(c);
}

struct blob *
file_cache_find(struct file_cache *c, const uint8_t key[CACHE_KEY_LEN])
{
	struct part *p = part_of(c, key);
	struct blob *b = NULL;
	struct entry *en;

	(void)pthread_mutex_lock(&p->lock);
	if ((en = lookup(p, key)) != NULL) {
		if (p->newest != en) {
			unlink_use(p, en);
			link_newest(p, en);
		}
		b = blob_ref(en->blob);
		p->hits++;
	} else
		p->misses++;
	(void)pthread_mutex_unlock(&p->lock);
	return b;
}

void
file_cache_put(struct file_cache *c, const uint8_t key[CACHE_KEY_LEN],
    struct blob *b)
{
	struct part *p = part_of(c, key);
	struct entry *en, *old, **at;

	if (b->len + ENTRY_COST > atomic_load(&c->max) / 4 ||
	    (en = calloc(1, sizeof(*en))) == NULL)
		return;		/* it is only a cache */
	memcpy(en->key, key, sizeof(en->key));
	en->blob = blob_ref(b);
	(void)pthread_mutex_lock(&p->lock);
	if ((old = lookup(p, key)) != NULL)
		drop(c, p, old);
	at = bucket_of(p, key);
	en->chain = *at;
	*at = en;
	link_newest(p, en);
	p->n++;
	atomic_fetch_add(&c->bytes, cost(en));
	(void)pthread_mutex_unlock(&p->lock);
	evict(c);
}

static int
make_one(struct file_cache *c, const uint8_t *key, file_cache_make *make,
    void *arg, struct blob **b, struct err *e)
{
	int ret = make(arg, b, e);

	atomic_fetch_add(&c->made, 1);
	if (ret == ERR_OK)
		file_cache_put(c, key, *b);
	return ret;
}

int
file_cache_get(struct file_cache *c, const uint8_t key[CACHE_KEY_LEN],
    file_cache_make *make, void *arg, struct blob **b, struct err *e)
{
	pthread_mutex_t *lock;
	int ret = ERR_OK;

	if (c == NULL)
		return make(arg, b, e);
	if ((*b = file_cache_find(c, key)) != NULL)
		return ERR_OK;
	lock = &c->make[key[3] % MAKERS];
	(void)pthread_mutex_lock(lock);
	/* Another loop may have made it while this one waited. */
	if ((*b = file_cache_find(c, key)) == NULL)
		ret = make_one(c, key, make, arg, b, e);
	(void)pthread_mutex_unlock(lock);
	return ret;
}

void
file_cache_stats(struct file_cache *c, struct file_cache_stats *s)
{
	*s = (struct file_cache_stats){ .made = atomic_load(&c->made),
	    .bytes = atomic_load(&c->bytes) };
	for (size_t i = 0; i < PARTS; i++) {
		(void)pthread_mutex_lock(&c->part[i].lock);
		s->hits += c->part[i].hits;
		s->misses += c->part[i].misses;
		s->n += c->part[i].n;
		(void)pthread_mutex_unlock(&c->part[i].lock);
	}
}

/* --- the disk --- */

void
file_cache_set_disk(struct file_cache *c, int statefd, bool want)
{
	struct err e = { 0 };
	struct cache_disk *d;

	(void)pthread_mutex_lock(&c->disk_lock);
	if (want && !atomic_load(&c->disk_tried)) {
		atomic_store(&c->disk_tried, true);
		if ((d = cache_disk_new(statefd, &e)) == NULL)
			log_err(LOG_ERR, "cache.disk", &e);
		atomic_store(&c->disk, d);
	}
	/* Set to memory and back to disk: tried again. */
	if (!want && atomic_load(&c->disk) == NULL)
		atomic_store(&c->disk_tried, false);
	atomic_store(&c->disk_wanted, want);
	(void)pthread_mutex_unlock(&c->disk_lock);
}

struct cache_disk *
file_cache_disk(struct file_cache *c)
{
	return c != NULL && atomic_load(&c->disk_wanted) ?
	    atomic_load(&c->disk) : NULL;
}
