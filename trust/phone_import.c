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

struct import {
	struct phone_csv	 csv;
	const struct phone_import_calls *calls;
	struct phone_import	*res;		/* of what is in */
	/* One more than a transaction takes, to know which is the last. */
	struct phone_csv_row	*row;
	size_t			 n;
	size_t			 batch;		/* the first so many go in */
	bool			 last;
	int64_t			 now;
	struct phone_import	 sum;		/* with this batch */
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

/* May run more than once: counts from what was in before each time. */
static int
import_batch(struct db *db, void *arg, struct err *e)
{
	struct import *im = arg;
	int ret = ERR_OK;

	im->sum = *im->res;
	for (size_t i = 0; i < im->batch && ret == ERR_OK; i++)
		ret = import_row(db, &im->row[i], im->now, &im->sum, e);
	if (ret == ERR_OK && im->last && im->calls->end != NULL)
		ret = im->calls->end(im->calls->arg, db, &im->sum, e);
	return ret;
}

static int
flush(struct db *db, struct import *im, struct err *e)
{
	int ret;

	im->last = im->n <= PHONE_IMPORT_BATCH;
	im->batch = im->last ? im->n : PHONE_IMPORT_BATCH;
	if (im->batch == 0)
		return ERR_OK;
	ret = db_result_err(db_tx(db, import_batch, im, e), e);
	if (ret != ERR_OK)
		return ret;
	*im->res = im->sum;
	im->n -= im->batch;
	if (im->n > 0)
		im->row[0] = im->row[im->batch];
	return ERR_OK;
}

/* Rows until there are more than enough: ERR_NOTFOUND at the end of the
 * file. */
static int
fill(struct import *im, struct err *e)
{
	int ret = ERR_OK;

	while (im->n <= PHONE_IMPORT_BATCH) {
		struct phone_csv_row *row = &im->row[im->n];
		struct err why = { 0 };

		ret = phone_csv_next(&im->csv, row, &why);
		if (ret == ERR_NOTFOUND)
			return ret;
		if (ret != ERR_OK && ret != ERR_PROTO && ret != ERR_ARG)
			return err_set(e, ret, "%s", why.msg);
		im->res->rows++;
		if (ret == ERR_OK) {
			im->n++;
			continue;
		}
		im->res->failed++;
		im->calls->bad(im->calls->arg, row->line, why.msg);
	}
	return ERR_OK;
}

static int
import_all(struct db *db, struct import *im, struct err *e)
{
	const struct phone_import_calls *calls = im->calls;
	int ret, more;

	do {
		more = fill(im, e);
		if (more != ERR_OK && more != ERR_NOTFOUND)
			return more;
		if ((ret = flush(db, im, e)) != ERR_OK)
			return ret;
		if (calls->progress != NULL)
			calls->progress(calls->arg, (int64_t)im->csv.csv.off,
			    (int64_t)im->csv.csv.len);
	} while (more == ERR_OK);
	return ERR_OK;
}

int
phone_import_csv(struct db *db, const uint8_t *csv, size_t len, int64_t now,
    struct phone_import *res, const struct phone_import_calls *calls,
    struct err *e)
{
	struct import im = { .calls = calls, .res = res, .now = now };
	int ret;

	*res = (struct phone_import){ 0 };
	if (len > PHONE_CSV_MAX)
		return err_set(e, ERR_LIMIT, "%zu bytes, at most %u are "
		    "taken: split the file", len, PHONE_CSV_MAX);
	if ((im.row = calloc(PHONE_IMPORT_BATCH + 1, sizeof(*im.row))) ==
	    NULL)
		return err_set(e, ERR_NOMEM, "phone import");
	if ((ret = phone_csv_init(&im.csv, csv, len, e)) == ERR_OK)
		ret = import_all(db, &im, e);
	phone_csv_clear(&im.csv);
	free(im.row);
	return ret;
}
