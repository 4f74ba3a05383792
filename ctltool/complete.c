/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Completion for shells and the prompt, from the command table: the line typed
 * so far comes in, candidates go out as lines, unquoted.  "@file" and "@folder" leave names
 * to the shell, which knows its own quoting.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/capf_csr.h"
#include "ctltool/complete.h"
#include "ctltool/ctl.h"
#include "ctltool/file_walk.h"
#include "ctltool/service.h"
#include "ctltool/typed.h"
#include "ctltool/words.h"
#include "db/params.h"
#include "db/rows_hash.h"
#include "db/rows_rollout.h"
#include "trust/capf.h"
#include "trust/own.h"
#include "trust/profile.h"
#include "trust/trust_unit.h"

#define COMPLETE_PHONES	200	/* names offered at once */
#define COMPLETE_FILES	2000	/* looked at */
#define COMPLETE_SEEN_MAX	200	/* words remembered as offered */

struct completion {
	struct out	*o;
	struct typed	 typed;
	const char	*state;		/* that of the line, or the one given */
	const char	*last;		/* what is to be completed */
	const char	*before;	/* what stands before it in its word */
	int		 nbefore;	/* bytes: "--profile=" */
	size_t		 nphone;
	const char	*seen[COMPLETE_SEEN_MAX];	/* offered words */
	size_t		 nseen;
};

static bool
ieq_prefix(const char *s, const char *prefix)
{
	return strncasecmp(s, prefix, strlen(prefix)) == 0;
}

/* What could drive a terminal, or end its line, is left to be typed. */
static bool
is_plain(const char *s)
{
	char vis[OUT_VIS_MAX];

	return strcmp(out_vis(s, vis), s) == 0;
}

static bool
offer(struct completion *cp, const char *candidate)
{
	if (!ieq_prefix(candidate, cp->last) || !is_plain(candidate))
		return false;
	out_text(cp->o, "%.*s%s\n", cp->nbefore, cp->before, candidate);
	return true;
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
	if (offer(cp, p->name))
		cp->nphone++;
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
				(void)offer(cp, w.entry[i].name);
		file_walk_clear(&w);
		node_close(&c.node);
	}
	out_clear(&quiet);
}

/* "a|b|c" */
static void
offer_choices(struct completion *cp, const char *choices)
{
	char word[64];
	size_t n;

	for (const char *p = choices; *p != '\0'; p += n + (p[n] == '|')) {
		n = strcspn(p, "|");
		if (n >= sizeof(word))
			continue;
		memcpy(word, p, n);
		word[n] = '\0';
		(void)offer(cp, word);
	}
}

/* Values of the parameter that stands before. */
static void
offer_param_values(struct completion *cp)
{
	const struct typed *t = &cp->typed;
	const struct param_def *d;

	if (t->ntok > t->used && (d = param_find(t->tok[t->used])) != NULL &&
	    d->type == PARAM_ENUM)
		offer_choices(cp, d->values);
}

static void
offer_nodes(struct completion *cp)
{
	struct row_node *rows = NULL;
	struct node n;
	size_t count = 0;

	if (node_open(&n, state_path(cp->state), DB_READ, NULL) != ERR_OK)
		return;
	if (row_node_list(n.db, &rows, &count, NULL) == ERR_OK)
		for (size_t i = 0; i < count; i++)
			(void)offer(cp, rows[i].name);
	free(rows);
	node_close(&n);
}

static void
offer_profiles(struct completion *cp)
{
	struct row_profile *rows = NULL;
	struct node n;
	size_t count = 0;

	for (int i = 0; i < PROTOCOL_N; i++)
		(void)offer(cp, profile_predefined(i));
	if (node_open(&n, state_path(cp->state), DB_READ, NULL) != ERR_OK)
		return;
	if (row_profile_list(n.db, &rows, &count, NULL) == ERR_OK)
		for (size_t i = 0; i < count; i++)
			(void)offer(cp, rows[i].name);
	free(rows);
	node_close(&n);
}

static void
offer_users(struct completion *cp, bool with_applications)
{
	struct row_user *rows = NULL;
	struct node n;
	size_t count = 0;

	if (node_open(&n, state_path(cp->state), DB_READ, NULL) != ERR_OK)
		return;
	for (int k = 0; k < CREDENTIAL_N; k++) {
		rows = NULL;
		if ((k == CREDENTIAL_USER || with_applications) &&
		    row_account_list(n.db, (enum credential_kind)k, &rows,
		    &count, NULL) == ERR_OK)
			for (size_t i = 0; i < count; i++)
				(void)offer(cp, rows[i].name);
		free(rows);
	}
	node_close(&n);
}

static void
offer_srst(struct completion *cp)
{
	struct row_srst *rows = NULL;
	struct node n;
	size_t count = 0;

	if (node_open(&n, state_path(cp->state), DB_READ, NULL) != ERR_OK)
		return;
	if (row_srst_list(n.db, &rows, &count, NULL) == ERR_OK)
		for (size_t i = 0; i < count; i++)
			(void)offer(cp, rows[i].name);
	free(rows);
	node_close(&n);
}

static void
offer_rollouts(struct completion *cp)
{
	struct row_rollout *rows = NULL;
	struct node n;
	size_t count = 0;

	if (node_open(&n, state_path(cp->state), DB_READ, NULL) != ERR_OK)
		return;
	if (row_rollout_list(n.db, -1, &rows, &count, NULL) == ERR_OK)
		for (size_t i = 0; i < count; i++)
			(void)offer(cp, rows[i].id);
	free(rows);
	node_close(&n);
}

static int
offer_csr(void *arg, const struct row_capf_csr *r, struct err *e)
{
	char name[CAPF_CSR_NAME_MAX];
	struct completion *cp = arg;

	(void)e;
	capf_owner_text(&r->owner, name, sizeof(name));
	if (offer(cp, name))
		cp->nphone++;
	return cp->nphone < COMPLETE_PHONES ? ERR_OK : ERR_LIMIT;
}

static void
offer_csrs(struct completion *cp)
{
	struct node n;

	(void)offer(cp, "all");
	if (node_open(&n, state_path(cp->state), DB_READ, NULL) != ERR_OK)
		return;
	(void)row_capf_csr_each(n.db, -1, INT64_MAX, offer_csr, cp, NULL);
	node_close(&n);
}

/* The first of them, as files are listed. */
static void
offer_trusted(struct completion *cp)
{
	char file[TRUST_UNIT_MAX + TRUST_NAME_MAX + 8];
	struct row_trust *rows = NULL;
	size_t count = 0;
	struct node n;

	if (node_open(&n, state_path(cp->state), DB_READ, NULL) != ERR_OK)
		return;
	if (row_trust_list(n.db, NULL, NULL, false, &rows, &count, NULL) ==
	    ERR_OK)
		for (size_t i = 0; i < count && i < COMPLETE_FILES; i++) {
			(void)snprintf(file, sizeof(file), "%s/%s.pem",
			    rows[i].unit, rows[i].name);
			offer(cp, file);
		}
	free(rows);
	node_close(&n);
}

static void
offer_models(struct completion *cp)
{
	const struct model *m;
	size_t n;

	m = model_table(&n);
	for (size_t i = 0; i < n; i++)
		(void)offer(cp, m[i].name);
}

/* The words of a setting; what is free text is the administrator's. */
static void
offer_setting(struct completion *cp, const char *option)
{
	const struct setting *s = setting_find(option);

	if (s == NULL || s->type == SETTING_SECRET)
		return;
	for (const struct setting_word *w = s->words; w != NULL &&
	    w->word != NULL; w++)
		(void)offer(cp, w->word);
	if (s->id == SETTING_DIGEST_USER)
		offer_users(cp, false);
	if (s->id == SETTING_SRST_REFERENCE)
		offer_srst(cp);
	(void)offer(cp, "default");
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
			(void)offer(cp, own_unit_table()[u].name);
		break;
	case KIND_TRUST_UNIT:
		for (unsigned u = 0; u < TRUST_N; u++)
			offer(cp, trust_unit_table()[u].name);
		break;
	case KIND_TRUSTED:
		offer_trusted(cp);
		break;
	case KIND_PARAM:
		for (size_t i = 0; i < PARAM_N; i++)
			(void)offer(cp, param_table()[i].name);
		break;
	case KIND_PARAM_VALUE:
		offer_param_values(cp);
		break;
	case KIND_NODE:
		offer_nodes(cp);
		break;
	case KIND_PHONE:
		offer_phones(cp);
		break;
	case KIND_PROFILE:
		offer_profiles(cp);
		break;
	case KIND_USER:
		offer_users(cp, true);
		break;
	case KIND_SRST:
		offer_srst(cp);
		break;
	case KIND_ROLLOUT:
		offer_rollouts(cp);
		break;
	case KIND_CAPF_CSR:
		offer_csrs(cp);
		break;
	case KIND_MODEL:
		offer_models(cp);
		break;
	case KIND_SETTING:	/* known by its option only */
		break;
	case KIND_TFTP_FILE:
		offer_files(cp);
		break;
	case KIND_SERVICE:
		for (const struct service *s = service_table();
		    s->name != NULL; s++)
			(void)offer(cp, s->name);
		(void)offer(cp, "all");
		break;
	case KIND_COMMAND:
		break;
	}
}

/* Those of list that are not given yet, but those of which but has its own. */
static void
offer_options(struct completion *cp, const struct cmd_arg *list,
    const struct cmd *but)
{
	for (; list->name != NULL; list++)
		if (cmd_arg_is_option(list) && !typed_has(&cp->typed, list) &&
		    !cmd_has_own(but, list))
			(void)offer(cp, list->name);
}

/* What a value may be: one of few, or the name of a thing. */
static void
offer_value(struct completion *cp, const struct cmd_arg *a)
{
	if (a->choices != NULL)
		offer_choices(cp, a->choices);
	else if (a->kind == KIND_SETTING)
		offer_setting(cp, a->name);
	else
		offer_kind(cp, a->kind);
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

void
complete_words(struct out *o, const char *state, char *const *word, size_t n,
    const char *last)
{
	struct completion cp = { .o = o, .last = last, .before = last };
	const struct typed *t = &cp.typed;
	const struct cmd_arg *a;

	if (!typed_sort(&cp.typed, word, n))
		return;
	cp.state = t->state != NULL ? t->state : state;
	if ((a = typed_value(t, last, &cp.last)) != NULL) {
		cp.nbefore = (int)(cp.last - last);
		offer_value(&cp, a);
		return;
	}
	if (last[0] == '-') {
		if (t->cmd != NULL)
			offer_options(&cp, cmd_args(t->cmd), NULL);
		offer_options(&cp, cmd_global(), t->cmd);
		return;
	}
	offer_commands(&cp, t->tok, t->ntok);
	if ((a = typed_argument(t)) == NULL)
		return;
	if (a->kind == KIND_COMMAND)
		offer_commands(&cp, cp.typed.tok + t->used, t->ntok - t->used);
	else
		offer_value(&cp, a);
}

/* The line as it stands in the shell, its first word ctltool's own name. */
int
cmd_complete(struct ctl *c, struct err *e)
{
	const char *typed = cmd_get(c->line, "LINE");
	struct words w;
	size_t n;
	int ret;

	if (typed == NULL)
		typed = "";
	if ((ret = words_partial(&w, typed, strlen(typed), e)) != ERR_OK)
		return ret;
	n = w.n;
	if (n > 0 && w.open)
		n--;
	if (n > 0)
		complete_words(c->out, c->line->state, w.word + 1, n - 1,
		    w.open ? w.word[n] : "");
	words_clear(&w);
	return ERR_OK;
}
