/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates: reading, see cert.h.  What callers ask often is taken out
 * once, when the certificate is parsed; a struct cert never changes after
 * that, so threads may share it.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "certs/internal.h"

struct cert {
	atomic_uint	 refs;
	X509		*x509;
	bool		 keyless;	/* x509 knows no algorithms */
	uint8_t		*der;		/* as it came */
	size_t		 derlen;
	uint8_t		 sha256[DIGEST_SHA256_LEN];
	uint8_t		 key_id[KEY_ID_LEN];
	enum key_type	 type;
	int		 bits;
	int64_t		 not_before, not_after;
	ASN1_OCTET_STRING *ski;		/* of a keyless one, or NULL */
};

static int
cert_time(const ASN1_TIME *t, int64_t *s, struct err *e)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return ossl_err(e, ERR_PROTO, "validity of the certificate");
	*s = timegm(&tm);
	return ERR_OK;
}

static int
cert_key_digest(struct cert *c, struct err *e)
{
	uint8_t *spki = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x509), &spki), ret;

	if (len <= 0)
		return ossl_err(e, ERR_CRYPTO, "public key to DER");
	ret = digest_buf(DIGEST_SHA256, spki, (size_t)len, c->key_id, e);
	OPENSSL_free(spki);
	return ret;
}

/* Take out what callers ask for. */
static int
cert_fill(struct cert *c, struct err *e)
{
	int ret;

	c->type = KEY_OTHER;
	if (c->keyless)
		c->ski = X509_get_ext_d2i(c->x509, NID_subject_key_identifier,
		    NULL, NULL);
	else
		c->type = ossl_key_type(X509_get0_pubkey(c->x509), &c->bits);
	if ((ret = cert_time(X509_get0_notBefore(c->x509), &c->not_before,
	    e)) != ERR_OK ||
	    (ret = cert_time(X509_get0_notAfter(c->x509), &c->not_after,
	    e)) != ERR_OK ||
	    (ret = cert_key_digest(c, e)) != ERR_OK)
		return ret;
	return digest_buf(DIGEST_SHA256, c->der, c->derlen, c->sha256, e);
}

/* x is filled in if it is not NULL, and freed by d2i if that fails. */
static struct cert *
cert_read(const uint8_t *buf, size_t len, X509 *x, struct err *e)
{
	const uint8_t *p = buf;
	struct cert *c, *ret = NULL;

	if (len > CERT_DER_MAX) {
		(void)err_set(e, ERR_LIMIT, "certificate of %zu bytes, %d is "
		    "the most", len, CERT_DER_MAX);
		X509_free(x);
		return NULL;
	}
	if ((c = calloc(1, sizeof(*c))) == NULL ||
	    (c->der = malloc(len > 0 ? len : 1)) == NULL) {
		X509_free(x);
		(void)err_set(e, ERR_NOMEM, "certificate");
		goto out;
	}
	atomic_init(&c->refs, 1);
	c->keyless = x != NULL;
	c->x509 = d2i_X509(x != NULL ? &x : NULL, &p, (long)len);
	if (c->x509 == NULL || p != buf + len) {
		ERR_clear_error();
		(void)err_set(e, ERR_PROTO, "not exactly one DER certificate");
		goto out;
	}
	memcpy(c->der, buf, len);
	c->derlen = len;
	if (cert_fill(c, e) != ERR_OK)
		goto out;
	ret = c;
	c = NULL;		/* now the caller's */
out:
	cert_free(c);
	return ret;
}

struct cert *
cert_from_der(const uint8_t *buf, size_t len, struct err *e)
{
	return cert_read(buf, len, NULL, e);
}

static OSSL_LIB_CTX *nothing;		/* without any algorithm */

static void
make_nothing(void)
{
	OSSL_LIB_CTX *ctx = OSSL_LIB_CTX_new();

	/* Without it the first search brings the default provider in. */
	if (ctx != NULL && OSSL_PROVIDER_load(ctx, "null") != NULL)
		nothing = ctx;
	else
		OSSL_LIB_CTX_free(ctx);
}

/* What finds no algorithm does not take the time to decode the key. */
struct cert *
cert_from_der_keyless(const uint8_t *buf, size_t len, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	X509 *x = NULL;

	(void)pthread_once(&once, make_nothing);
	if (nothing == NULL || (x = X509_new_ex(nothing, NULL)) == NULL) {
		(void)ossl_err(e, ERR_NOMEM, "certificate");
		return NULL;
	}
	return cert_read(buf, len, x, e);
}

struct cert *
cert_from_pem(const uint8_t *buf, size_t len, struct err *e)
{
	static const char *const labels[] = { "CERTIFICATE", NULL };
	struct cert *c = NULL;
	size_t which, derlen;
	uint8_t *der;
	bool enc;
	BIO *bio;

	if (len == 0 || len > CERT_PEM_MAX) {
		(void)err_set(e, ERR_LIMIT, "PEM text of %zu bytes, expected 1 "
		    "to %d", len, CERT_PEM_MAX);
		return NULL;
	}
	if ((bio = BIO_new_mem_buf(buf, (int)len)) == NULL) {
		(void)err_set(e, ERR_NOMEM, "PEM text");
		return NULL;
	}
	if (ossl_pem_next(bio, labels, &which, &der, &derlen, &enc)) {
		c = cert_from_der(der, derlen, e);
		OPENSSL_clear_free(der, derlen);
	} else
		(void)err_set(e, ERR_PROTO, "no certificate in the PEM text");
	BIO_free(bio);
	return c;
}

struct cert *
cert_ref(struct cert *c)
{
	(void)atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
	return c;
}

void
cert_free(struct cert *c)
{
	if (c == NULL || atomic_fetch_sub_explicit(&c->refs, 1,
	    memory_order_acq_rel) > 1)
		return;
	X509_free(c->x509);
	ASN1_OCTET_STRING_free(c->ski);
	free(c->der);
	free(c);
}

X509 *
cert_x509(const struct cert *c)
{
	return c->x509;
}

bool
cert_same(const struct cert *a, const struct cert *b)
{
	return a->derlen == b->derlen &&
	    memcmp(a->der, b->der, a->derlen) == 0;
}

const uint8_t *
cert_der(const struct cert *c, size_t *len)
{
	*len = c->derlen;
	return c->der;
}

char *
cert_to_pem(const struct cert *c, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());

	return ossl_bio_take(bio, bio != NULL && PEM_write_bio(bio, "CERTIFICATE",
	    "", c->der, (long)c->derlen) > 0, e);
}

char *
cert_text(const struct cert *c, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());

	return ossl_bio_take(bio, bio != NULL && X509_print_ex(bio, c->x509,
	    XN_FLAG_ONELINE, 0) == 1, e);
}

const uint8_t *
cert_serial(const struct cert *c, size_t *len)
{
	const ASN1_INTEGER *n = X509_get0_serialNumber(c->x509);
	const uint8_t *p = ASN1_STRING_get0_data(n);
	size_t left = (size_t)ASN1_STRING_length(n);

	if (ASN1_STRING_type(n) == V_ASN1_NEG_INTEGER)
		left = 0;
	while (left > 0 && *p == 0) {
		p++;
		left--;
	}
	*len = left;
	return p;
}

const uint8_t *
cert_public_key(const struct cert *c, size_t *len)
{
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(c->x509);
	const EVP_PKEY *pkey = X509_get0_pubkey(c->x509);
	const uint8_t *p = ASN1_STRING_get0_data(bits);
	int id = pkey != NULL ? EVP_PKEY_get_base_id(pkey) : EVP_PKEY_NONE;

	ERR_clear_error();
	*len = (size_t)ASN1_STRING_length(bits);
	/* A compressed point has another first byte. */
	if (id != EVP_PKEY_RSA &&
	    !(id == EVP_PKEY_EC && *len > 0 && p[0] == 0x04))
		*len = 0;
	return p;
}

const uint8_t *
cert_signature(const struct cert *c, size_t *len)
{
	const ASN1_BIT_STRING *sig;

	X509_get0_signature(&sig, NULL, c->x509);
	*len = (size_t)ASN1_STRING_length(sig);
	return ASN1_STRING_get0_data(sig);
}

enum key_type
cert_key_type(const struct cert *c)
{
	return c->type;
}

int
cert_key_bits(const struct cert *c)
{
	return c->bits;
}

void
cert_key_id(const struct cert *c, uint8_t id[KEY_ID_LEN])
{
	memcpy(id, c->key_id, KEY_ID_LEN);
}

void
cert_sha256(const struct cert *c, uint8_t out[32])
{
	memcpy(out, c->sha256, sizeof(c->sha256));
}

int
cert_fingerprint(const struct cert *c, enum digest_alg alg, uint8_t *out,
    struct err *e)
{
	return digest_buf(alg, c->der, c->derlen, out, e);
}

int64_t
cert_not_before(const struct cert *c)
{
	return c->not_before;
}

int64_t
cert_not_after(const struct cert *c)
{
	return c->not_after;
}

/* Into an element of DER; false: there is none. */
static bool
der_enter(const uint8_t **p, long *len)
{
	int tag, class;

	return (ASN1_get_object(p, len, &tag, &class, *len) & 0x80) == 0;
}

/* What was signed, as it came: the first element of the outer one. */
static ASN1_TYPE *
signed_part(const struct cert *c)
{
	const uint8_t *p = c->der, *tbs;
	long len = (long)c->derlen;

	if (!der_enter(&p, &len))
		return NULL;
	tbs = p;
	if (!der_enter(&p, &len))
		return NULL;
	return d2i_ASN1_TYPE(NULL, &tbs, p + len - tbs);
}

/* X509_verify, with the algorithms of the key. */
static bool
keyless_signed_by(const struct cert *c, EVP_PKEY *pkey)
{
	ASN1_TYPE *tbs = signed_part(c);
	const ASN1_BIT_STRING *sig;
	const X509_ALGOR *alg;
	bool yes;

	X509_get0_signature(&sig, &alg, c->x509);
	yes = tbs != NULL && X509_ALGOR_cmp(alg,
	    X509_get0_tbs_sigalg(c->x509)) == 0 &&
	    ASN1_item_verify_ex(ASN1_ITEM_rptr(ASN1_ANY), alg, sig, tbs,
	    NULL, pkey, NULL, NULL) == 1;
	ASN1_TYPE_free(tbs);
	return yes;
}

bool
cert_signed_by(const struct cert *c, const struct cert *issuer)
{
	EVP_PKEY *pkey = X509_get0_pubkey(issuer->x509);
	bool yes = pkey != NULL && (c->keyless ? keyless_signed_by(c, pkey) :
	    X509_verify(c->x509, pkey) == 1);

	ERR_clear_error();
	return yes;
}

bool
cert_self_signed(const struct cert *c)
{
	return X509_NAME_cmp(X509_get_subject_name(c->x509),
	    X509_get_issuer_name(c->x509)) == 0 && cert_signed_by(c, c);
}

bool
cert_is_ca(const struct cert *c)
{
	bool yes = X509_check_ca(c->x509) == 1;	/* 1: basicConstraints */

	ERR_clear_error();
	return yes;
}

const uint8_t *
cert_ski(const struct cert *c, size_t *len)
{
	const ASN1_OCTET_STRING *ski = c->keyless ? c->ski :
	    X509_get0_subject_key_id(c->x509);

	ERR_clear_error();
	*len = ski != NULL ? (size_t)ASN1_STRING_length(ski) : 0;
	return ski != NULL ? ASN1_STRING_get0_data(ski) : NULL;
}

int
cert_verify_digest(const struct cert *c, enum digest_alg alg,
    const uint8_t *digest, size_t len, const uint8_t *sig, size_t siglen,
    struct err *e)
{
	EVP_PKEY *pkey = X509_get0_pubkey(c->x509);
	int id = pkey != NULL ? EVP_PKEY_get_base_id(pkey) : EVP_PKEY_NONE;
	enum key_padding pad = id == EVP_PKEY_RSA ? KEY_PAD_PKCS1 :
	    KEY_PAD_ECDSA;
	EVP_PKEY_CTX *ctx = NULL;
	int ret = ERR_OK;

	if ((id != EVP_PKEY_RSA && id != EVP_PKEY_EC) ||
	    ossl_sign_md(alg) == NULL || len != digest_len(alg))
		ret = err_set(e, ERR_VERIFY, "no signature check for this "
		    "kind of key and digest");
	else if ((ctx = EVP_PKEY_CTX_new(pkey, NULL)) == NULL ||
	    EVP_PKEY_verify_init(ctx) != 1 ||
	    !ossl_sig_setup(ctx, pad, alg))
		ret = ossl_err(e, ERR_VERIFY, "this system's OpenSSL does not "
		    "check such signatures");
	else if (EVP_PKEY_verify(ctx, sig, siglen, digest, len) != 1)
		ret = err_set(e, ERR_VERIFY, "the signature does not fit");
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ret;
}
