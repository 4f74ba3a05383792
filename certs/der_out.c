/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * DER from its end, see der_out.h.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "certs/der_out.h"

struct der_out
der_out(uint8_t *buf, size_t size)
{
	return (struct der_out){ .buf = buf, .at = size, .size = size };
}

const uint8_t *
der_out_get(const struct der_out *d, size_t *len)
{
	*len = d->full ? 0 : d->size - d->at;
	return d->full ? NULL : d->buf + d->at;
}

void
der_put(struct der_out *d, const void *p, size_t len)
{
	if (len > d->at)
		d->full = true;
	if (d->full || len == 0)
		return;
	d->at -= len;
	memcpy(d->buf + d->at, p, len);
}

static void
put_u8(struct der_out *d, uint8_t v)
{
	der_put(d, &v, 1);
}

size_t
der_mark(const struct der_out *d)
{
	return d->at;
}

void
der_wrap(struct der_out *d, uint8_t tag, size_t mark)
{
	size_t len = mark - d->at;
	uint8_t n = 0;

	if (d->full)
		return;
	if (len < 0x80)
		put_u8(d, (uint8_t)len);
	else {
		for (size_t v = len; v > 0; v >>= 8, n++)
			put_u8(d, (uint8_t)v);
		put_u8(d, 0x80 | n);
	}
	put_u8(d, tag);
}

void
der_value(struct der_out *d, uint8_t tag, const void *p, size_t len)
{
	size_t mark = der_mark(d);

	der_put(d, p, len);
	der_wrap(d, tag, mark);
}

void
der_bits(struct der_out *d, const void *p, size_t len)
{
	size_t mark = der_mark(d);

	der_put(d, p, len);
	put_u8(d, 0);			/* unused bits */
	der_wrap(d, DER_BIT_STRING, mark);
}

void
der_unsigned(struct der_out *d, const uint8_t *p, size_t len)
{
	size_t mark = der_mark(d);

	while (len > 0 && *p == 0) {
		p++;
		len--;
	}
	der_put(d, p, len);
	if (len == 0 || *p >= 0x80)
		put_u8(d, 0);
	der_wrap(d, DER_INTEGER, mark);
}

void
der_time(struct der_out *d, int64_t unix_s)
{
	time_t t = (time_t)unix_s;
	char text[32];
	struct tm tm;
	size_t n;

	if (gmtime_r(&t, &tm) == NULL || tm.tm_year < 50 ||
	    tm.tm_year > 9999 - 1900) {
		d->full = true;
		return;
	}
	n = strftime(text, sizeof(text), tm.tm_year < 150 ? "%y%m%d%H%M%SZ" :
	    "%Y%m%d%H%M%SZ", &tm);
	der_value(d, tm.tm_year < 150 ? DER_UTC_TIME : DER_TIME, text, n);
}
