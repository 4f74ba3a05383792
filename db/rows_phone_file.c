/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of phone_file.  See rows.h.
 */
#include <stdlib.h>

#include "db/query.h"
#include "db/rows.h"

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
	ret = q_not_there(q_end_found(&q, "file"), "the file of phone", name,
	    e);
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
		return q_not_there(ERR_NOTFOUND, "the file of phone", name, e);
	return db_change_add(db, "phone", name, e);
}

void
row_phone_file_clear(struct row_phone_file *f)
{
	free(f->xml);
	*f = (struct row_phone_file){ 0 };
}
