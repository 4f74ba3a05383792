/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The input buffer of an HTTP connection, see internal.h.
 */
#include <stdlib.h>
#include <string.h>

#include "net/internal.h"

void
http_in_begin(struct http_in *in, char shared[HTTP_HEAD_MAX])
{
	in->buf = in->own != NULL ? in->own : shared;
}

ssize_t
http_in_recv(struct http_in *in, struct stream *s)
{
	ssize_t n;

	if (in->at > 0 && in->len > 0)
		memmove(in->buf, in->buf + in->at, in->len);
	in->at = 0;
	n = s->ops->recv(s, in->buf + in->len, HTTP_HEAD_MAX - in->len);
	if (n > 0)
		in->len += (size_t)n;
	return n;
}

void
http_in_drop(struct http_in *in, size_t n)
{
	in->at += n;
	in->len -= n;
	in->seen = 0;
}

void
http_in_skip(struct http_in *in)
{
	const char *p = in->buf + in->at;
	size_t n = 0;

	while (n < in->len && (p[n] == '\r' || p[n] == '\n'))
		n++;
	if (n > 0)
		http_in_drop(in, n);
}

size_t
http_in_head(struct http_in *in, bool *full)
{
	size_t n = http_head_end(in->buf + in->at, in->len, in->seen);

	if (n == 0)
		in->seen = in->len;
	*full = n == 0 && in->len == HTTP_HEAD_MAX;
	return n;
}

int
http_in_keep(struct http_in *in)
{
	int ret = ERR_OK;

	if (in->len == 0) {
		http_in_clear(in);
	} else if (in->own == NULL) {
		if ((in->own = malloc(HTTP_HEAD_MAX)) != NULL)
			memcpy(in->own, in->buf + in->at, in->len);
		else
			ret = ERR_NOMEM;
		in->at = 0;
	}
	in->buf = NULL;
	return ret;
}

void
http_in_clear(struct http_in *in)
{
	free(in->own);
	*in = (struct http_in){ .own = NULL };
}
