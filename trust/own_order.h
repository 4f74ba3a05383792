/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One anchor at a time (spec/operations.md sections 0.1 and 5.1): CallManager,
 * TVS and ITLRecovery are what phones fall back on when another of the three
 * changes, so never two of them in one cycle, whichever comes first.
 */
#ifndef TRUST_OWN_ORDER_H
#define TRUST_OWN_ORDER_H

#include "trust/confirm.h"
#include "trust/own.h"

/*
 * May a certificate of that unit be announced or promoted?  ERR_REFUSED while
 * another of the three has one announced on any node; for TVS also while
 * phones have not taken the list with a CallManager or ITLRecovery certificate
 * that was put in place of another: TVS is what they can still ask.  cf NULL
 * leaves that out, for who gave phones up in words.
 */
int	own_order_check(struct db *db, enum own_unit unit,
	    const struct confirm *cf, struct err *e);

#endif
