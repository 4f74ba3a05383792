/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who can read the passwords in a phone's file, see phone_guard.h.
 */
#include <stdlib.h>

#include "base/str.h"
#include "trust/phone_file.h"
#include "trust/phone_guard.h"

/* Keys are looked at where they matter only. */
static int
is_flagged(struct db *db, const struct phone_effective *x, int64_t now,
    bool *flagged, struct err *e)
{
	struct phone_file f;
	int ret;

	*flagged = false;
	if (!effective_yes(x, SETTING_ENC_CONFIG))
		return ERR_OK;
	if ((ret = phone_file_state(&f, db, x->base, x->phone.name, now,
	    e)) != ERR_OK)
		return ret;
	*flagged = f.flagged;
	phone_file_clear(&f);
	return ERR_OK;
}

int
phone_guard_of(struct db *db, const struct profile_base *base,
    const char *name, int64_t now, enum phone_guard *g, struct err *e)
{
	struct phone_effective x;
	bool flagged;
	int ret = phone_effective_load(&x, db, base, name, e);

	*g = GUARD_NONE;
	if (ret != ERR_OK)
		return ret;
	if ((ret = is_flagged(db, &x, now, &flagged, e)) == ERR_OK)
		*g = flagged ? GUARD_SEALED : effective_has_passwords(&x) ?
		    GUARD_OPEN : GUARD_NONE;
	phone_effective_clear(&x);
	return ret;
}

bool
phone_guard_matters(const struct setting_change *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (c[i].setting->id == SETTING_ENC_CONFIG ||
		    c[i].setting->id == SETTING_WHEN_READY)
			return true;
	return false;
}

/* --- those of a profile --- */

struct look {
	struct db			*db;
	const struct profile_base	*base;
	struct phone_guarded		*l;
	int64_t				 now;
};

static int
keep(struct phone_guarded *l, const char *name, struct err *e)
{
	void *p;

	if (l->n == l->room) {
		if ((p = reallocarray(l->name, 2 * l->room + 64,
		    sizeof(*l->name))) == NULL)
			return err_set(e, ERR_NOMEM, "phones");
		l->name = p;
		l->room = 2 * l->room + 64;
	}
	(void)str_copy(l->name[l->n++], sizeof(*l->name), name);
	return ERR_OK;
}

static int
look(void *arg, const struct row_phone *p, struct err *e)
{
	struct look *k = arg;
	enum phone_guard g;
	int ret = phone_guard_of(k->db, k->base, p->name, k->now, &g, e);

	return ret == ERR_OK && g == GUARD_SEALED ? keep(k->l, p->name, e) :
	    ret;
}

int
phone_guarded_of(struct phone_guarded *l, struct db *db, const char *profile,
    int64_t now, struct err *e)
{
	struct look k = { .db = db, .l = l, .now = now };
	struct profile_base *base;
	int ret;

	*l = (struct phone_guarded){ .name = NULL };
	if ((ret = profile_base_load(&base, db, e)) != ERR_OK)
		return ret;
	k.base = base;
	ret = row_phone_each_of(db, profile, look, &k, e);
	profile_base_free(base);
	return ret;
}

int
phone_guarded_opened(const struct phone_guarded *l, struct db *db,
    int64_t now, int64_t *n, struct err *e)
{
	struct profile_base *base;
	enum phone_guard g;
	int ret;

	*n = 0;
	if (l->n == 0)
		return ERR_OK;
	if ((ret = profile_base_load(&base, db, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; ret == ERR_OK && i < l->n; i++)
		if ((ret = phone_guard_of(db, base, l->name[i], now, &g,
		    e)) == ERR_OK)
			*n += g == GUARD_OPEN;
	profile_base_free(base);
	return ret;
}

void
phone_guarded_clear(struct phone_guarded *l)
{
	free(l->name);
	*l = (struct phone_guarded){ .name = NULL };
}

int
phone_guard_refuse(const char *what, struct err *e)
{
	return err_set(e, ERR_REFUSED, "%s has an encrypted file, and would "
	    "get one that gives its passwords to whoever asks: take them away "
	    "first, or let an owner do it by itself (phone set, phone profile "
	    "set), which asks", what);
}
