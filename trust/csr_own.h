/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Signing requests of own units: one pending per unit (and node, for units
 * per node), with its key sealed in the database.
 */
#ifndef TRUST_CSR_OWN_H
#define TRUST_CSR_OWN_H

#include "certs/csr.h"
#include "trust/node.h"
#include "trust/own.h"

#define CSR_NAMES_MAX	500	/* subject alternative names */

/* What is asked for; zeroes and NULLs are the defaults. */
struct csr_want {
	enum own_unit		 unit;
	enum csr_san {
		CSR_SAN_DEFAULT,	/* all nodes; of units per node this */
		CSR_SAN_MULTI,		/* all nodes */
		CSR_SAN_NODE,		/* this node */
	}			 san;
	const char		*cn;
	const char		*const *add_san;	/* names or addresses */
	size_t			 nadd;
	const char		*parent_domain;	/* one name more */
	bool			 has_key, has_hash;
	enum key_type		 key;		/* default: the unit's */
	enum digest_alg		 hash;		/* default: as strong as the
						 * key */
};

/*
 * A new key and a request over it, made before the transaction.  Names are
 * the DNS names of the nodes, and the addresses of a node that has none;
 * common name: of units with TLS the first of this node, with "-ms" behind it
 * for several nodes as the reference has it, else UNIT-CLUSTER.  Subject from
 * the parameters cert.*, O by default the cluster's name.  Usages suit the
 * unit.
 * NULL with e filled: ERR_ARG (names, common name), ERR_REFUSED (kind of key;
 * RSA below 2048; hash below SHA-256; several nodes for a unit per node).
 */
struct csr_own;
struct csr_own	*csr_own_make(const struct csr_want *w, const struct node *n,
		    const struct keyring *kr, const struct rng *rng,
		    struct err *e);
void		 csr_own_free(struct csr_own *c);
const struct csr	*csr_own_csr(const struct csr_own *c);

/* Within a transaction: request and key; a pending one goes, with its key. */
int		 csr_own_store(struct db *db, const struct csr_own *c,
		    int64_t now, struct err *e);

/* The node column of a unit: "" or this node. */
const char	*csr_own_node(const struct own_unit_def *u,
		    const struct node *n);

/* The pending request; csr_free() it.  *row may be NULL (else row_csr_clear);
 * ERR_NOTFOUND in e when there is none. */
struct csr	*csr_own_load(struct db *db, const char *unit,
		    const char *node, struct row_csr *row, struct err *e);

#endif
