/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Revocation lists that an administrator brings: which are taken, decided
 * before anything is written.  A list must be signed by a CA of a trust
 * store; there is one per CA and key, the newest.
 */
#ifndef TRUST_CRL_IMPORT_H
#define TRUST_CRL_IMPORT_H

#include "certs/container.h"
#include "certs/crl.h"
#include "trust/node.h"

enum crl_change {
	CRL_SAME,		/* it is here already */
	CRL_ADDED,
	CRL_REPLACES,		/* an older one */
};

struct crl_import {
	struct crl_item {
		struct crl	*crl;
		enum crl_change	 change;
		int64_t		 was;	/* CRL_REPLACES: date of the older */
	}		*item;
	size_t		 n;
	bool		 changes;
	char		*warnings;	/* lines */
};

/*
 * What importing the lists of set would do, as of now by the clock of n.
 * Certificates and the like in the set are left out.  ERR_REFUSED: no list,
 * one that is damaged or of a kind that says too little, its CA is in no trust
 * store or has not signed it, it is from the future, or older than the one
 * that is here.  crl_import_clear() it either way.
 */
int	crl_import_plan(struct crl_import *p, const struct node *n,
	    const struct container *set, int64_t now, struct err *e);
void	crl_import_clear(struct crl_import *p);

/* Within a transaction. */
int	crl_import_apply(struct db *db, const struct crl_import *p,
	    int64_t now, struct err *e);

#endif
