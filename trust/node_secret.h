/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A secret that the product itself logs in with (cluster_secret rows), as the
 * processes that use it read it before they give up root.
 */
#ifndef TRUST_NODE_SECRET_H
#define TRUST_NODE_SECRET_H

#include "certs/identity.h"
#include "trust/node.h"

/*
 * name is one of CLUSTER_SECRET_* (db/rows.h).  *text ends in a NUL,
 * secret_free() it; NULL with ERR_OK when none was given.
 */
int	node_secret(const struct node *n, const char *name,
	    struct secret **text, struct err *e);

/* A certificate with its key, in place of a text; identity_free() it. */
int	node_identity(const struct node *n, const char *name,
	    struct identity **id, struct err *e);

#endif
