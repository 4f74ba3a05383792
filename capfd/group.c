/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Questions of the engine, many in one commit.
 *
 * A group is one transaction on each database, the main one's within that of
 * observed.db, so the main one is committed first: what a crash between the
 * two leaves behind is progress of an operation that is done.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "capfd/held.h"
#include "capfd/writer_part.h"

/* --- one question --- */

static int
do_end(const struct capf_ctx *c, const struct wire_ask *a, struct err *e)
{
	struct capf_end x = {
		.owner = a->owner, .session = a->session, .op = a->op,
		.ok = a->ok, .refused = a->refused, .mic = a->mic,
		.der = a->der, .derlen = a->derlen, .now = a->now,
	};

	(void)str_copy(x.why, sizeof(x.why), a->why);
	return capf_end(c, &x, e);
}

static int
do_job(struct job *j, struct err *e)
{
	const struct capf_ctx *c = &j->w->ctx;
	const struct wire_ask *a = &j->ask;

	switch (a->kind) {
	case WIRE_BEGIN:
		return capf_begin(c, &a->hello, &j->answer.task, e);
	case WIRE_ISSUED:
		return capf_issued(c, &a->owner, a->session, a->der,
		    a->derlen, a->now, e);
	case WIRE_REQUEST:
		return capf_requested(c, &a->owner, a->session, a->spki,
		    a->der, a->derlen, a->now, e);
	case WIRE_END:
		return do_end(c, a, e);
	}
	return err_set(e, ERR_PROTO, "a question of kind %u", a->kind);
}

/* --- a group --- */

static int
job_body(struct db *db, void *arg, struct err *e)
{
	(void)db;
	return do_job(arg, e);
}

/* May run again: nothing of the run before stays. */
static void
run_job(struct job *j)
{
	struct wire_answer *a = &j->answer;
	struct err e = { 0 };

	wire_answer_clear(a);
	*a = (struct wire_answer){ .nr = j->ask.nr };
	a->code = db_result_err(db_tx_pair(j->w->ctx.observed, j->w->ctx.db,
	    job_body, j, &e), &e);
	if (a->code == ERR_OK)
		return;
	wire_answer_clear(a);
	a->task = (struct capf_task){ .why = "" };
	(void)str_copy(a->why, sizeof(a->why), e.msg);
}

struct group {
	struct job	*jobs;
	size_t		 n;
	bool		 apart;		/* what fails undoes itself alone */
};

/* What fails undoes the group, for less than what undoes itself alone: a copy
 * of every page before every question. */
static int
run_together(struct job *j, struct err *e)
{
	struct wire_answer *a = &j->answer;

	wire_answer_clear(a);
	*a = (struct wire_answer){ .nr = j->ask.nr };
	return a->code = do_job(j, e);
}

static int
group_body(struct db *db, void *arg, struct err *e)
{
	struct group *g = arg;
	int ret = ERR_OK;

	(void)db;
	for (size_t i = 0; ret == ERR_OK && i < g->n; i++) {
		if (g->apart)
			run_job(&g->jobs[i]);
		else
			ret = run_together(&g->jobs[i], e);
	}
	return ret;
}

/* False: nothing of it was written; ERR_UNREACHABLE: others are writing. */
static bool
run_group(struct group *g, struct err *e)
{
	const struct capf_ctx *c = &g->jobs->w->ctx;

	for (size_t i = 0; i < g->n; i++)
		g->jobs[i].held = false;
	return db_tx_pair(c->observed, c->db, group_body, g, e) == DB_DONE;
}

static void
unwritten(struct job *j, const struct err *e)
{
	struct wire_answer *a = &j->answer;

	wire_answer_clear(a);
	*a = (struct wire_answer){ .nr = j->ask.nr,
	    .code = e->code != ERR_OK ? e->code : ERR_IO };
	(void)str_copy(a->why, sizeof(a->why), e->msg);
	j->late = j->held = e->code == ERR_UNREACHABLE && held_keep(&j->ask,
	    j->since_ms, clock_mono_ms(clock_system()), j->w->patience_ms);
	if (!j->held)
		log_err(e->code == ERR_UNREACHABLE ? LOG_WARNING : LOG_ERR,
		    "capf.unwritten", e);
}

/*
 * Few questions fail, so they are run together; when one does, each by itself
 * in one commit; and when that fails as a whole, as one question may have
 * filled the disk, in a commit each; but not where each would wait in vain.
 */
void
group_run(struct writer *w)
{
	struct group all = { w->jobs, w->njobs, false };
	struct err e = { 0 };
	bool busy;

	if (w->njobs == 0 || run_group(&all, &e))
		return;
	if (e.code != ERR_UNREACHABLE) {
		e = (struct err){ 0 };
		all.apart = true;
		if (run_group(&all, &e))
			return;
	}
	busy = e.code == ERR_UNREACHABLE;
	for (size_t i = 0; i < w->njobs; i++) {
		struct group one = { &w->jobs[i], 1, true };

		if (!busy)
			e = (struct err){ 0 };
		if (!busy && run_group(&one, &e))
			continue;
		unwritten(&w->jobs[i], &e);
		busy = e.code == ERR_UNREACHABLE;
	}
}
