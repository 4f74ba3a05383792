/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phone set --plain-until: what the command line says of it.
 */
#ifndef CTLTOOL_PHONE_PLAIN_ARGS_H
#define CTLTOOL_PHONE_PLAIN_ARGS_H

#include "ctltool/ctl.h"
#include "trust/phone_plain.h"

struct phone_plain_args {
	bool			 given;
	struct row_phone_plain	 row;	/* without phone; until 0: to end */
};

/* After ctl_open.  ERR_REFUSED: not an owner; ERR_ARG. */
int	phone_plain_take(struct ctl *c, struct phone_plain_args *a,
	    struct err *e);

/* What it means, for people; n phones. */
void	phone_plain_tell(struct ctl *c, const struct phone_plain_args *a,
	    size_t n);

#endif
