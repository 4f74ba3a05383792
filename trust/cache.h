/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Bytes made for phones, kept in memory and shared by all loops of a process
 * (design: "Files to phones").  A key says all that the bytes depend on, so
 * an entry is never wrong, only unused.
 */
#ifndef TRUST_CACHE_H
#define TRUST_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* --- bytes that several hold --- */

struct blob {			/* does not change once made */
	atomic_uint	 refs;
	uint8_t		*bytes;
	size_t		 len;
	uint8_t		 sha256[32];	/* of bytes */
};

/* Takes buf (malloc) over, also on failure.  The caller has one reference. */
struct blob	*blob_take(uint8_t *buf, size_t len, struct err *e);
struct blob	*blob_ref(struct blob *b);
void		 blob_unref(struct blob *b);	/* NULL is fine */

/* --- keys --- */

#define CACHE_KEY_LEN	32

/* SHA-256 over a kind and what the bytes depend on, collected by the
 * caller. */
int	cache_key(uint8_t key[CACHE_KEY_LEN], const char *kind,
	    const void *parts, size_t len, struct err *e);

/* --- the cache; every call from any thread --- */

struct file_cache;

/* Holds nothing until file_cache_set_max().  ERR_NOMEM. */
struct file_cache	*file_cache_new(struct err *e);
void		 file_cache_free(struct file_cache *c);

/* Bytes held at most, a fixed price per entry included; what is too much
 * goes at once, the longest unused first (within one of several parts). */
void		 file_cache_set_max(struct file_cache *c, size_t max);

/* A reference to the entry, or NULL. */
struct blob	*file_cache_find(struct file_cache *c,
		    const uint8_t key[CACHE_KEY_LEN]);

/* Keep b, in place of what the key had; the caller's reference stays its
 * own.  Bytes beyond a quarter of the bound are not kept. */
void		 file_cache_put(struct file_cache *c,
		    const uint8_t key[CACHE_KEY_LEN], struct blob *b);

/*
 * The entry, made now if there is none: of many that ask at once one makes
 * it.  Failures are not kept.  make may not ask the cache for what has to be
 * made.  c NULL: just make.
 */
typedef int	file_cache_make(void *arg, struct blob **b, struct err *e);
int		 file_cache_get(struct file_cache *c,
		    const uint8_t key[CACHE_KEY_LEN], file_cache_make *make,
		    void *arg, struct blob **b, struct err *e);

struct file_cache_stats {
	uint64_t	hits, misses;	/* of find and get */
	uint64_t	made;		/* calls of a make */
	size_t		n, bytes;	/* held now */
};
void		 file_cache_stats(struct file_cache *c,
		    struct file_cache_stats *s);

/*
 * The signatures on disk (cache_disk.h) below the state folder, opened when
 * first wanted and then kept until file_cache_free(); what cannot be opened
 * is logged once and done without.  file_cache_disk: NULL when not wanted.
 */
struct cache_disk;
void		 file_cache_set_disk(struct file_cache *c, int statefd,
		    bool want);
struct cache_disk	*file_cache_disk(struct file_cache *c);

#endif
