/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One round of looking after certificates, see monitor.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "db/params.h"
#include "trust/monitor.h"
#include "trust/node_secret.h"
#include "trust/own_stage.h"

#define DAY_S	86400
#define TURN_MS	50		/* between looks whether it is our turn */
#define TURNS	(2 * ALARM_SEND_MS / TURN_MS)
#define LATER_S	60

struct purge {
	int64_t	 before, now;
	size_t	 own, trust;
};

/*
 * What another CA has issued would be vouched for by its chain again, where
 * that CA is trusted: that it was removed is remembered until it ends.
 */
static int
is_needed(struct db *db, const uint8_t sha256[SHA256_LEN], int64_t now,
    bool *needed, struct err *e)
{
	struct err miss = { .code = ERR_OK };
	struct row_cert c;
	int ret = row_cert_get(db, sha256, &c, &miss);

	*needed = ret == ERR_OK && c.not_after >= now &&
	    strcmp(c.subject, c.issuer) != 0;
	if (ret == ERR_OK)
		row_cert_clear(&c);
	/* Without its certificate it says nothing, and stops nothing. */
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", miss.msg);
}

/* Tombstones of trust stores to purge: their number is left in *n. */
static int
old_trust(struct db *db, const struct purge *p, struct row_trust **rows,
    size_t *n, struct err *e)
{
	size_t all, left = 0;
	bool needed = false;
	int ret;

	if ((ret = row_trust_removed_before(db, p->before, rows, &all, e)) !=
	    ERR_OK)
		return ret;
	for (size_t i = 0; i < all && ret == ERR_OK; i++)
		if ((ret = is_needed(db, (*rows)[i].sha256, p->now, &needed,
		    e)) == ERR_OK && !needed)
			(*rows)[left++] = (*rows)[i];
	*n = left;
	if (ret != ERR_OK) {
		free(*rows);
		*rows = NULL;
	}
	return ret;
}

static int
purge_trust(struct db *db, struct purge *p, struct err *e)
{
	struct row_trust *rows = NULL;
	size_t n = 0;
	int ret;

	if ((ret = old_trust(db, p, &rows, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n && ret == ERR_OK; i++)
		if ((ret = row_trust_purge(db, rows[i].unit, rows[i].sha256,
		    e)) == ERR_OK)
			ret = row_cert_remove(db, rows[i].sha256, e);
	p->trust = n;
	free(rows);
	return ret;
}

static int
purge_tx(struct db *db, void *arg, struct err *e)
{
	struct purge *p = arg;
	struct own_moved m;
	int ret;

	if ((ret = own_stage_purge(db, UNIT_N, p->before, p->now, &m,
	    e)) != ERR_OK)
		return ret;
	p->own = m.removed;
	return purge_trust(db, p, e);
}

/* Without the write lock: mostly there is nothing. */
static int
any_old(struct db *db, const struct purge *p, bool *any, struct err *e)
{
	struct row_trust *trust = NULL;
	struct row_own *own = NULL;
	size_t ntrust = 0, nown = 0;
	int ret;

	*any = false;
	if ((ret = old_trust(db, p, &trust, &ntrust, e)) == ERR_OK)
		ret = row_own_list(db, NULL, OWN_RETIRED, &own, &nown, e);
	*any = ntrust > 0;
	for (size_t i = 0; i < nown && ret == ERR_OK; i++)
		*any = *any || own[i].staged_at < p->before;
	free(trust);
	free(own);
	return ret;
}

static int
purge(struct node *n, int64_t now, struct monitor_report *r, struct err *e)
{
	struct purge p = { .now = now };
	int64_t days;
	bool any;
	int ret;

	if ((ret = param_get_i64(n->db, PARAM_CERT_KEEP_DAYS, "", &days,
	    e)) != ERR_OK)
		return ret;
	p.before = now - days * DAY_S;
	if ((ret = any_old(n->db, &p, &any, e)) != ERR_OK || !any)
		return ret;
	if ((ret = db_result_err(db_tx(n->db, purge_tx, &p, e), e)) != ERR_OK)
		return ret;
	r->purged_own = p.own;
	r->purged_trust = p.trust;
	if (p.own + p.trust > 0)
		log_event(LOG_INFO, "cert.purged", LOG_U64("own", p.own),
		    LOG_U64("trust", p.trust));
	return ERR_OK;
}

/* --- sending --- */

/*
 * A command beside the monitor: both would read what waits, and both send it.
 * The lock goes with whoever has it.  False: the other one is still at it, and
 * sends what waits.
 */
static bool
take_turn(const struct node *n, const struct alarm_env *env, int *fd)
{
	*fd = openat(n->statefd, "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Where there are no locks two may send the same. */
	for (int i = 0; *fd != -1 && flock(*fd, LOCK_EX | LOCK_NB) == -1 &&
	    (errno == EWOULDBLOCK || errno == EINTR); i++) {
		if (i == TURNS || (env->stop != NULL &&
		    env->stop(env->stop_arg)))
			return false;
		(void)poll(NULL, 0, TURN_MS);
	}
	return true;
}

static int
deliver(const struct node *n, const struct alarm_env *env,
    const struct alarm_conf *c, bool force, struct alarm_result *r,
    struct err *e)
{
	int fd, ret = ERR_OK;

	if (take_turn(n, env, &fd)) {
		ret = alarm_deliver(env, c, force, r, e);
	} else {
		*r = (struct alarm_result){
		    .again_at = clock_wall_s(env->clk) + LATER_S };
		for (int i = 0; i < ALARM_CHANNEL_N; i++)
			r->outcome[i] = alarm_conf_has(c,
			    (enum alarm_channel)i) ? ALARM_WAITING :
			    ALARM_UNUSED;
	}
	if (fd != -1)
		(void)close(fd);
	return ret;
}

int
monitor_round(struct node *n, const struct alarm_env *env, bool force,
    struct monitor_report *r, struct err *e)
{
	struct alarm_conf c;
	int ret;

	*r = (struct monitor_report){ .purged_own = 0 };
	if ((ret = alarm_conf_load(env->db, n->row.name, &c, e)) != ERR_OK)
		return ret;
	if ((ret = purge(n, clock_wall_s(env->clk), r, e)) == ERR_OK &&
	    (ret = alarm_expiry_raise(env, &c, &r->raised, e)) == ERR_OK &&
	    (ret = monitor_srst(env, &c, &r->raised, e)) == ERR_OK)
		ret = deliver(n, env, &c, force, &r->sent, e);
	if (ret != ERR_OK)
		monitor_report_clear(r);
	alarm_conf_clear(&c);
	return ret;
}

void
monitor_report_clear(struct monitor_report *r)
{
	alarm_raised_clear(&r->raised);
	*r = (struct monitor_report){ .purged_own = 0 };
}

int
monitor_password(const struct node *n, struct secret **password,
    struct err *e)
{
	return node_secret(n, CLUSTER_SECRET_SMTP, password, e);
}
