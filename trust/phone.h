/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones: adding, listing, removing, importing.  First form; the rest comes
 * with profiles.
 */
#ifndef TRUST_PHONE_H
#define TRUST_PHONE_H

#include "db/rows.h"

#define PHONE_CSV_MAX		(256u << 20)
#define PHONE_IMPORT_BATCH	1000	/* rows of one transaction */

struct phone_spec {
	const char	*name;
	const char	*model;		/* NULL: unknown / unchanged */
	const uint8_t	*xml;		/* NULL: none / unchanged */
	size_t		 xmllen;
	const char	*xml_name;	/* for messages */
};

/*
 * Within a transaction: add or, when it exists with the same values, leave as
 * it is (*added false).  Existing with other values: ERR_EXISTS, text says
 * what differs and how to change it.  *advice as render_check against this
 * cluster's nodes; it must be NULL or the text of an earlier run of the same
 * transaction, which is released.  ERR_ARG: name, model; else render_check's.
 */
int	phone_add(struct db *db, const struct phone_spec *s, int64_t now,
	    bool *added, char **advice, struct err *e);
/* Within a transaction.  ERR_NOTFOUND: no such phone. */
int	phone_remove(struct db *db, const char *name, struct err *e);

/*
 * Model as stored: "8861", "CP-8861", "Cisco 8861" and "Cisco IP Phone 8861"
 * -> "8861", "8851nr" -> "8851NR".  ERR_ARG unless [A-Za-z0-9.-]{1,31}.
 */
int	phone_model(const char *s, char out[32], struct err *e);

struct phone_import {
	int64_t	 rows, added, changed, same, failed;
};
typedef void	phone_bad_line(void *arg, int64_t line, const char *why);
typedef void	phone_progress(void *arg, int64_t done, int64_t total);
typedef int	phone_import_end(void *arg, struct db *db,
		    const struct phone_import *all, struct err *e);
/* Only bad need be there. */
struct phone_import_calls {
	phone_bad_line		*bad;
	phone_progress		*progress;	/* after each transaction */
	/* In the last transaction, with the sums it will make true: may be
	 * called several times.  Not when there are no rows. */
	phone_import_end	*end;
	void			*arg;
};

/*
 * CSV (RFC 4180; LF, and a UTF-8 byte order mark, are taken too) whose header
 * line names the columns name and model in any order.  Each bad line is told
 * to bad(); the others go in, PHONE_IMPORT_BATCH rows a transaction of its
 * own (so: not within one).  A phone that exists takes the model of its line;
 * an empty model leaves it.  progress is told the bytes done.  ERR_PROTO: the
 * header line; others: the database, with what res says already in.
 */
int	phone_import_csv(struct db *db, const uint8_t *csv, size_t len,
	    int64_t now, struct phone_import *res,
	    const struct phone_import_calls *calls, struct err *e);

#endif
