/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The parent's life: keeper, signer, writer and engine run; all but the keeper
 * start anew when one of them dies, the keeper when it does, the monitor by
 * itself; drain when told to stop.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "proc/super.h"

#define MINUTE_MS	60000
#define QUICK_STOP_MS	1000	/* nothing to drain */
#define WRITER_STOP_MS	3000	/* ... but a commit under way */

int64_t
super_now_ms(void)
{
	return clock_mono_ms(clock_system());
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

bool
super_wait(struct super *s, int fd, int64_t timeout_ms)
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
	s->again_at = again == -1 ? -1 : super_now_ms() + again;
	if (ret != ERR_OK)
		log_err(LOG_ERR, "proc.told", &e);
	return ret;
}

static int
renew(struct super *s)
{
	struct err e = { 0 };
	int ret = super_renew(s, &e);

	if (ret == ERR_OK)
		log_event(LOG_INFO, "proc.renewed",
		    LOG_I64("signer", s->signer.pid));
	else
		log_err(LOG_ERR, "proc.renew_failed", &e);
	return ret;
}

/* At its end of file the keeper is gone, and will be reaped. */
static int
keeper_heard(struct super *s)
{
	uint8_t buf[PROC_TOLD_MAX];
	ssize_t n = recv(s->keeper.talkfd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n > 0 && renew_asked(buf, (size_t)n))
		return renew(s);
	if (n > 0)
		return s->d->parent_told != NULL ? told(s, buf, (size_t)n) :
		    ERR_OK;
	if (n == 0)
		proc_close(&s->keeper.talkfd);
	return ERR_OK;
}

static int
keeper_listen(struct super *s)
{
	int64_t left = -1;

	if (s->again_at != -1 && (left = s->again_at - super_now_ms()) <= 0)
		return told(s, NULL, 0);
	left = super_monitor_wait(s, left);
	if (super_wait(s, s->keeper.talkfd, left))
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
		(void)child_reap(&s->old, WNOHANG, why, sizeof(why));
		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
			if (child_reap(all[i], WNOHANG, why, sizeof(why))) {
				log_event(LOG_ERR, "proc.died",
				    LOG_STR("role", all[i]->role),
				    LOG_STR("why", why));
				return;
			}
		super_monitor(s);
		if (keeper_listen(s) != ERR_OK)
			return;
	}
}

static void
child_stop(struct super *s, struct child *c, int64_t within_ms)
{
	int64_t left, until = super_now_ms() + within_ms;
	char why[32];

	proc_close(&c->stopfd);
	while (c->pid != 0 && !child_reap(c, WNOHANG, why, sizeof(why))) {
		if ((left = until - super_now_ms()) <= 0 || s->stops > 1) {
			log_event(LOG_WARNING, "proc.drain_cut",
			    LOG_STR("role", c->role));
			child_kill(c);
			return;
		}
		(void)super_wait(s, -1, left);
	}
}

/* The engine first: what it finishes may need the others. */
static void
all_stop(struct super *s)
{
	proc_close(&s->monitor.stopfd);
	child_stop(s, &s->engine, PROC_DRAIN_MS);
	child_stop(s, &s->monitor, WRITER_STOP_MS);
	child_stop(s, &s->writer, WRITER_STOP_MS);
	child_stop(s, &s->signer, QUICK_STOP_MS);
	child_stop(s, &s->old, QUICK_STOP_MS);
	child_stop(s, &s->keeper, QUICK_STOP_MS);
}

/* At most PROC_RESTARTS in any minute. */
static bool
restart_allowed(struct super *s)
{
	int64_t *oldest = &s->restart_ms[s->nrestarts % PROC_RESTARTS];
	int64_t now = super_now_ms();

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
		ret = super_start(s, e);
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
		child_kill(&s->old);
		if (!restart_allowed(s)) {
			child_kill(&s->monitor);
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
	child_kill(&s->old);
	child_kill(&s->monitor);
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
		.monitor_at = d->monitor_load != NULL ? 0 : -1,
		.keeper = { .role = "keeper", .run = child_keeper,
		    .stopfd = -1, .reportfd = -1, .talkfd = -1, .talks = true },
		.signer = { .role = "signer", .run = child_signer,
		    .stopfd = -1, .reportfd = -1, .talkfd = -1 },
		.old = { .role = "signer", .stopfd = -1, .reportfd = -1,
		    .talkfd = -1 },
		.writer = { .role = "writer", .run = child_writer,
		    .stopfd = -1, .reportfd = -1, .talkfd = -1 },
		.engine = { .role = "engine", .run = child_engine,
		    .stopfd = -1, .reportfd = -1, .talkfd = -1, .talks = true },
		.monitor = { .role = "monitor", .run = child_monitor,
		    .stopfd = -1, .reportfd = -1, .talkfd = -1 },
	};
	int ret;

	if ((s.sigfd = signals_open(p->opts->foreground, e)) == -1)
		return ERR_IO;
	ret = super_run(&s, ready, e);
	proc_close(&s.sigfd);
	return ret;
}
