/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What was meant, see meant.h.
 */
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/cmd.h"
#include "ctltool/elsewhere.h"
#include "ctltool/meant.h"

#define TYPED_MAX	96	/* what is compared and repeated of the words */

/* Levenshtein distance, of texts up to TYPED_MAX - 1 bytes. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[TYPED_MAX], m = strnlen(b, TYPED_MAX - 1), diag, old;

	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		diag = row[0];
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			old = row[j];
			row[j] = diag + (a[i - 1] != b[j - 1]);
			if (old + 1 < row[j])
				row[j] = old + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			diag = old;
		}
	}
	return row[m];
}

void
meant_join(char *const *tok, size_t k, char *out, size_t outlen)
{
	size_t n = 0, len;

	out[0] = '\0';
	for (size_t i = 0; i < k; i++) {
		len = strlen(tok[i]);
		if (n + len + 2 > outlen)
			return;
		if (i > 0)
			out[n++] = ' ';
		memcpy(out + n, tok[i], len + 1);
		n += len;
	}
}

static size_t
word_count(const char *words)
{
	size_t n = 1;

	for (; *words != '\0'; words++)
		n += *words == ' ';
	return n;
}

/* The command whose words are nearest to what was typed, or NULL. */
static const struct cmd *
nearest(char *const *tok, size_t n)
{
	const struct cmd *best = NULL;
	size_t d, least = SIZE_MAX, k;
	const char *words;
	char typed[TYPED_MAX];

	if (n > 1 && strcmp(tok[0], "utils") == 0) {
		tok++;
		n--;
	}
	for (const struct cmd *c = cmd_table(); c->words != NULL; c++) {
		if (c->flags & CMD_HIDDEN)
			continue;
		words = cmd_words_short(c->words);
		k = word_count(words);
		meant_join(tok, k < n ? k : n, typed, sizeof(typed));
		d = distance(typed, words);
		if (d < least && d <= strlen(words) / 3) {
			least = d;
			best = c;
		}
	}
	return best;
}

struct naming {
	char		*out;
	size_t		 outlen, len;
	const struct cmd *last;
};

/* Add a command to the list, once. */
static void
name_whole(void *arg, const struct cmd *c)
{
	size_t n = strlen(c->words);
	struct naming *l = arg;

	if ((c->flags & CMD_HIDDEN) || c == l->last ||
	    l->len + n + 3 > l->outlen)
		return;
	if (l->len > 0) {
		memcpy(l->out + l->len, ", ", 3);
		l->len += 2;
	}
	memcpy(l->out + l->len, c->words, n + 1);
	l->len += n;
	l->last = c;
}

static void
name_next(void *arg, const struct cmd *c, const char *next)
{
	(void)next;
	name_whole(arg, c);
}

int
meant_error(char *const *tok, size_t n, struct err *e)
{
	const struct elsewhere *other;
	const struct cmd *c;
	char typed[TYPED_MAX], list[200] = "";
	bool several;
	struct naming l = { .out = list, .outlen = sizeof(list) };

	if (str_starts(tok[0], "-"))
		return err_set(e, ERR_ARG, "unknown option \"%.40s\": "
		    "\"ctltool --help\" lists the options", tok[0]);
	if ((other = elsewhere_find(tok, n)) != NULL)
		return err_set(e, ERR_REFUSED, "%s is not part of phonetrust: "
		    "%s", other->words, other->why);
	meant_join(tok, n, typed, sizeof(typed));
	cmd_whole(tok, n, name_whole, &l);
	several = l.len > 0;
	cmd_next(tok, n, name_next, &l);
	if (several)
		return err_set(e, ERR_ARG, "\"%s\" is short for several "
		    "commands: say %s", typed, list);
	if (l.len > 0)
		return err_set(e, ERR_ARG, "\"%s\" is not a whole command: "
		    "try %s", typed, list);
	if ((c = nearest(tok, n)) != NULL)
		return err_set(e, ERR_ARG, "unknown command \"%s\": did you "
		    "mean \"%s\"?", typed, c->words);
	return err_set(e, ERR_ARG, "unknown command \"%s\": \"ctltool help\" "
	    "lists the commands", typed);
}
