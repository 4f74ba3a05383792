/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The end of a child, as its parent sees it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/internal.h"

void
proc_close(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

void
child_forget(struct child *c)
{
	c->pid = 0;
	proc_close(&c->stopfd);
	proc_close(&c->reportfd);
	proc_close(&c->talkfd);
}

static void
status_text(int status, char *out, size_t outlen)
{
	if (WIFSIGNALED(status))
		(void)snprintf(out, outlen, "signal %d", WTERMSIG(status));
	else
		(void)snprintf(out, outlen, "exit %d", WEXITSTATUS(status));
}

bool
child_reap(struct child *c, int flags, char *why, size_t whylen)
{
	int status = 0;
	pid_t r;

	if (c->pid == 0)
		return false;
	do {
		r = waitpid(c->pid, &status, flags);
	} while (r == -1 && errno == EINTR);
	if (r == 0)
		return false;
	status_text(status, why, whylen);
	child_forget(c);
	return true;
}

void
child_kill(struct child *c)
{
	char why[32];

	if (c->pid == 0)
		return;
	(void)kill(c->pid, SIGKILL);
	(void)child_reap(c, 0, why, sizeof(why));
}
