/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Secrets that commands take, see secret_in.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctltool/secret_in.h"

#define PIPE_MS	30000	/* for who writes into one to say it all */

/* One that was given, by what it is for and where it came from: a batch takes
 * several of a kind. */
struct secret_typed {
	struct secret_typed	*next;
	char			*what, *file;
	struct secret		*text;
};

struct secret *
secret_in_line(const void *buf, size_t len, const char *what, struct err *e)
{
	const char *s = buf, *end = memchr(buf, '\n', len);
	size_t n = end != NULL ? (size_t)(end - s) : len;
	struct secret *text;

	if (n > 0 && s[n - 1] == '\r')
		n--;
	if (n == 0 || n > SECRET_IN_MAX || memchr(s, '\0', n) != NULL) {
		(void)err_set(e, ERR_ARG, "%s: %s", what, n == 0 ? "empty: "
		    "its first line must hold it" : n > SECRET_IN_MAX ?
		    "too long for a secret" : "a NUL within");
		return NULL;
	}
	if ((text = secret_new(n + 1)) == NULL)
		(void)err_set(e, ERR_NOMEM, "%s", what);
	else
		memcpy(text->buf, s, n);
	return text;
}

/* A line from standard input, byte by byte: what follows is another's. */
static struct secret *
read_stdin(const char *what, struct err *e)
{
	char line[SECRET_IN_MAX + 2];
	struct secret *text;
	size_t n = 0;

	while (n < sizeof(line) && read(STDIN_FILENO, line + n, 1) == 1)
		if (line[n++] == '\n')
			break;
	text = secret_in_line(line, n, what, e);
	secret_wipe(line, sizeof(line));
	return text;
}

/* --- a terminal that shows nothing, and shows again whatever happens --- */

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

#define NSIGNALS	(sizeof(signals) / sizeof(signals[0]))

struct unseen {
	struct termios		 was;
	struct sigaction	 old[NSIGNALS];
	sigset_t		 mask;
};

static volatile sig_atomic_t caught;

static void
on_signal(int sig)
{
	caught = sig;		/* and the wait under way ends */
}

static int
unseen_begin(struct unseen *u, struct err *e)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct termios now;
	sigset_t block;

	if (tcgetattr(STDIN_FILENO, &u->was) == -1)
		return err_sys(e, ERR_IO, "the terminal");
	caught = 0;
	/* They come while there is a wait and never just before it. */
	(void)sigemptyset(&block);
	for (size_t i = 0; i < NSIGNALS; i++)
		(void)sigaddset(&block, signals[i]);
	(void)sigprocmask(SIG_BLOCK, &block, &u->mask);
	for (size_t i = 0; i < NSIGNALS; i++)
		(void)sigaction(signals[i], &sa, &u->old[i]);
	now = u->was;
	now.c_lflag &= ~(tcflag_t)ECHO;
	now.c_lflag |= ICANON;
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
	return ERR_OK;
}

static void
unseen_end(struct unseen *u)
{
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &u->was);
	for (size_t i = 0; i < NSIGNALS; i++)
		(void)sigaction(signals[i], &u->old[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &u->mask, NULL);
	if (caught != 0)
		(void)raise(caught);
}

/* A terminal gives a line at a time. */
static struct secret *
read_unseen(const struct unseen *u, const char *what, struct err *e)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	char line[SECRET_IN_MAX + 2];
	struct secret *text;
	ssize_t n = 0;

	if (ppoll(&p, 1, NULL, &u->mask) == 1)
		n = read(STDIN_FILENO, line, sizeof(line));
	text = secret_in_line(line, n > 0 ? (size_t)n : 0, what, e);
	secret_wipe(line, sizeof(line));
	return text;
}

static struct secret *
ask_once(struct ctl *c, const struct unseen *u, const char *what,
    const char *again, struct err *e)
{
	struct secret *text;

	(void)fprintf(c->out->side, "%s%s: ", what, again);
	(void)fflush(c->out->side);
	text = read_unseen(u, what, e);
	(void)fputc('\n', c->out->side);
	return text;
}

/* Unseen, and twice what is to be set. */
static struct secret *
ask_terminal(struct ctl *c, const char *what, bool twice, struct err *e)
{
	struct secret *text, *again = NULL;
	struct unseen u;
	bool same;

	(void)fflush(c->out->to);
	if (unseen_begin(&u, e) != ERR_OK)
		return NULL;
	if ((text = ask_once(c, &u, what, "", e)) != NULL && twice)
		again = ask_once(c, &u, what, " again", e);
	unseen_end(&u);
	if (!twice && caught == 0)
		return text;
	same = caught == 0 && again != NULL && again->len == text->len &&
	    secret_equal(again->buf, text->buf, text->len);
	if (caught != 0)
		(void)err_set(e, ERR_REFUSED, "%s: interrupted: nothing "
		    "changed", what);
	else if (again != NULL && !same)
		(void)err_set(e, ERR_ARG, "%s: the two are not the same: "
		    "nothing changed", what);
	secret_free(again);
	if (!same) {
		secret_free(text);
		text = NULL;
	}
	return text;
}

/* More of it; 0 at the end, -1: none came in time, which e says. */
static ssize_t
read_more(int fd, int64_t until_ms, char *buf, size_t room, const char *what,
    struct err *e)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left;
	ssize_t n;

	while ((left = until_ms - clock_mono_ms(clock_system())) > 0) {
		if (poll(&p, 1, (int)left) <= 0)
			continue;	/* the time tells */
		if ((n = read(fd, buf, room)) >= 0)
			return n;
		if (errno != EINTR && errno != EAGAIN) {
			(void)err_sys(e, ERR_IO, "%s", what);
			return -1;
		}
	}
	(void)err_set(e, ERR_IO, "%s: neither the end of a line nor of the "
	    "pipe came in time: nothing changed", what);
	return -1;
}

/* The first line that comes out of it, or all there is at its end. */
struct secret *
secret_in_pipe(int fd, int wait_ms, const char *what, struct err *e)
{
	int64_t until = clock_mono_ms(clock_system()) + wait_ms;
	char line[SECRET_IN_MAX + 2];
	struct secret *text = NULL;
	ssize_t got = 1;
	size_t n = 0;

	while (got > 0 && n < sizeof(line) && memchr(line, '\n', n) == NULL)
		if ((got = read_more(fd, until, line + n, sizeof(line) - n,
		    what, e)) > 0)
			n += (size_t)got;
	if (got != -1)
		text = secret_in_line(line, n, what, e);
	secret_wipe(line, sizeof(line));
	return text;
}

/* What a shell makes of <(command), or a named one; -1: it is neither. */
static int
open_pipe(const struct ctl *c, const char *file)
{
	struct stat st;
	int fd = openat(c->cwdfd, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd != -1 && (fstat(fd, &st) == -1 || !S_ISFIFO(st.st_mode))) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

static struct secret *
read_named(struct ctl *c, const char *file, const char *what, struct err *e)
{
	struct secret *text = NULL;
	int fd = open_pipe(c, file);
	uint8_t *buf;
	size_t len;

	if (fd != -1) {
		text = secret_in_pipe(fd, PIPE_MS, what, e);
		(void)close(fd);
		return text;
	}
	if (ctl_read_file(c, file, 16 * SECRET_IN_MAX, &buf, &len, e) ==
	    ERR_OK) {
		text = secret_in_line(buf, len, what, e);
		secret_wipe(buf, len);
		free(buf);
	}
	return text;
}

static struct secret *
read_any(struct ctl *c, const char *file, const char *what, bool twice,
    struct err *e)
{
	if (strcmp(file, "-") != 0)
		return read_named(c, file, what, e);
	if (c->in_batch) {
		(void)err_set(e, ERR_REFUSED, "%s: nobody is asked within a "
		    "batch: name a file", what);
		return NULL;
	}
	return isatty(STDIN_FILENO) ? ask_terminal(c, what, twice, e) :
	    read_stdin(what, e);
}

static struct secret_typed *
typed_find(struct ctl *c, const char *file, const char *what)
{
	struct secret_typed *t;

	for (t = c->typed; t != NULL; t = t->next)
		if (strcmp(t->what, what) == 0 && strcmp(t->file, file) == 0)
			break;
	return t;
}

static void
typed_free(struct secret_typed *t)
{
	secret_free(t->text);
	free(t->what);
	free(t->file);
	free(t);
}

static int
get(struct ctl *c, const char *file, const char *what, bool twice,
    const struct secret **text, struct err *e)
{
	struct err own = { 0 };
	struct secret_typed *t;

	if ((t = typed_find(c, file, what)) != NULL) {
		*text = t->text;
		return ERR_OK;
	}
	if ((t = calloc(1, sizeof(*t))) == NULL)
		return err_set(e, ERR_NOMEM, "%s", what);
	if ((t->what = strdup(what)) == NULL ||
	    (t->file = strdup(file)) == NULL)
		(void)err_set(&own, ERR_NOMEM, "%s", what);
	else
		t->text = read_any(c, file, what, twice, &own);
	if (t->text == NULL) {
		typed_free(t);
		return err_set(e, own.code, "%s", own.msg);
	}
	t->next = c->typed;
	c->typed = t;
	*text = t->text;
	return ERR_OK;
}

int
secret_in(struct ctl *c, const char *file, const char *what,
    const struct secret **text, struct err *e)
{
	return get(c, file, what, true, text, e);
}

int
secret_in_once(struct ctl *c, const char *file, const char *what,
    const struct secret **text, struct err *e)
{
	return get(c, file, what, false, text, e);
}

void
secret_in_clear(struct ctl *c)
{
	struct secret_typed *t;

	while ((t = c->typed) != NULL) {
		c->typed = t->next;
		typed_free(t);
	}
}
