/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Seeing changes: the data version and the change rows.  See db.h.
 */
#include <string.h>

#include "db/query.h"

/*
 * The index of a WAL file begins with two copies of a header that says what
 * was committed last (SQLite, "WAL-mode File Format", section 2.1).  It lies
 * in memory that all connections share, and a commit has changed both copies
 * before it returns.
 */
#define INDEX_REGION	32768		/* bytes that SQLite maps at a time */
#define INDEX_VERSION	3007000		/* the first word of what we know */

static const volatile uint32_t *
index_header(const struct db *db)
{
	sqlite3_file *f = NULL;
	volatile void *p = NULL;
	int rc;

	/* Mapped already, as the connection has read in WAL mode, which it
	 * cannot leave: this looks it up. */
	if (!db->wal || sqlite3_file_control(db->h, "main",
	    SQLITE_FCNTL_FILE_POINTER, &f) != SQLITE_OK || f == NULL ||
	    f->pMethods == NULL || f->pMethods->iVersion < 2)
		return NULL;
	rc = f->pMethods->xShmMap(f, 0, INDEX_REGION, 0, &p);
	return rc == SQLITE_OK || rc == SQLITE_READONLY ? p : NULL;
}

/*
 * False when nothing was committed since the last call, for the price of
 * looking at memory: PRAGMA data_version takes two locks of the file.  A
 * header that is being written differs from every whole one, so what is kept
 * of it makes the next call look again.
 */
static bool
index_moved(struct db *db)
{
	const volatile uint32_t *p = index_header(db);
	uint32_t now[DB_INDEX_WORDS];

	if (p == NULL)
		return true;
	for (size_t i = 0; i < DB_INDEX_WORDS; i++)
		now[i] = p[i];
	if (now[0] == INDEX_VERSION &&
	    memcmp(now, db->index, sizeof(now)) == 0)
		return false;
	memcpy(db->index, now, sizeof(now));
	return true;
}

int
db_others(struct db *db, int64_t *v, struct err *e)
{
	struct q q = q_begin(db, SQL_DATA_VERSION, e);

	*v = 0;
	if (q_row(&q))
		*v = q_col_i64(&q, 0);
	return q_end(&q);
}

bool
db_changed(struct db *db)
{
	int64_t v = db->data_version;
	bool changed;
	struct q q;

	if (!index_moved(db))
		return false;
	q = q_begin(db, SQL_DATA_VERSION, NULL);
	if (q_row(&q))
		v = q_col_i64(&q, 0);
	/* No answer, or that of a transaction which began before the commit:
	 * ask the next time too. */
	if (q_end(&q) != ERR_OK || sqlite3_txn_state(db->h, "main") !=
	    SQLITE_TXN_NONE)
		memset(db->index, 0, sizeof(db->index));
	changed = v != db->data_version;
	db->data_version = v;
	return changed;
}

int
db_change_add(struct db *db, const char *kind, const char *key,
    struct err *e)
{
	struct q q = q_begin(db, SQL_CHANGE_ADD, e);
	int ret;

	q_text(&q, 1, kind);
	q_text(&q, 2, key);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	q = q_begin(db, SQL_CHANGE_TRIM, e);
	q_i64(&q, 1, DB_CHANGE_MAX);
	return q_run(&q);
}

struct since {
	int64_t		*seq;
	bool		*trimmed;
	db_change_fn	*fn;
	void		*arg;
};

static int
last_change(struct db *db, int64_t *last, struct err *e)
{
	struct q q = q_begin(db, SQL_CHANGE_LAST, e);

	if (q_row(&q))
		*last = q_col_i64(&q, 0);
	return q_end(&q);
}

/*
 * Numbers have no gaps and only the oldest rows go, so rows are missing
 * exactly when the first one past *seq is not *seq + 1, or when *seq is
 * ahead of the file (an older copy was restored).
 */
static int
changes(struct db *db, void *arg, struct err *e)
{
	char kind[32], key[160];
	struct since *s = arg;
	int64_t last = 0, seq, next = *s->seq + 1;
	struct q q;
	int ret;

	if ((ret = last_change(db, &last, e)) != ERR_OK)
		return ret;
	*s->trimmed = *s->seq < 0 || *s->seq > last;
	q = q_begin(db, SQL_CHANGE_SINCE, e);
	q_i64(&q, 1, *s->seq);
	while (!*s->trimmed && q_row(&q)) {
		seq = q_col_i64(&q, 0);
		q_col_text(&q, 1, kind, sizeof(kind));
		q_col_text(&q, 2, key, sizeof(key));
		if (seq != next++)
			*s->trimmed = true;
		else if (q.ret == ERR_OK)
			s->fn(s->arg, kind, key);
	}
	if ((ret = q_end(&q)) == ERR_OK)
		*s->seq = last;
	return ret;
}

int
db_changes(struct db *db, int64_t *seq, bool *trimmed, db_change_fn *fn,
    void *arg, struct err *e)
{
	struct since s = {
		.seq = seq, .trimmed = trimmed, .fn = fn, .arg = arg,
	};

	if (db->in_tx != DB_TX_NONE)
		return changes(db, &s, e);
	return db_read_tx(db, changes, &s, e);
}
