/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Sealing keys.  The cluster key (random, 32 bytes) is sealed by the node's
 * master.key in row cluster_key(key_id, node); from it, by HKDF-SHA-256:
 * K-sign seals private keys (signers and ctltool only), K-cred credentials
 * (engines).
 */
#ifndef DB_KEYRING_H
#define DB_KEYRING_H

#include "crypt/rng.h"
#include "crypt/seal.h"
#include "db/db.h"

#define MASTER_KEY_LEN	32

enum keyring_use {
	KEYRING_SIGN = 1,
	KEYRING_CRED = 2,
};

struct keyring;		/* wiped by keyring_free */

/* A fresh cluster key, sealed for node by master: made before the
 * transaction, stored within it by keyring_store. */
struct keyring_new;
struct keyring_new	*keyring_make(const uint8_t master[MASTER_KEY_LEN],
			    const char *node, const struct rng *rng,
			    struct err *e);
int		 keyring_store(struct db *db, const struct keyring_new *k,
		    struct err *e);
/* The derived keys of a fresh cluster key, to seal with before it is stored. */
struct keyring	*keyring_of_new(const struct keyring_new *k, unsigned use,
		    struct err *e);
void		 keyring_new_free(struct keyring_new *k);

/*
 * Unseal the newest cluster key of node with master and derive the keys named
 * by use (bits of enum keyring_use); others are not derived.
 * ERR_VERIFY: master.key is not the one of this state.
 */
struct keyring	*keyring_open(struct db *db, const char *node,
		    const uint8_t master[MASTER_KEY_LEN], unsigned use,
		    struct err *e);
void		 keyring_free(struct keyring *k);

/* NULL when that key was not asked for at opening. */
const struct seal_key	*keyring_key(const struct keyring *k,
			    enum keyring_use use);

#endif
