/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Time and random bytes that are the same when a handler runs again.
 */
#ifndef CTLTOOL_REPLAY_H
#define CTLTOOL_REPLAY_H

#include "base/clock.h"
#include "crypt/rng.h"

struct replay {
	struct clock		 clk;	/* stands still */
	struct rng		 rng;	/* gives the same again after rewind */
	const struct rng	*source;
	int64_t			 wall_ns, mono_ns;
	uint8_t			*tape;
	size_t			 len, cap, at;
};

/* The moment of clk; random bytes come from source at first. */
void	replay_init(struct replay *r, const struct clock *clk,
	    const struct rng *source);
void	replay_rewind(struct replay *r);
/* Wipes the tape. */
void	replay_clear(struct replay *r);

#endif
