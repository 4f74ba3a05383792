/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What phone list can show, sort by and filter by: columns and patterns over
 * phones' rows and the values of their settings.
 */
#ifndef CTLTOOL_PHONE_COLUMN_H
#define CTLTOOL_PHONE_COLUMN_H

#include "ctltool/ctl.h"
#include "trust/profile.h"

#define PHONE_COLS_MAX	16	/* of one list */

enum phone_list_column {
	LIST_NAME,
	LIST_MODEL,
	LIST_PROTOCOL,
	LIST_PROFILE,
	LIST_DESCRIPTION,
	LIST_CONFIG,
	LIST_ORIGIN,
	LIST_CREATED,
	LIST_CHANGED,
	LIST_SEEN,
	LIST_PLAIN,
	LIST_LSC,
	LIST_SETTING,		/* + enum setting_id */
};

struct phone_cols {
	int	 col[PHONE_COLS_MAX];
	bool	 down[PHONE_COLS_MAX];	/* "-name": descending */
	size_t	 n;
};

/* "name,-changed,web-access"; down_ok: a '-' before is taken.  ERR_ARG names
 * the columns there are. */
int	phone_cols_parse(struct phone_cols *c, const char *text, bool down_ok,
	    struct err *e);
bool	phone_cols_have(const struct phone_cols *c, int col);
/* One of them is a setting. */
bool	phone_cols_settings(const struct phone_cols *c);

/* "NAME", "WEB-ACCESS"; and how many characters a line has for it. */
void	phone_col_title(int col, char *out, size_t outlen);
int	phone_col_width(int col);

/* A phone to be listed; x only where settings are asked for. */
struct phone_cell {
	const struct row_phone		*p;
	const struct phone_effective	*x;	/* NULL: not loaded */
	int64_t				 seen;	/* 0: never */
	int64_t				 plain_until;	/* 0: it is not */
	bool				 plain_secrets;
	int64_t				 lsc;	/* when it ends; 0: none */
};
#define PHONE_CELL_MAX	512
/* The value as a line shows it, control characters made visible. */
void	phone_col_text(const struct phone_cell *cell, int col,
	    char out[PHONE_CELL_MAX]);

#endif
