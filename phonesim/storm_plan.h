/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a storm is made of: names that count up, starts spread over time,
 * losses by a seed.  Pure functions.
 */
#ifndef PHONESIM_STORM_PLAN_H
#define PHONESIM_STORM_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define STORM_FIRST	"SEP001122330000"
#define STORM_COUNT_MAX	10000000

/* --- names --- */

/*
 * The hexadecimal digits at the end of a name, twelve at most, are a number
 * that counts up with all its digits.
 */
struct storm_names {
	char		head[DEVICE_NAME_MAX + 1];	/* before the number */
	uint64_t	first;
	int		digits;
	bool		lower;		/* a-f as in the first name */
};

/* first as from str_device_name.  ERR_ARG: it ends in no such digit, or its
 * digits do not reach for count names. */
int	storm_names_init(struct storm_names *n, const char *first,
	    uint64_t count, struct err *e);

/* The name of phone i, counted from 0, below count. */
void	storm_name(const struct storm_names *n, uint64_t i,
	    char out[DEVICE_NAME_MAX + 1]);

/* --- starts --- */

/* How many phones may have been started by now_ns when the first one was at
 * start_ns; at most rate a second, without bound when rate is 0. */
uint64_t storm_due(int64_t start_ns, uint64_t rate, int64_t now_ns);

/* --- failures --- */

/* Is phone i of count one of those that fail: failing of them, spread
 * evenly? */
bool	storm_fails(uint64_t i, uint64_t count, uint64_t failing);

/* --- losses --- */

/* One phone's luck: the same seed and phone lose the same datagrams. */
struct storm_luck {
	uint64_t	state;
	unsigned	percent;
};

struct storm_luck	storm_luck_of(uint64_t seed, uint64_t phone,
			    unsigned percent);
bool	storm_lost(struct storm_luck *l);

#endif
