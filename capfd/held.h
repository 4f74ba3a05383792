/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which of the engine's questions wait for a database that another process is
 * writing, and for how long.
 */
#ifndef CAPFD_HELD_H
#define CAPFD_HELD_H

#include "capfd/wire.h"

/* Of one try at the database: the process that asks looks up in between. */
#define HELD_TRY_MS	1000
#define HELD_REST_MS	20	/* between two, for others that write */

/*
 * Is a, that came at since_ms, kept for another try?  For patience_ms, as its
 * session waits no longer; but that an owner has done what was asked of him
 * for ever: he does not say it again.
 */
bool	held_keep(const struct wire_ask *a, int64_t since_ms, int64_t now_ms,
	    int64_t patience_ms);

#endif
