/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * utils capf cancel, pause, resume: operations that are pending, and
 * roll-outs.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/capf_text.h"
#include "ctltool/phone_which.h"
#include "trust/rollout.h"

/* As ctl_tx(); roll-outs undo what single phones refuse. */
static int
group(struct ctl *c, db_fn *fn, void *arg, struct err *e)
{
	return db_result_err(db_tx_group(c->node.db, fn, arg, e), e);
}

/* --- operations of phones --- */

struct cancelling {
	const struct phone_which *w;
	size_t			 n;		/* where something was */
	int64_t			 now;
	struct ctl_audit	 audit;
};

static int
cancel_one(struct db *db, const struct profile_base *base, const char *name,
    struct cancelling *x, struct err *e)
{
	struct phone_result r = { .advice = NULL };
	bool left = false;
	int ret = capf_ask_cancel(db, base, name, x->now, &r, e);

	/* A roll-out does not wait for it any more, nor has it in mind. */
	if (ret == ERR_OK && r.changed)
		ret = rollout_phone_ended(db, name, false, x->now, e);
	if (ret == ERR_OK)
		ret = rollout_leave(db, name, x->now, &left, e);
	x->n += r.changed || left;
	phone_result_clear(&r);
	return ret;
}

static int
cancel_tx(struct db *db, void *arg, struct err *e)
{
	struct cancelling *x = arg;
	struct profile_base *base;
	int ret;

	x->n = 0;
	if ((ret = profile_base_load(&base, db, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; ret == ERR_OK && i < x->w->n; i++)
		ret = cancel_one(db, base, x->w->name[i], x, e);
	profile_base_free(base);
	return ret == ERR_OK && x->n > 0 ? ctl_audit_add(db, &x->audit, e) :
	    ret;
}

/* What its visits mean has been judged: "it was somebody else". */
static int
forget_tx(struct db *db, void *arg, struct err *e)
{
	const struct phone_which *w = arg;
	int ret = ERR_OK;

	for (size_t i = 0; ret == ERR_OK && i < w->n; i++)
		ret = observed_unasked_remove(db, w->name[i], e);
	return ret;
}

static int
forget_visits(struct ctl *c, struct phone_which *w, struct err *e)
{
	struct db *observed;
	int ret;

	if (ctl_is_rehearsal(c))
		return ERR_OK;
	if ((observed = db_open(c->node.statefd, OBSERVED_FILE, DB_WRITE,
	    e)) == NULL)
		return e->code == ERR_NOTFOUND ? ERR_OK : e->code;
	ret = db_result_err(db_tx(observed, forget_tx, w, e), e);
	db_close(observed);
	return ret;
}

static int
cancel_phones(struct ctl *c, struct err *e)
{
	struct phone_which w;
	struct cancelling x = { .w = &w, .now = clock_wall_s(c->clk) };
	char some[PHONE_WHICH_TEXT];
	int ret;

	if ((ret = phone_which_find(&w, c, e)) != ERR_OK)
		goto out;
	phone_which_text(&w, some);
	ctl_audit_init(c, &x.audit, "%s", some);
	x.audit.row.at = x.now;
	if ((ret = group(c, cancel_tx, &x, e)) != ERR_OK ||
	    (ret = forget_visits(c, &w, e)) != ERR_OK)
		goto out;
	if (x.n > 0)
		out_changed(c->out);
	out_text(c->out, "Nothing is asked any more of %zu of %zu phone%s "
	    "(%s)%s\n", x.n, w.n, w.n == 1 ? "" : "s", some, x.n < w.n ?
	    "; of the others nothing was" : "");
	out_result(c->out, json_pack("{s:I, s:I, s:n}", "phones",
	    (json_int_t)w.n, "cancelled", (json_int_t)x.n, "rollout"));
out:
	phone_which_clear(&w);
	return ret;
}

/* --- roll-outs --- */

typedef int	rollout_fn(struct db *db, const char *id, int64_t now,
		    int64_t *n, struct err *e);

struct rolling {
	const char		*id;
	rollout_fn		*fn;
	int64_t			 n, now;
	bool			 already;	/* it is as fn would have it */
	struct ctl_audit	 audit;
};

static int
pause_fn(struct db *db, const char *id, int64_t now, int64_t *n,
    struct err *e)
{
	*n = 0;
	return rollout_pause(db, id, now, e);
}

static int
roll_tx(struct db *db, void *arg, struct err *e)
{
	struct rolling *r = arg;
	int ret = r->fn(db, r->id, r->now, &r->n, e);

	return ret == ERR_OK ? ctl_audit_add(db, &r->audit, e) : ret;
}

/* Its state afterwards, with the number that fn gave. */
static int
roll(struct ctl *c, struct rolling *r, struct rollout_view *v, struct err *e)
{
	int ret;

	r->now = clock_wall_s(c->clk);
	ctl_audit_init(c, &r->audit, "roll-out %.40s", r->id);
	r->audit.row.at = r->now;
	ret = group(c, roll_tx, r, e);
	if (ret == ERR_NOTFOUND)
		return err_set(e, ret, "no roll-out %.40s: \"utils capf "
		    "status\" shows those under way", r->id);
	r->already = ret == ERR_EXISTS;
	if (ret != ERR_OK && !r->already)
		return ret;
	if (!r->already)
		out_changed(c->out);
	return rollout_view(c->node.db, r->id, v, e);
}

static int
cancel_rollout(struct ctl *c, const char *id, struct err *e)
{
	struct rolling r = { .id = id, .fn = rollout_cancel };
	struct rollout_view v;
	int ret;

	if ((ret = roll(c, &r, &v, e)) != ERR_OK)
		return ret;
	out_text(c->out, "Roll-out %s is cancelled%s: taken back from %" PRId64
	    " phones; %" PRId64 " of %" PRId64 " had done it\n", id,
	    r.already ? " already" : "", r.n,
	    v.n[ROLLOUT_PHONE_DONE], v.total);
	out_result(c->out, json_pack("{s:I, s:I, s:s}", "phones",
	    (json_int_t)v.total, "cancelled", (json_int_t)r.n, "rollout",
	    id));
	return ERR_OK;
}

int
cmd_capf_cancel(struct ctl *c, struct err *e)
{
	const char *name = cmd_get(c->line, "NAME");
	struct row_rollout row;
	struct err why = { 0 };
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK)
		return ret;
	if (name != NULL && strlen(name) <= ROLLOUT_ID_MAX) {
		ret = row_rollout_get(c->node.db, name, &row, &why);
		if (ret == ERR_OK)
			return cancel_rollout(c, name, e);
		if (ret != ERR_NOTFOUND)
			return err_set(e, ret, "%s", why.msg);
	}
	return cancel_phones(c, e);
}

static int
go_or_stop(struct ctl *c, rollout_fn *fn, struct err *e)
{
	struct rolling r = { .id = cmd_get(c->line, "ROLLOUT"), .fn = fn };
	struct rollout_view v;
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = roll(c, &r, &v, e)) != ERR_OK)
		return ret;
	out_text(c->out, "Roll-out %s is %s%s: %" PRId64 " phone%s asked now, "
	    "%" PRId64 " wait\n", r.id, rollout_state_name[v.row.state],
	    r.already ? " already" : "", r.n, r.n == 1 ? "" : "s",
	    v.n[ROLLOUT_WAITING]);
	out_result(c->out, json_pack("{s:s, s:s, s:I, s:I}", "rollout", r.id,
	    "state", rollout_state_name[v.row.state], "asked",
	    (json_int_t)r.n, "waiting", (json_int_t)v.n[ROLLOUT_WAITING]));
	return ERR_OK;
}

int
cmd_capf_resume(struct ctl *c, struct err *e)
{
	return go_or_stop(c, cmd_has(c->line, "--next") ? rollout_go_on :
	    rollout_resume, e);
}

int
cmd_capf_pause(struct ctl *c, struct err *e)
{
	return go_or_stop(c, pause_fn, e);
}
