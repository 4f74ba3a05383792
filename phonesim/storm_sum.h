/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What became of a storm: counts, reasons, times.
 */
#ifndef PHONESIM_STORM_SUM_H
#define PHONESIM_STORM_SUM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "phonesim/sim.h"
#include "phonesim/storm_get.h"

#define STORM_REASONS_MAX	32	/* kinds told apart */

struct storm_reason {
	char		 text[ERR_MSG_MAX];
	uint64_t	 n;
};

struct storm_sum {
	uint64_t		 phones;	/* asked for */
	uint64_t		 started, done;
	uint64_t		 outcome[SIM_UNREACHABLE + 1];
	uint64_t		 failed;	/* for reasons of ours */
	uint64_t		 unverified;	/* trusted, but nothing checked */
	uint64_t		 files, bytes;	/* that came */
	int64_t			 ns;		/* from first start to end */
	bool			 interrupted;
	struct storm_counts	 counts;
	struct sim_tvs_counts	 tvs;
	struct sim_capf_counts	 capf;
	uint64_t		 decrypted;	/* configurations */
	uint32_t		*us;		/* of each boot that is done */
	struct storm_reason	 reason[STORM_REASONS_MAX];
	size_t			 nreason;
	uint64_t		 other;		/* reasons beyond those */
};

int	storm_sum_init(struct storm_sum *s, uint64_t phones, struct err *e);
void	storm_sum_clear(struct storm_sum *s);

/* A boot is over after us microseconds; r NULL: for a reason of ours. */
void	storm_sum_add(struct storm_sum *s, const char *device,
	    const struct sim_report *r, const char *why, uint64_t us);

/* Count why, with each device in it as NAME so that phones compare. */
void	storm_sum_reason(struct storm_sum *s, const char *device,
	    const char *why);

/* Put times in order; then the p-th percentile (nearest rank) in
 * microseconds, 0 when no boot is done. */
void	storm_sum_sort(struct storm_sum *s);
uint32_t storm_sum_percentile(const struct storm_sum *s, unsigned p);

#endif
