/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * observed.db: which alarms this node has raised, what its channels have not
 * taken yet, and how these are.  What writes runs within a transaction on
 * observed.db.
 */
#ifndef DB_OBSERVED_ALARM_H
#define DB_OBSERVED_ALARM_H

#include "db/db.h"

#define ALARM_KIND_MAX	31
#define ALARM_KEY_MAX	255
#define ALARM_LINE_MAX	511
#define ALARM_JSON_MAX	4095
#define ALARM_WHY_MAX	319

/* --- raised --- */
struct alarm_mark {
	char	 key[ALARM_KEY_MAX + 1];
	int64_t	 threshold;
	int64_t	 at;
};
/* *at 0: not yet. */
int	observed_alarm_get(struct db *db, const char *kind, const char *key,
	    int64_t threshold, int64_t *at, struct err *e);
int	observed_alarm_put(struct db *db, const char *kind, const char *key,
	    int64_t threshold, int64_t at, struct err *e);
/* ORDER BY key, threshold; *rows is the caller's (free()). */
int	observed_alarm_list(struct db *db, const char *kind,
	    struct alarm_mark **rows, size_t *n, struct err *e);
/* All thresholds; what is not there is no error. */
int	observed_alarm_remove(struct db *db, const char *kind,
	    const char *key, struct err *e);

/* --- not yet taken by a channel --- */
struct alarm_due {
	char	 kind[ALARM_KIND_MAX + 1];
	char	 key[ALARM_KEY_MAX + 1];
	int64_t	 threshold;
	int64_t	 at;
	char	 line[ALARM_LINE_MAX + 1];
	char	 json[ALARM_JSON_MAX + 1];
};
/* The same one again takes the place of the older. */
int	observed_due_put(struct db *db, const char *channel,
	    const struct alarm_due *d, struct err *e);
/* Oldest first, at most max; *rows is the caller's (free()). */
int	observed_due_list(struct db *db, const char *channel, size_t max,
	    struct alarm_due **rows, size_t *n, struct err *e);
int	observed_due_count(struct db *db, const char *channel, int64_t *n,
	    struct err *e);
/* Exactly this one: not one that was put again since. */
int	observed_due_remove(struct db *db, const char *channel,
	    const struct alarm_due *d, struct err *e);
int	observed_due_clear(struct db *db, const char *channel,
	    struct err *e);

/* --- channels --- */
struct alarm_state {
	int64_t	 ok_at;			/* 0: never */
	int64_t	 failed_at;		/* the newest; 0: never */
	int64_t	 failures;		/* since the last that went well */
	char	 why[ALARM_WHY_MAX + 1];	/* of the newest */
};
int	observed_channel_put(struct db *db, const char *channel,
	    const struct alarm_state *s, struct err *e);
/* All zero when nothing was tried. */
int	observed_channel_get(struct db *db, const char *channel,
	    struct alarm_state *s, struct err *e);
int	observed_channel_remove(struct db *db, const char *channel,
	    struct err *e);

#endif
