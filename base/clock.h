/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The only reader of clocks.  A clock is a parameter: programs pass
 * clock_system(), tests a struct clock of their own.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#include "base/err.h"

struct clock {
	/* Nanoseconds since 1970-01-01 00:00 UTC / since an arbitrary point. */
	int64_t	(*wall_ns)(void *arg);
	int64_t	(*mono_ns)(void *arg);
	void	*arg;
};

/* The system's clocks, wall time moved by clock_set_offset. */
const struct clock	*clock_system(void);

/*
 * Move the system wall clock as seen by this process by s seconds
 * (--time-offset; only on states made with node init --test).  Call before
 * threads start.
 */
void	clock_set_offset(int64_t s);

/*
 * The clock for ages of files.  Wall time is the one that the kernel stamps
 * files with, moved by nothing of ours: it stands still between ticks, so what
 * happens from now on is stamped with this time or a later one.
 */
const struct clock	*clock_file(void);

int64_t	clock_wall_ns(const struct clock *c);
int64_t	clock_wall_s(const struct clock *c);
int64_t	clock_mono_ns(const struct clock *c);
int64_t	clock_mono_ms(const struct clock *c);

#define CLOCK_RFC3339_LEN	21	/* "2026-11-21T10:54:31Z" and NUL */

/* Unix seconds as RFC 3339 in UTC; years 1 to 9999, else "-". */
void	clock_rfc3339(int64_t unix_s, char out[CLOCK_RFC3339_LEN]);

/* The reverse, "Z" only.  ERR_ARG when malformed. */
int	clock_rfc3339_parse(const char *s, int64_t *unix_s, struct err *e);

#endif
