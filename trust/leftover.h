/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a cut "node init" leaves in a state folder.
 */
#ifndef TRUST_LEFTOVER_H
#define TRUST_LEFTOVER_H

#include "base/err.h"

/*
 * Empty the folder when all that is in it comes from a cut run: a database
 * without a cluster row, what such a run makes beside it, empty sub-folders.
 * Nothing is removed unless all of it is known.  path is for messages.
 * ERR_EXISTS: it holds a node.  ERR_REFUSED: anything else is in it, or files
 * of a node whose database is gone.  Others: the database could not be read,
 * so it was left alone.
 */
int	leftover_clear(int dirfd, const char *path, struct err *e);

#endif
