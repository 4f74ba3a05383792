/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Questions that wait, see held.h.
 */
#include "capfd/held.h"

bool
held_keep(const struct wire_ask *a, int64_t since_ms, int64_t now_ms,
    int64_t patience_ms)
{
	if (a->kind == WIRE_END && a->ok)
		return true;
	return now_ms - since_ms < patience_ms;
}
