/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * How long to wait for an acknowledgement: the estimator of RFC 6298, section
 * 2, from round-trip times that the caller has measured on packets sent once
 * (Karn).  Whole milliseconds come in; the clock's grain is one.
 */
#ifndef TFTPD_TFTP_RTT_H
#define TFTPD_TFTP_RTT_H

#include <stdbool.h>
#include <stdint.h>

struct tftp_rtt {			/* zeroed to begin with */
	bool	known;			/* there was a sample */
	int64_t	srtt_8;			/* smoothed, in eighths of ms */
	int64_t	var_4;			/* variation, in quarters of ms */
};

/* One round-trip time was measured. */
void	tftp_rtt_sample(struct tftp_rtt *r, int64_t ms);

/* What to wait, between min_ms and max_ms; known must be true. */
int64_t	tftp_rtt_timeout(const struct tftp_rtt *r, int64_t min_ms,
	    int64_t max_ms);

#endif
