/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Premaster secrets good and bad, see premaster.h.  RFC 8017, section 7.2:
 * 00 02, at least eight bytes that are not zero, 00, the secret.
 */
#include <check.h>
#include <openssl/bn.h>
#include <openssl/rsa.h>
#include <string.h>

#include "certs/internal.h"
#include "tests/premaster.h"

static void
pad(enum premaster kind, const uint8_t plain[KEY_PREMASTER_LEN],
    uint8_t *block, size_t n)
{
	size_t off = n - KEY_PREMASTER_LEN;

	memset(block, 0x5a, n);
	block[0] = 0;
	block[1] = kind == PREMASTER_TYPE ? 1 : 2;
	if (kind == PREMASTER_SHORT)
		off++;
	if (kind == PREMASTER_LONG)
		off--;
	memcpy(block + off, plain, n - off <= KEY_PREMASTER_LEN ? n - off :
	    KEY_PREMASTER_LEN);
	if (kind != PREMASTER_NO_ZERO)
		block[off - 1] = 0;
	if (kind == PREMASTER_EARLY_ZERO)
		block[9] = 0;
	if (kind == PREMASTER_VERSION)
		block[off + 1]--;
	if (kind == PREMASTER_ZEROS)
		memset(block, 0, n);
}

static size_t
encrypt(EVP_PKEY *pub, const uint8_t *block, size_t n, uint8_t *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pub, NULL);
	size_t len = KEY_SIG_MAX;

	ck_assert_int_eq(EVP_PKEY_encrypt_init(ctx), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	ck_assert_int_eq(EVP_PKEY_encrypt(ctx, out, &len, block, n), 1);
	EVP_PKEY_CTX_free(ctx);
	return len;
}

static size_t
modulus(EVP_PKEY *pub, uint8_t *out)
{
	BIGNUM *n = NULL;
	int len;

	ck_assert_int_eq(EVP_PKEY_get_bn_param(pub, "n", &n), 1);
	len = BN_bn2bin(n, out);
	BN_free(n);
	return (size_t)len;
}

size_t
premaster_make(enum premaster kind, const struct cert *c, uint16_t version,
    uint8_t plain[KEY_PREMASTER_LEN], uint8_t *out)
{
	EVP_PKEY *pub = X509_get0_pubkey(cert_x509(c));
	size_t n = (size_t)EVP_PKEY_get_size(pub);
	uint8_t block[KEY_SIG_MAX];

	plain[0] = (uint8_t)(version >> 8);
	plain[1] = (uint8_t)version;
	for (size_t i = 2; i < KEY_PREMASTER_LEN; i++)
		plain[i] = (uint8_t)(i * 7);
	switch (kind) {
	case PREMASTER_NOISE:
		memset(out, 0x42, n);
		return n;
	case PREMASTER_MODULUS:
		return modulus(pub, out);
	case PREMASTER_LARGE:
		memset(out, 0xff, n);
		return n;
	case PREMASTER_EMPTY:
		return 0;
	default:
		pad(kind, plain, block, n);
		n = encrypt(pub, block, n, out);
	}
	if (kind == PREMASTER_CUT)
		return n - 1;
	if (kind == PREMASTER_LONGER)
		out[n++] = 1;
	return n;
}
