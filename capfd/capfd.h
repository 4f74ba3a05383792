/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * capfd: the Certificate Authority Proxy Function.  Phones get certificates of
 * their own from it (spec/capf.md).
 */
#ifndef CAPFD_CAPFD_H
#define CAPFD_CAPFD_H

#include "db/rows.h"
#include "proc/proc.h"
#include "trust/listen_set.h"

struct capfd {
	char			 node[NODE_NAME_MAX + 1];	/* its name */
	struct listen_set	*listen;	/* parent and engine */
	unsigned		 loops;
	struct signer		*signer;	/* signer process only */
	struct writer		*writer;	/* writer process only */
	struct enrol		*enrol;		/* monitor process only */
};

int	capfd_main(int argc, char **argv);

#endif
