/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of anchors share, see anchors.h.
 */
#ifndef TRUST_ANCHORS_PART_H
#define TRUST_ANCHORS_PART_H

#include "trust/anchors.h"

/* Certificates and their units from db, which is borrowed. */
struct verifier_source	 anchors_source(struct db *db);

/* --- anchors_thread.c, for anchors_loop.c --- */

/* The newest snapshot (the caller's reference) when its number is not *made;
 * moves *made and tells the newest change that is in it.  NULL: no newer. */
struct cert_store	*anchors_newer(struct anchors *a, uint64_t *made,
			    int64_t *seq);

/* A snapshot with this change is wanted (-1: one that begins from now on):
 * the number of the first that will have it; 0 when there is one already. */
uint64_t		 anchors_want(struct anchors *a, int64_t seq);
int			 anchors_statefd(const struct anchors *a);

#endif
