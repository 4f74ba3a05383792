/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * For whom this cluster vouches: what the Trust Verification Service answers
 * to phones (spec/tvs.md section 5).  Vouched for are own certificates of any
 * node and those in the trust stores, by their SHA-256; where parameter
 * tvs.accept_chains says so, also certificates whose chain ends at a CA
 * there.  The roles follow use: an own certificate's from its unit, another's
 * from its trust store (trust/trust_unit.h).  SAST and TFTP of others come
 * from Phone-SAST-trust alone and never by a chain, so that a gateway's
 * certificate does not become a signer of files.
 *
 * One per loop.  Answers are remembered for as long as no transaction has
 * changed the database: what changed counts from the next request on.
 */
#ifndef TRUST_VOUCH_H
#define TRUST_VOUCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "db/db.h"
#include "trust/vouch_chain.h"

enum vouch_verdict {
	VOUCH_VALID,
	VOUCH_UNKNOWN,		/* in no store, and not our own */
	VOUCH_REMOVED,		/* from a trust store */
	VOUCH_RETIRED,		/* our own, replaced by a promoted one */
	VOUCH_NO_ROLE,		/* our own, of a unit that is not for phones */
	VOUCH_EXPIRED,
	VOUCH_NOT_YET,
	VOUCH_REVOKED,		/* another's, by its CA */
	VOUCH_NVERDICT
};

/* "valid", "unknown", "not yet valid", ... */
const char	*vouch_word(enum vouch_verdict v);

#define VOUCH_ROLES_MAX		8
#define VOUCH_SUBJECT_MAX	255

/* What it points to is good until the next call. */
struct vouch_answer {
	enum vouch_verdict verdict;
	uint8_t		 roles[VOUCH_ROLES_MAX];	/* enum list_role,
							 * ascending; valid only */
	size_t		 nroles;
	uint32_t	 ttl;			/* seconds; valid only */
	bool		 has_cert;		/* which one is known: */
	uint8_t		 sha256[32];
	const char	*subject;		/* or the name asked for; cut */
	const uint8_t	*der;			/* query and valid only */
	size_t		 derlen;
	bool		 chained;		/* vouched for by its chain */
};

struct vouch;

/* statefd, node (its name), stores and clk are borrowed.  Opens a database
 * connection: on the thread that asks. */
struct vouch	*vouch_new(int statefd, const char *node,
		    struct vouch_stores *stores, const struct clock *clk,
		    struct err *e);
void		 vouch_free(struct vouch *v);

/* Its connection, for reading on the same thread. */
struct db	*vouch_db(struct vouch *v);

/* Before each answer: forget what a transaction may have changed.  True when
 * there was one since the last call. */
bool		 vouch_changed(struct vouch *v);

/*
 * Is this whole certificate vouched for now?  ERR_PROTO: not a certificate.
 * Others when we fail: then nothing can be answered.
 */
int		 vouch_verify(struct vouch *v, const uint8_t *der, size_t len,
		    struct vouch_answer *a, struct err *e);

/* Names of a query as they came: text of their lengths, serial raw. */
struct vouch_name {
	const uint8_t	*issuer, *subject, *serial;
	size_t		 issuerlen, subjectlen, seriallen;	/* 0: none */
};

/*
 * The certificate of this issuer (subject where no issuer is given) and
 * serial number.  Names are compared as sets of attributes, serial numbers
 * without leading zeros.  Where none has that name and parameter
 * tvs.serial_alone says so, the only one with the serial number is taken.  Of
 * several one that is valid.
 */
int		 vouch_query(struct vouch *v, const struct vouch_name *q,
		    struct vouch_answer *a, struct err *e);

#endif
