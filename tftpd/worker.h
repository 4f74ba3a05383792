/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One loop of the engine: TFTP, HTTP and HTTPS servers over one file store.  All
 * calls on the loop's own thread.
 */
#ifndef TFTPD_WORKER_H
#define TFTPD_WORKER_H

#include "tftpd/admit.h"
#include "tftpd/observe.h"
#include "tftpd/tftpd.h"
#include "trust/cache.h"

/* How long transfers under way get once told to stop; the rest of
 * PROC_DRAIN_MS is for ending in order. */
#define WORKER_DRAIN_MS	(PROC_DRAIN_MS - 2000)

struct worker;

/*
 * Loop number i of t->loops.  channel is taken over, also on failure; the
 * rest is borrowed.  Either of stopfds becoming readable begins the drain.
 */
struct worker	*worker_new(const struct tftpd *t, int statefd, unsigned i,
		    int channel, struct admit *a, struct file_cache *c,
		    struct observe *o, const int stopfds[2], struct err *e);

/* Serve until told to stop and drained. */
int		 worker_run(struct worker *w, struct err *e);
void		 worker_free(struct worker *w);

/* From another thread: a channel to another signer, taken over. */
void		 worker_rekey(struct worker *w, int channel);

#endif
