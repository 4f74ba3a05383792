/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Deadlines of many transfers on one timer: a binary heap of alarms that their
 * owners embed.  An alarm may be left early: whoever finds it due looks at the
 * true deadline and sets it again, so that a deadline that moves on with every
 * packet costs nothing.
 */
#ifndef TFTPD_TFTP_ALARM_H
#define TFTPD_TFTP_ALARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tftp_alarm {		/* zeroed: not set */
	int64_t	at_ms;
	size_t	pos;		/* in the heap, from 1 */
};

struct tftp_alarms {		/* zeroed: none */
	struct tftp_alarm	**v;
	size_t			  n, cap;
};

/* Set, or move.  False: no memory, and it is not set; moving never fails. */
bool	tftp_alarm_set(struct tftp_alarms *h, struct tftp_alarm *a,
	    int64_t at_ms);
void	tftp_alarm_stop(struct tftp_alarms *h, struct tftp_alarm *a);

/* The earliest, or NULL. */
struct tftp_alarm *tftp_alarm_first(const struct tftp_alarms *h);

/* Lets go of the memory; the alarms are their owners'. */
void	tftp_alarms_clear(struct tftp_alarms *h);

#endif
