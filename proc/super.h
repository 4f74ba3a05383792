/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of the parent share: supervise.c lives, spawn.c starts
 * children, renew.c gives the engine another signer, monitor.c sees to the
 * monitor.
 */
#ifndef PROC_SUPER_H
#define PROC_SUPER_H

#include "proc/internal.h"

struct super {
	struct proc		*p;
	const struct proc_def	*d;
	int			 sigfd, frontfd, lockfd;
	struct child		 keeper, signer, writer, engine;
	struct child		 old;	/* signer that gives way to another */
	struct child		 monitor;
	int64_t			 monitor_at;	/* its next start; -1: none */
	unsigned		 stops;	/* TERM and INT seen */
	int64_t			 again_at;	/* for parent_told; -1: never */
	int64_t			 restart_ms[PROC_RESTARTS];
	unsigned		 nrestarts;
};

/* The ends of the channels, in the parent only until both are forked. */
struct channels {
	int	engine[PROC_LOOPS_MAX + 1];	/* one to the writer, the last */
	int	signer[PROC_LOOPS_MAX];
	int	writer[1];
	size_t	nengine, nsigner, nwriter;
};

/* --- supervise.c --- */

int64_t	super_now_ms(void);

/*
 * Until a signal, until fd (-1: none) has something, or for timeout_ms (-1:
 * for ever).  True when fd has.
 */
bool	super_wait(struct super *s, int fd, int64_t timeout_ms);

/* --- spawn.c --- */

/* The engine comes when the others have what they need and are
 * unprivileged. */
int	super_start(struct super *s, struct err *e);

/* A signer with a channel for each loop, whose engine's ends are in ch. */
int	super_start_signer(struct super *s, struct channels *ch,
	    struct err *e);

void	channels_close(struct channels *ch);

/* Nobody waits for it. */
int	super_start_monitor(struct super *s, struct err *e);

/* --- monitor.c --- */

/* Start it when its time has come, and see whether it is gone. */
void	super_monitor(struct super *s);

/* How long to wait at most, left being what others want (-1: for ever). */
int64_t	super_monitor_wait(const struct super *s, int64_t left);

/* --- renew.c --- */

/* Is it what proc_renew_signer sends? */
bool	renew_asked(const void *msg, size_t len);

/*
 * Start another signer, which loads the keys of now, and hand its channels to
 * the engine.  The one before serves until the engine has let it go.
 */
int	super_renew(struct super *s, struct err *e);

#endif
