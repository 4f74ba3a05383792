/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * tvsd: the Trust Verification Service.  Phones ask it about certificates that
 * their trust lists do not have (spec/tvs.md).
 */
#ifndef TVSD_TVSD_H
#define TVSD_TVSD_H

#include "db/rows.h"
#include "net/addr.h"
#include "proc/proc.h"
#include "trust/node.h"

/* The node's own loopback addresses, 127.0.0.1 and ::1. */
#define TVSD_ADDRS_MAX	(NODE_NAMES_MAX + 2)

struct tvsd {
	char		 node[NODE_NAME_MAX + 1];	/* its name */
	int		 listen[TVSD_ADDRS_MAX][PROC_LOOPS_MAX];
	size_t		 nlisten;
	unsigned	 loops;		/* fds in each of listen */
	struct signer	*signer;	/* signer process only */
};

int	tvsd_main(int argc, char **argv);

#endif
