/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * show cert expiry, utils cert plan: what ends, and how to renew it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/cert_rows.h"
#include "ctltool/ctl.h"
#include "trust/expiry_plan.h"

#define DAY_S		86400
#define DAYS_MAX	36500
#define PLAN_DAYS	180

static int
days_of(struct ctl *c, const char *option, int64_t min, int64_t max,
    int64_t *days, struct err *e)
{
	const char *s = cmd_get(c->line, option);

	if (s != NULL && str_to_i64(s, min, max, days, e) != ERR_OK)
		return err_wrap(e, "%s", option);
	return ERR_OK;
}

static json_t *
end_json(int64_t at)
{
	return at != EXPIRY_NEVER ? out_time(at) : json_null();
}

static json_t *
text_json(const char *s)
{
	return s[0] != '\0' ? out_str(s) : json_null();
}

static const char *
stage_of(const struct expiry *x)
{
	if (x->kind != EXPIRY_OWN)
		return NULL;
	return x->stage == OWN_ACTIVE ? "active" :
	    x->stage == OWN_RETIRED ? "retired" : "announced";
}

static json_t *
expiry_json(struct ctl *c, const struct expiry *x)
{
	int64_t now = clock_wall_s(c->clk);

	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
	    "s:b, s:o}", "kind", expiry_kind_name[x->kind], "unit",
	    text_json(x->unit), "name", text_json(x->name), "node",
	    text_json(x->node), "stage", out_str(stage_of(x)), "subject",
	    text_json(x->subject), "sha256", out_hex(x->sha256, SHA256_LEN),
	    "not_after", end_json(x->not_after), "days_left",
	    x->not_after != EXPIRY_NEVER ? json_integer((json_int_t)
	    expiry_days(x->not_after, now)) : json_null(), "exported_at",
	    x->kind == EXPIRY_EXPORT ? out_time(x->exported_at) :
	    json_null(), "stale", x->stale, "count", x->kind == EXPIRY_LSC ?
	    json_integer((json_int_t)x->count) : json_null());
}

/* --- show cert expiry --- */

static void
expiry_line(struct ctl *c, const struct expiry *x)
{
	char what[EXPIRY_WHAT_MAX], when[CLOCK_RFC3339_LEN], cn[256];
	char vis[OUT_VIS_MAX], vis2[OUT_VIS_MAX], days[24] = "-";

	expiry_what(x, what);
	clock_rfc3339(x->not_after, when);
	cert_name_cn(x->subject, cn, sizeof(cn));
	if (x->not_after != EXPIRY_NEVER)
		(void)snprintf(days, sizeof(days), "%" PRId64,
		    expiry_days(x->not_after, clock_wall_s(c->clk)));
	out_text(c->out, "%6s  %-20s  %-44s %s\n", days,
	    x->not_after != EXPIRY_NEVER ? when : "-", out_vis(what, vis),
	    out_vis(cn, vis2));
}

int
cmd_show_cert_expiry(struct ctl *c, struct err *e)
{
	int64_t days = -1, until = EXPIRY_NEVER;
	struct expiries x;
	json_t *list;
	int ret;

	if ((ret = days_of(c, "--within", 0, DAYS_MAX, &days, e)) != ERR_OK ||
	    (ret = ctl_open(c, DB_READ, e)) != ERR_OK)
		return ret;
	if (days >= 0)
		until = clock_wall_s(c->clk) + days * DAY_S;
	if ((ret = expiry_load(c->node.db, until, &x, e)) != ERR_OK)
		return ret;
	if (x.n > 0)
		out_text(c->out, "%6s  %-20s  %-44s %s\n", "DAYS", "END",
		    "WHAT", "NAME");
	list = json_array();
	for (size_t i = 0; i < x.n; i++) {
		if (!c->out->json)
			expiry_line(c, &x.row[i]);
		else if (json_array_append_new(list, expiry_json(c,
		    &x.row[i])) != 0)
			c->out->nomem = true;
	}
	out_result(c->out, json_pack("{s:o, s:b}", "expiries", list,
	    "recovery_key_exported", !x.not_exported));
	expiries_clear(&x);
	return ERR_OK;
}

/* --- utils cert plan --- */

static json_t *
step_json(struct ctl *c, const struct plan_step *s)
{
	json_t *commands = json_array();

	for (size_t i = 0; i < s->ncommand; i++)
		if (json_array_append_new(commands, out_str(s->command[i])) !=
		    0)
			c->out->nomem = true;
	return json_pack("{s:o, s:b, s:b, s:i, s:I, s:o, s:o, s:b, s:o, s:o}",
	    "what", expiry_json(c, s->what), "anchor", s->anchor,
	    "announced", s->announced, "cycles", s->cycles, "resets",
	    (json_int_t)s->resets, "begin_by", end_json(s->begin_by),
	    "done_by", end_json(s->done_by), "late", s->late, "commands",
	    commands, "note", text_json(s->note));
}

static void
day_of(int64_t at, char out[CLOCK_RFC3339_LEN])
{
	clock_rfc3339(at, out);
	if (strlen(out) > 10)
		out[10] = '\0';		/* the day alone */
}

static void
step_end(struct ctl *c, const struct plan_step *s)
{
	char day[CLOCK_RFC3339_LEN];
	int64_t left = expiry_days(s->what->not_after,
	    clock_wall_s(c->clk));

	if (s->what->not_after == EXPIRY_NEVER)
		return;
	day_of(s->what->not_after, day);
	if (left < 0)
		out_text(c->out, ", has ended on %s", day);
	else
		out_text(c->out, ", ends on %s, in %" PRId64 " days", day,
		    left);
}

static void
step_text(struct ctl *c, const struct plan_step *s, size_t n)
{
	char what[EXPIRY_WHAT_MAX], vis[OUT_VIS_MAX];
	char from[CLOCK_RFC3339_LEN], to[CLOCK_RFC3339_LEN];

	expiry_what(s->what, what);
	out_text(c->out, "\n%zu. %s", n, out_vis(what, vis));
	step_end(c, s);
	out_text(c->out, "\n");
	day_of(s->begin_by, from);
	day_of(s->done_by, to);
	if (s->late)
		out_text(c->out, "   LATE: begin now\n");
	else if (s->anchor)
		out_text(c->out, "   begin by %s, all phones done by %s\n",
		    from, to);
	if (s->cycles > 0)
		out_text(c->out, "   %d cycle%s, %" PRId64 " phone resets\n",
		    s->cycles, s->cycles == 1 ? "" : "s", s->resets);
	for (size_t i = 0; i < s->ncommand; i++)
		out_text(c->out, "       %s\n", out_vis(s->command[i], vis));
	if (s->anchor && s->ncommand > 1)
		out_text(c->out, "   Between the steps every phone takes the "
		    "list: reset phones, then see who has it.\n");
	if (s->note[0] != '\0')
		out_text(c->out, "   Note: %s.\n", s->note);
}

static void
plan_text(struct ctl *c, const struct plan *p, int64_t days,
    int64_t cycle_days)
{
	out_text(c->out, "What ends within %" PRId64 " days: %zu; %" PRId64
	    " phones known; a cycle is counted as %" PRId64 " days.\n", days,
	    p->n, p->phones, cycle_days);
	for (size_t i = 0; i < p->n; i++)
		step_text(c, &p->step[i], i + 1);
	if (p->cycles > 0)
		out_text(c->out, "\nTogether %d cycle%s, %" PRId64
		    " phone resets.  One step per cycle: the next begins "
		    "when every phone has the list of the one before.\n",
		    p->cycles, p->cycles == 1 ? "" : "s", p->resets);
}

static void
plan_warn(struct ctl *c, const struct plan *p)
{
	size_t late = 0;

	if (p->by_urgency)
		out_warn(c->out, "in the usual order one of them would be "
		    "renewed too late: what ends first comes first");
	for (size_t i = 0; i < p->n; i++)
		late += p->step[i].late;
	if (late > 0)
		out_warn(c->out, "%zu cannot be renewed in time any more, or "
		    "ha%s ended: begin now", late, late == 1 ? "s" : "ve");
}

static int
plan_say(struct ctl *c, const struct plan *p, int64_t days, int64_t cycle,
    struct err *e)
{
	json_t *steps = json_array();

	plan_warn(c, p);
	if (!c->out->json)
		plan_text(c, p, days, cycle);
	for (size_t i = 0; i < p->n && c->out->json; i++)
		if (json_array_append_new(steps, step_json(c, &p->step[i])) !=
		    0)
			return err_set(e, ERR_NOMEM, "result");
	out_result(c->out, json_pack("{s:I, s:I, s:I, s:b, s:i, s:I, s:o}",
	    "days", (json_int_t)days, "cycle_days", (json_int_t)cycle,
	    "phones", (json_int_t)p->phones, "by_urgency", p->by_urgency,
	    "cycles", p->cycles, "resets", (json_int_t)p->resets, "steps",
	    steps));
	return ERR_OK;
}

int
cmd_cert_plan(struct ctl *c, struct err *e)
{
	int64_t days = PLAN_DAYS, cycle = PLAN_CYCLE_DAYS;
	int64_t now = clock_wall_s(c->clk), until;
	struct expiries x;
	struct plan p;
	int ret;

	if ((ret = days_of(c, "--expire-within", 0, DAYS_MAX, &days, e)) !=
	    ERR_OK ||
	    (ret = days_of(c, "--cycle-days", 1, 365, &cycle, e)) != ERR_OK ||
	    (ret = ctl_open(c, DB_READ, e)) != ERR_OK)
		return ret;
	until = now + days * DAY_S;
	if ((ret = expiry_load(c->node.db, until, &x, e)) != ERR_OK)
		return ret;
	if ((ret = plan_make(c->node.db, &x, until, now, (int)cycle, &p,
	    e)) == ERR_OK) {
		ret = plan_say(c, &p, days, cycle, e);
		plan_clear(&p);
	}
	expiries_clear(&x);
	return ret;
}
