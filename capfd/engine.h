/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The unprivileged engine of capfd: one thread and loop per processor, each
 * with its listening sockets, database connection and signer channel, and the
 * way to the writer that all share.
 */
#ifndef CAPFD_ENGINE_H
#define CAPFD_ENGINE_H

#include "proc/proc.h"

/* engine_run of proc/proc.h; p->arg is a struct capfd. */
int	engine_run(struct proc *p, const int *channels, size_t n, int stopfd,
	    struct err *e);

#endif
