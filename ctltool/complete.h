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

#define COMPLETE_WORDS_MAX	64

/* Print what last could become behind the n words before it, one candidate a
 * line. */
void	complete_words(struct out *o, char *const *word, size_t n,
	    const char *last);

#endif
