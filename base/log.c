/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The structured log, see log.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define LOG_LINE_MAX	4096
#define LOG_KEY_ROOM	80	/* key, quotes, "...", end of object */
#define LOG_BUFFER	65536	/* of lines that wait */

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

static bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* How many of the first max bytes go out as they are. */
static size_t
plain_run(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && is_plain((unsigned char)s[n]))
		n++;
	return n;
}

static size_t
escape(char esc[8], unsigned char c)
{
	int n = c == '"' || c == '\\' ? snprintf(esc, 8, "\\%c", c) :
	    snprintf(esc, 8, "\\u%04x", c);

	return (size_t)n;
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
	while (*s != '\0' && n < LOG_VALUE_MAX) {
		size_t run = plain_run(s, LOG_VALUE_MAX - n);

		if (run > 0) {
			line_put(l, s, run);
			s += run;
			n += run;
			continue;
		}
		n += escape(esc, (unsigned char)*s++);
		line_str(l, esc);
	}
	if (*s != '\0')
		line_str(l, "...");
	line_put(l, "\"", 1);
}

static void
line_value(struct line *l, const struct log_kv *kv)
{
	char num[24], *p = num + sizeof(num);
	uint64_t v = (uint64_t)kv->num;
	bool minus = !kv->is_unsigned && kv->num < 0;

	if (kv->is_str) {
		line_quoted(l, kv->str != NULL ? kv->str : "");
		return;
	}
	if (minus)
		v = -v;
	do
		*--p = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	if (minus)
		*--p = '-';
	line_put(l, p, (size_t)(num + sizeof(num) - p));
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

/* --- leaving --- */

/* Lines that wait, of all threads. */
static struct {
	pthread_mutex_t	lock;
	atomic_bool	on;
	size_t		chunk;		/* most bytes in one write */
	int64_t		since_ms;	/* the first of them waits */
	size_t		len;
	char		buf[LOG_BUFFER];
} held = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
write_all(const char *p, size_t len)
{
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n) {
		n = write(STDERR_FILENO, p, len);
		if (n == -1 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return;		/* nowhere left to say it */
	}
}

/* Whole lines of at most held.chunk bytes together; one always fits. */
static size_t
whole_lines(const char *p, size_t len)
{
	const char *end;

	if (len <= held.chunk)
		return len;
	end = memrchr(p, '\n', held.chunk);
	return end != NULL ? (size_t)(end + 1 - p) : len;
}

/* Under the lock. */
static void
write_held(void)
{
	for (size_t n, off = 0; off < held.len; off += n) {
		n = whole_lines(held.buf + off, held.len - off);
		write_all(held.buf + off, n);
	}
	held.len = 0;
}

static void
hold(enum log_level level, const struct line *l)
{
	int64_t now = clock_mono_ms(clock_system());

	(void)pthread_mutex_lock(&held.lock);
	if (l->len > sizeof(held.buf) - held.len)
		write_held();
	if (held.len == 0)
		held.since_ms = now;
	memcpy(held.buf + held.len, l->buf, l->len);
	held.len += l->len;
	if (level <= LOG_WARNING || now - held.since_ms >= LOG_WAIT_MS)
		write_held();
	(void)pthread_mutex_unlock(&held.lock);
}

void
log_flush(void)
{
	(void)pthread_mutex_lock(&held.lock);
	write_held();
	(void)pthread_mutex_unlock(&held.lock);
}

void
log_buffer(bool on)
{
	struct stat st;

	(void)pthread_mutex_lock(&held.lock);
	write_held();
	/* A file takes any write whole; a pipe only that much (POSIX), and
	 * others write to it too. */
	held.chunk = fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode) ?
	    sizeof(held.buf) : PIPE_BUF;
	atomic_store(&held.on, on);
	(void)pthread_mutex_unlock(&held.lock);
}

/* The time of a line, made anew once a second. */
static const char *
stamp_now(void)
{
	static _Thread_local char stamp[CLOCK_RFC3339_LEN];
	static _Thread_local int64_t made = INT64_MIN;
	int64_t now = clock_wall_ns(clock_system()) / 1000000000;

	if (now != made)
		clock_rfc3339(now, stamp);
	made = now;
	return stamp;
}

void
log_write(enum log_level level, const char *event, const struct log_kv *kv)
{
	struct line l;

	if (!log_wanted(level))
		return;
	l.len = 0;		/* the rest needs no clearing */
	if (log_fmt == LOG_JSON)
		line_json(&l, level, event, stamp_now(), kv);
	else
		line_text(&l, level, event, stamp_now(), kv);
	l.buf[l.len++] = '\n';
	if (atomic_load_explicit(&held.on, memory_order_relaxed))
		hold(level, &l);
	else
		write_all(l.buf, l.len);
}
