/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Advice about many phones: each sentence once, with the phones it is about
 * counted.
 */
#ifndef TRUST_PHONE_ADVICE_H
#define TRUST_PHONE_ADVICE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PHONE_ADVICE_MAX	50	/* different sentences kept */

struct phone_advice_row {
	char	*text;
	int64_t	 line;		/* of the first one */
	int64_t	 n;
};

/* Zeroed to begin with. */
struct phone_advice {
	struct phone_advice_row	 row[PHONE_ADVICE_MAX];
	size_t			 n;
	int64_t			 more;	/* that had no room */
};

/* Each line of text (NULL: none), which is about the phone of that line. */
int	phone_advice_add(struct phone_advice *a, const char *text,
	    int64_t line, struct err *e);

/* What from holds too; it keeps its own. */
int	phone_advice_merge(struct phone_advice *a,
	    const struct phone_advice *from, struct err *e);
void	phone_advice_clear(struct phone_advice *a);

#endif
