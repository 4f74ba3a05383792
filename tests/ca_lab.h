/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates of every shape for tests, and a trust store over them.  EC
 * keys from a small pool, which several certificates may share.  Every
 * function fails the running test when something goes wrong.
 */
#ifndef TESTS_CA_LAB_H
#define TESTS_CA_LAB_H

#include <openssl/evp.h>

#include "certs/crl.h"
#include "certs/verify.h"

#define LAB_NOW		INT64_C(1795251284)	/* what lab_clock says */
#define LAB_DAY		INT64_C(86400)

extern const struct clock lab_clock;

struct lab_spec {
	const char	*cn;
	const char	*o;		/* NULL: "Lab" */
	int64_t		 serial;	/* 0: 1, 2, 3, ... */
	int64_t		 from_days, to_days;	/* from LAB_NOW; both 0: a year
						 * back, a year on */
	const char	*basic;		/* "critical,CA:TRUE,pathlen:0" */
	const char	*usage;		/* "critical,keyCertSign" */
	const char	*ext_usage;	/* "serverAuth" */
	const char	*constraints;	/* "permitted;DNS:example.org" */
	const char	*san;		/* "DNS:a.example.org" */
	const char	*info;		/* "OCSP;URI:http://a.example.org" */
	bool		 no_ids;	/* neither SKI nor AKI */
	const EVP_MD	*md;		/* NULL: SHA-256 */
};

/* Key n of the pool, made when first asked for.  Borrowed. */
EVP_PKEY	*lab_key(size_t n);

/* The same from a stored RSA key, borrowed: key_type_name. */
EVP_PKEY	*lab_rsa(const char *name);

/* A certificate over key, signed by issuer with its key (NULL: itself). */
struct cert	*lab_issue(const struct lab_spec *s, EVP_PKEY *key,
		    const struct cert *issuer, EVP_PKEY *issuer_key);

/* A revocation list of issuer. */
struct lab_crl {
	const struct cert	*revoked[4];	/* NULL-ended */
	int64_t			 from_days, to_days;	/* as above */
	const char		*ext[2];	/* an extension: name and value */
	const char		*entry_ext[2];	/* of each entry */
	bool			 no_next, no_ids;
	const EVP_MD		*md;
};
struct crl	*lab_revoke(const struct lab_crl *s, const struct cert *issuer,
		    EVP_PKEY *key);

/* Its DER; free(). */
uint8_t		*lab_crl_der(const struct lab_crl *s,
		    const struct cert *issuer, EVP_PKEY *key, size_t *len);

/* An OCSP responder's answer; free(). */
struct lab_ocsp {
	const struct cert	*about, *issuer, *by;
	EVP_PKEY		*key;		/* that signs, of by */
	int			 status;	/* V_OCSP_CERTSTATUS_GOOD, ... */
	int64_t			 from, to;	/* Unix seconds; to 0: none */
	bool			 no_certs;	/* by is not sent */
};
uint8_t		*lab_ocsp(const struct lab_ocsp *s, size_t *len);

/* Releases the keys: at the end of a test. */
void		 lab_end(void);

/* --- a store --- */

struct lab_store {
	struct lab_entry {
		struct cert	*cert;
		uint32_t	 units, removed;
	}		*entry;
	size_t		 n;
	unsigned	 asked;		/* for units now */
	int		 fail;		/* ERR_*: loading does */
	struct verifier	*v;
};

void	lab_store_init(struct lab_store *s);
void	lab_store_clear(struct lab_store *s);

/* Takes c over. */
void	lab_store_add(struct lab_store *s, struct cert *c, uint32_t units);

/* Make a snapshot of the entries and give it to the verifier. */
void	lab_store_load(struct lab_store *s);
struct cert_store	*lab_store_snapshot(const struct lab_store *s);

/* A row as the database would have it; lab_row_clear. */
struct lab_row {
	struct cert_store_row	 row;
	uint8_t			 sha256[DIGEST_SHA256_LEN];
	char			*subject, *issuer;
};
void	lab_row_of(struct lab_row *r, const struct cert *c, uint32_t units,
	    uint32_t removed);
void	lab_row_clear(struct lab_row *r);

#endif
