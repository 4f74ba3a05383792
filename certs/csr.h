/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificate signing requests, PKCS#10 (RFC 2986).
 */
#ifndef CERTS_CSR_H
#define CERTS_CSR_H

#include "certs/cert.h"

struct csr;

/*
 * A request over k's public key, signed by k: subject, keyUsage,
 * extendedKeyUsage, SAN and, for a CA, basicConstraints of s; serial number
 * and dates are the authority's matter and not read.
 * NULL with e filled, as cert_self_sign().
 */
struct csr	*csr_make(const struct cert_spec *s, const struct key *k,
		    struct err *e);

/* One DER request that fills buf exactly.  Syntax only.  ERR_PROTO,
 * ERR_LIMIT (CERT_DER_MAX). */
struct csr	*csr_from_der(const uint8_t *buf, size_t len, struct err *e);
void		 csr_free(struct csr *c);

/* Signed with the key it names?  ERR_VERIFY. */
int		 csr_verify(const struct csr *c, struct err *e);
bool		 csr_same(const struct csr *a, const struct csr *b);

/* Borrowed. */
const uint8_t	*csr_der(const struct csr *c, size_t *len);

/* Fresh text (free()). */
char		*csr_to_pem(const struct csr *c, struct err *e);
char		*csr_text(const struct csr *c, struct err *e);
char		*csr_subject(const struct csr *c, enum cert_name_style s,
		    struct err *e);
char		*csr_cn(const struct csr *c, struct err *e);

/* The last country of the subject, or ""; fresh text (free()). */
char		*csr_country(const struct csr *c, struct err *e);
/* The subject has an organizational unit. */
bool		 csr_has_ou(const struct csr *c);

enum key_type	 csr_key_type(const struct csr *c);
int		 csr_key_bits(const struct csr *c);
int		 csr_key_id(const struct csr *c, uint8_t id[KEY_ID_LEN],
		    struct err *e);
/* "sha256"; false: a digest without a name here. */
bool		 csr_hash(const struct csr *c, enum digest_alg *alg);

/* Asks for a certificate of a CA. */
bool		 csr_wants_ca(const struct csr *c);
/* Asks for use as TLS client. */
bool		 csr_wants_client(const struct csr *c);

#endif
