/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The unprivileged engine of tftpd: one thread and loop per processor, each
 * with its listening sockets, file store and signer channel.
 */
#ifndef TFTPD_ENGINE_H
#define TFTPD_ENGINE_H

#include "proc/proc.h"
#include "tftpd/tftpd.h"

/* engine_run of proc/proc.h; p->arg is a struct tftpd. */
int	engine_run(struct proc *p, const int *channels, size_t n, int stopfd,
	    struct err *e);

#endif
