/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phone remove: one phone, several, or all that a filter names, in one
 * transaction.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/ask.h"
#include "ctltool/folder_text.h"
#include "ctltool/phone_which.h"

#define NAMES_KEPT	1000	/* in the JSON form */

struct removal {
	struct phone_which	 which;
	size_t			 nown;		/* with own XML */
	struct ctl_audit	 audit;
};

static int
remove_tx(struct db *db, void *arg, struct err *e)
{
	struct removal *r = arg;
	int ret = ERR_OK;

	/* A line for each: what is gone is found by its name. */
	for (size_t i = 0; ret == ERR_OK && i < r->which.n; i++) {
		(void)snprintf(r->audit.detail, sizeof(r->audit.detail), "%s",
		    r->which.name[i]);
		if ((ret = phone_remove(db, r->which.name[i], e)) == ERR_OK)
			ret = ctl_audit_add(db, &r->audit, e);
	}
	return ret;
}

/* All are there, and how many have XML of their own. */
static int
look(struct ctl *c, struct removal *r, struct err *e)
{
	struct row_phone p;
	int ret;

	for (size_t i = 0; i < r->which.n; i++) {
		ret = row_phone_get(c->node.db, r->which.name[i], &p, e);
		if (ret == ERR_NOTFOUND)
			return err_set(e, ret, "no phone %s: \"phone list\" "
			    "shows those there are%s", r->which.name[i],
			    r->which.n > 1 ? "; none is removed" : "");
		if (ret != ERR_OK)
			return ret;
		r->nown += p.has_file;
	}
	return ERR_OK;
}

static void
tell_effect(struct ctl *c, const struct removal *r, const char *some)
{
	if (r->which.n == 1)
		out_text(c->out, "Effect: %s gets no configuration any "
		    "more%s.\n", some, r->nown > 0 ? "; its own XML is "
		    "removed with it" : "");
	else
		out_text(c->out, "Effect: %zu phones (%s) get no "
		    "configuration any more; own XML of %zu is removed with "
		    "them.\n", r->which.n, some, r->nown);
}

static json_t *
removed_json(const struct removal *r)
{
	json_t *names = json_array();

	for (size_t i = 0; i < r->which.n && i < NAMES_KEPT; i++)
		(void)json_array_append_new(names,
		    json_string(r->which.name[i]));
	return json_pack("{s:o, s:b, s:I, s:o}", "name", r->which.n == 1 ?
	    json_string(r->which.name[0]) : json_null(), "removed",
	    r->which.n > 0, "count", (json_int_t)r->which.n, "names", names);
}

static int
confirm_and_remove(struct ctl *c, struct removal *r, struct err *e)
{
	char some[PHONE_WHICH_TEXT], question[PHONE_WHICH_TEXT + 64];
	int ret;

	phone_which_text(&r->which, some);
	tell_effect(c, r, some);
	if ((ret = folder_text_stays(c, r->which.name, r->which.n, e)) !=
	    ERR_OK)
		return ret;
	if (r->which.n == 1)
		(void)snprintf(question, sizeof(question), "Remove phone %s?",
		    some);
	else
		(void)snprintf(question, sizeof(question), "Remove these %zu "
		    "phones?", r->which.n);
	if ((ret = ask_confirm(c, question, e)) != ERR_OK)
		return ret;
	ctl_audit_init(c, &r->audit, "%s", "");
	if ((ret = ctl_tx(c, remove_tx, r, e)) != ERR_OK)
		return ret;
	out_changed(c->out);
	if (r->which.n == 1)
		out_text(c->out, "%s removed\n", some);
	else
		out_text(c->out, "%zu phones removed\n", r->which.n);
	return ERR_OK;
}

int
cmd_phone_remove(struct ctl *c, struct err *e)
{
	struct removal r = { .nown = 0 };
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK)
		return ret;
	if ((ret = phone_which_find(&r.which, c, e)) != ERR_OK ||
	    (ret = look(c, &r, e)) != ERR_OK)
		goto out;
	if (r.which.n > 0)
		ret = confirm_and_remove(c, &r, e);
	else
		out_text(c->out, "there is no such phone: nothing changed\n");
	if (ret == ERR_OK)
		out_result(c->out, removed_json(&r));
out:
	phone_which_clear(&r.which);
	return ret;
}
