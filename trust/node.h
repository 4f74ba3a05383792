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
	const char	*account;	/* for the audit row; NULL: the user that
					 * this process runs as */
};

/*
 * The spec as rows, without UUIDs and times: addresses in their canonical
 * spelling, DNS names in lower case, ports with the offset.  Pure.  ERR_ARG
 * says what is wrong.
 */
int	node_spec_rows(const struct node_spec *s, struct row_cluster *c,
	    struct row_node *n, struct row_node_name names[NODE_NAMES_MAX],
	    struct err *e);

/*
 * Make a one-node cluster in path: folder, database, master.key, keys,
 * certificates, first ITL; all rows in one transaction, which comes last.
 * A run that was cut is started over by calling again: a database without a
 * cluster row is what a cut run leaves behind, and is removed with what that
 * run made beside it.  The process works in the folder from then on (db.h).
 * ERR_EXISTS when a node is there, ERR_ARG for the spec, ERR_REFUSED for a
 * folder with anything else in it (a master.key without its database too: a
 * backup may need it), ERR_BUSY when another run is at work.
 * progress (may be NULL) is told each step before it is done.
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
	bool			 owns_statefd;
};

/*
 * Open an initialised state (mode DB_READ or DB_WRITE) and find out which node
 * it is.  ERR_BADSTATE (not initialised: run node init), ERR_SCHEMA,
 * ERR_DENIED, ERR_IO; each text names the cure.
 */
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
