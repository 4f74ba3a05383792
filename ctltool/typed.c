/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is being typed, see typed.h.
 */
#include <string.h>

#include "base/str.h"
#include "ctltool/typed.h"

static const struct cmd_arg *
option_named(const struct cmd_arg *list, const char *name)
{
	for (; list->name != NULL; list++)
		if (strcmp(list->name, name) == 0)
			return list;
	return NULL;
}

static void
take_option(struct typed *t, const char *word)
{
	const struct cmd_arg *a = option_named(cmd_global(), word);

	if (a == NULL && t->cmd != NULL)
		a = option_named(cmd_args(t->cmd), word);
	if (a == NULL)
		return;
	if (t->ngiven < TYPED_WORDS_MAX)
		t->given[t->ngiven++] = a;
	if (a->value != NULL)
		t->open = a;
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
			take_option(t, strcmp(word[i], "-f") == 0 ?
			    "--batch" : word[i]);
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

bool
typed_has(const struct typed *t, const struct cmd_arg *a)
{
	for (size_t i = 0; i < t->ngiven; i++)
		if (t->given[i] == a && !(a->flags & ARG_REPEAT))
			return true;
	return false;
}
