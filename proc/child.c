/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the children do between fork and their program's own code.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "proc/internal.h"

/* The parent alone listens to signals: a terminal's INT or a service
 * manager's TERM to all must not cut a drain short. */
static void
child_signals(void)
{
	static const int ignored[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE };
	sigset_t none;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Asked for after each change of user, which forgets it. */
static int
die_with_parent(const struct child_env *env, struct err *e)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		return err_sys(e, ERR_IO, "tying a child to its parent");
	if (getppid() != env->parent)
		_exit(1);	/* it went before we asked */
	return ERR_OK;
}

static int
child_drop(const struct child_env *env, struct err *e)
{
	int ret;

	if ((ret = proc_drop(&env->p->user, e)) != ERR_OK ||
	    (ret = die_with_parent(env, e)) != ERR_OK)
		return ret;
	return proc_no_dump(e);		/* forgotten likewise */
}

static void
child_begin(const struct child_env *env, const char *role)
{
	char comm[16];

	(void)snprintf(comm, sizeof(comm), "%.8s-%s", env->d->name, role);
	(void)prctl(PR_SET_NAME, comm, 0, 0, 0);
	child_signals();
	env->p->readyfd = env->reportfd;
	env->p->parentfd = env->talkfd;
	env->p->enginefd = -1;
}

void
proc_ready(struct proc *p)
{
	if (p->readyfd == -1)
		return;
	report_send(p->readyfd, NULL);
	p->readyfd = -1;
}

/*
 * _exit: what the parent registered with atexit, and its buffered output, is
 * the parent's.
 */
static _Noreturn void
child_end(const struct child_env *env, const char *role, int ret,
    const struct err *e)
{
	struct err why = { 0 };

	if (env->p->readyfd != -1) {
		if (ret == ERR_OK)
			(void)err_set(&why, ERR_IO, "the %s ended before it "
			    "was ready", role);
		report_send(env->p->readyfd, ret == ERR_OK ? &why : e);
	} else if (ret != ERR_OK) {
		log_err(LOG_ERR, "proc.failed", e, LOG_STR("role", role));
	}
	_exit(ret == ERR_OK ? 0 : 1);
}

void
child_keeper(struct child_env *env)
{
	struct err e = { 0 };
	int ret;

	child_begin(env, "keeper");
	if ((ret = die_with_parent(env, &e)) == ERR_OK &&
	    (ret = proc_no_dump(&e)) == ERR_OK)
		ret = env->d->keeper_run(env->p, env->stopfd, &e);
	child_end(env, "keeper", ret, &e);
}

void
child_signer(struct child_env *env)
{
	struct err e = { 0 };
	int ret;

	child_begin(env, "signer");
	if ((ret = die_with_parent(env, &e)) == ERR_OK &&
	    (ret = proc_no_dump(&e)) == ERR_OK &&
	    (ret = env->d->signer_load(env->p, &e)) == ERR_OK &&
	    (ret = child_drop(env, &e)) == ERR_OK) {
		proc_ready(env->p);
		ret = env->d->signer_run(env->p, env->channels,
		    env->nchannels, env->stopfd, &e);
	}
	child_end(env, "signer", ret, &e);
}

/* By descriptor: the path above the state folder is not for the engine. */
static int
enter_state(const struct proc *p, struct err *e)
{
	if (fchdir(p->statefd) == -1)
		return err_sys(e, ERR_DENIED, "state folder %s cannot be "
		    "entered by uid %ld: give it back its group and mode "
		    "(`chgrp %ld %s; chmod 750 %s')", p->opts->state,
		    (long)p->user.uid, (long)p->user.gid, p->opts->state,
		    p->opts->state);
	return ERR_OK;
}

void
child_writer(struct child_env *env)
{
	struct err e = { 0 };
	int ret;

	child_begin(env, "writer");
	if ((ret = die_with_parent(env, &e)) == ERR_OK &&
	    (ret = proc_no_dump(&e)) == ERR_OK &&
	    (ret = env->d->writer_load(env->p, &e)) == ERR_OK &&
	    (ret = child_drop(env, &e)) == ERR_OK &&
	    (ret = enter_state(env->p, &e)) == ERR_OK) {
		proc_ready(env->p);
		ret = env->d->writer_run(env->p, env->channels[0],
		    env->stopfd, &e);
	}
	child_end(env, "writer", ret, &e);
}

/* Nobody waits for it: what keeps it from running is in the log. */
void
child_monitor(struct child_env *env)
{
	struct err e = { 0 };
	int ret;

	child_begin(env, "monitor");
	proc_close(&env->p->readyfd);
	if ((ret = die_with_parent(env, &e)) == ERR_OK &&
	    (ret = proc_no_dump(&e)) == ERR_OK &&
	    (ret = env->d->monitor_load(env->p, &e)) == ERR_OK &&
	    (ret = child_drop(env, &e)) == ERR_OK &&
	    (ret = enter_state(env->p, &e)) == ERR_OK)
		ret = env->d->monitor_run(env->p, env->stopfd, &e);
	child_end(env, "monitor", ret, &e);
}

void
child_engine(struct child_env *env)
{
	struct err e = { 0 };
	int ret;

	child_begin(env, "engine");
	if ((ret = child_drop(env, &e)) == ERR_OK &&
	    (ret = enter_state(env->p, &e)) == ERR_OK)
		ret = env->d->engine_run(env->p, env->channels,
		    env->nchannels, env->stopfd, &e);
	child_end(env, "engine", ret, &e);
}
