/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of certs/ share: OpenSSL below our types, TLVs below headers
 * and records.
 */
#ifndef CERTS_INTERNAL_H
#define CERTS_INTERNAL_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "certs/cert.h"
#include "certs/key.h"
#include "certs/tlv.h"

#define N_OF(a)	(sizeof(a) / sizeof((a)[0]))

/* --- ossl.c --- */

/* Whose reasons in OpenSSL's queue are texts of ours. */
#define OSSL_SIGNER_LIB	ERR_LIB_USER

/* Fill e with "what: OpenSSL's reason", or the signer's if it is the cause;
 * empties OpenSSL's error queue. */
int	ossl_err(struct err *e, int code, const char *what);

/* NULL for digests that nobody signs with (MD5). */
const EVP_MD	*ossl_sign_md(enum digest_alg alg);

/* Kind of a public or private key; bits may be NULL. */
enum key_type	 ossl_key_type(const EVP_PKEY *pkey, int *bits);

/*
 * The next PEM block of bio whose label is one of those given (NULL-ended);
 * other blocks are skipped.  *which gets its index, *der the bytes (release
 * with OPENSSL_clear_free), *enc whether it has RFC 1421 encryption headers.
 * False at the end of the text.
 */
bool	ossl_pem_next(BIO *bio, const char *const *labels, size_t *which,
	    uint8_t **der, size_t *len, bool *enc);

/* Set padding and digest; false leaves the reason in OpenSSL's queue. */
bool	ossl_sig_setup(EVP_PKEY_CTX *ctx, enum key_padding pad,
	    enum digest_alg alg);

/* The text in a memory BIO as a string of the caller's, what is no printable
 * ASCII as '?'; frees the BIO. */
char	*ossl_bio_take(BIO *bio, bool ok, struct err *e);

/* The digest of a signature algorithm; false: one without a name here. */
bool	ossl_sig_hash(int nid, enum digest_alg *alg);

/* --- key.c --- */

/* Borrowed. */
EVP_PKEY	*key_pkey(const struct key *k);

/* Contexts that key_use.c keeps with a key; threads share them. */
typedef _Atomic(EVP_PKEY_CTX *) key_ctx;
#define KEY_NKEPT	((KEY_PAD_TLS10 + 1) * (DIGEST_SHA512 + 1))
key_ctx		*key_kept_ctx(const struct key *k, size_t i);

/* pkey is taken over, also on failure.  ERR_ARG: a kind that is not used. */
struct key	*key_new(EVP_PKEY *pkey, struct err *e);

/* Do its numbers fit together? */
bool	key_consistent(const struct key *k);

/* --- cert.c --- */

X509	*cert_x509(const struct cert *c);

/* By its key; names are not compared. */
bool	cert_signed_by(const struct cert *c, const struct cert *issuer);

/* The same bytes? */
bool	cert_same(const struct cert *a, const struct cert *b);

/* --- cert_build.c --- */

/* Names, key and extensions of s into x; serial, dates and signature are
 * left.  The extensions say nothing of keys other than k. */
int	cert_fill_body(X509 *x, const struct cert_spec *s,
	    const struct key *k, struct err *e);

/* --- csr.c --- */

struct csr;
X509_REQ	*csr_req(const struct csr *c);

/* --- cert_name.c --- */

/* Fresh text (free()); NULL on ERR_NOMEM or an undecodable name. */
char	*cert_name_text(const X509_NAME *n, enum cert_name_style style,
	    struct err *e);

/* The last value of that type, or "". */
char	*cert_name_last(const X509_NAME *n, int nid, struct err *e);

/* Does text equal the name in any of the styles? */
bool	cert_name_matches(const X509_NAME *n, const char *text);

/* --- tlv.c --- */

/* One TLV; val reads its value. */
struct tlv_item {
	uint8_t		 tag;
	size_t		 off;		/* of the tag, in the whole input */
	struct rd	 val;
};

/* Read the next TLV.  ERR_PROTO when it does not fit in what r has left. */
int	tlv_next(struct rd *r, struct tlv_item *it, struct err *e);

/*
 * Refuse a second of the tags in known (bit per tag); *seen is kept by the
 * caller.  Tags not in known may come as often as they like.
 */
int	tlv_once(uint32_t known, uint32_t *seen, const struct tlv_item *it,
	    struct err *e);

/* The whole value as integer, string (max counts the NUL), serial. */
int	tlv_item_u8(struct tlv_item *it, uint8_t *v, struct err *e);
int	tlv_item_u16(struct tlv_item *it, uint16_t *v, struct err *e);
int	tlv_item_u32(struct tlv_item *it, uint32_t *v, struct err *e);
int	tlv_item_str(struct tlv_item *it, size_t max, const char **s,
	    struct err *e);
int	tlv_item_bytes(struct tlv_item *it, size_t min, size_t max,
	    const uint8_t **p, size_t *len, struct err *e);
int	tlv_item_serial(struct tlv_item *it, const uint8_t **p, size_t *len,
	    struct err *e);

/* --- tlv_build.c --- */

/* A file with room for its signature. */
struct tlv_image {
	struct wr	 w;
	size_t		 sig_off;	/* of the tag 12 TLV */
	size_t		 siglen;
	size_t		 ts_off;	/* of the tag 15 TLV */
};

#define TLV_HEAD	3	/* tag and length */
#define TLV_LENGTH_OFF	8	/* of the header length's value */

/* wr_clear(&img->w) releases, also after a failure. */
int	tlv_image_build(struct tlv_image *img, const struct tlv_build *b,
	    const uint8_t *body, size_t bodylen, size_t max, struct err *e);

/* Sign the image and hand its bytes over. */
int	tlv_image_sign(struct tlv_image *img, const struct tlv_build *b,
	    struct signer *s, uint8_t **out, size_t *outlen, struct err *e);

void	tlv_put(struct wr *w, uint8_t tag, const void *val, size_t len);
void	tlv_put_str(struct wr *w, uint8_t tag, const char *s);
void	tlv_put_u8(struct wr *w, uint8_t tag, uint8_t v);
void	tlv_put_u16(struct wr *w, uint8_t tag, uint16_t v);

/* A container: its length is set when all in it is written. */
size_t	tlv_open(struct wr *w, uint8_t tag);
void	tlv_close(struct wr *w, size_t start);

/* Subject, issuer and serial in the form that files carry. */
struct tlv_names {
	char		*subject, *issuer;
	const uint8_t	*serial;	/* borrowed from the certificate */
	size_t		 seriallen;
};
int	tlv_names_of(struct tlv_names *n, const struct cert *c,
	    enum cert_name_style style, struct err *e);
void	tlv_names_clear(struct tlv_names *n);

/* What the format can carry as text: UTF-8, no control bytes, bounded. */
int	tlv_text_check(const char *s, const char *what, struct err *e);

/* --- tlv_verify.c --- */

/* SHA-256 of buf without the given ranges, which are sorted. */
struct tlv_cut {
	size_t	off, len;
};
int	tlv_hash_without(const uint8_t *buf, size_t len,
	    const struct tlv_cut *cut, size_t ncut,
	    uint8_t out[DIGEST_SHA256_LEN], struct err *e);

#endif
