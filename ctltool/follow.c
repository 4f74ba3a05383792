/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What may follow, see follow.h.
 */
#include <string.h>

#include "base/str.h"
#include "ctltool/follow.h"
#include "ctltool/help.h"
#include "ctltool/typed.h"

#define NEXT_MAX	CMDS_MAX

/* The words that may come next, each once. */
struct nexts {
	const char	*last;
	struct {
		const char		*word;	/* within a spelling */
		size_t			 len;
		const struct cmd	*cmd;	/* the first it leads to */
		bool			 ends, goes_on;
	} next[NEXT_MAX];
	size_t		 n;
};

static void
note(void *arg, const struct cmd *c, const char *next)
{
	size_t len = strcspn(next, " "), i;
	struct nexts *ns = arg;

	if (strncmp(next, ns->last, strlen(ns->last)) != 0)
		return;
	for (i = 0; i < ns->n; i++)
		if (ns->next[i].len == len &&
		    memcmp(ns->next[i].word, next, len) == 0)
			break;
	if (i == NEXT_MAX)
		return;
	if (i == ns->n) {
		ns->n++;
		ns->next[i].word = next;
		ns->next[i].len = len;
	}
	if (next[len] == '\0') {
		ns->next[i].ends = true;
		ns->next[i].cmd = c;
	} else {
		ns->next[i].goes_on = true;
	}
}

static void
put_nexts(struct out *o, const struct nexts *ns)
{
	for (size_t i = 0; i < ns->n; i++)
		out_text(o, "  %-18.*s %s%s\n", (int)ns->next[i].len,
		    ns->next[i].word, ns->next[i].ends ?
		    ns->next[i].cmd->summary : "...",
		    ns->next[i].ends && ns->next[i].goes_on ? " ..." : "");
}

static void
put_arg(struct out *o, const struct cmd_arg *a)
{
	char left[64];

	help_arg_form(a, left, sizeof(left));
	out_text(o, "  %-18s %s%s%s%s\n", left, a->help,
	    a->choices != NULL ? " (" : "",
	    a->choices != NULL ? a->choices : "",
	    a->choices != NULL ? ")" : "");
}

static bool
wanted(const struct cmd_arg *a, const char *last)
{
	return strncmp(a->name, last, strlen(last)) == 0;
}

static void
put_options(struct out *o, const struct typed *t, const char *last)
{
	const struct cmd_arg *a;

	for (a = t->cmd != NULL ? cmd_args(t->cmd) : cmd_global();
	    a->name != NULL; a++)
		if (cmd_arg_is_option(a) && !typed_has(t, a) &&
		    wanted(a, last))
			put_arg(o, a);
	if (t->cmd == NULL || last[0] != '-')
		return;
	for (a = cmd_global(); a->name != NULL; a++)
		if (!typed_has(t, a) && wanted(a, last) &&
		    !cmd_has_own(t->cmd, a))
			put_arg(o, a);
}

/* Nothing is missing: the line can be sent. */
static bool
can_run(const struct typed *t)
{
	const struct cmd_arg *next = typed_argument(t);

	if (t->cmd == NULL)
		return false;
	if (next != NULL && !(next->flags & ARG_OPTIONAL) &&
	    t->ntok - t->used <= (size_t)(next - cmd_args(t->cmd)))
		return false;
	for (const struct cmd_arg *a = cmd_args(t->cmd); a->name != NULL;
	    a++)
		if (cmd_arg_is_option(a) && (a->flags & ARG_REQUIRED) &&
		    !typed_has(t, a))
			return false;
	return true;
}

void
follow_tell(struct out *o, char *const *word, size_t n, const char *last)
{
	struct nexts ns = { .last = last };
	const struct cmd_arg *a;
	const char *value;
	struct typed t;

	if (!typed_sort(&t, word, n))
		return;
	if ((a = typed_value(&t, last, &value)) != NULL) {
		put_arg(o, a);
		return;
	}
	if (last[0] != '-') {
		a = typed_argument(&t);
		if (a != NULL && a->kind == KIND_COMMAND)
			cmd_next(t.tok + t.used, t.ntok - t.used, note, &ns);
		else
			cmd_next(t.tok, t.ntok, note, &ns);
		put_nexts(o, &ns);
		if (a != NULL && a->kind != KIND_COMMAND)
			put_arg(o, a);
	}
	if (t.cmd != NULL || last[0] == '-')
		put_options(o, &t, last);
	if (last[0] == '\0' && can_run(&t))
		out_text(o, "  <cr>\n");
	if (t.cmd == NULL && ns.n == 0 && last[0] != '-')
		out_text(o, "  no command goes on so\n");
}
