/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The checked writer, see wr.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/wr.h"

#define WR_FIRST	256

struct wr
wr_init(size_t max)
{
	return (struct wr){ .max = max };
}

/* Room for n more bytes and a closing NUL. */
static int
wr_room(struct wr *w, size_t n)
{
	size_t cap = w->cap == 0 ? WR_FIRST : w->cap;
	uint8_t *p;

	if (w->err != ERR_OK)
		return w->err;
	if (n > w->max - w->len)
		return w->err = ERR_LIMIT;
	while (cap - 1 < w->len + n)
		cap *= 2;
	if (cap == w->cap)
		return ERR_OK;
	if ((p = realloc(w->buf, cap)) == NULL)
		return w->err = ERR_NOMEM;
	w->buf = p;
	w->cap = cap;
	return ERR_OK;
}

void
wr_bytes(struct wr *w, const void *p, size_t n)
{
	if (wr_room(w, n) != ERR_OK)
		return;
	if (n > 0)
		memcpy(w->buf + w->len, p, n);
	w->len += n;
}

static void
wr_uint(struct wr *w, uint64_t v, size_t n)
{
	uint8_t b[8];

	for (size_t i = 0; i < n; i++)
		b[i] = (uint8_t)(v >> 8 * (n - 1 - i));
	wr_bytes(w, b, n);
}

void
wr_u8(struct wr *w, uint8_t v)
{
	wr_uint(w, v, 1);
}

void
wr_u16(struct wr *w, uint16_t v)
{
	wr_uint(w, v, 2);
}

void
wr_u32(struct wr *w, uint32_t v)
{
	wr_uint(w, v, 4);
}

void
wr_u64(struct wr *w, uint64_t v)
{
	wr_uint(w, v, 8);
}

void
wr_cstr(struct wr *w, const char *s)
{
	wr_bytes(w, s, strlen(s) + 1);
}

void
wr_str(struct wr *w, const char *s)
{
	wr_bytes(w, s, strlen(s));
}

void
wr_fmt(struct wr *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || wr_room(w, (size_t)n) != ERR_OK)
		return;
	va_start(ap, fmt);
	(void)vsnprintf((char *)w->buf + w->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	w->len += (size_t)n;
}

void
wr_patch_u16(struct wr *w, size_t off, uint16_t v)
{
	if (w->err != ERR_OK)
		return;
	if (w->len < 2 || off > w->len - 2) {
		w->err = ERR_ARG;
		return;
	}
	w->buf[off] = (uint8_t)(v >> 8);
	w->buf[off + 1] = (uint8_t)v;
}

uint8_t *
wr_take(struct wr *w, size_t *len)
{
	uint8_t *p;

	if (wr_room(w, 0) != ERR_OK) {
		wr_clear(w);
		return NULL;
	}
	p = w->buf;
	p[w->len] = '\0';
	*len = w->len;
	*w = wr_init(w->max);
	return p;
}

void
wr_clear(struct wr *w)
{
	free(w->buf);
	*w = wr_init(w->max);
}
