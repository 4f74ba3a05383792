/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of phone_login and phone_restart.  See rows_login.h.
 */
#include <stdlib.h>

#include "db/query.h"
#include "db/rows_login.h"

/* A change of either is one of the phone: other nodes serve it too. */
static int
run(struct q *q, const char *phone, struct err *e)
{
	struct db *db = q->db;
	int ret = q_run(q);

	return ret != ERR_OK ? ret : db_change_add(db, "phone", phone, e);
}

/* --- phone_login --- */

int
row_login_put(struct db *db, const struct row_login *l, struct err *e)
{
	struct q q = q_begin(db, SQL_LOGIN_PUT, e);

	q_text(&q, 1, l->phone);
	q_text(&q, 2, l->user);
	q_text(&q, 3, l->before);
	q_text(&q, 4, l->account);
	q_i64(&q, 5, l->at);
	return run(&q, l->phone, e);
}

static void
login_fill(struct q *q, struct row_login *l)
{
	q_col_text(q, 0, l->phone, sizeof(l->phone));
	q_col_text(q, 1, l->user, sizeof(l->user));
	q_col_text(q, 2, l->before, sizeof(l->before));
	q_col_text(q, 3, l->account, sizeof(l->account));
	l->at = q_col_i64(q, 4);
}

int
row_login_get(struct db *db, const char *phone, struct row_login *l,
    struct err *e)
{
	struct q q = q_begin(db, SQL_LOGIN_GET, e);

	*l = (struct row_login){ .at = 0 };
	q_text(&q, 1, phone);
	if (q_row(&q))
		login_fill(&q, l);
	return q_not_there(q_end_found(&q, "login"), "a login at", phone, e);
}

static int
login_rows(struct q *q, struct row_login **rows, size_t *n)
{
	struct row_login *l = NULL;

	*n = 0;
	while (q_row(q) && q_grow(q, (void **)&l, *n, sizeof(*l)))
		login_fill(q, &l[(*n)++]);
	return q_end_rows(q, l, (void **)rows, n);
}

int
row_login_list(struct db *db, struct row_login **rows, size_t *n,
    struct err *e)
{
	struct q q = q_begin(db, SQL_LOGIN_LIST, e);

	return login_rows(&q, rows, n);
}

int
row_login_of_user(struct db *db, const char *user, struct row_login **rows,
    size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_LOGIN_LIST_USER, e);

	q_text(&q, 1, user);
	return login_rows(&q, rows, n);
}

int
row_login_of_before(struct db *db, const char *user, struct row_login **rows,
    size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_LOGIN_LIST_BEFORE, e);

	q_text(&q, 1, user);
	return login_rows(&q, rows, n);
}

int
row_login_remove(struct db *db, const char *phone, struct err *e)
{
	struct q q = q_begin(db, SQL_LOGIN_REMOVE, e);
	int ret;

	q_text(&q, 1, phone);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return q_not_there(ERR_NOTFOUND, "a login at", phone, e);
	return db_change_add(db, "phone", phone, e);
}

/* --- phone_restart --- */

int
row_restart_put(struct db *db, const struct row_restart *r, struct err *e)
{
	struct q q = q_begin(db, SQL_RESTART_PUT, e);

	q_text(&q, 1, r->phone);
	q_text(&q, 2, r->why);
	q_i64(&q, 3, r->at);
	return run(&q, r->phone, e);
}

static void
restart_fill(struct q *q, struct row_restart *r)
{
	q_col_text(q, 0, r->phone, sizeof(r->phone));
	q_col_text(q, 1, r->why, sizeof(r->why));
	r->at = q_col_i64(q, 2);
}

int
row_restart_get(struct db *db, const char *phone, struct row_restart *r,
    struct err *e)
{
	struct q q = q_begin(db, SQL_RESTART_GET, e);

	*r = (struct row_restart){ .at = 0 };
	q_text(&q, 1, phone);
	if (q_row(&q))
		restart_fill(&q, r);
	return q_not_there(q_end_found(&q, "restart"), "a restart of", phone,
	    e);
}
