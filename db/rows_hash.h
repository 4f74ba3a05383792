/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of end users and application users alike, and of the hashes of their
 * passwords and PINs.  As in rows.h.
 */
#ifndef DB_ROWS_HASH_H
#define DB_ROWS_HASH_H

#include "db/rows.h"

/*
 * --- user, application_user ---
 * As row_user_put() and its kind of rows.h, which are those of end users.
 */
int	row_account_put(struct db *db, enum credential_kind kind,
	    const struct row_user *u, struct err *e);
int	row_account_get(struct db *db, enum credential_kind kind,
	    const char *name, struct row_user *u, struct err *e);
int	row_account_list(struct db *db, enum credential_kind kind,
	    struct row_user **rows, size_t *n, struct err *e);
/* With its digest credentials and hashes. */
int	row_account_remove(struct db *db, enum credential_kind kind,
	    const char *name, struct err *e);
/* The change row of one, for writers of what belongs to it. */
int	row_account_changed(struct db *db, enum credential_kind kind,
	    const char *name, struct err *e);

/* --- user_hash --- */
enum user_what {
	USER_PASSWORD,
	USER_PIN,
	USER_WHAT_N
};
extern const char *const user_what_name[USER_WHAT_N];	/* "password", "pin" */

#define USER_HASH_MAX	191

struct row_hash {
	char		 name[129];
	enum user_what	 what;
	char		 hash[USER_HASH_MAX + 1];	/* crypt/password.h */
	int64_t		 changed_at;
};
int	row_hash_put(struct db *db, enum credential_kind kind,
	    const struct row_hash *h, struct err *e);
int	row_hash_get(struct db *db, enum credential_kind kind,
	    const char *name, enum user_what what, struct row_hash *h,
	    struct err *e);
/* Of all users of a kind, ORDER BY name, what; *rows is the caller's. */
int	row_hash_list(struct db *db, enum credential_kind kind,
	    struct row_hash **rows, size_t *n, struct err *e);
/* ERR_NOTFOUND: there is none. */
int	row_hash_remove(struct db *db, enum credential_kind kind,
	    const char *name, enum user_what what, struct err *e);

#endif
