/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Shadow replay, see db_shadow_enable in db.h: the rules replication needs
 * hold from the first day, because every transaction of a test is replayed.
 *
 * The shadow is an in-memory database filled through SQL in the reverse order
 * of the keys, so its rowids differ as they do between nodes.
 */
#define SQLITE_ENABLE_SESSION
#define SQLITE_ENABLE_PREUPDATE_HOOK
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/internal.h"

#define FULL_EVERY	64	/* transactions between two whole comparisons */
#define LARGE_TABLE	1000	/* more rows: only in a whole comparison */

struct shadow {
	sqlite3		*h;
	int64_t		 data_version;	/* of the file when last in step */
	unsigned	 since_full;
	bool		 stale;		/* to be filled anew */
	bool		 open_tx;	/* replayed, not yet committed */
};

struct changeset {
	void	*buf;
	int	 len;
};

static void __attribute__((noreturn))
die(const struct db *db, const char *why, const char *what)
{
	log_event(LOG_ERR, "db.shadow", LOG_STR("file", db->name),
	    LOG_STR("why", why), LOG_STR("what", what));
	abort();
}

static void
must(const struct db *db, sqlite3 *h, int rc, const char *what)
{
	if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
		die(db, sqlite3_errmsg(h), what);
}

static sqlite3_stmt *
prepare(const struct db *db, sqlite3 *h, const char *sql)
{
	sqlite3_stmt *st = NULL;

	must(db, h, sqlite3_prepare_v2(h, sql, -1, &st, NULL), sql);
	return st;
}

static void
exec(const struct db *db, sqlite3 *h, const char *sql)
{
	must(db, h, sqlite3_exec(h, sql, NULL, NULL, NULL), sql);
}

/* SQL made from a table's name and key; identifiers of our own schema. */
static char *
sql_over(const struct db *db, const char *fmt, const char *table)
{
	sqlite3_stmt *st = prepare(db, db->h,
	    "SELECT group_concat('\"' || name || '\" DESC') FROM (SELECT name "
	    "FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk)");
	const char *key;
	char *sql;

	must(db, db->h, sqlite3_bind_text(st, 1, table, -1, SQLITE_STATIC),
	    table);
	must(db, db->h, sqlite3_step(st), table);
	if ((key = (const char *)sqlite3_column_text(st, 0)) == NULL)
		die(db, "a table without primary key", table);
	if ((sql = sqlite3_mprintf(fmt, table, key)) == NULL)
		die(db, "out of memory", table);
	(void)sqlite3_finalize(st);
	return sql;
}

/* --- filling --- */

static void
copy_rows(const struct db *db, sqlite3_stmt *from, const char *table)
{
	int n = sqlite3_column_count(from);
	sqlite3_str *s = sqlite3_str_new(NULL);
	sqlite3_stmt *to;
	char *sql;

	sqlite3_str_appendf(s, "INSERT INTO \"%w\" VALUES (?", table);
	for (int i = 1; i < n; i++)
		sqlite3_str_appendall(s, ", ?");
	sqlite3_str_appendall(s, ")");
	if ((sql = sqlite3_str_finish(s)) == NULL)
		die(db, "out of memory", table);
	to = prepare(db, db->shadow->h, sql);
	while (sqlite3_step(from) == SQLITE_ROW) {
		for (int i = 0; i < n; i++)
			(void)sqlite3_bind_value(to, i + 1,
			    sqlite3_column_value(from, i));
		must(db, db->shadow->h, sqlite3_step(to), sql);
		must(db, db->shadow->h, sqlite3_reset(to), sql);
	}
	(void)sqlite3_finalize(to);
	sqlite3_free(sql);
}

static void
copy_table(const struct db *db, const char *table)
{
	char *sql = sql_over(db, "SELECT * FROM \"%w\" ORDER BY %s", table);
	sqlite3_stmt *st = prepare(db, db->h, sql);

	copy_rows(db, st, table);
	must(db, db->h, sqlite3_finalize(st), sql);
	sqlite3_free(sql);
}

static const char tables_sql[] =
    "SELECT name FROM sqlite_schema WHERE type = 'table' "
    "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";

/* The schema as it is in the file, then the rows. */
static void
fill(const struct db *db)
{
	struct shadow *s = db->shadow;
	sqlite3_stmt *st;

	if (s->h != NULL)
		must(db, s->h, sqlite3_close(s->h), "close");
	must(db, db->h, sqlite3_open_v2(":memory:", &s->h,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
	    NULL), "open");
	(void)sqlite3_db_config(s->h, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	(void)sqlite3_db_config(s->h, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
	st = prepare(db, db->h, "SELECT sql FROM sqlite_schema "
	    "WHERE type IN ('table', 'index') AND sql IS NOT NULL "
	    "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
	    "ORDER BY type DESC, name");	/* tables before indexes */
	exec(db, s->h, "BEGIN");
	while (sqlite3_step(st) == SQLITE_ROW)
		exec(db, s->h, (const char *)sqlite3_column_text(st, 0));
	(void)sqlite3_finalize(st);
	st = prepare(db, db->h, tables_sql);
	while (sqlite3_step(st) == SQLITE_ROW)
		copy_table(db, (const char *)sqlite3_column_text(st, 0));
	(void)sqlite3_finalize(st);
	exec(db, s->h, "COMMIT");
	s->stale = false;
	s->since_full = 0;
}

/* --- comparing --- */

static bool
same_value(sqlite3_stmt *a, sqlite3_stmt *b, int i)
{
	int type = sqlite3_column_type(a, i);
	const void *p, *q;
	int n;

	if (type != sqlite3_column_type(b, i))
		return false;
	if (type == SQLITE_INTEGER)
		return sqlite3_column_int64(a, i) ==
		    sqlite3_column_int64(b, i);
	p = sqlite3_column_blob(a, i);
	q = sqlite3_column_blob(b, i);
	n = sqlite3_column_bytes(a, i);
	return n == sqlite3_column_bytes(b, i) &&
	    (n == 0 || memcmp(p, q, (size_t)n) == 0);
}

static bool
same_rows(sqlite3_stmt *a, sqlite3_stmt *b)
{
	int n = sqlite3_column_count(a), ra, rb;

	if (n != sqlite3_column_count(b))
		return false;
	while ((ra = sqlite3_step(a)) == (rb = sqlite3_step(b)) &&
	    ra == SQLITE_ROW)
		for (int i = 0; i < n; i++)
			if (!same_value(a, b, i))
				return false;
	return ra == SQLITE_DONE && rb == SQLITE_DONE;
}

static void
compare_table(const struct db *db, const char *table)
{
	char *sql = sql_over(db, "SELECT * FROM \"%w\" ORDER BY %s", table);
	sqlite3_stmt *a = prepare(db, db->h, sql);
	sqlite3_stmt *b = prepare(db, db->shadow->h, sql);

	if (!same_rows(a, b))
		die(db, "the replayed changeset gives other rows", table);
	(void)sqlite3_finalize(a);
	(void)sqlite3_finalize(b);
	sqlite3_free(sql);
}

static void
compare_all(const struct db *db)
{
	sqlite3_stmt *st = prepare(db, db->h, tables_sql);

	while (sqlite3_step(st) == SQLITE_ROW)
		compare_table(db, (const char *)sqlite3_column_text(st, 0));
	(void)sqlite3_finalize(st);
}

static bool
is_large(const struct db *db, const char *table)
{
	char *sql = sqlite3_mprintf("SELECT count(*) > %d FROM (SELECT 1 FROM "
	    "\"%w\" LIMIT %d)", LARGE_TABLE, table, LARGE_TABLE + 1);
	sqlite3_stmt *st = prepare(db, db->h, sql);
	bool large = sqlite3_step(st) == SQLITE_ROW &&
	    sqlite3_column_int(st, 0) != 0;

	(void)sqlite3_finalize(st);
	sqlite3_free(sql);
	return large;
}

/* The tables the changeset names; a changeset groups its rows by table. */
static void
compare_touched(const struct db *db, const struct changeset *c)
{
	const char *table, *last = NULL;
	sqlite3_changeset_iter *it;
	int ncol, op, indirect;

	must(db, db->h, sqlite3changeset_start(&it, c->len, c->buf), "start");
	while (sqlite3changeset_next(it) == SQLITE_ROW) {
		must(db, db->h, sqlite3changeset_op(it, &table, &ncol, &op,
		    &indirect), "op");
		if (last != NULL && strcmp(last, table) == 0)
			continue;
		last = table;
		if (!is_large(db, table))
			compare_table(db, table);
	}
	must(db, db->h, sqlite3changeset_finalize(it), "changeset");
}

/* --- running --- */

/* One run of fn with what it changed. */
static int
record(struct db *db, db_fn *fn, void *arg, struct changeset *c,
    struct err *e)
{
	sqlite3_session *ses = NULL;
	int ret;

	must(db, db->h, sqlite3session_create(db->h, "main", &ses), "session");
	must(db, db->h, sqlite3session_attach(ses, NULL), "session");
	ret = fn(db, arg, e);
	if (ret == ERR_OK)
		must(db, db->h, sqlite3session_changeset(ses, &c->len,
		    &c->buf), "changeset");
	sqlite3session_delete(ses);
	return ret;
}

static int
conflict(void *arg, int why, sqlite3_changeset_iter *it)
{
	(void)arg;
	(void)why;
	(void)it;
	return SQLITE_CHANGESET_ABORT;
}

static void
replay(const struct db *db, const struct changeset *c)
{
	struct shadow *s = db->shadow;

	exec(db, s->h, "BEGIN");
	s->open_tx = true;
	if (sqlite3changeset_apply(s->h, c->len, c->buf, NULL, conflict,
	    NULL) != SQLITE_OK)
		die(db, "the changeset cannot be replayed",
		    sqlite3_errmsg(s->h));
	if (++s->since_full >= FULL_EVERY) {
		compare_all(db);
		s->since_full = 0;
	} else {
		compare_touched(db, c);
	}
}

/* Another connection has written: what the shadow holds is history. */
static void
catch_up(struct db *db)
{
	struct shadow *s = db->shadow;
	struct err e = { 0 };
	int64_t v;

	if (db_pragma_i64(db, "PRAGMA data_version", &v, &e) != ERR_OK)
		die(db, e.msg, "data_version");
	if (v != s->data_version || s->stale)
		fill(db);
	s->data_version = v;
}

int
shadow_run(struct db *db, db_fn *fn, void *arg, struct err *e)
{
	struct changeset first = { 0 }, second = { 0 };
	int ret;

	catch_up(db);
	if ((ret = db_exec(db, "SAVEPOINT shadow", e)) != ERR_OK)
		return ret;
	if ((ret = record(db, fn, arg, &first, e)) != ERR_OK)
		return ret;
	/* A full disk may have ended the transaction under an fn that does
	 * not look; db_tx finds that out. */
	if (sqlite3_get_autocommit(db->h))
		goto out;
	if ((ret = db_exec(db, "ROLLBACK TO shadow", e)) != ERR_OK ||
	    (ret = db_exec(db, "RELEASE shadow", e)) != ERR_OK)
		goto out;
	if ((ret = record(db, fn, arg, &second, e)) != ERR_OK ||
	    sqlite3_get_autocommit(db->h))
		goto out;
	if (first.len != second.len || (first.len > 0 &&
	    memcmp(first.buf, second.buf, (size_t)first.len) != 0))
		die(db, "the second run wrote something else: keys, random "
		    "bytes and the time are made before", "db_tx");
	replay(db, &second);
out:
	sqlite3_free(first.buf);
	sqlite3_free(second.buf);
	return ret;
}

void
shadow_end(struct db *db, bool committed)
{
	struct shadow *s = db->shadow;

	if (!s->open_tx)
		return;
	s->open_tx = false;
	exec(db, s->h, committed ? "COMMIT" : "ROLLBACK");
}

int
db_shadow_enable(struct db *db, struct err *e)
{
	if (db->mode == DB_READ || db->in_tx != DB_TX_NONE)
		return err_set(e, ERR_BADSTATE, "%s: shadow replay needs a "
		    "connection that writes, between transactions", db->name);
	if (db->shadow != NULL)
		return ERR_OK;
	if ((db->shadow = calloc(1, sizeof(*db->shadow))) == NULL)
		return err_set(e, ERR_NOMEM, "shadow");
	db->shadow->stale = true;	/* filled within the first transaction */
	return ERR_OK;
}

/* Both connections read the file at one moment: within a transaction. */
static void
compare_last(struct db *db)
{
	struct shadow *s = db->shadow;
	int64_t v;

	if (s->h == NULL || s->stale ||
	    db_exec(db, "BEGIN", NULL) != ERR_OK)
		return;
	if (db_pragma_i64(db, "PRAGMA data_version", &v, NULL) == ERR_OK &&
	    v == s->data_version)
		compare_all(db);
	(void)db_exec(db, "COMMIT", NULL);
}

void
shadow_free(struct db *db)
{
	if (db->shadow == NULL)
		return;
	compare_last(db);
	(void)sqlite3_close(db->shadow->h);
	free(db->shadow);
	db->shadow = NULL;
}
