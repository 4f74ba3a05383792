/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates handed in, in their order: leaf, intermediates, root.  Nothing
 * is trusted by it: who signed whom is found by names, key identifiers and
 * signatures among the certificates given.
 */
#ifndef CERTS_CHAIN_H
#define CERTS_CHAIN_H

#include "certs/cert.h"

#define CHAIN_MAX	10	/* certificates of one chain */
#define CHAIN_TRIES	16	/* possible issuers of one certificate */

enum chain_class {
	CHAIN_LEAF,		/* signs none of the others, is no CA */
	CHAIN_INTERMEDIATE,
	CHAIN_ROOT,		/* self-signed CA */
};

/* Names agree, and key identifiers do where both are there. */
bool	chain_may_issue(const struct cert *issuer, const struct cert *c);

/* ... and the issuer's key verifies the signature, which costs. */
bool	chain_issued(const struct cert *issuer, const struct cert *c);

enum chain_class chain_class(const struct cert *c,
	    struct cert *const *pool, size_t n);

struct chain {
	const struct cert	*cert[CHAIN_MAX];	/* borrowed; cert[0] is
				 * what was asked for */
	size_t			 n;
	bool			 complete;	/* ends self-signed */
};

/*
 * From c up through certificates of the pool, to a self-signed one where that
 * is possible; of several ways (cross-signed authorities) the shortest that is
 * complete, else the longest.  Of equal issuers the one that ends last.
 */
void	chain_make(struct chain *ch, const struct cert *c,
	    struct cert *const *pool, size_t n);

/*
 * Would OpenSSL take the chain, were its last certificate trusted: path
 * length, name constraints, CA flags, signatures?  Dates are left to the
 * caller.  ERR_VERIFY names the certificate and the reason.
 */
int	chain_check(const struct chain *ch, struct err *e);

/*
 * Order the pool: leaves, then each intermediate before its issuer, roots
 * last; within that as they came.
 */
int	chain_sort(struct cert **pool, size_t n, struct err *e);

#endif
