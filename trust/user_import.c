/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Users from a file, see user_import.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crypt/secret.h"
#include "trust/phone_csv.h"
#include "trust/sealed.h"
#include "trust/user.h"
#include "trust/user_import.h"

#define HASHED_PER_LOOK	50	/* rows between two calls of progress */

const char *const user_column_name[USER_COLUMNS] = {
	[USER_COL_NAME] = "name", [USER_COL_DESCRIPTION] = "description",
	[USER_COL_DIGEST] = "digest-credentials",
	[USER_COL_REALM] = "realm", [USER_COL_PASSWORD] = "password",
	[USER_COL_PIN] = "pin", [USER_COL_PASSWORD_HASH] = "password-hash",
	[USER_COL_PIN_HASH] = "pin-hash",
};
const char user_columns_text[] = "name, description, digest-credentials, "
    "realm, password, pin, password-hash, pin-hash";

/* A row, made ready before the transaction. */
struct item {
	int64_t		 line;
	char		 name[USER_NAME_MAX + 1];
	char		*description;	/* NULL: nothing said */
	char		*digest, *realm;
	bool		 no_digest;
	uint8_t		*sealed;
	size_t		 len;
	struct password	 hash[USER_WHAT_N];
	bool		 has_hash[USER_WHAT_N], no_hash[USER_WHAT_N];
	char		*why;		/* it is bad; NULL */
	bool		 tried;		/* why is the transaction's */
};

struct import {
	struct db			*db;
	enum credential_kind		 kind;
	struct csv			 csv;
	struct csv_record		 rec;
	struct csv_columns		 cols;
	const struct phone_import_calls	*calls;
	struct user_import		*res;	/* of what is in */
	struct user_import		 sum;	/* with this batch */
	struct item			*item;
	size_t				 n;
	bool				 last;
	int64_t				 now;
};

static void
wipe(char *s)
{
	if (s != NULL)
		secret_wipe(s, strlen(s));
	free(s);
}

static void
item_clear(struct item *it)
{
	free(it->description);
	wipe(it->digest);
	free(it->realm);
	free(it->sealed);
	free(it->why);
	*it = (struct item){ .line = 0 };
}

/* --- columns --- */

static int
column_of(const char *name)
{
	for (int i = 0; i < USER_COLUMNS; i++)
		if (str_ieq(name, user_column_name[i]))
			return i;
	return -1;
}

/* --- before the transaction --- */

/* Blanks around a password may be part of it. */
static void
take_cells(struct import *im, const char *v[USER_COLUMNS])
{
	for (int i = 0; i < USER_COLUMNS; i++)
		v[i] = NULL;
	for (size_t i = 0; i < im->cols.n; i++) {
		int col = im->cols.col[i];
		const char *cell = col == USER_COL_DIGEST ||
		    col == USER_COL_PASSWORD || col == USER_COL_PIN ?
		    im->rec.field[i] : csv_trim(im->rec.field[i]);

		if (cell[0] != '\0')
			v[col] = cell;
	}
}

static bool
is_none(const char *cell)
{
	return strcmp(cell, PHONE_CELL_NONE) == 0;
}

static int
copy(char **to, const char *cell, struct err *e)
{
	if (cell == NULL)
		return ERR_OK;
	if ((*to = strdup(is_none(cell) ? "" : cell)) == NULL)
		return err_set(e, ERR_NOMEM, "user import");
	return ERR_OK;
}

/*
 * What is wrong is said with its column and without the cell: where columns are
 * swapped it is somebody's password.
 */
static int
ready_name(const char *cell, struct item *it, struct err *e)
{
	int ret = user_name(cell != NULL ? cell : "", it->name, NULL);

	return ret == ERR_OK ? ret : err_set(e, ret, "name: it is not "
	    USER_NAME_RULE, USER_NAME_MAX);
}

static int
ready_realm(const char *cell, struct item *it, struct err *e)
{
	int ret;

	if ((ret = copy(&it->realm, cell != NULL ? cell : "", e)) != ERR_OK ||
	    (ret = user_realm_check(it->realm, NULL)) == ERR_OK)
		return ret;
	return err_set(e, ret, "realm: it is not " USER_REALM_RULE,
	    REALM_MAX);
}

static int
ready_digest(struct import *im, struct item *it, const char *const *v,
    struct err *e)
{
	const char *text = v[USER_COL_DIGEST];
	int ret;

	if (text == NULL)
		return v[USER_COL_REALM] == NULL ? ERR_OK : err_set(e,
		    ERR_ARG, "realm says what digest-credentials are for: "
		    "give those too");
	if ((ret = ready_realm(v[USER_COL_REALM], it, e)) != ERR_OK)
		return ret;
	if ((it->no_digest = is_none(text)))
		return ERR_OK;
	if (im->calls->kr == NULL)
		return err_set(e, ERR_ARG, "digest-credentials: they cannot "
		    "be sealed without this node's key (master.key)");
	if ((ret = user_digest_check(text, e)) != ERR_OK)
		return err_wrap(e, "digest-credentials");
	if ((ret = copy(&it->digest, text, e)) != ERR_OK)
		return ret;
	return sealed_digest(im->calls->kr, im->calls->rng, im->kind,
	    it->name, it->realm, text, &it->sealed, &it->len, e);
}

static int
ready_hash(struct import *im, struct item *it, enum user_what what,
    const char *text, const char *hash, struct err *e)
{
	const char *name = user_what_name[what];
	int ret;

	if (text != NULL && hash != NULL)
		return err_set(e, ERR_ARG, "%s and %s-hash: give one of "
		    "them", name, name);
	if (text == NULL && hash == NULL)
		return ERR_OK;
	if ((it->no_hash[what] = is_none(text != NULL ? text : hash)))
		return ERR_OK;
	ret = text != NULL ? user_secret_hash(im->db, what, text,
	    im->calls->rng, &it->hash[what], e) :
	    password_parse(hash, &it->hash[what], e);
	it->has_hash[what] = ret == ERR_OK;
	return ret == ERR_OK ? ret : err_wrap(e, text != NULL ? "%s" :
	    "%s-hash", name);
}

static int
ready_item(struct import *im, struct item *it, struct err *e)
{
	const char *v[USER_COLUMNS];
	int ret;

	if (im->rec.n != im->cols.n)
		return err_set(e, ERR_PROTO, "%zu fields, the first line has "
		    "%zu", im->rec.n, im->cols.n);
	take_cells(im, v);
	if ((ret = ready_name(v[USER_COL_NAME], it, e)) != ERR_OK ||
	    (ret = copy(&it->description, v[USER_COL_DESCRIPTION], e)) !=
	    ERR_OK || (ret = ready_digest(im, it, v, e)) != ERR_OK ||
	    (ret = ready_hash(im, it, USER_PASSWORD, v[USER_COL_PASSWORD],
	    v[USER_COL_PASSWORD_HASH], e)) != ERR_OK)
		return ret;
	return ready_hash(im, it, USER_PIN, v[USER_COL_PIN],
	    v[USER_COL_PIN_HASH], e);
}

static bool
is_row_fault(int code)
{
	return code == ERR_ARG || code == ERR_PROTO || code == ERR_LIMIT ||
	    code == ERR_REFUSED || code == ERR_NOTFOUND || code == ERR_EXISTS;
}

/* The row is bad, or nothing goes on. */
static int
fault(struct item *it, const struct err *why, struct err *e)
{
	if (!is_row_fault(why->code))
		return err_set(e, why->code, "%s", why->msg);
	if ((it->why = strdup(why->msg)) == NULL)
		return err_set(e, ERR_NOMEM, "user import");
	return ERR_OK;
}

static void
look(const struct import *im)
{
	if (im->calls->progress != NULL)
		im->calls->progress(im->calls->arg, (int64_t)im->csv.off,
		    (int64_t)im->csv.len);
}

/* ERR_NOTFOUND at the end. */
static int
fill(struct import *im, struct err *e)
{
	int ret;

	while (im->n < PHONE_IMPORT_BATCH) {
		struct item *it = &im->item[im->n];
		struct err why = { 0 };

		ret = csv_next(&im->csv, &im->rec, &why);
		if (ret == ERR_NOTFOUND)
			return ret;
		it->line = im->rec.line;
		im->n++;
		if (ret == ERR_OK)
			ret = ready_item(im, it, &why);
		if (ret != ERR_OK && (ret = fault(it, &why, e)) != ERR_OK)
			return ret;
		if (im->n % HASHED_PER_LOOK == 0)
			look(im);
	}
	return ERR_OK;
}

/* --- within it --- */

struct row {
	const struct import	*im;
	const struct item	*it;
	bool			 added, changed;
	int64_t			 nphone, old;
};

static int
put_hashes(struct db *db, struct row *r, struct err *e)
{
	const struct item *it = r->it;
	struct user_key k = { .kind = r->im->kind, .name = it->name };
	bool one;
	int ret;

	for (int i = 0; i < USER_WHAT_N; i++) {
		if (!it->has_hash[i] && !it->no_hash[i])
			continue;
		k.what = (enum user_what)i;
		if ((ret = user_hash_set(db, &k, it->has_hash[i] ?
		    &it->hash[i] : NULL, r->im->now, &one, e)) != ERR_OK)
			return ret;
		r->changed = r->changed || one;
		r->old += it->has_hash[i] && it->hash[i].form !=
		    PASSWORD_SHA512_CRYPT;
	}
	return ERR_OK;
}

static int
put_row(struct db *db, void *arg, struct err *e)
{
	struct row *r = arg;
	const struct item *it = r->it;
	const struct user_spec s = { .kind = r->im->kind, .name = it->name,
	    .description = it->description, .digest = it->digest,
	    .realm = it->realm, .sealed = it->sealed, .len = it->len,
	    .no_digest = it->no_digest, .kr = r->im->calls->kr };
	struct err miss = { 0 };
	struct row_user u;
	int ret = row_account_get(db, s.kind, s.name, &u, &miss);

	*r = (struct row){ .im = r->im, .it = it };
	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", miss.msg);
	r->added = ret == ERR_NOTFOUND;
	ret = r->added ? user_add(db, &s, r->im->now, &r->changed, e) :
	    user_set(db, &s, r->im->now, &r->changed, &r->nphone, e);
	if (!r->changed)
		r->nphone = 0;
	return ret == ERR_OK ? put_hashes(db, r, e) : ret;
}

static int
put_item(struct db *db, struct import *im, struct item *it, struct err *e)
{
	struct row r = { .im = im, .it = it };
	struct err why = { 0 };
	int ret = db_result_err(db_tx(db, put_row, &r, &why), &why);

	if (ret != ERR_OK)
		return fault(it, &why, e);
	im->sum.n.added += r.added;
	im->sum.n.changed += r.changed && !r.added;
	im->sum.n.same += !r.changed && !r.added;
	im->sum.phones += r.nphone;
	im->sum.old += r.old;
	return ERR_OK;
}

/* May run more than once: a row that was refused then may be taken now. */
static int
put_batch(struct db *db, void *arg, struct err *e)
{
	struct import *im = arg;
	int ret = ERR_OK;

	im->sum = *im->res;
	for (size_t i = 0; i < im->n && ret == ERR_OK; i++) {
		struct item *it = &im->item[i];

		im->sum.n.rows++;
		if (it->why == NULL || it->tried) {
			free(it->why);
			it->why = NULL;
			it->tried = true;
			ret = put_item(db, im, it, e);
		}
		im->sum.n.failed += it->why != NULL;
	}
	if (ret == ERR_OK && im->last && im->calls->end != NULL)
		ret = im->calls->end(im->calls->arg, db, &im->sum.n, e);
	return ret;
}

static int
flush(struct import *im, struct err *e)
{
	int ret = ERR_OK;

	if (im->n > 0)
		ret = db_result_err(db_tx_group(im->db, put_batch, im, e), e);
	if (ret == ERR_OK && im->n > 0)
		*im->res = im->sum;
	for (size_t i = 0; i < im->n; i++) {
		if (ret == ERR_OK && im->item[i].why != NULL)
			im->calls->bad(im->calls->arg, im->item[i].line,
			    im->item[i].why);
		item_clear(&im->item[i]);
	}
	im->n = 0;
	return ret;
}

/* Whether this is the last batch is known when there is nothing behind it. */
static int
import_all(struct import *im, struct err *e)
{
	int ret, more;

	if ((ret = csv_header(&im->csv, &im->rec, &im->cols, e)) != ERR_OK)
		return ret;
	do {
		more = fill(im, e);
		if (more != ERR_OK && more != ERR_NOTFOUND)
			return more;
		im->last = more == ERR_NOTFOUND || csv_is_over(&im->csv);
		if ((ret = flush(im, e)) != ERR_OK)
			return ret;
		look(im);
	} while (!im->last);
	return ERR_OK;
}

int
user_import_csv(struct db *db, enum credential_kind kind,
    const uint8_t *csv, size_t len, int64_t now, struct user_import *res,
    const struct phone_import_calls *calls, struct err *e)
{
	struct import *im;
	int ret;

	*res = (struct user_import){ .old = 0 };
	if (len > PHONE_CSV_MAX)
		return err_set(e, ERR_LIMIT, "%zu bytes, at most %u are "
		    "taken: split the file", len, PHONE_CSV_MAX);
	if ((im = calloc(1, sizeof(*im))) == NULL || (im->item = calloc(
	    PHONE_IMPORT_BATCH, sizeof(*im->item))) == NULL) {
		free(im);
		return err_set(e, ERR_NOMEM, "user import");
	}
	im->db = db;
	im->kind = kind;
	im->csv = csv_init(csv, len);
	im->cols = (struct csv_columns){ .find = column_of,
	    .all = user_columns_text, .name = USER_COL_NAME };
	im->calls = calls;
	im->res = res;
	im->now = now;
	ret = import_all(im, e);
	for (size_t i = 0; i < im->n; i++)
		item_clear(&im->item[i]);
	free(im->item);
	secret_wipe(im, sizeof(*im));
	free(im);
	return ret;
}
