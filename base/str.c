/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Text helpers, see str.h.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

bool
str_ieq(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++)
		if (lower(*a) != lower(*b))
			return false;
	return *a == *b;
}

bool
str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool
str_copy(char *dst, size_t dstlen, const char *src)
{
	size_t n = strlen(src);

	if (dstlen == 0)
		return false;
	if (n >= dstlen) {
		dst[0] = '\0';
		return false;
	}
	memcpy(dst, src, n + 1);
	return true;
}

char *
str_printf(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : s;
}

void
str_upper(char *s)
{
	for (; *s != '\0'; s++)
		*s = upper(*s);
}

void
str_lower(char *s)
{
	for (; *s != '\0'; s++)
		*s = lower(*s);
}

int
str_to_i64(const char *s, int64_t min, int64_t max, int64_t *v, struct err *e)
{
	const char *p = *s == '-' ? s + 1 : s;
	int64_t n = 0;

	if (*p == '\0')
		goto bad;
	for (; *p != '\0'; p++) {
		if (*p < '0' || *p > '9' ||
		    __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_sub_overflow(n, *p - '0', &n))
			goto bad;
	}
	if (*s != '-' && __builtin_sub_overflow(0, n, &n))
		goto bad;
	if (n < min || n > max)
		goto bad;
	*v = n;
	return ERR_OK;
bad:
	return err_set(e, ERR_ARG, "\"%.40s\" is not a number from %" PRId64
	    " to %" PRId64, s, min, max);
}

void
str_hex(const void *buf, size_t n, char *out)
{
	static const char digit[] = "0123456789abcdef";
	const uint8_t *p = buf;

	for (size_t i = 0; i < n; i++) {
		*out++ = digit[p[i] >> 4];
		*out++ = digit[p[i] & 15];
	}
	*out = '\0';
}

static int
unhex(char c)
{
	c = lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

void
str_base64(const void *buf, size_t n, char *out)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *p = buf;
	uint32_t v;

	for (; n > 0; p += 3, out += 4) {
		size_t here = n < 3 ? n : 3;

		v = (uint32_t)p[0] << 16;
		if (here > 1)
			v |= (uint32_t)p[1] << 8;
		if (here > 2)
			v |= p[2];
		out[0] = digit[v >> 18];
		out[1] = digit[v >> 12 & 63];
		out[2] = here > 1 ? digit[v >> 6 & 63] : '=';
		out[3] = here > 2 ? digit[v & 63] : '=';
		n -= here;
	}
	*out = '\0';
}

/* The value of a digit, -1 for what is none. */
static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters, of which the last ones may be padding, to *n bytes. */
static bool
base64_group(const char *s, uint8_t out[3], size_t *n)
{
	uint32_t v = 0;
	size_t digits = 0;
	int d;

	for (; digits < 4 && (d = base64_digit(s[digits])) != -1; digits++)
		v = v << 6 | (uint32_t)d;
	for (size_t i = digits; i < 4; i++)
		if (s[i] != '=')
			return false;
	if (digits < 2)
		return false;
	*n = digits - 1;
	v <<= 6 * (4 - digits);
	out[0] = (uint8_t)(v >> 16);
	out[1] = (uint8_t)(v >> 8);
	out[2] = (uint8_t)v;
	/* Bits that belong to no byte. */
	return (v & (0xffffffU >> 8 * *n)) == 0;
}

bool
str_from_base64(const char *s, uint8_t *out, size_t max, size_t *n)
{
	size_t len = strlen(s), here = 3;
	uint8_t group[3];

	*n = 0;
	if (len % 4 != 0)
		return false;
	for (; len > 0; len -= 4, s += 4) {
		/* Padding stands at the end only. */
		if (here < 3 || !base64_group(s, group, &here) ||
		    here > max - *n)
			return false;
		memcpy(out + *n, group, here);
		*n += here;
	}
	return true;
}

bool
str_unhex(const char *s, void *out, size_t n)
{
	uint8_t *p = out;

	if (strlen(s) != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int h = unhex(s[2 * i]), l = unhex(s[2 * i + 1]);

		if (h < 0 || l < 0)
			return false;
		p[i] = (uint8_t)(h << 4 | l);
	}
	return true;
}

/* Length of the well-formed sequence at p (RFC 3629, section 4), else 0. */
static size_t
utf8_seq(const unsigned char *p, size_t left)
{
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 :
	    p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

bool
str_is_utf8(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;

	for (size_t i = 0, n; i < len; i += n)
		if (p[i] == 0 || (n = utf8_seq(p + i, len - i)) == 0)
			return false;
	return true;
}

/* Not: C0, DEL and C1 controls, which can drive a terminal, and characters that
 * turn the direction of what follows (U+200E, 200F, 202A-202E, 2066-2069). */
static bool
is_visible(const unsigned char *p, size_t n)
{
	if (n == 1)
		return p[0] >= 0x20 && p[0] != 0x7f;
	if (n == 2)
		return p[0] != 0xc2 || p[1] >= 0xa0;
	if (n != 3 || p[0] != 0xe2)
		return true;
	return !((p[1] == 0x80 && (p[2] == 0x8e || p[2] == 0x8f ||
	    (p[2] >= 0xaa && p[2] <= 0xae))) ||
	    (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
}

void
str_visible(const char *s, size_t len, char *out, size_t outlen)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t o = 0, n;

	if (outlen == 0)
		return;
	for (size_t i = 0; i < len; i += n) {
		n = utf8_seq(p + i, len - i);
		if (n == 0 || !is_visible(p + i, n)) {
			n = n == 0 ? 1 : n;
			for (size_t j = 0; j < n; j++, o += 4) {
				if (o + 4 >= outlen)
					goto out;
				(void)snprintf(out + o, 5, "\\x%02x",
				    p[i + j]);
			}
			continue;
		}
		if (o + n >= outlen)
			goto out;
		memcpy(out + o, p + i, n);
		o += n;
	}
out:
	out[o] = '\0';
}

bool
str_is_sep(const char *name)
{
	if (strlen(name) != 15 || !str_starts(name, "SEP"))
		return false;
	for (const char *p = name + 3; *p != '\0'; p++)
		if (unhex(*p) < 0 || (*p >= 'a' && *p <= 'f'))
			return false;
	return true;
}

bool
str_device_name(const char *s, char out[DEVICE_NAME_MAX + 1])
{
	char up[DEVICE_NAME_MAX + 1];
	size_t n = strlen(s);

	if (n == 0 || n > DEVICE_NAME_MAX ||
	    lower(s[0]) < 'a' || lower(s[0]) > 'z')
		return false;
	for (const char *p = s; *p != '\0'; p++)
		if (!((lower(*p) >= 'a' && lower(*p) <= 'z') ||
		    (*p >= '0' && *p <= '9') ||
		    *p == '.' || *p == '_' || *p == '-'))
			return false;
	memcpy(up, s, n + 1);
	str_upper(up);
	memcpy(out, str_is_sep(up) ? up : s, n + 1);
	return true;
}

void
str_device_fold(char *name)
{
	char folded[DEVICE_NAME_MAX + 1];

	if (str_device_name(name, folded))
		memcpy(name, folded, strlen(folded) + 1);
}
