/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Files with the shared header: building and signing, see tlv.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/internal.h"

void
tlv_put(struct wr *w, uint8_t tag, const void *val, size_t len)
{
	if (len > UINT16_MAX) {
		w->err = ERR_LIMIT;
		return;
	}
	wr_u8(w, tag);
	wr_u16(w, (uint16_t)len);
	wr_bytes(w, val, len);
}

void
tlv_put_str(struct wr *w, uint8_t tag, const char *s)
{
	tlv_put(w, tag, s, strlen(s) + 1);
}

void
tlv_put_u16(struct wr *w, uint8_t tag, uint16_t v)
{
	uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	tlv_put(w, tag, b, sizeof(b));
}

void
tlv_put_u8(struct wr *w, uint8_t tag, uint8_t v)
{
	tlv_put(w, tag, &v, 1);
}

size_t
tlv_open(struct wr *w, uint8_t tag)
{
	wr_u8(w, tag);
	wr_u16(w, 0);
	return w->len;
}

void
tlv_close(struct wr *w, size_t start)
{
	wr_patch_u16(w, start - 2, (uint16_t)(w->len - start));
}

int
tlv_text_check(const char *s, const char *what, struct err *e)
{
	size_t len = strlen(s);

	if (len + 1 > TLV_NAME_MAX)
		return err_set(e, ERR_LIMIT, "%s of %zu bytes, %d is the most",
		    what, len, TLV_NAME_MAX - 1);
	if (!str_is_utf8(s, len))
		return err_set(e, ERR_ARG, "%s is not UTF-8", what);
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)s[i] < 0x20 || s[i] == 0x7f)
			return err_set(e, ERR_ARG, "%s holds a control byte",
			    what);
	return ERR_OK;
}

int
tlv_names_of(struct tlv_names *n, const struct cert *c,
    enum cert_name_style style, struct err *e)
{
	int ret;

	*n = (struct tlv_names){ .subject = cert_subject(c, style, e) };
	if (n->subject == NULL ||
	    (n->issuer = cert_issuer(c, style, e)) == NULL)
		return ERR_ARG;
	n->serial = cert_serial(c, &n->seriallen);
	if (n->seriallen == 0 || n->seriallen > TLV_SERIAL_MAX)
		return err_set(e, ERR_ARG, "%s: files cannot carry its serial "
		    "number (zero, negative or above %d bytes)", n->subject,
		    TLV_SERIAL_MAX);
	if ((ret = tlv_text_check(n->subject, "subject name", e)) != ERR_OK)
		return ret;
	return tlv_text_check(n->issuer, "issuer name", e);
}

void
tlv_names_clear(struct tlv_names *n)
{
	free(n->subject);
	free(n->issuer);
	*n = (struct tlv_names){ 0 };
}

/* What the signer's key and the digest are called in the header. */
struct codes {
	uint8_t	digest, modulus;
	size_t	siglen;
};

static int
codes_of(struct codes *k, const struct tlv_build *b, struct err *e)
{
	enum key_type t = cert_key_type(b->signer);

	if (b->digest != DIGEST_SHA1 && b->digest != DIGEST_SHA512)
		return err_set(e, ERR_ARG, "phones verify SHA-1 and SHA-512, "
		    "not %s", digest_name(b->digest));
	k->digest = b->digest == DIGEST_SHA1 ? 1 : 3;
	switch (t) {
	case KEY_RSA1024:
		*k = (struct codes){ k->digest, 1, 128 };
		return ERR_OK;
	case KEY_RSA2048:
		*k = (struct codes){ k->digest, 2, 256 };
		return ERR_OK;
	case KEY_RSA4096:
		*k = (struct codes){ k->digest, 3, 512 };
		return ERR_OK;
	default:
		return err_set(e, ERR_ARG, "a key of type %s cannot sign "
		    "lists or files: the format has codes for rsa1024, "
		    "rsa2048 and rsa4096 only", key_type_name(t));
	}
}

static void
put_signer_info(struct wr *w, const struct tlv_names *n, enum tlv_order order)
{
	size_t start = tlv_open(w, TLV_SIGNER_INFO);

	tlv_put_str(w, TLV_SIGNER_NAME, n->subject);
	if (order == TLV_ORDER_CUCM)
		tlv_put(w, TLV_SERIAL, n->serial, n->seriallen);
	tlv_put_str(w, TLV_ISSUER_NAME, n->issuer);
	if (order == TLV_ORDER_PEER)
		tlv_put(w, TLV_SERIAL, n->serial, n->seriallen);
	tlv_close(w, start);
}

static void
put_signature_info(struct wr *w, const struct codes *k)
{
	size_t info = tlv_open(w, TLV_SIGNATURE_INFO), alg;

	tlv_put_u8(w, TLV_DIGEST_ALG, k->digest);
	alg = tlv_open(w, TLV_SIGALG_INFO);
	tlv_put_u8(w, TLV_SIGALG, 0);
	tlv_put_u8(w, TLV_MODULUS, k->modulus);
	tlv_close(w, alg);
	tlv_close(w, info);
}

static void
put_header(struct tlv_image *img, const struct tlv_build *b,
    const struct tlv_names *n, const struct codes *k)
{
	static const uint8_t room[KEY_SIG_MAX];
	struct wr *w = &img->w;

	tlv_put_u16(w, TLV_VERSION, b->version);
	tlv_put_u16(w, TLV_HEADER_LENGTH, 0);
	if (b->has_signer_version)
		tlv_put_u16(w, TLV_SIGNER_VERSION, b->signer_version);
	put_signer_info(w, n, b->order);
	put_signature_info(w, k);
	img->sig_off = w->len;
	img->siglen = k->siglen;
	tlv_put(w, TLV_SIGNATURE, room, k->siglen);
	tlv_put_str(w, TLV_FILE_NAME, b->file_name);
	img->ts_off = w->len;
	wr_u8(w, TLV_TIMESTAMP);
	wr_u16(w, 4);
	wr_u32(w, b->timestamp);
	if (b->morelen > 0)
		wr_bytes(w, b->more, b->morelen);
	while (w->len % 4 != 0 && w->err == ERR_OK)
		wr_u8(w, TLV_PADDING);
	wr_patch_u16(w, TLV_LENGTH_OFF, (uint16_t)w->len);
}

int
tlv_image_build(struct tlv_image *img, const struct tlv_build *b,
    const uint8_t *body, size_t bodylen, size_t max, struct err *e)
{
	struct tlv_names n = { 0 };
	struct codes k = { 0 };
	int ret;

	*img = (struct tlv_image){ .w = wr_init(max) };
	if ((ret = codes_of(&k, b, e)) != ERR_OK ||
	    (ret = tlv_text_check(b->file_name, "file name", e)) != ERR_OK ||
	    (ret = tlv_names_of(&n, b->signer, b->names, e)) != ERR_OK)
		goto out;
	put_header(img, b, &n, &k);
	wr_bytes(&img->w, body, bodylen);
	if (img->w.err == ERR_LIMIT)
		ret = err_set(e, ERR_LIMIT, "%s would be larger than %zu "
		    "bytes", b->file_name, max);
	else if (img->w.err != ERR_OK)
		ret = err_set(e, img->w.err, "%s", b->file_name);
out:
	tlv_names_clear(&n);
	return ret;
}

/*
 * Sign and look at the result once: a signature spoilt by a fault would lock
 * phones out, and a faulty RSA signature gives the key away.
 */
static int
image_sign(struct tlv_image *img, const struct tlv_build *b,
    struct signer *s, struct err *e)
{
	struct tlv_header h = {
		.digest_code = b->digest == DIGEST_SHA1 ? 1 : 3,
		.sig_off = img->sig_off, .siglen = img->siglen,
	};
	uint8_t digest[DIGEST_MAX], id[KEY_ID_LEN], sig[KEY_SIG_MAX];
	enum digest_alg alg;
	size_t n, siglen;
	int ret;

	cert_key_id(b->signer, id);
	if ((ret = tlv_signed_digest(&h, img->w.buf, img->w.len, digest, &n,
	    &alg, e)) != ERR_OK ||
	    (ret = sign_digest(s, id, alg, KEY_PAD_PKCS1, digest, n, sig,
	    &siglen, e)) != ERR_OK)
		return ret;
	if (siglen != img->siglen || cert_verify_digest(b->signer, alg,
	    digest, n, sig, siglen, NULL) != ERR_OK)
		return err_set(e, ERR_CRYPTO, "the signature just made for %s "
		    "does not verify with the signer's certificate",
		    b->file_name);
	memcpy(img->w.buf + img->sig_off + TLV_HEAD, sig, siglen);
	return ERR_OK;
}

int
tlv_image_sign(struct tlv_image *img, const struct tlv_build *b,
    struct signer *s, uint8_t **out, size_t *outlen, struct err *e)
{
	int ret = image_sign(img, b, s, e);

	if (ret == ERR_OK && (*out = wr_take(&img->w, outlen)) == NULL)
		ret = err_set(e, ERR_NOMEM, "%s", b->file_name);
	return ret;
}

int
tlv_file_build(const struct tlv_build *b, const uint8_t *body, size_t bodylen,
    struct signer *s, size_t max, uint8_t **out, size_t *outlen,
    struct err *e)
{
	struct tlv_image img;
	int ret;

	*out = NULL;
	if ((ret = tlv_image_build(&img, b, body, bodylen, max, e)) == ERR_OK)
		ret = tlv_image_sign(&img, b, s, out, outlen, e);
	wr_clear(&img.w);
	return ret;
}
