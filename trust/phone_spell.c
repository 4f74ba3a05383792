/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Names of phones in any case and within paths, see phone_spell.h.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/phone_spell.h"

#define ADDRESS_DIGITS	12

/* --- in any case --- */

static char
fold(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static void
fold_name(const char *s, size_t n, char out[PHONE_NAME_MAX + 1])
{
	size_t i;

	for (i = 0; i < n && i < PHONE_NAME_MAX && s[i] != '\0'; i++)
		out[i] = fold(s[i]);
	out[i] = '\0';
}

int
phone_spelling(struct db *db, const char *name, char out[PHONE_NAME_MAX + 1],
    struct err *e)
{
	char own[PHONE_NAME_MAX + 1], folded[PHONE_NAME_MAX + 1];
	struct row_phone_name *rows = NULL;
	struct row_phone p;
	size_t n, i;
	int ret;

	if (!str_device_name(name, own))
		return err_set(e, ERR_NOTFOUND, "no name of a phone");
	if (str_is_sep(own)) {
		ret = row_phone_get(db, own, &p, e);
		(void)str_copy(out, PHONE_NAME_MAX + 1, own);
		return ret;
	}
	fold_name(own, strlen(own), folded);
	if ((ret = row_phone_folded(db, folded, &rows, &n, e)) != ERR_OK)
		return ret;
	for (i = 0; i < n && strcmp(rows[i].name, own) != 0; i++)
		;
	if (n > 0)
		(void)str_copy(out, PHONE_NAME_MAX + 1,
		    rows[i < n ? i : 0].name);
	free(rows);
	return n > 0 ? ERR_OK : err_set(e, ERR_NOTFOUND, "there is no phone "
	    "%s", own);
}

int
phone_spell_free(struct db *db, bool *any, struct err *e)
{
	struct err miss = { .code = ERR_OK };
	char name[PHONE_NAME_MAX + 1];
	int ret = row_phone_folded_upto(db, "~", name, &miss);

	*any = ret == ERR_OK;
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", miss.msg);
}

/* --- addresses --- */

static bool
is_hex(char c)
{
	return isxdigit((unsigned char)c) != 0;
}

static bool
is_between(char c)
{
	return c == '-' || c == ':' || c == '.' || c == '_' || c == ' ';
}

/*
 * Does s begin with an address of 12 digits, with one character between pairs
 * or groups of them?  As a phone's name.  What follows may be letters that
 * are digits, too: SEP0011223344AAcopy.
 */
static bool
address_at(const char *s, char device[PHONE_NAME_MAX + 1])
{
	char text[sizeof("SEP") + ADDRESS_DIGITS] = "SEP";
	size_t n = 0;

	for (; n < ADDRESS_DIGITS; s++) {
		if (is_hex(*s))
			text[3 + n++] = *s;
		else if (n == 0 || n % 2 != 0 || !is_between(*s) ||
		    !is_hex(s[1]))
			return false;
	}
	text[3 + n] = '\0';
	return str_device_name(text, device);
}

/*
 * The next phone named within a path, *at behind where it begins.  Letters
 * before an address may be digits as well: phone0011223344AA.
 */
static bool
next_address(const char **at, char device[PHONE_NAME_MAX + 1])
{
	for (const char *p = *at; *p != '\0'; p++) {
		if (!is_hex(*p) || !address_at(p, device))
			continue;
		*at = p + 1;
		return true;
	}
	return false;
}

bool
phone_address_in(const char *path)
{
	char device[PHONE_NAME_MAX + 1];

	return next_address(&path, device);
}

/* --- names of other kinds --- */

struct finding {
	struct db	*db;
	const char	*path;		/* all of it */
	phone_named_fn	*fn;
	void		*arg;
};

static bool
is_alnum(char c)
{
	return isalnum((unsigned char)c) != 0;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Between two characters of which one may be the end ('\0'). */
static bool
is_edge(char a, char b)
{
	return !is_alnum(a) || !is_alnum(b);
}

static bool
cuts_number(char a, char b)
{
	return is_digit(a) && is_digit(b);
}

/* Is that many characters at s a phone's name, or part of another word? */
static bool
stands(const struct finding *f, const char *s, size_t len)
{
	char before = s > f->path ? s[-1] : '\0';
	char first = s[0], last = s[len - 1], after = s[len];

	if (is_edge(before, first) && is_edge(last, after))
		return true;
	return len >= PHONE_SPELL_LONG && !cuts_number(before, first) &&
	    !cuts_number(last, after);
}

static size_t
common(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] != '\0' && a[n] == b[n])
		n++;
	return n;
}

/* Of several that differ in case only each may be meant. */
static int
tell(const struct finding *f, const char *folded, struct err *e)
{
	struct row_phone_name *rows = NULL;
	size_t n;
	int ret = row_phone_folded(f->db, folded, &rows, &n, e);

	for (size_t i = 0; i < n && ret == ERR_OK; i++)
		ret = f->fn(f->arg, f->db, rows[i].name, e);
	free(rows);
	return ret;
}

/*
 * All names that s begins with.  The last name up to key, if key does not
 * begin with it, has as much in common with key as any name that key begins
 * with may be long; so key gets shorter with each step.
 */
static int
find_at(const struct finding *f, const char *s, struct err *e)
{
	char key[PHONE_NAME_MAX + 1], name[PHONE_NAME_MAX + 1];
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
	struct err own = { .code = ERR_OK };
	int ret;

	fold_name(s, n, key);
	while (key[0] != '\0') {
		ret = row_phone_folded_upto(f->db, key, name, &own);
		if (ret == ERR_NOTFOUND)
			return ERR_OK;
		if (ret != ERR_OK)
			return err_set(e, ret, "%s", own.msg);
		n = common(key, name);
		if (name[n] == '\0') {
			if (stands(f, s, n) &&
			    (ret = tell(f, name, e)) != ERR_OK)
				return ret;
			n--;
		}
		key[n] = '\0';
	}
	return ERR_OK;
}

int
phone_named_in(struct db *db, const char *path, phone_named_fn *fn, void *arg,
    struct err *e)
{
	struct finding f = { .db = db, .path = path, .fn = fn, .arg = arg };
	char device[PHONE_NAME_MAX + 1];
	const char *at = path;
	int ret = ERR_OK;

	while (ret == ERR_OK && next_address(&at, device))
		ret = fn(arg, db, device, e);
	for (at = path; ret == ERR_OK && *at != '\0'; at++)
		if (is_alnum(*at) && !is_digit(*at))
			ret = find_at(&f, at, e);
	return ret;
}
