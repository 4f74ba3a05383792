/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A process that holds a write connection on each database of the state for
 * the daemon's life and does nothing else.  Someone must: a read-only reader
 * of another uid finds no WAL once the last writer has closed.  The parent
 * itself must not, because what SQLite holds at a fork is inherited: engine
 * and signer would have writable descriptors of both databases, and SQLite
 * in them would take the parent's locks for their own.
 */
#ifndef TFTPD_KEEPER_H
#define TFTPD_KEEPER_H

#include <sys/types.h>

#include "base/err.h"

struct keeper {
	pid_t	pid;	/* 0: none */
	int	fd;	/* closing it ends the process */
};

/*
 * Bring both databases up to this binary's schema, make observed.db when it
 * is lost, and keep them open.  The caller holds no connection.
 */
int	keeper_start(struct keeper *k, int statefd, struct err *e);

/* In other children: let go, so that the parent alone decides. */
void	keeper_forget(struct keeper *k);

/* End it and wait until it is gone. */
void	keeper_stop(struct keeper *k);

#endif
