/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Everything that ends, in one list: own certificates of all nodes and
 * stages, certificates of the trust stores, accepted certificates of SRST
 * references, exported copies of the recovery key, revocation lists
 * (spec/operations.md section 14), the certificate that is shown to an online
 * CA, and certificates of phones, by issuer and day: of ten thousand each has
 * no line of its own.
 */
#ifndef TRUST_EXPIRY_H
#define TRUST_EXPIRY_H

#include "db/rows.h"

enum expiry_kind {
	EXPIRY_OWN,
	EXPIRY_TRUST,
	EXPIRY_SRST,
	EXPIRY_EXPORT,		/* a copy of the recovery key outside */
	EXPIRY_CRL,
	EXPIRY_LSC,
	EXPIRY_CA_CLIENT,	/* shown to an online CA */
	EXPIRY_KIND_N
};
extern const char *const expiry_kind_name[EXPIRY_KIND_N]; /* "own", ... */

#define EXPIRY_SUBJECT_MAX	255	/* longer ones are cut */
#define EXPIRY_NEVER		INT64_MAX

struct expiry {
	enum expiry_kind kind;
	char		 unit[TRUST_UNIT_MAX];	/* own unit or store, else "" */
	/* Trust: file stem; SRST: reference; export: the account that took
	 * it; LSC: the day, as 2027-05-01; CRL: "" */
	char		 name[TRUST_NAME_MAX + 1];
	char		 node[NODE_NAME_MAX + 1];	/* own, per node */
	enum own_stage	 stage;			/* own */
	int64_t		 generation;		/* own */
	bool		 ca_signed;		/* own: not by itself */
	char		 subject[EXPIRY_SUBJECT_MAX + 1]; /* ';' style; CRL, LSC: its
						 * issuer; "": not known */
	uint8_t		 sha256[SHA256_LEN];	/* certificate, or CRL; LSC:
						 * its issuer's */
	int64_t		 count;			/* LSC: so many */
	int64_t		 not_after;		/* EXPIRY_NEVER: not known */
	int64_t		 exported_at;		/* export: the newest one */
	/* Export: the recovery certificate has changed since; what is out
	 * there does not help phones any more. */
	bool		 stale;
};

struct expiries {
	struct expiry	*row;
	size_t		 n, room;
	/* The key of the recovery certificate in use was never exported, or
	 * not since that certificate was made. */
	bool		 not_exported;
};

/*
 * What ends before until (EXPIRY_NEVER: everything), earliest first; stale
 * exports are always in it.  expiries_clear() it.
 */
int	expiry_load(struct db *db, int64_t until, struct expiries *x,
	    struct err *e);
void	expiries_clear(struct expiries *x);

/* Whole days from now to then, rounded down: 0 on the last day, below 0 once
 * it has ended. */
int64_t	expiry_days(int64_t not_after, int64_t now);

/* "CallManager", "CallManager-trust/orbit-root-3fe11d02", "SRST branch-7", as
 * people know it. */
#define EXPIRY_WHAT_MAX	(TRUST_UNIT_MAX + TRUST_NAME_MAX + \
			NODE_NAME_MAX + 64)
void	expiry_what(const struct expiry *x, char out[EXPIRY_WHAT_MAX]);

#endif
