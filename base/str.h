/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Text helpers.  All comparisons are ASCII; no locale has a say.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Equal but for the case of A-Z. */
bool	str_ieq(const char *a, const char *b);

/* s begins / ends with the given text, exact case. */
bool	str_starts(const char *s, const char *prefix);
bool	str_ends(const char *s, const char *suffix);

/* Copy with truncation refused: false (dst empty) when it does not fit. */
bool	str_copy(char *dst, size_t dstlen, const char *src);

/* printf into fresh memory; NULL when out of memory. */
char	*str_printf(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));

/* A-Z / a-z in place. */
void	str_upper(char *s);
void	str_lower(char *s);

/*
 * A whole decimal number in [min, max], no sign but '-', no blanks, no
 * leading '+'.  ERR_ARG with the range in the text.
 */
int	str_to_i64(const char *s, int64_t min, int64_t max, int64_t *v,
	    struct err *e);

/* Lower-case hex of n bytes; out holds 2 * n + 1. */
void	str_hex(const void *buf, size_t n, char *out);

/* Hex (either case) to exactly n bytes; false when malformed or other size. */
bool	str_unhex(const char *s, void *out, size_t n);

/* Base64 of n bytes (RFC 4648 section 4), in one line; out holds
 * STR_BASE64_LEN(n). */
#define STR_BASE64_LEN(n)	(((n) + 2) / 3 * 4 + 1)
void	str_base64(const void *buf, size_t n, char *out);
/* Back, as the above writes it and no other way: padded, nothing between.
 * False otherwise, and when it is more than max bytes. */
bool	str_from_base64(const char *s, uint8_t *out, size_t max, size_t *n);

/* Well-formed UTF-8 (RFC 3629), no NUL within. */
bool	str_is_utf8(const char *s, size_t len);

/*
 * Print with control bytes, malformed bytes and what turns the direction of
 * writing as \xNN, for terminals; out is always NUL-ended, cut at outlen.
 */
void	str_visible(const char *s, size_t len, char *out, size_t outlen);

/*
 * A device name as stored: [A-Za-z][A-Za-z0-9._-]{0,63}; names SEP + 12 hex
 * digits (any case) are upper-cased.  False when not one; out is NUL-ended.
 */
#define DEVICE_NAME_MAX	64
bool	str_device_name(const char *s, char out[DEVICE_NAME_MAX + 1]);

/* The same in place, for names from the network: what is none stays as it
 * is. */
void	str_device_fold(char *name);

/* True for SEP and 12 upper-case hex digits. */
bool	str_is_sep(const char *name);

#endif
