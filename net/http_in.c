/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Heads within what has come over an HTTP connection, see internal.h.
 */
#include "net/internal.h"

void
http_in_skip(struct serv_in *in)
{
	const char *p = in->buf + in->at;
	size_t n = 0;

	while (n < in->len && (p[n] == '\r' || p[n] == '\n'))
		n++;
	if (n > 0)
		serv_in_drop(in, n);
}

size_t
http_in_head(struct serv_in *in, bool *full)
{
	size_t n = http_head_end(in->buf + in->at, in->len, in->seen);

	if (n == 0)
		in->seen = in->len;
	*full = n == 0 && in->len == in->size;
	return n;
}
