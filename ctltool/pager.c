/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The pager, see pager.h.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "ctltool/pager.h"

#define EXEC_FAILED	127

bool
pager_wanted(const struct cmd_line *l)
{
	const unsigned never = CMD_ASKS | CMD_WRITES | CMD_OUTSIDE | CMD_LIVE |
	    CMD_PROMPT | CMD_HIDDEN;

	return isatty(STDOUT_FILENO) && !l->json && !l->no_pager &&
	    (l->help || l->cmd == NULL || !(l->cmd->flags & never));
}

size_t
pager_rows(const char *text, size_t len, size_t columns)
{
	const char *p = text, *end = text + len, *nl;
	size_t rows = 0, width;

	while (p < end) {
		nl = memchr(p, '\n', (size_t)(end - p));
		width = (size_t)((nl != NULL ? nl : end) - p);
		rows += columns == 0 || width <= columns ? 1 :
		    (width + columns - 1) / columns;
		p += width + 1;
	}
	return rows;
}

static bool
fits(const char *text, size_t len)
{
	struct winsize ws = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == -1 || ws.ws_row == 0)
		return true;
	return pager_rows(text, len, ws.ws_col) < ws.ws_row;
}

static void __attribute__((noreturn))
pager_exec(int fd)
{
	const char *pager = getenv("PAGER");

	if (dup2(fd, STDIN_FILENO) == -1)
		_exit(EXEC_FAILED);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
	/* It may run as root: no shell, no editor, no other files. */
	(void)setenv("LESSSECURE", "1", 1);
	if (pager != NULL)
		(void)execl("/bin/sh", "sh", "-c", pager, (char *)NULL);
	else
		(void)execlp("less", "less", "-FRX", (char *)NULL);
	_exit(EXEC_FAILED);
}

/* Feed a pager; false when it could not be started. */
static bool
page(const char *text, size_t len)
{
	int p[2], status;
	pid_t pid;

	if (pipe(p) == -1)
		return false;
	if ((pid = fork()) == 0) {
		(void)close(p[1]);
		pager_exec(p[0]);
	}
	(void)close(p[0]);
	if (pid != -1)
		(void)file_write_all(p[1], text, len, NULL);
	(void)close(p[1]);
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		return false;
	return !WIFEXITED(status) || WEXITSTATUS(status) != EXEC_FAILED;
}

void
pager_show(const char *text, size_t len)
{
	const char *pager = getenv("PAGER");
	void (*intr)(int), (*brk)(int);
	bool shown = false;

	if ((pager == NULL || *pager != '\0') && !fits(text, len)) {
		intr = signal(SIGINT, SIG_IGN);	/* the pager's own key */
		brk = signal(SIGPIPE, SIG_IGN);	/* it may be left early */
		shown = page(text, len);
		(void)signal(SIGINT, intr);
		(void)signal(SIGPIPE, brk);
	}
	if (!shown)
		(void)file_write_all(STDOUT_FILENO, text, len, NULL);
}
