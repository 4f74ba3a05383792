/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Encrypted configuration files (.enc.sgn): spec/encrypted-config.md.
 */
#ifndef CERTS_ENC_FILE_H
#define CERTS_ENC_FILE_H

#include "certs/tlv.h"
#include "crypt/rng.h"

#define ENC_FILE_MAX	(4u << 20)

struct enc_file {
	struct tlv_header	 h;		/* version 2.0 */
	const uint8_t		*iv;		/* 16 */
	unsigned		 pad;		/* 1 to 16 */
	bool			 symmetric;	/* no wrapped key: tag 21 absent
						 * [?: section 5] */
	unsigned		 key_bits;	/* of the phone's key */
	const uint8_t		*wrapped;	/* key_bits / 8 bytes */
	enum digest_alg		 digest;	/* of the plain text */
	const uint8_t		*plain_digest;
	const uint8_t		*cipher;	/* to the end, 16-byte blocks */
	size_t			 cipherlen;
};

/* ERR_PROTO.  Signature and content are not looked at. */
int	enc_file_parse(struct enc_file *f, const uint8_t *buf, size_t len,
	    struct err *e);

struct enc_build {
	const struct cert	*signer;
	enum digest_alg		 digest;	/* SHA-1 or SHA-512 */
	enum cert_name_style	 names;
	const char		*name;		/* "SEP....cnf.xml.enc.sgn" */
	uint32_t		 timestamp;
	const struct cert	*phone;		/* RSA; NULL: symmetric */
	const uint8_t		*key;		/* 16 bytes, with symmetric */
	const struct rng	*rng;		/* key and IV, for each build */
};
/* ERR_REFUSED: "phone certificate has no RSA key". */
int	enc_file_build(const struct enc_build *b, const uint8_t *xml,
	    size_t len, struct signer *s, uint8_t **out, size_t *outlen,
	    struct err *e);

/*
 * The phone's side, after the signature was verified: unwrap, decrypt, drop
 * the padding, compare the digest.  key NULL: symmetric, with sym (16 bytes).
 * Whatever is wrong is ERR_VERIFY, in one way.  *out is the caller's.
 */
int	enc_file_open(const struct enc_file *f, const struct key *key,
	    const uint8_t *sym, uint8_t **out, size_t *outlen,
	    struct err *e);

/* MD5 of a certificate's DER, 32 lower-case hex digits: certHash. */
int	enc_cert_hash(const struct cert *c, char out[33], struct err *e);

#endif
