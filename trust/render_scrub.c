/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Secrets out of an administrator's file, see render.h.  Which elements hold
 * them no list of names could say: wepKey, vmPin1 and challenge do, and the
 * next firmware has another.  So only what is known to be harmless stays, and
 * of that no address with an account or with parameters whose value may be
 * one: only files that must not have secrets get this.
 */
#include <string.h>

#include "base/str.h"
#include "trust/render_part.h"

#define TEXT_MAX	2048	/* longer ones are not looked at, but emptied */
#define NAME_SHOWN	48
#define TOLD_MAX	10	/* names in the advice */

struct scrub {
	struct wr	*advice;	/* NULL: not wanted */
	size_t		 n;
};

/* --- texts --- */

/* %40 is '@'.  False: what is left has encoded bytes again. */
static bool
decode(const char *text, char out[TEXT_MAX + 1])
{
	bool again = false;
	uint8_t c;

	for (; *text != '\0'; text++, out++) {
		*out = *text;
		if (*text == '%' && text[1] != '\0' &&
		    str_unhex((char[]){ text[1], text[2], '\0' }, &c, 1)) {
			*out = (char)c;
			text += 2;
			again = again || c == '%' || c == '\0';
		}
	}
	*out = '\0';
	return !again;
}

/*
 * Before an '@', back to white space: a user of a URL (scheme://user@host), or
 * a user and password (sip:user:password@host).
 */
static bool
has_account(const char *text)
{
	const char *from, *at, *colon;

	for (at = text; (at = strchr(at, '@')) != NULL; at++) {
		for (from = at; from > text &&
		    strchr(" \t\r\n", from[-1]) == NULL; from--)
			;
		if (memmem(from, (size_t)(at - from), "//", 2) != NULL)
			return true;
		colon = memchr(from, ':', (size_t)(at - from));
		if (colon != NULL && (colon - from == 3 || colon - from == 4) &&
		    strncasecmp(from, "sips", (size_t)(colon - from)) == 0)
			colon = memchr(colon + 1, ':',
			    (size_t)(at - colon - 1));
		if (colon != NULL)
			return true;
	}
	return false;
}

/* The name before an '='. */
static bool
is_known_key(const char *key, size_t n)
{
	static const char *const known[] = { "device", "devicename", "emcc",
	    "l", "lang", "language", "locale", "model", "name", "page",
	    "transport", "user-agent", "version" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i]) == n && strncasecmp(key, known[i], n) ==
		    0)
			return true;
	return false;
}

/* #DEVICENAME#, which the phone fills in, or nothing, as at the end of
 * base64. */
static bool
is_filled_in(const char *value, size_t n)
{
	return n == 0 || (n == 1 && value[0] == '=') || (n > 2 &&
	    value[0] == '#' && value[n - 1] == '#' &&
	    memchr(value + 1, '#', n - 2) == NULL);
}

static size_t
value_len(const char *value, const char *ends)
{
	size_t n = strcspn(value, ends);

	return n == 0 ? strcspn(value, "& \t\r\n") : n;
}

/* key=value in a URL or anywhere, but of keys that are known.  A value, unlike
 * a key, may begin with any of its ends but '&': base64 with a '/'. */
static bool
has_parameter(const char *text)
{
	static const char ends[] = "?&;/ \t\r\n,";
	const char *key;

	for (const char *p = text; (p = strchr(p, '=')) != NULL; p++) {
		for (key = p; key > text && strchr(ends, key[-1]) == NULL;
		    key--)
			;
		if (!is_filled_in(p + 1, value_len(p + 1, ends)) &&
		    !is_known_key(key, (size_t)(p - key)))
			return true;
	}
	return false;
}

static bool
is_harmless(const char *text)
{
	char plain[TEXT_MAX + 1];

	/* As it stands as well: what is encoded ends nothing, and a password
	 * may have any of it. */
	return strlen(text) <= TEXT_MAX && decode(text, plain) &&
	    !has_account(text) && !has_parameter(text) &&
	    !has_account(plain) && !has_parameter(plain);
}

/* --- elements --- */

static bool
keep(void *arg, const char *name, const char *text)
{
	(void)arg;
	return render_known(name, text != NULL) &&
	    (text == NULL || is_harmless(text));
}

static void
emptied(void *arg, const char *name, long line)
{
	struct scrub *s = arg;
	char shown[NAME_SHOWN];

	if (s->n++ >= TOLD_MAX || s->advice == NULL)
		return;
	str_visible(name, strlen(name), shown, sizeof(shown));
	wr_fmt(s->advice, "%s%s (line %ld)", s->n > 1 ? ", " : "emptied where "
	    "the file is to have no secrets, as not known to hold none: ",
	    shown, line);
}

void
render_scrub(struct xml_doc *x, struct wr *advice)
{
	struct scrub s = { .advice = advice };
	const struct xml_keep k = { .keep = keep, .emptied = emptied,
	    .arg = &s };

	xml_keep_only(x, &k);
	if (advice == NULL || s.n == 0)
		return;
	if (s.n > TOLD_MAX)
		wr_fmt(advice, " and %zu more", s.n - TOLD_MAX);
	wr_str(advice, "\n");
}
