/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What looks after certificates while nobody does: alarms about what ends,
 * and forgetting what has been kept long enough.  A process of its own
 * (proc/proc.h), because it waits for mail servers and the like; it holds no
 * key, only the mail server's password.
 */
#ifndef TRUST_MONITOR_H
#define TRUST_MONITOR_H

#include "trust/alarm_expiry.h"
#include "trust/node.h"

#define MONITOR_ROUND_S		3600	/* between rounds */
#define MONITOR_SOON_MS		10000	/* after a change; changes come in groups */

/* --- one round: for commands too --- */

struct monitor_report {
	struct alarm_raised	 raised;
	struct alarm_result	 sent;
	size_t			 purged_own;	/* retired, with their keys */
	size_t			 purged_trust;	/* tombstones */
};
/*
 * Purge, raise, ask gateways, send.  n is open for writing and env->db is its database.
 * force: send also by channels that rest.  While another process of this node
 * sends it is waited for, 40 s at most: then ALARM_WAITING, as that one sends
 * what waits.  monitor_report_clear() it.
 */
int	monitor_round(struct node *n, const struct alarm_env *env, bool force,
	    struct monitor_report *r, struct err *e);
void	monitor_report_clear(struct monitor_report *r);

/*
 * Ask gateways that are due (srst_check.h) for their certificates, a few a
 * round, and raise an alarm, kind MONITOR_SRST_KIND, for what is news and not
 * well; into r too, which alarm_expiry_raise() has filled.
 */
#define MONITOR_SRST_KIND	"srst"
int	monitor_srst(const struct alarm_env *env, const struct alarm_conf *c,
	    struct alarm_raised *r, struct err *e);

/* The mail server's password, NULL with ERR_OK when none was given.
 * secret_free() it. */
int	monitor_password(const struct node *n, struct secret **password,
	    struct err *e);

/* --- the process --- */

/* Still privileged: open what is to be written, read the password. */
struct monitor;
struct monitor	*monitor_open(int statefd, struct err *e);
void		 monitor_close(struct monitor *m);

/*
 * Unprivileged, in the state folder: rounds until stopfd is readable, or, with
 * *again set, until what monitor_open read has changed.
 */
int		 monitor_serve(struct monitor *m, int stopfd, bool *again,
		    struct err *e);

#endif
