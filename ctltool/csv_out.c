/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See csv_out.h.
 */
#include <stdbool.h>
#include <string.h>

#include "ctltool/csv_out.h"

static bool
blank_ends(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && (s[0] == ' ' || s[n - 1] == ' ');
}

void
csv_put(struct wr *w, const char *s)
{
	if (strpbrk(s, ",\"\r\n") == NULL && !blank_ends(s)) {
		wr_str(w, s);
		return;
	}
	wr_u8(w, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"')
			wr_u8(w, '"');
		wr_u8(w, (uint8_t)*s);
	}
	wr_u8(w, '"');
}
