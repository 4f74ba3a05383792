/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * In which order to renew what ends, what to type, by when, and what it costs
 * in resets of phones (spec/operations.md section 5.1): CAPF, TVS,
 * CallManager, ITLRecovery, one per cycle that all phones have confirmed.
 */
#ifndef TRUST_EXPIRY_PLAN_H
#define TRUST_EXPIRY_PLAN_H

#include "trust/expiry.h"

#define PLAN_CYCLE_DAYS		7	/* until all phones have confirmed */
#define PLAN_COMMANDS_MAX	3
#define PLAN_COMMAND_MAX	(TRUST_UNIT_MAX + TRUST_NAME_MAX + 64)
#define PLAN_NOTE_MAX		319

struct plan_step {
	const struct expiry *what;	/* borrowed */
	bool		 anchor;	/* in a list that phones hold: alone in
					 * its cycle */
	bool		 announced;	/* its successor is there already */
	int		 cycles;
	int64_t		 resets;	/* phones affected x cycles */
	int64_t		 begin_by;	/* so that it and those after it are
					 * done in time; EXPIRY_NEVER: any time */
	int64_t		 done_by;
	bool		 late;		/* cannot be done in time any more */
	char		 command[PLAN_COMMANDS_MAX][PLAN_COMMAND_MAX];
	size_t		 ncommand;
	char		 note[PLAN_NOTE_MAX + 1];	/* "" none */
};

struct plan {
	struct plan_step *step;		/* anchors in their order, the rest by
					 * end */
	size_t		 n;
	int64_t		 phones;	/* known */
	int		 cycles;
	int64_t		 resets;
	/* The usual order would end too late for one of them: what ends first
	 * comes first. */
	bool		 by_urgency;
};

/*
 * What of x is to be renewed; x as expiry_load() gave it up to until.
 * Retired certificates, and announced ones that replace one of x, are not.
 * plan_clear() it, before x is cleared.
 */
int	plan_make(struct db *db, const struct expiries *x, int64_t until,
	    int64_t now, int cycle_days, struct plan *p, struct err *e);
void	plan_clear(struct plan *p);

#endif
