/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Roll-outs for who watches, see watch_rollout.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctltool/out.h"
#include "ctltool/watch_rollout.h"
#include "trust/capf_ask.h"

#define BAR_WIDTH	40

static int
newest(struct db *db, char id[ROLLOUT_ID_MAX + 1], struct err *e)
{
	struct row_rollout *rows = NULL;
	size_t n = 0, best;
	int ret = row_rollout_list(db, -1, &rows, &n, e);

	if (ret != ERR_OK)
		return ret;
	if (n == 0)
		return err_set(e, ERR_NOTFOUND, "there is no roll-out: \"utils "
		    "capf install ... --batch N\" starts one");
	best = n - 1;
	for (size_t i = 0; i < n; i++)
		if (rows[i].state == ROLLOUT_RUNNING ||
		    rows[i].state == ROLLOUT_PAUSED)
			best = i;
	(void)str_copy(id, ROLLOUT_ID_MAX + 1, rows[best].id);
	free(rows);
	return ERR_OK;
}

/* Another operation may have been asked of the phone before or since. */
static int
fill_progress(struct rollout_row *r, const struct row_rollout *of,
    struct db *observed, const struct capf_owner *o, struct err *e)
{
	struct capf_progress p;
	struct err why = { 0 };
	int ret = observed_capf_get(observed, o, &p, &why);

	if (ret == ERR_OK && strcmp(p.operation, of->operation) == 0) {
		r->step = p.step;
		r->tries = p.tries;
		(void)str_copy(r->why, sizeof(r->why), p.reason);
	}
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK : err_set(e, ret,
	    "%s", why.msg);
}

static int
fill_failed(struct rollout_row *r, const struct row_rollout *of,
    struct db *db, const struct capf_owner *o, struct err *e)
{
	struct row_capf_outcome end;
	struct err why = { 0 };
	int ret = row_capf_outcome_get(db, o, &end, &why);

	if (ret == ERR_OK && end.result != CAPF_DONE && end.at >=
	    r->p.changed_at && strcmp(end.operation, of->operation) == 0)
		(void)str_copy(r->why, sizeof(r->why), end.reason);
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK : err_set(e, ret,
	    "%s", why.msg);
}

/* What is known of one: how it goes, or what came of it. */
static int
fill(struct rollout_row *r, const struct row_rollout *of, struct db *db,
    struct db *observed, struct err *e)
{
	struct capf_owner o = { .kind = CAPF_PHONE };
	int ret = ERR_OK;

	(void)str_copy(o.name, sizeof(o.name), r->p.phone);
	if (r->p.why[0] != '\0') {
		(void)str_copy(r->why, sizeof(r->why), r->p.why);
		return ERR_OK;
	}
	if (observed != NULL)
		ret = fill_progress(r, of, observed, &o, e);
	return ret == ERR_OK && r->p.state == ROLLOUT_FAILED ?
	    fill_failed(r, of, db, &o, e) : ret;
}

static int
add_state(struct rollout_look *l, struct db *db, struct db *observed,
    enum rollout_phone_state state, struct err *e)
{
	struct row_rollout_phone *rows = NULL;
	struct rollout_row *more;
	size_t n = 0;
	int ret;

	if ((ret = row_rollout_phone_list(db, l->v.row.id, (int)state,
	    ROLLOUT_ROWS_MAX, &rows, &n, e)) != ERR_OK || n == 0)
		goto out;
	if ((more = reallocarray(l->row, l->n + n, sizeof(*more))) == NULL) {
		ret = err_set(e, ERR_NOMEM, "roll-out");
		goto out;
	}
	l->row = more;
	for (size_t i = 0; ret == ERR_OK && i < n; i++) {
		l->row[l->n] = (struct rollout_row){ .p = rows[i] };
		ret = fill(&l->row[l->n++], &l->v.row, db, observed, e);
	}
out:
	free(rows);
	return ret;
}

int
rollout_look(struct rollout_look *l, struct db *db, struct db *observed,
    const char *id, struct err *e)
{
	char found[ROLLOUT_ID_MAX + 1];
	int ret;

	*l = (struct rollout_look){ .n = 0 };
	if (id == NULL) {
		if ((ret = newest(db, found, e)) != ERR_OK)
			return ret;
		id = found;
	}
	if ((ret = rollout_view(db, id, &l->v, e)) == ERR_NOTFOUND)
		return err_set(e, ret, "no roll-out %.40s: \"watch rollout "
		    "--once\" shows the newest", id);
	if (ret == ERR_OK && (ret = add_state(l, db, observed, ROLLOUT_ASKED,
	    e)) == ERR_OK)
		ret = add_state(l, db, observed, ROLLOUT_FAILED, e);
	if (ret != ERR_OK)
		rollout_look_clear(l);
	return ret;
}

void
rollout_look_clear(struct rollout_look *l)
{
	free(l->row);
	l->row = NULL;
	l->n = 0;
}

bool
rollout_look_over(const struct rollout_look *l)
{
	return l->v.row.state == ROLLOUT_DONE ||
	    l->v.row.state == ROLLOUT_CANCELLED;
}

/* --- saying it --- */

static void
put_bar(const struct rollout_view *v, FILE *to)
{
	int64_t over = v->n[ROLLOUT_PHONE_DONE] + v->n[ROLLOUT_FAILED];
	int64_t total = v->total > 0 ? v->total : 1;
	int filled = (int)(over * BAR_WIDTH / total);

	(void)fprintf(to, "[%.*s%*s] %3d%%  %" PRId64 " done, %" PRId64
	    " failed, %" PRId64 " asked, %" PRId64 " %s, of %" PRId64 "\n",
	    filled, "########################################",
	    BAR_WIDTH - filled, "", (int)(over * 100 / total),
	    v->n[ROLLOUT_PHONE_DONE], v->n[ROLLOUT_FAILED],
	    v->n[ROLLOUT_ASKED], v->n[ROLLOUT_WAITING], v->row.state ==
	    ROLLOUT_CANCELLED ? "cancelled" : "wait", v->total);
}

static void
put_head(const struct rollout_view *v, FILE *to)
{
	char made[CLOCK_RFC3339_LEN];

	clock_rfc3339(v->row.created_at, made);
	(void)fprintf(to, "Roll-out %s: %s, %s; by %s, %s\n", v->row.id,
	    capf_operation_name(capf_operation_of(v->row.operation)),
	    rollout_state_name[v->row.state], v->row.account, made);
	(void)fprintf(to, "%" PRId64 " at a time", v->row.batch);
	if (v->row.pause_on_errors > 0)
		(void)fprintf(to, "; pauses at %" PRId64 " error%s, %" PRId64
		    " so far", v->row.pause_on_errors,
		    v->row.pause_on_errors == 1 ? "" : "s", v->row.errors);
	(void)fputc('\n', to);
	if (v->row.state == ROLLOUT_PAUSED)
		(void)fprintf(to, "It goes on by: utils capf resume %s\n",
		    v->row.id);
}

void
rollout_look_text(const struct rollout_look *l, FILE *to)
{
	char vis[OUT_VIS_MAX], at[CLOCK_RFC3339_LEN];

	put_head(&l->v, to);
	put_bar(&l->v, to);
	if (l->n > 0)
		(void)fprintf(to, "\n%-20s %-7s %-7s %5s %-20s %s\n", "PHONE",
		    "STATE", "STEP", "TRIES", "SINCE", "REASON");
	for (size_t i = 0; i < l->n; i++) {
		const struct rollout_row *r = &l->row[i];

		clock_rfc3339(r->p.changed_at, at);
		(void)fprintf(to, "%-20s %-7s %-7s %5" PRId64 " %-20s %s\n",
		    r->p.phone, rollout_phone_state_name[r->p.state],
		    capf_step_name[r->step], r->tries, at, out_vis(r->why,
		    vis));
	}
}

static json_t *
rows_json(const struct rollout_look *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->n; i++) {
		const struct rollout_row *r = &l->row[i];

		if (json_array_append_new(list, json_pack("{s:s, s:s, s:s, "
		    "s:I, s:o, s:o}", "name", r->p.phone, "state",
		    rollout_phone_state_name[r->p.state], "step",
		    capf_step_name[r->step], "tries", (json_int_t)r->tries,
		    "reason", r->why[0] != '\0' ? out_str(r->why) :
		    json_null(), "at", out_time(r->p.changed_at))) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *
rollout_look_json(const struct rollout_look *l)
{
	const struct rollout_view *v = &l->v;

	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:I, "
	    "s:I, s:I, s:I, s:o}", "rollout", v->row.id, "operation",
	    v->row.operation, "state", rollout_state_name[v->row.state],
	    "account", v->row.account, "created_at",
	    out_time(v->row.created_at), "batch", (json_int_t)v->row.batch,
	    "pause_on_errors", (json_int_t)v->row.pause_on_errors, "errors",
	    (json_int_t)v->row.errors, "total", (json_int_t)v->total, "waiting",
	    (json_int_t)v->n[ROLLOUT_WAITING], "asked",
	    (json_int_t)v->n[ROLLOUT_ASKED], "done",
	    (json_int_t)v->n[ROLLOUT_PHONE_DONE], "failed",
	    (json_int_t)v->n[ROLLOUT_FAILED], "phones", rows_json(l));
}
