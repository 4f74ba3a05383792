/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Events in floods, see seldom.h.
 */
#include "base/seldom.h"

bool
seldom_due(struct seldom *s, int64_t now_ms, uint64_t *count)
{
	s->n++;
	if (now_ms < s->next_ms)
		return false;
	*count = s->n;
	s->n = 0;
	s->next_ms = now_ms + SELDOM_MS;
	return true;
}
