/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the readers of containers share, see container.h.
 */
#ifndef CERTS_CONTAINER_INT_H
#define CERTS_CONTAINER_INT_H

#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include "certs/container.h"
#include "certs/internal.h"

/* One file under way. */
struct container_in {
	struct container	*set;
	const char		*password;	/* NULL: none was given */
	bool			 no_keys;
	uint64_t		 work;		/* rounds asked for so far */
	OSSL_LIB_CTX		*lib;		/* with the old ciphers; made
						 * when first needed */
	OSSL_PROVIDER		*prov[2];
};

/* --- container.c --- */

/* One DER (or BER) structure that fills buf, whatever it is. */
int	container_der(struct container_in *in, const uint8_t *buf, size_t len,
	    struct err *e);

int	container_add_cert(struct container_in *in, const uint8_t *der,
	    size_t len, struct err *e);
int	container_add_x509(struct container_in *in, X509 *x, struct err *e);
int	container_add_crl(struct container_in *in, const X509_CRL *crl,
	    struct err *e);

/* --- container_key.c --- */

/* pkey is taken over, also on failure; NULL fails. */
int	container_add_pkey(struct container_in *in, EVP_PKEY *pkey,
	    struct err *e);
int	container_add_pkcs8(struct container_in *in,
	    const PKCS8_PRIV_KEY_INFO *p8, struct err *e);
int	container_add_shrouded(struct container_in *in, const X509_SIG *sig,
	    const char *password, struct err *e);

/* A key that stands in DER by itself; ERR_NOTFOUND: it is none. */
int	container_key_der(struct container_in *in, const uint8_t *buf,
	    size_t len, struct err *e);

/* PEM of the kind that RFC 1421 headers encrypt; der is decrypted in place. */
int	container_key_1421(struct container_in *in, const char *label,
	    char *header, uint8_t *der, size_t len, struct err *e);

/* What an algorithm asks for in rounds is added up.  ERR_LIMIT. */
int	container_work(struct container_in *in, const X509_ALGOR *alg,
	    struct err *e);
int	container_rounds(struct container_in *in, const ASN1_INTEGER *n,
	    struct err *e);

/* A library context that knows RC2 and what else old files are encrypted
 * with; NULL with e filled. */
OSSL_LIB_CTX	*container_lib(struct container_in *in, struct err *e);
void		 container_lib_free(struct container_in *in);

/* --- container_p12.c --- */

int	container_p12(struct container_in *in, const uint8_t *buf, size_t len,
	    struct err *e);

/* --- container_pem.c --- */

bool	container_is_pem(const uint8_t *buf, size_t len);
int	container_pem(struct container_in *in, const uint8_t *buf, size_t len,
	    struct err *e);

/* Base64 and white space only?  Then *der are its bytes
 * (OPENSSL_clear_free). */
bool	container_bare(const uint8_t *buf, size_t len, uint8_t **der,
	    size_t *derlen);

/* Base64 with white space between to bytes (OPENSSL_clear_free); *bad gets the
 * offset of what is none.  NULL: not base64, or no memory. */
uint8_t	*container_base64(const uint8_t *buf, size_t len, size_t *outlen,
	    size_t *bad);

#endif
