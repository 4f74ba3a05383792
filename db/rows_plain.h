/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones whose profile asks for an encrypted file and who get a plain one for
 * a while.
 */
#ifndef DB_ROWS_PLAIN_H
#define DB_ROWS_PLAIN_H

#include "db/rows.h"

struct row_phone_plain {
	char		 phone[PHONE_NAME_MAX + 1];
	int64_t		 until;		/* seconds */
	bool		 with_secrets;
	char		 account[64];	/* who said so, and when */
	int64_t		 at;
};
/* Insert or replace, and remove (what is not there is no error): with a
 * change row of kind "phone". */
int	row_phone_plain_put(struct db *db, const struct row_phone_plain *p,
	    struct err *e);
int	row_phone_plain_remove(struct db *db, const char *phone,
	    struct err *e);
/* Whether its time has passed or not; ERR_NOTFOUND. */
int	row_phone_plain_get(struct db *db, const char *phone,
	    struct row_phone_plain *p, struct err *e);
/* ORDER BY phone; *rows is the caller's (free()). */
int	row_phone_plain_list(struct db *db, struct row_phone_plain **rows,
	    size_t *n, struct err *e);

#endif
