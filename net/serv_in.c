/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The input buffer of a server's connection, see serv.h.
 */
#include <stdlib.h>
#include <string.h>

#include "net/serv.h"

void
serv_in_begin(struct serv_in *in, char *shared, size_t size)
{
	in->buf = in->own != NULL ? in->own : shared;
	in->size = size;
}

ssize_t
serv_in_recv(struct serv_in *in, struct stream *s)
{
	ssize_t n;

	if (in->at > 0 && in->len > 0)
		memmove(in->buf, in->buf + in->at, in->len);
	in->at = 0;
	n = s->ops->recv(s, in->buf + in->len, in->size - in->len);
	if (n > 0)
		in->len += (size_t)n;
	return n;
}

void
serv_in_drop(struct serv_in *in, size_t n)
{
	in->at += n;
	in->len -= n;
	in->seen = 0;
}

int
serv_in_keep(struct serv_in *in)
{
	int ret = ERR_OK;

	if (in->len == 0) {
		serv_in_clear(in);
	} else if (in->own == NULL) {
		if ((in->own = malloc(in->size)) != NULL)
			memcpy(in->own, in->buf + in->at, in->len);
		else
			ret = ERR_NOMEM;
		in->at = 0;
	}
	in->buf = NULL;
	return ret;
}

void
serv_in_clear(struct serv_in *in)
{
	free(in->own);
	*in = (struct serv_in){ .own = NULL };
}
