/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A storm: many simulated phones boot at once in one event loop.
 */
#ifndef PHONESIM_STORM_H
#define PHONESIM_STORM_H

#include "phonesim/storm_get.h"
#include "phonesim/storm_sum.h"

#define STORM_FLIGHT	1000	/* phones that boot at the same time */

struct storm_opts {
	struct storm_names	 names;
	uint64_t		 count;
	uint64_t		 rate;		/* starts a second, 0: no bound */
	unsigned		 lossy;		/* percent */
	uint64_t		 seed;
	const char *const	*server;	/* as said */
	struct net_addr		*addr;		/* of each server */
	size_t			 nserver;
	enum sim_transport	 transport;	/* SIM_HTTP or SIM_TFTP */
	const char		*state;		/* NULL: remember nothing */
	const struct clock	*clock;
	const struct sim_enrol	*enrol;		/* NULL: they know no CAPF */
	const struct sim_enrol	*fails;		/* of those that fail: */
	uint64_t		 failing;	/* so many, spread evenly */
	const char		*key_pool;	/* folder of keys, by the name
						 * of the phone: what is there
						 * is taken, what is made goes
						 * there; NULL: none */
	/* Called each second, NULL: never. */
	void			(*progress)(void *arg,
				    const struct storm_sum *s);
	void			*progress_arg;
};

/*
 * Until all phones are done, or SIGINT or SIGTERM came (both are blocked
 * meanwhile).  sum from storm_sum_init.  Errors are of the loop's and of
 * start-up; what befalls a phone is in sum.
 */
int	storm_run(const struct storm_opts *o, struct storm_sum *sum,
	    struct err *e);

#endif
