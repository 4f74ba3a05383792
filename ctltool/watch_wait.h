/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What commands that look again and again share: their options, waiting that
 * a signal ends in order, and drawing over a terminal.
 */
#ifndef CTLTOOL_WATCH_WAIT_H
#define CTLTOOL_WATCH_WAIT_H

#include <signal.h>

#include "ctltool/ctl.h"

struct watch_wait {
	struct out	*o;
	int64_t		 interval_ms;
	int64_t		 count;		/* looks to show; 0: without end */
	bool		 once;
	bool		 screen;	/* drawn over and over */
	sigset_t	 stops;		/* signals that end it in order */
	sigset_t	 before;
};

/* From --interval, --count and --once.  ERR_ARG. */
int	watch_wait_options(struct watch_wait *w, struct ctl *c,
	    struct err *e);

/* Signals wait from here on, and count again after end. */
void	watch_wait_begin(struct watch_wait *w);
void	watch_wait_end(struct watch_wait *w);

int64_t	watch_wait_now(void);	/* ms, monotonic */
/* Until then; false when told to stop. */
bool	watch_wait_until(const struct watch_wait *w, int64_t at_ms);

/* One look as text, of whole lines: over the last one, or below it. */
void	watch_wait_show(const struct watch_wait *w, const char *text,
	    bool first);

#endif
