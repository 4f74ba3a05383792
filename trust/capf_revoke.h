/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Taking a certificate away from a phone or a CTI client.
 */
#ifndef TRUST_CAPF_REVOKE_H
#define TRUST_CAPF_REVOKE_H

#include "db/rows_capf.h"

/*
 * Within a transaction: the certificate counts for nothing here any more:
 * no file is encrypted for it, nobody proves himself with it.  *c: whose it
 * is, as it was.  *changed false: it was revoked already.  ERR_NOTFOUND: it
 * is nobody's; ERR_REFUSED: its owner has deleted it.
 */
int	capf_revoke(struct db *db, const uint8_t sha256[SHA256_LEN],
	    int64_t now, struct row_device_cert *c, bool *changed,
	    struct err *e);

#endif
