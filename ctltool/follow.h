/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * `?` at the prompt: what may stand at this point of a line.
 */
#ifndef CTLTOOL_FOLLOW_H
#define CTLTOOL_FOLLOW_H

#include "ctltool/out.h"

/* List what may stand behind the n words before, beginning with last. */
void	follow_tell(struct out *o, char *const *word, size_t n,
	    const char *last);

#endif
