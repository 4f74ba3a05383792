/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * SRST references (spec/security-settings.md section 9): gateways that phones
 * turn to when no server of theirs answers, named by setting SRST Reference.
 * A gateway's certificate goes into phones' files after an administrator has
 * compared its fingerprint: what was fetched is a candidate, and the accepted
 * one stays until the candidate is accepted in its place.
 */
#ifndef TRUST_SRST_H
#define TRUST_SRST_H

#include "certs/cert.h"
#include "db/rows.h"
#include "trust/profile.h"

#define SRST_PORT		2000	/* SCCP */
#define SRST_SIP_PORT		5060
#define SRST_CERT_PORT		2445	/* where the gateway shows it */
#define SRST_ADDRESS_MAX	50	/* characters a phone takes */

/* A name: 1 to 64 of A-Z a-z 0-9 . _ -.  ERR_ARG. */
int	srst_name(const char *s, char out[SRST_NAME_MAX + 1],
	    struct err *e);

struct srst_spec {
	const char	*name;
	const char	*address;	/* NULL: unchanged */
	const char	*sip_address;	/* "": as address; NULL: that, or
					 * unchanged */
	uint16_t	 port, sip_port, cert_port;	/* 0: default, or
							 * unchanged */
	int		 secure;	/* -1: no, or unchanged */
};

struct srst_result {
	bool	 changed;
	bool	 moved;		/* the certificate accepted is that of another
				 * address or port */
};

/*
 * Within a transaction.  srst_add: one that is there with the values given is
 * left alone, with others ERR_EXISTS.  srst_set: ERR_NOTFOUND.  Neither
 * touches certificates.  ERR_ARG: a value, ERR_REFUSED: without an address.
 */
int	srst_add(struct db *db, const struct srst_spec *s, int64_t now,
	    struct srst_result *r, struct err *e);
int	srst_set(struct db *db, const struct srst_spec *s, int64_t now,
	    struct srst_result *r, struct err *e);

/* ERR_REFUSED while phones or profiles name it: says which.  removable says
 * so without doing it.  Certificates that nothing else needs go along. */
int	srst_removable(struct db *db, const char *name, struct err *e);
int	srst_remove(struct db *db, const char *name, struct err *e);

/* As row_srst_get, with the cure for ERR_NOTFOUND. */
int	srst_get(struct db *db, const char *name, struct row_srst *s,
	    struct err *e);

/* The phones that use it, their own choice or their profile's, in order of
 * name. */
int	srst_phones(struct db *db, const char *name, row_phone_fn *fn,
	    void *arg, struct err *e);
int	srst_phone_count(struct db *db, const char *name, int64_t *n,
	    struct err *e);

/* --- certificates --- */

enum srst_shown {
	SRST_NEW,		/* stored as the candidate */
	SRST_CANDIDATE,		/* is the candidate already */
	SRST_ACCEPTED,		/* is the accepted one; a candidate of before
				 * is dropped */
};

/* Within a transaction: what the gateway has shown.  Phones' files stay as
 * they are. */
int	srst_take(struct db *db, const char *name, const struct cert *c,
	    enum srst_shown *shown, struct err *e);

/*
 * Within a transaction: the candidate, which must have that SHA-256, becomes
 * the accepted one; what it replaces goes if nothing else needs it.
 * ERR_NOTFOUND: there is no candidate; ERR_VERIFY: it is another one;
 * ERR_REFUSED: its time is over.
 */
int	srst_accept(struct db *db, const char *name,
	    const uint8_t sha256[SHA256_LEN], int64_t now, struct err *e);

/* --- what keeps a phone from a secure connection --- */

enum srst_missing {
	SRST_MISS_MIXED		= 1 << 0,	/* cluster in mixed mode */
	SRST_MISS_MODE		= 1 << 1,	/* device mode authenticated or
						 * encrypted */
	SRST_MISS_PHONE_CERT	= 1 << 2,	/* ... in its file: it has no
						 * certificate */
	SRST_MISS_MARK		= 1 << 3,	/* reference marked secure */
	SRST_MISS_CERT		= 1 << 4,	/* a certificate accepted */
	SRST_MISS_DATES		= 1 << 5,	/* that holds now */
};
#define SRST_NMISSING	6

/* "mixed-mode", and a sentence about it; bit: one of them. */
const char	*srst_missing_word(unsigned bit);
const char	*srst_missing_text(unsigned bit);

/*
 * Which conditions do not hold for one phone and its reference; 0: its file
 * carries the certificate.  accepted NULL: there is none; phone NULL: those of
 * the reference and the cluster only.
 */
unsigned	 srst_missing(const struct row_srst *ref,
		    const struct cert *accepted, bool mixed,
		    const struct phone_effective *phone, int64_t now);

#endif
