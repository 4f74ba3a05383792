/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The header shared by trust lists and signed files: spec/trust-list.md
 * section 2, spec/signed-file.md section 1.  Both ways: every golden vector
 * parses to its values and rebuilds byte for byte.
 */
#ifndef CERTS_TLV_H
#define CERTS_TLV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rd.h"
#include "base/wr.h"
#include "certs/cert.h"
#include "certs/sign.h"

#define TLV_FILE_MAX	65535	/* trust list, spec section 12 */
#define TLV_NAME_MAX	1024	/* subject, issuer, file name, with NUL */
#define TLV_SERIAL_MAX	64
#define TLV_PAD_MAX	3

enum tlv_tag {			/* header tags */
	TLV_VERSION		= 1,
	TLV_HEADER_LENGTH	= 2,
	TLV_SIGNER_INFO		= 3,
	TLV_SIGNER_NAME		= 4,
	TLV_SERIAL		= 5,
	TLV_ISSUER_NAME		= 6,
	TLV_SIGNATURE_INFO	= 7,
	TLV_DIGEST_ALG		= 8,
	TLV_SIGALG_INFO		= 9,
	TLV_SIGALG		= 10,
	TLV_MODULUS		= 11,
	TLV_SIGNATURE		= 12,
	TLV_PADDING		= 13,	/* single byte, no length */
	TLV_FILE_NAME		= 14,
	TLV_TIMESTAMP		= 15,
	TLV_SIGNER_VERSION	= 28,
};

enum tlv_order {		/* of the tags in signer info */
	TLV_ORDER_PEER,		/* 4, 6, 5; parsed: 6 before 5 */
	TLV_ORDER_CUCM,		/* 4, 5, 6; parsed: 5 before 6 */
};

/* Parsed header.  All pointers borrow the file's bytes. */
struct tlv_header {
	uint16_t	 version;	/* 0x0102 lists, 0x0100 .sgn */
	size_t		 length;	/* header length, file start to end */
	bool		 has_signer_version;
	uint16_t	 signer_version;	/* 0x0100 when absent */
	enum tlv_order	 order;
	const char	*signer_name, *issuer_name;
	const uint8_t	*serial;
	size_t		 seriallen;
	uint8_t		 digest_code;	/* 1 SHA-1, 2 SHA-256, 3 SHA-512 */
	uint8_t		 sigalg;	/* 0 RSA PKCS#1 v1.5 */
	uint8_t		 modulus_code;	/* 0 512, 1 1024, 2 2048, 3 4096 */
	const uint8_t	*signature;
	size_t		 siglen;
	size_t		 sig_off;	/* of the tag 12 TLV */
	const char	*file_name;	/* NULL when tag 14 is absent */
	bool		 has_timestamp;
	uint32_t	 timestamp;	/* Unix seconds */
	size_t		 ts_off;	/* of the tag 15 TLV */
	size_t		 npad;
};

/*
 * Parse the header at the start of buf.  Requires tags 1 and 2 first, one
 * each of 3 (with 4, 5, 6), 7 (8, 9, 10, 11) and 12, every length within its
 * block, header length = where parsing ends, padding only at the end, strings
 * with one NUL at their end, UTF-8, no control bytes, codes that have a
 * meaning.  A known tag twice or outside its place is refused.  Unknown tags
 * are skipped by length (encrypted files have 16, 17, 21..27).  The version
 * is the caller's to judge.  ERR_PROTO with the offset and the reason.
 */
int	tlv_header_parse(struct tlv_header *h, const uint8_t *buf, size_t len,
	    struct err *e);

/* What a header is built from. */
struct tlv_build {
	uint16_t	 version;
	bool		 has_signer_version;
	uint16_t	 signer_version;
	enum tlv_order	 order;
	enum cert_name_style names;
	const struct cert *signer;	/* RSA 1024, 2048 or 4096 */
	enum digest_alg	 digest;	/* DIGEST_SHA1 or DIGEST_SHA512 */
	const char	*file_name;
	uint32_t	 timestamp;
	const uint8_t	*more;		/* whole TLVs behind the timestamp */
	size_t		 morelen;
};

/*
 * Header + body, signed: lists and .sgn files alike.  *out is the caller's.
 * max bounds the result.  ERR_ARG (signer key or digest that the format has
 * no code for, serial zero), ERR_LIMIT, ERR_CRYPTO when the signature does not
 * verify with the signer's certificate, and what sign_digest returns.
 */
int	tlv_file_build(const struct tlv_build *b, const uint8_t *body,
	    size_t bodylen, struct signer *s, size_t max, uint8_t **out,
	    size_t *outlen, struct err *e);

/* Digest of the signed bytes: the file without its tag 12 TLV. */
int	tlv_signed_digest(const struct tlv_header *h, const uint8_t *buf,
	    size_t len, uint8_t *digest, size_t *digestlen,
	    enum digest_alg *alg, struct err *e);

/*
 * Verify the file's signature with the key of c.  Names and serials are the
 * caller's to compare.  ERR_VERIFY, or ERR_PROTO (algorithm or digest
 * without a code, signature length other than the modulus).
 */
int	tlv_verify(const struct tlv_header *h, const uint8_t *buf, size_t len,
	    const struct cert *c, struct err *e);

/* Header names signer c: serial equal, and issuer name equal to c's issuer
 * in any name style. */
bool	tlv_names_cert(const struct tlv_header *h, const struct cert *c);

#endif
