/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The cluster key and what is derived from it.  See keyring.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crypt/digest.h"
#include "db/keyring.h"
#include "db/query.h"
#include "db/rows.h"

#define CLUSTER_KEY_LEN	32
#define FIRST_KEY_ID	1
#define MASTER_KEY_ID	0	/* master.key has no generations */
#define PK_MAX		(4 + NODE_NAME_MAX + 1)

struct keyring {
	unsigned	 use;		/* bits of enum keyring_use */
	struct seal_key	 sign, cred;
};

struct keyring_new {
	uint32_t	 id;
	char		 node[NODE_NAME_MAX + 1];
	uint8_t		 key[CLUSTER_KEY_LEN];
	uint8_t		*sealed;
	size_t		 len;
};

/* Associated data of a row of cluster_key: key id (4), node. */
static uint8_t *
row_aad(uint32_t id, const char *node, size_t *len)
{
	uint8_t pk[PK_MAX];
	size_t n = strlen(node);

	for (int i = 0; i < 4; i++)
		pk[i] = (uint8_t)(id >> (24 - 8 * i));
	memcpy(pk + 4, node, n);
	return seal_aad("cluster_key", "sealed", pk, 4 + n, len);
}

static void
master_seal_key(struct seal_key *k, const uint8_t master[MASTER_KEY_LEN])
{
	k->id = MASTER_KEY_ID;
	memcpy(k->key, master, MASTER_KEY_LEN);
}

static int
seal_cluster_key(struct keyring_new *k, const uint8_t *master,
    const struct rng *rng, struct err *e)
{
	struct seal_key mk;
	uint8_t *aad;
	size_t len;
	int ret;

	if ((aad = row_aad(k->id, k->node, &len)) == NULL)
		return err_set(e, ERR_NOMEM, "cluster key");
	master_seal_key(&mk, master);
	ret = seal(&mk, rng, aad, len, k->key, sizeof(k->key), &k->sealed,
	    &k->len, e);
	secret_wipe(&mk, sizeof(mk));
	free(aad);
	return ret;
}

struct keyring_new *
keyring_make(const uint8_t master[MASTER_KEY_LEN], const char *node,
    const struct rng *rng, struct err *e)
{
	struct keyring_new *k;

	if ((k = calloc(1, sizeof(*k))) == NULL) {
		(void)err_set(e, ERR_NOMEM, "cluster key");
		return NULL;
	}
	k->id = FIRST_KEY_ID;
	if (!str_copy(k->node, sizeof(k->node), node)) {
		(void)err_set(e, ERR_ARG, "node name of more than %d bytes",
		    NODE_NAME_MAX);
		goto fail;
	}
	if (rng_fill(rng, k->key, sizeof(k->key), e) != ERR_OK ||
	    seal_cluster_key(k, master, rng, e) != ERR_OK)
		goto fail;
	return k;
fail:
	keyring_new_free(k);
	return NULL;
}

int
keyring_store(struct db *db, const struct keyring_new *k, struct err *e)
{
	struct q q = q_begin(db, SQL_CLUSTER_KEY_ADD, e);
	int ret;

	q_i64(&q, 1, k->id);
	q_text(&q, 2, k->node);
	q_blob(&q, 3, k->sealed, k->len);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return err_set(e, ERR_EXISTS, "node %s has cluster key %u "
		    "already", k->node, k->id);
	return ERR_OK;
}

void
keyring_new_free(struct keyring_new *k)
{
	if (k == NULL)
		return;
	free(k->sealed);
	secret_wipe(k, sizeof(*k));
	free(k);
}

/* The derived keys carry the id of the cluster key they come from. */
static struct keyring *
derive(uint32_t id, const uint8_t *key, size_t len, unsigned use,
    struct err *e)
{
	struct keyring *kr;

	if ((kr = calloc(1, sizeof(*kr))) == NULL) {
		(void)err_set(e, ERR_NOMEM, "keys");
		return NULL;
	}
	kr->use = use;
	kr->sign.id = kr->cred.id = id;
	if (((use & KEYRING_SIGN) != 0 && hkdf_sha256(key, len, NULL, 0,
	    "phonetrust K-sign", kr->sign.key, SEAL_KEY_LEN, e) != ERR_OK) ||
	    ((use & KEYRING_CRED) != 0 && hkdf_sha256(key, len, NULL, 0,
	    "phonetrust K-cred", kr->cred.key, SEAL_KEY_LEN, e) != ERR_OK)) {
		keyring_free(kr);
		return NULL;
	}
	return kr;
}

struct keyring *
keyring_of_new(const struct keyring_new *k, unsigned use, struct err *e)
{
	return derive(k->id, k->key, sizeof(k->key), use, e);
}

static int
newest(struct db *db, const char *node, uint32_t *id, uint8_t **sealed,
    size_t *len, struct err *e)
{
	struct q q = q_begin(db, SQL_CLUSTER_KEY_NEWEST, e);
	int ret;

	*sealed = NULL;
	q_text(&q, 1, node);
	if (q_row(&q)) {
		*id = (uint32_t)q_col_i64(&q, 0);
		q_col_blob(&q, 1, sealed, len);
	}
	ret = q_end_found(&q, "a cluster key");
	return ret != ERR_NOTFOUND ? ret : err_set(e, ret, "node %s holds no "
	    "cluster key: the state is not the one of this node", node);
}

static int
unseal_cluster_key(const uint8_t *master, const char *node, uint32_t id,
    const uint8_t *sealed, size_t len, struct secret **key, struct err *e)
{
	struct seal_key mk;
	uint8_t *aad;
	size_t aadlen;
	int ret;

	if (strlen(node) > NODE_NAME_MAX)
		return err_set(e, ERR_ARG, "node name of more than %d bytes",
		    NODE_NAME_MAX);
	if ((aad = row_aad(id, node, &aadlen)) == NULL)
		return err_set(e, ERR_NOMEM, "cluster key");
	master_seal_key(&mk, master);
	ret = unseal(&mk, aad, aadlen, sealed, len, key, e);
	secret_wipe(&mk, sizeof(mk));
	free(aad);
	if (ret == ERR_VERIFY)
		return err_set(e, ret, "master.key is not the one this state "
		    "was made with: put the right one back");
	return ret;
}

struct keyring *
keyring_open(struct db *db, const char *node,
    const uint8_t master[MASTER_KEY_LEN], unsigned use, struct err *e)
{
	struct keyring *kr = NULL;
	struct secret *key = NULL;
	uint8_t *sealed = NULL;
	uint32_t id = 0;
	size_t len = 0;

	if (newest(db, node, &id, &sealed, &len, e) == ERR_OK &&
	    unseal_cluster_key(master, node, id, sealed, len, &key, e) ==
	    ERR_OK)
		kr = derive(id, key->buf, key->len, use, e);
	secret_free(key);
	free(sealed);
	return kr;
}

void
keyring_free(struct keyring *k)
{
	if (k == NULL)
		return;
	secret_wipe(k, sizeof(*k));
	free(k);
}

const struct seal_key *
keyring_key(const struct keyring *k, enum keyring_use use)
{
	if ((k->use & use) == 0)
		return NULL;
	return use == KEYRING_SIGN ? &k->sign : &k->cred;
}
