/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates and their rows.
 */
#ifndef TRUST_CERT_ROW_H
#define TRUST_CERT_ROW_H

#include "certs/cert.h"
#include "db/rows.h"

/* Within a transaction: the row of a certificate; there already is fine.
 * ERR_LIMIT: serial number or key identifier too long for its column. */
int		 cert_row_put(struct db *db, const struct cert *c,
		    struct err *e);

/* cert_free() it.  ERR_NOTFOUND. */
struct cert	*cert_row_get(struct db *db, const uint8_t sha256[SHA256_LEN],
		    struct err *e);

#endif
