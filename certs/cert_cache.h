/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates that are in use, parsed: a bounded cache over a source of DER.
 * One thread's: each loop has its own, with its own database connection
 * behind the source, and shares nothing that would need a lock.
 */
#ifndef CERTS_CERT_CACHE_H
#define CERTS_CERT_CACHE_H

#include "certs/cert.h"

/*
 * Gives the DER of a certificate in *der (free()).  ERR_NOTFOUND when there
 * is none, or whatever reading gives.
 */
typedef int	cert_load_fn(void *arg, const uint8_t sha256[DIGEST_SHA256_LEN],
		    uint8_t **der, size_t *len, struct err *e);

struct cert_cache;

/* At most max (> 0) certificates are kept; who was not asked for longest goes
 * first. */
struct cert_cache	*cert_cache_new(size_t max, cert_load_fn *load,
			    void *arg, struct err *e);
void			 cert_cache_free(struct cert_cache *c);

/* From now on certificates are read without their keys
 * (cert_from_der_keyless). */
void			 cert_cache_keyless(struct cert_cache *c);

/*
 * The certificate with this digest; the caller's own reference (cert_free).
 * NULL with e filled: as the source says, ERR_PROTO, ERR_VERIFY (the source
 * gave another certificate than it was asked for).
 */
struct cert		*cert_cache_get(struct cert_cache *c,
			    const uint8_t sha256[DIGEST_SHA256_LEN],
			    struct err *e);

/* How often the source was asked. */
uint64_t		 cert_cache_loads(const struct cert_cache *c);

#endif
