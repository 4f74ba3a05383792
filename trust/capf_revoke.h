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
 * Within a transaction on db: the certificate counts for nothing here any
 * more: no file is encrypted for it, nobody proves himself with it, no fetch
 * brings it back, and a session that was let in for it gets no other.  With
 * a current one goes what its owner was sent since and never confirmed;
 * observed (NULL: not there) is only read.  *c: whose it is, as it was, with
 * stored_at 0 when it was such a one itself.  *changed false: it was revoked
 * already.  ERR_NOTFOUND: it is nobody's; ERR_REFUSED: its owner has deleted
 * it.
 */
int	capf_revoke(struct db *db, struct db *observed,
	    const uint8_t sha256[SHA256_LEN], int64_t now,
	    struct row_device_cert *c, bool *changed, struct err *e);

#endif
