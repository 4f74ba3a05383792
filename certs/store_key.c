/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys of the trust store's indexes, see store.h.  FNV-1a with a final mix;
 * they only lead to candidates, so nobody gains by making two of them equal.
 */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "certs/store.h"

#define FNV_START	UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME	UINT64_C(0x100000001b3)

#define TYPE_MAX	64	/* letters of an attribute's type that count */

#define N_OF(a)	(sizeof(a) / sizeof((a)[0]))

/* Other writers' names of types; cert_name.c writes OIDs for these. */
static const struct {
	const char	*alias, *name;
} aliases[] = {
	{ "s",			"st" },
	{ "sp",			"st" },
	{ "e",			"1.2.840.113549.1.9.1" },
	{ "email",		"1.2.840.113549.1.9.1" },
	{ "emailaddress",	"1.2.840.113549.1.9.1" },
	{ "serialnumber",	"2.5.4.5" },
	{ "sn",			"2.5.4.4" },
	{ "gn",			"2.5.4.42" },
	{ "t",			"2.5.4.12" },
	{ "title",		"2.5.4.12" },
	{ "unstructuredname",	"1.2.840.113549.1.9.2" },
};

static uint64_t
hash_byte(uint64_t h, uint8_t b)
{
	return (h ^ b) * FNV_PRIME;
}

static uint64_t
hash_bytes(uint64_t h, const void *buf, size_t len)
{
	const uint8_t *p = buf;

	for (size_t i = 0; i < len; i++)
		h = hash_byte(h, p[i]);
	return h;
}

/* Every bit of h moves every bit of the result (as in SplitMix64). */
static uint64_t
mix(uint64_t h)
{
	h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
	return h ^ (h >> 31);
}

static bool
is_type(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '-';
}

/* "  CN =" and the like: so a comma within "Example, Inc." is none. */
static bool
begins_attribute(const char *s)
{
	const char *p;

	s += strspn(s, " ");
	for (p = s; is_type(*p); p++)
		;
	return p > s && p[strspn(p, " ")] == '=';
}

/* Where the attribute that begins at s ends: at a separator or the NUL. */
static const char *
attribute_end(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s == '\\' && s[1] != '\0')
			s++;
		else if (strchr(",;+", *s) != NULL && begins_attribute(s + 1))
			break;
	return s;
}

static uint64_t
hash_type(uint64_t h, const char *s, size_t len)
{
	char type[TYPE_MAX + 1];
	const char *name = type;
	size_t n = 0;

	for (size_t i = 0; i < len && n < TYPE_MAX; i++)
		if (s[i] != ' ')
			type[n++] = (char)tolower((unsigned char)s[i]);
	type[n] = '\0';
	for (size_t i = 0; i < N_OF(aliases); i++)
		if (strcmp(aliases[i].alias, type) == 0)
			name = aliases[i].name;
	return hash_byte(hash_bytes(h, name, strlen(name)), '=');
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next byte of an escaped value (RFC 4514 section 2.4). */
static uint8_t
value_byte(const char **p, const char *end)
{
	const char *s = *p;

	if (*s != '\\' || end - s < 2) {
		*p = s + 1;
		return (uint8_t)*s;
	}
	if (end - s >= 3 && hex_digit(s[1]) >= 0 && hex_digit(s[2]) >= 0) {
		*p = s + 3;
		return (uint8_t)(hex_digit(s[1]) << 4 | hex_digit(s[2]));
	}
	*p = s + 2;
	return (uint8_t)s[1];
}

static uint64_t
hash_value(uint64_t h, const char *s, const char *end)
{
	bool any = false, gap = false;

	while (s < end) {
		uint8_t b = value_byte(&s, end);

		if (b < 0x80 && isspace(b)) {
			gap = any;
			continue;
		}
		if (gap)
			h = hash_byte(h, ' ');
		h = hash_byte(h, b < 0x80 ? (uint8_t)tolower(b) : b);
		any = true;
		gap = false;
	}
	return h;
}

uint64_t
store_name_key(const char *name)
{
	uint64_t sum = 0, n = 0;

	while (*name != '\0') {
		const char *end = attribute_end(name);
		const char *is = memchr(name, '=', (size_t)(end - name));
		uint64_t h = FNV_START;

		if (is != NULL) {
			h = hash_type(h, name, (size_t)(is - name));
			name = is + 1;
		}
		/* A sum, for the order does not count. */
		sum += mix(hash_value(h, name, end));
		n++;
		name = *end != '\0' ? end + 1 : end;
	}
	return mix(sum + n);
}

uint64_t
store_ski_key(const uint8_t *ski, size_t len)
{
	return mix(hash_bytes(FNV_START, ski, len));
}

uint64_t
store_serial_key(const uint8_t *serial, size_t len)
{
	while (len > 0 && *serial == 0) {
		serial++;
		len--;
	}
	return mix(hash_bytes(FNV_START, serial, len));
}

uint64_t
store_issuer_serial_key(uint64_t issuer, const uint8_t *serial, size_t len)
{
	return mix(issuer ^ store_serial_key(serial, len));
}
