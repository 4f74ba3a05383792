/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The prompt, see prompt.h.
 */
#include <histedit.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/history.h"
#include "ctltool/prompt.h"
#include "ctltool/words.h"

#define COLUMNS		76	/* for lists of candidates */

struct prompt {
	EditLine		*el;
	History			*hist;
	char			*text;
	const struct prompt_ops	*ops;
	void			*arg;
	char			*line;		/* the one handed out */
	bool			 cancelled;
};

static char *
show_text(EditLine *el)
{
	struct prompt *p = NULL;

	(void)el_get(el, EL_CLIENTDATA, &p);
	return p->text;
}

static struct prompt *
prompt_of(EditLine *el, const char **line, size_t *len)
{
	const LineInfo *li = el_line(el);
	struct prompt *p = NULL;

	(void)el_get(el, EL_CLIENTDATA, &p);
	*line = li->buffer;
	*len = (size_t)(li->cursor - li->buffer);
	return p;
}

/* --- Ctrl-C --- */

static unsigned char
key_cancel(EditLine *el, int ch)
{
	const char *line;
	size_t len;

	(void)ch;
	prompt_of(el, &line, &len)->cancelled = true;
	(void)fputs("^C\n", stdout);
	(void)fflush(stdout);
	return CC_NEWLINE;
}

/* --- ? --- */

static unsigned char
key_help(EditLine *el, int ch)
{
	const char *line;
	struct prompt *p;
	struct words w;
	size_t len;
	bool quoted;

	(void)ch;
	p = prompt_of(el, &line, &len);
	if (words_partial(&w, line, len, NULL) != ERR_OK)
		return CC_ERROR;
	quoted = w.quote != '\0' || (len > 0 && line[len - 1] == '\\');
	words_clear(&w);
	if (quoted)
		return el_insertstr(el, "?") == 0 ? CC_REFRESH : CC_ERROR;
	(void)fputs("?\n", stdout);
	p->ops->help(p->arg, line, len);
	(void)fflush(stdout);
	return CC_REDISPLAY;
}

/* --- Tab --- */

struct found {
	char	**name;
	size_t	  n;
	size_t	  common;	/* bytes all begin with */
	size_t	  longest;
};

static bool
found_split(struct found *f, char *text)
{
	size_t lines = 1, k;
	char *line;

	*f = (struct found){ .n = 0 };
	for (const char *p = text; *p != '\0'; p++)
		lines += *p == '\n';
	if ((f->name = calloc(lines, sizeof(*f->name))) == NULL)
		return false;
	while ((line = strsep(&text, "\n")) != NULL) {
		if (*line == '\0')
			continue;
		for (k = 0; f->n > 0 && k < f->common &&
		    line[k] == f->name[0][k]; k++)
			;
		while (k > 0 && (line[k] & 0xc0) == 0x80)
			k--;		/* no part of a character */
		f->common = f->n == 0 ? strlen(line) : k;
		if (strlen(line) > f->longest)
			f->longest = strlen(line);
		f->name[f->n++] = line;
	}
	return f->n > 0;
}

/* Characters, as libedit counts them. */
static int
characters(const char *s, size_t len)
{
	int n = 0;

	for (size_t i = 0; i < len; i++)
		n += (s[i] & 0xc0) != 0x80;
	return n;
}

static void
found_list(const struct found *f)
{
	size_t per_row = COLUMNS / (f->longest + 2);

	if (per_row == 0)
		per_row = 1;
	(void)fputc('\n', stdout);
	for (size_t i = 0; i < f->n; i++)
		(void)printf("%s%*s%s", f->name[i], (int)f->longest + 2 -
		    characters(f->name[i], strlen(f->name[i])), "",
		    i % per_row == per_row - 1 || i == f->n - 1 ? "\n" : "");
	(void)fflush(stdout);
}

/* Put the n bytes that are sure in place of the word; whole: nothing more can
 * come, but for what lies in a folder. */
static unsigned char
replace(EditLine *el, const char *typed, size_t len, const struct words *w,
    const char *with, size_t n, bool whole)
{
	char *plain, *quoted = NULL, close[3] = "";
	unsigned char ret = CC_ERROR;

	if ((plain = strndup(with, n)) == NULL ||
	    (quoted = words_quote(plain, w->quote)) == NULL)
		goto out;
	if (whole && plain[strlen(plain) - 1] != '/')
		(void)snprintf(close, sizeof(close), "%.1s ", &w->quote);
	el_deletestr(el, characters(typed + w->start, len - w->start));
	if (w->quote != '\0') {
		char open[2] = { w->quote, '\0' };

		(void)el_insertstr(el, open);
	}
	if (el_insertstr(el, quoted) == 0 &&
	    (close[0] == '\0' || el_insertstr(el, close) == 0))
		ret = CC_REFRESH;
out:
	free(plain);
	free(quoted);
	return ret;
}

static unsigned char
complete(struct prompt *p, EditLine *el, const char *line, size_t len,
    const struct words *w)
{
	const char *last = w->open ? w->word[w->n - 1] : "";
	unsigned char ret = CC_ERROR;
	struct found f;
	char *text;

	if ((text = p->ops->complete(p->arg, line, len)) == NULL)
		return CC_ERROR;
	if (found_split(&f, text)) {
		if (f.n == 1 || f.common > strlen(last)) {
			ret = replace(el, line, len, w, f.name[0], f.common,
			    f.n == 1);
		} else {
			found_list(&f);
			ret = CC_REDISPLAY;
		}
	}
	free(f.name);
	free(text);
	return ret;
}

static unsigned char
key_complete(EditLine *el, int ch)
{
	unsigned char ret;
	char *line;
	const char *typed;
	struct prompt *p;
	struct words w;
	size_t len;

	(void)ch;
	p = prompt_of(el, &typed, &len);
	/* A copy: editing moves what el_line showed. */
	if ((line = strndup(typed, len)) == NULL)
		return CC_ERROR;
	if (words_partial(&w, line, len, NULL) != ERR_OK) {
		free(line);
		return CC_ERROR;
	}
	ret = complete(p, el, line, len, &w);
	words_clear(&w);
	free(line);
	return ret;
}

/* --- life --- */

static void
remember(void *arg, const char *line)
{
	prompt_remember(arg, line);
}

static int
configure(struct prompt *p, struct err *e)
{
	EditLine *el = p->el;
	HistEvent ev;

	(void)history(p->hist, &ev, H_SETSIZE, HISTORY_MAX);
	(void)history(p->hist, &ev, H_SETUNIQUE, 1);
	if (el_set(el, EL_CLIENTDATA, p) != 0 ||
	    el_set(el, EL_PROMPT, show_text) != 0 ||
	    el_set(el, EL_HIST, history, p->hist) != 0 ||
	    el_set(el, EL_EDITOR, "emacs") != 0)
		return err_set(e, ERR_IO, "the terminal cannot be edited on");
	(void)el_source(el, NULL);	/* ~/.editrc */
	/* While a line is typed Ctrl-C is a key; while a command runs it is
	 * the signal. */
	(void)el_set(el, EL_SETTY, "-d", "-isig", NULL);
	(void)el_set(el, EL_ADDFN, "ctl-complete", "complete", key_complete);
	(void)el_set(el, EL_ADDFN, "ctl-help", "what may follow", key_help);
	(void)el_set(el, EL_ADDFN, "ctl-cancel", "drop the line", key_cancel);
	(void)el_set(el, EL_BIND, "^I", "ctl-complete", NULL);
	(void)el_set(el, EL_BIND, "?", "ctl-help", NULL);
	(void)el_set(el, EL_BIND, "^C", "ctl-cancel", NULL);
	return ERR_OK;
}

struct prompt *
prompt_new(const char *text, const struct prompt_ops *ops, void *arg,
    struct err *e)
{
	struct prompt *p = calloc(1, sizeof(*p));

	if (p == NULL || (p->text = strdup(text)) == NULL ||
	    (p->hist = history_init()) == NULL ||
	    (p->el = el_init("ctltool", stdin, stdout, stderr)) == NULL) {
		(void)err_set(e, ERR_NOMEM, "prompt");
		goto fail;
	}
	p->ops = ops;
	p->arg = arg;
	if (configure(p, e) != ERR_OK)
		goto fail;
	history_load(remember, p);
	return p;
fail:
	prompt_free(p);
	return NULL;
}

void
prompt_free(struct prompt *p)
{
	if (p == NULL)
		return;
	if (p->el != NULL)
		el_end(p->el);
	if (p->hist != NULL)
		history_end(p->hist);
	free(p->text);
	free(p->line);
	free(p);
}

const char *
prompt_line(struct prompt *p)
{
	const char *typed;
	int n;

	do {
		p->cancelled = false;
		n = 0;
		/* Before the prompt shows: el_gets itself does it after. */
		(void)el_set(p->el, EL_PREP_TERM, 1);
		typed = el_gets(p->el, &n);
	} while (p->cancelled);
	(void)el_set(p->el, EL_PREP_TERM, 0);
	if (typed == NULL || n <= 0)
		return NULL;
	free(p->line);
	p->line = strndup(typed, (size_t)n);
	if (p->line != NULL)
		p->line[strcspn(p->line, "\r\n")] = '\0';
	return p->line;
}

void
prompt_remember(struct prompt *p, const char *line)
{
	HistEvent ev;

	(void)history(p->hist, &ev, H_ENTER, line);
}
