/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * --dry-run: a command within a transaction that is rolled back, and what the
 * transaction would have changed.
 */
#ifndef CTLTOOL_REHEARSE_H
#define CTLTOOL_REHEARSE_H

#include "ctltool/ctl.h"

/* Run the handler of a command that writes, roll back, tell the effect. */
int	rehearse(struct ctl *c, struct err *e);

/* --- the pieces, for batches --- */

struct effect {
	int64_t	 seq;		/* newest change before */
	uint8_t	 itl[32];	/* SHA-256 of the ITL before */
	bool	 have_itl;
};

/* Within the transaction, before anything else. */
int	effect_begin(struct effect *ef, struct db *db, struct err *e);

/* At its end: says what has changed since, as text and for the envelope. */
int	effect_tell(const struct effect *ef, struct db *db, struct out *o,
	    struct err *e);

#endif
