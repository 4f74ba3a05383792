/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Checked writer: a growing buffer with a bound.  The first failure sticks
 * (ERR_NOMEM, ERR_LIMIT); the caller checks w.err once.  Big-endian.
 */
#ifndef BASE_WR_H
#define BASE_WR_H

#include <stddef.h>
#include <stdint.h>

struct wr {
	uint8_t	*buf;	/* owned until wr_take or wr_clear */
	size_t	 len;
	size_t	 cap;
	size_t	 max;	/* never grow beyond this many bytes */
	int	 err;
};

/* An empty writer that may hold up to max bytes.  Nothing is allocated. */
struct wr	 wr_init(size_t max);

void		 wr_u8(struct wr *w, uint8_t v);
void		 wr_u16(struct wr *w, uint16_t v);
void		 wr_u32(struct wr *w, uint32_t v);
void		 wr_u64(struct wr *w, uint64_t v);
void		 wr_bytes(struct wr *w, const void *p, size_t n);

/* The string with its NUL / without it / formatted, without NUL. */
void		 wr_cstr(struct wr *w, const char *s);
void		 wr_str(struct wr *w, const char *s);
void		 wr_fmt(struct wr *w, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));

/* Overwrite the two bytes at off, which must have been written. */
void		 wr_patch_u16(struct wr *w, size_t off, uint16_t v);

/*
 * Hand over the buffer (free() it); its length to *len.  NULL when the writer
 * has failed (it is cleared then).  An empty writer gives a non-NULL buffer.
 * A NUL that is not counted follows the bytes, so text can be used as string.
 */
uint8_t		*wr_take(struct wr *w, size_t *len);

/* Release the buffer and start empty with the same bound. */
void		 wr_clear(struct wr *w);

#endif
