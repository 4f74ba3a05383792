/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Lines typed at a terminal, edited by libedit: the only file that knows it.
 */
#ifndef CTLTOOL_PROMPT_H
#define CTLTOOL_PROMPT_H

#include <stddef.h>

#include "base/err.h"

struct prompt;

struct prompt_ops {
	/* What could stand for the word at the end of line: lines of text,
	 * fresh (free()); NULL: nothing. */
	char	*(*complete)(void *arg, const char *line, size_t len);
	/* Print what may follow. */
	void	 (*help)(void *arg, const char *line, size_t len);
};

/* On standard input and output.  text is shown in front of each line; text,
 * ops and arg must live as long.  NULL with e filled. */
struct prompt	*prompt_new(const char *text, const struct prompt_ops *ops,
		    void *arg, struct err *e);
void		 prompt_free(struct prompt *p);

/*
 * The next line without its end, until the next call; NULL: end of input.
 * Ctrl-C drops what is typed and starts over.
 */
const char	*prompt_line(struct prompt *p);

/* Offer the line again with the arrow keys. */
void		 prompt_remember(struct prompt *p, const char *line);

#endif
