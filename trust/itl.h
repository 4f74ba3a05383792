/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The ITL: built at node init and whenever content really changes.
 */
#ifndef TRUST_ITL_H
#define TRUST_ITL_H

#include "certs/list.h"
#include "certs/sign.h"
#include "db/rows.h"

#define ITL_FILE_NAME	"ITLFile.tlv"
#define CTL_FILE_NAME	"CTLFile.tlv"

/*
 * Within a transaction: what the ITL should say from own_listed() and the
 * parameters; when that differs from the current version's content, the
 * earlier version with that content becomes the current one again (same
 * content keeps its bytes for ever), else it is signed with ITLRecovery
 * through s and stored as the current one.  Records in order: ITLRecovery
 * SAST, CallManager SAST, CallManager TFTP or CCM+TFTP, every node's TVS,
 * CAPF, and CallManager-ECDSA as TFTP when the signer version is 1.1.
 * Announced certificates are listed beside the active ones but never take a
 * SAST place.  now is the timestamp of a new version.
 * ERR_BADSTATE: s is NULL and a new version would be needed; no node or no
 * active ITLRecovery certificate.
 * Limits: ERR_LIMIT naming the records; from LIST_WARN_BYTES or
 * LIST_WARN_CERTS on *warning says so (warning may be NULL; *warning must be
 * NULL or the text of an earlier run of the same transaction, which is
 * released; free() it).
 */
int	itl_refresh(struct db *db, struct signer *s, int64_t now,
	    bool *changed, char **warning, struct err *e);

/* The version served now.  row_list_clear() it. */
int	itl_current(struct db *db, struct row_list *l, struct err *e);

#endif
