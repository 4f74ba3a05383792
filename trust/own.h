/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Own certificates: units, making, stages.  All code asks own_active() or
 * own_listed(); nothing else reads the own table.
 */
#ifndef TRUST_OWN_H
#define TRUST_OWN_H

#include "base/clock.h"
#include "certs/cert.h"
#include "certs/sign.h"
#include "crypt/rng.h"
#include "db/keyring.h"
#include "db/rows.h"

enum own_unit {
	UNIT_CALLMANAGER,	/* RSA 2048; signs files; second SAST */
	UNIT_CALLMANAGER_ECDSA,	/* P-384; HTTPS 6971, SIP ECDSA suites */
	UNIT_TVS,		/* RSA 2048, per node */
	UNIT_CAPF,		/* RSA 2048, CA true, pathlen 0 */
	UNIT_ITLRECOVERY,	/* RSA 2048, 20 years; signs lists */
	UNIT_HTTPS,		/* alias tomcat: the status page; per node */
	UNIT_IPSEC,		/* made when asked for; the host's IPsec; per node */
	UNIT_N
};

struct own_unit_def {
	enum own_unit	 unit;
	const char	*name;		/* "CallManager" */
	const char	*alias;		/* the reference's other name, or NULL */
	enum key_type	 key;
	bool		 per_node;
	bool		 listed;	/* its certificates stand in lists: a new
					 * one is announced first.  The others
					 * switch at once */
	bool		 signs;		/* lists or files: their format knows
					 * RSA 1024, 2048 and 4096 alone */
	bool		 optional;	/* not made at node init */
	int		 years;
	unsigned	 usage;		/* enum cert_usage */
	int		 pathlen;	/* -1: none */
};
const struct own_unit_def	*own_unit_table(void);	/* UNIT_N entries */

/* By name or alias without regard to case; NULL. */
const struct own_unit_def	*own_unit_find(const char *name);

/*
 * A new key and self-signed certificate for a unit, made before the
 * transaction.  Subject: CN = UNIT-NAME, NAME being the node's (units per
 * node) or the cluster's, cut at 64 characters; O = the cluster's name;
 * serialNumber = the UUID of that node or cluster, which keeps names that
 * were cut apart.  SAN = names, each once: the caller passes those of the
 * node, or of all nodes for cluster-wide units (n may be NULL for these).
 * Valid from an hour before now; serial number of 16 random bytes.
 */
struct own_new;
struct own_new	*own_make(enum own_unit unit, const struct row_cluster *c,
		    const struct row_node *n, const struct row_node_name *names,
		    size_t nnames, const struct keyring *kr,
		    const struct rng *rng, int64_t now, struct err *e);

/* The same, as somebody wishes it: another key, hash or subject. */
struct own_wish {
	enum key_type		 key;
	enum digest_alg		 hash;	/* SHA-256 and above */
	int			 years;	/* calendar years from now on */
	const char		*o, *ou, *l, *st, *c;	/* NULL: left out */
};
/* What own_make takes.  The texts are borrowed. */
void		 own_wish_default(enum own_unit unit,
		    const struct row_cluster *c, struct own_wish *w);
/*
 * Can the unit have such a key?  ERR_REFUSED when its files could not be
 * signed with it (design section 6); *warning, fresh text or NULL, when some
 * phones cannot use it.
 */
int		 own_key_check(enum own_unit unit, enum key_type key,
		    char **warning, struct err *e);
struct own_new	*own_make_as(enum own_unit unit, const struct own_wish *w,
		    const struct row_cluster *c, const struct row_node *n,
		    const struct row_node_name *names, size_t nnames,
		    const struct keyring *kr, const struct rng *rng,
		    int64_t now, struct err *e);
void		 own_new_free(struct own_new *n);
const struct cert	*own_new_cert(const struct own_new *n);
enum own_unit	 own_new_unit(const struct own_new *n);
const char	*own_new_node(const struct own_new *n);	/* "" cluster-wide */

/*
 * The same of a certificate that was made elsewhere, for a unit of that node
 * ("" when it is cluster-wide): over key, which is sealed here, or with NULL
 * over one that the database has.  What the certificate says is the caller's
 * matter, but that key is its key: ERR_ARG.
 */
struct own_new	*own_take(enum own_unit unit, const char *node,
		    struct cert *cert, const struct key *key,
		    const struct keyring *kr, const struct rng *rng,
		    struct err *e);

/* A private key as its row has it: id, and *sealed (free()) under K-sign. */
int		 own_seal_key(const struct key *key, const struct keyring *kr,
		    const struct rng *rng, uint8_t id[KEY_ID_LEN],
		    uint8_t **sealed, size_t *len, struct err *e);

/* Within a transaction: key, certificate and own rows of that stage. */
int		 own_store(struct db *db, const struct own_new *n,
		    enum own_stage stage, int64_t now, struct err *e);


/*
 * Within a transaction: a certificate whose key is a row already, by whoever
 * signed it, as the next generation of the unit in that stage.  One that is a
 * row of the unit already is left as it is (ERR_EXISTS).
 */
int		 own_store_cert(struct db *db, enum own_unit unit,
		    const char *node, const struct cert *c,
		    enum own_stage stage, int64_t now, struct err *e);
struct own {
	struct row_own	 row;
	struct cert	*cert;
	uint8_t		 key_id[KEY_ID_LEN];
};
void		 own_clear(struct own *o);
/* The certificate of a row. */
int		 own_load(struct db *db, const struct row_own *row,
		    struct own *o, struct err *e);

/* The active certificate of a unit (node: for TVS whose; else ignored). */
int		 own_active(struct db *db, enum own_unit unit,
		    const char *node, struct own *o, struct err *e);

/* All that lists must carry for a unit: announced and active rows, all nodes,
 * ordered.  *rows is the caller's: own_list_free. */
int		 own_listed(struct db *db, enum own_unit unit,
		    struct own **rows, size_t *n, struct err *e);
void		 own_list_free(struct own *rows, size_t n);

/* Those whose keys a signer holds: announced, active, and of each node what
 * was retired last, as loops present it for some milliseconds after the
 * promotion.  Freed the same way. */
int		 own_held(struct db *db, enum own_unit unit,
		    struct own **rows, size_t *n, struct err *e);

/* All units, nodes and stages: whose signature is this?  Ordered, freed the
 * same way. */
int		 own_all(struct db *db, struct own **rows, size_t *n,
		    struct err *e);

/* The private key of one, to be exported; key_free() it. */
struct key	*own_key(struct db *db, const struct keyring *kr,
		    const struct own *o, struct err *e);

/* Load the private keys of own_held() of these units into a fresh local
 * signer. */
struct signer	*own_signer(struct db *db, const struct keyring *kr,
		    const enum own_unit *units, size_t n, struct err *e);
/* The same with the retired ones of a unit too: a rollback signs with these. */
struct signer	*own_signer_kept(struct db *db, const struct keyring *kr,
		    enum own_unit unit, struct err *e);

#endif
