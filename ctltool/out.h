/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a command says: text for people, or one JSON envelope for programs
 * (design: "Command line").  Handlers write both; the form not wanted is
 * dropped here.
 */
#ifndef CTLTOOL_OUT_H
#define CTLTOOL_OUT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "base/err.h"

#define OUT_SCHEMA	"phonetrust/1"

struct out {
	bool	 json, changed;
	bool	 dry_run;	/* said in the envelope */
	FILE	*to;		/* results */
	FILE	*side;		/* errors, warnings, progress, prompts */
	json_t	*result;	/* owned; NULL: none */
	json_t	*warnings;	/* array */
	json_t	*effect;	/* owned; of a dry run, else NULL */
	bool	 nomem;
	bool	 lines;		/* several results */
};

/* Borrows the streams until out_clear. */
int	out_init(struct out *o, bool json, FILE *to, FILE *side,
	    struct err *e);
void	out_clear(struct out *o);

/* Text form only; control bytes in values are the caller's to make visible
 * (out_vis). */
void	out_text(struct out *o, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* A ready text. */
void	out_puts(struct out *o, const char *s);

/* What is under way; text form only, on the side stream. */
void	out_progress(struct out *o, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Advice that leaves the exit status alone: side stream or "warnings". */
void	out_warn(struct out *o, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* The same for each line of a text. */
void	out_warn_lines(struct out *o, const char *lines);

/* Something was changed, for good. */
void	out_changed(struct out *o);

/* The command's result, taken over; NULL: out of memory.  The last counts. */
void	out_result(struct out *o, json_t *result);

/* What a dry run would have changed, taken over. */
void	out_effect(struct out *o, json_t *effect);

/* The envelope by itself; NULL: out of memory. */
json_t	*out_envelope(const struct out *o, const char *command, int status,
	    const struct err *e);

/* There will be several results: each an envelope on a line of its own, written
 * now (taken over).  At the end comes an error, or nothing.  Text form: nothing. */
void	out_lines(struct out *o);
void	out_line(struct out *o, const char *command, json_t *result);

/* False when what was said so far could not be written. */
bool	out_flush(struct out *o);

/*
 * End of the command: the envelope, or the error as "ctltool: cause: cure".
 * e->code ERR_OK: no error.  Returns the exit status to use: status, or when
 * the result could not be written and that was 0: 3 if something was changed
 * (out_changed), else 1.
 */
int	out_finish(struct out *o, const char *command, int status,
	    const struct err *e);

/* --- values, fresh; NULL when out of memory --- */

/* Text, with control and malformed bytes as \xNN; NULL gives null. */
json_t	*out_str(const char *s);
json_t	*out_strn(const char *s, size_t len);
json_t	*out_hex(const void *buf, size_t len);
/* Unix seconds as RFC 3339 in UTC. */
json_t	*out_time(int64_t unix_s);

/* s made visible in buf, which is returned: for text lines. */
#define OUT_VIS_MAX	4200
const char	*out_vis(const char *s, char buf[OUT_VIS_MAX]);

#endif
