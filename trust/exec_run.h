/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Run a program of the administrator's: without arguments and without a
 * shell, in /, as the daemons' user (what is in the database must not become
 * root's), with PATH, LANG and what the caller adds alone in its environment.
 * It and what it has started in its session is killed in the end.
 */
#ifndef TRUST_EXEC_RUN_H
#define TRUST_EXEC_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define EXEC_ENV_MAX	16
#define EXEC_WHY_MAX	256

struct exec_job {
	const char	*path;
	const void	*in;		/* its standard input: a file, so that
					 * it need not read it */
	size_t		 inlen;
	const char	*const *env;	/* "NAME=value", NULL-ended; or NULL */
	size_t		 outmax;	/* bytes of output that are kept; 0: its
					 * output goes nowhere.  Writing more
					 * fails in the program */
	int64_t		 timeout_ms;
	bool		 (*stop)(void *arg);	/* true: give up; or NULL */
	void		*stop_arg;
};

struct exec_end {
	int		 status;	/* its exit status */
	uint8_t		*out;		/* text, up to its first NUL; a NUL
					 * that is not counted follows */
	size_t		 outlen;
	/* The first line of what it said on standard error, with outmax. */
	char		 why[EXEC_WHY_MAX];
};

/*
 * ERR_OK whatever its exit status is, but for 126 and 127, which shells say
 * when a program cannot be run.  ERR_TIMEOUT; ERR_IO: ended by a signal, or
 * cannot be run; ERR_BUSY: stop said so.  exec_end_clear() it on ERR_OK.
 */
int	exec_run(const struct exec_job *j, struct exec_end *x, struct err *e);
void	exec_end_clear(struct exec_end *x);

#endif
