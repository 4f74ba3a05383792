/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Words that are no command: what to say about them.
 */
#ifndef CTLTOOL_MEANT_H
#define CTLTOOL_MEANT_H

#include <stddef.h>

#include "base/err.h"

/* Fill e for n >= 1 words that are no command: the commands that go on from
 * them, the nearest one, or where all are listed.  Returns ERR_ARG. */
int	meant_error(char *const *tok, size_t n, struct err *e);

/* The first k words with blanks between, as many as fit. */
void	meant_join(char *const *tok, size_t k, char *out, size_t outlen);

#endif
