/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What earlier transfers have shown of an address: how long its answers take.
 * Phones fetch several files in a row, many from behind one address; so the
 * first packet of a transfer, too, can be missed early.
 */
#ifndef TFTPD_TFTP_PAST_H
#define TFTPD_TFTP_PAST_H

#include "net/addr.h"

#define TFTP_PAST_N	1024		/* addresses; a power of two */
#define TFTP_PAST_MS	600000		/* so long it counts */

/* Two addresses may fall on one place: then the later one counts. */
struct tftp_past {			/* zeroed: nothing is known */
	struct {
		uint64_t	ip;	/* hash */
		int64_t		wait_ms, until_ms;
	} v[TFTP_PAST_N];
};

/* Answers from this address are to be waited for so long, above 0. */
void	tftp_past_note(struct tftp_past *p, const struct net_addr *peer,
	    uint64_t hash_key, int64_t wait_ms, int64_t now_ms);

/* What was noted last; 0: nothing, or not of late. */
int64_t	tftp_past_wait(const struct tftp_past *p, const struct net_addr *peer,
	    uint64_t hash_key, int64_t now_ms);

#endif
