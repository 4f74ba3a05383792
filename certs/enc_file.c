/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading encrypted configuration files, see enc_file.h
 * (spec/encrypted-config.md section 1).
 */
#include <limits.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "certs/enc_part.h"
#include "certs/internal.h"

#define BIT(tag)	(UINT32_C(1) << (tag))
#define TOP_TAGS	(BIT(ENC_INFO) | BIT(ENC_DIGEST_ALG) | \
			BIT(ENC_DIGEST))
#define INFO_TAGS	(BIT(ENC_CIPHER_INFO) | BIT(ENC_KEY_INFO))
#define CIPHER_TAGS	(BIT(ENC_CIPHER) | BIT(ENC_IV) | BIT(ENC_PAD))
#define KEY_TAGS	(BIT(ENC_KEY_KIND) | BIT(ENC_KEY_BITS) | \
			BIT(ENC_KEY_ALG) | BIT(ENC_WRAPPED))
#define ALL_TAGS	(TOP_TAGS | INFO_TAGS | CIPHER_TAGS | KEY_TAGS)

/* --- parsing --- */

struct parsing {
	struct enc_file	*f;
	uint8_t		 digest_code;
	size_t		 digestlen, wrappedlen;
};

/* One container: which of our tags must and may be in it. */
struct block {
	uint32_t	 tags, required;
	int		 (*put)(struct parsing *p, struct tlv_item *it,
			    struct err *e);
};

static int
block_parse(struct parsing *p, const struct block *b, struct rd *r,
    struct err *e)
{
	struct tlv_item it;
	uint32_t seen = 0, bit;
	int ret;

	while (rd_left(r) > 0) {
		if ((ret = tlv_next(r, &it, e)) != ERR_OK ||
		    (ret = tlv_once(b->tags, &seen, &it, e)) != ERR_OK)
			return ret;
		bit = it.tag < 32 ? BIT(it.tag) : 0;
		if ((b->tags & bit) == 0 && (ALL_TAGS & bit) != 0)
			return err_at(e, ERR_PROTO, it.off, "tag %u does not "
			    "belong here", it.tag);
		if ((b->tags & bit) != 0 && (ret = b->put(p, &it, e)) !=
		    ERR_OK)
			return ret;
	}
	if ((b->required & ~seen) != 0)
		return err_at(e, ERR_PROTO, rd_pos(r), "tag %d is missing",
		    __builtin_ctz(b->required & ~seen));
	return ERR_OK;
}

static int
item_code(struct tlv_item *it, uint8_t want, struct err *e)
{
	uint8_t v;
	int ret = tlv_item_u8(it, &v, e);

	if (ret == ERR_OK && v != want)
		return err_at(e, ERR_PROTO, it->off, "tag %u is %u, only %u "
		    "is known", it->tag, v, want);
	return ret;
}

static int
put_cipher(struct parsing *p, struct tlv_item *it, struct err *e)
{
	uint16_t pad;
	size_t n;
	int ret;

	switch (it->tag) {
	case ENC_CIPHER:
		return item_code(it, ENC_CIPHER_CODE, e);
	case ENC_IV:
		return tlv_item_bytes(it, ENC_BLOCK, ENC_BLOCK, &p->f->iv, &n,
		    e);
	default:
		if ((ret = tlv_item_u16(it, &pad, e)) != ERR_OK)
			return ret;
		if (pad < 1 || pad > ENC_BLOCK)
			return err_at(e, ERR_PROTO, it->off, "%u bytes of "
			    "padding, 1 to %d are possible", pad, ENC_BLOCK);
		p->f->pad = pad;
		return ERR_OK;
	}
}

static int
put_key(struct parsing *p, struct tlv_item *it, struct err *e)
{
	uint16_t bits;
	int ret;

	switch (it->tag) {
	case ENC_KEY_KIND:
		return item_code(it, ENC_KEY_KIND_CODE, e);
	case ENC_KEY_ALG:
		return item_code(it, ENC_KEY_ALG_CODE, e);
	case ENC_KEY_BITS:
		ret = tlv_item_u16(it, &bits, e);
		p->f->key_bits = bits;
		return ret;
	default:
		return tlv_item_bytes(it, ENC_RSA_MIN, ENC_RSA_MAX,
		    &p->f->wrapped, &p->wrappedlen, e);
	}
}

static int
put_info(struct parsing *p, struct tlv_item *it, struct err *e)
{
	static const struct block cipher = {
		CIPHER_TAGS, CIPHER_TAGS, put_cipher
	}, key = {
		KEY_TAGS, KEY_TAGS, put_key
	};

	return block_parse(p, it->tag == ENC_KEY_INFO ? &key : &cipher,
	    &it->val, e);
}

static int
put_top(struct parsing *p, struct tlv_item *it, struct err *e)
{
	static const struct block info = {
		INFO_TAGS, BIT(ENC_CIPHER_INFO), put_info
	};

	switch (it->tag) {
	case ENC_INFO:
		return block_parse(p, &info, &it->val, e);
	case ENC_DIGEST_ALG:
		return tlv_item_u8(it, &p->digest_code, e);
	default:
		return tlv_item_bytes(it, 1, DIGEST_MAX,
		    &p->f->plain_digest, &p->digestlen, e);
	}
}

/* The items fit together. */
static int
check_parsed(const struct parsing *p, struct err *e)
{
	struct enc_file *f = p->f;

	if (f->h.digest_code != 1 && f->h.digest_code != 3)
		return err_set(e, ERR_PROTO, "digest %u is neither SHA-1 (1) "
		    "nor SHA-512 (3)", f->h.digest_code);
	if (p->digest_code != f->h.digest_code)
		return err_set(e, ERR_PROTO, "digest %u of the content, %u "
		    "of the signature", p->digest_code, f->h.digest_code);
	f->digest = p->digest_code == 1 ? DIGEST_SHA1 : DIGEST_SHA512;
	if (p->digestlen != digest_len(f->digest))
		return err_set(e, ERR_PROTO, "%zu bytes are not a %s digest",
		    p->digestlen, digest_name(f->digest));
	if (!f->symmetric && (size_t)f->key_bits != p->wrappedlen * 8)
		return err_set(e, ERR_PROTO, "a key of %u bits, wrapped in "
		    "%zu bytes", f->key_bits, p->wrappedlen);
	if (f->cipherlen == 0 || f->cipherlen % ENC_BLOCK != 0)
		return err_at(e, ERR_PROTO, f->h.length, "%zu encrypted "
		    "bytes are not blocks of %d", f->cipherlen, ENC_BLOCK);
	return ERR_OK;
}

int
enc_file_parse(struct enc_file *f, const uint8_t *buf, size_t len,
    struct err *e)
{
	/* The shared header's tags have been looked at. */
	static const struct block top = { TOP_TAGS, TOP_TAGS, put_top };
	struct parsing p = { .f = f };
	struct rd r;
	int ret;

	*f = (struct enc_file){ .pad = 0 };
	if (len > ENC_FILE_MAX)
		return err_set(e, ERR_PROTO, "%zu bytes, %u is the most", len,
		    ENC_FILE_MAX);
	if ((ret = tlv_header_parse(&f->h, buf, len, e)) != ERR_OK)
		return ret;
	if (f->h.version != ENC_VERSION)
		return err_at(e, ERR_PROTO, TLV_HEAD, "header version %u.%u, "
		    "encrypted files have 2.0", f->h.version >> 8,
		    f->h.version & 0xff);
	r = rd_init(buf, f->h.length - f->h.npad);
	if ((ret = block_parse(&p, &top, &r, e)) != ERR_OK)
		return ret;
	f->symmetric = f->wrapped == NULL;
	f->cipher = buf + f->h.length;
	f->cipherlen = len - f->h.length;
	return check_parsed(&p, e);
}

/* --- opening --- */

int
enc_cbc(bool encrypt, const uint8_t key[ENC_KEY_LEN],
    const uint8_t iv[ENC_BLOCK], uint8_t *buf, size_t len, struct err *e)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, ret = ERR_OK;

	if (len > INT_MAX || ctx == NULL || EVP_CipherInit_ex(ctx,
	    EVP_aes_128_cbc(), NULL, key, iv, encrypt) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1 ||
	    EVP_CipherUpdate(ctx, buf, &n, buf, (int)len) != 1 ||
	    (size_t)n != len)
		ret = ossl_err(e, ERR_CRYPTO, "AES-128-CBC");
	EVP_CIPHER_CTX_free(ctx);
	return ret;
}

static bool
unwrap(const struct enc_file *f, const struct key *key,
    uint8_t out[ENC_KEY_LEN])
{
	uint8_t got[ENC_RSA_MAX];
	EVP_PKEY_CTX *ctx = NULL;
	size_t n = sizeof(got);
	bool ok;

	if (!key_type_is_rsa(key_type(key)) ||
	    (unsigned)EVP_PKEY_get_bits(key_pkey(key)) != f->key_bits)
		return false;
	ctx = EVP_PKEY_CTX_new(key_pkey(key), NULL);
	ok = ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_decrypt(ctx, got, &n, f->wrapped, f->key_bits / 8) == 1 &&
	    n == ENC_KEY_LEN;
	if (ok)
		memcpy(out, got, ENC_KEY_LEN);
	ERR_clear_error();
	EVP_PKEY_CTX_free(ctx);
	secret_wipe(got, sizeof(got));
	return ok;
}

/* Into buf, which has room for the padding too. */
static bool
open_into(const struct enc_file *f, const struct key *key, const uint8_t *sym,
    uint8_t *buf, size_t len)
{
	uint8_t aes[ENC_KEY_LEN], digest[DIGEST_MAX];
	bool ok = false;

	if (key == NULL && sym != NULL && f->symmetric)
		memcpy(aes, sym, sizeof(aes));
	else if (key == NULL || f->symmetric || !unwrap(f, key, aes))
		return false;
	memcpy(buf, f->cipher, f->cipherlen);
	ok = enc_cbc(false, aes, f->iv, buf, f->cipherlen, NULL) == ERR_OK &&
	    digest_buf(f->digest, buf, len, digest, NULL) == ERR_OK &&
	    secret_equal(digest, f->plain_digest, digest_len(f->digest));
	secret_wipe(aes, sizeof(aes));
	return ok;
}

int
enc_file_open(const struct enc_file *f, const struct key *key,
    const uint8_t *sym, uint8_t **out, size_t *outlen, struct err *e)
{
	size_t len = f->cipherlen - f->pad;
	uint8_t *buf;

	*out = NULL;
	if ((buf = malloc(f->cipherlen)) == NULL)
		return err_set(e, ERR_NOMEM, "encrypted file");
	if (!open_into(f, key, sym, buf, len)) {
		secret_wipe(buf, f->cipherlen);
		free(buf);
		return err_set(e, ERR_VERIFY, "the file cannot be decrypted: "
		    "it is for another key, or damaged");
	}
	*out = buf;
	*outlen = len;
	return ERR_OK;
}
