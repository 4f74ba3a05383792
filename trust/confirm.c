/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See confirm.h.
 */
#include <string.h>

#include "base/str.h"
#include "trust/confirm.h"
#include "trust/itl.h"

#define S_US	INT64_C(1000000)

struct reading {
	struct db	*observed;
	struct confirm	*c;
	uint8_t		 itl[SHA256_LEN];
	int64_t		 silent_from;
};

static void
name_it(char list[][PHONE_NAME_MAX + 1], size_t *n, const char *name)
{
	if (*n < CONFIRM_NAMED)
		(void)str_copy(list[(*n)++], PHONE_NAME_MAX + 1, name);
}

/* What one phone took last, and when it was here last. */
static int
one_phone(void *arg, const struct row_phone *p, struct err *e)
{
	struct reading *r = arg;
	struct confirm *c = r->c;
	uint8_t took[SHA256_LEN];
	bool has = false;
	int64_t seen = 0;
	int ret = ERR_OK;

	c->known++;
	if (r->observed != NULL && ((ret = observed_took(r->observed, p->name,
	    "itl", took, &has, e)) != ERR_OK || (ret = observed_seen(
	    r->observed, p->name, &seen, e)) != ERR_OK))
		return ret;
	if (seen / S_US < r->silent_from) {
		c->silent++;
		name_it(c->silent_name, &c->nsilent_name, p->name);
	}
	if (has && memcmp(took, r->itl, sizeof(took)) == 0) {
		c->current++;
		return ERR_OK;
	}
	if (has)
		c->older++;
	else
		c->never++;
	name_it(c->name, &c->nname, p->name);
	return ERR_OK;
}

int
confirm_read(struct db *db, struct db *observed, int64_t silent_from,
    struct confirm *c, struct err *e)
{
	struct reading r = { .observed = observed, .c = c,
	    .silent_from = silent_from };
	struct row_list l;
	int ret;

	*c = (struct confirm){ .known = 0 };
	if ((ret = itl_current(db, &l, e)) != ERR_OK)
		return ret;
	memcpy(r.itl, l.sha256, sizeof(r.itl));
	row_list_clear(&l);
	return row_phone_each(db, one_phone, &r, e);
}
