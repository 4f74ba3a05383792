/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One loop of the engine: servers on all addresses over one service.  All
 * calls on the loop's own thread.
 */
#ifndef CAPFD_WORKER_H
#define CAPFD_WORKER_H

#include "capfd/capfd.h"
#include "capfd/desk.h"
#include "net/addr.h"
#include "trust/anchors.h"

struct worker_shared {		/* by all loops; borrowed */
	const struct capfd	*d;
	int			 statefd;
	struct desk		*desk;
	struct anchors		*anchors;
	struct net_count	*count;		/* of connections */
};

struct worker;

/* As struct loops_def has it. */
struct worker	*worker_new(const struct worker_shared *sh, unsigned i,
		    int channel, const int stopfds[2], struct err *e);
int		 worker_run(struct worker *w, struct err *e);
void		 worker_free(struct worker *w);

/* From another thread: a channel to another signer, taken over. */
void		 worker_rekey(struct worker *w, int channel);

#endif
