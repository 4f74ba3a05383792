/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Observations on their way to observed.db (db/gather.h): when the disk is
 * behind, a fetch takes the place of the same device's same file, as what
 * counts is the newest.  Losing some is allowed (design "Files to phones").
 */
#ifndef TFTPD_OBSERVE_H
#define TFTPD_OBSERVE_H

#include "db/gather.h"
#include "db/observed.h"

struct observe;		/* one per process */

/* Start the writer thread on observed.db below statefd. */
struct observe	*observe_start(int statefd, struct err *e);

/* Bounds of the rings, from any thread. */
void		 observe_set(struct observe *o, int64_t ring,
		    int64_t devices);

/* Writes what is queued.  Ports are freed before. */
void		 observe_stop(struct observe *o);

/* For the fetches of a loop: struct fetch each. */
struct gather_port *observe_port_new(struct observe *o, struct err *e);

#endif
