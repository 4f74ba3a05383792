/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * observed.db: own configurations among the files.  See observed.h.
 */
#include "db/observed.h"
#include "db/query.h"

const char *const folder_state_name[FOLDER_STATE_N] = {
	[FOLDER_USED] = "used",
	[FOLDER_BAD] = "bad",
	[FOLDER_OLDER] = "older",
};

int
observed_folder_put(struct db *db, const struct folder_file *f,
    struct err *e)
{
	struct q q = q_begin(db, SQL_FOLDER_PUT, e);

	q_text(&q, 1, f->device);
	q_text(&q, 2, f->path);
	q_blob(&q, 3, f->sha256, sizeof(f->sha256));
	q_blob(&q, 4, f->used, sizeof(f->used));
	q_text(&q, 5, folder_state_name[f->state]);
	q_text(&q, 6, f->why);
	q_i64(&q, 7, f->judged_at);
	return q_run(&q);
}

static void
fill(struct q *q, struct folder_file *f)
{
	q_col_text(q, 0, f->device, sizeof(f->device));
	q_col_text(q, 1, f->path, sizeof(f->path));
	q_col_fixed(q, 2, f->sha256, sizeof(f->sha256));
	q_col_fixed(q, 3, f->used, sizeof(f->used));
	f->state = (enum folder_state)q_col_word(q, 4, folder_state_name,
	    FOLDER_STATE_N);
	q_col_text(q, 5, f->why, sizeof(f->why));
	f->judged_at = q_col_i64(q, 6);
}

int
observed_folder_get(struct db *db, const char *device,
    struct folder_file *f, struct err *e)
{
	struct q q = q_begin(db, SQL_FOLDER_GET, e);

	*f = (struct folder_file){ 0 };
	q_text(&q, 1, device);
	if (q_row(&q))
		fill(&q, f);
	return q_not_there(q_end_found(&q, "file"), "a file for", device, e);
}

int
observed_folder_remove(struct db *db, const char *device, struct err *e)
{
	struct q q = q_begin(db, SQL_FOLDER_REMOVE, e);
	int ret;

	q_text(&q, 1, device);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return sqlite3_changes(db->h) == 0 ?
	    q_not_there(ERR_NOTFOUND, "a file for", device, e) : ERR_OK;
}

int
observed_folder_each(struct db *db, bool faults, folder_file_fn *fn,
    void *arg, struct err *e)
{
	struct q q = q_begin(db, SQL_FOLDER_LIST, e);
	struct folder_file f;

	q_text(&q, 1, faults ? folder_state_name[FOLDER_USED] : NULL);
	while (q_row(&q)) {
		f = (struct folder_file){ 0 };
		fill(&q, &f);
		if (q.ret == ERR_OK)
			q.ret = fn(arg, &f, e);
	}
	return q_end(&q);
}
