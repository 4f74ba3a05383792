/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Checked reader: nothing from outside is read by pointer arithmetic.  Each
 * read is bounds-checked and the first failure sticks, so a parser reads like
 * the layout of its message and checks r.err once at the end.  Integers are
 * big-endian.  Results point into the buffer; nothing is copied.
 */
#ifndef BASE_RD_H
#define BASE_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rd {
	const uint8_t	*buf;	/* borrowed */
	size_t		 len;
	size_t		 off;	/* next byte to read; after a failure: where */
	size_t		 base;	/* offset of buf[0] in the whole input */
	int		 err;	/* first error, ERR_OK while sound */
};

/* Start over buf; base 0. */
struct rd	 rd_init(const uint8_t *buf, size_t len);

/* Bytes not yet read; 0 after a failure. */
size_t		 rd_left(const struct rd *r);

/* Offset of the next byte (or of the failure) in the whole input. */
size_t		 rd_pos(const struct rd *r);

/* Big-endian integers; 0 after a failure. */
uint8_t		 rd_u8(struct rd *r);
uint16_t	 rd_u16(struct rd *r);
uint32_t	 rd_u32(struct rd *r);
uint64_t	 rd_u64(struct rd *r);

/* n bytes, or NULL with the reader failed.  n == 0 gives a valid pointer. */
const uint8_t	*rd_bytes(struct rd *r, size_t n);

/*
 * A NUL-ended string within the buffer, of at most max bytes without the
 * NUL; the NUL is consumed.  NULL with the reader failed (ERR_PROTO) when
 * there is no NUL in reach.
 */
const char	*rd_cstr(struct rd *r, size_t max);

/*
 * A reader over the next n bytes, which are consumed here.  Its base is set,
 * so rd_pos of it speaks of the whole input.  On failure both are failed.
 */
struct rd	 rd_sub(struct rd *r, size_t n);

/* Mark as failed at the current position; an earlier error is kept. */
void		 rd_fail(struct rd *r, int code);

#endif
