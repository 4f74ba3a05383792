/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Secrets that commands take, see secret_in.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/str.h"
#include "ctltool/secret_in.h"

/* One that was given, by what it is for. */
struct secret_typed {
	struct secret_typed	*next;
	char			*what;
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

static struct secret *
ask_once(struct ctl *c, const char *what, const char *again, struct err *e)
{
	struct secret *text;

	(void)fprintf(c->out->side, "%s%s: ", what, again);
	(void)fflush(c->out->side);
	text = read_stdin(what, e);
	(void)fputc('\n', c->out->side);
	return text;
}

/* Unseen, and twice what is to be set. */
static struct secret *
ask_terminal(struct ctl *c, const char *what, bool twice, struct err *e)
{
	struct secret *text, *again = NULL;
	struct termios was, now;
	bool same;

	(void)fflush(c->out->to);
	if (tcgetattr(STDIN_FILENO, &was) == -1) {
		(void)err_sys(e, ERR_IO, "the terminal");
		return NULL;
	}
	now = was;
	now.c_lflag &= ~(tcflag_t)ECHO;
	now.c_lflag |= ICANON;
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
	if ((text = ask_once(c, what, "", e)) != NULL && twice)
		again = ask_once(c, what, " again", e);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	if (!twice)
		return text;
	same = again != NULL && again->len == text->len &&
	    secret_equal(again->buf, text->buf, text->len);
	if (again != NULL && !same)
		(void)err_set(e, ERR_ARG, "%s: the two are not the same: "
		    "nothing changed", what);
	secret_free(again);
	if (!same) {
		secret_free(text);
		text = NULL;
	}
	return text;
}

static struct secret *
read_named(struct ctl *c, const char *file, const char *what, struct err *e)
{
	struct secret *text = NULL;
	uint8_t *buf;
	size_t len;

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

static int
get(struct ctl *c, const char *file, const char *what, bool twice,
    const struct secret **text, struct err *e)
{
	struct err own = { 0 };
	struct secret_typed *t;

	for (t = c->typed; t != NULL; t = t->next)
		if (strcmp(t->what, what) == 0) {
			*text = t->text;
			return ERR_OK;
		}
	if ((t = calloc(1, sizeof(*t))) == NULL ||
	    (t->what = strdup(what)) == NULL) {
		free(t);
		return err_set(e, ERR_NOMEM, "%s", what);
	}
	if ((t->text = read_any(c, file, what, twice, &own)) == NULL) {
		free(t->what);
		free(t);
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
		secret_free(t->text);
		free(t->what);
		free(t);
	}
}
