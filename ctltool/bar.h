/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A bar that shows how far a command is, where somebody looks on.
 */
#ifndef CTLTOOL_BAR_H
#define CTLTOOL_BAR_H

#include "base/clock.h"
#include "ctltool/out.h"

struct bar {
	struct out		*o;
	const struct clock	*clk;
	const char		*unit;		/* "rows": "120 rows/s" */
	bool			 on;		/* stderr is a terminal */
	bool			 drawn;
	int64_t			 began_ms;
};

void	bar_init(struct bar *b, struct out *o, const struct clock *clk,
	    const char *unit);
/* done of total; n counts units. */
void	bar_draw(struct bar *b, int64_t done, int64_t total, int64_t n);
/* Before another line, and at the end. */
void	bar_wipe(struct bar *b);

#endif
