/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * DER written from its end to its beginning, so that each length is known
 * when it is written (X.690 section 10.1).  The first failure sticks.
 */
#ifndef CERTS_DER_OUT_H
#define CERTS_DER_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum der_tag {
	DER_BOOLEAN	= 0x01,
	DER_INTEGER	= 0x02,
	DER_BIT_STRING	= 0x03,
	DER_OCTETS	= 0x04,
	DER_OID		= 0x06,
	DER_UTF8	= 0x0c,
	DER_UTC_TIME	= 0x17,
	DER_TIME	= 0x18,		/* GeneralizedTime */
	DER_SEQUENCE	= 0x30,
	DER_SET		= 0x31,
	DER_CONTEXT	= 0x80,		/* + number, primitive */
	DER_EXPLICIT	= 0xa0,		/* + number, constructed */
};

struct der_out {
	uint8_t	*buf;			/* borrowed */
	size_t	 at;			/* first byte written */
	size_t	 size;
	bool	 full;
};

struct der_out	 der_out(uint8_t *buf, size_t size);

/* What was written, and how much; NULL when it did not fit. */
const uint8_t	*der_out_get(const struct der_out *d, size_t *len);

/* Bytes as they are, before all that was written. */
void	der_put(struct der_out *d, const void *p, size_t len);

/* Where one is: to wrap all that is written from now on. */
size_t	der_mark(const struct der_out *d);

/* Tag and length around what was written since then. */
void	der_wrap(struct der_out *d, uint8_t tag, size_t mark);

/* A whole primitive value. */
void	der_value(struct der_out *d, uint8_t tag, const void *p, size_t len);

/* BIT STRING of whole bytes. */
void	der_bits(struct der_out *d, const void *p, size_t len);

/* INTEGER, not negative: as few bytes as it takes. */
void	der_unsigned(struct der_out *d, const uint8_t *p, size_t len);

/* As certificates have it: UTCTime through 2049 (RFC 5280 section 4.1.2.5). */
void	der_time(struct der_out *d, int64_t unix_s);

#endif
