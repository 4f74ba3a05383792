/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which phones a command is about, see phone_which.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/phone_which.h"
#include "trust/model.h"
#include "trust/profile.h"

static int
add(struct phone_which *w, const char *name, struct err *e)
{
	size_t room = w->room > 0 ? 2 * w->room : 64;
	phone_which_name *more;

	if (w->n == w->room) {
		if ((more = reallocarray(w->name, room, sizeof(*more))) ==
		    NULL)
			return err_set(e, ERR_NOMEM, "phones");
		w->name = more;
		w->room = room;
	}
	(void)str_copy(w->name[w->n++], sizeof(*w->name), name);
	return ERR_OK;
}

static bool
is_there(const struct phone_which *w, const char *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->name[i], name) == 0)
			return true;
	return false;
}

static int
find_named(struct phone_which *w, const char *words, struct err *e)
{
	char name[PHONE_NAME_MAX + 1], word[128];
	size_t n;
	int ret;

	for (; *words != '\0'; words += n) {
		if ((n = strspn(words, " ")) > 0)
			continue;
		n = strcspn(words, " ");
		(void)snprintf(word, sizeof(word), "%.*s", (int)n, words);
		if ((ret = phone_name(word, name, e)) != ERR_OK ||
		    (!is_there(w, name) && (ret = add(w, name, e)) != ERR_OK))
			return ret;
	}
	return w->n > 0 ? ERR_OK : err_set(e, ERR_ARG, "%s: no name",
	    w->c->line->cmd->words);
}

static int
filter_one(void *arg, const struct row_phone *p, struct err *e)
{
	struct phone_which *w = arg;

	if ((w->profile != NULL && strcmp(p->profile, w->profile) != 0) ||
	    (w->protocol != -1 && w->protocol != (int)p->protocol) ||
	    (!w->any_model && strcmp(p->model, w->model) != 0))
		return ERR_OK;
	return add(w, p->name, e);
}

static int
find_filtered(struct phone_which *w, struct err *e)
{
	const char *model = cmd_get(w->c->line, w->by_model);
	const char *profile = cmd_get(w->c->line, w->by_profile);
	struct row_profile row;
	enum phone_protocol p;
	int ret;

	w->any_model = model == NULL;
	if (model != NULL && (ret = phone_model(model, w->model, e)) !=
	    ERR_OK)
		return ret;
	w->profile = profile;
	w->protocol = -1;
	if (profile != NULL && profile_is_predefined(profile, &p)) {
		w->profile = "";
		w->protocol = (int)p;
	} else if (profile != NULL && (ret = row_profile_get(w->c->node.db,
	    profile, &row, e)) != ERR_OK)
		return ret == ERR_NOTFOUND ? err_set(e, ret, "there is no "
		    "profile \"%.64s\": \"phone profile list\" shows those "
		    "there are", profile) : ret;
	if ((ret = row_phone_each(w->c->node.db, filter_one, w, e)) != ERR_OK)
		return ret;
	/* A model that no phone has may be one that nobody makes. */
	return w->n > 0 || w->any_model || model_find(w->model) != NULL ?
	    ERR_OK : err_set(e, ERR_NOTFOUND, "there is no model \"%s\", and "
	    "no phone of it: \"show models\" shows those known here",
	    w->model);
}

/* Where --model sets the model, phones are chosen by --of-model. */
static bool
has_option(const struct cmd *c, const char *name)
{
	const struct cmd_arg *a = cmd_args(c);

	while (a->name != NULL && strcmp(a->name, name) != 0)
		a++;
	return a->name != NULL;
}

int
phone_which_find(struct phone_which *w, struct ctl *c, struct err *e)
{
	const struct cmd_line *l = c->line;
	const char *names = cmd_get(l, "NAME");
	bool of = has_option(l->cmd, "--of-model");
	char by[64] = "";

	*w = (struct phone_which){ .c = c,
	    .by_model = of ? "--of-model" : "--model",
	    .by_profile = of ? "--of-profile" : "--profile" };
	w->filter = cmd_has(l, "--all") || cmd_has(l, w->by_model) ||
	    cmd_has(l, w->by_profile);
	if (has_option(l->cmd, w->by_model))
		(void)snprintf(by, sizeof(by), ", %s MODEL, %s PROFILE",
		    w->by_model, w->by_profile);
	if ((names != NULL) == w->filter)
		return err_set(e, ERR_ARG, "%s needs names of phones, or "
		    "which ones: --all%s%s", l->cmd->words, by, w->filter ?
		    "; not both" : "");
	return w->filter ? find_filtered(w, e) : find_named(w, names, e);
}

void
phone_which_clear(struct phone_which *w)
{
	free(w->name);
	*w = (struct phone_which){ .n = 0 };
}

void
phone_which_text(const struct phone_which *w, char out[PHONE_WHICH_TEXT])
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < w->n && i < PHONE_WHICH_SHOWN; i++)
		used += (size_t)snprintf(out + used, PHONE_WHICH_TEXT - used,
		    "%s%s", i > 0 ? ", " : "", w->name[i]);
	if (w->n > PHONE_WHICH_SHOWN)
		(void)snprintf(out + used, PHONE_WHICH_TEXT - used, ", ...");
}
