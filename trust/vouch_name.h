/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which certificates of the database a query means, by serial number and the
 * name of issuer or subject (spec/tvs.md section 5).  Which of them is
 * vouched for is asked elsewhere (vouch.c).
 */
#ifndef TRUST_VOUCH_NAME_H
#define TRUST_VOUCH_NAME_H

#include <stdbool.h>

#include "db/db.h"
#include "db/rows.h"
#include "trust/vouch.h"
#include "trust/vouch_serial.h"

/* Other than ERR_OK ends the search. */
typedef int vouch_named_fn(const struct row_cert *c, void *arg, struct err *e);

/*
 * Calls fn for each certificate with the serial number and the name of q, as
 * vouch_query() compares them.  Where none has that name, and alone, for the
 * only one with the serial number.  s remembers where many share one.
 */
int	vouch_named(struct db *db, struct vouch_serials *s,
	    const struct vouch_name *q, bool alone, vouch_named_fn *fn,
	    void *arg, struct err *e);

#endif
