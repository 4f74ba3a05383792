/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Request heads: whatever comes, an answer with a status, and a path that is
 * one when that is 200.
 */
#include <stdlib.h>
#include <string.h>

#include "net/internal.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_sound(const struct http_head *h)
{
	if (h->method == HTTP_OTHER || h->pathlen == 0 ||
	    h->pathlen >= sizeof(h->path) || h->path[0] != '/' ||
	    strlen(h->path) != h->pathlen)
		abort();
}

/* Whatever is asked for, what goes out lies within what there is. */
static void
check_reply(const struct http_head *h)
{
	struct http_reply r = { .status = 200, .fd = -1, .len = 1000,
	    .etag = "\"abc\"" };
	char head[HTTP_REPLY_HEAD_MAX];

	http_conditional(h, &r);
	if (r.len > 1000 || r.first > 1000 - r.len ||
	    (r.status == 206 && (r.len == 0 || h->method != HTTP_GET)))
		abort();
	(void)http_reply_head(head, &r, h->keep_alive,
	    "Sun, 06 Nov 1994 08:49:37 GMT");
}

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	const char *text = (const char *)buf;
	struct http_head h;
	struct err e = { 0 };
	size_t end = http_head_end(text, len, 0);
	int status;

	if (end > len)
		abort();
	status = http_head_parse(&h, text, end > 0 ? end : len, &e);
	if (status == 200) {
		check_sound(&h);
		check_reply(&h);
	} else if (status < 400 || status > 505 || e.code == ERR_OK) {
		abort();
	}
	return 0;
}
