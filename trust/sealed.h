/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Secrets of phones and of the product itself, and digest credentials, as
 * their rows hold them: sealed
 * with K-cred and bound to their row (db/rows.h), so that a value copied to
 * another row does not open.  The text within is the password itself.
 */
#ifndef TRUST_SEALED_H
#define TRUST_SEALED_H

#include "crypt/secret.h"
#include "db/keyring.h"
#include "db/rows.h"
#include "db/rows_capf.h"

#define SEALED_TEXT_MAX	1024	/* bytes of a password */

/*
 * Before a transaction: seal text for row_secret_put() (name: the setting's
 * option) or row_credential_put().  *out is the caller's (free()).  ERR_ARG:
 * empty, too long, not UTF-8, control characters; ERR_BADSTATE: kr has no
 * K-cred.
 */
int	sealed_phone(const struct keyring *kr, const struct rng *rng,
	    const char *phone, const char *name, const char *text,
	    uint8_t **out, size_t *outlen, struct err *e);
int	sealed_digest(const struct keyring *kr, const struct rng *rng,
	    enum credential_kind kind, const char *name, const char *realm,
	    const char *text, uint8_t **out, size_t *outlen, struct err *e);

/* For row_cluster_secret_put(). */
int	sealed_cluster(const struct keyring *kr, const struct rng *rng,
	    const char *name, const char *text, uint8_t **out,
	    size_t *outlen, struct err *e);

/* The authentication string of a CTI client, for row_capf_profile_put(); kind
 * is capf_kind_name[]'s word. */
int	sealed_cti(const struct keyring *kr, const struct rng *rng,
	    const char *kind, const char *name, const char *instance,
	    const char *text, uint8_t **out, size_t *outlen, struct err *e);

/* The authentication string of whoever CAPF serves: of a phone for
 * row_secret_put(), of a CTI client as above. */
int	sealed_capf(const struct keyring *kr, const struct rng *rng,
	    const struct capf_owner *o, const char *text, uint8_t **out,
	    size_t *outlen, struct err *e);

/*
 * The text, which a NUL ends; secret_free() it.  kr NULL or without K-cred:
 * ERR_BADSTATE; else unseal()'s errors, and ERR_PROTO for what the calls
 * above would not have sealed.
 */
int	sealed_phone_open(const struct keyring *kr, const char *phone,
	    const char *name, const uint8_t *sealed, size_t len,
	    struct secret **text, struct err *e);
int	sealed_digest_open(const struct keyring *kr,
	    enum credential_kind kind, const char *name, const char *realm,
	    const uint8_t *sealed, size_t len, struct secret **text,
	    struct err *e);
int	sealed_cluster_open(const struct keyring *kr, const char *name,
	    const uint8_t *sealed, size_t len, struct secret **text,
	    struct err *e);
/* The same of bytes that are no text, as they are. */
int	sealed_cluster_bytes(const struct keyring *kr, const struct rng *rng,
	    const char *name, const struct secret *bytes, uint8_t **out,
	    size_t *outlen, struct err *e);
int	sealed_cluster_bytes_open(const struct keyring *kr, const char *name,
	    const uint8_t *sealed, size_t len, struct secret **bytes,
	    struct err *e);
int	sealed_cti_open(const struct keyring *kr, const char *kind,
	    const char *name, const char *instance, const uint8_t *sealed,
	    size_t len, struct secret **text, struct err *e);
int	sealed_capf_open(const struct keyring *kr,
	    const struct capf_owner *o, const uint8_t *sealed, size_t len,
	    struct secret **text, struct err *e);

#endif
