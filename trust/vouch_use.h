/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the cluster uses a certificate for, by the rows that name its SHA-256:
 * as own certificate of a unit, or in trust stores.  Neither its dates nor its
 * chain nor who revoked it count here (vouch.c).
 */
#ifndef TRUST_VOUCH_USE_H
#define TRUST_VOUCH_USE_H

#include "db/db.h"
#include "trust/vouch_memo.h"

/*
 * Adds to f->roles what f->sha256 is used for as our own.  Of a row without
 * use f->verdict tells why, where it was VOUCH_UNKNOWN before.
 */
int	vouch_use_own(struct db *db, struct vouch_found *f, struct err *e);

/* The same by its trust stores; f->ttl becomes the shortest they give. */
int	vouch_use_trust(struct db *db, struct vouch_found *f, struct err *e);

#endif
