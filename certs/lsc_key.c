/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Public keys that phones made (spec/capf.md section 9), see lsc.h.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "certs/internal.h"
#include "certs/lsc_part.h"

#define SMALL_PRIMES	132	/* 3 to 743, as SP 800-56B tools try */
#define ROCA_PRIMES	38	/* 3 to 167: what CVE-2017-15361 shows in */
#define EXPONENT_BITS	64	/* more only costs time */

/* --- what RSA numbers give away --- */

static bool
is_prime(unsigned n)
{
	for (unsigned d = 3; d * d <= n; d += 2)
		if (n % d == 0)
			return false;
	return true;
}

/* Is r a power of 65537 modulo p? */
static bool
is_power(unsigned r, unsigned p)
{
	unsigned v = 1;

	do {
		if (v == r)
			return true;
		v = (unsigned)((uint64_t)v * 65537 % p);
	} while (v != 1);
	return false;
}

/*
 * A small factor, or the mark of a generator whose primes are powers of 65537
 * modulo all small primes: then the modulus is one too, which happens to
 * others once in 2^27 times.
 */
static const char *
modulus_fault(const BIGNUM *n)
{
	unsigned p = 3;
	bool roca = true;

	if (!BN_is_odd(n))
		return "its modulus is even";
	for (size_t i = 0; i < SMALL_PRIMES; p += 2) {
		unsigned r;

		if (!is_prime(p))
			continue;
		if ((r = (unsigned)BN_mod_word(n, p)) == 0)
			return "its modulus has a small factor";
		roca = roca && (i >= ROCA_PRIMES || is_power(r, p));
		i++;
	}
	return roca ? "it was made by a generator that is known to be weak "
	    "(CVE-2017-15361)" : NULL;
}

static const char *
exponent_fault(const BIGNUM *e)
{
	if (!BN_is_odd(e) || BN_is_one(e))
		return "its exponent is even or 1";
	return BN_num_bits(e) > EXPONENT_BITS ?
	    "its exponent is unreasonably large" : NULL;
}

static const char *
rsa_fault(const EVP_PKEY *pkey)
{
	BIGNUM *n = NULL, *e = NULL;
	const char *why = "its numbers cannot be read";

	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
	    (why = exponent_fault(e)) == NULL)
		why = modulus_fault(n);
	BN_free(n);
	BN_free(e);
	ERR_clear_error();
	return why;
}

/* --- from the message --- */

static int
check_key(struct lsc_key *k, const EVP_PKEY *pkey, struct err *e)
{
	const char *why;
	int bits;

	k->type = ossl_key_type(pkey, &bits);
	if (k->type == KEY_OTHER && pkey != NULL &&
	    EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA)
		return err_set(e, ERR_REFUSED, "an RSA key of %d bits: 1024, "
		    "2048, 3072 and 4096 are taken", bits);
	if (k->type == KEY_OTHER)
		return err_set(e, ERR_PROTO, "no RSA key, nor an EC key on "
		    "P-256, P-384 or P-521");
	if (key_type_is_rsa(k->type) && (why = rsa_fault(pkey)) != NULL)
		return err_set(e, ERR_REFUSED, "a weak RSA key: %s", why);
	return ERR_OK;
}

/* What the certificate will hold of it, in canonical form. */
static int
take_spki(struct lsc_key *k, X509_PUBKEY *pub, struct err *e)
{
	bool rsa = key_type_is_rsa(k->type);
	int len = i2d_X509_PUBKEY(pub, &k->spki), bitslen, param, ret;
	const uint8_t *bits;
	X509_ALGOR *alg;

	if (len <= 0 || X509_PUBKEY_get0_param(NULL, &bits, &bitslen, &alg,
	    pub) != 1)
		return ossl_err(e, ERR_CRYPTO, "public key to DER");
	k->len = (size_t)len;
	X509_ALGOR_get0(NULL, &param, NULL, alg);
	if (param != (rsa ? V_ASN1_NULL : V_ASN1_OBJECT))
		return err_set(e, ERR_PROTO, "a public key with unusual "
		    "parameters");
	/* Lists and phones know whole points only. */
	if (!rsa && (bitslen < 1 || bits[0] != 0x04))
		return err_set(e, ERR_PROTO, "a point in compressed form");
	if ((ret = digest_buf(DIGEST_SHA1, bits, (size_t)bitslen, k->ski,
	    e)) != ERR_OK)
		return ret;
	return digest_buf(DIGEST_SHA256, k->spki, k->len, k->id, e);
}

struct lsc_key *
lsc_key_from_spki(const uint8_t *spki, size_t len, struct err *e)
{
	const uint8_t *p = spki;
	struct lsc_key *k = calloc(1, sizeof(*k)), *ret = NULL;
	X509_PUBKEY *pub = NULL;

	if (k == NULL) {
		(void)err_set(e, ERR_NOMEM, "public key");
		return NULL;
	}
	/* Points off their curve do not come through. */
	if (len <= LSC_SPKI_MAX)
		pub = d2i_X509_PUBKEY(NULL, &p, (long)len);
	if (pub == NULL || p != spki + len) {
		(void)err_set(e, ERR_PROTO, "not exactly one public key");
		goto out;
	}
	if (check_key(k, X509_PUBKEY_get0(pub), e) != ERR_OK ||
	    take_spki(k, pub, e) != ERR_OK)
		goto out;
	ret = k;
	k = NULL;
out:
	ERR_clear_error();
	X509_PUBKEY_free(pub);
	lsc_key_free(k);
	return ret;
}

void
lsc_key_free(struct lsc_key *k)
{
	if (k == NULL)
		return;
	OPENSSL_free(k->spki);
	free(k);
}

enum key_type
lsc_key_type(const struct lsc_key *k)
{
	return k->type;
}

void
lsc_key_id(const struct lsc_key *k, uint8_t id[32])
{
	memcpy(id, k->id, sizeof(k->id));
}
