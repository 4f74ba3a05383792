/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The static files of this node: tftp/ and the folders of tftp.root.
 */
#ifndef CTLTOOL_FILE_WALK_H
#define CTLTOOL_FILE_WALK_H

#include <time.h>

#include "ctltool/ctl.h"
#include "trust/file_open.h"

#define FILE_WALK_MAX	100000	/* files of all roots */
#define FILE_WALK_DEPTH	16	/* folders below a root */

struct file_entry {
	char		*name;		/* below its root */
	char		*root;		/* "tftp", or an absolute folder */
	int64_t		 size;
	struct timespec	 mtime;
	bool		 stale;		/* X.sgn, and X is newer */
};

struct file_walk {
	struct out		*out;		/* for warnings */
	struct file_entry	*entry;		/* in order of root and name */
	size_t			 n, cap;
	bool			 cut;	/* a bound was met */
	char			*roots;	/* names of roots point into it */
};

/*
 * All regular files whose name matches pattern (borrowed), of the node that
 * ctl_open() opened; folders that cannot be read are warned of.
 * file_walk_clear() it after every result.
 */
int	file_walk(struct file_walk *w, struct ctl *c, const char *pattern,
	    struct err *e);
void	file_walk_clear(struct file_walk *w);

/* The same roots, to open or remove a file by name; file_roots_free() *r
 * after every result. */
int	file_walk_roots(struct ctl *c, struct file_roots **r, struct err *e);

/* file_roots_open() that leaves e alone when it succeeds. */
int	file_walk_open(const struct file_roots *r, const char *name, int *fd,
	    struct err *e);

#endif
