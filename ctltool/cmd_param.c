/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * show param, set param.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "base/wr.h"
#include "crypt/digest.h"
#include "ctltool/ask.h"
#include "ctltool/ctl.h"
#include "ctltool/list_plan.h"
#include "db/params.h"
#include "db/rows.h"
#include "trust/autoreg.h"
#include "trust/itl.h"
#include "trust/listen_plan.h"
#include "trust/own.h"
#include "trust/profile.h"

static const struct param_def *
param_named(const struct cmd_line *l, struct err *e)
{
	const struct param_def *d = param_find(cmd_get(l, "NAME"));

	if (d == NULL)
		(void)err_set(e, ERR_ARG, "no parameter \"%.80s\": \"show "
		    "param\" lists them", cmd_get(l, "NAME"));
	return d;
}

/* --node, checked; without it otherwise. */
static int
node_named(struct ctl *c, const char *otherwise, const char **node,
    struct err *e)
{
	struct row_node row;
	int ret;

	*node = cmd_get(c->line, "--node");
	if (*node == NULL) {
		*node = otherwise;
		return ERR_OK;
	}
	ret = row_node_get(c->node.db, *node, &row, e);
	if (ret == ERR_NOTFOUND)
		return err_set(e, ERR_ARG, "no node \"%.63s\" in this "
		    "cluster: leave out --node, or give its name", *node);
	return ret;
}

/* --- show --- */

static json_t *
range_json(const struct param_def *d)
{
	return d->type == PARAM_ENUM ? json_null() :
	    json_pack("{s:I, s:I}", "min", (json_int_t)d->min, "max",
	    (json_int_t)d->max);
}

static json_t *
param_json(const struct param_def *d, const char *value)
{
	static const char *const type[] = {
		[PARAM_INT] = "integer", [PARAM_ENUM] = "enum",
		[PARAM_TEXT] = "text",
	};

	return json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:s?, s:o, s:s, "
	    "s:s}", "name", d->name, "value", out_str(value),
	    "default", d->def, "unit", d->unit, "type", type[d->type],
	    "scope", d->scope == PARAM_NODE ? "node" : "cluster",
	    "values", d->type == PARAM_ENUM ? d->values : NULL,
	    "range", range_json(d), "effect", d->effect, "help", d->help);
}

static void
put_full(struct ctl *c, const struct param_def *d, const char *value)
{
	char vis[OUT_VIS_MAX];

	out_text(c->out, "%s = %s%s%s\n  %s\n", d->name, out_vis(value, vis),
	    d->unit[0] != '\0' ? " " : "", d->unit, d->help);
	if (d->type == PARAM_ENUM)
		out_text(c->out, "  Values:  %s\n", d->values);
	else
		out_text(c->out, "  %s %lld to %lld\n", d->type == PARAM_INT ?
		    "Range:  " : "Length: ", (long long)d->min,
		    (long long)d->max);
	out_text(c->out, "  Default: %s\n  Scope:   %s\n  Effect:  %s\n",
	    d->def, d->scope == PARAM_NODE ?
	    "cluster, may differ per node" : "cluster", d->effect);
}

static int
show_param(struct ctl *c, const struct param_def *d, const char *node,
    bool full, json_t *list, struct err *e)
{
	char *value, vis[OUT_VIS_MAX];

	if ((value = param_get(c->node.db, d->id, node, e)) == NULL)
		return e->code;
	if (full)
		put_full(c, d, value);
	else
		out_text(c->out, "%-40s %s%s%s%s\n", d->name,
		    value[0] != '\0' ? out_vis(value, vis) : "\"\"",
		    d->unit[0] != '\0' ? " " : "", d->unit,
		    strcmp(value, d->def) == 0 ? "" : "  (changed)");
	if (json_array_append_new(list, param_json(d, value)) != 0)
		c->out->nomem = true;
	free(value);
	return ERR_OK;
}

int
cmd_param_show(struct ctl *c, struct err *e)
{
	const struct param_def *one = NULL, *d = param_table();
	json_t *list = json_array();
	const char *node;
	int ret;

	if (cmd_has(c->line, "NAME") &&
	    (one = param_named(c->line, e)) == NULL) {
		ret = ERR_ARG;
		goto out;
	}
	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK ||
	    (ret = node_named(c, c->node.row.name, &node, e)) != ERR_OK)
		goto out;
	if (one != NULL)
		ret = show_param(c, one, node, true, list, e);
	for (size_t i = 0; one == NULL && ret == ERR_OK && i < PARAM_N; i++)
		ret = show_param(c, &d[i], node, false, list, e);
	if (ret == ERR_OK)
		out_result(c->out, json_pack("{s:O}", "parameters", list));
out:
	json_decref(list);
	return ret;
}

/* --- set --- */

struct param_change {
	const struct param_def	*def;
	const char		*node, *value;
	struct signer		*signer;	/* NULL: touches no list */
	int64_t			 now;
	struct ctl_audit	 audit;
	bool			 rehearse;	/* roll back at the end */
	/* results */
	bool			 rehearsed;	/* came to that end */
	bool			 changed, list_changed;
	char			*warning;
	char			*advice;	/* about phones */
	char			*listen;	/* about sockets of this node */
	const char		*self;		/* this node */
	uid_t			 uid;		/* its daemons are started by */
	struct list_sum		 itl;		/* then */
};

static int
set_list(struct db *db, struct param_change *s, struct err *e)
{
	int ret;

	free(s->warning);
	s->warning = NULL;
	if ((ret = itl_refresh(db, s->signer, s->now, &s->list_changed,
	    &s->warning, e)) != ERR_OK)
		return ret;
	return list_sum_read(db, &s->itl, e);
}

/* Whether it can be listened there, and who would not find it. */
static int
set_listen(struct db *db, struct param_change *s, struct err *e)
{
	int ret;

	free(s->listen);
	s->listen = NULL;
	if ((ret = listen_check(db, s->def->id, e)) != ERR_OK ||
	    (s->node[0] != '\0' && strcmp(s->node, s->self) != 0))
		return ret;
	return listen_advice(db, s->self, s->def->id, s->uid, &s->listen, e);
}

static int
set_tx(struct db *db, void *arg, struct err *e)
{
	struct param_change *s = arg;
	int ret;

	if ((ret = param_set(db, s->def, s->node, s->value, s->now,
	    &s->changed, e)) != ERR_OK || !s->changed)
		return ret;
	if (s->signer != NULL && (ret = set_list(db, s, e)) != ERR_OK)
		return ret;
	if ((ret = set_listen(db, s, e)) != ERR_OK ||
	    (ret = profile_param_check(db, s->def->id, &s->advice, e)) !=
	    ERR_OK || (s->advice == NULL && (ret = autoreg_param_check(db,
	    s->def->id, &s->advice, e)) != ERR_OK))
		return ret;
	if (s->rehearse) {
		s->rehearsed = true;
		return err_set(e, ERR_REFUSED, "a rehearsal");
	}
	return ctl_audit_add(db, &s->audit, e);
}

/* Do it all, then roll back: the plan holds what really would happen. */
static int
rehearse(struct ctl *c, struct param_change *s, struct err *e)
{
	int ret;

	s->rehearse = true;
	ret = ctl_tx(c, set_tx, s, e);
	s->rehearse = false;
	return s->rehearsed ? ERR_OK : ret;
}

/* The keys that sign lists, when this parameter can change one. */
static int
set_signer(struct ctl *c, struct param_change *s, struct err *e)
{
	if (!str_starts(s->def->name, "itl."))
		return ERR_OK;
	s->signer = list_plan_signer(c, e);
	return s->signer != NULL ? ERR_OK : e->code;
}

static int
plan_list(struct ctl *c, const struct param_change *s, struct err *e)
{
	int ret = list_plan_tell(c, &s->itl, "serve the new list at once", e);

	return ret != ERR_OK ? ret : ask_confirm(c, "Do you want to continue?",
	    e);
}

#define OLD_PHONES_NAMED	100	/* further ones are counted */

struct old_phones {
	struct wr	 names;		/* ", " before each but the first */
	size_t		 n;
};

/* Models that know TLS, but not 1.2. */
static int
note_old(void *arg, const struct row_phone *p, struct err *e)
{
	uint8_t max = model_fact(model_of(p->model), p->protocol,
	    MODEL_TLS_MAX).value;
	struct old_phones *old = arg;

	(void)e;
	if (max == 0 || max >= 12)
		return ERR_OK;
	if (old->n++ < OLD_PHONES_NAMED)
		wr_fmt(&old->names, "%s%s (%s)", old->n > 1 ? ", " : "",
		    p->name, p->model);
	return ERR_OK;
}

/* Below 1.2 everybody may end up with less: say who is the reason. */
static int
warn_old_tls(struct ctl *c, const struct param_change *s, struct err *e)
{
	struct old_phones old = { .names = wr_init(64 * 1024) };
	bool first = s->def->id == PARAM_HTTPS_MIN_VERSION;
	int ret;

	if ((!first && s->def->id != PARAM_HTTPS2_MIN_VERSION) ||
	    strcmp(s->value, "1.0") != 0)
		return ERR_OK;
	ret = row_phone_each(c->node.db, note_old, &old, e);
	wr_u8(&old.names, '\0');
	if (ret == ERR_OK && old.names.err != ERR_OK)
		ret = err_set(e, ERR_NOMEM, "names of phones");
	else if (ret == ERR_OK && old.n == 0)
		out_warn(c->out, "HTTPS on port %s then takes TLS 1.0 with "
		    "SHA-1 suites, and no phone known here needs it: leave "
		    "1.2", first ? "6971" : "6972");
	else if (ret == ERR_OK)
		out_warn(c->out, "HTTPS on port %s then takes TLS 1.0 with "
		    "SHA-1 suites; phones that force it, %zu: %s%s",
		    first ? "6971" : "6972", old.n,
		    (const char *)old.names.buf,
		    old.n > OLD_PHONES_NAMED ? ", ..." : "");
	wr_clear(&old.names);
	return ret;
}

static int
plan(struct ctl *c, struct param_change *s, const char *old, struct err *e)
{
	char a[OUT_VIS_MAX], b[OUT_VIS_MAX];
	int ret;

	out_text(c->out, "Effect:\n  %s  %s -> %s\n  %s\n", s->def->name,
	    out_vis(old, a), out_vis(s->value, b), s->def->effect);
	if (s->warning != NULL)
		out_warn_lines(c->out, s->warning);
	if (s->advice != NULL)
		out_warn_lines(c->out, s->advice);
	if (s->listen != NULL)
		out_warn_lines(c->out, s->listen);
	if ((ret = warn_old_tls(c, s, e)) != ERR_OK)
		return ret;
	return s->list_changed ? plan_list(c, s, e) : ERR_OK;
}

static void
set_say(struct ctl *c, const struct param_change *s, const char *old)
{
	char vis[OUT_VIS_MAX];

	if (s->changed)
		out_text(c->out, "%s is now %s\n", s->def->name,
		    out_vis(s->value, vis));
	else
		out_text(c->out, "%s is %s already: nothing changed\n",
		    s->def->name, out_vis(s->value, vis));
	out_result(c->out, json_pack("{s:s, s:s, s:o, s:o, s:b, s:b, s:o}",
	    "name", s->def->name, "node", s->node, "old", out_str(old),
	    "value", out_str(s->value), "changed", s->changed,
	    "itl_changed", s->list_changed, "itl_sha1", s->list_changed ?
	    out_hex(s->itl.sha1, digest_len(DIGEST_SHA1)) : json_null()));
}

/* With state open and value checked. */
static int
set_value(struct ctl *c, struct param_change *s, struct err *e)
{
	struct stat st;
	char *old;
	int ret;

	s->self = c->node.row.name;
	if (fstat(c->node.statefd, &st) == -1)
		return err_sys(e, ERR_IO, "state folder");
	s->uid = st.st_uid;
	if ((old = param_get(c->node.db, s->def->id, s->node, e)) == NULL)
		return e->code;
	ctl_audit_init(c, &s->audit, "%s%s%s: %.80s -> %.80s", s->def->name,
	    s->node[0] != '\0' ? " on " : "", s->node, old, s->value);
	if ((ret = set_signer(c, s, e)) == ERR_OK &&
	    (ret = rehearse(c, s, e)) == ERR_OK && s->changed &&
	    (ret = plan(c, s, old, e)) == ERR_OK &&
	    (ret = ctl_tx(c, set_tx, s, e)) == ERR_OK)
		out_changed(c->out);
	if (ret == ERR_OK)
		set_say(c, s, old);
	free(old);
	return ret;
}

int
cmd_param_set(struct ctl *c, struct err *e)
{
	struct param_change s = { .now = clock_wall_s(c->clk) };
	char *value = NULL;
	int ret;

	if ((s.def = param_named(c->line, e)) == NULL)
		return ERR_ARG;
	if ((ret = param_check(s.def, cmd_get(c->line, "VALUE"), &value,
	    e)) != ERR_OK)
		return ret;
	s.value = value;
	if ((ret = ctl_open(c, DB_WRITE, e)) == ERR_OK &&
	    (ret = node_named(c, "", &s.node, e)) == ERR_OK) {
		if (s.node[0] != '\0' && s.def->scope == PARAM_CLUSTER)
			ret = err_set(e, ERR_ARG, "%s is the same on all "
			    "nodes: leave out --node", s.def->name);
		else
			ret = set_value(c, &s, e);
	}
	signer_free(s.signer);
	free(s.warning);
	free(s.advice);
	free(s.listen);
	free(value);
	return ret;
}
