/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A daemon that does nothing but say how it is, and a process beside it that
 * starts, hears and ends it.
 */
#ifndef TESTS_PROC_DEMO_H
#define TESTS_PROC_DEMO_H

#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>

#include "proc/proc.h"

#define PATIENCE_MS	60000	/* a test that waits longer has failed */
#define OTHER_UID	65534
#define YEAR_S		(365 * 86400)

enum trouble {
	FINE,
	PREPARE_REFUSES, KEEPER_REFUSES, SIGNER_REFUSES, WRITER_REFUSES,
	ENGINE_REFUSES, SIGNER_DIES, ENGINE_DIES, ENGINE_RETURNS,
	ENGINE_DIES_LATER,	/* each time, when it was ready */
	ENGINE_HANGS,		/* does not stop */
	ENGINE_NEVER_READY,
};

struct facts {
	pid_t	pid;
	uid_t	uid, euid;
	int	ngroups, dumpable;
	bool	secret_read, root_back, no_new_privs, core;
	char	capabilities[32];
};

/* Seen by all processes of a test. */
struct shared {
	enum trouble	trouble;
	_Atomic unsigned starts;
	unsigned	finished;
	struct facts	keeper, signer, writer, engine;
	bool		writer_asked, writer_cwd, writer_eof;
	size_t		channels, loops;
	bool		cwd_is_state, served, drained, kept_to_the_end;
	int64_t		wall_s, prepare_wall_s;
	/* of the monitored one */
	struct facts	monitor;
	bool		monitor_ends, monitor_cwd, monitor_wrote;
	_Atomic unsigned monitors;
	/* of the talking one */
	bool		told_fails;
	_Atomic unsigned say, told, again, heard, no_channel;
};
extern struct shared *shared;

extern char above[64], state[80];
int64_t	now_ms(void);
void	look(struct facts *f, int statefd);
int	demo_prepare(struct proc *p, struct err *e);
void	demo_finish(struct proc *p);
int	keeper_run(struct proc *p, int stopfd, struct err *e);
int	signer_load(struct proc *p, struct err *e);
/* Echo on all channels. */
int	signer_run(struct proc *p, const int *channels, size_t n, int stopfd,
	    struct err *e);
extern int secretfd;
int	writer_load(struct proc *p, struct err *e);
int	engine_run(struct proc *p, const int *channels, size_t n, int stopfd,
	    struct err *e);
extern const struct proc_def demo;
extern const struct proc_def with_writer;
int	remove_one(const char *path, const struct stat *st, int flag,
	    struct FTW *f);
void	put(int dirfd, const char *name);

/* A started process and what it has said on stdout and stderr. */
struct started {
	pid_t	pid;
	int	fd;
	char	said[8192];
	size_t	len;
};

void	start(struct started *s, const struct proc_def *d,
	    const char *const *args);
/* Exit code of a process, 256 + signal when that ended it. */
int	wait_exit(pid_t pid);
int	finish(struct started *s);
void	hear_until(struct started *s, const char *text);
pid_t	daemon_pid(void);
/* In the background, ready; returns the daemon's pid. */
pid_t	start_ready(const struct proc_def *d);
void	stop(pid_t pid);
void	expect_log(const char *text);
TCase *tcase_demo(Suite *s, const char *name);

#endif
