/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What daemons that listen and sign do in the same way in their places of
 * proc/proc.h: the node read, sockets opened and followed, the keys of their
 * units held.  The functions are callbacks of struct proc_def; p->arg is the
 * program's own struct, whose first member is a struct daemon.
 */
#ifndef TRUST_DAEMON_H
#define TRUST_DAEMON_H

#include "proc/proc.h"
#include "trust/listen_set.h"
#include "trust/node.h"
#include "trust/own.h"

struct daemon {
	/* the program's */
	const char		*name;		/* "tvsd" */
	const struct listen_kind *kinds;
	size_t			 nkinds;
	const enum own_unit	*units;		/* whose keys the signer has */
	size_t			 nunits;
	bool			 sign_only;	/* nothing is decrypted */
	/* Parent: what else to read, with the sockets open.  May be NULL. */
	int			(*opened)(struct daemon *d, struct node *n,
				    struct err *e);
	/* Let go of what only parent and engine have.  May be NULL. */
	void			(*drop)(struct daemon *d);

	/* filled */
	char			 node[NODE_NAME_MAX + 1];	/* its name */
	struct listen_set	*listen;	/* parent and engine */
	unsigned		 loops;
	struct signer		*signer;	/* signer process only */
};

/* In every process that is neither parent nor engine, first of all. */
void	daemon_drop(struct daemon *d);

int	daemon_prepare(struct proc *p, struct err *e);
void	daemon_finish(struct proc *p);
int	daemon_parent_told(struct proc *p, const void *msg, size_t len,
	    int64_t *again_ms, struct err *e);
int	daemon_keeper_run(struct proc *p, int stopfd, struct err *e);
int	daemon_signer_load(struct proc *p, struct err *e);
int	daemon_signer_run(struct proc *p, const int *channels, size_t n,
	    int stopfd, struct err *e);

#endif
