/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The stages of own certificates (design: "What a phone accepts"):
 * announced -> active -> retired -> purged.  Each call is a step within a
 * transaction; the caller refreshes the lists in the same one, and has made
 * sure before that the step may be taken.
 *
 * Units that stand in no list have no stage to wait in: what is announced
 * for them is active at once.
 */
#ifndef TRUST_OWN_STAGE_H
#define TRUST_OWN_STAGE_H

#include "trust/own.h"

/* What a step did: the rows as they are after it; zeroed where none. */
struct own_moved {
	struct row_own	 now_active;
	struct row_own	 now_announced;
	struct row_own	 now_retired;
	size_t		 removed;	/* rows that went */
	size_t		 kept;		/* CAPF's that phones have certificates
					 * of: they did not */
	struct row_own	 last_kept;
	size_t		 young;		/* retired after the time given */
	int64_t		 retired_at;	/* the first of those */
};

/* The announced row of a unit (node as for own_active).  ERR_NOTFOUND. */
int	own_announced(struct db *db, enum own_unit unit, const char *node,
	    struct own *o, struct err *e);

/*
 * A new certificate takes its first stage: announced, or active in place of
 * the one before, which retires.  One announced before it is withdrawn: it
 * goes with its key, but one that was in use once retires.
 */
int	own_stage_new(struct db *db, const struct own_new *n, int64_t now,
	    struct own_moved *m, struct err *e);
/* The same for a certificate whose key is a row already. */
int	own_stage_cert(struct db *db, enum own_unit unit, const char *node,
	    const struct cert *c, int64_t now, struct own_moved *m,
	    struct err *e);

/* Announced becomes active, active retires.  ERR_NOTFOUND: none announced. */
int	own_stage_promote(struct db *db, enum own_unit unit,
	    const char *node, int64_t now, struct own_moved *m,
	    struct err *e);

/*
 * The step back: what is announced is withdrawn (as above); if nothing is, the
 * newest retired one becomes active again and the active one announced.
 * ERR_NOTFOUND when there is neither.
 */
int	own_stage_rollback(struct db *db, enum own_unit unit,
	    const char *node, int64_t now, struct own_moved *m,
	    struct err *e);

/*
 * Retired rows of a unit (every node; unit UNIT_N: of all units) that were
 * replaced before that time go, with their keys and certificates; but not what
 * phones have certificates of (own_capf.h).
 */
int	own_stage_purge(struct db *db, enum own_unit unit, int64_t before,
	    int64_t now, struct own_moved *m, struct err *e);

#endif
