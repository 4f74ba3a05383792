/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The reference's tables, for the queries that administrators keep
 * (spec/admin-cli.md section 9.2): its table and column names, filled from
 * the rows of this cluster.  Nothing secret goes in: no key, credential or
 * sealed value.
 */
#ifndef TRUST_SAVED_SQL_H
#define TRUST_SAVED_SQL_H

#include "db/db.h"
#include "db/view.h"

struct saved_table {
	const char	*name;		/* "processconfig" */
	const char	*columns;	/* "pkid TEXT, paramname TEXT, ..." */
	const char	*help;		/* what a row is */
};
/* All of them, ended by name NULL. */
const struct saved_table	*saved_tables(void);

/*
 * Make those tables in v whose names occur in sql (all with sql NULL), as
 * they are at one moment.  ERR_NOMEM, and what reading the database gives.
 */
int	saved_sql_fill(struct view *v, struct db *db, const char *sql,
	    struct err *e);

/* Does it say "select first N", which only the reference understands?  Within
 * quotes and comments it may. */
bool	saved_sql_is_first(const char *sql);

#endif
