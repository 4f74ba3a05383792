/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Have the keys that a daemon's signer should hold changed?  Its keeper looks
 * after each change of the database (trust/keeper.h) and has the parent start
 * another signer (proc_renew_signer).
 */
#ifndef TRUST_OWN_WATCH_H
#define TRUST_OWN_WATCH_H

#include "trust/own.h"

struct own_watch {
	const enum own_unit	*units;	/* borrowed */
	size_t			 n;
	bool			 known;	/* what follows: false to begin with */
	uint8_t			 keys[SHA256_LEN];
};

/* *changed: other keys than at the look before; never at the first.
 * own_watch_missed: the change could not be told, so look again. */
int	own_watch_look(struct own_watch *w, struct db *db, bool *changed,
	    struct err *e);
void	own_watch_missed(struct own_watch *w);

#endif
