/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a daemon's keeper process does (proc/proc.h): hold a write connection
 * on each database of the state for the daemon's life.  Someone must: a
 * read-only reader of another uid finds no WAL once the last writer has
 * closed.  The parent must not, because what SQLite holds at a fork is
 * inherited: engine and signer would have writable descriptors of both
 * databases, and SQLite in them would take the parent's locks for their own.
 */
#ifndef TRUST_KEEPER_H
#define TRUST_KEEPER_H

#include <stdbool.h>

#include "base/err.h"
#include "db/db.h"

/*
 * Bring both databases of the state folder up to this binary's schema, make
 * observed.db when it is lost, and close them again: for a daemon's parent,
 * before it forks.
 */
int	keeper_prepare(int statefd, struct err *e);

#define KEEPER_LOOK_MS	250

struct keeper_hooks {
	void	(*ready)(void *arg);
	/* Once at the start and after each change of the database, within
	 * KEEPER_LOOK_MS; it may read db.  False: it failed, again soon.
	 * NULL: nobody wants to know. */
	bool	(*look)(void *arg, struct db *db);
	void	*arg;
};

/* Open both, tell ready, hold them until stopfd is readable. */
int	keeper_serve(int statefd, int stopfd, const struct keeper_hooks *h,
	    struct err *e);

#endif
