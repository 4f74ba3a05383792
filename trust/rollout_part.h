/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What starting and going on share.  See rollout.h.
 */
#ifndef TRUST_ROLLOUT_PART_H
#define TRUST_ROLLOUT_PART_H

#include "trust/rollout.h"

/* What follows for r, which is written; wait: not before nobody of the batch
 * before is outstanding. */
int	rollout_step(struct db *db, struct row_rollout *r, bool wait,
	    int64_t now, int64_t *asked, struct err *e);

#endif
