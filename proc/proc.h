/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The shape of every daemon: parent (as root when it can: lock, sockets, one
 * write connection, supervision), signer (its units' keys, nothing else) and
 * unprivileged engine.  proc knows the shape; what is in it comes from the
 * program through these callbacks.
 */
#ifndef PROC_PROC_H
#define PROC_PROC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/log.h"
#include "proc/state.h"

/* Options that are the same for every daemon. */
struct proc_opts {
	const char	*state;		/* path, resolved by state_path */
	bool		 foreground;
	int64_t		 time_offset_s;
	bool		 has_time_offset;
	enum log_level	 log_level;
	enum log_format	 log_format;
	unsigned	 loops;		/* engine threads; 0: one per core */
};

struct proc {
	const struct proc_opts	*opts;
	int			 statefd;	/* the state folder */
	struct state_user	 user;
	unsigned		 loops;		/* resolved */
	void			*arg;		/* of the program */
};

struct proc_def {
	const char	*name;		/* "tftpd" */
	const char	*summary;	/* one line for --help */
	void		*arg;

	/*
	 * Parent, still privileged, before anything is forked: check the
	 * state, open what the daemon's life needs (write connection,
	 * sockets).  An error here refuses to start: text = cause and cure.
	 * p->opts->time_offset_s must be refused here unless the state was
	 * made with --test.
	 */
	int	(*prepare)(struct proc *p, struct err *e);

	/*
	 * Signer process, still privileged: load keys into memory.  The
	 * result goes to signer_run, which is called after the drop.  NULL:
	 * this daemon has no signer.
	 */
	int	(*signer_load)(struct proc *p, struct err *e);
	/* Serve n channels until they close or stopfd is readable. */
	int	(*signer_run)(struct proc *p, const int *channels, size_t n,
		    int stopfd, struct err *e);

	/*
	 * Engine process, privileges already given up for good and checked,
	 * working directory = state folder: open read connections, start
	 * loops, call proc_ready(p), serve until stopfd becomes readable,
	 * drain, return.  channels[i] is the end for loop i.
	 */
	int	(*engine_run)(struct proc *p, const int *channels, size_t n,
		    int stopfd, struct err *e);

	/* Parent, after the children are gone. */
	void	(*finish)(struct proc *p);
};

/*
 * main() of a daemon: options (--state, --foreground, --log-level,
 * --log-format text|json, --time-offset, --loops, --help, --version), start,
 * supervise, stop.  Without --foreground the caller returns when the daemon
 * is ready (exit 0) or has said on stderr why not (exit 1); the daemon then
 * logs to run/NAME.log.  TERM and INT drain (at most PROC_DRAIN_MS) and end
 * with exit 0.  A child that dies is started again, at most 5 times a
 * minute; then the daemon ends with exit 1.
 */
#define PROC_DRAIN_MS	10000
int	proc_main(int argc, char **argv, const struct proc_def *d);

/* Engine: all loops serve now. */
void	proc_ready(struct proc *p);

/* Neither dumpable nor traceable: no core holds a key. */
int	proc_no_dump(struct err *e);

/*
 * Give up root for u, groups included, for good, and check that it cannot be
 * had back.  Nothing to do when u->same.
 */
int	proc_drop(const struct state_user *u, struct err *e);

#endif
