/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Names and values of settings, see setting.h.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "trust/setting.h"

#define SHOWN	80	/* bytes of a refused value in a message */

/* Letters, digits and '+' in lower case: what spellings have in common. */
static void
fold(const char *s, char *out, size_t outlen)
{
	size_t n = 0;

	for (; *s != '\0' && n + 1 < outlen; s++)
		if (isalnum((unsigned char)*s) || *s == '+')
			out[n++] = (char)tolower((unsigned char)*s);
	out[n] = '\0';
}

static bool
same(const char *a, const char *b)
{
	char fa[128], fb[128];

	fold(a, fa, sizeof(fa));
	fold(b, fb, sizeof(fb));
	return fa[0] != '\0' && strcmp(fa, fb) == 0;
}

const struct setting *
setting_find(const char *name)
{
	const struct setting *s = setting_table();

	if (str_starts(name, "--"))
		name += 2;
	for (int i = 0; i < SETTING_N; i++)
		if (strcmp(s[i].option, name) == 0)
			return &s[i];
	for (int i = 0; i < SETTING_N; i++)
		if (same(s[i].option, name) || same(s[i].name, name))
			return &s[i];
	return NULL;
}

/* --- words --- */

const struct setting_word *
setting_word(const struct setting *s, const char *value)
{
	if (s->words == NULL)
		return NULL;
	for (const struct setting_word *w = s->words; w->word != NULL; w++)
		if (strcmp(w->word, value) == 0)
			return w;
	return NULL;
}

const char *
setting_value_name(const struct setting *s, const char *value)
{
	const struct setting_word *w = setting_word(s, value);

	return w != NULL ? w->name : value;
}

/* What else is said for yes and no. */
static const char *
synonym(const struct setting *s, const char *value)
{
	static const char *const yes[] = { "yes", "on", "true", "enabled" };
	static const char *const no[] = { "no", "off", "false", "disabled" };
	const char *const *list = NULL;

	for (size_t i = 0; i < 4; i++)
		if (str_ieq(value, yes[i]))
			list = yes;
		else if (str_ieq(value, no[i]))
			list = no;
	for (size_t i = 0; list != NULL && i < 4; i++)
		if (setting_word(s, list[i]) != NULL)
			return list[i];
	return NULL;
}

static const char *
word_find(const struct setting *s, const char *value)
{
	for (const struct setting_word *w = s->words; w->word != NULL; w++)
		if (same(w->word, value) || same(w->name, value))
			return w->word;
	return synonym(s, value);
}

/* --- ranges --- */

static void
range_words(const struct setting *s, char *out, size_t outlen)
{
	size_t n = 0;

	out[0] = '\0';
	for (const struct setting_word *w = s->words;
	    w->word != NULL && n < outlen; w++)
		n += (size_t)snprintf(out + n, outlen - n, "%s%s",
		    n > 0 ? "|" : "", w->word);
}

static void
range_secret(const struct setting *s, char *out, size_t outlen)
{
	const char *of = "printable characters";

	if (s->id == SETTING_SYMMETRIC_KEY)
		of = "hexadecimal digits, not all of them 0";
	else if (s->id == SETTING_AUTH_STRING || s->id ==
	    SETTING_PHONE_PASSWORD)
		of = "digits";
	if (s->min == s->max)
		(void)snprintf(out, outlen, "%" PRId64 " %s", s->min, of);
	else
		(void)snprintf(out, outlen, "%" PRId64 " to %" PRId64 " %s",
		    s->min, s->max, of);
}

void
setting_range(const struct setting *s, char *out, size_t outlen)
{
	const char *of = "";

	switch (s->type) {
	case SETTING_BOOL:
	case SETTING_ENUM:
		range_words(s, out, outlen);
		return;
	case SETTING_SECRET:
		range_secret(s, out, outlen);
		return;
	case SETTING_TIME:
		(void)snprintf(out, outlen, "a time, as 2026-11-30 18 or "
		    "2026-11-30T18:00:00Z, in UTC");
		return;
	case SETTING_INT:
		break;
	case SETTING_TEXT:
		of = " characters without \" % & \\ < >";
		break;
	case SETTING_NAME:
		of = " of A-Z a-z 0-9 . _ - + * # @";
		break;
	case SETTING_FILE:
		of = " characters, a file or folder without \"..\"";
		break;
	case SETTING_HOST:
		of = " characters, a host name or an address";
		break;
	case SETTING_URL:
		of = " characters, beginning with http:// or https://";
		break;
	case SETTING_HTTPS_URL:
		of = " characters, beginning with https://";
		break;
	}
	(void)snprintf(out, outlen, "%" PRId64 " to %" PRId64 "%s", s->min,
	    s->max, of);
}

static int
refuse(const struct setting *s, const char *value, struct err *e)
{
	char shown[SHOWN], range[256];

	setting_range(s, range, sizeof(range));
	if (s->type == SETTING_SECRET)
		return err_set(e, ERR_ARG, "%s: this value is not taken: %s",
		    s->name, range);
	str_visible(value, strlen(value), shown, sizeof(shown));
	return err_set(e, ERR_ARG, "%s: \"%s\" is not one of its values: %s",
	    s->name, shown, range);
}

/* --- values of each type --- */

/* Keys too short to protect anything (spec/security-settings.md 4). */
static int
check_weak(const struct setting *s, const char *value, unsigned flags,
    struct err *e)
{
	if (s->id != SETTING_RSA_KEY_SIZE)
		return ERR_OK;
	if (same(value, "512"))
		return err_set(e, ERR_REFUSED, "%s: 512 is refused: such keys "
		    "are broken in hours, and every certificate made for one "
		    "with them: take 2048", s->name);
	if (same(value, "1024") && !(flags & SETTING_ALLOW_WEAK))
		return err_set(e, ERR_REFUSED, "%s: 1024 is weak and only for "
		    "phones that can do no better: take 2048, or say "
		    "--allow-weak", s->name);
	return ERR_OK;
}

static bool
is_text(const char *s)
{
	if (!str_is_utf8(s, strlen(s)))
		return false;
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f ||
		    strchr("\"%&\\<>", *s) != NULL)
			return false;
	return true;
}

static size_t
count_chars(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static bool
is_file(const char *s)
{
	static const char known[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._-+()/";

	return strspn(s, known) == strlen(s) && s[0] != '/' &&
	    strstr(s, "..") == NULL;
}

/* Of URLs and hosts: no blank, no bracket of XML, ASCII. */
static bool
is_plain(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= 0x20 || (unsigned char)*s >= 0x7f ||
		    strchr("\"<>\\^`{|}", *s) != NULL)
			return false;
	return true;
}

static bool
is_url(const char *s, bool https)
{
	const char *host;

	if (str_starts(s, "https://"))
		host = s + strlen("https://");
	else if (!https && str_starts(s, "http://"))
		host = s + strlen("http://");
	else
		return false;
	return strcspn(host, "/?#") > 0 && is_plain(s);
}

static bool
is_string(const struct setting *s, const char *value)
{
	static const char name[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._-+*#@";
	int64_t n = (int64_t)count_chars(value);

	if (value[0] == '\0')
		return s->min == 0;
	if (n < s->min || n > s->max || strlen(value) > SETTING_VALUE_MAX)
		return false;
	switch (s->type) {
	case SETTING_TEXT:
		return is_text(value);
	case SETTING_NAME:
		return strspn(value, name) == strlen(value);
	case SETTING_FILE:
		return is_file(value);
	case SETTING_HOST:
		return is_plain(value) && strpbrk(value, "/?#@") == NULL;
	case SETTING_URL:
		return is_url(value, false);
	case SETTING_HTTPS_URL:
		return is_url(value, true);
	default:
		return false;
	}
}

static bool
is_secret(const struct setting *s, const char *value)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	size_t n = strlen(value);

	if ((int64_t)n < s->min || (int64_t)n > s->max)
		return false;
	switch (s->id) {
	case SETTING_SYMMETRIC_KEY:	/* zeros would clear it */
		return strspn(value, hex) == n && strspn(value, "0") < n;
	case SETTING_AUTH_STRING:
	case SETTING_PHONE_PASSWORD:	/* typed in on twelve keys */
		return strspn(value, "0123456789") == n;
	default:
		for (; *value != '\0'; value++)
			if (*value <= 0x20 || *value == 0x7f)
				return false;
		return true;
	}
}

/* "2026-11-30 18", "2026-11-30 18:30" or RFC 3339; "2026-11-30" is the end of
 * that day. */
static bool
to_time(const char *s, char out[CLOCK_RFC3339_LEN])
{
	char text[CLOCK_RFC3339_LEN];
	size_t n = strlen(s);
	int64_t at;

	if (n == 10)
		(void)snprintf(text, sizeof(text), "%.10sT23:59:59Z", s);
	else if (n == 13 && (s[10] == ' ' || s[10] == 'T'))
		(void)snprintf(text, sizeof(text), "%.10sT%.2s:00:00Z", s,
		    s + 11);
	else if (n == 16 && (s[10] == ' ' || s[10] == 'T'))
		(void)snprintf(text, sizeof(text), "%.10sT%.5s:00Z", s,
		    s + 11);
	else if (!str_copy(text, sizeof(text), s))
		return false;
	if (clock_rfc3339_parse(text, &at, NULL) != ERR_OK)
		return false;
	clock_rfc3339(at, out);
	return true;
}

/* The canonical form in out; false: not one of the setting's values. */
static bool
canonical(const struct setting *s, const char *value,
    char out[SETTING_VALUE_MAX + 1])
{
	char time[CLOCK_RFC3339_LEN];
	const char *word;
	int64_t v;

	switch (s->type) {
	case SETTING_BOOL:
	case SETTING_ENUM:
		word = word_find(s, value);
		return word != NULL &&
		    str_copy(out, SETTING_VALUE_MAX + 1, word);
	case SETTING_INT:
		if (str_to_i64(value, s->min, s->max, &v, NULL) != ERR_OK)
			return false;
		(void)snprintf(out, SETTING_VALUE_MAX + 1, "%" PRId64, v);
		return true;
	case SETTING_TIME:
		if (value[0] == '\0')
			return true;
		return to_time(value, time) &&
		    str_copy(out, SETTING_VALUE_MAX + 1, time);
	case SETTING_SECRET:
		return is_secret(s, value) &&
		    str_copy(out, SETTING_VALUE_MAX + 1, value);
	case SETTING_TEXT:
	case SETTING_NAME:
	case SETTING_FILE:
	case SETTING_HOST:
	case SETTING_URL:
	case SETTING_HTTPS_URL:
		return is_string(s, value) &&
		    str_copy(out, SETTING_VALUE_MAX + 1, value);
	}
	return false;
}

int
setting_check(const struct setting *s, const char *value, unsigned flags,
    char out[SETTING_VALUE_MAX + 1], struct err *e)
{
	int ret;

	out[0] = '\0';
	if ((ret = check_weak(s, value, flags, e)) != ERR_OK)
		return ret;
	return canonical(s, value, out) ? ERR_OK : refuse(s, value, e);
}

bool
setting_applies(const struct setting *s, const struct model *m,
    enum phone_protocol p)
{
	if (!(s->protocols & 1u << p))
		return false;
	if (m == NULL)
		return true;
	switch (s->need) {
	case SETTING_NEEDS_NOTHING:
		return true;
	case SETTING_NEEDS_FACT:
		return model_can(m, p, s->fact);
	case SETTING_NEEDS_TLS12:
		return model_fact(m, p, MODEL_TLS_MAX).value >= 12;
	case SETTING_NEEDS_EXCLUDE_DIGEST:
		return m->exclude_digest;
	}
	return false;
}

bool
setting_in_own_file(const struct setting *s)
{
	switch (s->id) {
	case SETTING_SECURITY_MODE:
	case SETTING_TRANSPORT:
	case SETTING_ENC_CONFIG:
	case SETTING_CAPF_AUTH_MODE:
	case SETTING_DIGEST_USER:	/* with his credentials */
		return true;
	case SETTING_LOAD_SERVER:
		return false;
	default:
		return str_starts(s->element, "vendorConfig/");
	}
}
