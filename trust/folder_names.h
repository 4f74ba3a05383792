/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which devices have a file of their own among the static ones, for
 * trust/folder.h.
 */
#ifndef TRUST_FOLDER_NAMES_H
#define TRUST_FOLDER_NAMES_H

#include "db/rows.h"
#include "trust/file_open.h"

#define FOLDER_SUFFIX	".cnf.xml"

/* All zeros is an empty one. */
struct folder_names {
	char	(*name)[DEVICE_NAME_MAX + 1];	/* in order, each once */
	size_t	 n, room;
	bool	 many;		/* was told that there are too many */
};

/* *all: every root could be read to its end. */
int	folder_names_read(struct folder_names *n, const struct file_roots *r,
	    bool *all, struct err *e);
void	folder_names_clear(struct folder_names *n);

#endif
