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

#endif
