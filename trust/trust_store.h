/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Changing the trust stores: certificates of others go in once, are removed
 * with a tombstone and can come back.  Who may lie in which store, and what
 * depends on a certificate, is for the callers to ask.
 */
#ifndef TRUST_TRUST_STORE_H
#define TRUST_TRUST_STORE_H

#include "certs/cert.h"
#include "db/rows.h"
#include "trust/trust_unit.h"

enum trust_change {
	TRUST_SAME,		/* was there already: nothing is written */
	TRUST_ADDED,
	TRUST_RETURNED,		/* had been removed */
};

struct trust_add {
	enum trust_unit		 unit;
	const struct cert	*cert;
	const char		*name;		/* stem in listings; NULL: from
						 * the certificate */
	const char		*origin;	/* who brought it: "command",
						 * "bulk:CLUSTER", ... */
	const char		*note;		/* NULL: none */
	int64_t			 ttl;		/* 0: the default */
};

/* Within a transaction.  ERR_LIMIT: name, origin or note too long. */
int	trust_store_add(struct db *db, const struct trust_add *a, int64_t now,
	    enum trust_change *change, struct err *e);

/* Within a transaction: a tombstone.  ERR_NOTFOUND: not trusted there. */
int	trust_store_remove(struct db *db, enum trust_unit unit,
	    const uint8_t sha256[SHA256_LEN], int64_t now, struct err *e);

/* Within a transaction.  ERR_NOTFOUND: no tombstone. */
int	trust_store_undelete(struct db *db, enum trust_unit unit,
	    const uint8_t sha256[SHA256_LEN], int64_t now, struct err *e);

/*
 * The stem of a certificate's file in listings: common name (else the
 * subject) as far as it can stand in a file name, and the start of its
 * SHA-256, so that no two of a store are alike: "orbit-root-3fe11d02".
 * ERR_NOMEM, ERR_PROTO.
 */
int	trust_store_name(const struct cert *c, char name[TRUST_NAME_MAX + 1],
	    struct err *e);

/*
 * The trusted rows (or tombstones) that text may mean: unit/name.pem,
 * name.pem, name, common name, serial number in hex (colons allowed) or the
 * SHA-256; unit NULL: in any store.  The same certificate in several stores
 * gives several.  *rows is the caller's (free()).  None is no error.
 */
int	trust_store_find(struct db *db, const struct trust_unit_def *unit,
	    const char *text, bool removed, struct row_trust **rows,
	    size_t *n, struct err *e);

#endif
