/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See own_order.h.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "trust/own_order.h"

#define ANCHORS	3

static const enum own_unit anchors[ANCHORS] = {
	UNIT_CALLMANAGER, UNIT_TVS, UNIT_ITLRECOVERY
};

static bool
is_anchor(enum own_unit unit)
{
	for (size_t i = 0; i < ANCHORS; i++)
		if (anchors[i] == unit)
			return true;
	return false;
}

/* On any node: lists are the same everywhere. */
static int
check_announced(struct db *db, enum own_unit unit, enum own_unit other,
    struct err *e)
{
	const char *name = own_unit_table()[other].name;
	struct row_own *rows = NULL;
	size_t n = 0;
	int ret;

	if ((ret = row_own_list(db, name, OWN_ANNOUNCED, &rows, &n, e)) ==
	    ERR_OK && n > 0)
		ret = err_set(e, ERR_REFUSED, "%s has a new certificate "
		    "announced%s%s: phones that lose %s and %s in one cycle "
		    "may trust nobody any more; promote or roll back %s "
		    "first, and let all phones take the list", name,
		    rows[0].node[0] != '\0' ? " on " : "", rows[0].node,
		    name, own_unit_table()[unit].name, name);
	free(rows);
	return ret;
}

/* The others sign for phones that know them, TVS speaks for the others. */
static int
check_taken(struct db *db, enum own_unit other, const struct confirm *cf,
    struct err *e)
{
	struct row_own row;
	int ret;

	if ((ret = row_own_active(db, own_unit_table()[other].name, "", &row,
	    e)) != ERR_OK || row.generation == 1 || cf->current >= cf->known)
		return ret;
	return err_set(e, ERR_REFUSED, "%zu of %zu phones have not taken the "
	    "list with the %s certificate of generation %" PRId64 " yet "
	    "(%s%s): TVS is what they can still ask; wait for them, or remove "
	    "those that are gone", cf->known - cf->current, cf->known,
	    row.unit, row.generation, cf->nname > 0 ? cf->name[0] : "",
	    cf->nname > 1 ? ", ..." : "");
}

int
own_order_check(struct db *db, enum own_unit unit, const struct confirm *cf,
    struct err *e)
{
	int ret = ERR_OK;

	if (!is_anchor(unit))
		return ERR_OK;
	for (size_t i = 0; i < ANCHORS && ret == ERR_OK; i++)
		if (anchors[i] != unit && (ret = check_announced(db, unit,
		    anchors[i], e)) == ERR_OK && unit == UNIT_TVS &&
		    cf != NULL)
			ret = check_taken(db, anchors[i], cf, e);
	return ret;
}
