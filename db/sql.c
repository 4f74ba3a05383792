/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The statements, one file a subject.  Where an order can be seen there is an
 * ORDER BY: rowids differ between nodes.  What is asked often for the first of
 * a few rows has no LIMIT: with it, and in INSERT with SELECT, SQLite makes a
 * table for the result.
 */
#include "db/sql.h"

#define ANY(s)		{ SCHEMA_ANY, s }
#define MAIN(s)		{ SCHEMA_MAIN, s }
#define OBSERVED(s)	{ SCHEMA_OBSERVED, s }

const struct sql_text sql_table[SQL_N] = {
	[SQL_BEGIN_READ] = ANY("BEGIN"),
	[SQL_BEGIN_WRITE] = ANY("BEGIN IMMEDIATE"),
	[SQL_COMMIT] = ANY("COMMIT"),
	[SQL_ROLLBACK] = ANY("ROLLBACK"),
	[SQL_SAVEPOINT] = ANY("SAVEPOINT s"),
	[SQL_SAVEPOINT_UNDO] = ANY("ROLLBACK TO s"),
	[SQL_SAVEPOINT_RELEASE] = ANY("RELEASE s"),
	[SQL_DATA_VERSION] = ANY("PRAGMA data_version"),

	[SQL_CHANGE_ADD] = MAIN(
	    "INSERT INTO change (seq, kind, key) VALUES "
	    "((SELECT coalesce(max(seq), 0) + 1 FROM change), ?1, ?2)"),
	[SQL_CHANGE_TRIM] = MAIN(
	    "DELETE FROM change "
	    "WHERE seq <= (SELECT max(seq) FROM change) - ?1"),
	[SQL_CHANGE_LAST] = MAIN("SELECT coalesce(max(seq), 0) FROM change"),
	[SQL_CHANGE_SINCE] = MAIN(
	    "SELECT seq, kind, key FROM change WHERE seq > ?1 ORDER BY seq"),

#include "db/sql_cluster.def"
#include "db/sql_cert.def"
#include "db/sql_phone.def"
#include "db/sql_user.def"
#include "db/sql_capf.def"
#include "db/sql_observed.def"
};
