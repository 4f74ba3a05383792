/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of certificate import share, see cert_import.h.
 */
#ifndef TRUST_CERT_IMPORT_INT_H
#define TRUST_CERT_IMPORT_INT_H

#include "base/wr.h"
#include "trust/cert_import.h"

#define WARNINGS_MAX	(64 * 1024)

/* A plan for an own unit under way. */
struct own_plan {
	struct import_own		*p;
	const struct node		*n;
	const struct container		*set;
	int64_t				 now;
	struct csr			*csr;	/* pending, or NULL */
	uint8_t				 csr_key[KEY_ID_LEN];
	struct own			*own;	/* rows of the unit and node */
	size_t				 nown;
	struct wr			 warn;	/* lines */
};

/* Valid now?  ERR_REFUSED with date and clock. */
int	import_dates(const struct cert *c, const char *node, int64_t now,
	    struct err *e);

/* Can it sign lists and files, as what lies in Phone-SAST-trust must?
 * ERR_REFUSED. */
int	import_signer(const struct cert *c, struct err *e);

/* Weak digest or key of a certificate, as a warning. */
void	import_weak(struct wr *warn, const struct cert *c);

/* Within a transaction: each to its store, as how says. */
int	import_add_all(struct db *db, struct import_ca *ca, size_t n,
	    const struct trust_add *how, int64_t now, struct err *e);

/* What that would change. */
int	import_foresee(struct db *db, struct import_ca *ca, size_t n,
	    bool *changes, struct err *e);

void	import_ca_free(struct import_ca *ca, size_t n);

/* c is taken over, also on failure. */
int	import_pool_add(struct cert ***pool, size_t *n, struct cert *c,
	    struct err *e);

/* --- cert_import_leaf.c --- */

/* Which certificate is the leaf, and where its key is. */
int	import_leaf(struct own_plan *o, struct err *e);

/* --- cert_import_check.c --- */

/* All that is asked of the leaf itself. */
int	import_check_leaf(struct own_plan *o, struct err *e);
int	import_check_chain(struct own_plan *o, struct err *e);

#endif
