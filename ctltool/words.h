/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A typed line as words: blanks separate them, '...' and "..." and \ quote as
 * in a shell (within "..." a \ quotes only " and \), # at the start of a word
 * begins a comment.  Nothing else is special: no variables, no patterns.
 */
#ifndef CTLTOOL_WORDS_H
#define CTLTOOL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define WORDS_MAX	256
#define WORDS_LINE_MAX	65536	/* bytes of one line */

struct words {
	char	*buf;			/* the words, NUL-ended */
	char	*word[WORDS_MAX];	/* point into buf */
	size_t	 n;
	bool	 help;		/* the line ends in an unquoted "?", which is
				 * part of the last word */
	/* of words_partial only */
	bool	 open;		/* the last word may go on: no blank behind */
	char	 quote;		/* the quote it is in, or '\0' */
	size_t	 start;		/* where it begins in the line; without an open
				 * word the length of the line */
};

/* A whole line, its end of line (LF, CRLF) left out or not.  ERR_ARG: an open
 * quote, a lone \ at the end, a NUL, too long, too many words. */
int	words_split(struct words *w, const char *line, size_t len,
	    struct err *e);

/* A line up to the cursor: what is open is no fault. */
int	words_partial(struct words *w, const char *line, size_t len,
	    struct err *e);

/* Take the "?" of w->help away, and the word when it was nothing else. */
void	words_drop_help(struct words *w);

void	words_clear(struct words *w);

/*
 * s so that words_split reads it back as one word: as it is, or with \ before
 * what is special; within quote (' or ") as that takes it.  Fresh; NULL: out
 * of memory.
 */
char	*words_quote(const char *s, char quote);

#endif
