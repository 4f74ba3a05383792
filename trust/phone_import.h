/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones from a file: the columns a row may have, where rows come from, and
 * getting them into the database.
 */
#ifndef TRUST_PHONE_IMPORT_H
#define TRUST_PHONE_IMPORT_H

#include "db/keyring.h"
#include "trust/phone.h"
#include "trust/phone_advice.h"

#define PHONE_CSV_MAX		(256u << 20)
#define PHONE_IMPORT_BATCH	1000	/* rows of one transaction */

/* --- columns --- */

enum phone_column {
	PHONE_COL_NAME,
	PHONE_COL_MODEL,
	PHONE_COL_PROTOCOL,
	PHONE_COL_PROFILE,
	PHONE_COL_DESCRIPTION,
	PHONE_COL_CONFIG,	/* file with the phone's own XML */
	PHONE_COL_SETTING,	/* + enum setting_id, those of phones */
};
#define PHONE_COLUMNS	(PHONE_COL_SETTING + SETTING_N)

/* What an empty value is called where an empty cell says nothing. */
#define PHONE_CELL_NONE	"(none)"

/* By its name or its setting's (setting_find), in any case; -1: none. */
int		 phone_column(const char *name);
/* "name", ..., or the setting's option; NULL: phones have no such setting. */
const char	*phone_column_name(int col);
bool		 phone_column_is_secret(int col);
/* For messages: all there are. */
extern const char phone_columns_text[];

/* --- rows --- */

struct phone_record {
	int64_t		 line;		/* where it starts, from 1 */
	bool		 secrets;	/* the file has a column of them: what is
					 * said of it shows no cells */
	const char	*value[PHONE_COLUMNS];	/* NULL: nothing said */
	char		*text;		/* what they point to */
	size_t		 textlen;
};
void	phone_record_clear(struct phone_record *r);	/* wipes */

/*
 * The next row, to be cleared by the caller also on failure.  ERR_NOTFOUND at
 * the end; ERR_PROTO, ERR_ARG: this row is bad, r->line is set, go on;
 * others: stop.
 */
typedef int	phone_source_next(void *arg, struct phone_record *r,
		    struct err *e);
struct phone_source {
	phone_source_next	*next;
	void			*arg;
	const size_t		*done;	/* bytes behind it */
	size_t			 total;
};

/* --- importing --- */

struct phone_import {
	int64_t	 rows, added, changed, same, failed;
};
typedef void	phone_bad_line(void *arg, int64_t line, const char *why);
typedef void	phone_progress(void *arg, int64_t done, int64_t total);
typedef int	phone_import_end(void *arg, struct db *db,
		    const struct phone_import *all, struct err *e);
typedef int	phone_import_read(void *arg, const char *name,
		    uint8_t **xml, size_t *len, struct err *e);
/* Only bad need be there. */
struct phone_import_calls {
	phone_bad_line		*bad;
	phone_progress		*progress;	/* after each transaction */
	/* In the last transaction, with the sums it will make true: may be
	 * called several times.  Not when there are no rows. */
	phone_import_end	*end;
	/* A file of column config; NULL: such a cell is a bad one. */
	phone_import_read	*read;
	void			*arg;
	/* Gets what is advised about the rows that are in; NULL: no need.
	 * The caller's. */
	struct phone_advice	*advice;
	/* To seal secrets with; NULL: such a cell is a bad one. */
	const struct keyring	*kr;
	const struct rng	*rng;
};

/*
 * Rows from a source, PHONE_IMPORT_BATCH a transaction of its own (so: not
 * within one that is no group).  A phone that exists takes what its row says
 * and keeps the rest; "default" takes a setting back to its default, and
 * PHONE_CELL_NONE sets it to nothing.  Bad rows are told to bad(), in order
 * of line within a transaction, without their cells when the row may hold
 * secrets (phone_hide.h); the others go in.  Files of column config
 * stop a transaction early when they are large.  progress is told the bytes
 * done.  Errors are the source's and the database's, with what res says
 * already in.
 */
int	phone_import(struct db *db, const struct phone_source *src,
	    int64_t now, struct phone_import *res,
	    const struct phone_import_calls *calls, struct err *e);

/*
 * CSV (RFC 4180; LF, and a UTF-8 byte order mark, are taken too) whose header
 * line names its columns; name must be among them.  An empty cell says
 * nothing.  ERR_PROTO: the header line; else as phone_import().
 */
int	phone_import_csv(struct db *db, const uint8_t *csv, size_t len,
	    int64_t now, struct phone_import *res,
	    const struct phone_import_calls *calls, struct err *e);

#endif
