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

#include "base/err.h"

/*
 * Bring both databases of the state folder up to this binary's schema, make
 * observed.db when it is lost, and close them again: for a daemon's parent,
 * before it forks.
 */
int	keeper_prepare(int statefd, struct err *e);

/* Open both, tell ready(arg), hold them until stopfd is readable. */
int	keeper_serve(int statefd, int stopfd, void (*ready)(void *arg),
	    void *arg, struct err *e);

#endif
