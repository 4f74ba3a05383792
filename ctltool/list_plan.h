/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The trust list that follows from a change: what commands say before they ask.
 */
#ifndef CTLTOOL_LIST_PLAN_H
#define CTLTOOL_LIST_PLAN_H

#include "ctltool/ctl.h"
#include "certs/sign.h"

/* The ITL served now. */
struct list_sum {
	uint8_t	sha1[DIGEST_MAX];
	size_t	len;		/* bytes */
};
int	list_sum_read(struct db *db, struct list_sum *s, struct err *e);

/* "ITL file  OLD -> NEW" and how many phones there are to take it; will: what
 * a rehearsal ended with. */
int	list_plan_tell(struct ctl *c, const struct list_sum *will,
	    const char *daemons, struct err *e);

/* The keys that sign lists, of the open node; signer_free() it. */
struct signer	*list_plan_signer(struct ctl *c, struct err *e);

#endif
