/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * An engine's threads: one worker per loop, each on a thread of its own with
 * its channel to the signer.  When one fails, all stop.
 */
#ifndef PROC_LOOPS_H
#define PROC_LOOPS_H

#include "proc/proc.h"

struct loops_def {
	/*
	 * On the thread of loop i: the worker, or NULL with e filled.  channel
	 * is taken over, also on failure.  Either of stopfds becoming readable
	 * tells it to drain; they stay the caller's.
	 */
	void	*(*open)(void *arg, unsigned i, int channel,
		    const int stopfds[2], struct err *e);
	/* Serve until told to stop and drained. */
	int	(*run)(void *worker, struct err *e);
	void	(*close)(void *worker);
	/* On the calling thread, while the worker is open: another channel to
	 * the signer, taken over, in place of the one it has.  NULL: it has
	 * none. */
	void	(*rekey)(void *worker, int channel);
	/* On the calling thread, when the parent has said something over
	 * p->parentfd.  False: it could not be taken, so all stop.  NULL:
	 * nobody listens to the parent. */
	bool	(*told)(void *arg, int parentfd);
	void	*arg;
};

/*
 * Open a worker for each of the n channels, proc_ready when all serve, wait
 * until all have ended.  The first failure, or ERR_OK.  Log lines wait
 * (log_buffer) meanwhile: workers call log_flush.
 */
int	loops_run(struct proc *p, const struct loops_def *d,
	    const int *channels, size_t n, int stopfd, struct err *e);

#endif
