/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who may give which command: roles of accounts, from the groups of the
 * operating system (parameters role.*_groups).  They guard against slips of
 * people who are let in; what keeps others out are the modes of the state
 * folder, which no program of ours can stand in for.
 */
#ifndef CTLTOOL_ROLE_H
#define CTLTOOL_ROLE_H

#include "ctltool/ctl.h"

/* The account that counts: SUDO_UID's under sudo, else the user's. */
uid_t		 role_uid(void);

/*
 * Its role on an open state: owner for root and the owner of the folder; else
 * the highest whose parameter names one of its groups.  With no parameter set
 * an account that sudo made root is an owner too: it has no other way in.
 */
enum ctl_role	 role_of(const struct node *n, uid_t uid, struct err *e);

/* May the account give this command?  ERR_REFUSED names the role it takes. */
int		 role_check(struct ctl *c, struct err *e);

/* The same for one option of a command, which takes more than that. */
int		 role_check_level(struct ctl *c, enum cmd_level level,
		    struct err *e);

/*
 * The same for commands that do not come by ctl_open: ctl_run asks it for all
 * above viewer, the others themselves.  A state that cannot be opened says why
 * when it is needed.
 */
int		 role_check_early(struct ctl *c, struct err *e);

#endif
