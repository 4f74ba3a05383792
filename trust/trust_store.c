/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Changing the trust stores, see trust_store.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/cert_row.h"
#include "trust/trust_store.h"

#define STEM_MAX	80	/* of a common name in a file name */

static const char *
unit_name(enum trust_unit unit)
{
	return trust_unit_table()[unit].name;
}

/* --- names --- */

/* What a file name may hold; the rest becomes '_'. */
static void
to_stem(char *s)
{
	if (strlen(s) > STEM_MAX)
		s[STEM_MAX] = '\0';
	for (; *s != '\0'; s++)
		if (strchr("abcdefghijklmnopqrstuvwxyz"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", *s) == NULL)
			*s = '_';
}

int
trust_store_name(const struct cert *c, char name[TRUST_NAME_MAX + 1],
    struct err *e)
{
	uint8_t sha256[SHA256_LEN];
	char *stem = cert_cn(c, e);

	if (stem != NULL && stem[0] == '\0') {
		free(stem);
		stem = cert_subject(c, CERT_NAME_COMMA, e);
	}
	if (stem == NULL)
		return err_wrap(e, "certificate");
	to_stem(stem);
	cert_sha256(c, sha256);
	(void)snprintf(name, TRUST_NAME_MAX + 1, "%s-%02x%02x%02x%02x",
	    stem[0] != '\0' ? stem : "certificate", sha256[0], sha256[1],
	    sha256[2], sha256[3]);
	free(stem);
	return ERR_OK;
}

/* --- rows --- */

static int
fill_row(struct row_trust *t, const struct trust_add *a, int64_t now,
    struct err *e)
{
	int ret;

	*t = (struct row_trust){ .ttl = a->ttl, .added_at = now };
	cert_sha256(a->cert, t->sha256);
	(void)str_copy(t->unit, sizeof(t->unit), unit_name(a->unit));
	if (a->name == NULL) {
		if ((ret = trust_store_name(a->cert, t->name, e)) != ERR_OK)
			return ret;
	} else if (!str_copy(t->name, sizeof(t->name), a->name))
		return err_set(e, ERR_LIMIT, "a name of more than %d "
		    "characters", TRUST_NAME_MAX);
	if (!str_copy(t->origin, sizeof(t->origin), a->origin) ||
	    !str_copy(t->note, sizeof(t->note), a->note != NULL ? a->note :
	    ""))
		return err_set(e, ERR_LIMIT, "a note of more than %d "
		    "characters", TRUST_NOTE_MAX);
	return ERR_OK;
}

int
trust_store_add(struct db *db, const struct trust_add *a, int64_t now,
    enum trust_change *change, struct err *e)
{
	uint8_t sha256[SHA256_LEN];
	struct row_trust t;
	int ret;

	*change = TRUST_SAME;
	cert_sha256(a->cert, sha256);
	ret = row_trust_get(db, unit_name(a->unit), sha256, &t, e);
	if (ret == ERR_OK && t.removed_at == 0)
		return ERR_OK;
	if (ret == ERR_OK)
		*change = TRUST_RETURNED;
	else if (ret == ERR_NOTFOUND)
		*change = TRUST_ADDED;
	else
		return ret;
	if ((ret = fill_row(&t, a, now, e)) != ERR_OK ||
	    (ret = cert_row_put(db, a->cert, e)) != ERR_OK)
		return ret;
	return row_trust_put(db, &t, e);
}

/* Of a row that is trusted, or not, to the other. */
static int
turn(struct db *db, enum trust_unit unit, const uint8_t *sha256,
    bool removed, int64_t now, struct err *e)
{
	struct row_trust t;
	int ret;

	ret = row_trust_get(db, unit_name(unit), sha256, &t, e);
	if (ret == ERR_NOTFOUND ||
	    (ret == ERR_OK && (t.removed_at != 0) == removed))
		return err_set(e, ERR_NOTFOUND, removed ? "%s does not have "
		    "this certificate" : "%s has no removed certificate like "
		    "this", unit_name(unit));
	if (ret != ERR_OK)
		return ret;
	t.removed_at = removed ? now : 0;
	if (!removed)
		t.added_at = now;
	return row_trust_put(db, &t, e);
}

int
trust_store_remove(struct db *db, enum trust_unit unit,
    const uint8_t sha256[SHA256_LEN], int64_t now, struct err *e)
{
	return turn(db, unit, sha256, true, now, e);
}

int
trust_store_undelete(struct db *db, enum trust_unit unit,
    const uint8_t sha256[SHA256_LEN], int64_t now, struct err *e)
{
	return turn(db, unit, sha256, false, now, e);
}

/* --- finding --- */

struct wanted {
	char		 name[TRUST_NAME_MAX + 1];	/* without ".pem" */
	uint8_t		 sha256[SHA256_LEN];
	bool		 is_sha256;
	uint8_t		 serial[64];
	size_t		 seriallen;		/* 0: no serial number */
};

/* Hex with colons or without, leading zeros dropped. */
static void
want_hex(struct wanted *w, const char *text)
{
	char hex[2 * sizeof(w->serial) + 1];
	const uint8_t *p = w->serial;
	size_t n = 0;

	for (; *text != '\0' && n < sizeof(hex) - 1; text++)
		if (*text != ':')
			hex[n++] = *text;
	hex[n] = '\0';
	w->is_sha256 = n == 2 * SHA256_LEN &&
	    str_unhex(hex, w->sha256, SHA256_LEN);
	if (*text != '\0' || n == 0 || n % 2 != 0 ||
	    !str_unhex(hex, w->serial, n / 2))
		return;
	for (n /= 2; n > 0 && *p == 0; n--)
		p++;
	memmove(w->serial, p, n);
	w->seriallen = n;
}

/* The value of CN in a subject as rows have it ("CN=...;..."), escapes too. */
static bool
cn_is(const char *subject, const char *cn)
{
	size_t n = strlen(cn);

	return str_starts(subject, "CN=") &&
	    strncasecmp(subject + 3, cn, n) == 0 &&
	    (subject[3 + n] == ';' || subject[3 + n] == '\0');
}

static bool
is_meant(const struct wanted *w, const struct row_trust *t,
    const struct row_cert *c)
{
	return str_ieq(t->name, w->name) || cn_is(c->subject, w->name) ||
	    (w->seriallen > 0 && w->seriallen == c->seriallen &&
	    memcmp(w->serial, c->serial, c->seriallen) == 0);
}

/* "unit/name.pem" to what is looked for; false: another unit. */
static bool
want(struct wanted *w, const struct trust_unit_def **unit, const char *text)
{
	const char *slash = strchr(text, '/');
	const struct trust_unit_def *named;
	char prefix[TRUST_UNIT_MAX] = "";

	*w = (struct wanted){ .seriallen = 0 };
	if (slash != NULL && (size_t)(slash - text) < sizeof(prefix)) {
		memcpy(prefix, text, (size_t)(slash - text));
		if ((named = trust_unit_find(prefix)) != NULL) {
			if (*unit != NULL && *unit != named)
				return false;
			*unit = named;
			text = slash + 1;
		}
	}
	if (!str_copy(w->name, sizeof(w->name), text))
		return false;
	if (str_ends(w->name, ".pem"))
		w->name[strlen(w->name) - strlen(".pem")] = '\0';
	want_hex(w, text);
	return true;
}

struct found {
	const struct wanted	*w;
	struct row_trust	*rows;
	size_t			 n, room;
};

static int
note_found(void *arg, const struct row_trust *t, const struct row_cert *c,
    struct err *e)
{
	struct found *f = arg;
	struct row_trust *rows;

	if (!is_meant(f->w, t, c))
		return ERR_OK;
	if (f->n == f->room) {
		f->room = f->room > 0 ? 2 * f->room : 4;
		rows = reallocarray(f->rows, f->room, sizeof(*rows));
		if (rows == NULL)
			return err_set(e, ERR_NOMEM, "trust store");
		f->rows = rows;
	}
	f->rows[f->n++] = *t;
	return ERR_OK;
}

/* Tombstones are few: their certificates are read one by one. */
static int
each_removed(struct db *db, const char *unit, struct found *f, struct err *e)
{
	struct row_trust *rows = NULL;
	size_t n = 0;
	int ret;

	ret = row_trust_list(db, unit, NULL, true, &rows, &n, e);
	for (size_t i = 0; ret == ERR_OK && i < n; i++) {
		struct row_cert c = { .der = NULL };

		if ((ret = row_cert_get(db, rows[i].sha256, &c, e)) == ERR_OK)
			ret = note_found(f, &rows[i], &c, e);
		row_cert_clear(&c);
	}
	free(rows);
	return ret;
}

int
trust_store_find(struct db *db, const struct trust_unit_def *unit,
    const char *text, bool removed, struct row_trust **rows, size_t *n,
    struct err *e)
{
	struct wanted w;
	struct found f = { .w = &w };
	const char *name;
	int ret;

	*rows = NULL;
	*n = 0;
	if (!want(&w, &unit, text))
		return ERR_OK;
	name = unit != NULL ? unit->name : NULL;
	if (w.is_sha256)
		return row_trust_list(db, name, w.sha256, removed, rows, n, e);
	ret = removed ? each_removed(db, name, &f, e) :
	    row_trust_each(db, name, note_found, &f, e);
	if (ret != ERR_OK) {
		free(f.rows);
		return ret;
	}
	*rows = f.rows;
	*n = f.n;
	return ERR_OK;
}
