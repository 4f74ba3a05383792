/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Passwords that the cluster itself logs in with elsewhere, kept sealed
 * (trust/sealed.h, cluster_secret).
 */
#ifndef CTLTOOL_CLUSTER_PASSWORD_H
#define CTLTOOL_CLUSTER_PASSWORD_H

#include "ctltool/ctl.h"

/*
 * A whole command with FILE ("-" asks) or --remove: the secret of that name
 * is set or removed, audited and told.  whose: "mail server".
 */
int	cluster_password(struct ctl *c, const char *name, const char *whose,
	    struct err *e);

#endif
