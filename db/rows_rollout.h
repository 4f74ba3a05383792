/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of roll-outs: one certificate operation for many phones, in batches
 * (trust/rollout.h).  Change rows: kind "rollout", key its id.
 */
#ifndef DB_ROWS_ROLLOUT_H
#define DB_ROWS_ROLLOUT_H

#include "db/rows.h"

#define ROLLOUT_ID_MAX	32
#define ROLLOUT_WHY_MAX	255

enum rollout_state {
	ROLLOUT_RUNNING,
	ROLLOUT_PAUSED,		/* by errors; rollout_resume() */
	ROLLOUT_DONE,
	ROLLOUT_CANCELLED,
	ROLLOUT_STATE_N
};
extern const char *const rollout_state_name[ROLLOUT_STATE_N];

struct row_rollout {
	char		 id[ROLLOUT_ID_MAX + 1];
	char		 operation[32];		/* word of the setting */
	int64_t		 batch;			/* 0: all at once */
	int64_t		 pause_on_errors;	/* 0: never */
	int64_t		 completes_by;		/* 0: the parameter's, from
						 * when each phone is asked */
	enum rollout_state state;
	int64_t		 errors;		/* since it was started or
						 * resumed */
	char		 account[64];
	int64_t		 created_at, changed_at;
};
int	row_rollout_put(struct db *db, const struct row_rollout *r,
	    struct err *e);
int	row_rollout_get(struct db *db, const char *id, struct row_rollout *r,
	    struct err *e);
/* Oldest first; state -1: any.  *rows is the caller's (free()). */
int	row_rollout_list(struct db *db, int state, struct row_rollout **rows,
	    size_t *n, struct err *e);

enum rollout_phone_state {
	ROLLOUT_WAITING,	/* for its batch */
	ROLLOUT_ASKED,		/* its file says so */
	ROLLOUT_PHONE_DONE,
	ROLLOUT_FAILED,
	ROLLOUT_PHONE_STATE_N
};
extern const char *const rollout_phone_state_name[ROLLOUT_PHONE_STATE_N];

struct row_rollout_phone {
	char		 rollout[ROLLOUT_ID_MAX + 1];
	int64_t		 position;		/* 1, 2, ... */
	char		 phone[PHONE_NAME_MAX + 1];
	enum rollout_phone_state state;
	int64_t		 changed_at;
	char		 why[ROLLOUT_WHY_MAX + 1];	/* failed before it
						 * was asked; "" */
};
/* Insert or replace; no change row of its own: whoever changes several puts
 * the roll-out's row. */
int	row_rollout_phone_put(struct db *db,
	    const struct row_rollout_phone *p, struct err *e);
/* Of a roll-out in order of position; state -1: any; at most max (0: all).
 * *rows is the caller's (free()). */
int	row_rollout_phone_list(struct db *db, const char *rollout, int state,
	    size_t max, struct row_rollout_phone **rows, size_t *n,
	    struct err *e);
/* Where a phone is in roll-outs that are not done or cancelled, in order of
 * their ids; *rows is the caller's (free()). */
int	row_rollout_phone_of(struct db *db, const char *phone,
	    struct row_rollout_phone **rows, size_t *n, struct err *e);
int	row_rollout_phone_count(struct db *db, const char *rollout,
	    int64_t n[ROLLOUT_PHONE_STATE_N], struct err *e);

#endif
