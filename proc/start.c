/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Start-up of a daemon as a list, and its process in the background.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "proc/internal.h"

/* What a running daemon's parent holds. */
struct daemon {
	struct proc_opts	opts;
	char			path[PATH_MAX];	/* opts.state, absolute */
	struct proc		p;
	int			frontfd;	/* who waits, or -1 */
	int			lockfd;
	bool			logging;	/* stderr is the log file */
	bool			prepared, ready;
};

/* A descriptor below 3 must not become a database or a socket. */
static int
open_stdio(struct err *e)
{
	int fd;

	do {
		if ((fd = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
			return err_sys(e, ERR_IO, "/dev/null");
	} while (fd <= STDERR_FILENO);
	(void)close(fd);
	return ERR_OK;
}

/* As many descriptors as may be had; no core in a working directory. */
static void
set_limits(void)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)umask(027);
}

static unsigned
processors(void)
{
	cpu_set_t set;
	int n;

	if (sched_getaffinity(0, sizeof(set), &set) == -1 ||
	    (n = CPU_COUNT(&set)) < 1)
		return 1;
	return n < PROC_LOOPS_MAX ? (unsigned)n : PROC_LOOPS_MAX;
}

/* In the background nothing of the caller's stays open. */
static int
log_to_file(struct daemon *dm, const char *name, struct err *e)
{
	char file[NAME_MAX];
	int null = -1, fd;

	(void)snprintf(file, sizeof(file), "run/%s.log", name);
	if ((fd = openat(dm->p.statefd, file, O_WRONLY | O_APPEND | O_CREAT |
	    O_NOFOLLOW | O_CLOEXEC, 0640)) == -1)
		return err_sys(e, ERR_IO, "%s", file);
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(fd, STDERR_FILENO) == -1) {
		(void)err_sys(e, ERR_IO, "%s", file);
		if (null != -1)
			(void)close(null);
		(void)close(fd);
		return ERR_IO;
	}
	(void)close(null);
	(void)close(fd);
	dm->logging = true;
	return ERR_OK;
}

/*
 * Root in the folder of another user would leave files behind that this user
 * cannot use any more.
 */
static int
check_owner(const struct daemon *dm, struct err *e)
{
	struct stat st;

	if (fstat(dm->p.statefd, &st) == -1)
		return err_sys(e, ERR_IO, "%s", dm->opts.state);
	if (geteuid() != 0 || st.st_uid == 0)
		return ERR_OK;
	return err_set(e, ERR_REFUSED, "state folder %s belongs to user %ld: "
	    "start as that user, not as root", dm->opts.state,
	    (long)st.st_uid);
}

static int
enter_state(struct daemon *dm, struct err *e)
{
	int ret;

	/* What follows must not depend on the caller's directory. */
	if (realpath(dm->opts.state, dm->path) != NULL)
		dm->opts.state = dm->path;
	ret = state_open(dm->opts.state, &dm->p.statefd, e);
	if (ret == ERR_OK && fchdir(dm->p.statefd) == -1)
		ret = err_sys(e, ERR_IO, "%s", dm->opts.state);
	return ret;
}

static void
log_start(const struct daemon *dm)
{
	const struct state_user *u = &dm->p.user;

	log_event(LOG_INFO, "proc.start", LOG_STR("version", PACKAGE_VERSION),
	    LOG_STR("state", dm->opts.state), LOG_I64("pid", getpid()),
	    LOG_I64("uid", u->uid));
	if (u->fallback)
		log_event(LOG_WARNING, "proc.user_nobody", LOG_STR("why",
		    "no user " STATE_USER ": the engine runs as nobody"));
	if (u->same)
		log_event(LOG_INFO, "proc.one_uid", LOG_STR("why",
		    "not started as root: signer and engine share one uid"));
}

static int
daemon_start(struct daemon *dm, const struct proc_def *d, struct err *e)
{
	int ret;

	if ((ret = enter_state(dm, e)) != ERR_OK ||
	    (ret = check_owner(dm, e)) != ERR_OK ||
	    (ret = state_user(&dm->p.user, e)) != ERR_OK ||
	    (ret = run_lock(dm->p.statefd, d->name, &dm->lockfd, e)) !=
	    ERR_OK)
		return ret;
	if (dm->frontfd != -1 &&
	    (ret = log_to_file(dm, d->name, e)) != ERR_OK)
		return ret;
	set_limits();
	dm->p.loops = dm->opts.loops != 0 ? dm->opts.loops : processors();
	log_start(dm);
	if ((ret = d->prepare(&dm->p, e)) != ERR_OK)
		return ret;
	dm->prepared = true;
	if (dm->opts.has_time_offset)
		clock_set_offset(dm->opts.time_offset_s);
	return supervise(&dm->p, d, dm->frontfd, dm->lockfd, &dm->ready, e);
}

/* Exactly one place tells the operator; a log file keeps it as well. */
static void
say_failed(struct daemon *dm, const struct proc_def *d, const struct err *e)
{
	if (dm->logging || dm->ready)
		log_err(LOG_ERR, "proc.failed", e, LOG_STR("role", "parent"));
	if (dm->ready)
		return;
	if (dm->frontfd != -1)
		report_send(dm->frontfd, e);
	else
		(void)fprintf(stderr, "%s: cannot start: %s\n", d->name,
		    e->msg);
}

static int
daemon_main(const struct proc_def *d, const struct proc_opts *o, int frontfd)
{
	struct daemon dm = {
		.opts = *o,
		.frontfd = frontfd,
		.lockfd = -1,
		.p = { .statefd = -1, .arg = d->arg, .writerfd = -1,
		    .parentfd = -1, .enginefd = -1, .readyfd = -1 },
	};
	struct err e = { 0 };
	int ret;

	dm.p.opts = &dm.opts;
	ret = daemon_start(&dm, d, &e);
	if (dm.prepared && d->finish != NULL)
		d->finish(&dm.p);
	if (ret != ERR_OK)
		say_failed(&dm, d, &e);
	else
		log_event(LOG_INFO, "proc.stopped");
	if (dm.lockfd != -1)
		(void)close(dm.lockfd);
	if (dm.p.statefd != -1)
		(void)close(dm.p.statefd);
	return ret == ERR_OK ? 0 : 1;
}

/* What the operator's shell waits for. */
static int
front_wait(const struct proc_def *d, int fd)
{
	struct err e = { 0 };
	int r = report_read(fd, &e);

	(void)close(fd);
	if (r == 1 && e.code == ERR_OK)
		return 0;
	(void)fprintf(stderr, "%s: cannot start: %s\n", d->name, r == 1 ?
	    e.msg : "it ended without saying why; see run/*.log in the "
	    "state folder");
	return 1;
}

static int
daemonize(const struct proc_def *d, const struct proc_opts *o)
{
	int fd[2];
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) == -1 || (pid = fork()) == -1) {
		(void)fprintf(stderr, "%s: cannot start: %s\n", d->name,
		    strerror(errno));
		return 1;
	}
	if (pid > 0) {
		(void)close(fd[1]);
		return front_wait(d, fd[0]);
	}
	(void)close(fd[0]);
	(void)setsid();
	return daemon_main(d, o, fd[1]);
}

int
proc_main(int argc, char **argv, const struct proc_def *d)
{
	struct proc_opts o;
	struct err e = { 0 };

	if (open_stdio(&e) != ERR_OK)
		return 1;	/* nowhere to say it */
	switch (opts_parse(argc, argv, d, &o)) {
	case OPTS_DONE:
		return fflush(stdout) == 0 ? 0 : 1;
	case OPTS_USAGE:
		return 2;
	case OPTS_RUN:
		break;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	log_init(d->name, o.log_level, o.log_format);
	return o.foreground ? daemon_main(d, &o, -1) : daemonize(d, &o);
}
