/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Transactions: one body, one verdict.  See db.h.
 */
#include <stdlib.h>

#include "db/query.h"

static int
run(struct db *db, enum sql_id id, struct err *e)
{
	struct q q = q_begin(db, id, e);

	return q_run(&q);
}

/* The database may have rolled back by itself (disk full, I/O error). */
static void
rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->h))
		(void)run(db, SQL_ROLLBACK, NULL);
}

static enum db_result
tx_begin(struct db *db, struct err *e)
{
	int ret;

	if (db->in_tx != DB_TX_NONE) {
		(void)err_set(e, ERR_BADSTATE, "%s: a transaction within a "
		    "transaction", db->name);
		return DB_REFUSED;
	}
	if (db->mode == DB_READ) {
		(void)err_set(e, ERR_BADSTATE, "%s is open for reading only",
		    db->name);
		return DB_REFUSED;
	}
	if ((ret = run(db, SQL_BEGIN_WRITE, e)) == ERR_OK)
		return DB_DONE;
	if (ret != ERR_BUSY)
		return DB_REFUSED;
	e->code = ERR_UNREACHABLE;
	return DB_UNREACHABLE;
}

/*
 * Only a failed sync leaves the outcome open: the commit record is written,
 * and a crash before the next transaction overwrites it may bring it back.
 */
static bool
commit_in_doubt(int rc)
{
	return rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC;
}

static enum db_result
tx_commit(struct db *db, struct err *e)
{
	bool doubt;

	if (run(db, SQL_COMMIT, e) == ERR_OK)
		return DB_DONE;
	doubt = commit_in_doubt(sqlite3_extended_errcode(db->h));
	rollback(db);
	if (!doubt)
		return DB_REFUSED;
	e->code = ERR_UNKNOWN;
	(void)err_wrap(e, "whether the change stands shows when it is read "
	    "again after a restart");
	return DB_UNKNOWN;
}

/* What fn says counts only when the transaction is still whole. */
static int
tx_whole(const struct db *db, int ret, struct err *e)
{
	if (ret != ERR_OK)
		return ret;
	if (sqlite3_get_autocommit(db->h))
		return err_set(e, ERR_IO, "%s: the database undid the "
		    "transaction", db->name);
	if (db->spoiled)
		return err_set(e, ERR_IO, "%s: a part of the transaction "
		    "could not be undone", db->name);
	return ERR_OK;
}

/* One of several bodies in the open transaction. */
static enum db_result
tx_part(struct db *db, bool group, db_fn *fn, void *arg, struct err *e)
{
	int ret;

	if (tx_whole(db, ERR_OK, e) != ERR_OK ||
	    run(db, SQL_SAVEPOINT, e) != ERR_OK)
		return DB_REFUSED;
	db->group = group;
	ret = fn(db, arg, e);
	db->group = true;
	if (sqlite3_get_autocommit(db->h)) {
		(void)tx_whole(db, ret, e);
		return DB_REFUSED;
	}
	if (ret != ERR_OK && run(db, SQL_SAVEPOINT_UNDO, NULL) != ERR_OK)
		db->spoiled = true;
	if (run(db, SQL_SAVEPOINT_RELEASE, ret == ERR_OK ? e : NULL) != ERR_OK)
		db->spoiled = true;
	return ret == ERR_OK && !db->spoiled ? DB_DONE : DB_REFUSED;
}

static enum db_result
tx_run(struct db *db, bool group, db_fn *fn, void *arg, struct err *e)
{
	enum db_result r;
	int ret;

	if ((r = tx_begin(db, e)) != DB_DONE)
		return r;
	db->in_tx = DB_TX_WRITE;
	db->group = group;
	db->spoiled = false;
	ret = db->shadow != NULL ? shadow_run(db, fn, arg, e) :
	    fn(db, arg, e);
	db->group = false;
	if ((ret = tx_whole(db, ret, e)) == ERR_OK) {
		r = tx_commit(db, e);
	} else {
		rollback(db);
		r = DB_REFUSED;
	}
	db->in_tx = DB_TX_NONE;
	if (db->shadow != NULL)
		shadow_end(db, r == DB_DONE);
	return r;
}

enum db_result
db_tx(struct db *db, db_fn *fn, void *arg, struct err *e)
{
	struct err own = { 0 };

	if (e == NULL)
		e = &own;
	if (db->group)
		return tx_part(db, false, fn, arg, e);
	return tx_run(db, false, fn, arg, e);
}

enum db_result
db_tx_group(struct db *db, db_fn *fn, void *arg, struct err *e)
{
	struct err own = { 0 };

	if (e == NULL)
		e = &own;
	if (db->group)
		return tx_part(db, true, fn, arg, e);
	return tx_run(db, true, fn, arg, e);
}

struct pair {
	struct db	*outer, *inner;
	db_fn		*fn;
	void		*arg;
	bool		 saved;		/* outer, as it was before fn */
	bool		 again;
};

static int
pair_inner(struct db *inner, void *arg, struct err *e)
{
	struct pair *p = arg;
	int ret;

	if (p->again && !p->saved)
		abort();	/* who runs it again said that he would not */
	if (p->again && (ret = run(p->outer, SQL_SAVEPOINT_UNDO, e)) != ERR_OK)
		return ret;
	p->again = true;
	return p->fn(inner, p->arg, e);
}

static int
pair_outer(struct db *outer, void *arg, struct err *e)
{
	struct pair *p = arg;
	int ret;

	p->again = false;
	if (p->saved && (ret = run(outer, SQL_SAVEPOINT, e)) != ERR_OK)
		return ret;
	ret = db_result_err(db_tx_group(p->inner, pair_inner, p, e), e);
	/* Ended also when it failed, or the part that outer is undoes to this
	 * one and leaves its own behind. */
	if (p->saved && !sqlite3_get_autocommit(outer->h) && run(outer,
	    SQL_SAVEPOINT_RELEASE, ret == ERR_OK ? e : NULL) != ERR_OK)
		ret = ret == ERR_OK ? e->code : ret;
	return ret;
}

enum db_result
db_tx_pair(struct db *outer, struct db *inner, db_fn *fn, void *arg,
    struct err *e)
{
	/* Only a shadow has fn run again; else there is no need of a copy of
	 * each of outer's pages. */
	struct pair p = { .outer = outer, .inner = inner, .fn = fn,
	    .arg = arg, .saved = inner->shadow != NULL };

	return db_tx_group(outer, pair_outer, &p, e);
}

int
db_result_err(enum db_result r, const struct err *e)
{
	switch (r) {
	case DB_DONE:
		return ERR_OK;
	case DB_REFUSED:
		return e != NULL && e->code != ERR_OK ? e->code : ERR_REFUSED;
	case DB_UNREACHABLE:
		return ERR_UNREACHABLE;
	case DB_UNKNOWN:
		return ERR_UNKNOWN;
	}
	return ERR_UNKNOWN;
}

int
db_read_tx(struct db *db, db_fn *fn, void *arg, struct err *e)
{
	int ret;

	if (db->group)
		return fn(db, arg, e);
	if (db->in_tx != DB_TX_NONE)
		return err_set(e, ERR_BADSTATE, "%s: a transaction within a "
		    "transaction", db->name);
	if ((ret = run(db, SQL_BEGIN_READ, e)) != ERR_OK)
		return ret;
	db->in_tx = DB_TX_READ;
	ret = fn(db, arg, e);
	/* Nothing was written, so there is nothing a commit could lose. */
	rollback(db);
	db->in_tx = DB_TX_NONE;
	return ret;
}
