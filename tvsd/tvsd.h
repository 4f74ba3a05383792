/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * tvsd: the Trust Verification Service.  Phones ask it about certificates that
 * their trust lists do not have (spec/tvs.md).
 */
#ifndef TVSD_TVSD_H
#define TVSD_TVSD_H

#include "trust/daemon.h"

struct tvsd {
	struct daemon		 d;		/* first */
	struct monitor		*monitor;	/* monitor process only */
};

int	tvsd_main(int argc, char **argv);

#endif
