/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * How far a long command has come, see bar.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "ctltool/bar.h"

#define WIDTH	40

struct bar
bar_of(struct out *o)
{
	return (struct bar){ .out = o, .on = isatty(STDERR_FILENO) };
}

void
bar_draw(struct bar *b, int64_t done, int64_t total, const char *fmt, ...)
{
	char text[80];
	int filled;
	va_list ap;

	if (!b->on || total <= 0)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	filled = (int)(done * WIDTH / total);
	out_progress(b->out, "\r[%.*s%*s] %3d%% %s ", filled,
	    "########################################", WIDTH - filled, "",
	    (int)(done * 100 / total), text);
	b->drawn = true;
}

void
bar_wipe(struct bar *b)
{
	if (b->drawn)
		out_progress(b->out, "\r\033[K");
	b->drawn = false;
}
