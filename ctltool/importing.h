/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What all imports of files with many lines have in common: bad lines are told
 * as they come, how far it is on a terminal, a line in the audit log with the
 * last transaction, and how it ended.
 */
#ifndef CTLTOOL_IMPORTING_H
#define CTLTOOL_IMPORTING_H

#include "ctltool/bar.h"
#include "ctltool/ctl.h"
#include "trust/phone_import.h"

struct importing {
	struct ctl		*c;
	const char		*file;	/* as typed */
	const char		*what;	/* "phones" */
	struct bar		 bar;
	int64_t			 began_ms, now;
	const struct phone_import *res;	/* borrowed: what is in */
	json_t			*bad;
	int64_t			 nbad;
};

/* importing_clear() it.  calls: bad, progress, end, arg and rng are set. */
void	importing_init(struct importing *im, struct ctl *c, const char *what,
	    const struct phone_import *res, struct phone_import_calls *calls);
void	importing_clear(struct importing *im);

/*
 * ret is what the import returned, with e.  Says what is in and what failed,
 * and decides the exit status.  Does nothing more than wiping the bar when
 * nothing was read.
 */
int	importing_end(struct importing *im, int ret, struct err *e);

#endif
