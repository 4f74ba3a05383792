/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The parameters that tvsd reads.
 */
#ifndef TVSD_TUNING_H
#define TVSD_TUNING_H

#include "db/params.h"
#include "trust/msg_loop.h"

/* *ring: questions kept per device. */
int	tuning_load(struct msg_tuning *t, int64_t *ring, struct db *db,
	    const char *node, struct err *e);

#endif
