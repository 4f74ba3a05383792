/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Structured log on stderr.  One line per event: a dotted name, then
 * key=value, as text or as one JSON object.  The logger, not the caller,
 * quotes and escapes; values are cut at LOG_VALUE_MAX bytes.  Whole lines go
 * out in one write(2), so lines of threads and processes do not mix: one by
 * one, or many at a time where a process has asked for that (log_buffer).  A
 * key means the same everywhere: id, peer, file, cert, device, node, code, why,
 * ms, bytes.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum log_level {
	LOG_ERR,	/* an operator must act */
	LOG_WARNING,	/* a request failed through us */
	LOG_INFO,	/* one line per session */
	LOG_DEBUG,
};

enum log_format {
	LOG_TEXT,
	LOG_JSON,
};

#define LOG_VALUE_MAX	512

struct log_kv {
	const char	*key;		/* NULL ends the list */
	const char	*str;		/* text, or NULL: num counts */
	int64_t		 num;
	bool		 is_unsigned;
	bool		 is_str;
};

#define LOG_STR(k, v)	((struct log_kv){ .key = (k), .str = (v), \
			    .is_str = true })
#define LOG_I64(k, v)	((struct log_kv){ .key = (k), .num = (int64_t)(v) })
#define LOG_U64(k, v)	((struct log_kv){ .key = (k), \
			    .num = (int64_t)(v), .is_unsigned = true })

/*
 * Set program name (kept, not copied), lowest level shown and format.
 * Before the first call: "phonetrust", LOG_INFO, LOG_TEXT.  Not thread-safe:
 * call before threads start.  log_set_level may be called at any time.
 */
void	log_init(const char *ident, enum log_level level, enum log_format fmt);
void	log_set_level(enum log_level level);

/* "err", "warning", "info", "debug" -> level; false when none of these. */
bool	log_level_parse(const char *s, enum log_level *level);

/* True when a line of this level would be written: guards costly values. */
bool	log_wanted(enum log_level level);

/*
 * For a process that logs thousands of lines a second: from now on info and
 * debug lines wait until there are many, or until the next line finds that the
 * first has waited LOG_WAIT_MS, or for log_flush, which its loops call as
 * often.  Warnings and errors go at once, and with them what waits.  Off sends
 * what waits; call it before the process ends.  Not for processes that fork
 * while it is on.
 */
#define LOG_WAIT_MS	200
void	log_buffer(bool on);
void	log_flush(void);

/* Use log_event.  kv is ended by a key of NULL. */
void	log_write(enum log_level level, const char *event,
	    const struct log_kv *kv);

/* log_event(LOG_INFO, "xfer.done", LOG_STR("peer", p), LOG_U64("ms", ms)) */
#define log_event(level, event, ...)					\
	log_write((level), (event), (const struct log_kv[]){		\
	    __VA_ARGS__ __VA_OPT__(,) { .key = NULL } })

/* The event with code=<err_name> why=<text> of e, after the given pairs. */
#define log_err(level, event, e, ...)					\
	log_event((level), (event), __VA_ARGS__ __VA_OPT__(,)		\
	    LOG_STR("code", err_name((e)->code)), LOG_STR("why", (e)->msg))

#endif
