/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What was typed at the prompt, kept in ~/.phonetrust_history (0600).
 */
#ifndef CTLTOOL_HISTORY_H
#define CTLTOOL_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#define HISTORY_FILE	".phonetrust_history"
#define HISTORY_MAX	1000	/* lines */

/*
 * May the line be kept?  Not when it begins with a blank, or has a secret: an
 * option of ARG_SECRET, or one whose name says so, known or mistyped.
 */
bool	history_keeps(const char *line);

/* Calls fn for each line of the file, oldest first; none is no fault. */
typedef void	history_fn(void *arg, const char *line);
void	history_load(history_fn *fn, void *arg);

/* Add a line that history_keeps; what cannot be written is left out. */
void	history_add(const char *line);

#endif
