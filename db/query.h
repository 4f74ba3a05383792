/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Running one statement of the table.  The first failure sticks, as in
 * struct rd, so a caller binds, steps and reads without looking, and checks
 * what q_end or q_run returns.
 *
 *	struct q q = q_begin(db, SQL_NODE_GET, e);
 *
 *	q_text(&q, 1, name);
 *	if (q_row(&q))
 *		n->joined_at = q_col_i64(&q, 0);
 *	return q_end(&q);
 */
#ifndef DB_QUERY_H
#define DB_QUERY_H

#include "db/internal.h"

struct q {
	struct db	*db;
	sqlite3_stmt	*st;	/* borrowed from db */
	struct err	*e;
	int		 ret;	/* first error, ERR_OK while sound */
	bool		 found;	/* q_row has given a row */
};

/*
 * The statement, reset and without values.  ERR_BADSTATE when it writes and
 * no write transaction is open, or when it is running already.
 */
struct q	 q_begin(struct db *db, enum sql_id id, struct err *e);

/* Values, numbered from 1; borrowed until q_end.  NULL text binds NULL. */
void		 q_text(struct q *q, int i, const char *s);
void		 q_i64(struct q *q, int i, int64_t v);
void		 q_blob(struct q *q, int i, const void *p, size_t n);

/* The next row; false at the end and after a failure. */
bool		 q_row(struct q *q);

/* Reset and let go of the values; the first error. */
int		 q_end(struct q *q);

/* q_end, but ERR_NOTFOUND when there was no row: "WHAT is not there". */
int		 q_end_found(struct q *q, const char *what);

/* ret, with ERR_NOTFOUND said again as "WHAT NAME is not there". */
int		 q_not_there(int ret, const char *what, const char *name,
		    struct err *e);

/* Step to the end and q_end. */
int		 q_run(struct q *q);

/* Columns, numbered from 0.  What does not fit is ERR_LIMIT, a blob of
 * another length than exactly n ERR_IO. */
int64_t		 q_col_i64(struct q *q, int i);
void		 q_col_text(struct q *q, int i, char *buf, size_t buflen);
void		 q_col_fixed(struct q *q, int i, void *buf, size_t n);
void		 q_col_bytes(struct q *q, int i, void *buf, size_t max,
		    size_t *len);
/* The number of a text in a table of n words; none of them: ERR_IO. */
size_t		 q_col_word(struct q *q, int i, const char *const *words,
		    size_t n);
/* Fresh memory; NULL text stays NULL. */
void		 q_col_dup(struct q *q, int i, char **s);
void		 q_col_blob(struct q *q, int i, uint8_t **p, size_t *len);

/* Room in *rows for row number n (counted from 0) of size bytes, zeroed. */
bool		 q_grow(struct q *q, void **rows, size_t n, size_t size);

/*
 * q_end for a list: after a failure p is released and *n is 0, else p becomes
 * *rows (NULL only when there are none).
 */
int		 q_end_rows(struct q *q, void *p, void **rows, size_t *n);

#endif
