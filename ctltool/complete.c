/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Completion for shells, from the command table: the words typed so far come
 * in as words, candidates go out as lines.  "@file" and "@folder" leave names
 * to the shell, which knows its own quoting.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/complete.h"
#include "ctltool/ctl.h"
#include "ctltool/file_walk.h"
#include "ctltool/service.h"
#include "db/params.h"
#include "trust/own.h"

#define COMPLETE_PHONES	200	/* names offered at once */
#define COMPLETE_FILES	2000	/* looked at */
#define COMPLETE_SEEN_MAX	200	/* words remembered as offered */

struct completion {
	struct out	*o;
	const char	*state;		/* --state of the line, or NULL */
	const char	*last;		/* what is to be completed */
	size_t		 nphone;
	const char	*seen[COMPLETE_SEEN_MAX];	/* offered words */
	size_t		 nseen;
};

static bool
ieq_prefix(const char *s, const char *prefix)
{
	return strncasecmp(s, prefix, strlen(prefix)) == 0;
}

static void
offer(struct completion *cp, const char *candidate)
{
	if (ieq_prefix(candidate, cp->last))
		out_text(cp->o, "%s\n", candidate);
}

/* The first word of words, when it goes on from what was typed. */
static void
offer_word(struct completion *cp, const char *words)
{
	size_t n = strcspn(words, " "), len = strlen(cp->last);

	if (len > n || strncmp(words, cp->last, len) != 0)
		return;
	for (size_t i = 0; i < cp->nseen; i++)
		if (strcspn(cp->seen[i], " ") == n &&
		    memcmp(cp->seen[i], words, n) == 0)
			return;
	out_text(cp->o, "%.*s\n", (int)n, words);
	if (cp->nseen < COMPLETE_SEEN_MAX)
		cp->seen[cp->nseen++] = words;
}

static int
offer_phone(void *arg, const struct row_phone *p, struct err *e)
{
	struct completion *cp = arg;

	(void)e;
	if (ieq_prefix(p->name, cp->last)) {
		out_text(cp->o, "%s\n", p->name);
		cp->nphone++;
	}
	return cp->nphone < COMPLETE_PHONES ? ERR_OK : ERR_LIMIT;
}

/* Without a readable state there is nothing to offer: no error. */
static void
offer_phones(struct completion *cp)
{
	struct node n;

	if (node_open(&n, state_path(cp->state), DB_READ, NULL) != ERR_OK)
		return;
	(void)row_phone_each(n.db, offer_phone, cp, NULL);
	node_close(&n);
}

/* Names of static files; a folder that cannot be read is no matter here. */
static void
offer_files(struct completion *cp)
{
	struct out quiet = { .json = true, .warnings = json_array() };
	struct ctl c = { .out = &quiet };
	struct err e = { 0 };
	struct file_walk w;

	if (node_open(&c.node, state_path(cp->state), DB_READ, NULL) ==
	    ERR_OK) {
		if (file_walk(&w, &c, NULL, &e) == ERR_OK)
			for (size_t i = 0; i < w.n && i < COMPLETE_FILES; i++)
				offer(cp, w.entry[i].name);
		file_walk_clear(&w);
		node_close(&c.node);
	}
	out_clear(&quiet);
}

static void
offer_kind(struct completion *cp, enum cmd_kind kind)
{
	switch (kind) {
	case KIND_NONE:
		break;
	case KIND_FILE:
		out_text(cp->o, "@file\n");
		break;
	case KIND_FOLDER:
		out_text(cp->o, "@folder\n");
		break;
	case KIND_UNIT:
		for (unsigned u = 0; u < UNIT_N; u++)
			offer(cp, own_unit_table()[u].name);
		break;
	case KIND_PARAM:
		for (size_t i = 0; i < PARAM_N; i++)
			offer(cp, param_table()[i].name);
		break;
	case KIND_PHONE:
		offer_phones(cp);
		break;
	case KIND_TFTP_FILE:
		offer_files(cp);
		break;
	case KIND_SERVICE:
		for (const struct service *s = service_table();
		    s->name != NULL; s++)
			offer(cp, s->name);
		offer(cp, "all");
		break;
	case KIND_COMMAND:
		break;
	}
}

static const struct cmd_arg *
option_named(const struct cmd_arg *list, const char *name)
{
	for (; list->name != NULL; list++)
		if (strcmp(list->name, name) == 0)
			return list;
	return NULL;
}

static void
offer_options(struct completion *cp, const struct cmd_arg *list)
{
	for (; list->name != NULL; list++)
		if (cmd_arg_is_option(list))
			offer(cp, list->name);
}

static void
offer_next(void *arg, const struct cmd *c, const char *next)
{
	(void)c;
	offer_word(arg, next);
}

/* The words that commands go on with behind the tokens. */
static void
offer_commands(struct completion *cp, char *const *tok, size_t n)
{
	cmd_next(tok, n, offer_next, cp);
}

/* The n-th argument (not option) of c; the last one that takes the rest. */
static const struct cmd_arg *
argument(const struct cmd *c, size_t n)
{
	const struct cmd_arg *a = c->arg;

	for (; a->name != NULL && !cmd_arg_is_option(a); a++, n--)
		if (n == 0 || (a->flags & ARG_REST))
			return a;
	return NULL;
}

/*
 * Sort what was typed before the last word: words of the command and its
 * arguments to tok; the option that waits for a value is returned.
 */
static const struct cmd_arg *
sort_words(struct completion *cp, char *const *word, size_t n, char **tok,
    size_t *ntok, const struct cmd **c, size_t *used)
{
	const struct cmd_arg *a, *open = NULL;

	*ntok = 0;
	*c = NULL;
	for (size_t i = 0; i < n; i++) {
		if (open != NULL) {
			if (strcmp(open->name, "--state") == 0)
				cp->state = word[i];
			open = NULL;
			continue;
		}
		if (str_starts(word[i], "--")) {
			a = option_named(cmd_global(), word[i]);
			if (a == NULL && *c != NULL)
				a = option_named((*c)->arg, word[i]);
			if (a != NULL && a->value != NULL)
				open = a;
			continue;
		}
		tok[(*ntok)++] = word[i];
		*c = cmd_match(tok, *ntok, used);
	}
	return open;
}

void
complete_words(struct out *o, char *const *word, size_t n, const char *last)
{
	struct completion cp = { .o = o, .last = last };
	const struct cmd_arg *open, *a;
	const struct cmd *c;
	char *tok[COMPLETE_WORDS_MAX] = { NULL };
	size_t ntok, used = 0;

	if (n > COMPLETE_WORDS_MAX)
		return;
	open = sort_words(&cp, word, n, tok, &ntok, &c, &used);
	if (open != NULL) {
		offer_kind(&cp, open->kind);
		return;
	}
	if (last[0] == '-') {
		if (c != NULL)
			offer_options(&cp, c->arg);
		offer_options(&cp, cmd_global());
		return;
	}
	offer_commands(&cp, tok, ntok);
	a = c != NULL ? argument(c, ntok - used) : NULL;
	if (a != NULL && a->kind == KIND_COMMAND)
		offer_commands(&cp, tok + used, ntok - used);
	else if (a != NULL)
		offer_kind(&cp, a->kind);
}

int
cmd_complete(struct ctl *c, struct err *e)
{
	char *words, *word[COMPLETE_WORDS_MAX], *rest;
	const char *typed = cmd_get(c->line, "WORDS"), *last = "";
	size_t n = 0;

	if (typed == NULL)
		typed = "";
	if ((words = strdup(typed)) == NULL)
		return err_set(e, ERR_NOMEM, "completion");
	rest = words;
	while (n < COMPLETE_WORDS_MAX &&
	    (word[n] = strsep(&rest, " ")) != NULL)
		n++;
	if (n > 0)
		last = word[--n];
	complete_words(c->out, word, n, last);
	free(words);
	return ERR_OK;
}
