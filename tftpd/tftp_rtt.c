/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Round-trip times, see tftp_rtt.h.  The arithmetic keeps SRTT in eighths and
 * RTTVAR in quarters, so that alpha = 1/8 and beta = 1/4 lose nothing.
 */
#include "tftpd/tftp_rtt.h"

#define GRAIN_MS	1

void
tftp_rtt_sample(struct tftp_rtt *r, int64_t ms)
{
	int64_t diff;

	if (!r->known) {
		r->known = true;
		r->srtt_8 = ms * 8;
		r->var_4 = ms * 2;		/* R / 2 */
		return;
	}
	diff = ms - r->srtt_8 / 8;
	r->var_4 += (diff < 0 ? -diff : diff) - r->var_4 / 4;
	r->srtt_8 += diff;
}

int64_t
tftp_rtt_timeout(const struct tftp_rtt *r, int64_t min_ms, int64_t max_ms)
{
	/* SRTT + max(G, 4 * RTTVAR) */
	int64_t ms = r->srtt_8 / 8 +
	    (r->var_4 > GRAIN_MS ? r->var_4 : GRAIN_MS);

	if (ms < min_ms)
		ms = min_ms;
	return ms < max_ms ? ms : max_ms;
}
