/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The parameters that capfd's engine reads.
 */
#ifndef CAPFD_TUNING_H
#define CAPFD_TUNING_H

#include "capfd/session.h"
#include "db/params.h"
#include "trust/msg_loop.h"

#define TUNING_PROGRESS_MS	300000	/* spec/capf.md section 11 */

struct tuning {
	struct msg_tuning	 msg;
	struct session_waits	 waits;
	int64_t			 validity_s;	/* of what CAPF issues */
	bool			 elsewhere;	/* a CA elsewhere issues */
};

int	tuning_load(struct tuning *t, struct db *db, const char *node,
	    struct err *e);

/*
 * What was changed that a loop goes by: phones and their operations change
 * with every session.  seq is -1 at first: then everything was.
 */
struct tuning_watch {
	int64_t	 seq;
	/* Set, never cleared: the caller's. */
	bool	 parameters;
	bool	 own;		/* the server's own certificates */
	bool	 any;		/* those, or certificates, nodes, ... */
};
/* What cannot be read counts as changed. */
void	tuning_look(struct tuning_watch *w, struct db *db);

#endif
