/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Trust lists, CTL and ITL: spec/trust-list.md.
 */
#ifndef CERTS_LIST_H
#define CERTS_LIST_H

#include "certs/tlv.h"

#define LIST_RECORDS_MAX	128	/* parsed; phones break near 40 */
#define LIST_WARN_BYTES		60000
#define LIST_WARN_CERTS		40
#define LIST_SAST_MAX		2
#define LIST_VERSION_MIN	0x0101	/* 1.0 is a signed file's header */

enum list_role {
	ROLE_SAST	= 0,
	ROLE_CCM	= 1,
	ROLE_CCM_TFTP	= 2,
	ROLE_TFTP	= 3,
	ROLE_CAPF	= 4,
	ROLE_APP_SERVER	= 7,
	ROLE_TVS	= 21,
};

/* "SAST", "CCM+TFTP", ...; NULL for numbers without a known name. */
const char	*list_role_name(unsigned role);

enum list_rec_tag {
	REC_LENGTH	= 1,
	REC_DNS_NAME	= 2,
	REC_SUBJECT	= 3,
	REC_ROLE	= 4,
	REC_ISSUER	= 5,
	REC_SERIAL	= 6,
	REC_PUBLIC_KEY	= 7,
	REC_SIGNATURE	= 8,
	REC_CERTIFICATE	= 9,
	REC_IP_ADDRESS	= 10,
	REC_CERT_HASH	= 11,
	REC_HASH_ALG	= 12,
};

#define LIST_REC_TAGS_MAX	32	/* TLVs of one record */

/* One TLV of a record as it stands, for dumps. */
struct list_tlv {
	uint8_t		 tag;
	size_t		 off;		/* of the tag, in the file */
	const uint8_t	*val;
	size_t		 len;
};

struct list_record {
	size_t		 off, len;	/* of the record in the file */
	const char	*dns_name;	/* NULL: absent */
	const char	*subject, *issuer;	/* NULL: absent (stub) */
	uint16_t	 role;
	const uint8_t	*serial, *public_key, *signature, *ip;
	size_t		 seriallen, public_keylen, signaturelen, iplen;
	struct cert	*cert;		/* NULL: no certificate (stub); owned
					 * by the list */
	bool		 names_differ;	/* subject or issuer are in no style
					 * the certificate's: odd, not wrong */
	struct list_tlv	 tlv[LIST_REC_TAGS_MAX];
	size_t		 ntlv;
};

struct list {
	struct tlv_header	 h;
	struct list_record	*rec;
	size_t			 nrec;
	const uint8_t		*buf;	/* borrowed: must outlive the list */
	size_t			 len;
};

/*
 * Parse a whole trust list.  Bounds of spec section 12: len <= 65535, each
 * length within its block, records fill the file exactly, certificates
 * parse; the record's fields, where present, agree with its certificate
 * (serial, public key) or ERR_PROTO; names that differ are only noted.  Each
 * record has a role, any number.  Unknown record tags are kept in tlv[].
 * Major version 1, minor not below LIST_VERSION_MIN.
 * NULL with e filled: offset and reason.
 */
struct list	*list_parse(const uint8_t *buf, size_t len, struct err *e);
void		 list_free(struct list *l);

/*
 * Does the header name the record's certificate as signer?  Issuer and serial
 * equal; a list may spell names in a way of its own, then the record's issuer
 * text and the header's are the same.  Says nothing about the signature.
 */
bool	list_record_named(const struct list_record *rec,
	    const struct tlv_header *h);

/* The SAST record with a certificate that signed: issuer + serial equal to
 * the header's; NULL. */
const struct list_record	*list_signer(const struct list *l);

/* Verify against its own SAST record.  ERR_VERIFY (no such record, or the
 * signature does not fit), ERR_PROTO as tlv_verify. */
int	list_verify_self(const struct list *l, struct err *e);

/* --- building --- */

enum list_layout {
	LIST_LAYOUT_PEER,	/* 1,3,5,6,4,7,8,9; ',' names; header 4,6,5 */
	LIST_LAYOUT_CUCM,	/* 1..10 ascending; ';' names; header 4,5,6 */
	LIST_LAYOUT_CUCM_ASIS,	/* the same with names in certificate order:
				 * the form of the golden vector */
};

struct list_entry {
	const struct cert *cert;	/* NULL: stub of tags 1, 2, 4, 10,
					 * which needs dns_name and ip */
	uint16_t	 role;
	const char	*dns_name;	/* NULL: no tag 2; "": lone NUL */
	const uint8_t	*ip;		/* 4 bytes, or NULL: no tag 10 */
};

struct list_build {
	enum list_layout	 layout;
	const struct list_entry	*entry;
	size_t			 nentry;
	const struct cert	*signer;	/* must be a SAST entry */
	enum digest_alg		 digest;
	bool			 has_signer_version;
	uint16_t		 signer_version;	/* 0x0100, 0x0101 */
	const char		*file_name;	/* "ITLFile.tlv" */
	uint32_t		 timestamp;
};

/*
 * Build and sign.  ERR_ARG (signer not among the SAST entries, no code for
 * its key, a serial or a key that lists cannot carry), ERR_LIMIT above 65535
 * bytes or more than LIST_SAST_MAX SAST records: the text names the records
 * by role and CN.  *out is the caller's.
 */
int	list_build(const struct list_build *b, struct signer *s,
	    uint8_t **out, size_t *outlen, struct err *e);

/* list_content_hash of the list that b would give, without signing it. */
int	list_build_content_hash(const struct list_build *b, uint8_t out[32],
	    struct err *e);

/*
 * SHA-256 over everything but tags 12 and 15 (spec section 14): two lists
 * with equal content hashes say the same and must not be rebuilt.
 */
int	list_content_hash(const struct list *l, uint8_t out[32],
	    struct err *e);

#endif
