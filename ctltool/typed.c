/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is being typed, see typed.h.
 */
#include <string.h>

#include "base/str.h"
#include "ctltool/typed.h"

static void
take_option(struct typed *t, char *word)
{
	char *value = strchr(word, '=');
	const struct cmd_arg *a;

	if (cmd_option_find(t->cmd, word, &a) != 1)
		return;
	if (t->ngiven < TYPED_WORDS_MAX)
		t->given[t->ngiven++] = a;
	if (a->value != NULL && value == NULL)
		t->open = a;
	else if (a->value != NULL && strcmp(a->name, "--state") == 0)
		t->state = value + 1;
}

/* Behind "preflight" stands another command. */
static void
drop_prefix(struct typed *t)
{
	while (t->cmd != NULL && (t->cmd->flags & CMD_PREFIX)) {
		t->ntok -= t->used;
		for (size_t i = 0; i < t->ntok; i++)
			t->tok[i] = t->tok[i + t->used];
		t->cmd = cmd_match(t->tok, t->ntok, &t->used);
	}
}

bool
typed_sort(struct typed *t, char *const *word, size_t n)
{
	*t = (struct typed){ .cmd = NULL };
	if (n > TYPED_WORDS_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (t->open != NULL) {
			if (strcmp(t->open->name, "--state") == 0)
				t->state = word[i];
			t->open = NULL;
		} else if (str_starts(word[i], "--") || strcmp(word[i],
		    "-f") == 0) {
			take_option(t, word[i]);
		} else {
			t->tok[t->ntok++] = word[i];
			t->cmd = cmd_match(t->tok, t->ntok, &t->used);
		}
	}
	drop_prefix(t);
	return true;
}

const struct cmd_arg *
typed_argument(const struct typed *t)
{
	const struct cmd_arg *a;
	size_t n = t->ntok - t->used;

	if (t->cmd == NULL)
		return NULL;
	for (a = cmd_args(t->cmd); a->name != NULL && !cmd_arg_is_option(a);
	    a++, n--)
		if (n == 0 || (a->flags & (ARG_REST | ARG_REPEAT)))
			return a;
	return NULL;
}

const struct cmd_arg *
typed_value(const struct typed *t, const char *last, const char **value)
{
	const struct cmd_arg *a = t->open;

	*value = last;
	if (a != NULL || !str_starts(last, "--") ||
	    strchr(last, '=') == NULL)
		return a;
	if (cmd_option_find(t->cmd, last, &a) != 1 || a->value == NULL)
		return NULL;
	*value = strchr(last, '=') + 1;
	return a;
}

bool
typed_has(const struct typed *t, const struct cmd_arg *a)
{
	for (size_t i = 0; i < t->ngiven; i++)
		if (t->given[i] == a && !(a->flags & ARG_REPEAT))
			return true;
	return false;
}
