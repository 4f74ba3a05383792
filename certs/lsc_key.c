/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Public keys that phones made (spec/capf.md section 9), see lsc.h.
 */
#include <openssl/bn.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "certs/der_out.h"
#include "certs/internal.h"
#include "certs/lsc_part.h"

#define EXPONENT_BITS	64	/* more only costs time */

static const char *
exponent_fault(const BIGNUM *e)
{
	if (!BN_is_odd(e) || BN_is_one(e))
		return "its exponent is even or 1";
	return BN_num_bits(e) > EXPONENT_BITS ?
	    "its exponent is unreasonably large" : NULL;
}

/* --- RSA: read here, for OpenSSL takes longer over it than over all the rest
 * of a certificate --- */

static const uint8_t rsa_alg[] = {	/* rsaEncryption, NULL */
	0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0,
};

/* The next value, which has that tag, with its length as DER has it. */
static struct rd
next_value(struct rd *r, uint8_t tag)
{
	bool ok = rd_u8(r) == tag;
	size_t len = rd_u8(r);

	if (len == 0x81) {
		len = rd_u8(r);
		ok = ok && len >= 0x80;
	} else if (len == 0x82) {
		len = rd_u16(r);
		ok = ok && len > 0xff;
	} else
		ok = ok && len < 0x80;
	if (!ok)
		rd_fail(r, ERR_PROTO);
	return rd_sub(r, len);
}

/* A positive INTEGER without more zeros than it needs; NULL. */
static BIGNUM *
next_number(struct rd *r)
{
	struct rd v = next_value(r, DER_INTEGER);
	size_t len = rd_left(&v);
	const uint8_t *p = rd_bytes(&v, len);

	if (r->err != ERR_OK || len == 0 || p[0] >= 0x80 ||
	    (p[0] == 0 && len > 1 && p[1] < 0x80)) {
		rd_fail(r, ERR_PROTO);
		return NULL;
	}
	return BN_bin2bn(p, (int)len, NULL);
}

/* Does it begin as an RSA key?  Then *bits is over the key itself. */
static bool
is_rsa(const uint8_t *spki, size_t len, struct rd *bits)
{
	struct rd r = rd_init(spki, len), all = next_value(&r, DER_SEQUENCE);
	const uint8_t *alg = rd_bytes(&all, sizeof(rsa_alg));

	if (alg == NULL || memcmp(alg, rsa_alg, sizeof(rsa_alg)) != 0)
		return false;
	*bits = next_value(&all, DER_BIT_STRING);
	if (rd_u8(bits) != 0 || rd_left(&all) > 0 || rd_left(&r) > 0)
		rd_fail(bits, ERR_PROTO);
	return true;
}

static int
check_rsa(struct lsc_key *k, const BIGNUM *n, const BIGNUM *ex,
    struct err *e)
{
	const char *why;

	k->type = key_type_rsa(BN_num_bits(n));
	if (k->type == KEY_OTHER)
		return err_set(e, ERR_REFUSED, "an RSA key of %d bits: 1024, "
		    "2048, 3072 and 4096 are taken", BN_num_bits(n));
	if ((why = exponent_fault(ex)) != NULL ||
	    (why = lsc_modulus_fault(n)) != NULL)
		return err_set(e, ERR_REFUSED, "a weak RSA key: %s", why);
	return ERR_OK;
}

static int
take_rsa(struct lsc_key *k, struct rd *bits, struct err *e)
{
	struct rd r = *bits, numbers = next_value(&r, DER_SEQUENCE);
	BIGNUM *n = next_number(&numbers), *ex = next_number(&numbers);
	int ret;

	if (r.err != ERR_OK || numbers.err != ERR_OK || rd_left(&r) > 0 ||
	    rd_left(&numbers) > 0)
		ret = err_set(e, ERR_PROTO, "not exactly one RSA key");
	else if (n == NULL || ex == NULL)
		ret = err_set(e, ERR_NOMEM, "public key");
	else
		ret = check_rsa(k, n, ex, e);
	BN_free(n);
	BN_free(ex);
	return ret;
}

/* --- EC --- */

static int
check_ec(struct lsc_key *k, X509_PUBKEY *pub, struct rd *bits, struct err *e)
{
	EVP_PKEY *pkey = X509_PUBKEY_get0(pub);
	X509_ALGOR *alg;
	const uint8_t *p;
	int len, param;

	k->type = ossl_key_type(pkey, NULL);
	if (k->type == KEY_OTHER || key_type_is_rsa(k->type))
		return err_set(e, ERR_PROTO, "no RSA key, nor an EC key on "
		    "P-256, P-384 or P-521");
	if (X509_PUBKEY_get0_param(NULL, &p, &len, &alg, pub) != 1)
		return ossl_err(e, ERR_CRYPTO, "public key");
	X509_ALGOR_get0(NULL, &param, NULL, alg);
	/* Lists and phones know curves by name and whole points only. */
	if (param != V_ASN1_OBJECT || len < 1 || p[0] != 0x04)
		return err_set(e, ERR_PROTO, "a curve without its name, or a "
		    "point in compressed form");
	*bits = rd_init(p, (size_t)len);
	return ERR_OK;
}

/* Points off their curve do not come through. */
static int
take_ec(struct lsc_key *k, const uint8_t *spki, size_t len, struct err *e)
{
	const uint8_t *p = spki;
	X509_PUBKEY *pub = d2i_X509_PUBKEY(NULL, &p, (long)len);
	struct rd bits;
	uint8_t *der = NULL;
	int n, ret;

	if (pub == NULL || p != spki + len)
		ret = err_set(e, ERR_PROTO, "not exactly one public key");
	else if ((ret = check_ec(k, pub, &bits, e)) == ERR_OK) {
		n = i2d_X509_PUBKEY(pub, &der);
		if (n < 0 || (size_t)n != len || memcmp(der, spki, len) != 0)
			ret = err_set(e, ERR_PROTO, "a public key that is not "
			    "DER");
		else
			ret = digest_buf(DIGEST_SHA1, bits.buf, bits.len,
			    k->ski, e);
	}
	OPENSSL_free(der);
	X509_PUBKEY_free(pub);
	ERR_clear_error();
	return ret;
}

static int
take(struct lsc_key *k, const uint8_t *spki, size_t len, struct err *e)
{
	struct rd bits;
	int ret;

	if (len > LSC_SPKI_MAX)
		return err_set(e, ERR_PROTO, "a public key of %zu bytes", len);
	if (!is_rsa(spki, len, &bits))
		ret = take_ec(k, spki, len, e);
	else if ((ret = take_rsa(k, &bits, e)) == ERR_OK)
		ret = digest_buf(DIGEST_SHA1, bits.buf + 1, bits.len - 1,
		    k->ski, e);
	if (ret != ERR_OK)
		return ret;
	if ((k->spki = malloc(len)) == NULL)
		return err_set(e, ERR_NOMEM, "public key");
	memcpy(k->spki, spki, len);
	k->len = len;
	return digest_buf(DIGEST_SHA256, spki, len, k->id, e);
}

struct lsc_key *
lsc_key_from_spki(const uint8_t *spki, size_t len, struct err *e)
{
	struct lsc_key *k = calloc(1, sizeof(*k));

	if (k == NULL) {
		(void)err_set(e, ERR_NOMEM, "public key");
		return NULL;
	}
	if (take(k, spki, len, e) != ERR_OK) {
		lsc_key_free(k);
		return NULL;
	}
	return k;
}

void
lsc_key_free(struct lsc_key *k)
{
	if (k == NULL)
		return;
	free(k->spki);
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
