/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What watch rollout shows: how far a roll-out is, and its phones that are at
 * it or failed.
 */
#ifndef CTLTOOL_WATCH_ROLLOUT_H
#define CTLTOOL_WATCH_ROLLOUT_H

#include <stdio.h>

#include <jansson.h>

#include "db/rows_capf.h"
#include "trust/rollout.h"

#define ROLLOUT_ROWS_MAX	1000	/* phones of each state */

struct rollout_row {
	struct row_rollout_phone p;
	enum capf_step		 step;
	int64_t			 tries;
	char			 why[CAPF_REASON_MAX + 1];	/* or "" */
};

struct rollout_look {
	struct rollout_view	 v;
	struct rollout_row	*row;	/* asked ones, then failed ones */
	size_t			 n;
};

/* id NULL: the newest that runs or is paused, else the newest.  observed may
 * be NULL.  rollout_look_clear() it.  ERR_NOTFOUND, with the cure. */
int	rollout_look(struct rollout_look *l, struct db *db,
	    struct db *observed, const char *id, struct err *e);
void	rollout_look_clear(struct rollout_look *l);

/* Nothing will happen any more. */
bool	rollout_look_over(const struct rollout_look *l);

/* For people, several lines; NULL when out of memory. */
void	rollout_look_text(const struct rollout_look *l, FILE *to);
json_t	*rollout_look_json(const struct rollout_look *l);

#endif
