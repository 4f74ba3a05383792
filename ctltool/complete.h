/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Completion from the command table.
 */
#ifndef CTLTOOL_COMPLETE_H
#define CTLTOOL_COMPLETE_H

#include <stddef.h>

#include "ctltool/out.h"

/*
 * Print what last could become behind the n words before it, one candidate a
 * line.  Names come from the state of --state among the words, else from
 * state (NULL: the default); opening one moves the process there.
 */
void	complete_words(struct out *o, const char *state, char *const *word,
	    size_t n, const char *last);

#endif
