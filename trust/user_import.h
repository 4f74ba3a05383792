/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Users from a file.
 */
#ifndef TRUST_USER_IMPORT_H
#define TRUST_USER_IMPORT_H

#include "trust/phone_import.h"
#include "trust/user_hash.h"

enum user_column {
	USER_COL_NAME,
	USER_COL_DESCRIPTION,
	USER_COL_DIGEST,	/* digest credentials */
	USER_COL_REALM,		/* those are for this one; else for any */
	USER_COL_PASSWORD,
	USER_COL_PIN,
	USER_COL_PASSWORD_HASH,	/* what another system made of it */
	USER_COL_PIN_HASH,
	USER_COLUMNS
};
extern const char *const user_column_name[USER_COLUMNS];
/* For messages: all there are. */
extern const char user_columns_text[];

/* Beside what struct phone_import counts. */
struct user_import {
	struct phone_import	 n;
	int64_t			 old;	/* hashes that are out of date */
	int64_t			 phones; /* with another configuration */
};

/*
 * CSV as phone_import_csv() takes it, of users of one kind; column name must
 * be there.  A user that exists takes what its row says and keeps the rest; a
 * user may have several rows, for several realms.  An empty cell says nothing,
 * PHONE_CELL_NONE removes.  Rows go in PHONE_IMPORT_BATCH a transaction, bad
 * ones are told to bad() in order of line and the others go in.  A password is
 * hashed before; that it is the one there is already nobody is told, so its
 * row counts as changed.  progress is told the bytes done, also while it
 * hashes; read and advice of calls are not used.  ERR_PROTO: the header line;
 * else the database's, with what res says already in.
 */
int	user_import_csv(struct db *db, enum credential_kind kind,
	    const uint8_t *csv, size_t len, int64_t now,
	    struct user_import *res, const struct phone_import_calls *calls,
	    struct err *e);

#endif
