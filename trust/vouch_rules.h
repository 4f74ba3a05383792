/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the administrator has set for the answers to phones, as vouch.c keeps
 * it between two transactions.
 */
#ifndef TRUST_VOUCH_RULES_H
#define TRUST_VOUCH_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "db/db.h"
#include "trust/vouch_chain.h"

struct vouch_rules {
	int64_t		 ttl, ttl_app_server;	/* seconds */
	bool		 serial_alone;
	bool		 revocation;		/* there is something to ask */
	enum vouch_chains accept;
};

/* The parameters as they stand for node, and whether there is a revocation
 * list. */
int	vouch_rules_load(struct vouch_rules *r, struct db *db,
	    const char *node, struct err *e);

#endif
