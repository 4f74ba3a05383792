/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What only the files of proc/ share.
 */
#ifndef PROC_INTERNAL_H
#define PROC_INTERNAL_H

#include <sys/types.h>

#include "proc/proc.h"

/* --- opts.c --- */

enum opts_result { OPTS_RUN, OPTS_DONE, OPTS_USAGE };

/*
 * Parse the command line.  OPTS_DONE: --help or --version was answered;
 * OPTS_USAGE: stderr has been told what is wrong.
 */
enum opts_result opts_parse(int argc, char **argv, const struct proc_def *d,
	    struct proc_opts *o);

/* --- report.c: one message from a child to who waits for it --- */

/* Ready (e NULL) or the reason why not.  fd is closed. */
void	report_send(int fd, const struct err *e);

/* 1: a message came, e->code is ERR_OK or the reason; 0: the other side
 * closed without one.  Blocks. */
int	report_read(int fd, struct err *e);

/* --- child.c --- */

/* What a child gets: everything else of the parent's is closed or unused. */
struct child_env {
	struct proc		*p;
	const struct proc_def	*d;
	pid_t			 parent;
	const int		*channels;
	size_t			 nchannels;
	int			 stopfd;
	int			 talkfd;	/* to the parent, or -1 */
	int			 reportfd;
};

/* Run in the fresh process; they do not return. */
_Noreturn void	child_keeper(struct child_env *env);
_Noreturn void	child_signer(struct child_env *env);
_Noreturn void	child_writer(struct child_env *env);
_Noreturn void	child_monitor(struct child_env *env);
_Noreturn void	child_engine(struct child_env *env);

/* --- reap.c: what the parent knows of a child --- */

struct child {
	const char	*role;
	void		(*run)(struct child_env *);	/* does not return */
	pid_t		 pid;		/* 0: none */
	int		 stopfd;	/* closing it tells the child to stop */
	int		 reportfd;
	bool		 talks;		/* with the parent, if it listens */
	int		 talkfd;	/* to it, or -1 */
};

/* *fd becomes -1, which is fine before as well. */
void	proc_close(int *fd);

/* It is gone: its descriptors are closed. */
void	child_forget(struct child *c);

/* waitpid with flags: true when it is gone, with how in why. */
bool	child_reap(struct child *c, int flags, char *why, size_t whylen);

/* For good, and wait. */
void	child_kill(struct child *c);

/* --- supervise.c --- */

/*
 * Start keeper, signer and engine and keep them until told to stop.  Sends to
 * frontfd (-1: nobody waits) when all is ready.  Children close frontfd and lockfd.
 * ERR_OK after a drain; an error before readiness is the caller's to tell,
 * *ready says which side of it we are on.
 */
int	supervise(struct proc *p, const struct proc_def *d, int frontfd,
	    int lockfd, bool *ready, struct err *e);

#endif
