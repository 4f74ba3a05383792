/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See lsc_issuer.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/lsc_issuer.h"
#include "trust/own.h"

#define PREFIX_MIN	8		/* digits; fewer are a generation */
#define GENERATION_MAX	999999

struct loading {
	struct lsc_issuers	*s;
	struct db		*db;
};

/* Which of this cluster's CAPF it was, 0 when it was another CA. */
static int
read_generation(struct db *db, struct lsc_issuer *i, struct err *e)
{
	struct row_own *rows = NULL;
	size_t n = 0;
	int ret = row_own_of_cert(db, i->sha256, &rows, &n, e);

	for (size_t k = 0; k < n; k++)
		if (strcmp(rows[k].unit, own_unit_table()[UNIT_CAPF].name) ==
		    0)
			i->generation = rows[k].generation;
	free(rows);
	return ret;
}

struct lsc_issuer *
lsc_issuers_find(struct lsc_issuers *s, const struct row_device_cert *d)
{
	for (size_t k = 0; d->has_issuer && k < s->n; k++) {
		struct lsc_issuer *i = &s->row[s->hint];

		if (memcmp(i->sha256, d->issuer, SHA256_LEN) == 0)
			return i;
		s->hint = s->hint + 1 < s->n ? s->hint + 1 : 0;
	}
	return NULL;
}

static int
load_one(void *arg, const struct row_device_cert *d, struct err *e)
{
	struct loading *l = arg;
	struct lsc_issuers *s = l->s;
	struct lsc_issuer *more;

	if (d->type != DEVICE_LSC || !d->has_issuer ||
	    lsc_issuers_find(s, d) != NULL)
		return ERR_OK;
	if ((more = reallocarray(s->row, s->n + 1, sizeof(*more))) == NULL)
		return err_set(e, ERR_NOMEM, "issuers");
	s->row = more;
	s->row[s->n] = (struct lsc_issuer){ .generation = 0 };
	memcpy(s->row[s->n].sha256, d->issuer, SHA256_LEN);
	return read_generation(l->db, &s->row[s->n++], e);
}

/* --- which is meant --- */

/* Lower-case digits without colons; "" when it is no beginning. */
static void
take_prefix(const char *want, char hex[2 * SHA256_LEN + 1])
{
	size_t n = 0;

	for (const char *p = want; *p != '\0'; p++) {
		if (*p == ':')
			continue;
		if (n == 2 * SHA256_LEN ||
		    strchr("0123456789abcdefABCDEF", *p) == NULL) {
			n = 0;
			break;
		}
		hex[n++] = *p >= 'A' && *p <= 'F' ? (char)(*p - 'A' + 'a') :
		    *p;
	}
	hex[n < PREFIX_MIN ? 0 : n] = '\0';
}

static int
by_prefix(struct lsc_issuers *s, const char *prefix, struct err *e)
{
	char hex[2 * SHA256_LEN + 1], other[2 * SHA256_LEN + 1];

	for (size_t i = 0; i < s->n; i++) {
		str_hex(s->row[i].sha256, SHA256_LEN, hex);
		if (strncmp(hex, prefix, strlen(prefix)) != 0)
			continue;
		if (s->one != NULL) {
			str_hex(s->one->sha256, SHA256_LEN, other);
			return err_set(e, ERR_ARG, "--issuer: the SHA-256s of "
			    "several CAs begin with %s: give more of %s or "
			    "%s", prefix, other, hex);
		}
		s->one = &s->row[i];
	}
	return ERR_OK;
}

static int
choose(struct lsc_issuers *s, struct err *e)
{
	char prefix[2 * SHA256_LEN + 1];
	int64_t generation = 0;

	if (s->want == NULL)
		return ERR_OK;
	take_prefix(s->want, prefix);
	if (prefix[0] != '\0')
		return by_prefix(s, prefix, e);
	if (str_to_i64(s->want, 1, GENERATION_MAX, &generation, NULL) !=
	    ERR_OK)
		return ERR_OK;
	for (size_t i = 0; i < s->n; i++)
		if (s->row[i].generation == generation)
			s->one = &s->row[i];
	return ERR_OK;
}

int
lsc_issuers_load(struct lsc_issuers *s, struct db *db, const char *want,
    struct err *e)
{
	struct loading l = { .s = s, .db = db };
	int ret;

	*s = (struct lsc_issuers){ .want = want };
	ret = row_device_cert_each(db, NULL, -1, NULL, load_one, &l, e);
	return ret == ERR_OK ? choose(s, e) : ret;
}

void
lsc_issuers_clear(struct lsc_issuers *s)
{
	free(s->row);
	*s = (struct lsc_issuers){ .n = 0 };
}

bool
lsc_issuers_take(const struct lsc_issuers *s, const struct lsc_issuer *by,
    const char *cn)
{
	if (s->want == NULL)
		return true;
	return s->one != NULL ? by == s->one : str_ieq(cn, s->want);
}

size_t
lsc_issuers_taken(const struct lsc_issuers *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->row[i].n > 0;
	return n;
}
