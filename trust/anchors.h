/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The trust stores of the database (trust rows) as certs/store.h wants them.
 * The trust unit u (trust/trust_unit.h) is the bit ANCHORS_BIT(u).
 *
 * A daemon has one struct anchors, whose thread makes snapshots, and per loop
 * one struct anchors_loop with a verifier and a connection of its own.  What
 * was removed counts at once, by its key; so does a certificate that was
 * added, where it is trusted itself.  What it has issued counts with the next
 * snapshot: the thread makes one per ANCHORS_WAIT_MS at most, also when nobody
 * asks, so that the first question long after a change has it.
 *
 * Revocation lists (crl rows) are asked about everything below a trusted
 * certificate, and a new list counts at once.  Where a list is too old or not
 * the CA's, nobody knows: the certificate is kept, and the log says so once per
 * list and snapshot.
 */
#ifndef TRUST_ANCHORS_H
#define TRUST_ANCHORS_H

#include "base/clock.h"
#include "certs/verify.h"
#include "db/db.h"
#include "trust/trust_unit.h"

#define ANCHORS_BIT(u)	(UINT32_C(1) << (u))
#define ANCHORS_WAIT_MS	200

/* --- a daemon --- */

struct anchors;

/* The first snapshot is there on return.  statefd is borrowed. */
struct anchors	*anchors_start(int statefd, struct err *e);

/* All loops must have been freed. */
void		 anchors_stop(struct anchors *a);

/* Snapshots made so far. */
uint64_t	 anchors_made(struct anchors *a);

/* One thread's. */
struct anchors_loop;
struct anchors_loop	*anchors_loop_new(struct anchors *a,
			    const struct clock *clock, struct err *e);
void			 anchors_loop_free(struct anchors_loop *l);

/*
 * The verifier as the database is now: ask before every answer (it costs a
 * look at memory while nothing has changed).  Borrowed, until the loop is
 * freed.
 */
struct verifier		*anchors_now(struct anchors_loop *l);

/* The loop's own connection (or the one given), for reading. */
struct db		*anchors_db(struct anchors_loop *l);

/* --- a program that asks and ends --- */

/* As anchors_loop_new over the trust stores as they are now: they stay so.
 * db is borrowed for its life. */
struct anchors_loop	*anchors_once(struct db *db,
			    const struct clock *clock, struct err *e);

#endif
