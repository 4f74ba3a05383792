/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What watch tftp shows: two looks at tftpd's statistics, and what happened
 * between them.
 */
#ifndef CTLTOOL_WATCH_H
#define CTLTOOL_WATCH_H

#include <stdio.h>

#include <jansson.h>

#include "trust/stats.h"

struct watch_look {
	struct stats_view	v;
	int64_t			mono_ms, wall_us;	/* when */
};

struct watch_row {
	const struct stats_transfer	*t;	/* of the later look */
	uint64_t			 rate;	/* bytes/s */
};

struct watch {
	const struct watch_look	*now;
	int64_t			 ms;	/* since the look before */
	struct stats_view	 d;	/* counters: what they grew by; the
					 * rest is not filled */
	struct watch_row	*row;	/* the fastest first */
	uint64_t		 unlisted;	/* live, beyond those in row */
};

/*
 * before and now are borrowed.  Of an engine that was started between them
 * everything counts.  ERR_NOMEM.
 */
int	watch_compare(struct watch *w, const struct watch_look *before,
	    const struct watch_look *now, struct err *e);
void	watch_clear(struct watch *w);

/* For people, several lines; names made visible. */
void	watch_text(const struct watch *w, FILE *to);

/* The same text, of whole lines, on a terminal of these lines and columns, over
 * what it showed before. */
void	watch_screen(const char *text, unsigned lines, unsigned columns,
	    FILE *to);

/* NULL when out of memory. */
json_t	*watch_json(const struct watch *w);

/* How long since then, in us: 0 for what cannot be, as the file is not
 * believed. */
int64_t	watch_age(const struct watch *w, int64_t started_us);

/* Sums over transports and results. */
uint64_t	watch_sum(const uint64_t n[STATS_NVIA]);
uint64_t	watch_ended(const struct stats_view *v, enum stats_result r);

/* True for what keeps a file from a phone that could have had it. */
bool		watch_is_failure(enum stats_result r);

/* Seconds as given, "1" or "0.25", in ms; from 0.1 to 3600.  ERR_ARG. */
int	watch_interval(const char *s, int64_t *ms, struct err *e);

#endif
