/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones from a file of comma-separated values, see phone.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/phone.h"
#include "trust/phone_csv.h"

struct batch {
	struct phone_csv_row	*row;
	size_t			 n;
	int64_t			 now;
	struct phone_import	 res;	/* of this batch */
};

static int
import_row(struct db *db, const struct phone_csv_row *row, int64_t now,
    struct phone_import *res, struct err *e)
{
	struct row_phone p = { 0 };
	struct err miss = { 0 };
	int ret = row_phone_get(db, row->name, &p, &miss);

	if (ret == ERR_NOTFOUND) {
		p = (struct row_phone){ .created_at = now };
		(void)str_copy(p.name, sizeof(p.name), row->name);
		res->added++;
	} else if (ret != ERR_OK)
		return err_set(e, ret, "%s", miss.msg);
	else if (row->model[0] == '\0' || strcmp(p.model, row->model) == 0) {
		res->same++;
		return ERR_OK;
	} else
		res->changed++;
	(void)str_copy(p.model, sizeof(p.model), row->model);
	p.changed_at = now;
	return row_phone_put(db, &p, e);
}

/* May run more than once: counts from zero each time. */
static int
import_batch(struct db *db, void *arg, struct err *e)
{
	struct batch *b = arg;
	int ret = ERR_OK;

	b->res = (struct phone_import){ 0 };
	for (size_t i = 0; i < b->n && ret == ERR_OK; i++)
		ret = import_row(db, &b->row[i], b->now, &b->res, e);
	return ret;
}

static int
flush(struct db *db, struct batch *b, struct phone_import *res,
    struct err *e)
{
	int ret;

	if (b->n == 0)
		return ERR_OK;
	ret = db_result_err(db_tx(db, import_batch, b, e), e);
	if (ret == ERR_OK) {
		res->added += b->res.added;
		res->changed += b->res.changed;
		res->same += b->res.same;
	}
	b->n = 0;
	return ret;
}

/* Rows into b until it is full: ERR_NOTFOUND at the end of the file. */
static int
fill(struct phone_csv *csv, struct batch *b, struct phone_import *res,
    phone_bad_line *bad, void *arg, struct err *e)
{
	int ret = ERR_OK;

	while (b->n < PHONE_IMPORT_BATCH) {
		struct phone_csv_row *row = &b->row[b->n];
		struct err why = { 0 };

		ret = phone_csv_next(csv, row, &why);
		if (ret == ERR_NOTFOUND)
			return ret;
		if (ret != ERR_OK && ret != ERR_PROTO && ret != ERR_ARG)
			return err_set(e, ret, "%s", why.msg);
		res->rows++;
		if (ret == ERR_OK) {
			b->n++;
			continue;
		}
		res->failed++;
		bad(arg, row->line, why.msg);
	}
	return ERR_OK;
}

static int
import_all(struct db *db, struct phone_csv *csv, struct batch *b,
    struct phone_import *res, phone_bad_line *bad, phone_progress *progress,
    void *arg, struct err *e)
{
	int ret, more;

	do {
		more = fill(csv, b, res, bad, arg, e);
		if (more != ERR_OK && more != ERR_NOTFOUND)
			return more;
		if ((ret = flush(db, b, res, e)) != ERR_OK)
			return ret;
		if (progress != NULL)
			progress(arg, (int64_t)csv->csv.off,
			    (int64_t)csv->csv.len);
	} while (more == ERR_OK);
	return ERR_OK;
}

int
phone_import_csv(struct db *db, const uint8_t *csv, size_t len, int64_t now,
    struct phone_import *res, phone_bad_line *bad, phone_progress *progress,
    void *arg, struct err *e)
{
	struct batch b = { .now = now };
	struct phone_csv p = { 0 };
	int ret;

	*res = (struct phone_import){ 0 };
	if (len > PHONE_CSV_MAX)
		return err_set(e, ERR_LIMIT, "%zu bytes, at most %u are "
		    "taken: split the file", len, PHONE_CSV_MAX);
	if ((b.row = calloc(PHONE_IMPORT_BATCH, sizeof(*b.row))) == NULL)
		return err_set(e, ERR_NOMEM, "phone import");
	if ((ret = phone_csv_init(&p, csv, len, e)) == ERR_OK)
		ret = import_all(db, &p, &b, res, bad, progress, arg, e);
	phone_csv_clear(&p);
	free(b.row);
	return ret;
}
