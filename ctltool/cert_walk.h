/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The files of folders that a command names.
 */
#ifndef CTLTOOL_CERT_WALK_H
#define CTLTOOL_CERT_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define CERT_WALK_MAX	1000000		/* files */
#define CERT_WALK_DEPTH	16		/* folders below the one named */

/* Start with zeroes. */
struct cert_walk {
	char	**name;		/* as openat() takes them */
	size_t	 n, room;
	size_t	 nfolders;	/* below, that were left out */
};
void	cert_walk_clear(struct cert_walk *w);

bool	cert_walk_is_folder(int dirfd, const char *path);

/*
 * Add a file, or all files of a folder in order of their names, with
 * recursive those of the folders below too.  Links to files are followed,
 * links to folders are not; whatever is no file stays in, so that it is told.
 * ERR_LIMIT: more than the bounds above; ERR_IO, ERR_NOMEM.
 */
int	cert_walk_add(struct cert_walk *w, int dirfd, const char *path,
	    bool recursive, struct err *e);

#endif
