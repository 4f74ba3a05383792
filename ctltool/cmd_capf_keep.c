/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * utils capf set keep_alive.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctltool/ctl.h"
#include "db/params.h"

struct keeping {
	const struct param_def	*def;
	char			*value;
	bool			 changed;
	int64_t			 now;
	struct ctl_audit	 audit;
};

/* The reference asks when it is not given. */
static int
ask_minutes(struct ctl *c, const char *now, char line[32], struct err *e)
{
	if (c->in_batch || !isatty(STDIN_FILENO))
		return err_set(e, ERR_ARG, "%s: there is nobody to ask: give "
		    "the minutes, 5 to 60", c->line->cmd->words);
	(void)fflush(c->out->to);
	(void)fprintf(c->out->side, "Keep-alive timer of CAPF in minutes, 5 "
	    "to 60 (now %s): ", now);
	(void)fflush(c->out->side);
	if (fgets(line, 32, stdin) == NULL)
		line[0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return line[0] != '\0' ? ERR_OK : err_set(e, ERR_REFUSED,
	    "cancelled: nothing changed");
}

static int
take_minutes(struct ctl *c, struct keeping *k, struct err *e)
{
	const char *text = cmd_get(c->line, "MINUTES");
	char *was = param_get(c->node.db, k->def->id, "", e), line[32];
	int ret = ERR_OK;

	if (was == NULL)
		return e->code;
	if (text == NULL && (ret = ask_minutes(c, was, line, e)) == ERR_OK)
		text = line;
	if (ret == ERR_OK)
		ret = param_check(k->def, text, &k->value, e);
	free(was);
	return ret;
}

static int
keep_tx(struct db *db, void *arg, struct err *e)
{
	struct keeping *k = arg;
	int ret = param_set(db, k->def, "", k->value, k->now, &k->changed, e);

	return ret == ERR_OK && k->changed ? ctl_audit_add(db, &k->audit, e) :
	    ret;
}

int
cmd_capf_keep_alive(struct ctl *c, struct err *e)
{
	struct keeping k = { .now = clock_wall_s(c->clk),
		.def = &param_table()[PARAM_CAPF_KEEP_ALIVE] };
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = take_minutes(c, &k, e)) != ERR_OK)
		return ret;
	ctl_audit_init(c, &k.audit, "%s = %s", k.def->name, k.value);
	k.audit.row.at = k.now;
	if ((ret = ctl_tx(c, keep_tx, &k, e)) == ERR_OK) {
		if (k.changed)
			out_changed(c->out);
		out_text(c->out, "%s %s %s minutes\n", k.def->name,
		    k.changed ? "is now" : "is so already:", k.value);
		out_result(c->out, json_pack("{s:s, s:s, s:b}", "name",
		    k.def->name, "value", k.value, "changed", k.changed));
	}
	free(k.value);
	return ret;
}
