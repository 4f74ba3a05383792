/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of user, application_user, digest_credential and phone_secret.  See
 * rows.h and rows_hash.h.
 */
#include <stdlib.h>

#include "db/query.h"
#include "db/rows.h"
#include "db/rows_hash.h"

const char *const credential_kind_name[CREDENTIAL_N] = {
	[CREDENTIAL_USER] = "user",
	[CREDENTIAL_APPLICATION] = "application",
};

/* Rows of both kinds are alike. */
static const struct {
	const char	*table;		/* and name of its changes */
	enum sql_id	 put, get, list, remove;
} account[CREDENTIAL_N] = {
	[CREDENTIAL_USER] = { "user", SQL_USER_PUT, SQL_USER_GET,
	    SQL_USER_LIST, SQL_USER_REMOVE },
	[CREDENTIAL_APPLICATION] = { "application_user",
	    SQL_APPLICATION_PUT, SQL_APPLICATION_GET, SQL_APPLICATION_LIST,
	    SQL_APPLICATION_REMOVE },
};

int
row_account_put(struct db *db, enum credential_kind kind,
    const struct row_user *u, struct err *e)
{
	struct q q = q_begin(db, account[kind].put, e);
	int ret;

	q_text(&q, 1, u->name);
	q_text(&q, 2, u->description);
	q_i64(&q, 3, u->changed_at);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return row_account_changed(db, kind, u->name, e);
}

int
row_account_changed(struct db *db, enum credential_kind kind,
    const char *name, struct err *e)
{
	return db_change_add(db, account[kind].table, name, e);
}

static void
user_fill(struct q *q, struct row_user *u)
{
	q_col_text(q, 0, u->name, sizeof(u->name));
	q_col_text(q, 1, u->description, sizeof(u->description));
	u->changed_at = q_col_i64(q, 2);
	u->has_digest = q_col_i64(q, 3) != 0;
}

int
row_account_get(struct db *db, enum credential_kind kind, const char *name,
    struct row_user *u, struct err *e)
{
	struct q q = q_begin(db, account[kind].get, e);

	*u = (struct row_user){ 0 };
	q_text(&q, 1, name);
	q_text(&q, 2, credential_kind_name[kind]);
	if (q_row(&q))
		user_fill(&q, u);
	return q_not_there(q_end_found(&q, "user"), "user", name, e);
}

int
row_account_list(struct db *db, enum credential_kind kind,
    struct row_user **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, account[kind].list, e);
	struct row_user *u = NULL;

	*n = 0;
	q_text(&q, 2, credential_kind_name[kind]);
	while (q_row(&q) && q_grow(&q, (void **)&u, *n, sizeof(*u)))
		user_fill(&q, &u[(*n)++]);
	return q_end_rows(&q, u, (void **)rows, n);
}

int
row_account_remove(struct db *db, enum credential_kind kind,
    const char *name, struct err *e)
{
	static const enum sql_id with[] = {
		SQL_CREDENTIAL_CLEAR,
		SQL_USER_HASH_CLEAR,
	};
	struct q q = q_begin(db, account[kind].remove, e);
	int ret;

	q_text(&q, 1, name);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return q_not_there(ERR_NOTFOUND, "user", name, e);
	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++) {
		q = q_begin(db, with[i], e);
		q_text(&q, 1, credential_kind_name[kind]);
		q_text(&q, 2, name);
		if ((ret = q_run(&q)) != ERR_OK)
			return ret;
	}
	return row_account_changed(db, kind, name, e);
}

int
row_user_put(struct db *db, const struct row_user *u, struct err *e)
{
	return row_account_put(db, CREDENTIAL_USER, u, e);
}

int
row_user_get(struct db *db, const char *name, struct row_user *u,
    struct err *e)
{
	return row_account_get(db, CREDENTIAL_USER, name, u, e);
}

int
row_user_list(struct db *db, struct row_user **rows, size_t *n,
    struct err *e)
{
	return row_account_list(db, CREDENTIAL_USER, rows, n, e);
}

int
row_user_remove(struct db *db, const char *name, struct err *e)
{
	return row_account_remove(db, CREDENTIAL_USER, name, e);
}

/* --- digest_credential --- */

int
row_credential_put(struct db *db, enum credential_kind kind,
    const char *name, const struct row_credential *c, struct err *e)
{
	struct q q = q_begin(db, SQL_CREDENTIAL_PUT, e);
	int ret;

	q_text(&q, 1, credential_kind_name[kind]);
	q_text(&q, 2, name);
	q_text(&q, 3, c->realm);
	q_blob(&q, 4, c->sealed, c->len);
	q_i64(&q, 5, c->changed_at);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return row_account_changed(db, kind, name, e);
}

int
row_credential_get(struct db *db, enum credential_kind kind,
    const char *name, const char *realm, struct row_credential *c,
    struct err *e)
{
	struct q q = q_begin(db, SQL_CREDENTIAL_GET, e);
	int ret;

	*c = (struct row_credential){ 0 };
	q_text(&q, 1, credential_kind_name[kind]);
	q_text(&q, 2, name);
	q_text(&q, 3, realm);
	if (q_row(&q)) {
		q_col_text(&q, 0, c->realm, sizeof(c->realm));
		q_col_blob(&q, 1, &c->sealed, &c->len);
		c->changed_at = q_col_i64(&q, 2);
	}
	ret = q_not_there(q_end_found(&q, "credential"),
	    "the digest credential of", name, e);
	if (ret != ERR_OK)
		row_credential_clear(c);
	return ret;
}

int
row_credential_list(struct db *db, enum credential_kind kind,
    const char *name, struct row_credential **rows, size_t *n,
    struct err *e)
{
	struct q q = q_begin(db, SQL_CREDENTIAL_LIST, e);
	struct row_credential *c = NULL;

	*n = 0;
	q_text(&q, 1, credential_kind_name[kind]);
	q_text(&q, 2, name);
	while (q_row(&q) && q_grow(&q, (void **)&c, *n, sizeof(*c))) {
		q_col_text(&q, 0, c[*n].realm, sizeof(c[*n].realm));
		c[*n].changed_at = q_col_i64(&q, 1);
		(*n)++;
	}
	return q_end_rows(&q, c, (void **)rows, n);
}

int
row_credential_remove(struct db *db, enum credential_kind kind,
    const char *name, const char *realm, struct err *e)
{
	struct q q = q_begin(db, SQL_CREDENTIAL_REMOVE, e);
	int ret;

	q_text(&q, 1, credential_kind_name[kind]);
	q_text(&q, 2, name);
	q_text(&q, 3, realm);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return q_not_there(ERR_NOTFOUND, "the digest credential of",
		    name, e);
	return row_account_changed(db, kind, name, e);
}

void
row_credential_clear(struct row_credential *c)
{
	free(c->sealed);
	*c = (struct row_credential){ 0 };
}

/* --- phone_secret --- */

int
row_secret_put(struct db *db, const char *phone, const char *name,
    const uint8_t *sealed, size_t len, int64_t now, struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_SECRET_PUT, e);

	q_text(&q, 1, phone);
	q_text(&q, 2, name);
	q_blob(&q, 3, sealed, len);
	q_i64(&q, 4, now);
	return q_run(&q);
}

int
row_secret_get(struct db *db, const char *phone, const char *name,
    uint8_t **sealed, size_t *len, struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_SECRET_GET, e);

	*sealed = NULL;
	*len = 0;
	q_text(&q, 1, phone);
	q_text(&q, 2, name);
	if (q_row(&q))
		q_col_blob(&q, 0, sealed, len);
	return q_not_there(q_end_found(&q, "secret"), "the secret", name, e);
}

int
row_secret_list(struct db *db, const char *phone, struct row_secret **rows,
    size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_SECRET_LIST, e);
	struct row_secret *s = NULL;

	*n = 0;
	q_text(&q, 1, phone);
	while (q_row(&q) && q_grow(&q, (void **)&s, *n, sizeof(*s))) {
		q_col_text(&q, 0, s[*n].name, sizeof(s[*n].name));
		s[*n].changed_at = q_col_i64(&q, 1);
		(*n)++;
	}
	return q_end_rows(&q, s, (void **)rows, n);
}

int
row_secret_remove(struct db *db, const char *phone, const char *name,
    struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_SECRET_REMOVE, e);

	q_text(&q, 1, phone);
	q_text(&q, 2, name);
	return q_run(&q);
}
