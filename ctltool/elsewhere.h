/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Commands of the reference that are not part of this product, each with the
 * reason and what does the work instead (spec/admin-cli.md).  Commands that
 * later versions bring are not in it: they do not exist yet.
 */
#ifndef CTLTOOL_ELSEWHERE_H
#define CTLTOOL_ELSEWHERE_H

#include <stddef.h>

struct elsewhere {
	const char	*words;		/* "utils fips" and all that follows */
	const char	*why;		/* reason: what to do instead */
};

/* Ended by words NULL, in order of their words. */
const struct elsewhere	*elsewhere_table(void);

/* The entry whose words the tokens begin with, a leading "utils" left out or
 * not; NULL. */
const struct elsewhere	*elsewhere_find(char *const *tok, size_t n);

#endif
