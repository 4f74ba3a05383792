/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A command line that is being typed: what of it is command, argument and
 * option, for completion and `?`.
 */
#ifndef CTLTOOL_TYPED_H
#define CTLTOOL_TYPED_H

#include "ctltool/cmd.h"

#define TYPED_WORDS_MAX	64

struct typed {
	const char		*state;		/* --state of the line, or NULL */
	const struct cmd	*cmd;		/* NULL: not whole yet */
	size_t			 used;		/* tokens that are its words */
	char			*tok[TYPED_WORDS_MAX];	/* no options */
	size_t			 ntok;
	const struct cmd_arg	*open;		/* option that waits for its value */
	const struct cmd_arg	*given[TYPED_WORDS_MAX];	/* options */
	size_t			 ngiven;
};

/* The words before the one that is being typed; borrowed.  False: too many. */
bool	typed_sort(struct typed *t, char *const *word, size_t n);

/* The argument that comes next (the last one when it takes all that is left),
 * or NULL. */
const struct cmd_arg	*typed_argument(const struct typed *t);

/*
 * The option whose value is being typed in last: behind the option, or behind
 * its '='; *value is that value so far, within last.  NULL: none is.
 */
const struct cmd_arg	*typed_value(const struct typed *t, const char *last,
			    const char **value);

/* The option stands there, and may not again. */
bool	typed_has(const struct typed *t, const struct cmd_arg *a);

#endif
