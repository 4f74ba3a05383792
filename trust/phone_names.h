/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The names met in an import, and where: a phone stands there once.
 */
#ifndef TRUST_PHONE_NAMES_H
#define TRUST_PHONE_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct phone_names {
	struct phone_seen	*seen;		/* hash table */
	size_t			 n, cap;
};

/* Remember a canonical name and its line (> 0).  ERR_ARG: it is there
 * already, the text names the first line. */
int	phone_names_add(struct phone_names *p, const char *name,
	    int64_t line, struct err *e);
void	phone_names_clear(struct phone_names *p);

#endif
