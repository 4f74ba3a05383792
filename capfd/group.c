/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Questions of the engine, many in one commit.
 *
 * A group is one transaction on each database, the main one's within that of
 * observed.db, so the main one is committed first: what a crash between the
 * two leaves behind is progress of an operation that is done.
 *
 * Only the main database's commits wait for the disk.  What changes observed.db
 * alone is a group of its own before them, so that its phones go on meanwhile.
 */
#include <string.h>
#include <strings.h>

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
	bool		 later;		/* which of them */
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
		if (g->jobs[i].later != g->later)
			continue;
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
		if (g->jobs[i].later == g->later)
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

static bool
is_empty(const struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->jobs[i].later == g->later)
			return false;
	return true;
}

/* False: e says why. */
static bool
run_all(struct group *g, struct err *e)
{
	if (run_group(g, e))
		return true;
	if (e->code == ERR_UNREACHABLE)
		return false;
	*e = (struct err){ 0 };
	g->apart = true;
	return run_group(g, e);
}

/*
 * Few questions fail, so they are run together; when one does, each by itself
 * in one commit; and when that fails as a whole, as one question may have
 * filled the disk, in a commit each; but not where each would wait in vain.
 */
void
group_run(struct writer *w, bool later, struct err *e)
{
	struct group all = { w->jobs, w->njobs, later, false };
	bool busy = e->code == ERR_UNREACHABLE;

	if (!busy)
		*e = (struct err){ 0 };
	if (is_empty(&all) || (!busy && run_all(&all, e)))
		return;
	busy = e->code == ERR_UNREACHABLE;
	for (size_t i = 0; i < w->njobs; i++) {
		struct group one = { &w->jobs[i], 1, later, true };

		if (w->jobs[i].later != later)
			continue;
		if (!busy)
			*e = (struct err){ 0 };
		if (!busy && run_group(&one, e))
			continue;
		unwritten(&w->jobs[i], e);
		busy = e->code == ERR_UNREACHABLE;
	}
}

/* --- two groups of one turn --- */

/* Its commit waits for the disk: it changes the main database. */
static bool
waits_for_disk(const struct wire_ask *a)
{
	return a->kind == WIRE_REQUEST || (a->kind == WIRE_END && a->ok);
}

/* USER and USER.INSTANCE too: who is taken for another's only waits. */
static bool
may_be_of(const struct wire_ask *a, const char *owner)
{
	const char *name = a->kind == WIRE_BEGIN ? a->hello.device :
	    a->owner.name;

	return strncasecmp(name, owner, strlen(owner)) == 0;
}

/* What an owner asks stays behind what he has asked before. */
static bool
follows_later(const struct writer *w, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (w->jobs[k].later && may_be_of(&w->jobs[i].ask,
		    w->jobs[k].ask.owner.name))
			return true;
	return false;
}

/* Those that have waited for the database before stay in their order. */
static bool
any_held(const struct writer *w)
{
	for (size_t i = 0; i < w->njobs; i++)
		if (w->jobs[i].held)
			return true;
	return false;
}

bool
group_split(struct writer *w)
{
	bool split = !any_held(w);
	size_t later = 0;

	for (size_t i = 0; i < w->njobs; i++) {
		struct job *j = &w->jobs[i];

		j->later = split && (waits_for_disk(&j->ask) ||
		    follows_later(w, i));
		later += j->later;
	}
	return later > 0;
}
