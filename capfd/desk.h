/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The engine's side of the socket to the writer: all loops ask over one
 * channel, and a thread brings each its answers.
 */
#ifndef CAPFD_DESK_H
#define CAPFD_DESK_H

#include "capfd/wire.h"

struct desk;		/* one per process */
struct desk_port;	/* one per loop */

/* fd is borrowed; ports are freed before desk_stop. */
struct desk	*desk_start(int fd, struct err *e);
void		 desk_stop(struct desk *d);

#define DESK_PORTS_MAX	256
struct desk_port *desk_port_new(struct desk *d, struct err *e);
void		 desk_port_free(struct desk_port *p);

/*
 * Ask; the number of it goes into a->nr.  Never waits: what the socket does
 * not take goes by and by.  ERR_LIMIT: DESK_ASKS_MAX of this port have no
 * answer yet; ERR_UNREACHABLE: the writer is gone.
 */
#define DESK_ASKS_MAX	8192
int		 desk_ask(struct desk_port *p, struct wire_ask *a,
		    struct err *e);

/* Readable when there are answers, or none will come any more. */
int		 desk_port_fd(const struct desk_port *p);

/* Each answer that is there, with its task (wire_answer_clear() it). */
typedef void	desk_fn(void *arg, struct wire_answer *a);
void		 desk_port_take(struct desk_port *p, desk_fn *fn, void *arg);

/* The writer is gone: why, into e. */
bool		 desk_is_broken(struct desk *d, struct err *e);

#endif
