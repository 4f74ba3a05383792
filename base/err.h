/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Errors: one idiom for the whole tree.  A function that can fail returns
 * ERR_OK or a negative ERR_* (a constructor: a pointer or NULL) and takes a
 * struct err * as its last parameter, NULL allowed.  The place that finds the
 * fault fills it; whoever stops the propagation logs or prints it, once.
 * The text is for operators: it is never sent to a peer and never holds a
 * secret.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

enum err_code {
	ERR_OK		= 0,
	ERR_NOMEM	= -1,	/* out of memory */
	ERR_IO		= -2,	/* the system refused: see sys */
	ERR_PROTO	= -3,	/* bytes that break a format */
	ERR_ARG		= -4,	/* a value the caller may not pass */
	ERR_NOTFOUND	= -5,
	ERR_EXISTS	= -6,
	ERR_LIMIT	= -7,	/* a bound of ours was reached */
	ERR_DENIED	= -8,	/* permission */
	ERR_VERIFY	= -9,	/* signature, authentication tag or trust */
	ERR_CRYPTO	= -10,	/* the crypto library failed */
	ERR_BADSTATE	= -11,	/* not initialised, wrong stage, wrong order */
	ERR_SCHEMA	= -12,	/* database newer or other than this binary */
	ERR_REFUSED	= -13,	/* a rule of the product forbids it */
	ERR_UNREACHABLE	= -14,	/* nothing was written */
	ERR_UNKNOWN	= -15,	/* outcome unknown, will settle */
	ERR_TIMEOUT	= -16,
	ERR_BUSY	= -17,	/* taken by another process; try again */
};

#define ERR_MSG_MAX	320
#define ERR_NO_OFFSET	((size_t)-1)

struct err {
	int	code;			/* enum err_code */
	int	sys;			/* errno, 0 when none */
	size_t	off;			/* byte offset in the input, or
					 * ERR_NO_OFFSET; valid if code != 0 */
	char	msg[ERR_MSG_MAX];	/* one line, no newline */
};

/* Fill e (may be NULL) and return code.  off becomes ERR_NO_OFFSET. */
int	err_set(struct err *e, int code, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* As err_set, with ": strerror(errno)" appended and errno kept in sys. */
int	err_sys(struct err *e, int code, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* As err_set, for malformed input: off is the offset of the bad byte.  The
 * text gets ", at byte OFF" appended. */
int	err_at(struct err *e, int code, size_t off, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));

/* Put "context: " before the text already in e.  Returns e's code (or
 * ERR_IO when e is NULL): for `return err_wrap(e, "...")'. */
int	err_wrap(struct err *e, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Short fixed name of a code for logs and JSON: "not_found". */
const char	*err_name(int code);

#endif
