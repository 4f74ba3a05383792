/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The signature over a file with the shared header, see tlv.h and
 * spec/trust-list.md section 5.
 */
#include <string.h>

#include "certs/internal.h"

/* The bytes of buf outside [at, at + cut). */
static int
update_without(struct digest *d, const uint8_t *buf, size_t len, size_t at,
    size_t cut, struct err *e)
{
	int ret;

	if (at > len || cut > len - at)
		return err_set(e, ERR_ARG, "header of another file");
	if ((ret = digest_update(d, buf, at, e)) != ERR_OK)
		return ret;
	return digest_update(d, buf + at + cut, len - at - cut, e);
}

int
tlv_signed_digest(const struct tlv_header *h, const uint8_t *buf, size_t len,
    uint8_t *digest, size_t *digestlen, enum digest_alg *alg, struct err *e)
{
	struct digest *d;
	int ret;

	/* Code 2 (SHA-256) is reserved: no phone checks it. */
	if (h->digest_code != 1 && h->digest_code != 3)
		return err_set(e, ERR_PROTO, "digest %u is neither SHA-1 (1) "
		    "nor SHA-512 (3): no phone verifies it", h->digest_code);
	*alg = h->digest_code == 1 ? DIGEST_SHA1 : DIGEST_SHA512;
	*digestlen = digest_len(*alg);
	if ((d = digest_new(*alg, e)) == NULL)
		return ERR_CRYPTO;
	if ((ret = update_without(d, buf, len, h->sig_off,
	    TLV_HEAD + h->siglen, e)) == ERR_OK)
		ret = digest_final(d, digest, e);
	digest_free(d);
	return ret;
}

int
tlv_verify(const struct tlv_header *h, const uint8_t *buf, size_t len,
    const struct cert *c, struct err *e)
{
	static const int modulus_bits[] = { 512, 1024, 2048, 4096 };
	int bits = modulus_bits[h->modulus_code & 3], ret;
	uint8_t digest[DIGEST_MAX];
	enum digest_alg alg;
	size_t n;

	if (h->sigalg != 0 || h->modulus_code >= N_OF(modulus_bits))
		return err_set(e, ERR_PROTO, "signature algorithm %u, modulus "
		    "code %u have no meaning", h->sigalg, h->modulus_code);
	if (h->siglen != (size_t)bits / 8)
		return err_at(e, ERR_PROTO, h->sig_off, "signature of %zu "
		    "bytes by a key of %d bits", h->siglen, bits);
	if ((ret = tlv_signed_digest(h, buf, len, digest, &n, &alg, e)) !=
	    ERR_OK)
		return ret;
	if (cert_key_bits(c) != bits)
		return err_set(e, ERR_VERIFY, "signed by a key of %d bits, "
		    "the certificate's has %d", bits, cert_key_bits(c));
	return cert_verify_digest(c, alg, digest, n, h->signature, h->siglen,
	    e);
}

bool
tlv_names_cert(const struct tlv_header *h, const struct cert *c)
{
	size_t len;
	const uint8_t *serial = cert_serial(c, &len);

	return len > 0 && len == h->seriallen &&
	    memcmp(serial, h->serial, len) == 0 &&
	    cert_name_matches(X509_get_issuer_name(cert_x509(c)),
	    h->issuer_name);
}

int
tlv_hash_without(const uint8_t *buf, size_t len, const struct tlv_cut *cut,
    size_t ncut, uint8_t out[DIGEST_SHA256_LEN], struct err *e)
{
	struct digest *d = digest_new(DIGEST_SHA256, e);
	int ret = d != NULL ? ERR_OK : ERR_CRYPTO;
	size_t at = 0;

	for (size_t i = 0; i < ncut && ret == ERR_OK; i++) {
		ret = digest_update(d, buf + at, cut[i].off - at, e);
		at = cut[i].off + cut[i].len;
	}
	if (ret == ERR_OK &&
	    (ret = digest_update(d, buf + at, len - at, e)) == ERR_OK)
		ret = digest_final(d, out, e);
	digest_free(d);
	return ret;
}
