/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Records on their way to a database, never on the path of a reply: a port
 * gathers those of one thread and hands them on to a writer thread, many at a
 * time.  When that is behind, a record takes the place of an older one that
 * says the same, and what does not fit is dropped and counted: for what may be
 * lost (observed.h).
 */
#ifndef DB_GATHER_H
#define DB_GATHER_H

#include "db/db.h"

struct gather_def {
	size_t		 size;		/* bytes of a record */
	size_t		 max;		/* records handed on together */
	/* Would the newer one do in place of the older? */
	bool		 (*same)(const void *older, const void *newer);
	/* On the writer thread, within a transaction: oldest first.  What
	 * fails is its own to tell; the transaction goes on. */
	void		 (*write)(void *arg, struct db *db,
			    const void *records, size_t n);
	const char	*dropped;	/* log event, and its cause */
	const char	*why;
};

struct gather;		/* one per process and database */
struct gather_port;	/* one per loop */

/* Start the writer thread on database NAME below statefd; def and arg are
 * borrowed. */
struct gather	*gather_start(int statefd, const char *name,
		    const struct gather_def *def, void *arg, struct err *e);
/* Writes what is queued.  Ports are freed before. */
void		 gather_stop(struct gather *g);

struct gather_port *gather_port_new(struct gather *g, struct err *e);
void		 gather_port_free(struct gather_port *p);	/* flushes */
void		 gather_put(struct gather_port *p, const void *record);

/* Hand on what waits: call a few times a second. */
void		 gather_flush(struct gather_port *p);

#endif
