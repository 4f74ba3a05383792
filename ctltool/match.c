/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * From words to commands of the table, see cmd.h.
 *
 * A word may be shortened as long as only one command is left in the end:
 * "sh itl" is show itl though "sh" begins shell too, because there is no
 * "shell itl".  A word in full is always that word.  Where a command is
 * complete and takes arguments, the next token goes on to a longer command of
 * the same words only in full: what may be an object is never taken for a
 * shortened word.
 */
#include <string.h>

#include "base/str.h"
#include "ctltool/cmd.h"

#define SPELLINGS	3	/* in full, without "utils", alias */

/* What is left of each spelling after the tokens so far; NULL: ruled out. */
struct walk {
	const char	*left[CMDS_MAX * SPELLINGS];
	size_t		 n;
};

static void
walk_start(struct walk *w)
{
	const char *shorter;

	w->n = 0;
	for (const struct cmd *c = cmd_table(); c->words != NULL &&
	    w->n < CMDS_MAX * SPELLINGS; c++) {
		shorter = cmd_words_short(c->words);
		w->left[w->n++] = c->words;
		w->left[w->n++] = shorter != c->words ? shorter : NULL;
		w->left[w->n++] = c->alias;
	}
}

static const struct cmd *
walk_cmd(size_t i)
{
	return &cmd_table()[i / SPELLINGS];
}

static size_t
word_len(const char *words)
{
	return strcspn(words, " ");
}

static const char *
spelling(size_t i)
{
	const struct cmd *c = walk_cmd(i);

	switch (i % SPELLINGS) {
	case 0:
		return c->words;
	case 1:
		return cmd_words_short(c->words);
	default:
		return c->alias;
	}
}

static bool
takes_argument(const struct cmd *c)
{
	return c->arg[0].name != NULL && !cmd_arg_is_option(&c->arg[0]);
}

static bool
is_done(const struct walk *w, size_t i)
{
	return w->left[i] != NULL && *w->left[i] == '\0';
}

/* The words of i so far are all those of j, which is done. */
static bool
goes_on_from(const struct walk *w, size_t i, size_t j)
{
	size_t len = (size_t)(w->left[i] - spelling(i));

	return strlen(spelling(j)) + 1 == len &&
	    strncmp(spelling(j), spelling(i), len - 1) == 0;
}

/* What comes next may be an argument of a command that is done. */
static bool
may_be_object(const struct walk *w, size_t i)
{
	for (size_t j = 0; j < w->n; j++)
		if (is_done(w, j) && takes_argument(walk_cmd(j)) &&
		    goes_on_from(w, i, j))
			return true;
	return false;
}

/* The word goes on with spelling i: in full, or else shortened. */
static bool
next_is(const struct walk *w, size_t i, const char *word, bool whole)
{
	const char *left = w->left[i];
	size_t len = strlen(word);

	if (left == NULL || *left == '\0' || len == 0 ||
	    strncmp(left, word, len) != 0)
		return false;
	if (word_len(left) == len)
		return true;
	return !whole && !(walk_cmd(i)->flags & CMD_HIDDEN) &&
	    !may_be_object(w, i);
}

static bool
any_next(const struct walk *w, const char *word, bool whole)
{
	for (size_t i = 0; i < w->n; i++)
		if (next_is(w, i, word, whole))
			return true;
	return false;
}

/* Take one token; false, and w as it was, when no spelling goes on so. */
static bool
walk_step(struct walk *w, const char *word)
{
	bool whole = any_next(w, word, true);
	struct walk to = { .n = w->n };

	if (!whole && !any_next(w, word, false))
		return false;
	for (size_t i = 0; i < w->n; i++) {
		if (!next_is(w, i, word, whole))
			continue;
		to.left[i] = w->left[i] + word_len(w->left[i]);
		to.left[i] += *to.left[i] == ' ';
	}
	*w = to;
	return true;
}

/*
 * The command all of whose words are taken; *several: the tokens are short
 * for other words too.
 */
static const struct cmd *
walk_done(const struct walk *w, bool *several)
{
	const struct cmd *found = NULL;
	size_t at = 0;

	*several = false;
	for (size_t i = 0; i < w->n; i++) {
		if (!is_done(w, i) || walk_cmd(i) == found)
			continue;
		*several = found != NULL;
		found = walk_cmd(i);
		at = i;
	}
	for (size_t i = 0; found != NULL && i < w->n; i++)
		if (w->left[i] != NULL && !is_done(w, i) &&
		    !goes_on_from(w, i, at) && walk_cmd(i) != found)
			*several = true;
	return found;
}

/* As many tokens as are words; the number is returned. */
static size_t
walk_all(struct walk *w, char *const *tok, size_t n)
{
	size_t k = 0;

	walk_start(w);
	while (k < n && walk_step(w, tok[k]))
		k++;
	return k;
}

const struct cmd *
cmd_match(char *const *tok, size_t n, size_t *used)
{
	const struct cmd *best = NULL, *done;
	struct walk w;
	bool several;

	*used = 0;
	walk_start(&w);
	for (size_t k = 0; k < n && walk_step(&w, tok[k]); k++) {
		if ((done = walk_done(&w, &several)) == NULL)
			continue;
		best = several ? NULL : done;
		*used = k + 1;
	}
	return best;
}

void
cmd_next(char *const *tok, size_t n, cmd_next_fn *fn, void *arg)
{
	struct walk w;

	if (walk_all(&w, tok, n) < n)
		return;
	for (size_t i = 0; i < w.n; i++)
		if (w.left[i] != NULL && *w.left[i] != '\0' &&
		    !(walk_cmd(i)->flags & CMD_HIDDEN))
			fn(arg, walk_cmd(i), w.left[i]);
}

void
cmd_whole(char *const *tok, size_t n, cmd_whole_fn *fn, void *arg)
{
	const struct cmd *last = NULL;
	struct walk w;

	if (walk_all(&w, tok, n) == 0)
		return;
	for (size_t i = 0; i < w.n; i++) {
		if (!is_done(&w, i) || walk_cmd(i) == last)
			continue;
		last = walk_cmd(i);
		fn(arg, last);
	}
}
