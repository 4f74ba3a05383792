/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The cluster's security mode.
 */
#ifndef TRUST_CLUSTER_MODE_H
#define TRUST_CLUSTER_MODE_H

#include <stdbool.h>

#include "db/db.h"

/* Mixed mode: a CTL is served, by which phones check whom they register with
 * over TLS.  Else the cluster is in non-secure mode. */
int	cluster_mixed(struct db *db, bool *mixed, struct err *e);

#endif
