/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The trust store: what is known of up to hundreds of thousands of trusted
 * certificates without having parsed one.  A struct cert_store is a snapshot:
 * made from columns, never changed, shared by threads, released by the last
 * reference.  Whose certificate is trusted for what is a set of bits, the
 * trust units, whose meaning is the caller's.
 *
 * X509_STORE would not do: 3 s for 10,000 certificates, no removal, and of
 * several self-signed anchors of one subject only one ever verifies.
 */
#ifndef CERTS_STORE_H
#define CERTS_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypt/digest.h"

#define STORE_CERTS_MAX	1000000

/* --- making one --- */

/* A certificate as its columns tell.  Nothing is kept by reference.  For one
 * that is only removed (units 0) the digest is enough. */
struct cert_store_row {
	const uint8_t	*sha256;	/* of the DER */
	uint32_t	 units;		/* trusted in these */
	uint32_t	 removed;	/* was trusted in these */
	const char	*subject, *issuer;	/* text in any style of cert.h,
					 * never NULL */
	const uint8_t	*serial;	/* magnitude bytes */
	size_t		 seriallen;
	const uint8_t	*ski;		/* subject key identifier */
	size_t		 skilen;	/* 0: none */
	int64_t		 not_before, not_after;
};

struct cert_store_build;
struct cert_store_build	*cert_store_build_new(struct err *e);
void			 cert_store_build_free(struct cert_store_build *b);

/*
 * Rows in any order.  One certificate may come several times, the bits add
 * up; a unit that is in both sets counts as trusted.  ERR_LIMIT, ERR_NOMEM.
 */
int			 cert_store_build_add(struct cert_store_build *b,
			    const struct cert_store_row *row, struct err *e);

/* The snapshot, or NULL.  b is spent either way: only free it. */
struct cert_store	*cert_store_build_finish(struct cert_store_build *b,
			    struct err *e);

struct cert_store	*cert_store_ref(struct cert_store *s);
void			 cert_store_free(struct cert_store *s);

/* --- looking --- */

/* What a snapshot knows of a certificate.  Borrowed. */
struct store_cert {
	uint8_t		 sha256[DIGEST_SHA256_LEN];
	uint32_t	 units, removed;
	int64_t		 not_before, not_after;
	uint64_t	 subject;	/* store_name_key of the subject */
	uint64_t	 key[4];	/* by enum store_index */
};

/* Certificates, and those of them that are trusted in one of the units. */
size_t	cert_store_count(const struct cert_store *s);
size_t	cert_store_count_in(const struct cert_store *s, uint32_t units);

/* Exact; removed ones too.  NULL. */
const struct store_cert	*cert_store_by_sha256(const struct cert_store *s,
			    const uint8_t sha256[DIGEST_SHA256_LEN]);

/*
 * The other indexes give candidates, newest not_before first: keys are
 * 64-bit hashes, so what is found must be compared with the certificate
 * itself.  Those that are trusted nowhere any more are not found here.
 * next: of the same index and key.
 */
enum store_index {
	STORE_BY_SUBJECT,
	STORE_BY_SKI,
	STORE_BY_SERIAL,		/* of whatever issuer */
	STORE_BY_ISSUER_SERIAL,
	STORE_NINDEX
};
const struct store_cert	*cert_store_first(const struct cert_store *s,
			    enum store_index index, uint64_t key);
const struct store_cert	*cert_store_next(const struct cert_store *s,
			    enum store_index index, const struct store_cert *c);

/*
 * The key of a name written in any style (spec/trust-list.md section 6): the
 * same for every order of the attributes and every separator, without regard
 * to letter case (ASCII) or the amount of white space, as X.500 compares.
 */
uint64_t	store_name_key(const char *name);

/* Of a subject key identifier; of a serial number, leading zeros or not; of
 * both an issuer's name and a serial number. */
uint64_t	store_ski_key(const uint8_t *ski, size_t len);
uint64_t	store_serial_key(const uint8_t *serial, size_t len);
uint64_t	store_issuer_serial_key(uint64_t issuer, const uint8_t *serial,
		    size_t len);

#endif
