/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Import of certificates: what becomes of a set of them (certs/container.h),
 * decided and checked before anything is written, and written in one
 * transaction.  Refusals show the two values that differ.
 */
#ifndef TRUST_CERT_IMPORT_H
#define TRUST_CERT_IMPORT_H

#include "certs/chain.h"
#include "certs/container.h"
#include "trust/node.h"
#include "trust/own.h"
#include "trust/trust_store.h"

enum import_key {		/* where the leaf's private key is */
	IMPORT_KEY_FILE,	/* in the files */
	IMPORT_KEY_CSR,		/* the pending request's */
	IMPORT_KEY_OWN,		/* the unit has it: a renewal */
};

#define IMPORT_STORES_MAX	2

/* One certificate that goes to a trust store. */
struct import_ca {
	struct cert		*cert;
	enum trust_unit		 unit;
	enum trust_change	 change;	/* as foreseen, then as done */
};

struct import_own {
	const struct own_unit_def	*u;
	char				 node[NODE_NAME_MAX + 1];
	struct cert			*leaf;
	enum import_key			 by;
	const struct key		*key;	/* of IMPORT_KEY_FILE, borrowed
						 * from the set */
	bool				 known;	/* listed already */
	struct cert			**pool;	/* set and stores */
	size_t				 npool;
	struct chain			 chain;	/* borrows from pool */
	struct import_ca		*ca;	/* leaf's issuers, upwards */
	size_t				 nca;
	size_t				 nother;	/* certificates left out */
	char				*warnings;	/* lines */
	bool				 csr_used;	/* it goes */
	bool				 changes;	/* something will */
};

/*
 * What importing set for a unit would do, as of now by the clock of n.
 * ERR_REFUSED: no certificate over a key of ours; kind of key; names other
 * than the request's; uses missing; dates (leaf or chain); chain not complete
 * or not valid; a certificate that the unit has retired.
 * import_own_clear() it either way.
 */
int	import_own_plan(struct import_own *p, const struct own_unit_def *u,
	    const struct node *n, const struct container *set, int64_t now,
	    struct err *e);
void	import_own_clear(struct import_own *p);

/* Key and certificate for apply; NULL with e filled.  own_new_free() it. */
struct own_new	*import_own_new(const struct import_own *p,
		    const struct keyring *kr, const struct rng *rng,
		    struct err *e);

/*
 * Within a transaction: authorities to the trust stores, the leaf to its first
 * stage (own_stage.h), the request gone.  Lists are the caller's matter.
 */
int	import_own_apply(struct db *db, struct import_own *p,
	    const struct own_new *leaf, int64_t now, struct err *e);

/* --- trust stores --- */

struct import_trust {
	struct import_ca	*ca;
	size_t			 nca;
	size_t			 nexpired;	/* left out */
	char			*warnings;	/* lines */
	bool			 changes;
};

enum import_flag {
	IMPORT_SKIP_EXPIRED	= 1 << 0,
};

/* All certificates of the set, leaves too.  ERR_REFUSED: dates; a kind of key
 * that cannot sign lists, for Phone-SAST-trust; none left. */
int	import_trust_plan(struct import_trust *p, enum trust_unit unit,
	    const struct node *n, const struct container *set, unsigned flags,
	    int64_t now, struct err *e);
void	import_trust_clear(struct import_trust *p);

/* Within a transaction. */
int	import_trust_apply(struct db *db, struct import_trust *p,
	    const char *origin, const char *note, int64_t ttl, int64_t now,
	    struct err *e);

/* --- for both, and for chain-for --- */

/*
 * From c up: certificates of the pool, then of the trust stores, which are
 * added to the pool (each cert_free()d, then the array free()d).  unit -1:
 * any store.
 */
int	import_chain(struct db *db, const struct cert *c, const int *units,
	    size_t nunits, struct cert ***pool, size_t *npool,
	    struct chain *ch, struct err *e);

/* The stores that a unit's authorities belong to; their number. */
size_t	import_stores(const struct own_unit_def *u,
	    enum trust_unit stores[IMPORT_STORES_MAX]);

/* Common name, else subject, made visible. */
#define IMPORT_NAME_MAX	80
void	import_name(const struct cert *c, char out[IMPORT_NAME_MAX]);

#endif
