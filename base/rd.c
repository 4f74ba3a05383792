/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The checked reader, see rd.h.
 */
#include <string.h>

#include "base/err.h"
#include "base/rd.h"

struct rd
rd_init(const uint8_t *buf, size_t len)
{
	return (struct rd){ .buf = buf, .len = len };
}

size_t
rd_left(const struct rd *r)
{
	return r->err == ERR_OK ? r->len - r->off : 0;
}

size_t
rd_pos(const struct rd *r)
{
	return r->base + r->off;
}

void
rd_fail(struct rd *r, int code)
{
	if (r->err == ERR_OK)
		r->err = code;
}

const uint8_t *
rd_bytes(struct rd *r, size_t n)
{
	const uint8_t *p;

	if (r->err != ERR_OK)
		return NULL;
	if (n > r->len - r->off) {
		rd_fail(r, ERR_PROTO);
		return NULL;
	}
	p = r->len == 0 ? (const uint8_t *)"" : r->buf + r->off;
	r->off += n;
	return p;
}

static uint64_t
rd_uint(struct rd *r, size_t n)
{
	const uint8_t *p = rd_bytes(r, n);
	uint64_t v = 0;

	for (size_t i = 0; p != NULL && i < n; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t
rd_u8(struct rd *r)
{
	return (uint8_t)rd_uint(r, 1);
}

uint16_t
rd_u16(struct rd *r)
{
	return (uint16_t)rd_uint(r, 2);
}

uint32_t
rd_u32(struct rd *r)
{
	return (uint32_t)rd_uint(r, 4);
}

uint64_t
rd_u64(struct rd *r)
{
	return rd_uint(r, 8);
}

const char *
rd_cstr(struct rd *r, size_t max)
{
	size_t left = rd_left(r), reach;
	const uint8_t *nul;

	if (r->err != ERR_OK)
		return NULL;
	reach = left <= max ? left : max + 1;
	if (reach == 0 ||
	    (nul = memchr(r->buf + r->off, '\0', reach)) == NULL) {
		rd_fail(r, ERR_PROTO);
		return NULL;
	}
	return (const char *)rd_bytes(r,
	    (size_t)(nul - (r->buf + r->off)) + 1);
}

struct rd
rd_sub(struct rd *r, size_t n)
{
	struct rd sub = { .base = rd_pos(r) };

	if ((sub.buf = rd_bytes(r, n)) == NULL)
		sub.err = r->err;
	else
		sub.len = n;
	return sub;
}
