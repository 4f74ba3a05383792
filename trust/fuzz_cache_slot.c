/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Fuzz target: slots of signatures on disk.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/cache_disk.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Slots are the engine's own file, and input all the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t slot[CACHE_DISK_SLOT] = { 0 }, again[CACHE_DISK_SLOT];
	struct cache_slot s;

	memcpy(slot, data, size < sizeof(slot) ? size : sizeof(slot));
	if (!cache_slot_parse(&s, slot))
		return 0;
	/* What is whole and fits builds to a slot that says the same. */
	if (s.len <= CACHE_DISK_HEAD_MAX &&
	    (cache_slot_build(&s, again, NULL) != ERR_OK ||
	    !cache_slot_parse(&s, again)))
		abort();
	return 0;
}
