/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The writer process, see writer.h.
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
#include "base/str.h"
#include "capfd/held.h"
#include "capfd/writer_part.h"
#include "crypt/secret.h"

#define ANSWER_S	10	/* for an engine to take an answer */
#define EXPIRE_MS	60000
#define EXPIRE_MAX	100	/* operations that end per commit */

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
	w->patience_ms = DB_BUSY_MS;
	return w;
}

void
writer_set_patience(struct writer *w, int64_t ms)
{
	w->patience_ms = ms;
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
	    NULL || db_relax(w->observed, e) != ERR_OK ||
	    db_checkpoint_seldom(w->observed, e) != ERR_OK ||
	    db_checkpoint_seldom(w->node.db, e) != ERR_OK) {
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

/* Those that are held stay, in their order. */
static void
jobs_clear(struct writer *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->njobs; i++)
		if (!w->jobs[i].held)
			job_clear(&w->jobs[i]);
		else if (n++ != i) {
			memcpy(&w->jobs[n - 1], &w->jobs[i], sizeof(*w->jobs));
			secret_wipe(&w->jobs[i], sizeof(*w->jobs));
		}
	w->njobs = n;
}

void
writer_close(struct writer *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < w->njobs; i++)
		job_clear(&w->jobs[i]);
	db_close(w->observed);
	capf_cache_free(w->cache);
	keyring_free(w->kr);
	node_close(&w->node);
	free(w);
}

/* --- what ends by itself --- */

struct expiry {
	struct writer	*w;
	int64_t		 now, ended;
};

static int
expire_body(struct db *db, void *arg, struct err *e)
{
	struct expiry *x = arg;

	(void)db;
	return capf_expire(&x->w->ctx, x->now, EXPIRE_MAX, &x->ended, e);
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
	if (db_tx_pair(w->ctx.observed, w->ctx.db, expire_body, &x, &e) !=
	    DB_DONE)
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

	*j = (struct job){ .w = w, .buf = malloc(len), .len = len,
	    .since_ms = clock_mono_ms(clock_system()) };
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

/* Its session may have ended meanwhile, and said so. */
static void
say_late(const struct job *j)
{
	if (j->late && j->ask.kind == WIRE_END && j->answer.code == ERR_OK)
		log_event(LOG_WARNING, "capf.late",
		    LOG_STR("device", j->ask.owner.name), LOG_I64("ms",
		    clock_mono_ms(clock_system()) - j->since_ms));
}

/* An engine that does not take its answers has gone bad. */
static int
answer_all(struct writer *w, int channel, bool later, struct err *e)
{
	uint8_t buf[WIRE_MAX];
	size_t len;
	int ret;

	for (size_t i = 0; i < w->njobs; i++) {
		if (w->jobs[i].held || w->jobs[i].later != later)
			continue;
		say_late(&w->jobs[i]);
		if ((ret = wire_answer_build(&w->jobs[i].answer, buf, &len,
		    e)) != ERR_OK)
			return ret;
		if (send(channel, buf, len, MSG_NOSIGNAL) == -1 &&
		    errno != EPIPE && errno != ECONNRESET)
			return err_sys(e, ERR_IO, "answer to the engine");
	}
	return ERR_OK;
}

static int
turn(struct writer *w, int channel, struct err *e)
{
	bool two = group_split(w);
	struct err busy = { 0 };
	int ret;

	group_run(w, false, &busy);
	if ((ret = answer_all(w, channel, false, e)) == ERR_OK && two) {
		group_run(w, true, &busy);
		ret = answer_all(w, channel, true, e);
	}
	jobs_clear(w);
	return ret;
}

/* What has come is done, if it can be at once. */
static int
last_turn(struct writer *w, int channel, struct err *e)
{
	int ret;

	(void)take_all(w, channel);
	ret = turn(w, channel, e);
	if (w->njobs > 0)
		log_event(LOG_WARNING, "capf.unwritten",
		    LOG_U64("questions", w->njobs), LOG_STR("why", "told to "
		    "stop while another process is writing the database; the "
		    "phones' next sessions make up for it"));
	return ret;
}

static void
serve_begin(struct writer *w, int channel, int stopfd)
{
	const struct timeval patience = { .tv_sec = ANSWER_S };
	int64_t try = w->patience_ms < HELD_TRY_MS ? w->patience_ms :
	    HELD_TRY_MS;

	(void)setsockopt(channel, SOL_SOCKET, SO_SNDTIMEO, &patience,
	    sizeof(patience));
	db_patience(w->ctx.db, try, stopfd);
	db_patience(w->ctx.observed, try, stopfd);
}

int
writer_serve(struct writer *w, int channel, int stopfd, struct err *e)
{
	struct pollfd pfd[2] = {
		{ .fd = stopfd, .events = POLLIN },
		{ .fd = channel, .events = POLLIN },
	};
	bool gone = false;
	int ret = ERR_OK;

	serve_begin(w, channel, stopfd);
	while (ret == ERR_OK) {
		pfd[1].fd = gone || w->njobs == GROUP_MAX ? -1 : channel;
		if (poll(pfd, 2, w->njobs > 0 ? HELD_REST_MS : EXPIRE_MS) ==
		    -1 && errno != EINTR)
			return err_sys(e, ERR_IO, "poll");
		if (pfd[0].revents != 0)
			return last_turn(w, channel, e);
		if (w->njobs == 0)
			expire(w);
		if (pfd[1].fd != -1 && pfd[1].revents != 0)
			gone = !take_all(w, channel);
		ret = turn(w, channel, e);
	}
	return ret;
}
