/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Secrets that commands take: from a file, the terminal or standard input,
 * never from the command line, which every account of the machine can see.
 */
#ifndef CTLTOOL_SECRET_IN_H
#define CTLTOOL_SECRET_IN_H

#include "crypt/secret.h"
#include "ctltool/ctl.h"

#define SECRET_IN_MAX	1024	/* bytes */

/*
 * The first line of FILE, or with "-" what is typed twice at the terminal
 * without being shown, or the next line of standard input.  what names it in
 * questions and errors; *text ends in a NUL and is kept, under what and file,
 * until the command or the batch has ended, so that a command that is run
 * again does not ask again.
 * ERR_ARG: empty, too long, a NUL, the two differ; ERR_REFUSED: "-" in a
 * batch; else file_read's.
 */
int	secret_in(struct ctl *c, const char *file, const char *what,
	    const struct secret **text, struct err *e);

/* The same of one that opens something, which tells whether it was right: the
 * terminal asks once. */
int	secret_in_once(struct ctl *c, const char *file, const char *what,
	    const struct secret **text, struct err *e);

/* By ctl_end(). */
void	secret_in_clear(struct ctl *c);

/* For tests too: the line of a buffer as a secret, and that of a pipe, which
 * has wait_ms to bring it or to end.  ERR_IO: neither came. */
struct secret	*secret_in_line(const void *buf, size_t len,
		    const char *what, struct err *e);
struct secret	*secret_in_pipe(int fd, int wait_ms, const char *what,
		    struct err *e);

#endif
