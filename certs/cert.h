/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * X.509 certificates: parse, read, build self-signed ones.
 */
#ifndef CERTS_CERT_H
#define CERTS_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "certs/key.h"
#include "crypt/digest.h"

#define CERT_DER_MAX	16384	/* no certificate of a phone system is larger */
#define CERT_PEM_MAX	(1 << 20)	/* text around it included */
#define CERT_NAME_TEXT_MAX	16384	/* a name as text */

struct cert;

/*
 * Read one DER certificate that fills buf exactly (RFC 5280, section 4.1).
 * Checks syntax only.  buf is not kept.  cert_free() releases.
 * NULL with e filled: ERR_PROTO (not DER, or bytes left over), ERR_LIMIT.
 */
struct cert	*cert_from_der(const uint8_t *buf, size_t len, struct err *e);

/*
 * The same in a tenth of the time, for those who want to know whose it is and
 * who issued it: names, dates, serial, SKI, key id, fingerprints and bytes are
 * there, and chain_issued tells whether another certificate issued it.  Its key
 * is not decoded: cert_key_type is KEY_OTHER, nothing is verified with it and
 * it is nobody's issuer.
 */
struct cert	*cert_from_der_keyless(const uint8_t *buf, size_t len,
		    struct err *e);

/* The first certificate of a PEM text; anything around it is skipped.
 * ERR_PROTO when there is none. */
struct cert	*cert_from_pem(const uint8_t *buf, size_t len, struct err *e);

/* Never changes once made: threads share it, each with its own reference. */
struct cert	*cert_ref(struct cert *c);
void		 cert_free(struct cert *c);

/* Borrowed until cert_free. */
const uint8_t	*cert_der(const struct cert *c, size_t *len);

/* PEM with NUL; the caller's (free()). */
char		*cert_to_pem(const struct cert *c, struct err *e);

/*
 * How names are written (spec/trust-list.md, section 6): TYPE=value, values
 * escaped by RFC 4514 section 2.4, control bytes as hex pairs.
 */
enum cert_name_style {
	CERT_NAME_COMMA,	/* certificate order, ',' (peer) */
	CERT_NAME_SEMICOLON,	/* CN;OU;O;L;ST;C, rest in certificate order,
				 * ';' (CUCM) */
	CERT_NAME_SEMICOLON_ASIS, /* certificate order, ';' (golden vector) */
};

/* Fresh text (free()); NULL on ERR_NOMEM or an undecodable name. */
char		*cert_subject(const struct cert *c, enum cert_name_style s,
		    struct err *e);
char		*cert_issuer(const struct cert *c, enum cert_name_style s,
		    struct err *e);

/* The last CN of the subject, or ""; fresh text (free()). */
char		*cert_cn(const struct cert *c, struct err *e);
char		*cert_issuer_cn(const struct cert *c, struct err *e);

/* Magnitude bytes of the serial, no leading zero; len 0 for serials that
 * files cannot carry: zero and negative ones. */
const uint8_t	*cert_serial(const struct cert *c, size_t *len);

/* The record's public key field: PKCS#1 RSAPublicKey DER, or 04 x y.
 * Borrowed.  len 0 for other algorithms and compressed points. */
const uint8_t	*cert_public_key(const struct cert *c, size_t *len);

/* The certificate's own signature bits.  Borrowed. */
const uint8_t	*cert_signature(const struct cert *c, size_t *len);

enum key_type	 cert_key_type(const struct cert *c);
int		 cert_key_bits(const struct cert *c);
void		 cert_key_id(const struct cert *c, uint8_t id[KEY_ID_LEN]);
void		 cert_sha256(const struct cert *c, uint8_t out[32]);
int		 cert_fingerprint(const struct cert *c, enum digest_alg alg,
		    uint8_t *out, struct err *e);

/* Unix seconds. */
int64_t		 cert_not_before(const struct cert *c);
int64_t		 cert_not_after(const struct cert *c);

/* Subject equals issuer and the signature verifies with its own key. */
bool		 cert_self_signed(const struct cert *c);
bool		 cert_is_ca(const struct cert *c);

/* Subject key identifier or NULL.  Borrowed. */
const uint8_t	*cert_ski(const struct cert *c, size_t *len);

/*
 * Verify an RSA PKCS#1 v1.5 or ECDSA signature over a digest with the
 * certificate's key.  ERR_OK or ERR_VERIFY.
 */
int		 cert_verify_digest(const struct cert *c, enum digest_alg alg,
		    const uint8_t *digest, size_t len, const uint8_t *sig,
		    size_t siglen, struct err *e);

/* A readable dump in the manner of openssl x509 -text (free()). */
char		*cert_text(const struct cert *c, struct err *e);

/* --- building --- */

enum cert_usage {		/* bits; key usage and extended key usage */
	CERT_USE_TLS_SERVER	= 1 << 0,
	CERT_USE_TLS_CLIENT	= 1 << 1,
	CERT_USE_SIGN		= 1 << 2,	/* digitalSignature */
	CERT_USE_ENCIPHER	= 1 << 3,	/* key, data encipherment */
	CERT_USE_CA		= 1 << 4,	/* CA true, keyCertSign */
};

struct cert_san {
	bool		 is_ip;
	const char	*text;
};

struct cert_spec {
	const char	*cn;		/* <= 64 characters */
	const char	*o, *ou, *l, *st, *c;	/* NULL: left out */
	const char	*serial_number;	/* attribute 2.5.4.5, NULL: left out */
	uint8_t		 serial[20];	/* serial number of the certificate */
	size_t		 seriallen;	/* 1 to 20, made positive */
	int64_t		 not_before, not_after;	/* Unix seconds */
	const struct cert_san *san;
	size_t		 nsan;
	unsigned	 usage;		/* enum cert_usage */
	int		 pathlen;	/* with CERT_USE_CA; -1: none */
	enum digest_alg	 hash;		/* DIGEST_SHA256 and above */
};

/*
 * A certificate over k's public key, signed by k (RFC 5280): names in the
 * order CN, O, OU, L, ST, C, serialNumber; basicConstraints (critical for a
 * CA), keyUsage (critical), extendedKeyUsage, SKI, AKI, SAN.  TLS use implies
 * digitalSignature; an EC key gets keyAgreement for CERT_USE_ENCIPHER.
 * NULL with e filled: ERR_ARG (a value that cannot stand in a certificate,
 * serial zero, no use, other hash), ERR_CRYPTO.
 */
struct cert	*cert_self_sign(const struct cert_spec *s,
		    const struct key *k, struct err *e);

#endif
