/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Removing one named thing, see removal.h.
 */
#include <stdio.h>

#include "ctltool/ask.h"
#include "ctltool/removal.h"

struct run {
	const struct removal	*r;
	struct ctl_audit	 audit;
};

static int
remove_tx(struct db *db, void *arg, struct err *e)
{
	struct run *run = arg;
	int ret = run->r->remove(db, run->r->name, e);

	return ret != ERR_OK ? ret : ctl_audit_add(db, &run->audit, e);
}

int
removal_run(struct ctl *c, const struct removal *r, struct err *e)
{
	struct run run = { .r = r };
	char question[256];
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = r->removable(c->node.db, r->name, e)) != ERR_OK)
		return ret;
	out_text(c->out, "Effect: %s.\n", r->effect);
	(void)snprintf(question, sizeof(question), "Remove %s %.128s?",
	    r->what, r->name);
	if ((ret = ask_confirm(c, question, e)) != ERR_OK)
		return ret;
	ctl_audit_init(c, &run.audit, "%.128s", r->name);
	if ((ret = ctl_tx(c, remove_tx, &run, e)) != ERR_OK)
		return ret;
	out_changed(c->out);
	out_text(c->out, "%s %s removed\n", r->what, r->name);
	out_result(c->out, json_pack("{s:s, s:b}", "name", r->name, "removed",
	    true));
	return ERR_OK;
}
