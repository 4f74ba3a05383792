/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The daemons: where their programs are, who runs, starting and stopping.
 */
#ifndef CTLTOOL_SERVICE_H
#define CTLTOOL_SERVICE_H

#include <sys/types.h>

#include "base/err.h"
#include "ctltool/out.h"

#define SERVICE_START_MS	60000	/* until a daemon must be ready */
#define SERVICE_MARGIN_MS	5000	/* beyond PROC_DRAIN_MS, until gone */
#define SERVICE_SAID_MAX	4096	/* bytes of what a daemon said */

struct service {
	const char	*name;		/* "tftpd" */
	const char	*reference;	/* "Cisco Tftp" */
};

/* The daemons there are, in order of start; ended by name == NULL. */
const struct service	*service_table(void);

/* By either name, without regard to case; NULL. */
const struct service	*service_find(const char *name);

/* A service of the reference that this product has no need of (any case): its
 * spelling, or NULL. */
const char	*service_foreign(const char *name);

/*
 * The program: in the build tree, beside ctltool or where it is installed.
 * ERR_NOTFOUND.
 */
int	service_program(const struct service *s, char *path, size_t len,
	    struct err *e);

/*
 * Start it on a state and wait until it is ready or has said why not.
 * *already: it ran before.  said gets what it wrote on stderr, cut.
 * ERR_BADSTATE: it refused (text: its last line), ERR_TIMEOUT, ERR_DENIED.
 */
struct service_start {
	const char	*state;		/* as for --state */
	const char	*time_offset;	/* NULL: none */
	int		 statefd;
};
int	service_start(const struct service *s, const struct service_start *st,
	    bool *already, char said[SERVICE_SAID_MAX], struct err *e);

/*
 * TERM, and wait until it has drained and gone.  *was: the pid that ran, 0
 * when none did.  ERR_TIMEOUT, ERR_DENIED.
 */
int	service_stop(const struct service *s, int statefd, pid_t *was,
	    struct err *e);

/*
 * One ctltool at a time starts and stops services: *fd holds the turn until
 * closed, -1 where it cannot be had (read-only or full disk, another's
 * state).  ERR_BUSY: another one did not come to an end.
 */
int	service_turn(int statefd, int *fd, struct err *e);

/* A line for each service, in the reference's form; *list the JSON array of
 * them, NULL when out of memory.  ERR_DENIED. */
int	service_report(struct out *o, int statefd, json_t **list,
	    struct err *e);

#endif
