/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of phone and phone_file.  See rows.h.
 */
#include <stdlib.h>
#include <string.h>

#include "db/query.h"
#include "db/rows.h"

static int
phone_write(struct db *db, enum sql_id id, const struct row_phone *p,
    struct err *e)
{
	struct q q = q_begin(db, id, e);
	int ret;

	q_text(&q, 1, p->name);
	q_text(&q, 2, p->model);
	q_i64(&q, 3, p->created_at);
	q_i64(&q, 4, p->changed_at);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return err_set(e, ERR_EXISTS, "phone %s is there already",
		    p->name);
	return db_change_add(db, "phone", p->name, e);
}

int
row_phone_add(struct db *db, const struct row_phone *p, struct err *e)
{
	return phone_write(db, SQL_PHONE_ADD, p, e);
}

int
row_phone_put(struct db *db, const struct row_phone *p, struct err *e)
{
	return phone_write(db, SQL_PHONE_PUT, p, e);
}

static void
phone_fill(struct q *q, struct row_phone *p)
{
	q_col_text(q, 0, p->name, sizeof(p->name));
	q_col_text(q, 1, p->model, sizeof(p->model));
	p->created_at = q_col_i64(q, 2);
	p->changed_at = q_col_i64(q, 3);
	p->has_file = q_col_i64(q, 4) != 0;
}

static int
not_there(int ret, const char *what, const char *name, struct err *e)
{
	if (ret != ERR_NOTFOUND)
		return ret;
	return err_set(e, ERR_NOTFOUND, "%s %s is not there", what, name);
}

int
row_phone_get(struct db *db, const char *name, struct row_phone *p,
    struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_GET, e);

	*p = (struct row_phone){ 0 };
	q_text(&q, 1, name);
	if (q_row(&q))
		phone_fill(&q, p);
	return not_there(q_end_found(&q, "phone"), "phone", name, e);
}

int
row_phone_remove(struct db *db, const char *name, struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_REMOVE, e);
	int ret;

	q_text(&q, 1, name);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return not_there(ERR_NOTFOUND, "phone", name, e);
	q = q_begin(db, SQL_PHONE_FILE_REMOVE, e);
	q_text(&q, 1, name);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return db_change_add(db, "phone", name, e);
}

int
row_phone_each(struct db *db, row_phone_fn *fn, void *arg, struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_EACH, e);
	struct row_phone p;

	while (q_row(&q)) {
		p = (struct row_phone){ 0 };
		phone_fill(&q, &p);
		if (q.ret == ERR_OK)
			q.ret = fn(arg, &p, e);
	}
	return q_end(&q);
}

int
row_phone_count(struct db *db, int64_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_COUNT, e);

	*n = 0;
	if (q_row(&q))
		*n = q_col_i64(&q, 0);
	return q_end(&q);
}

int
row_phone_file_put(struct db *db, const struct row_phone_file *f,
    struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_FILE_PUT, e);
	int ret;

	q_text(&q, 1, f->name);
	q_blob(&q, 2, f->sha256, SHA256_LEN);
	q_text(&q, 3, f->origin);
	q_i64(&q, 4, f->changed_at);
	q_blob(&q, 5, f->xml, f->len);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return db_change_add(db, "phone", f->name, e);
}

int
row_phone_file_get(struct db *db, const char *name,
    struct row_phone_file *f, struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_FILE_GET, e);
	int ret;

	*f = (struct row_phone_file){ 0 };
	q_text(&q, 1, name);
	if (q_row(&q)) {
		q_col_text(&q, 0, f->name, sizeof(f->name));
		q_col_fixed(&q, 1, f->sha256, SHA256_LEN);
		q_col_text(&q, 2, f->origin, sizeof(f->origin));
		f->changed_at = q_col_i64(&q, 3);
		q_col_blob(&q, 4, &f->xml, &f->len);
	}
	ret = not_there(q_end_found(&q, "file"), "the file of phone", name, e);
	if (ret != ERR_OK)
		row_phone_file_clear(f);
	return ret;
}

int
row_phone_file_remove(struct db *db, const char *name, struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_FILE_REMOVE, e);
	int ret;

	q_text(&q, 1, name);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return not_there(ERR_NOTFOUND, "the file of phone", name, e);
	return db_change_add(db, "phone", name, e);
}

void
row_phone_file_clear(struct row_phone_file *f)
{
	free(f->xml);
	*f = (struct row_phone_file){ 0 };
}
