/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See cluster_mode.h.
 */
#include "db/rows.h"
#include "trust/cluster_mode.h"

int
cluster_mixed(struct db *db, bool *mixed, struct err *e)
{
	struct row_list l = { .len = 0 };
	struct err miss = { .code = ERR_OK };
	int ret = row_list_current(db, "ctl", "", &l, &miss);

	*mixed = ret == ERR_OK;
	row_list_clear(&l);
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", miss.msg);
}
