/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What was asked, on its way to observed.db (db/gather.h).  A device that asks
 * the same again within a minute and gets the same answer is not put down
 * again.
 */
#ifndef TVSD_ASKS_H
#define TVSD_ASKS_H

#include "db/observed.h"

struct asks;		/* one per process */
struct asks_port;	/* one per loop */

struct asks	*asks_start(int statefd, struct err *e);
/* Rows per device, from any thread. */
void		 asks_set(struct asks *a, int64_t ring);
/* Writes what is queued.  Ports are freed before. */
void		 asks_stop(struct asks *a);

struct asks_port *asks_port_new(struct asks *a, struct err *e);
void		 asks_port_free(struct asks_port *p);

/*
 * Is it worth putting down: not the same as within the minute before now_ms?
 * Asked before the record is filled.  what: bytes that tell certificates
 * apart.
 */
bool		 asks_new(struct asks_port *p, const char *device,
		    const void *what, size_t len, int verdict,
		    int64_t now_ms);
void		 asks_put(struct asks_port *p, const struct tvs_ask *ask);

/* Hand on what waits: call a few times a second. */
void		 asks_flush(struct asks_port *p);

#endif
