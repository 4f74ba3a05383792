/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of the provider share; see provider.h and provider(7).
 */
#ifndef CERTS_PROVIDER_INTERNAL_H
#define CERTS_PROVIDER_INTERNAL_H

#include <openssl/bn.h>
#include <openssl/core_dispatch.h>

#include "certs/internal.h"
#include "certs/provider.h"

#define PROVIDER_FN(id, f)	{ (id), (void (*)(void))(f) }

/* --- provider_key.c: what keys of both kinds have in common --- */

#define PROVIDER_POINT_MAX	133	/* of P-521: 04 x y */

struct provider_key {
	enum key_type	 type;		/* KEY_OTHER until it is a key */
	int		 bits, security;
	size_t		 sigmax;	/* bytes of its largest signature */
	uint8_t		 pub[PROVIDER_POINT_MAX];	/* EC: 04 x y */
	size_t		 publen;
	BIGNUM		*n, *e;		/* RSA */
	struct signer	*signer;	/* NULL: a public key alone */
	uint8_t		 id[KEY_ID_LEN];
};

/* Parameters of our own: who signs, and which of its keys. */
#define PROVIDER_PARAM_SIGNER	"phonetrust-signer"
#define PROVIDER_PARAM_KEY_ID	"phonetrust-key-id"

void	*provider_key_alloc(void *provctx);
void	 provider_key_free(void *keydata);
int	 provider_key_has(const void *keydata, int selection);

/* Take signer and key id from p: both or none. */
bool	 provider_key_set_signer(struct provider_key *k,
	    const OSSL_PARAM p[]);

/* Answer what is asked for, if it is. */
bool	 provider_put_facts(OSSL_PARAM p[], const struct provider_key *k,
	    const char *digest);
bool	 provider_put_text(OSSL_PARAM p[], const char *name, const char *v);
bool	 provider_put_bytes(OSSL_PARAM p[], const char *name, const void *v,
	    size_t len);

extern const OSSL_DISPATCH provider_keymgmt_ec[];	/* provider_ec.c */
extern const OSSL_DISPATCH provider_keymgmt_rsa[];	/* provider_rsa.c */

/* --- provider_digest.c --- */

struct provider_digest {
	const char	*names[2];	/* what libssl calls it */
	enum digest_alg	 alg;
	bool		 tls10;		/* MD5 and SHA-1 in a row: TLS only */
	int		 nid;
	int		 ecdsa, rsa;	/* signatures with it; NID_undef */
};

/* By any of its names; NULL for what nobody signs. */
const struct provider_digest	*provider_digest_find(const char *name);
const EVP_MD			*provider_digest_md(
				    const struct provider_digest *d);

/* What a certificate signed so says of its signature (RFC 4055, 5758):
 * AlgorithmIdentifier in DER to p. */
bool	 provider_put_algorithm(OSSL_PARAM *p, const struct provider_digest *d,
	    enum key_padding pad);

/* --- provider_sign.c, provider_decrypt.c --- */

/* Log why the signer did not, and leave it where ossl_err finds it. */
void	 provider_failed(const char *event, const struct err *why);

extern const OSSL_DISPATCH provider_signature[];
extern const OSSL_DISPATCH provider_decrypt[];

#endif
