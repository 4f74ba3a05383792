/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A cluster of one node for tests of trust/: keys and certificates are made
 * once (RSA keys take their time), the database anew for each test.
 */
#ifndef TESTS_TRUST_CLUSTER_H
#define TESTS_TRUST_CLUSTER_H

#include "crypt/rng.h"
#include "db/keyring.h"
#include "db/rows.h"
#include "trust/own.h"

#define TC_NOW		1795251284	/* 2026-11-21T08:54:44Z */

struct trust_cluster {
	struct row_cluster	 cluster;
	struct row_node		 node;
	struct row_node_name	 names[3];
	size_t			 nnames;
	struct rng		 rng;
	struct rng_seeded	 seed;
	struct keyring_new	*cluster_key;
	struct keyring		*kr;
	struct own_new		*own[UNIT_N];	/* stored as active */
	struct own_new		*next[UNIT_N];	/* CallManager, ITLRecovery */
	char			 dir[64];
	int			 dirfd;
	struct db		*db;
};
extern struct trust_cluster tc;

/* Fixtures: unchecked (once) and checked (each test). */
void	tc_make(void);
void	tc_free(void);
void	tc_open(void);		/* rows of cluster, node and own */
void	tc_close(void);

/* db_tx that must be done / must be refused with that code. */
void	tc_done(db_fn *fn, void *arg);
void	tc_refused(db_fn *fn, void *arg, int code, const char *text);

/* Remove a folder with all in it; the working directory becomes /. */
void	tc_remove_folder(const char *path);

#endif
