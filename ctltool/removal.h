/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Removing one named thing that others may need: what is refused is not asked
 * about, then one question, one transaction, one line.
 */
#ifndef CTLTOOL_REMOVAL_H
#define CTLTOOL_REMOVAL_H

#include "ctltool/ctl.h"

struct removal {
	const char	*what;		/* "user" */
	const char	*name;		/* as typed */
	const char	*effect;	/* "no phone uses it; ..." */
	int		(*removable)(struct db *db, const char *name,
			    struct err *e);
	int		(*remove)(struct db *db, const char *name,
			    struct err *e);
};

/* The whole command, which writes and asks. */
int	removal_run(struct ctl *c, const struct removal *r, struct err *e);

#endif
