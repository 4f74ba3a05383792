/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Making encrypted configuration files, see enc_file.h
 * (spec/encrypted-config.md section 2).
 */
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/enc_part.h"
#include "certs/internal.h"

struct sealed {
	uint8_t		 key[ENC_KEY_LEN], iv[ENC_KEY_LEN];
	uint8_t		 wrapped[ENC_RSA_MAX];
	size_t		 wrappedlen;
	uint8_t		 digest[DIGEST_MAX];
	unsigned	 pad;
};

/* --- the key, to the phone --- */

static int
phone_key(const struct cert *c, EVP_PKEY **pkey, size_t *len, struct err *e)
{
	EVP_PKEY *k = X509_get0_pubkey(cert_x509(c));
	int bits;

	if (k == NULL || EVP_PKEY_get_base_id(k) != EVP_PKEY_RSA)
		return err_set(e, ERR_REFUSED, "phone certificate has no RSA "
		    "key");
	bits = EVP_PKEY_get_bits(k);
	if (bits < ENC_RSA_MIN * 8 || bits > ENC_RSA_MAX * 8 || bits % 8 != 0)
		return err_set(e, ERR_REFUSED, "phone certificate has an RSA "
		    "key of %d bits: files are encrypted for %d to %d, whole "
		    "bytes", bits, ENC_RSA_MIN * 8, ENC_RSA_MAX * 8);
	*pkey = k;
	*len = (size_t)bits / 8;
	return ERR_OK;
}

/* Random bytes without a zero among them. */
static int
fill_nonzero(const struct rng *rng, uint8_t *p, size_t len, struct err *e)
{
	uint8_t some[64];
	int ret = ERR_OK;
	size_t n = 0;

	while (n < len && ret == ERR_OK) {
		ret = rng_fill(rng, some, sizeof(some), e);
		for (size_t i = 0; i < sizeof(some) && n < len &&
		    ret == ERR_OK; i++)
			if (some[i] != 0)
				p[n++] = some[i];
	}
	secret_wipe(some, sizeof(some));
	return ret;
}

/* EME-PKCS1-v1_5 (RFC 8017, section 7.2.1): OpenSSL's own takes its random
 * bytes from its own generator. */
static int
pad_key(const struct rng *rng, const uint8_t key[ENC_KEY_LEN], uint8_t *em,
    size_t len, struct err *e)
{
	size_t ps = len - ENC_KEY_LEN - 3;	/* ENC_RSA_MIN leaves enough */
	int ret;

	em[0] = 0;
	em[1] = 2;
	if ((ret = fill_nonzero(rng, em + 2, ps, e)) != ERR_OK)
		return ret;
	em[2 + ps] = 0;
	memcpy(em + 3 + ps, key, ENC_KEY_LEN);
	return ERR_OK;
}

static int
wrap_key(const struct enc_build *b, struct sealed *s, struct err *e)
{
	uint8_t em[ENC_RSA_MAX];
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *pkey = NULL;
	size_t len = ENC_RSA_MIN;
	int ret;

	if ((ret = phone_key(b->phone, &pkey, &len, e)) != ERR_OK ||
	    (ret = pad_key(b->rng, s->key, em, len, e)) != ERR_OK)
		goto out;
	s->wrappedlen = sizeof(s->wrapped);
	if ((ctx = EVP_PKEY_CTX_new(pkey, NULL)) == NULL ||
	    EVP_PKEY_encrypt_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) != 1 ||
	    EVP_PKEY_encrypt(ctx, s->wrapped, &s->wrappedlen, em, len) != 1 ||
	    s->wrappedlen != len)
		ret = ossl_err(e, ERR_CRYPTO, "encrypting for the phone");
out:
	EVP_PKEY_CTX_free(ctx);
	secret_wipe(em, sizeof(em));
	return ret;
}

/* --- the content --- */

/* The content and its padding, encrypted. */
static int
encrypt(const struct sealed *s, const uint8_t *xml, size_t len, uint8_t **out,
    size_t *outlen, struct err *e)
{
	uint8_t *buf;
	int ret;

	*outlen = len + s->pad;
	if ((buf = malloc(*outlen)) == NULL)
		return err_set(e, ERR_NOMEM, "encrypted file");
	if (len > 0)
		memcpy(buf, xml, len);
	memset(buf + len, ENC_PAD_BYTE, s->pad);
	if ((ret = enc_cbc(true, s->key, s->iv, buf, *outlen, e)) != ERR_OK) {
		secret_wipe(buf, *outlen);
		free(buf);
		return ret;
	}
	*out = buf;
	return ERR_OK;
}

static void
put_info(struct wr *w, const struct enc_build *b, const struct sealed *s)
{
	size_t info = tlv_open(w, ENC_INFO), part;

	part = tlv_open(w, ENC_CIPHER_INFO);
	tlv_put_u8(w, ENC_CIPHER, ENC_CIPHER_CODE);
	tlv_put(w, ENC_IV, s->iv, sizeof(s->iv));
	tlv_put_u16(w, ENC_PAD, (uint16_t)s->pad);
	tlv_close(w, part);
	if (b->phone != NULL) {
		part = tlv_open(w, ENC_KEY_INFO);
		tlv_put_u8(w, ENC_KEY_KIND, ENC_KEY_KIND_CODE);
		tlv_put_u16(w, ENC_KEY_BITS, (uint16_t)(s->wrappedlen * 8));
		tlv_put_u8(w, ENC_KEY_ALG, ENC_KEY_ALG_CODE);
		tlv_put(w, ENC_WRAPPED, s->wrapped, s->wrappedlen);
		tlv_close(w, part);
	}
	tlv_close(w, info);
	tlv_put_u8(w, ENC_DIGEST_ALG, b->digest == DIGEST_SHA1 ? 1 : 3);
	tlv_put(w, ENC_DIGEST, s->digest, digest_len(b->digest));
}

static int
make_keys(const struct enc_build *b, struct sealed *s, struct err *e)
{
	int ret;

	if (b->phone == NULL) {
		if (b->key == NULL)
			return err_set(e, ERR_ARG, "%s: no key to encrypt "
			    "with", b->name);
		memcpy(s->key, b->key, sizeof(s->key));
		return rng_fill(b->rng, s->iv, sizeof(s->iv), e);
	}
	if ((ret = rng_fill(b->rng, s->key, sizeof(s->key), e)) != ERR_OK ||
	    (ret = rng_fill(b->rng, s->iv, sizeof(s->iv), e)) != ERR_OK)
		return ret;
	return wrap_key(b, s, e);
}

static int
sign_sealed(const struct enc_build *b, const struct sealed *s,
    const uint8_t *body, size_t bodylen, struct signer *signer,
    uint8_t **out, size_t *outlen, struct err *e)
{
	struct wr more = wr_init(UINT16_MAX);
	struct tlv_build t = {
		.version = ENC_VERSION,
		.order = TLV_ORDER_PEER,
		.names = b->names,
		.signer = b->signer,
		.digest = b->digest,
		.file_name = b->name,
		.timestamp = b->timestamp,
	};
	int ret;

	put_info(&more, b, s);
	t.more = more.buf;
	t.morelen = more.len;
	if (more.err != ERR_OK)
		ret = err_set(e, more.err, "%s", b->name);
	else
		ret = tlv_file_build(&t, body, bodylen, signer, ENC_FILE_MAX,
		    out, outlen, e);
	wr_clear(&more);
	return ret;
}

int
enc_file_build(const struct enc_build *b, const uint8_t *xml, size_t len,
    struct signer *signer, uint8_t **out, size_t *outlen, struct err *e)
{
	struct sealed s = { .pad = (unsigned)(ENC_BLOCK - len % ENC_BLOCK) };
	uint8_t *body = NULL;
	size_t bodylen;
	int ret;

	*out = NULL;
	if (len > ENC_FILE_MAX)
		return err_set(e, ERR_LIMIT, "%s would be larger than %u "
		    "bytes", b->name, ENC_FILE_MAX);
	if (b->digest != DIGEST_SHA1 && b->digest != DIGEST_SHA512)
		return err_set(e, ERR_ARG, "phones verify SHA-1 and SHA-512, "
		    "not %s", digest_name(b->digest));
	if ((ret = digest_buf(b->digest, xml, len, s.digest, e)) == ERR_OK &&
	    (ret = make_keys(b, &s, e)) == ERR_OK &&
	    (ret = encrypt(&s, xml, len, &body, &bodylen, e)) == ERR_OK)
		ret = sign_sealed(b, &s, body, bodylen, signer, out, outlen,
		    e);
	secret_wipe(&s, sizeof(s));
	free(body);
	return ret;
}

int
enc_cert_hash(const struct cert *c, char out[33], struct err *e)
{
	uint8_t md5[16];
	int ret = cert_fingerprint(c, DIGEST_MD5, md5, e);

	if (ret == ERR_OK)
		str_hex(md5, sizeof(md5), out);
	return ret;
}
