/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A password or PIN that somebody gives, checked for a command.
 */
#ifndef CTLTOOL_USER_TRY_H
#define CTLTOOL_USER_TRY_H

#include "ctltool/user_text.h"

/*
 * FILE or "-", checked for the user; a hash that is out of date is made anew,
 * and *renewed says so.  ERR_REFUSED: wrong, locked or none set, with how many
 * tries are left.  A try counts under --dry-run too.
 */
int	user_try(struct ctl *c, const struct user_key *k, const char *file,
	    bool *renewed, struct err *e);

/* He has a new one: wrong ones before it count no more, on this node. */
int	user_try_forget(struct ctl *c, struct user_key *k, struct err *e);

#endif
