/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Long output page by page on a terminal.
 */
#ifndef CTLTOOL_PAGER_H
#define CTLTOOL_PAGER_H

#include <stdbool.h>
#include <stddef.h>

#include "ctltool/cmd.h"

/*
 * The line's output is to be gathered for pager_show: standard output is a
 * terminal, and the command only looks and says nothing while it runs.
 */
bool	pager_wanted(const struct cmd_line *l);

/*
 * Write text to standard output: through $PAGER, without it through less when
 * it is installed, if it is longer than the terminal.  An empty $PAGER: none.
 */
void	pager_show(const char *text, size_t len);

/* Rows that a text takes on a terminal of so many columns (0: as is). */
size_t	pager_rows(const char *text, size_t len, size_t columns);

#endif
