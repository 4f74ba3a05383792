/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A node's state folder with its database: making and opening.
 */
#ifndef TRUST_NODE_H
#define TRUST_NODE_H

#include "base/clock.h"
#include "crypt/rng.h"
#include "db/keyring.h"
#include "db/rows.h"

#define NODE_NAMES_MAX	16
#define NODE_OFFSET_MAX	25000	/* shifted ports stay below 32768 */

struct node_spec {
	const char	*name;		/* host label, 1-63 of [a-z0-9-] */
	const char	*cluster;	/* 1-50 of [A-Za-z0-9.-] */
	const char	*names[NODE_NAMES_MAX];	/* addresses and DNS names */
	size_t		 nnames;	/* at least one address */
	int		 port_offset;
	bool		 test;
};

/*
 * Make a one-node cluster in path: folder, master.key, keys, certificates,
 * first ITL, all in one transaction after the folder.  A run that was cut is
 * started over by calling again (what a cut run left behind is recognised and
 * removed: master.key without a committed node).  ERR_EXISTS when a node is
 * there, ERR_ARG for the spec, ERR_REFUSED for a folder that is not empty.
 * progress (may be NULL) is told each step.
 */
typedef void	node_progress(void *arg, const char *step);
int	node_init(const char *path, const struct node_spec *s,
	    const struct rng *rng, const struct clock *clk,
	    node_progress *progress, void *arg, struct err *e);

struct node {
	int			 statefd;
	struct db		*db;
	struct row_cluster	 cluster;
	struct row_node		 row;		/* of this node */
	struct row_node_name	*names;
	size_t			 nnames;
};

/* Open an initialised state (mode DB_READ or DB_WRITE). */
int	node_open(struct node *n, const char *path, enum db_open_mode mode,
	    struct err *e);
/* The same over an open folder (daemons). statefd stays the caller's. */
int	node_open_fd(struct node *n, int statefd, enum db_open_mode mode,
	    struct err *e);
void	node_close(struct node *n);

/* Reload cluster, row and names from the database. */
int	node_reload(struct node *n, struct err *e);

/* master.key -> keyring; ERR_DENIED with the cure. */
struct keyring	*node_keyring(const struct node *n, unsigned use,
		    struct err *e);

/* The first address of the node, "" when none. */
const char	*node_address(const struct node *n);

#endif
