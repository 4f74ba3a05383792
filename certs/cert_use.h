/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a certificate may be used for, and how it was signed.
 */
#ifndef CERTS_CERT_USE_H
#define CERTS_CERT_USE_H

#include "certs/cert.h"

#define CERT_USE_TEXT_MAX	160

/*
 * Uses out of usage (enum cert_usage) that the certificate does not allow, by
 * keyUsage, extendedKeyUsage and basicConstraints (RFC 5280 section 4.2.1);
 * what an extension that is absent would restrict is allowed.  text gets the
 * names of what is missing ("keyEncipherment, clientAuth").
 */
unsigned	cert_use_missing(const struct cert *c, unsigned usage,
		    char text[CERT_USE_TEXT_MAX]);

/* What in it says that it may issue others, "CA:TRUE" or "keyCertSign"; NULL:
 * nothing.  Either alone makes no CA (cert_is_ca), and readers differ. */
const char	*cert_issues_by(const struct cert *c);

/* Does it say itself that it is a registration authority's: id-kp-cmcRA (RFC
 * 6402 section 2.10) or Microsoft's Certificate Request Agent? */
bool		cert_is_ra(const struct cert *c);

/* The digest of its signature; false: one without a name here. */
bool		cert_hash(const struct cert *c, enum digest_alg *alg);

#endif
