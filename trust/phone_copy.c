/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones like another one, see phone.h.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/login.h"
#include "trust/phone.h"
#include "trust/phone_write.h"

/* What a phone has of its own, as a spec that borrows from it. */
struct original {
	struct row_phone	 row;
	struct row_phone_file	 file;
	struct row_setting	*rows;
	struct setting_change	*change;
	size_t			 nchange;
};

/* Whoever is logged in there is not at the copy, which may have none. */
static void
take_change(struct original *o, const struct row_setting *row)
{
	struct setting_change *c = &o->change[o->nchange];

	if ((c->setting = setting_find(row->name)) == NULL)
		return;
	c->value = c->setting->id == SETTING_DIGEST_USER &&
	    row->value[0] == '\0' ? NULL : row->value;
	o->nchange++;
}

static int
original_load(struct original *o, struct db *db, const char *from,
    struct err *e)
{
	char name[PHONE_NAME_MAX + 1];
	size_t n;
	int ret;

	*o = (struct original){ .rows = NULL };
	if ((ret = phone_name(from, name, e)) != ERR_OK)
		return ret;
	ret = row_phone_get(db, name, &o->row, e);
	if (ret == ERR_NOTFOUND)
		return err_set(e, ret, "no phone %s: \"phone list\" shows "
		    "those there are", name);
	if (ret != ERR_OK || (o->row.has_file && (ret = row_phone_file_get(
	    db, name, &o->file, e)) != ERR_OK) ||
	    (ret = row_phone_settings(db, name, &o->rows, &n, e)) != ERR_OK ||
	    (ret = phone_settings_at_rest(db, name, o->rows, n, e)) !=
	    ERR_OK)
		return ret;
	if ((o->change = calloc(n + 1, sizeof(*o->change))) == NULL)
		return err_set(e, ERR_NOMEM, "%s", name);
	for (size_t i = 0; i < n; i++)
		take_change(o, &o->rows[i]);
	return ERR_OK;
}

static void
original_clear(struct original *o)
{
	row_phone_file_clear(&o->file);
	free(o->rows);
	free(o->change);
}

int
phone_copy(struct db *db, const char *from, const char *to,
    const struct phone_secret *secret, size_t nsecret,
    const struct keyring *kr, int64_t now, struct phone_result *r,
    struct err *e)
{
	struct phone_spec s = { .name = to, .flags = SETTING_ALLOW_WEAK,
	    .secret = secret, .nsecret = nsecret, .kr = kr };
	struct original o;
	int ret;

	if ((ret = original_load(&o, db, from, e)) == ERR_OK) {
		if (o.row.model[0] != '\0')
			s.model = o.row.model;
		s.protocol = phone_protocol_name[o.row.protocol];
		s.profile = o.row.profile;
		s.xml = o.file.xml;
		s.xmllen = o.file.len;
		s.xml_name = o.row.name;
		s.change = o.change;
		s.nchange = o.nchange;
		ret = phone_write(db, &s, WRITE_ADD, now, r, e);
	}
	original_clear(&o);
	return ret;
}
