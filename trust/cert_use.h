/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What depends on a certificate: who would miss it if it went.
 */
#ifndef TRUST_CERT_USE_H
#define TRUST_CERT_USE_H

#include "db/rows.h"
#include "trust/own.h"

/* All there is to know, read once: asking then costs the same with 100,000
 * certificates as with ten.  db is borrowed. */
struct cert_uses;
struct cert_uses	*cert_uses_load(struct db *db, struct err *e);
void			 cert_uses_free(struct cert_uses *u);

struct cert_use {
	char	what[TRUST_UNIT_MAX + TRUST_NAME_MAX + 64];
};

/*
 * Who needs this certificate of a trust store: certificates (trusted ones and
 * own ones) that it may have issued, phones with certificates of it, SRST
 * references that took it.  A
 * certificate with the same subject and key in the same store does as well:
 * then nothing is said of what it issued.  *rows (at most max, in order) is
 * the caller's (free()), *n counts them all.
 */
int	cert_uses_of(const struct cert_uses *u, const struct row_trust *t,
	    const struct row_cert *c, size_t max, struct cert_use **rows,
	    size_t *n, struct err *e);

/* What an own certificate is for: its records in the list served now, what
 * it signs, where it listens.  *rows is the caller's. */
int	cert_use_own(struct db *db, const struct own *o,
	    struct cert_use **rows, size_t *n, struct err *e);

#endif
