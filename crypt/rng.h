/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Random bytes as a parameter: programs pass rng_system(), tests a seeded
 * one so that what is made from it repeats.
 */
#ifndef CRYPT_RNG_H
#define CRYPT_RNG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct rng {
	int	(*fill)(void *arg, void *buf, size_t len, struct err *e);
	void	*arg;
};

/* The system's generator (OpenSSL RAND_priv_bytes). */
const struct rng	*rng_system(void);

/*
 * A repeatable stream (SHA-256 in counter mode over seed), for tests only.
 * The state is in *s, which must outlive *r.
 */
struct rng_seeded {
	uint64_t	seed, counter;
};
void	rng_seeded_init(struct rng *r, struct rng_seeded *s, uint64_t seed);

/*
 * A stream that follows from a secret alone, for who must make the same
 * "random" bytes again, here or on another machine: the key stream of
 * AES-256-CTR from block 0.  As good as the secret, which must be of this one
 * use.  rng_derived_clear() wipes it.
 */
#define RNG_DERIVED_LEN	32
struct rng_derived {
	uint8_t		secret[RNG_DERIVED_LEN];
	uint32_t	counter;	/* blocks of 16 bytes taken */
	uint8_t		some[512];	/* of the stream */
	size_t		left;		/* unused bytes at its end */
};
void	rng_derived_init(struct rng *r, struct rng_derived *d,
	    const uint8_t secret[RNG_DERIVED_LEN]);
void	rng_derived_clear(struct rng_derived *d);

int	rng_fill(const struct rng *r, void *buf, size_t len, struct err *e);

#define UUID_LEN	37	/* 8-4-4-4-12 and NUL, lower case */

/* A random UUID, version 4 (RFC 9562). */
int	rng_uuid(const struct rng *r, char out[UUID_LEN], struct err *e);

/* A UUID of version 8 made from the first 16 bytes of a digest. */
void	uuid_from_digest(const uint8_t *digest, char out[UUID_LEN]);

#endif
