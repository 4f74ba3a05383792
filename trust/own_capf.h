/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What phones hold of a CAPF certificate: while one has a certificate of it,
 * it goes on being trusted, and cannot be purged (spec/operations.md section
 * 7).
 */
#ifndef TRUST_OWN_CAPF_H
#define TRUST_OWN_CAPF_H

#include "db/rows.h"

#define OWN_CAPF_ORIGIN	"renewal"	/* of rows that it put into stores */

/* Phones and CTI clients whose current certificate is of that CA. */
int	own_capf_phones(struct db *db, const uint8_t sha256[SHA256_LEN],
	    int64_t *n, struct err *e);

/* Has this cluster made that CA's key, as CAPF's; also when it has left the
 * table and is trusted for the phones it has left. */
int	own_capf_made(struct db *db, const uint8_t sha256[SHA256_LEN],
	    bool *made, struct err *e);

/*
 * "certificates of 12 phones, ..." with the commands that help them, for
 * whoever would take it away; out "" while there is none.
 */
#define OWN_CAPF_TEXT_MAX	200
int	own_capf_text(struct db *db, const uint8_t sha256[SHA256_LEN],
	    char out[OWN_CAPF_TEXT_MAX], struct err *e);

/*
 * Within a transaction: row (any unit) retires.  One of CAPF goes to
 * CAPF-trust and CallManager-trust when phones have certificates of it and it
 * is not there.
 */
int	own_capf_retire(struct db *db, const struct row_own *row, int64_t now,
	    struct err *e);

/* Within a transaction: it is purged; what own_capf_retire() put goes too. */
int	own_capf_purge(struct db *db, const struct row_own *row, int64_t now,
	    struct err *e);

#endif
