/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Where bundles lie: a folder, a file, file://, http(s):// or sftp://.
 */
#ifndef CTLTOOL_BULK_PLACE_H
#define CTLTOOL_BULK_PLACE_H

#include "ctltool/ctl.h"
#include "trust/bundle.h"

#define BULK_SUFFIX	".bundle"
#define BULK_FILES_MAX	1000	/* bundles of one folder */

/*
 * Add the bundles of a place to b: of a folder (on an sftp server: a URL that
 * ends in a slash) all files NAME.bundle, else the one file.  With the state
 * open; options --password-file and --host-key are obeyed.  *files counts them.
 * ERR_NOTFOUND: the folder has none; else as bundle_read, transfer and fetch
 * say, with the file's name.
 */
int	bulk_place_read(struct ctl *c, const char *place, struct bundle *b,
	    size_t *files, struct err *e);

/*
 * Write a bundle: into a folder (one that is there, or a place that ends in a
 * slash) under the name given, else as the file that place names, replacing
 * it.  *where gets what was written (free()); not written in a rehearsal.
 */
int	bulk_place_write(struct ctl *c, const char *place, const char *name,
	    const void *buf, size_t len, char **where, struct err *e);

/* Can it be both read and written as a folder? */
bool	bulk_place_is_folder(const struct ctl *c, const char *place);

#endif
