/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * SQL of the administrator's own, over copies: tables in memory that the
 * caller fills, and one SELECT on them.  The node's databases are not open in
 * that connection, so what was not put in cannot be read, whatever the
 * statement says; and nothing that it does lasts.
 */
#ifndef DB_VIEW_H
#define DB_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define VIEW_SQL_MAX	8192		/* bytes of a statement */
#define VIEW_COLUMNS_MAX	64	/* of a table and of a result */
#define VIEW_ROWS_MAX	1000000		/* of a result */
#define VIEW_BYTES_MAX	(256u << 20)	/* of a result */
#define VIEW_TIME_MAX_MS	10000	/* a statement may take */
#define VIEW_VALUE_MAX	(1u << 20)	/* bytes of one value */

struct view;

/* An empty one; NULL with e filled (ERR_NOMEM). */
struct view	*view_new(struct err *e);
void		 view_free(struct view *v);

/*
 * Make a table; columns in SQL ("name TEXT, enum INTEGER"), from the program
 * and never from outside.  It stays the one that rows go to.
 */
int		 view_table(struct view *v, const char *name,
		    const char *columns, struct err *e);

/* A value of a row: text (NULL: NULL) or, with text NULL and number set, a
 * number. */
struct view_value {
	const char	*text;
	int64_t		 number;
	bool		 is_number;
};
#define VIEW_TEXT(s)	((struct view_value){ .text = (s) })
#define VIEW_NUMBER(n)	((struct view_value){ .number = (n), \
			    .is_number = true })

/* Add a row to the newest table; n is its number of columns. */
int		 view_row(struct view *v, const struct view_value *values,
		    size_t n, struct err *e);

/*
 * Run one SELECT (a WITH before it is fine).  head is told the columns' names
 * once, also when no row follows; row each row's values as text, NULL for
 * NULL.  A callback that returns another than ERR_OK ends it with that.
 * ERR_ARG: not one statement, syntax, unknown table or column, anything but
 * reading; ERR_LIMIT: too long, too many rows or columns, too slow.
 */
typedef int	view_fn(void *arg, const char *const *text, size_t n,
		    struct err *e);
int		 view_query(struct view *v, const char *sql, view_fn *head,
		    view_fn *row, void *arg, struct err *e);

#endif
