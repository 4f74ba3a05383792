/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which of what ends is due for an alarm.
 *
 * Each threshold of alarm.days alarms once for each certificate; one that is
 * found late alarms once, for the nearest threshold it has passed.  Its end
 * is a threshold of its own (0), which own certificates in use, accepted
 * certificates of SRST references and the one for an online CA repeat once a
 * day.  Not alarmed about:
 * retired certificates, those of other nodes, revocation lists before their
 * end, and exported keys, but for those of an older certificate (once).
 * Phones' certificates are with alarm.lsc, once for all of an issuer and day.
 */
#ifndef TRUST_ALARM_EXPIRY_H
#define TRUST_ALARM_EXPIRY_H

#include "trust/alarm.h"
#include "trust/expiry.h"

#define ALARM_EXPIRY_KIND	"expiry"
#define ALARM_EXPIRY_MAX	500	/* alarms raised in a round */

struct alarm_raised {
	struct alarm_due *due;		/* what was raised, earliest end first */
	size_t		 n;
	bool		 more;		/* another round has some left */
};

/* Raise what is due now; alarm_raised_clear() it. */
int	alarm_expiry_raise(const struct alarm_env *env,
	    const struct alarm_conf *c, struct alarm_raised *r,
	    struct err *e);
void	alarm_raised_clear(struct alarm_raised *r);

/*
 * The threshold that x has reached: the smallest of c->day that its rest does
 * not exceed, 0 when it has ended; -1: none, or x is not to be alarmed about.
 */
int64_t	alarm_expiry_threshold(const struct alarm_conf *c,
	    const struct expiry *x, int64_t now);

#endif
