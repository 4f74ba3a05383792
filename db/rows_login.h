/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of phone_login and phone_restart: who is logged in where, and which
 * phones have not read what changed.  As in rows.h; removing a phone removes
 * its rows.
 */
#ifndef DB_ROWS_LOGIN_H
#define DB_ROWS_LOGIN_H

#include "db/rows.h"

struct row_login {
	char		 phone[PHONE_NAME_MAX + 1];
	char		 user[129];
	char		 before[129];	/* its digest user at other times, "" */
	char		 account[64];	/* who logged it in */
	int64_t		 at;
};
int	row_login_put(struct db *db, const struct row_login *l,
	    struct err *e);
int	row_login_get(struct db *db, const char *phone, struct row_login *l,
	    struct err *e);
/* ORDER BY phone; *rows is the caller's (free()).  Of a user: where he is
 * logged in; before: those that have him at other times. */
int	row_login_list(struct db *db, struct row_login **rows, size_t *n,
	    struct err *e);
int	row_login_of_user(struct db *db, const char *user,
	    struct row_login **rows, size_t *n, struct err *e);
int	row_login_of_before(struct db *db, const char *user,
	    struct row_login **rows, size_t *n, struct err *e);
/* ERR_NOTFOUND. */
int	row_login_remove(struct db *db, const char *phone, struct err *e);

#define RESTART_WHY_MAX	255

struct row_restart {
	char		 phone[PHONE_NAME_MAX + 1];
	char		 why[RESTART_WHY_MAX + 1];
	int64_t		 at;
};
int	row_restart_put(struct db *db, const struct row_restart *r,
	    struct err *e);
int	row_restart_get(struct db *db, const char *phone,
	    struct row_restart *r, struct err *e);

#endif
