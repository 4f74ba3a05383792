/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The structured log, see log.h.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define LOG_LINE_MAX	4096
#define LOG_KEY_ROOM	80	/* key, quotes, "...", end of object */

/* A line under construction; what does not fit is dropped. */
struct line {
	char	buf[LOG_LINE_MAX];
	size_t	len;
};

static const char *const log_levels[] = {
	[LOG_ERR] = "err",
	[LOG_WARNING] = "warning",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

/* Set once at start-up by log_init; the level may change later. */
static const char *log_ident = "phonetrust";
static enum log_format log_fmt = LOG_TEXT;
static _Atomic int log_max = LOG_INFO;

void
log_init(const char *ident, enum log_level level, enum log_format fmt)
{
	log_ident = ident;
	log_fmt = fmt;
	atomic_store(&log_max, (int)level);
}

void
log_set_level(enum log_level level)
{
	atomic_store(&log_max, (int)level);
}

bool
log_level_parse(const char *s, enum log_level *level)
{
	for (int i = LOG_ERR; i <= LOG_DEBUG; i++)
		if (strcmp(s, log_levels[i]) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	return false;
}

bool
log_wanted(enum log_level level)
{
	return (int)level <= atomic_load_explicit(&log_max,
	    memory_order_relaxed);
}

/* Keeps one byte for the newline. */
static void
line_put(struct line *l, const char *s, size_t n)
{
	size_t room = sizeof(l->buf) - 1 - l->len;

	if (n > room)
		n = room;
	memcpy(l->buf + l->len, s, n);
	l->len += n;
}

static void
line_str(struct line *l, const char *s)
{
	line_put(l, s, strlen(s));
}

/*
 * A quoted value.  Control bytes, DEL and all bytes from 0x80 are escaped, so
 * nothing a peer sent can break a line, drive a terminal or spoil JSON.
 */
static void
line_quoted(struct line *l, const char *s)
{
	char esc[8];
	size_t n = 0;

	line_put(l, "\"", 1);
	for (; *s != '\0' && n < LOG_VALUE_MAX; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			(void)snprintf(esc, sizeof(esc), "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			(void)snprintf(esc, sizeof(esc), "\\u%04x", c);
		else
			(void)snprintf(esc, sizeof(esc), "%c", c);
		line_str(l, esc);
		n += strlen(esc);
	}
	if (*s != '\0')
		line_str(l, "...");
	line_put(l, "\"", 1);
}

static void
line_value(struct line *l, const struct log_kv *kv)
{
	char num[24];

	if (kv->is_str) {
		line_quoted(l, kv->str != NULL ? kv->str : "");
		return;
	}
	if (kv->is_unsigned)
		(void)snprintf(num, sizeof(num), "%" PRIu64,
		    (uint64_t)kv->num);
	else
		(void)snprintf(num, sizeof(num), "%" PRId64, kv->num);
	line_str(l, num);
}

static void
line_text(struct line *l, enum log_level level, const char *event,
    const char *stamp, const struct log_kv *kv)
{
	line_str(l, stamp);
	line_put(l, " ", 1);
	line_str(l, log_ident);
	line_put(l, " ", 1);
	line_str(l, log_levels[level]);
	line_put(l, " ", 1);
	line_str(l, event);
	for (; kv->key != NULL; kv++) {
		line_put(l, " ", 1);
		line_str(l, kv->key);
		line_put(l, "=", 1);
		line_value(l, kv);
	}
}

static void
line_json(struct line *l, enum log_level level, const char *event,
    const char *stamp, const struct log_kv *kv)
{
	line_str(l, "{\"time\":");
	line_quoted(l, stamp);
	line_str(l, ",\"program\":");
	line_quoted(l, log_ident);
	line_str(l, ",\"level\":");
	line_quoted(l, log_levels[level]);
	line_str(l, ",\"event\":");
	line_quoted(l, event);
	for (; kv->key != NULL; kv++) {
		/* A line that would be cut would not be JSON. */
		if (sizeof(l->buf) - l->len < LOG_VALUE_MAX + LOG_KEY_ROOM)
			break;
		line_put(l, ",", 1);
		line_quoted(l, kv->key);
		line_put(l, ":", 1);
		line_value(l, kv);
	}
	line_put(l, "}", 1);
}

void
log_write(enum log_level level, const char *event, const struct log_kv *kv)
{
	char stamp[CLOCK_RFC3339_LEN];
	struct line l = { .len = 0 };

	if (!log_wanted(level))
		return;
	clock_rfc3339(clock_wall_ns(clock_system()) / 1000000000, stamp);
	if (log_fmt == LOG_JSON)
		line_json(&l, level, event, stamp, kv);
	else
		line_text(&l, level, event, stamp, kv);
	l.buf[l.len++] = '\n';
	if (write(STDERR_FILENO, l.buf, l.len) == -1)
		return;		/* nowhere left to say it */
}
