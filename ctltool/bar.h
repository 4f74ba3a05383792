/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * How far a long command has come, on a terminal that stderr is.
 */
#ifndef CTLTOOL_BAR_H
#define CTLTOOL_BAR_H

#include "ctltool/out.h"

struct bar {
	struct out	*out;
	bool		 on;		/* stderr is a terminal */
	bool		 drawn;
};

struct bar	 bar_of(struct out *o);

/* Draws it over the last one, with a text behind it; total 0: nothing. */
void		 bar_draw(struct bar *b, int64_t done, int64_t total,
		    const char *fmt, ...)
		    __attribute__((format(printf, 4, 5)));

/* Before any other line, and at the end. */
void		 bar_wipe(struct bar *b);

#endif
