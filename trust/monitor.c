/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The process that looks after certificates, see monitor.h.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/observed.h"
#include "trust/monitor.h"

#define TICK_MS		1000	/* for changes in the database */
#define FAILED_MS	60000	/* after a failure of ours */

struct monitor {
	struct node		 node;		/* to write */
	struct db		*observed;	/* to write */
	struct secret		*password;
	const struct clock	*clk;

	/* from monitor_serve on */
	struct db		*reader;	/* sees changes */
	int64_t			 seq;
	int			 stopfd;
	int64_t			 next_ms;	/* the next round */
	int64_t			 last_ms;	/* when the last one ended */
	bool			 changed, again;
};

static void
one_change(void *arg, const char *kind, const char *key)
{
	static const char *const kinds[] = { "own", "trust", "srst", "crl",
	    "parameter" };
	struct monitor *m = arg;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		m->changed = m->changed || strcmp(kind, kinds[i]) == 0;
	if (strcmp(kind, "secret") != 0)
		return;
	m->again = m->again || strcmp(key, CLUSTER_SECRET_SMTP) == 0;
	m->changed = m->changed || strcmp(key, CLUSTER_SECRET_CA_CERT) == 0;
}

struct monitor *
monitor_open(int statefd, struct err *e)
{
	struct monitor *m = calloc(1, sizeof(*m));
	bool trimmed;

	if (m == NULL) {
		(void)err_set(e, ERR_NOMEM, "monitor");
		return NULL;
	}
	m->clk = clock_system();
	m->seq = -1;
	/* What changes from here on is seen: the password is read after it. */
	if (node_open_fd(&m->node, statefd, DB_WRITE, e) == ERR_OK &&
	    (m->observed = db_open(statefd, OBSERVED_FILE, DB_WRITE, e)) !=
	    NULL && db_changes(m->node.db, &m->seq, &trimmed, one_change, m,
	    e) == ERR_OK &&
	    monitor_password(&m->node, &m->password, e) == ERR_OK)
		return m;
	monitor_close(m);
	return NULL;
}

void
monitor_close(struct monitor *m)
{
	if (m == NULL)
		return;
	db_close(m->reader);
	db_close(m->observed);
	node_close(&m->node);
	secret_free(m->password);
	free(m);
}

static bool
must_stop(void *arg)
{
	const struct monitor *m = arg;
	struct pollfd pfd = { .fd = m->stopfd, .events = POLLIN };

	return poll(&pfd, 1, 0) == 1;
}

static void
round_by(struct monitor *m, int64_t at_ms)
{
	if (at_ms < m->next_ms)
		m->next_ms = at_ms;
}

static void
run_round(struct monitor *m)
{
	const struct alarm_env env = { .db = m->node.db,
	    .observed = m->observed, .clk = m->clk,
	    .smtp_password = m->password, .stop = must_stop, .stop_arg = m };
	int64_t wall = clock_wall_s(m->clk), now, wait_s;
	struct monitor_report r;
	struct err e = { 0 };
	int ret = monitor_round(&m->node, &env, false, &r, &e);

	now = clock_mono_ms(m->clk);
	m->last_ms = now;
	m->next_ms = now + INT64_C(1000) * MONITOR_ROUND_S;
	if (ret != ERR_OK) {
		log_err(LOG_ERR, "monitor.failed", &e);
		round_by(m, now + FAILED_MS);
		return;
	}
	if (r.raised.more)
		round_by(m, now + MONITOR_SOON_MS);
	if (r.sent.again_at != ALARM_NO_RETRY &&
	    (wait_s = r.sent.again_at - wall) < MONITOR_ROUND_S)
		round_by(m, now + 1000 * (wait_s > 1 ? wait_s : 1));
	monitor_report_clear(&r);
}

/* A failure to read says itself at the next round. */
static void
look_at_changes(struct monitor *m)
{
	struct err e = { 0 };
	bool trimmed = false;

	m->changed = false;
	if (db_changes(m->reader, &m->seq, &trimmed, one_change, m, &e) !=
	    ERR_OK || trimmed)
		m->changed = true;
	if (m->changed)
		round_by(m, m->last_ms + MONITOR_SOON_MS);
}

static int
wait_ms(const struct monitor *m)
{
	int64_t left = m->next_ms - clock_mono_ms(m->clk);

	return left <= 0 ? 0 : left > TICK_MS ? TICK_MS : (int)left;
}

int
monitor_serve(struct monitor *m, int stopfd, bool *again, struct err *e)
{
	struct pollfd pfd = { .fd = stopfd, .events = POLLIN };

	m->stopfd = stopfd;
	db_patience(m->node.db, DB_BUSY_MS, stopfd);
	db_patience(m->observed, DB_BUSY_MS, stopfd);
	*again = false;
	if ((m->reader = db_open(m->node.statefd, DB_FILE, DB_READ, e)) ==
	    NULL)
		return e != NULL ? e->code : ERR_IO;
	look_at_changes(m);
	m->next_ms = clock_mono_ms(m->clk);
	while (!m->again) {
		if (poll(&pfd, 1, wait_ms(m)) == -1 && errno != EINTR)
			return err_sys(e, ERR_IO, "poll");
		if (pfd.revents != 0)
			return ERR_OK;
		if (db_changed(m->reader))
			look_at_changes(m);
		if (!m->again && clock_mono_ms(m->clk) >= m->next_ms)
			run_round(m);
	}
	*again = true;
	return ERR_OK;
}
