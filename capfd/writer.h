/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * capfd's writer process: what sessions do to rows (trust/capf.h), for an
 * engine that may have gone bad.  It opens the databases and the key of
 * credentials while it is privileged.
 */
#ifndef CAPFD_WRITER_H
#define CAPFD_WRITER_H

#include "proc/proc.h"
#include "trust/capf.h"

struct writer;

/* Privileged: open both databases.  NULL with e filled. */
struct writer	*writer_open(int statefd, struct err *e);
/* The same over databases that are open, all borrowed; its cache is its own. */
struct writer	*writer_over(const struct capf_ctx *c, struct err *e);

/* How long questions wait for a database that others write: DB_BUSY_MS unless
 * it is said before writer_serve. */
void		 writer_set_patience(struct writer *w, int64_t ms);

/*
 * Unprivileged, in the state folder: serve until stopfd is readable.  What has
 * come meanwhile is done in one commit and answered after it, but that what
 * changes the main database is another one, behind it: each owner's questions
 * keep their order.  When one question fails, all of its commit are done again
 * in one, each in a savepoint of its own.
 * While another process holds a database, the ends of what owners have
 * confirmed are kept and tried again (held.h); while a group is full of them
 * nothing more is taken.
 */
int		 writer_serve(struct writer *w, int channel, int stopfd,
		    struct err *e);
void		 writer_close(struct writer *w);

#endif
