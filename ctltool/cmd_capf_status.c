/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * utils capf status.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/capf_text.h"
#include "trust/rollout.h"

struct totals {
	int64_t	 owners, pending, failed, unasked, with_cert;
};

struct listing {
	struct ctl		*c;
	struct db		*observed;	/* NULL: nothing there */
	struct profile_base	*base;
	int64_t			 now;
	bool			 pending, failed;	/* these only */
	struct totals		 n;
	json_t			*list, *rollouts;
};

/* Everybody is counted; true for those that are shown. */
static bool
count(struct listing *l, const struct capf_status *s)
{
	bool waits = s->op != CAPF_OP_NONE, failed = capf_status_failed(s);

	l->n.owners++;
	l->n.pending += waits;
	l->n.failed += failed;
	l->n.with_cert += s->has_cert;
	l->n.unasked += s->unasked.visits > 0;
	failed = failed || s->unasked.visits > 0;
	return (!l->pending && !l->failed) || (l->pending && waits) ||
	    (l->failed && failed);
}

static void
add(struct listing *l, const struct capf_status *s)
{
	if (l->c->out->json && json_array_append_new(l->list,
	    capf_status_json(l->c, s)) != 0)
		l->c->out->nomem = true;
}

static void
put(struct listing *l, const struct capf_status *s)
{
	if (!count(l, s))
		return;
	capf_status_line(l->c->out, s);
	add(l, s);
}

static int
put_phone(void *arg, const struct row_phone *p, struct err *e)
{
	struct listing *l = arg;
	struct capf_status s;
	int ret = capf_status_phone(&s, l->c->node.db, l->observed, l->base,
	    p, l->now, e);

	if (ret == ERR_OK)
		put(l, &s);
	return ret;
}

static int
put_clients(struct listing *l, struct err *e)
{
	struct row_capf_profile *rows = NULL;
	struct capf_status s;
	size_t n = 0;
	int ret = row_capf_profile_list(l->c->node.db, &rows, &n, e);

	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		if ((ret = capf_status_client(&s, l->c->node.db, l->observed,
		    &rows[i], l->now, e)) == ERR_OK)
			put(l, &s);
	row_capf_profiles_free(rows, n);
	return ret;
}

static int
list_tx(struct db *db, void *arg, struct err *e)
{
	struct listing *l = arg;
	int ret;

	if ((ret = profile_base_load(&l->base, db, e)) != ERR_OK)
		return ret;
	ret = row_phone_each(db, put_phone, l, e);
	profile_base_free(l->base);
	return ret == ERR_OK ? put_clients(l, e) : ret;
}

static json_t *
totals_json(const struct totals *n)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "owners",
	    (json_int_t)n->owners, "pending", (json_int_t)n->pending,
	    "failed", (json_int_t)n->failed, "unasked",
	    (json_int_t)n->unasked, "with_certificate",
	    (json_int_t)n->with_cert);
}

/* --- roll-outs under way --- */

static int
put_rollout(struct listing *l, const char *id, struct err *e)
{
	struct rollout_view v;
	json_t *j;
	int ret = rollout_view(l->c->node.db, id, &v, e);

	if (ret != ERR_OK)
		return ret;
	out_text(l->c->out, "Roll-out %s: %s, %lld done, %lld failed, %lld "
	    "asked, %lld wait\n", id, rollout_state_name[v.row.state],
	    (long long)v.n[ROLLOUT_PHONE_DONE],
	    (long long)v.n[ROLLOUT_FAILED], (long long)v.n[ROLLOUT_ASKED],
	    (long long)v.n[ROLLOUT_WAITING]);
	j = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "rollout",
	    id, "operation", v.row.operation, "state",
	    rollout_state_name[v.row.state], "total", (json_int_t)v.total,
	    "done", (json_int_t)v.n[ROLLOUT_PHONE_DONE], "failed",
	    (json_int_t)v.n[ROLLOUT_FAILED], "asked",
	    (json_int_t)v.n[ROLLOUT_ASKED], "waiting",
	    (json_int_t)v.n[ROLLOUT_WAITING]);
	if (j == NULL || json_array_append_new(l->rollouts, j) != 0)
		l->c->out->nomem = true;
	return ERR_OK;
}

static int
rollouts_all(struct db *db, void *arg, struct err *e)
{
	struct listing *l = arg;
	struct row_rollout *r = NULL;
	size_t n = 0;
	int ret = row_rollout_list(db, -1, &r, &n, e);

	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		if (r[i].state == ROLLOUT_RUNNING ||
		    r[i].state == ROLLOUT_PAUSED)
			ret = put_rollout(l, r[i].id, e);
	free(r);
	return ret;
}

/* Where the phone still is to be asked, or to do it. */
static int
rollouts_of(struct listing *l, const char *phone, struct err *e)
{
	struct row_rollout_phone *p = NULL;
	size_t n = 0;
	int ret = row_rollout_phone_of(l->c->node.db, phone, &p, &n, e);

	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		if (p[i].state == ROLLOUT_WAITING ||
		    p[i].state == ROLLOUT_ASKED)
			ret = put_rollout(l, p[i].rollout, e);
	free(p);
	return ret;
}

/* --- the command --- */

static void
result(struct listing *l)
{
	out_result(l->c->out, json_pack("{s:O, s:o, s:O}", "owners", l->list,
	    "totals", totals_json(&l->n), "rollouts", l->rollouts));
}

static int
status_all(struct listing *l, struct err *e)
{
	struct out *o = l->c->out;
	int ret;

	capf_status_line(o, NULL);
	if ((ret = db_read_tx(l->c->node.db, list_tx, l, e)) != ERR_OK)
		return ret;
	out_text(o, "%lld phones and clients: %lld pending, %lld failed, "
	    "%lld with a certificate\n", (long long)l->n.owners,
	    (long long)l->n.pending, (long long)l->n.failed,
	    (long long)l->n.with_cert);
	if (l->n.unasked > 0)
		out_text(o, "%lld came to CAPF unasked: \"utils capf status "
		    "NAME\" says what to do\n", (long long)l->n.unasked);
	if ((ret = db_read_tx(l->c->node.db, rollouts_all, l, e)) == ERR_OK)
		result(l);
	return ret;
}

static int
load_one(struct listing *l, const char *text, struct capf_status *s,
    struct err *e)
{
	struct row_capf_profile profile = { .sealed = NULL };
	struct db *db = l->c->node.db;
	struct capf_owner o;
	struct row_phone p;
	int ret;

	if ((ret = capf_owner_find(db, &o, text, e)) != ERR_OK)
		return ret;
	if (o.kind == CAPF_PHONE)
		return (ret = row_phone_get(db, o.name, &p, e)) != ERR_OK ?
		    ret : capf_status_phone(s, db, l->observed, NULL, &p,
		    l->now, e);
	if ((ret = row_capf_profile_get(db, &o, &profile, e)) == ERR_OK)
		ret = capf_status_client(s, db, l->observed, &profile, l->now,
		    e);
	row_capf_profile_clear(&profile);
	return ret;
}

static int
status_one(struct listing *l, const char *name, struct err *e)
{
	struct capf_status s;
	int ret;

	if (l->pending || l->failed)
		return err_set(e, ERR_ARG, "--pending and --failed choose "
		    "among all: leave out NAME");
	if ((ret = load_one(l, name, &s, e)) != ERR_OK)
		return ret;
	out_text(l->c->out, "%s\n", s.label);
	capf_status_text(l->c, &s, "  ");
	(void)count(l, &s);
	add(l, &s);
	if (s.owner.kind == CAPF_PHONE && (ret = rollouts_of(l, s.owner.name,
	    e)) != ERR_OK)
		return ret;
	result(l);
	return ERR_OK;
}

int
cmd_capf_status(struct ctl *c, struct err *e)
{
	const char *name = cmd_get(c->line, "NAME");
	struct listing l = { .c = c, .now = clock_wall_s(c->clk),
		.pending = cmd_has(c->line, "--pending"),
		.failed = cmd_has(c->line, "--failed"),
		.list = json_array(), .rollouts = json_array() };
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) == ERR_OK &&
	    (ret = ctl_observed(c, &l.observed, e)) == ERR_OK)
		ret = name != NULL ? status_one(&l, name, e) :
		    status_all(&l, e);
	db_close(l.observed);
	json_decref(l.list);
	json_decref(l.rollouts);
	return ret;
}
