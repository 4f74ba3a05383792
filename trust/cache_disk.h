/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Signatures that survive a restart (parameter tftp.cache = disk):
 * cache/signatures of the state folder.
 *
 * Kept are the headers of signed files, never what they sign: a
 * configuration may hold secrets, and rendering it again costs a fraction of
 * a signature.  The file is the engine's own (cache/ is 0750, engine user),
 * so its content counts as input: each slot carries its key and a SHA-256,
 * and whoever takes a header out verifies its signature.
 *
 * The file has CACHE_DISK_SETS sets of CACHE_DISK_WAYS slots, is sparse, and
 * so never exceeds 256 MiB.  A key belongs to one set; the slot written
 * longest ago is overwritten.  Nothing is synced: what a crash tears is found
 * by its SHA-256 and signed again.
 */
#ifndef TRUST_CACHE_DISK_H
#define TRUST_CACHE_DISK_H

#include <stdbool.h>

#include "trust/cache.h"

#define CACHE_DISK_FILE	"cache/signatures"
#define CACHE_DISK_SLOT	1024	/* bytes */
#define CACHE_DISK_WAYS	4
#define CACHE_DISK_SETS	65536
#define CACHE_DISK_HEAD_MAX	946	/* bytes of a header that fit */

struct cache_disk;

/* Opens or makes the file and starts the thread that writes.  ERR_IO,
 * ERR_DENIED, ERR_NOMEM. */
struct cache_disk	*cache_disk_new(int statefd, struct err *e);

/* Writes what is queued first. */
void		 cache_disk_free(struct cache_disk *d);

/* Read one page; the header's length, or 0: not there. */
size_t		 cache_disk_find(struct cache_disk *d,
		    const uint8_t key[CACHE_KEY_LEN],
		    uint8_t head[CACHE_DISK_HEAD_MAX]);

/* Queue for writing; copies.  What is too long, or more than can be written
 * just now, is left out. */
void		 cache_disk_put(struct cache_disk *d,
		    const uint8_t key[CACHE_KEY_LEN], const void *head,
		    size_t len);

/*
 * One slot, pure.  Parsed pointers point into slot; false unless it is whole.
 * ERR_LIMIT: empty or too long.
 */
struct cache_slot {
	uint64_t	 written;	/* Unix seconds */
	const uint8_t	*key, *head;
	size_t		 len;
};
bool		 cache_slot_parse(struct cache_slot *s,
		    const uint8_t slot[CACHE_DISK_SLOT]);
int		 cache_slot_build(const struct cache_slot *s,
		    uint8_t slot[CACHE_DISK_SLOT], struct err *e);

#endif
