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
#include "proc/proc.h"
#include "trust/listen_set.h"

struct tvsd {
	char			 node[NODE_NAME_MAX + 1];	/* its name */
	struct listen_set	*listen;	/* parent and engine */
	unsigned		 loops;
	struct signer		*signer;	/* signer process only */
	struct monitor		*monitor;	/* monitor process only */
};

int	tvsd_main(int argc, char **argv);

#endif
