/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Authorities of a phone vendor that sign the certificates (MIC) its phones
 * leave the factory with: spec/admin-cli.md section 5.4.  The certificates
 * themselves come from the administrator; here is which there are, and why one
 * would want them.
 */
#ifndef TRUST_VENDOR_CA_H
#define TRUST_VENDOR_CA_H

#include "certs/cert.h"
#include "db/rows.h"
#include "trust/trust_unit.h"

#define VENDOR_CA_ORIGIN	"vendor"

struct vendor_ca {
	const char	*cn;		/* common name of the subject */
	const char	*reason;
};
/* In order of cn. */
const struct vendor_ca	*vendor_ca_table(size_t *n);
/* By common name without regard to case; NULL. */
const struct vendor_ca	*vendor_ca_find(const char *cn);

/* The stores they lie in: phones connect to call managers and to CAPF. */
#define VENDOR_CA_STORES	2
extern const enum trust_unit vendor_ca_store[VENDOR_CA_STORES];

enum vendor_ca_state {
	VENDOR_CA_MISSING,	/* nobody supplied it */
	VENDOR_CA_OFF,		/* removed, and can come back */
	VENDOR_CA_ON,		/* in every store */
};
/* Its certificate's digest unless missing; of several the newest on. */
int	vendor_ca_state(struct db *db, const struct vendor_ca *v,
	    enum vendor_ca_state *state, uint8_t sha256[SHA256_LEN],
	    struct err *e);

/* Within a transaction.  *changed: it was not so before. */
int	vendor_ca_supply(struct db *db, const struct cert *c, int64_t now,
	    bool *changed, struct err *e);
int	vendor_ca_enable(struct db *db, const uint8_t sha256[SHA256_LEN],
	    int64_t now, bool *changed, struct err *e);
int	vendor_ca_disable(struct db *db, const uint8_t sha256[SHA256_LEN],
	    int64_t now, bool *changed, struct err *e);

#endif
