/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * An OpenSSL provider within this program: its RSA and EC keys are public
 * halves, and what they sign or decrypt goes through a struct signer.  So TLS,
 * X509_sign, X509_REQ_sign, PKCS7_sign and whatever else of OpenSSL signs
 * with an EVP_PKEY works without a private key in the process.
 */
#ifndef CERTS_PROVIDER_H
#define CERTS_PROVIDER_H

#include <openssl/evp.h>
#include <openssl/types.h>

#include "certs/cert.h"
#include "certs/sign.h"

/* Ephemeral keys and digests are the default provider's, keys of signers
 * ours: the context prefers the default for whoever asks for no provider. */
#define PROVIDER_NAME	"phonetrust"
#define PROVIDER_PREFER	"?provider=default"

/*
 * A context of OpenSSL's with both providers.  It must outlive all that is
 * made in it.
 */
struct provider;
struct provider	*provider_new(struct err *e);
void		 provider_free(struct provider *p);
OSSL_LIB_CTX	*provider_libctx(struct provider *p);

/*
 * The key of c, which s holds.  s is borrowed for the key's life, and is used
 * on the thread that signs.  NULL with e filled: ERR_ARG (not RSA of 1024,
 * 2048, 3072 or 4096 bits nor EC P-256, P-384, P-521 with a plain point).
 *
 * The key signs digests and data (SHA-1, SHA-256, SHA-384, SHA-512; RSA by
 * PKCS#1 v1.5, or PSS with a salt as long as the digest) and does TLS's key
 * exchange.  It decrypts nothing else, and its private half does not exist
 * here: OpenSSL is refused when it asks for it.
 */
EVP_PKEY	*provider_key(struct provider *p, struct signer *s,
		    const struct cert *c, struct err *e);

/* Likewise of a SubjectPublicKeyInfo in DER, for keys that have no
 * certificate yet (CSRs).  ERR_PROTO too: not exactly one. */
EVP_PKEY	*provider_key_spki(struct provider *p, struct signer *s,
		    const uint8_t *spki, size_t len, struct err *e);

#endif
