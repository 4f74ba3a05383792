/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The shape of every daemon: parent (as root when it can: lock, sockets,
 * supervision), keeper (databases held open), signer (its units' keys,
 * nothing else), writer (changes the database for the engine, where a daemon
 * has to), monitor (looks
 * after things and may wait for the network, where a daemon does that) and
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
	int			 writerfd;	/* engine: to the writer, or -1 */
	int			 parentfd;	/* keeper, engine: to the parent, or -1 */
	int			 enginefd;	/* parent: to the engine, or -1 */
	int			 readyfd;	/* of proc_ready; not the program's */
};

#define PROC_LOOPS_MAX	64

struct proc_def {
	const char	*name;		/* "tftpd" */
	const char	*summary;	/* one line for --help */
	void		*arg;

	/*
	 * Parent, still privileged, before anything is forked: check the
	 * state, open sockets.  Nothing of SQLite's may stay open: it would
	 * be inherited.  An error here refuses to start: text = cause and cure.
	 * p->opts->time_offset_s must be refused here unless the state was
	 * made with --test; it acts after this returned.
	 */
	int	(*prepare)(struct proc *p, struct err *e);

	/*
	 * Keeper process, privileged for its whole life, forked first and
	 * started anew only when it dies: hold open what must not be
	 * inherited by a fork (write connections to the databases), call
	 * proc_ready(p), wait until stopfd is readable.  NULL: none.
	 * What it sends over p->parentfd reaches parent_told.
	 */
	int	(*keeper_run)(struct proc *p, int stopfd, struct err *e);

	/*
	 * Signer process, still privileged: load keys into memory.  The
	 * result goes to signer_run, which is called after the drop.  NULL:
	 * this daemon has no signer.
	 */
	int	(*signer_load)(struct proc *p, struct err *e);
	/*
	 * Serve n channels until they close or stopfd is readable, which
	 * comes after the engine is gone.
	 */
	int	(*signer_run)(struct proc *p, const int *channels, size_t n,
		    int stopfd, struct err *e);

	/*
	 * Writer process, still privileged: open what is to be written.  What
	 * it has open it keeps, but no path of it is in reach any more when
	 * writer_run is called, unprivileged, in the state folder.  NULL:
	 * this daemon has no writer.
	 */
	int	(*writer_load)(struct proc *p, struct err *e);
	/*
	 * Do what is asked for over channel, whose messages keep their bounds
	 * and come from an engine that may have gone bad.  At its end of file
	 * the engine is gone; return when stopfd is readable, which comes
	 * after that.
	 */
	int	(*writer_run)(struct proc *p, int channel, int stopfd,
		    struct err *e);

	/*
	 * Engine process, privileges already given up for good and checked,
	 * working directory = state folder: open read connections, start
	 * loops, call proc_ready(p), serve until stopfd becomes readable,
	 * drain, return.  channels[i] is the end for loop i of p->loops (n
	 * 0, channels NULL: this daemon has no signer); p->writerfd leads to
	 * the writer.
	 */
	int	(*engine_run)(struct proc *p, const int *channels, size_t n,
		    int stopfd, struct err *e);

	/*
	 * Monitor process, still privileged: open what it needs.  Unlike the
	 * others it waits for the network at its leisure and has a life of its
	 * own: nobody waits for it to start, nor does anything else restart
	 * when it ends.  It is started again, PROC_MONITOR_AGAIN_MS after it
	 * returned ERR_OK (it wants to load anew), else PROC_MONITOR_REST_MS
	 * later.  NULL: this daemon has no monitor.
	 */
	int	(*monitor_load)(struct proc *p, struct err *e);
	/* Unprivileged, in the state folder; return when stopfd is
	 * readable. */
	int	(*monitor_run)(struct proc *p, int stopfd, struct err *e);

	/*
	 * Parent, while all children serve: a message of the keeper, or no
	 * message (len 0) when *again_ms have passed, which is set for the
	 * next such call (-1: none).  What the parent has then, an engine that
	 * starts later inherits; the one that runs is told over p->enginefd
	 * (its p->parentfd; the parent never listens to it).  Must not block.
	 * After an error all but the keeper are started anew.  NULL: keeper
	 * and engine have no such channel.
	 */
	int	(*parent_told)(struct proc *p, const void *msg, size_t len,
		    int64_t *again_ms, struct err *e);

	/* Parent, after the children are gone. */
	void	(*finish)(struct proc *p);
};

/*
 * main() of a daemon: options (--state, --foreground, --log-level,
 * --log-format text|json, --time-offset, --loops, --help, --version), start,
 * supervise, stop.  Without --foreground the caller returns when the daemon
 * is ready (exit 0) or has said on stderr why not ("NAME: cannot start: ...",
 * exit 1; wrong options: exit 2); the daemon then logs to run/NAME.log.
 * TERM and INT drain (at most PROC_DRAIN_MS, a second one ends that) and end
 * with exit 0.  A child that dies is started again together with the other,
 * at most PROC_RESTARTS times a minute; then the daemon ends with exit 1.  No
 * child outlives a killed parent.
 *
 * stopfd is the end of a stream socket: at its end of file it is readable.
 * Children ignore TERM, INT, HUP and PIPE and are not dumpable.
 */
#define PROC_TOLD_MAX	16384	/* bytes of a message to parent_told */
#define PROC_DRAIN_MS	10000
#define PROC_MONITOR_AGAIN_MS	1000
#define PROC_MONITOR_REST_MS	60000
#define PROC_START_MS	60000	/* a child must be ready by then */
#define PROC_RESTARTS	5
int	proc_main(int argc, char **argv, const struct proc_def *d);

/* Engine: all loops serve now. */
void	proc_ready(struct proc *p);

/*
 * Keeper: the signer's keys have changed.  The parent starts another signer,
 * which loads those of now, and hands the engine channels to it while it
 * serves; the one before ends when the engine has let it go.
 */
int	proc_renew_signer(struct proc *p, struct err *e);

/*
 * Engine: when what p->parentfd has is channels to another signer, take them,
 * one for each loop: their number.  0: it is something else, still there.
 */
size_t	proc_take_channels(int parentfd, int channels[PROC_LOOPS_MAX]);

/* Neither dumpable nor traceable: no core holds a key. */
int	proc_no_dump(struct err *e);

/*
 * Give up root for u, groups and capabilities included, for good, and check
 * that it cannot be had back; no program run from here gains any.  When
 * u->same the user stays and only the capabilities go.
 */
int	proc_drop(const struct state_user *u, struct err *e);

/*
 * This thread, and those it starts from now on, are woken without putting off
 * who is running (SCHED_BATCH): for work where many wait and none for
 * milliseconds.  Nothing changes where somebody has chosen another policy.
 */
void	proc_batch(void);

#endif
