/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * For events that may come in floods: one line with a count instead of each.
 */
#ifndef BASE_SELDOM_H
#define BASE_SELDOM_H

#include <stdbool.h>
#include <stdint.h>

#define SELDOM_MS	60000

/* Zeroed to begin with. */
struct seldom {
	int64_t		next_ms;
	uint64_t	n;
};

/* Counts, and says true with the count since the last time at most once a
 * minute. */
bool	seldom_due(struct seldom *s, int64_t now_ms, uint64_t *count);

#endif
