/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Lines to words, see words.h.
 */
#include <stdlib.h>
#include <string.h>

#include "ctltool/words.h"

struct scan {
	struct words	*w;
	const char	*line;
	size_t		 len, at;
	char		*out;		/* where the next byte of a word goes */
	bool		 partial;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int
word_begin(struct scan *s, struct err *e)
{
	if (s->w->n == WORDS_MAX)
		return err_set(e, ERR_ARG, "more than %d words: shorten the "
		    "command", WORDS_MAX);
	s->w->word[s->w->n++] = s->out;
	s->w->start = s->at;
	s->w->help = false;
	return ERR_OK;
}

/* The byte behind a \, outside of quotes or within "...". */
static int
take_escaped(struct scan *s, bool quoted, struct err *e)
{
	if (s->at + 1 == s->len) {
		s->at++;
		return s->partial ? ERR_OK : err_set(e, ERR_ARG, "the line "
		    "ends in a \\: leave it out, or write \\\\");
	}
	if (quoted && s->line[s->at + 1] != '"' && s->line[s->at + 1] != '\\')
		*s->out++ = '\\';
	s->at++;
	*s->out++ = s->line[s->at++];
	return ERR_OK;
}

/* From an opening quote to behind the closing one. */
static int
take_quoted(struct scan *s, struct err *e)
{
	char quote = s->line[s->at++];
	int ret = ERR_OK;

	while (ret == ERR_OK && s->at < s->len && s->line[s->at] != quote) {
		if (quote == '"' && s->line[s->at] == '\\')
			ret = take_escaped(s, true, e);
		else
			*s->out++ = s->line[s->at++];
	}
	if (ret != ERR_OK)
		return ret;
	if (s->at < s->len) {
		s->at++;
		return ERR_OK;
	}
	s->w->quote = quote;
	return s->partial ? ERR_OK : err_set(e, ERR_ARG, "a %c without its "
	    "end: close the quote", quote);
}

static int
take_word(struct scan *s, struct err *e)
{
	int ret = word_begin(s, e);

	while (ret == ERR_OK && s->at < s->len && !is_blank(s->line[s->at])) {
		s->w->help = false;
		switch (s->line[s->at]) {
		case '\'':
		case '"':
			ret = take_quoted(s, e);
			break;
		case '\\':
			ret = take_escaped(s, false, e);
			break;
		default:
			s->w->help = s->line[s->at] == '?';
			*s->out++ = s->line[s->at++];
		}
	}
	s->w->open = s->at == s->len;
	*s->out++ = '\0';
	return ret;
}

static int
scan(struct words *w, const char *line, size_t len, bool partial,
    struct err *e)
{
	struct scan s = { .w = w, .line = line, .len = len,
	    .partial = partial };
	int ret = ERR_OK;

	*w = (struct words){ .start = len };
	if (len > WORDS_LINE_MAX)
		return err_set(e, ERR_ARG, "a line of %zu bytes: at most %d "
		    "are taken", len, WORDS_LINE_MAX);
	if (memchr(line, '\0', len) != NULL)
		return err_set(e, ERR_ARG, "a NUL byte: this is no text");
	/* Each byte gives at most one, each word a NUL. */
	if ((w->buf = malloc(2 * len + 2)) == NULL)
		return err_set(e, ERR_NOMEM, "line");
	s.out = w->buf;
	while (ret == ERR_OK && s.at < len) {
		if (is_blank(line[s.at])) {
			w->open = false;
			s.at++;
			continue;
		}
		if (line[s.at] == '#') {
			w->open = w->help = false;
			break;
		}
		ret = take_word(&s, e);
	}
	if (!w->open)
		w->start = len;
	if (ret != ERR_OK)
		words_clear(w);
	return ret;
}

int
words_split(struct words *w, const char *line, size_t len, struct err *e)
{
	if (len > 0 && line[len - 1] == '\n')
		len--;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	return scan(w, line, len, false, e);
}

int
words_partial(struct words *w, const char *line, size_t len, struct err *e)
{
	return scan(w, line, len, true, e);
}

void
words_drop_help(struct words *w)
{
	char *last;

	if (!w->help)
		return;
	w->help = false;
	last = w->word[w->n - 1];
	last[strlen(last) - 1] = '\0';
	if (*last == '\0')
		w->n--;
}

void
words_clear(struct words *w)
{
	free(w->buf);
	*w = (struct words){ .n = 0 };
}

char *
words_quote(const char *s, char quote)
{
	const char *special = quote == '"' ? "\"\\" : quote == '\'' ? "" :
	    " \t'\"\\#?";
	char *out = malloc(2 * strlen(s) + 3), *p = out;

	if (out == NULL)
		return NULL;
	if (*s == '\0' && quote == '\0') {
		*p++ = '\'';
		*p++ = '\'';
	}
	for (; *s != '\0'; s++) {
		if (strchr(special, *s) != NULL)
			*p++ = '\\';
		*p++ = *s;
	}
	*p = '\0';
	return out;
}
