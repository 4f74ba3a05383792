/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a daemon that runs listens on, from run/NAME.listen.
 */
#ifndef CTLTOOL_LISTEN_TEXT_H
#define CTLTOOL_LISTEN_TEXT_H

#include <stdbool.h>

#include "ctltool/out.h"

/*
 * A line for each kind, and a warning for each socket that could not be
 * opened.  JSON array of all, JSON null when the daemon does not run or it
 * cannot be seen.
 */
json_t	*listen_text(struct out *o, int statefd, const char *daemon,
	    bool running);

#endif
