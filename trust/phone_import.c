/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones from a file, see phone_import.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/phone_csv.h"
#include "trust/phone_hide.h"
#include "trust/phone_names.h"
#include "trust/sealed.h"

#define XML_PENDING_MAX	(32u << 20)	/* bytes kept for one transaction */
#define BAD_PENDING_MAX	1000		/* lines kept to be told in order */

/* A row, made ready before the transaction. */
struct item {
	struct phone_record	 rec;
	char			 name[PHONE_NAME_MAX + 1];
	struct setting_change	*change;
	size_t			 nchange;
	struct phone_secret	*secret;
	size_t			 nsecret;
	uint8_t			*xml;
	size_t			 xmllen;
};

struct bad {
	int64_t	 line;
	char	*why;
};

struct import {
	const struct phone_source	*src;
	const struct phone_import_calls	*calls;
	struct phone_import		*res;		/* of what is in */
	struct phone_names		 names;
	/* One more than a transaction takes, to know which is the last. */
	struct item			*item;
	size_t				 n, xml;
	size_t				 batch;		/* so many go in */
	bool				 last;
	int64_t				 now;
	struct phone_import		 sum;		/* with this batch */
	struct bad			*bad;
	size_t				 nbad, ready;	/* of these before the
							 * transaction */
	struct phone_advice		 advice;	/* of this batch */
};

static void
item_clear(struct item *it)
{
	phone_record_clear(&it->rec);
	for (size_t i = 0; i < it->nsecret; i++)
		free((uint8_t *)(uintptr_t)it->secret[i].sealed);
	free(it->secret);
	free(it->change);
	free(it->xml);
	*it = (struct item){ .change = NULL };
}

/* --- what is wrong, in order of line --- */

/* What is said of a row, fresh, without its cells where some may be secrets;
 * NULL: out of memory. */
static char *
say_of(const struct phone_record *r, const char *text)
{
	return r->secrets ? phone_hide(r, text) : strdup(text);
}

static int
bad_add(struct import *im, const struct phone_record *r, const char *why,
    struct err *e)
{
	struct bad *p = reallocarray(im->bad, im->nbad + 1, sizeof(*p));

	if (p == NULL)
		return err_set(e, ERR_NOMEM, "phone import");
	im->bad = p;
	if ((p[im->nbad].why = say_of(r, why)) == NULL)
		return err_set(e, ERR_NOMEM, "phone import");
	p[im->nbad++].line = r->line;
	return ERR_OK;
}

static void
bad_drop(struct import *im, size_t keep)
{
	while (im->nbad > keep)
		free(im->bad[--im->nbad].why);
}

static int
by_line(const void *a, const void *b)
{
	const struct bad *x = a, *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

static void
bad_tell(struct import *im)
{
	if (im->nbad > 1)
		qsort(im->bad, im->nbad, sizeof(*im->bad), by_line);
	for (size_t i = 0; i < im->nbad; i++)
		im->calls->bad(im->calls->arg, im->bad[i].line,
		    im->bad[i].why);
	bad_drop(im, 0);
	im->ready = 0;
}

/* --- before the transaction --- */

static int
ready_secret(struct import *im, struct item *it, const struct setting *s,
    const char *text, struct err *e)
{
	struct phone_secret *x = &it->secret[it->nsecret];
	uint8_t *sealed;
	char value[SETTING_VALUE_MAX + 1];
	int ret;

	*x = (struct phone_secret){ .setting = s };
	if (str_ieq(text, "default") || strcmp(text, PHONE_CELL_NONE) == 0) {
		it->nsecret++;
		return ERR_OK;
	}
	if (im->calls->kr == NULL)
		return err_set(e, ERR_ARG, "%s: secrets are not taken here",
		    s->name);
	/* Said with its name, where sealing would not know it. */
	ret = setting_check(s, text, 0, value, e);
	secret_wipe(value, sizeof(value));
	if (ret != ERR_OK || (ret = sealed_phone(im->calls->kr,
	    im->calls->rng, it->name, s->option, text, &sealed, &x->len,
	    e)) != ERR_OK)
		return ret;
	x->text = text;
	x->sealed = sealed;
	it->nsecret++;
	return ERR_OK;
}

static int
ready_settings(struct import *im, struct item *it, struct err *e)
{
	const char *v;
	size_t n = 0;
	int ret;

	for (int i = 0; i < SETTING_N; i++)
		n += it->rec.value[PHONE_COL_SETTING + i] != NULL;
	if (n == 0)
		return ERR_OK;
	if ((it->change = calloc(n, sizeof(*it->change))) == NULL ||
	    (it->secret = calloc(n, sizeof(*it->secret))) == NULL)
		return err_set(e, ERR_NOMEM, "phone import");
	for (int i = 0; i < SETTING_N; i++) {
		const struct setting *s = setting_get(i);

		if ((v = it->rec.value[PHONE_COL_SETTING + i]) == NULL)
			continue;
		if (s->type == SETTING_SECRET) {
			if ((ret = ready_secret(im, it, s, v, e)) != ERR_OK)
				return ret;
			continue;
		}
		it->change[it->nchange].setting = s;
		it->change[it->nchange++].value =
		    strcmp(v, PHONE_CELL_NONE) == 0 ? "" : v;
	}
	return ERR_OK;
}

static int
ready_item(struct import *im, struct item *it, struct err *e)
{
	const char *name = it->rec.value[PHONE_COL_NAME];
	const char *config = it->rec.value[PHONE_COL_CONFIG];
	int ret;

	if ((ret = phone_name(name != NULL ? name : "", it->name, e)) !=
	    ERR_OK ||
	    (ret = ready_settings(im, it, e)) != ERR_OK)
		return ret;
	if (config != NULL && strcmp(config, PHONE_CELL_NONE) != 0) {
		if (im->calls->read == NULL)
			return err_set(e, ERR_ARG, "config: files are not "
			    "taken here");
		if ((ret = im->calls->read(im->calls->arg, config, &it->xml,
		    &it->xmllen, e)) != ERR_OK)
			return ret == ERR_NOMEM ? ret : (e->code = ERR_ARG);
	}
	/* The last: a bad row is no first of its name. */
	return phone_names_add(&im->names, it->name, it->rec.line, e);
}

static bool
is_row_fault(int code)
{
	return code == ERR_ARG || code == ERR_PROTO || code == ERR_LIMIT ||
	    code == ERR_REFUSED || code == ERR_NOTFOUND;
}

static bool
is_full(const struct import *im)
{
	return im->n > PHONE_IMPORT_BATCH ||
	    (im->n > 1 && im->xml > XML_PENDING_MAX);
}

/* Rows until there are more than enough: ERR_NOTFOUND at the end. */
static int
fill(struct import *im, struct err *e)
{
	int ret;

	while (!is_full(im)) {
		struct item *it = &im->item[im->n];
		struct err why = { 0 };

		ret = im->src->next(im->src->arg, &it->rec, &why);
		if (ret == ERR_NOTFOUND) {
			item_clear(it);
			return ret;
		}
		if (ret == ERR_OK)
			ret = ready_item(im, it, &why);
		if (ret != ERR_OK && !is_row_fault(ret))
			return err_set(e, ret, "%s", why.msg);
		im->res->rows++;
		if (ret == ERR_OK) {
			im->xml += it->xmllen;
			im->n++;
			continue;
		}
		im->res->failed++;
		ret = bad_add(im, &it->rec, why.msg, e);
		item_clear(it);
		if (ret != ERR_OK)
			return ret;
		if (im->nbad == BAD_PENDING_MAX)
			bad_tell(im);
	}
	return ERR_OK;
}

/* --- within it --- */

struct row {
	const struct item		*it;
	const struct profile_base	*base;
	const struct keyring		*kr;
	int64_t				 now;
	struct phone_result		 r;
};

static int
import_row(struct db *db, void *arg, struct err *e)
{
	struct row *row = arg;
	const struct item *it = row->it;
	const char *const *v = it->rec.value;
	const struct phone_spec s = {
		.name = it->name, .model = v[PHONE_COL_MODEL],
		.protocol = v[PHONE_COL_PROTOCOL],
		.profile = v[PHONE_COL_PROFILE],
		.description = v[PHONE_COL_DESCRIPTION] != NULL &&
		    strcmp(v[PHONE_COL_DESCRIPTION], PHONE_CELL_NONE) == 0 ?
		    "" : v[PHONE_COL_DESCRIPTION],
		.xml = it->xml, .xmllen = it->xmllen,
		.xml_name = v[PHONE_COL_CONFIG],
		.no_xml = v[PHONE_COL_CONFIG] != NULL && it->xml == NULL,
		.change = it->change, .nchange = it->nchange,
		.secret = it->secret, .nsecret = it->nsecret,
		.kr = row->kr, .origin = ORIGIN_IMPORT, .base = row->base,
	};

	return phone_put(db, &s, row->now, &row->r, e);
}

static int
advice_add(struct import *im, const struct row *row, struct err *e)
{
	const struct phone_record *rec = &row->it->rec;
	char *text;
	int ret;

	if (row->r.advice == NULL)
		return ERR_OK;
	if ((text = say_of(rec, row->r.advice)) == NULL)
		return err_set(e, ERR_NOMEM, "phone import");
	ret = phone_advice_add(&im->advice, text, rec->line, e);
	free(text);
	return ret;
}

static int
import_one(struct db *db, struct import *im, struct row *row, struct err *e)
{
	struct err why = { 0 };
	int ret;

	ret = db_result_err(db_tx(db, import_row, row, &why), &why);
	if (ret == ERR_OK) {
		ret = advice_add(im, row, e);
		im->sum.added += row->r.added;
		im->sum.changed += row->r.changed && !row->r.added;
		im->sum.same += !row->r.changed;
	} else if (!is_row_fault(ret))
		return err_set(e, ret, "%s", why.msg);
	else {
		im->sum.failed++;
		ret = bad_add(im, &row->it->rec, why.msg, e);
	}
	phone_result_clear(&row->r);
	return ret;
}

/* May run more than once: counts from what was in before each time. */
static int
import_batch(struct db *db, void *arg, struct err *e)
{
	struct import *im = arg;
	struct row row = { .kr = im->calls->kr, .now = im->now };
	struct profile_base *base;
	int ret;

	bad_drop(im, im->ready);
	phone_advice_clear(&im->advice);
	im->sum = *im->res;
	if ((ret = profile_base_load(&base, db, e)) != ERR_OK)
		return ret;
	row.base = base;
	for (size_t i = 0; i < im->batch && ret == ERR_OK; i++) {
		row.it = &im->item[i];
		ret = import_one(db, im, &row, e);
	}
	profile_base_free(base);
	if (ret == ERR_OK && im->last && im->calls->end != NULL)
		ret = im->calls->end(im->calls->arg, db, &im->sum, e);
	return ret;
}

static int
flush(struct db *db, struct import *im, bool eof, struct err *e)
{
	int ret;

	im->last = eof && !is_full(im);
	im->batch = is_full(im) ? im->n - 1 : im->n;
	im->ready = im->nbad;
	if (im->batch == 0)
		return ERR_OK;
	ret = db_result_err(db_tx_group(db, import_batch, im, e), e);
	if (ret != ERR_OK)
		return ret;
	*im->res = im->sum;
	if (im->calls->advice != NULL &&
	    phone_advice_merge(im->calls->advice, &im->advice, e) != ERR_OK)
		return ERR_NOMEM;
	for (size_t i = 0; i < im->batch; i++) {
		im->xml -= im->item[i].xmllen;
		item_clear(&im->item[i]);
	}
	im->n -= im->batch;
	if (im->n > 0) {
		im->item[0] = im->item[im->batch];
		im->item[im->batch] = (struct item){ .change = NULL };
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
		if ((ret = flush(db, im, more == ERR_NOTFOUND, e)) != ERR_OK)
			return ret;
		bad_tell(im);
		if (calls->progress != NULL)
			calls->progress(calls->arg, (int64_t)*im->src->done,
			    (int64_t)im->src->total);
	} while (more == ERR_OK || im->n > 0);
	return ERR_OK;
}

int
phone_import(struct db *db, const struct phone_source *src, int64_t now,
    struct phone_import *res, const struct phone_import_calls *calls,
    struct err *e)
{
	struct import im = { .src = src, .calls = calls, .res = res,
	    .now = now };
	int ret;

	*res = (struct phone_import){ 0 };
	if ((im.item = calloc(PHONE_IMPORT_BATCH + 1, sizeof(*im.item))) ==
	    NULL)
		return err_set(e, ERR_NOMEM, "phone import");
	ret = import_all(db, &im, e);
	for (size_t i = 0; i <= PHONE_IMPORT_BATCH; i++)
		item_clear(&im.item[i]);
	free(im.item);
	bad_drop(&im, 0);
	free(im.bad);
	phone_advice_clear(&im.advice);
	phone_names_clear(&im.names);
	return ret;
}

static int
csv_source(void *arg, struct phone_record *r, struct err *e)
{
	return phone_csv_next(arg, r, e);
}

int
phone_import_csv(struct db *db, const uint8_t *csv, size_t len, int64_t now,
    struct phone_import *res, const struct phone_import_calls *calls,
    struct err *e)
{
	struct phone_csv *p;
	struct phone_source src = { .next = csv_source, .total = len };
	int ret;

	*res = (struct phone_import){ 0 };
	if (len > PHONE_CSV_MAX)
		return err_set(e, ERR_LIMIT, "%zu bytes, at most %u are "
		    "taken: split the file", len, PHONE_CSV_MAX);
	if ((p = malloc(sizeof(*p))) == NULL)
		return err_set(e, ERR_NOMEM, "phone import");
	src.arg = p;
	src.done = &p->csv.off;
	if ((ret = phone_csv_init(p, csv, len, e)) == ERR_OK)
		ret = phone_import(db, &src, now, res, calls, e);
	free(p);
	return ret;
}
