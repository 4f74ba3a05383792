/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The process that keeps databases open, see keeper.h.
 */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/observed.h"
#include "proc/state.h"
#include "tftpd/keeper.h"
#include "trust/node.h"

#define OBSERVED_MODE	0660	/* as node init makes it */

struct kept {
	struct node	 node;
	struct db	*observed;
};

static int
keep(struct kept *k, int statefd, struct err *e)
{
	int r;

	if ((r = node_open_fd(&k->node, statefd, DB_WRITE, e)) != ERR_OK ||
	    (r = observed_create(statefd, e)) != ERR_OK ||
	    (r = state_own_file(statefd, OBSERVED_FILE, OBSERVED_MODE, true,
	    e)) != ERR_OK)
		return r;
	k->observed = db_open(statefd, OBSERVED_FILE, DB_WRITE, e);
	return k->observed != NULL ? ERR_OK : e->code;
}

/* All but stdio and these two: not the daemon's lock, nor anything else. */
static void
close_others(int a, int b)
{
	unsigned lo = (unsigned)(a < b ? a : b), hi = (unsigned)(a < b ? b : a);

	if (lo > 3)
		(void)close_range(3, lo - 1, 0);
	if (hi > lo + 1)
		(void)close_range(lo + 1, hi - 1, 0);
	(void)close_range(hi + 1, ~0u, 0);
}

/* Signals are the parent's business, as in all its children. */
static _Noreturn void
keeper_main(int statefd, int fd)
{
	static const int ignored[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE };
	struct kept k = { .observed = NULL };
	struct err e = { 0 };
	char c;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)prctl(PR_SET_NAME, "tftpd-keeper", 0, 0, 0);
	close_others(statefd, fd);
	if (keep(&k, statefd, &e) != ERR_OK) {
		(void)send(fd, &e, sizeof(e), 0);
		_exit(1);
	}
	if (send(fd, &e, sizeof(e), 0) != (ssize_t)sizeof(e))
		_exit(1);
	while (read(fd, &c, 1) == -1 && errno == EINTR)
		;			/* until the parent closes or dies */
	db_close(k.observed);
	node_close(&k.node);
	_exit(0);
}

int
keeper_start(struct keeper *k, int statefd, struct err *e)
{
	struct err said = { 0 };
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return err_sys(e, ERR_IO, "socket pair");
	k->fd = sv[0];
	if ((k->pid = fork()) == 0)
		keeper_main(statefd, sv[1]);
	(void)close(sv[1]);
	if (k->pid == -1) {
		(void)err_sys(e, ERR_IO, "starting the database keeper");
		k->pid = 0;
		keeper_forget(k);
		return ERR_IO;
	}
	if (recv(k->fd, &said, sizeof(said), MSG_WAITALL) !=
	    (ssize_t)sizeof(said))
		(void)err_set(&said, ERR_IO, "the database keeper died "
		    "before it was ready");
	if (said.code == ERR_OK)
		return ERR_OK;
	keeper_stop(k);
	return err_set(e, said.code, "%s", said.msg);
}

void
keeper_forget(struct keeper *k)
{
	if (k->fd != -1)
		(void)close(k->fd);
	k->fd = -1;
}

void
keeper_stop(struct keeper *k)
{
	keeper_forget(k);
	if (k->pid != 0)
		while (waitpid(k->pid, NULL, 0) == -1 && errno == EINTR)
			;
	k->pid = 0;
}
