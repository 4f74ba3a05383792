/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The writer process, see writer.h.
 *
 * A group is one transaction on each database, the main one's within that of
 * observed.db, so the main one is committed first: what a crash between the
 * two leaves behind is progress of an operation that is done.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/seldom.h"
#include "base/str.h"
#include "capfd/wire.h"
#include "capfd/writer.h"
#include "crypt/secret.h"
#include "trust/node.h"

#define GROUP_MAX	256	/* questions per commit */
#define ANSWER_S	10	/* for an engine to take an answer */
#define EXPIRE_MS	60000
#define EXPIRE_MAX	100	/* operations that end per commit */

struct job {
	uint8_t			*buf;		/* what ask borrows from */
	size_t			 len;
	struct wire_ask		 ask;
	struct wire_answer	 answer;
	struct writer		*w;
};

struct writer {
	struct node		 node;
	struct db		*observed;
	struct keyring		*kr;
	struct capf_cache	*cache;
	struct capf_ctx		 ctx;
	int64_t			 expire_ms;	/* the next look at what ends */
	struct job		 jobs[GROUP_MAX];
	size_t			 njobs;
	struct seldom		 broken;
};

struct writer *
writer_over(const struct capf_ctx *c, struct err *e)
{
	struct writer *w = calloc(1, sizeof(*w));

	if (w == NULL || (w->cache = capf_cache_new(e)) == NULL) {
		free(w);
		(void)err_set(e, ERR_NOMEM, "writer");
		return NULL;
	}
	w->ctx = *c;
	w->ctx.cache = w->cache;
	return w;
}

struct writer *
writer_open(int statefd, struct err *e)
{
	struct writer *w = writer_over(&(struct capf_ctx){ .db = NULL }, e);

	if (w == NULL)
		return NULL;
	if (node_open_fd(&w->node, statefd, DB_WRITE, e) != ERR_OK ||
	    (w->kr = node_keyring(&w->node, KEYRING_CRED, e)) == NULL ||
	    (w->observed = db_open(statefd, OBSERVED_FILE, DB_WRITE, e)) ==
	    NULL || db_relax(w->observed, e) != ERR_OK) {
		writer_close(w);
		return NULL;
	}
	w->ctx.db = w->node.db;
	w->ctx.observed = w->observed;
	w->ctx.kr = w->kr;
	w->ctx.node = w->node.row.name;
	return w;
}

static void
job_clear(struct job *j)
{
	if (j->buf != NULL)
		secret_wipe(j->buf, j->len);
	free(j->buf);
	secret_wipe(j->ask.hello.string, sizeof(j->ask.hello.string));
	wire_answer_clear(&j->answer);
	*j = (struct job){ .buf = NULL };
}

static void
jobs_clear(struct writer *w)
{
	for (size_t i = 0; i < w->njobs; i++)
		job_clear(&w->jobs[i]);
	w->njobs = 0;
}

void
writer_close(struct writer *w)
{
	if (w == NULL)
		return;
	jobs_clear(w);
	db_close(w->observed);
	capf_cache_free(w->cache);
	keyring_free(w->kr);
	node_close(&w->node);
	free(w);
}

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
main_savepoint(struct db *db, void *arg, struct err *e)
{
	(void)db;
	return do_job(arg, e);
}

static int
observed_savepoint(struct db *observed, void *arg, struct err *e)
{
	struct job *j = arg;

	(void)observed;
	return db_result_err(db_tx_group(j->w->ctx.db, main_savepoint, j, e),
	    e);
}

/* May run again: nothing of the run before stays. */
static void
run_job(struct job *j)
{
	struct wire_answer *a = &j->answer;
	struct err e = { 0 };

	wire_answer_clear(a);
	*a = (struct wire_answer){ .nr = j->ask.nr };
	a->code = db_result_err(db_tx(j->w->ctx.observed, observed_savepoint,
	    j, &e), &e);
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
main_group(struct db *db, void *arg, struct err *e)
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

static int
observed_group(struct db *observed, void *arg, struct err *e)
{
	struct group *g = arg;

	(void)observed;
	return db_result_err(db_tx_group(g->jobs->w->ctx.db, main_group, g,
	    e), e);
}

/* False: nothing of it was written. */
static bool
run_group(struct group *g, struct err *e)
{
	return db_tx_group(g->jobs->w->ctx.observed, observed_group, g, e) ==
	    DB_DONE;
}

/*
 * Few questions fail, so they are run together; when one does, each by itself
 * in one commit; and when that fails as a whole, as one question may have
 * filled the disk, in a commit each.
 */
static void
run_all(struct writer *w)
{
	struct group all = { w->jobs, w->njobs, false };
	struct err e = { 0 };

	if (w->njobs == 0 || run_group(&all, &e))
		return;
	e = (struct err){ 0 };
	all.apart = true;
	if (run_group(&all, &e))
		return;
	for (size_t i = 0; i < w->njobs; i++) {
		struct wire_answer *a = &w->jobs[i].answer;
		struct group one = { &w->jobs[i], 1, true };

		e = (struct err){ 0 };
		if (run_group(&one, &e))
			continue;
		wire_answer_clear(a);
		*a = (struct wire_answer){ .nr = w->jobs[i].ask.nr,
		    .code = e.code != ERR_OK ? e.code : ERR_IO };
		(void)str_copy(a->why, sizeof(a->why), e.msg);
		log_err(LOG_ERR, "capf.unwritten", &e);
	}
}

/* --- what ends by itself --- */

struct expiry {
	struct writer	*w;
	int64_t		 now, ended;
};

static int
expire_main(struct db *db, void *arg, struct err *e)
{
	struct expiry *x = arg;

	(void)db;
	return capf_expire(&x->w->ctx, x->now, EXPIRE_MAX, &x->ended, e);
}

static int
expire_observed(struct db *observed, void *arg, struct err *e)
{
	struct expiry *x = arg;

	(void)observed;
	return db_result_err(db_tx_group(x->w->ctx.db, expire_main, x, e), e);
}

/* A few at a time: sessions wait meanwhile. */
static void
expire(struct writer *w)
{
	struct expiry x = { .w = w, .now = clock_wall_s(clock_system()) };
	int64_t now_ms = clock_mono_ms(clock_system());
	struct err e = { 0 };

	if (now_ms < w->expire_ms)
		return;
	w->expire_ms = now_ms + EXPIRE_MS;
	if (db_tx_group(w->ctx.observed, expire_observed, &x, &e) != DB_DONE)
		log_err(LOG_WARNING, "capf.expire", &e);
	else if (x.ended > 0)
		log_event(LOG_INFO, "capf.expired",
		    LOG_I64("operations", x.ended));
	if (x.ended == EXPIRE_MAX)
		w->expire_ms = now_ms;
}

/* --- the channel --- */

static void
take(struct writer *w, const uint8_t *buf, size_t len)
{
	struct job *j = &w->jobs[w->njobs];
	struct err e = { 0 };
	uint64_t n;

	*j = (struct job){ .w = w, .buf = malloc(len), .len = len };
	if (j->buf != NULL) {
		memcpy(j->buf, buf, len);
		if (wire_ask_parse(&j->ask, j->buf, len, &e) == ERR_OK) {
			w->njobs++;
			return;
		}
	}
	if (seldom_due(&w->broken, clock_mono_ms(clock_system()), &n))
		log_event(LOG_WARNING, "capf.broken", LOG_U64("count", n),
		    LOG_STR("why", e.msg));
	job_clear(j);
}

/* All that has come; false when the engine is gone. */
static bool
take_all(struct writer *w, int channel)
{
	uint8_t buf[WIRE_MAX + 1];
	ssize_t n = 1;

	while (w->njobs < GROUP_MAX) {
		n = recv(channel, buf, sizeof(buf), MSG_DONTWAIT);
		if (n > 0)
			take(w, buf, (size_t)n);
		else if (n == 0 || errno != EINTR)
			break;
	}
	secret_wipe(buf, sizeof(buf));
	return n > 0 || (n == -1 && errno == EAGAIN);
}

/* An engine that does not take its answers has gone bad. */
static int
answer_all(struct writer *w, int channel, struct err *e)
{
	uint8_t buf[WIRE_MAX];
	size_t len;
	int ret;

	for (size_t i = 0; i < w->njobs; i++) {
		if ((ret = wire_answer_build(&w->jobs[i].answer, buf, &len,
		    e)) != ERR_OK)
			return ret;
		if (send(channel, buf, len, MSG_NOSIGNAL) == -1 &&
		    errno != EPIPE && errno != ECONNRESET)
			return err_sys(e, ERR_IO, "answer to the engine");
	}
	return ERR_OK;
}

int
writer_serve(struct writer *w, int channel, int stopfd, struct err *e)
{
	const struct timeval patience = { .tv_sec = ANSWER_S };
	struct pollfd pfd[2] = {
		{ .fd = stopfd, .events = POLLIN },
		{ .fd = channel, .events = POLLIN },
	};
	int ret = ERR_OK;

	(void)setsockopt(channel, SOL_SOCKET, SO_SNDTIMEO, &patience,
	    sizeof(patience));
	while (ret == ERR_OK) {
		if (poll(pfd, 2, EXPIRE_MS) == -1 && errno != EINTR)
			return err_sys(e, ERR_IO, "poll");
		if (pfd[0].revents != 0)
			return ERR_OK;
		expire(w);
		if (pfd[1].revents == 0)
			continue;
		if (!take_all(w, channel))
			pfd[1].fd = -1;
		run_all(w);
		ret = answer_all(w, channel, e);
		jobs_clear(w);
	}
	return ret;
}
