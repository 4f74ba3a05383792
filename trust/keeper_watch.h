/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A daemon's keeper that also sees what its parent has to do: other sockets
 * (trust/listen_set.h), another signer (trust/own_watch.h).
 */
#ifndef TRUST_KEEPER_WATCH_H
#define TRUST_KEEPER_WATCH_H

#include "proc/proc.h"
#include "trust/listen_set.h"
#include "trust/own.h"

struct keeper_watch {
	const char		*node;
	const struct listen_kind *kinds;
	size_t			 nkinds;
	const enum own_unit	*units;		/* of the signer */
	size_t			 nunits;
};

/* proc's keeper_run. */
int	keeper_watch_serve(struct proc *p, int stopfd,
	    const struct keeper_watch *w, struct err *e);

#endif
