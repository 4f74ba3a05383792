/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones that may have lost the key that their files are encrypted for: they,
 * or somebody under their name, came to CAPF of this node while nothing was
 * asked of them.  Kept until an operation of the phone ends well, until it
 * shows that it has its key, or until an administrator takes it back.
 */
#ifndef TRUST_CAPF_UNASKED_H
#define TRUST_CAPF_UNASKED_H

#include "db/rows_capf.h"
#include "trust/device_key.h"
#include "trust/profile.h"

/* The visits to one phone's name that still mean something: u->visits 0 when
 * there are none, its files are not encrypted, or it has had its certificate
 * since. */
int	capf_unasked_of(struct db *db, struct db *observed,
	    const struct phone_effective *x, const struct device_key *k,
	    struct capf_unasked *u, struct err *e);

/* How many phones there are such visits to, and nothing is pending for. */
int	capf_unasked_count(struct db *db, struct db *observed, int64_t now,
	    int64_t *n, struct err *e);

#endif
