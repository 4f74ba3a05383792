/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * set tls server min-version, show tls server min-version: the lowest version of
 * TLS that listeners take, all of them in the reference's words; set param has
 * each by itself.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/ctl.h"
#include "db/params.h"

static const enum param_id floors[] = {
	PARAM_HTTPS_MIN_VERSION, PARAM_HTTPS2_MIN_VERSION,
	PARAM_TVS_MIN_VERSION, PARAM_CAPF_MIN_VERSION,
};
#define NFLOORS	(sizeof(floors) / sizeof(floors[0]))

struct tls_change {
	const char	*version;
	int64_t		 now;
	size_t		 changed;
	struct ctl_audit audit;
};

static int
tls_tx(struct db *db, void *arg, struct err *e)
{
	struct tls_change *t = arg;
	bool changed;
	int ret;

	t->changed = 0;
	for (size_t i = 0; i < NFLOORS; i++) {
		if ((ret = param_set(db, &param_table()[floors[i]], "",
		    t->version, t->now, &changed, e)) != ERR_OK)
			return ret;
		t->changed += changed;
	}
	return t->changed > 0 ? ctl_audit_add(db, &t->audit, e) : ERR_OK;
}

static int
tell(struct ctl *c, size_t changed, struct err *e)
{
	json_t *list = json_array();
	const struct param_def *d;
	char *v;

	for (size_t i = 0; i < NFLOORS; i++) {
		d = &param_table()[floors[i]];
		if ((v = param_get(c->node.db, floors[i], c->node.row.name,
		    e)) == NULL) {
			json_decref(list);
			return e->code;
		}
		out_text(c->out, "%-20s %s\n", d->name, v);
		(void)json_array_append_new(list, json_pack("{s:s, s:s}",
		    "name", d->name, "value", v));
		free(v);
	}
	out_result(c->out, json_pack("{s:o, s:b}", "listeners", list,
	    "changed", changed > 0));
	return ERR_OK;
}

int
cmd_tls_min_version(struct ctl *c, struct err *e)
{
	struct tls_change t = { .version = cmd_get(c->line, "VERSION"),
	    .now = clock_wall_s(c->clk) };
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK)
		return ret;
	ctl_audit_init(c, &t.audit, "%s", t.version);
	if (strcmp(t.version, "1.0") == 0)
		out_warn(c->out, "TLS 1.0 and 1.1 are broken by today's "
		    "means: only for phones that know nothing better, and "
		    "set param has each listener by itself");
	if ((ret = ctl_tx(c, tls_tx, &t, e)) != ERR_OK)
		return ret;
	if (t.changed > 0)
		out_changed(c->out);
	return tell(c, t.changed, e);
}

int
cmd_show_tls_min_version(struct ctl *c, struct err *e)
{
	int ret = ctl_open(c, DB_READ, e);

	return ret != ERR_OK ? ret : tell(c, 0, e);
}
