/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * How far a command is, see bar.h.
 */
#include <inttypes.h>
#include <unistd.h>

#include "ctltool/bar.h"

#define BAR_WIDTH	40

void
bar_init(struct bar *b, struct out *o, const struct clock *clk,
    const char *unit)
{
	*b = (struct bar){ .o = o, .clk = clk, .unit = unit,
	    .on = isatty(STDERR_FILENO), .began_ms = clock_mono_ms(clk) };
}

void
bar_draw(struct bar *b, int64_t done, int64_t total, int64_t n)
{
	int64_t ms = clock_mono_ms(b->clk) - b->began_ms;
	int filled;

	if (!b->on || total <= 0)
		return;
	filled = (int)(done * BAR_WIDTH / total);
	out_progress(b->o, "\r[%.*s%*s] %3d%% %" PRId64 " %s/s ", filled,
	    "########################################", BAR_WIDTH - filled,
	    "", (int)(done * 100 / total), n * 1000 / (ms > 0 ? ms : 1),
	    b->unit);
	b->drawn = true;
}

void
bar_wipe(struct bar *b)
{
	if (b->drawn)
		out_progress(b->o, "\r\033[K");
	b->drawn = false;
}
