/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Observations on their way to observed.db, never on the path of a reply: a
 * port gathers them and hands them on to a writer thread, many at a time.
 * When that is behind, a fetch takes the place of the same device's same file
 * (what counts is the newest), and what does not fit is dropped and counted;
 * losing some is allowed (design "Files to phones").
 */
#ifndef TFTPD_OBSERVE_H
#define TFTPD_OBSERVE_H

#include "db/observed.h"

struct observe;		/* one per process */
struct observe_port;	/* one per loop */

/* Start the writer thread on observed.db below statefd. */
struct observe	*observe_start(int statefd, struct err *e);

/* Bounds of the rings, from any thread. */
void		 observe_set(struct observe *o, int64_t ring,
		    int64_t devices);

/* Writes what is queued.  Ports are freed before. */
void		 observe_stop(struct observe *o);

struct observe_port *observe_port_new(struct observe *o, struct err *e);
void		 observe_port_free(struct observe_port *p);	/* flushes */
void		 observe_fetch(struct observe_port *p,
		    const struct fetch *f);

/* Hand on what waits: call a few times a second. */
void		 observe_flush(struct observe_port *p);

#endif
