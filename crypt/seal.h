/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Sealing (design: "Secrets"): sealed value =
 *   01 | key id (4) | nonce (12) | ciphertext | tag (16)
 * AES-256-GCM; the associated data name table, column and primary key, so a
 * sealed value moved to another row does not open.
 */
#ifndef CRYPT_SEAL_H
#define CRYPT_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypt/rng.h"
#include "crypt/secret.h"

#define SEAL_KEY_LEN	32
#define SEAL_OVERHEAD	(1 + 4 + 12 + 16)

struct seal_key {
	uint32_t	id;
	uint8_t		key[SEAL_KEY_LEN];
};

/*
 * Seal plain; *out is the caller's (free()), plainlen + SEAL_OVERHEAD bytes.
 * The nonce comes from rng.
 */
int	seal(const struct seal_key *k, const struct rng *rng,
	    const void *aad, size_t aadlen, const void *plain,
	    size_t plainlen, uint8_t **out, size_t *outlen, struct err *e);

/*
 * Open a sealed value.  ERR_PROTO (not a sealed value), ERR_NOTFOUND (other
 * key id: the text names both), ERR_VERIFY (wrong key, changed bytes or
 * another row's value).
 */
int	unseal(const struct seal_key *k, const void *aad, size_t aadlen,
	    const void *sealed, size_t len, struct secret **plain,
	    struct err *e);

/* The key id a sealed value names.  ERR_PROTO. */
int	seal_key_id(const void *sealed, size_t len, uint32_t *id,
	    struct err *e);

/* "table NUL column NUL pk" in fresh memory (free()). */
uint8_t	*seal_aad(const char *table, const char *column, const void *pk,
	    size_t pklen, size_t *len);

#endif
