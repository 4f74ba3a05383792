/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The servers that phone configurations name, from the node rows.
 */
#ifndef TRUST_RENDER_ENV_H
#define TRUST_RENDER_ENV_H

#include "db/db.h"
#include "trust/render.h"

#define RENDER_ADDRESS_MAX	50	/* characters a phone takes */

struct render_servers {
	char			 address[RENDER_SERVERS_MAX]
				    [RENDER_ADDRESS_MAX + 1];
	struct render_server	 server[RENDER_SERVERS_MAX];	/* points into
								 * address */
	size_t			 n;
};

/*
 * The nodes in the order they joined, so that every node writes the same
 * file: of each its first address that a phone takes, else its first such
 * name; at most RENDER_SERVERS_MAX.  Do not copy the struct.
 */
int	render_servers_load(struct render_servers *s, struct db *db,
	    struct err *e);

/* An environment for one phone; it borrows s, device and model. */
struct render_env	render_env_of(const struct render_servers *s,
			    const char *device, const char *model);

#endif
