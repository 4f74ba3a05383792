/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of the rows of CAPF share.
 */
#ifndef DB_ROWS_CAPF_PART_H
#define DB_ROWS_CAPF_PART_H

#include "db/query.h"
#include "db/rows_capf.h"

/* Kind, name and instance: values 1 to 3; columns i to i + 2. */
void	capf_bind_owner(struct q *q, const struct capf_owner *o);
void	capf_fill_owner(struct q *q, int i, struct capf_owner *o);

/* The change row of everything but certificates of phones. */
int	capf_changed(struct db *db, const struct capf_owner *o,
	    struct err *e);

#endif
