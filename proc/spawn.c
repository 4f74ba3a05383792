/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Starting the children, see super.h.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proc/super.h"

static void
close_fds(int *fds, size_t *n)
{
	while (*n > 0)
		(void)close(fds[--*n]);
}

void
channels_close(struct channels *ch)
{
	close_fds(ch->engine, &ch->nengine);
	close_fds(ch->signer, &ch->nsigner);
	close_fds(ch->writer, &ch->nwriter);
}

/* In the new process: drop what is the parent's, and go. */
static _Noreturn void
child_enter(struct super *s, struct child *c, struct child_env *env,
    int *others, size_t nothers)
{
	close_fds(others, &nothers);
	child_forget(&s->keeper);
	child_forget(&s->signer);
	child_forget(&s->old);
	child_forget(&s->writer);
	child_forget(&s->engine);
	child_forget(&s->monitor);
	proc_close(&s->sigfd);
	proc_close(&s->frontfd);
	proc_close(&s->lockfd);
	c->run(env);
	abort();
}

/*
 * Fork c with its channels; others are the channels' far ends, which it must
 * not hold.  stopfd is a socket because the end of a pipe is no POLLIN.
 */
static int
child_start(struct super *s, struct child *c, const int *channels, size_t n,
    int *others, size_t nothers, struct err *e)
{
	int stop[2] = { -1, -1 }, talk[2] = { -1, -1 }, report[2];
	struct child_env env = { .p = s->p, .d = s->d, .parent = getpid(),
	    .channels = n > 0 ? channels : NULL, .nchannels = n };

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stop) == -1 ||
	    (c->talks && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    talk) == -1) ||
	    pipe2(report, O_CLOEXEC) == -1) {
		(void)err_sys(e, ERR_IO, "socket pair");
		goto fail;
	}
	c->stopfd = stop[0];
	c->talkfd = talk[0];
	c->reportfd = report[0];
	env.stopfd = stop[1];
	env.talkfd = talk[1];
	env.reportfd = report[1];
	if ((c->pid = fork()) == 0)
		child_enter(s, c, &env, others, nothers);
	proc_close(&stop[1]);
	proc_close(&talk[1]);
	(void)close(report[1]);
	if (c->pid == -1) {
		(void)err_sys(e, ERR_IO, "starting the %s", c->role);
		child_forget(c);
		return ERR_IO;
	}
	return ERR_OK;
fail:
	for (int i = 0; i < 2; i++) {
		proc_close(&stop[i]);
		proc_close(&talk[i]);
	}
	return ERR_IO;
}

static int
child_wait_ready(struct super *s, struct child *c, struct err *e)
{
	int64_t left, until = super_now_ms() + PROC_START_MS;
	char why[32] = "";

	for (;;) {
		if (s->stops > 0)
			return err_set(e, ERR_BADSTATE, "stopped by a signal "
			    "before it was ready");
		if ((left = until - super_now_ms()) <= 0)
			return err_set(e, ERR_TIMEOUT, "the %s was not ready "
			    "within %d s", c->role, PROC_START_MS / 1000);
		if (super_wait(s, c->reportfd, left))
			break;
	}
	if (report_read(c->reportfd, e) == 1) {
		proc_close(&c->reportfd);
		return e->code;
	}
	(void)child_reap(c, 0, why, sizeof(why));
	return err_set(e, ERR_IO, "the %s died before it was ready (%s)",
	    c->role, why);
}

/* One end for the engine, one for the list of n others. */
static int
channel_open(struct channels *ch, int *others, size_t *n, struct err *e)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		return err_sys(e, ERR_IO, "socket pair");
	ch->engine[ch->nengine++] = sv[0];
	others[(*n)++] = sv[1];
	return ERR_OK;
}

/* It outlives the others: what it holds must not be let go in between. */
static int
keeper_start(struct super *s, struct err *e)
{
	int ret;

	if (s->d->keeper_run == NULL || s->keeper.pid != 0)
		return ERR_OK;
	ret = child_start(s, &s->keeper, NULL, 0, NULL, 0, e);
	return ret == ERR_OK ? child_wait_ready(s, &s->keeper, e) : ret;
}

/* Start c with its ends; the parent keeps those of the engine. */
static int
helper_start(struct super *s, struct child *c, struct channels *ch,
    int *ends, size_t *n, struct err *e)
{
	int ret = child_start(s, c, ends, *n, ch->engine, ch->nengine, e);

	close_fds(ends, n);
	return ret == ERR_OK ? child_wait_ready(s, c, e) : ret;
}

int
super_start_signer(struct super *s, struct channels *ch, struct err *e)
{
	int ret = ERR_OK;

	if (s->d->signer_load == NULL)
		return ERR_OK;
	while (ret == ERR_OK && ch->nengine < s->p->loops)
		ret = channel_open(ch, ch->signer, &ch->nsigner, e);
	if (ret == ERR_OK)
		return helper_start(s, &s->signer, ch, ch->signer,
		    &ch->nsigner, e);
	close_fds(ch->signer, &ch->nsigner);
	return ret;
}

static int
writer_start(struct super *s, struct channels *ch, struct err *e)
{
	int ret;

	if (s->d->writer_load == NULL)
		return ERR_OK;
	if ((ret = channel_open(ch, ch->writer, &ch->nwriter, e)) != ERR_OK)
		return ret;
	return helper_start(s, &s->writer, ch, ch->writer, &ch->nwriter, e);
}

static int
engine_start(struct super *s, struct channels *ch, struct err *e)
{
	size_t n = ch->nengine;
	int ret;

	s->p->writerfd = s->d->writer_load != NULL ? ch->engine[--n] : -1;
	ret = child_start(s, &s->engine, ch->engine, n, NULL, 0, e);
	s->p->writerfd = -1;
	return ret;
}

int
super_start(struct super *s, struct err *e)
{
	struct channels ch = { .nengine = 0 };
	int ret;

	if ((ret = keeper_start(s, e)) == ERR_OK &&
	    (ret = super_start_signer(s, &ch, e)) == ERR_OK &&
	    (ret = writer_start(s, &ch, e)) == ERR_OK)
		ret = engine_start(s, &ch, e);
	channels_close(&ch);
	return ret == ERR_OK ? child_wait_ready(s, &s->engine, e) : ret;
}

int
super_start_monitor(struct super *s, struct err *e)
{
	int ret = child_start(s, &s->monitor, NULL, 0, NULL, 0, e);

	proc_close(&s->monitor.reportfd);
	return ret;
}
