/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates by serial number and name, see vouch_name.h.
 */
#include <stdlib.h>
#include <string.h>

#include "certs/store.h"
#include "certs/tvs_msg.h"
#include "trust/vouch_name.h"

/*
 * Certificates looked at for a query: many a gateway has named itself with
 * serial number 1.  Of SERIAL_WHOLE and more only the names are read first.
 * Answers are remembered, and as phones may ask for any name, the names of so
 * many as well (vouch_serial.h).
 */
#define SERIAL_WHOLE	1024

struct search {
	struct db		*db;
	const struct vouch_name	*q;
	const uint8_t		*serial;	/* without leading zeros */
	size_t			 len;
	vouch_named_fn		*fn;
	void			*arg;
};

/* Names are text from a phone: a NUL cannot be in it (tvs_msg.h). */
static uint64_t
name_key(const uint8_t *p, size_t len)
{
	char text[TVS_NAME_MAX + 1];

	if (len >= sizeof(text))
		len = sizeof(text) - 1;
	if (len > 0)
		memcpy(text, p, len);
	text[len] = '\0';
	return store_name_key(text);
}

static uint64_t
wanted_name(const struct vouch_name *q)
{
	return q->issuerlen > 0 ? name_key(q->issuer, q->issuerlen) :
	    name_key(q->subject, q->subjectlen);
}

static bool
is_named(const struct vouch_name *q, uint64_t name, const struct row_cert *c)
{
	return name == store_name_key(q->issuerlen > 0 ? c->issuer :
	    c->subject);
}

/* Calls for those with that name; found when there was one. */
static int
by_name(const struct search *s, const struct row_cert *rows, size_t n,
    bool *found, struct err *e)
{
	uint64_t name = wanted_name(s->q);
	int ret;

	for (size_t i = 0; i < n; i++) {
		if (!is_named(s->q, name, &rows[i]))
			continue;
		*found = true;
		if ((ret = s->fn(&rows[i], s->arg, e)) != ERR_OK)
			return ret;
	}
	return ERR_OK;
}

/* The same of many that are remembered. */
static int
by_name_alike(const struct search *s, const struct vouch_alike *a,
    struct err *e)
{
	uint64_t name = wanted_name(s->q);
	struct row_cert c;
	int ret = ERR_OK;

	for (size_t i = 0; i < a->n && ret == ERR_OK; i++) {
		struct err miss = { .code = ERR_OK };

		if (name != (s->q->issuerlen > 0 ? a->cert[i].issuer :
		    a->cert[i].subject))
			continue;
		ret = row_cert_get(s->db, a->cert[i].sha256, &c, &miss);
		if (ret == ERR_OK) {
			ret = s->fn(&c, s->arg, e);
			row_cert_clear(&c);
		} else if (ret == ERR_NOTFOUND)
			ret = ERR_OK;	/* removed this moment */
		else
			(void)err_set(e, ret, "%s", miss.msg);
	}
	return ret;
}

static void
rows_free(struct row_cert *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		row_cert_clear(&rows[i]);
	free(rows);
}

/* Of all with that serial number. */
static int
by_serial(const struct search *s, struct vouch_serials *known, bool alone,
    struct err *e)
{
	const struct vouch_alike *a = vouch_serials_get(known, s->serial,
	    s->len);
	struct row_cert *rows = NULL;
	bool found = false;
	size_t n = 0;
	int ret;

	if (a != NULL)
		return by_name_alike(s, a, e);
	if ((ret = row_cert_by_serial(s->db, s->serial, s->len, SERIAL_WHOLE,
	    &rows, &n, e)) != ERR_OK)
		return ret;
	if (n == SERIAL_WHOLE) {
		rows_free(rows, n);
		ret = vouch_serials_read(known, s->db, s->serial, s->len, &a,
		    e);
		return ret == ERR_OK ? by_name_alike(s, a, e) : ret;
	}
	vouch_serials_put(known, s->serial, s->len, rows, n);
	ret = by_name(s, rows, n, &found, e);
	if (ret == ERR_OK && !found && alone && n == 1)
		ret = s->fn(&rows[0], s->arg, e);
	rows_free(rows, n);
	return ret;
}

int
vouch_named(struct db *db, struct vouch_serials *s,
    const struct vouch_name *q, bool alone, vouch_named_fn *fn, void *arg,
    struct err *e)
{
	struct search search = { .db = db, .q = q, .serial = q->serial,
	    .len = q->seriallen, .fn = fn, .arg = arg };

	for (; search.len > 0 && *search.serial == 0; search.len--)
		search.serial++;
	return search.len == 0 ? ERR_OK : by_serial(&search, s, alone, e);
}
