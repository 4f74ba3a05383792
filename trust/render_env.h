/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The servers that phone configurations name, from the node rows, and the
 * firmware of models, from a parameter.
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
	int64_t			 changed_at;	/* newest of nodes and ports */
	uint8_t			 id[32];	/* SHA-256 over what they say */
};

/*
 * The nodes in the order they joined, so that every node writes the same
 * file: of each its first address that a phone takes, else its first such
 * name; at most RENDER_SERVERS_MAX.  Ports are those the node listens on
 * (trust/listen_plan.h) unless a parameter names one for the files of all.  Do not copy the struct.
 */
int	render_servers_load(struct render_servers *s, struct db *db,
	    struct err *e);

/*
 * The firmware of phones that have no setting of their own, by model:
 * parameter phone.loads, "8841=sip88xx.14-2-1,7965=SIP45.9-4-2SR3-1S".  A
 * model that is not in the table of models, and a second one of the same,
 * does not count.  Do not copy the struct.
 */
#define RENDER_LOADS_MAX	64
struct render_loads {
	char			 text[4097];
	struct render_load	 row[RENDER_LOADS_MAX];	/* into text */
	size_t			 n;
	int64_t			 changed_at;
};
int	render_loads_load(struct render_loads *l, struct db *db,
	    struct err *e);
void	render_loads_parse(struct render_loads *l, const char *text);
/* The first name of text that is no model known here; false for none. */
bool	render_loads_stray(const char *text, char *model, size_t len);
/* "" for none. */
const char	*render_loads_find(const struct render_loads *l,
		    const struct model *m);

/* An environment for one phone; it borrows s, device and phone (NULL: every
 * default).  The cluster is in non-secure mode, no phone has a certificate
 * and there are no secrets: the caller says otherwise. */
struct render_env	render_env_of(const struct render_servers *s,
			    const char *device,
			    const struct phone_effective *phone);

#endif
