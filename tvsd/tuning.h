/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The parameters that tvsd reads.
 */
#ifndef TVSD_TUNING_H
#define TVSD_TUNING_H

#include "certs/tls.h"
#include "db/params.h"
#include "net/msg.h"

struct tuning {
	enum tls_floor		 floor;
	bool			 static_rsa;
	size_t			 max, max_per_address;
	struct msg_limits	 limits;
	int64_t			 ring;		/* asks kept per device */
};

int	tuning_load(struct tuning *t, struct db *db, const char *node,
	    struct err *e);

#endif
