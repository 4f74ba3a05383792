/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * capfd: the Certificate Authority Proxy Function.  Phones get certificates of
 * their own from it (spec/capf.md).
 */
#ifndef CAPFD_CAPFD_H
#define CAPFD_CAPFD_H

#include "trust/daemon.h"

struct capfd {
	struct daemon		 d;		/* first */
	struct writer		*writer;	/* writer process only */
	struct enrol		*enrol;		/* monitor process only */
};

int	capfd_main(int argc, char **argv);

#endif
