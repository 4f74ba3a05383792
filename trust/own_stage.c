/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See own_stage.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/own_capf.h"
#include "trust/own_stage.h"

/* Where a unit's rows stand: its node, or nowhere in particular. */
static const char *
place(enum own_unit unit, const char *node)
{
	return own_unit_table()[unit].per_node && node != NULL ? node : "";
}

/* The newest row of that stage; ERR_NOTFOUND. */
static int
newest(struct db *db, enum own_unit unit, const char *node,
    enum own_stage stage, struct row_own *o, struct err *e)
{
	const char *name = own_unit_table()[unit].name;
	struct row_own *rows = NULL;
	bool found = false;
	size_t n = 0;
	int ret;

	if ((ret = row_own_list(db, name, (int)stage, &rows, &n, e)) !=
	    ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].node, place(unit, node)) == 0) {
			*o = rows[i];
			found = true;
		}
	free(rows);
	return found ? ERR_OK : err_set(e, ERR_NOTFOUND, "%s has no %s "
	    "certificate", name, stage == OWN_ANNOUNCED ? "announced" :
	    stage == OWN_ACTIVE ? "active" : "retired");
}

/* The row as it is, ERR_OK and an empty one where there is none. */
static int
maybe(struct db *db, enum own_unit unit, const char *node,
    enum own_stage stage, struct row_own *o, struct err *e)
{
	struct err none = { .code = ERR_OK };
	int ret;

	*o = (struct row_own){ .generation = 0 };
	ret = newest(db, unit, node, stage, o, &none);
	if (ret == ERR_OK || ret == ERR_NOTFOUND)
		return ERR_OK;
	return err_set(e, ret, "%s", none.msg);
}

static bool
there(const struct row_own *o)
{
	return o->generation > 0;
}

int
own_announced(struct db *db, enum own_unit unit, const char *node,
    struct own *o, struct err *e)
{
	struct row_own row;
	int ret;

	*o = (struct own){ .cert = NULL };
	if ((ret = newest(db, unit, node, OWN_ANNOUNCED, &row, e)) != ERR_OK)
		return ret;
	return own_load(db, &row, o, e);
}

/* Row and certificate, as far as nothing else needs it; the key is left. */
static int
forget_row(struct db *db, const struct row_own *row, uint8_t id[KEY_ID_LEN],
    struct own_moved *m, struct err *e)
{
	struct row_cert c;
	int ret;

	if ((ret = row_cert_get(db, row->sha256, &c, e)) != ERR_OK)
		return ret;
	memcpy(id, c.key_id, KEY_ID_LEN);
	row_cert_clear(&c);
	if ((ret = row_own_remove(db, row->unit, row->node, row->sha256,
	    e)) != ERR_OK ||
	    (ret = row_cert_remove(db, row->sha256, e)) != ERR_OK)
		return ret;
	m->removed++;
	return ERR_OK;
}

static int
forget(struct db *db, const struct row_own *row, struct own_moved *m,
    struct err *e)
{
	uint8_t id[KEY_ID_LEN];
	int ret;

	if ((ret = forget_row(db, row, id, m, e)) != ERR_OK)
		return ret;
	return row_key_remove(db, id, e);
}

static int
move(struct db *db, struct row_own *row, enum own_stage stage, int64_t now,
    struct err *e)
{
	int ret;

	row->stage = stage;
	if (stage == OWN_ACTIVE)
		row->activated_at = now;
	else if (stage == OWN_RETIRED)
		row->staged_at = now;
	if ((ret = row_own_put(db, row, e)) != ERR_OK ||
	    stage != OWN_RETIRED)
		return ret;
	return own_capf_retire(db, row, now, e);
}

/* The active one makes room in that stage; none active is none to move. */
static int
vacate(struct db *db, enum own_unit unit, const char *node,
    enum own_stage stage, int64_t now, struct row_own *moved, struct err *e)
{
	int ret;

	if ((ret = maybe(db, unit, node, OWN_ACTIVE, moved, e)) != ERR_OK ||
	    !there(moved))
		return ret;
	return move(db, moved, stage, now, e);
}

/*
 * One that was in use before a rollback is what phones hold: it is kept with
 * its key as any other that was in use.
 */
static bool
was_used(const struct row_own *o)
{
	return o->activated_at > 0;
}

static int
withdraw(struct db *db, enum own_unit unit, const char *node, int64_t now,
    struct own_moved *m, bool *did, struct err *e)
{
	struct row_own old;
	int ret;

	*did = false;
	if ((ret = maybe(db, unit, node, OWN_ANNOUNCED, &old, e)) != ERR_OK ||
	    !there(&old))
		return ret;
	*did = true;
	if (!was_used(&old))
		return forget(db, &old, m, e);
	m->now_retired = old;
	return move(db, &m->now_retired, OWN_RETIRED, now, e);
}

/* The key of what was withdrawn to make room. */
struct room {
	bool	had;
	uint8_t	key[KEY_ID_LEN];
};

/*
 * What the first stage of a new certificate needs of the others.  The key of
 * what was announced goes only when the new one is there (tidy), which may be
 * over the same.
 */
static int
make_room(struct db *db, enum own_unit unit, const char *node, int64_t now,
    struct own_moved *m, struct room *r, struct err *e)
{
	struct row_own old;
	int ret;

	r->had = false;
	if (!own_unit_table()[unit].listed)
		return vacate(db, unit, node, OWN_RETIRED, now,
		    &m->now_retired, e);
	if ((ret = maybe(db, unit, node, OWN_ANNOUNCED, &old, e)) != ERR_OK ||
	    !there(&old))
		return ret;
	if (was_used(&old)) {
		m->now_retired = old;
		return move(db, &m->now_retired, OWN_RETIRED, now, e);
	}
	r->had = true;
	return forget_row(db, &old, r->key, m, e);
}

static int
tidy(struct db *db, const struct room *r, struct err *e)
{
	return r->had ? row_key_remove(db, r->key, e) : ERR_OK;
}

static enum own_stage
first_stage(enum own_unit unit)
{
	return own_unit_table()[unit].listed ? OWN_ANNOUNCED : OWN_ACTIVE;
}

static int
tell_new(struct db *db, enum own_unit unit, const char *node,
    struct own_moved *m, struct err *e)
{
	return newest(db, unit, node, first_stage(unit),
	    own_unit_table()[unit].listed ? &m->now_announced :
	    &m->now_active, e);
}

int
own_stage_new(struct db *db, const struct own_new *n, int64_t now,
    struct own_moved *m, struct err *e)
{
	enum own_unit unit = own_new_unit(n);
	const char *node = own_new_node(n);
	struct room room;
	int ret;

	*m = (struct own_moved){ .removed = 0 };
	if ((ret = make_room(db, unit, node, now, m, &room, e)) != ERR_OK ||
	    (ret = own_store(db, n, first_stage(unit), now, e)) != ERR_OK ||
	    (ret = tidy(db, &room, e)) != ERR_OK)
		return ret;
	return tell_new(db, unit, node, m, e);
}

int
own_stage_cert(struct db *db, enum own_unit unit, const char *node,
    const struct cert *c, int64_t now, struct own_moved *m, struct err *e)
{
	struct room room;
	int ret;

	*m = (struct own_moved){ .removed = 0 };
	if ((ret = make_room(db, unit, node, now, m, &room, e)) != ERR_OK ||
	    (ret = own_store_cert(db, unit, node, c, first_stage(unit), now,
	    e)) != ERR_OK ||
	    (ret = tidy(db, &room, e)) != ERR_OK)
		return ret;
	return tell_new(db, unit, node, m, e);
}

int
own_stage_promote(struct db *db, enum own_unit unit, const char *node,
    int64_t now, struct own_moved *m, struct err *e)
{
	int ret;

	*m = (struct own_moved){ .removed = 0 };
	if ((ret = newest(db, unit, node, OWN_ANNOUNCED, &m->now_active,
	    e)) != ERR_OK ||
	    (ret = vacate(db, unit, node, OWN_RETIRED, now, &m->now_retired,
	    e)) != ERR_OK)
		return ret;
	return move(db, &m->now_active, OWN_ACTIVE, now, e);
}

int
own_stage_rollback(struct db *db, enum own_unit unit, const char *node,
    int64_t now, struct own_moved *m, struct err *e)
{
	struct row_own old;
	bool did;
	int ret;

	*m = (struct own_moved){ .removed = 0 };
	if ((ret = withdraw(db, unit, node, now, m, &did, e)) != ERR_OK || did)
		return ret;
	if ((ret = newest(db, unit, node, OWN_RETIRED, &old, e)) != ERR_OK)
		return err_wrap(e, "nothing to go back to");
	if (own_unit_table()[unit].listed)
		ret = vacate(db, unit, node, OWN_ANNOUNCED, now,
		    &m->now_announced, e);
	else
		ret = vacate(db, unit, node, OWN_RETIRED, now,
		    &m->now_retired, e);
	if (ret != ERR_OK)
		return ret;
	m->now_active = old;
	return move(db, &m->now_active, OWN_ACTIVE, now, e);
}

static int
purge_one(struct db *db, const struct row_own *row, int64_t now,
    struct own_moved *m, struct err *e)
{
	int64_t phones;
	int ret;

	if ((ret = own_capf_phones(db, row->sha256, &phones, e)) != ERR_OK)
		return ret;
	if (phones > 0) {
		m->kept++;
		m->last_kept = *row;
		return ERR_OK;
	}
	if ((ret = own_capf_purge(db, row, now, e)) != ERR_OK)
		return ret;
	return forget(db, row, m, e);
}

int
own_stage_purge(struct db *db, enum own_unit unit, int64_t before,
    int64_t now, struct own_moved *m, struct err *e)
{
	struct row_own *rows = NULL;
	size_t n = 0;
	int ret;

	*m = (struct own_moved){ .removed = 0 };
	if ((ret = row_own_list(db, unit == UNIT_N ? NULL :
	    own_unit_table()[unit].name, OWN_RETIRED, &rows, &n, e)) !=
	    ERR_OK)
		return ret;
	/* A retired row's staged_at is when it retired. */
	for (size_t i = 0; i < n && ret == ERR_OK; i++) {
		if (rows[i].staged_at < before) {
			ret = purge_one(db, &rows[i], now, m, e);
			continue;
		}
		if (m->young++ == 0 || rows[i].staged_at < m->retired_at)
			m->retired_at = rows[i].staged_at;
	}
	free(rows);
	return ret;
}
