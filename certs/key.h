/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Private and public keys: RSA 1024, 2048, 4096 and EC P-256, P-384, P-521.
 */
#ifndef CERTS_KEY_H
#define CERTS_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypt/digest.h"
#include "crypt/secret.h"

enum key_type {
	KEY_RSA1024,
	KEY_RSA2048,
	KEY_RSA3072,	/* known, refused for units that sign lists or files */
	KEY_RSA4096,
	KEY_EC256,
	KEY_EC384,
	KEY_EC521,
	KEY_OTHER,	/* any other algorithm or size met in a certificate */
};

/* "rsa2048", "ec384", ...; parse returns false for unknown names. */
const char	*key_type_name(enum key_type t);
bool		 key_type_parse(const char *s, enum key_type *t);
bool		 key_type_is_rsa(enum key_type t);
/* Of an RSA key of that length; KEY_OTHER. */
enum key_type	 key_type_rsa(int bits);

struct key;	/* a private key; wiped by key_free */

/* Make a key from the system's generator. */
struct key	*key_generate(enum key_type t, struct err *e);
void		 key_free(struct key *k);
enum key_type	 key_type(const struct key *k);

/* PKCS#8 DER, unencrypted: only for sealing.  And back (exact length);
 * ERR_PROTO, or ERR_ARG for a key of type KEY_OTHER. */
#define KEY_DER_MAX	8192
int		 key_to_der(const struct key *k, struct secret **der,
		    struct err *e);
struct key	*key_from_der(const uint8_t *der, size_t len, struct err *e);

/*
 * PEM with one unencrypted private key (PKCS#8, or the older forms "RSA
 * PRIVATE KEY" and "EC PRIVATE KEY"), other blocks skipped.  ERR_PROTO (none,
 * or damaged), ERR_ARG (encrypted, two of them, or KEY_OTHER), ERR_LIMIT.
 */
#define KEY_PEM_MAX	65536
struct key	*key_from_pem(const uint8_t *pem, size_t len, struct err *e);

/* SHA-256 over the SubjectPublicKeyInfo DER: names the key everywhere. */
#define KEY_ID_LEN	DIGEST_SHA256_LEN
int		 key_id(const struct key *k, uint8_t id[KEY_ID_LEN],
		    struct err *e);

/* SubjectPublicKeyInfo DER; *der is the caller's (free()). */
int		 key_spki(const struct key *k, uint8_t **der, size_t *len,
		    struct err *e);

/* --- using it: key_use.c --- */

enum key_padding {
	KEY_PAD_PKCS1,		/* RSASSA-PKCS1-v1_5 with DigestInfo */
	KEY_PAD_ECDSA,		/* DER ECDSA-Sig-Value */
	KEY_PAD_PSS,		/* RSASSA-PSS, MGF1 and salt as the digest */
	KEY_PAD_TLS10,		/* PKCS#1 v1.5 of MD5 and SHA-1 in a row */
};

/*
 * What TLS 1.0 and 1.1 sign with RSA keys (RFC 2246, section 4.7): the digest
 * of KEY_PAD_TLS10, whose name is DIGEST_SHA1.  No DigestInfo of a digest
 * that anybody uses is as long, so it is no way to any other signature.
 */
#define KEY_TLS10_LEN	36

#define KEY_SIG_MAX	1024	/* bytes of any signature we make */

/*
 * Sign a digest.  sig holds KEY_SIG_MAX bytes, *siglen gets the length.
 * PKCS#1 v1.5 is deterministic, the others are not.  ERR_ARG when key,
 * padding, digest and its length do not fit together (MD5 never does, SHA-1
 * not with PSS); ERR_CRYPTO when the library will not, which for SHA-1 can be
 * a policy of the system.
 */
int		 key_sign_digest(const struct key *k, enum digest_alg alg,
		    enum key_padding pad, const uint8_t *digest, size_t len,
		    uint8_t *sig, size_t *siglen, struct err *e);

/*
 * The premaster secret of TLS's RSA key exchange (RFC 5246, section
 * 7.4.7.1) that a client of this version sent.  Whatever is wrong inside in,
 * out gets as many random bytes, in the same time and with ERR_OK: nobody
 * learns what it was (Bleichenbacher's attack).  ERR_ARG (not an RSA key,
 * version 0), ERR_CRYPTO, none of which depends on in.
 */
#define KEY_PREMASTER_LEN	48
int		 key_tls_decrypt(const struct key *k, uint16_t version,
		    const uint8_t *in, size_t len,
		    uint8_t out[KEY_PREMASTER_LEN], struct err *e);

#endif
