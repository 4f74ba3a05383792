/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * An OpenSSL provider within this program: its EC keys are public halves, and
 * what they sign goes through a struct signer.  So TLS, and whatever else of
 * OpenSSL signs with an EVP_PKEY, works without a private key in the process.
 * What the files of certs/ share of it.
 */
#ifndef CERTS_PROVIDER_H
#define CERTS_PROVIDER_H

#include <openssl/core_dispatch.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include "certs/cert.h"
#include "certs/sign.h"

/* Ephemeral keys and digests are the default provider's, keys of signers
 * ours: who fetches in a provider's context prefers the default. */
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
 * on the thread that signs.  NULL with e filled: ERR_ARG (not an EC key).
 */
EVP_PKEY	*provider_key(struct provider *p, struct signer *s,
		    const struct cert *c, struct err *e);

/* --- between provider.c and provider_sign.c --- */

#define PROVIDER_POINT_MAX	133	/* of P-521: 04 x y */

struct provider_key {
	enum key_type	 type;		/* an EC one once it is a key */
	uint8_t		 pub[PROVIDER_POINT_MAX];	/* 04 x y */
	size_t		 publen;
	struct signer	*signer;	/* NULL: a public key alone */
	uint8_t		 id[KEY_ID_LEN];
};

extern const OSSL_DISPATCH provider_ecdsa[];

#endif
