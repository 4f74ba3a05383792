/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The parent's life: start keeper, signer, writer and engine; start all but the
 * keeper anew when one of them dies, the keeper when it does; drain when told
 * to stop.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "proc/internal.h"

#define MINUTE_MS	60000
#define QUICK_STOP_MS	1000	/* nothing to drain */
#define WRITER_STOP_MS	3000	/* ... but a commit under way */

struct super {
	struct proc		*p;
	const struct proc_def	*d;
	int			 sigfd, frontfd, lockfd;
	struct child		 keeper, signer, writer, engine;
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

static int64_t
now_ms(void)
{
	return clock_mono_ms(clock_system());
}

static void
close_fds(int *fds, size_t *n)
{
	while (*n > 0)
		(void)close(fds[--*n]);
}

/* --- waiting --- */

static void
take_signals(struct super *s)
{
	struct signalfd_siginfo si;

	while (read(s->sigfd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		if (si.ssi_signo != SIGCHLD)
			s->stops++;
}

/*
 * Until a signal, until fd (-1: none) has something, or for timeout_ms (-1:
 * for ever).  True when fd has.
 */
static bool
wait_event(struct super *s, int fd, int64_t timeout_ms)
{
	struct pollfd pfd[2] = {
		{ .fd = s->sigfd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};

	if (poll(pfd, 2, (int)timeout_ms) <= 0)
		return false;
	take_signals(s);
	return pfd[1].revents != 0;
}

/* --- starting --- */

/* In the new process: drop what is the parent's, and go. */
static _Noreturn void
child_enter(struct super *s, struct child *c, struct child_env *env,
    int *others, size_t nothers)
{
	close_fds(others, &nothers);
	child_forget(&s->keeper);
	child_forget(&s->signer);
	child_forget(&s->writer);
	child_forget(&s->engine);
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
	    (c->talks && s->d->parent_told != NULL && socketpair(AF_UNIX,
	    SOCK_SEQPACKET | SOCK_CLOEXEC, 0, talk) == -1) ||
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
	int64_t left, until = now_ms() + PROC_START_MS;
	char why[32] = "";

	for (;;) {
		if (s->stops > 0)
			return err_set(e, ERR_BADSTATE, "stopped by a signal "
			    "before it was ready");
		if ((left = until - now_ms()) <= 0)
			return err_set(e, ERR_TIMEOUT, "the %s was not ready "
			    "within %d s", c->role, PROC_START_MS / 1000);
		if (wait_event(s, c->reportfd, left))
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

static int
signer_start(struct super *s, struct channels *ch, struct err *e)
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

/* The engine comes when the others have what they need and are
 * unprivileged. */
static int
all_start(struct super *s, struct err *e)
{
	struct channels ch = { .nengine = 0 };
	int ret;

	if ((ret = keeper_start(s, e)) == ERR_OK &&
	    (ret = signer_start(s, &ch, e)) == ERR_OK &&
	    (ret = writer_start(s, &ch, e)) == ERR_OK)
		ret = engine_start(s, &ch, e);
	close_fds(ch.engine, &ch.nengine);
	return ret == ERR_OK ? child_wait_ready(s, &s->engine, e) : ret;
}

/* --- living --- */

static void
say_ready(struct super *s)
{
	log_event(LOG_INFO, "proc.ready", LOG_I64("pid", getpid()),
	    LOG_I64("keeper", s->keeper.pid),
	    LOG_I64("signer", s->signer.pid),
	    LOG_I64("writer", s->writer.pid),
	    LOG_I64("engine", s->engine.pid), LOG_U64("loops", s->p->loops));
	if (s->frontfd != -1)
		report_send(s->frontfd, NULL);
	s->frontfd = -1;
}

/* --- what the keeper tells --- */

static int
told(struct super *s, const void *msg, size_t len)
{
	struct err e = { 0 };
	int64_t again = -1;
	int ret;

	s->p->enginefd = s->engine.talkfd;
	ret = s->d->parent_told(s->p, msg, len, &again, &e);
	s->p->enginefd = -1;
	s->again_at = again == -1 ? -1 : now_ms() + again;
	if (ret != ERR_OK)
		log_err(LOG_ERR, "proc.told", &e);
	return ret;
}

/* At its end of file the keeper is gone, and will be reaped. */
static int
keeper_heard(struct super *s)
{
	uint8_t buf[PROC_TOLD_MAX];
	ssize_t n = recv(s->keeper.talkfd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n > 0)
		return told(s, buf, (size_t)n);
	if (n == 0)
		proc_close(&s->keeper.talkfd);
	return ERR_OK;
}

static int
keeper_listen(struct super *s)
{
	int64_t left = -1;

	if (s->again_at != -1 && (left = s->again_at - now_ms()) <= 0)
		return told(s, NULL, 0);
	if (wait_event(s, s->keeper.talkfd, left))
		return keeper_heard(s);
	return ERR_OK;
}

/* Until one child is gone or a signal tells to stop. */
static void
all_watch(struct super *s)
{
	struct child *all[] = { &s->keeper, &s->signer, &s->writer,
	    &s->engine };
	char why[32];

	while (s->stops == 0) {
		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
			if (child_reap(all[i], WNOHANG, why, sizeof(why))) {
				log_event(LOG_ERR, "proc.died",
				    LOG_STR("role", all[i]->role),
				    LOG_STR("why", why));
				return;
			}
		if (keeper_listen(s) != ERR_OK)
			return;
	}
}

static void
child_stop(struct super *s, struct child *c, int64_t within_ms)
{
	int64_t left, until = now_ms() + within_ms;
	char why[32];

	proc_close(&c->stopfd);
	while (c->pid != 0 && !child_reap(c, WNOHANG, why, sizeof(why))) {
		if ((left = until - now_ms()) <= 0 || s->stops > 1) {
			log_event(LOG_WARNING, "proc.drain_cut",
			    LOG_STR("role", c->role));
			child_kill(c);
			return;
		}
		(void)wait_event(s, -1, left);
	}
}

/* The engine first: what it finishes may need the others. */
static void
all_stop(struct super *s)
{
	child_stop(s, &s->engine, PROC_DRAIN_MS);
	child_stop(s, &s->writer, WRITER_STOP_MS);
	child_stop(s, &s->signer, QUICK_STOP_MS);
	child_stop(s, &s->keeper, QUICK_STOP_MS);
}

/* At most PROC_RESTARTS in any minute. */
static bool
restart_allowed(struct super *s)
{
	int64_t *oldest = &s->restart_ms[s->nrestarts % PROC_RESTARTS];
	int64_t now = now_ms();

	if (s->nrestarts >= PROC_RESTARTS && now - *oldest < MINUTE_MS)
		return false;
	*oldest = now;
	s->nrestarts++;
	return true;
}

static int
super_run(struct super *s, bool *ready, struct err *e)
{
	int ret;

	for (;;) {
		ret = all_start(s, e);
		if (ret == ERR_OK) {
			*ready = true;
			say_ready(s);
			all_watch(s);
		} else if (!*ready) {
			break;
		} else if (s->stops == 0) {
			log_err(LOG_ERR, "proc.start_failed", e);
		}
		if (s->stops > 0) {
			log_event(LOG_INFO, "proc.stopping");
			all_stop(s);
			return ERR_OK;
		}
		child_kill(&s->engine);
		child_kill(&s->writer);
		child_kill(&s->signer);
		if (!restart_allowed(s)) {
			child_kill(&s->keeper);
			return err_set(e, ERR_LIMIT, "children died more "
			    "than %d times in a minute: the lines before "
			    "say why", PROC_RESTARTS);
		}
		log_event(LOG_WARNING, "proc.restart",
		    LOG_U64("count", s->nrestarts));
	}
	child_kill(&s->engine);
	child_kill(&s->writer);
	child_kill(&s->signer);
	child_kill(&s->keeper);
	if (s->stops == 0)
		return ret;
	if (s->frontfd != -1)
		report_send(s->frontfd, e);
	return ERR_OK;
}

/* The signals to act upon, blocked and readable; HUP only from a terminal. */
static int
signals_open(bool foreground, struct err *e)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGCHLD);
	if (foreground)
		(void)sigaddset(&set, SIGHUP);
	else
		(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);		/* may have been ignored */
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    (fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)) == -1) {
		(void)err_sys(e, ERR_IO, "signals");
		return -1;
	}
	return fd;
}

int
supervise(struct proc *p, const struct proc_def *d, int frontfd, int lockfd,
    bool *ready, struct err *e)
{
	struct super s = {
		.p = p, .d = d, .frontfd = frontfd, .lockfd = lockfd,
		.again_at = -1,
		.keeper = { .role = "keeper", .run = child_keeper,
		    .stopfd = -1, .reportfd = -1, .talkfd = -1, .talks = true },
		.signer = { .role = "signer", .run = child_signer,
		    .stopfd = -1, .reportfd = -1, .talkfd = -1 },
		.writer = { .role = "writer", .run = child_writer,
		    .stopfd = -1, .reportfd = -1, .talkfd = -1 },
		.engine = { .role = "engine", .run = child_engine,
		    .stopfd = -1, .reportfd = -1, .talkfd = -1, .talks = true },
	};
	int ret;

	if ((s.sigfd = signals_open(p->opts->foreground, e)) == -1)
		return ERR_IO;
	ret = super_run(&s, ready, e);
	proc_close(&s.sigfd);
	return ret;
}
