/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * PKCS#7 SignedData, see pkcs7.h.
 */
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <stdlib.h>
#include <string.h>

#include "certs/internal.h"
#include "certs/pkcs7.h"
#include "certs/provider.h"

/* --- making it --- */

/* As UTCTime or GeneralizedTime, whichever the year asks for. */
static bool
add_time(PKCS7_SIGNER_INFO *si, int64_t when)
{
	ASN1_TIME *t = ASN1_TIME_set(NULL, (time_t)when);

	if (t != NULL && PKCS7_add_signed_attribute(si,
	    NID_pkcs9_signingTime, ASN1_STRING_type(t), t) == 1)
		return true;
	ASN1_TIME_free(t);
	return false;
}

static PKCS7 *
sign_bio(struct provider *p, EVP_PKEY *key, X509 *x, int64_t when, BIO *in)
{
	const int flags = PKCS7_BINARY | PKCS7_NOSMIMECAP;
	PKCS7 *p7 = PKCS7_sign_ex(NULL, NULL, NULL, NULL, flags |
	    PKCS7_PARTIAL, provider_libctx(p), NULL);
	PKCS7_SIGNER_INFO *si;

	if (p7 != NULL && (si = PKCS7_sign_add_signer(p7, x, key,
	    EVP_sha256(), flags)) != NULL && add_time(si, when) &&
	    PKCS7_final(p7, in, flags) == 1)
		return p7;
	PKCS7_free(p7);
	return NULL;
}

/* OpenSSL's buffer as one of malloc's. */
static int
copy_out(const void *from, size_t n, uint8_t **out, size_t *outlen,
    struct err *e)
{
	if ((*out = malloc(n > 0 ? n : 1)) == NULL)
		return err_set(e, ERR_NOMEM, "PKCS#7");
	if (n > 0)
		memcpy(*out, from, n);
	*outlen = n;
	return ERR_OK;
}

static int
to_der(PKCS7 *p7, uint8_t **out, size_t *outlen, struct err *e)
{
	unsigned char *der = NULL;
	int n = i2d_PKCS7(p7, &der), ret;

	if (n <= 0)
		return ossl_err(e, ERR_CRYPTO, "PKCS#7 to DER");
	ret = copy_out(der, (size_t)n, out, outlen, e);
	OPENSSL_free(der);
	return ret;
}

/* A context for one signature: a few milliseconds, but nobody signs so in a
 * hurry. */
int
pkcs7_sign(struct signer *s, const struct cert *c, int64_t when,
    const void *data, size_t len, uint8_t **out, size_t *outlen,
    struct err *e)
{
	struct provider *p = NULL;
	EVP_PKEY *key = NULL;
	PKCS7 *p7 = NULL;
	BIO *in = NULL;
	int ret;

	*out = NULL;
	if (len > PKCS7_LEN_MAX)
		return err_set(e, ERR_LIMIT, "%zu bytes to sign, at most %d",
		    len, PKCS7_LEN_MAX);
	if ((p = provider_new(e)) == NULL)
		return ERR_CRYPTO;
	if ((key = provider_key(p, s, c, e)) == NULL) {
		ret = ERR_ARG;
	} else if ((in = BIO_new_mem_buf(data, (int)len)) == NULL) {
		ret = err_set(e, ERR_NOMEM, "PKCS#7");
	} else {
		p7 = sign_bio(p, key, cert_x509(c), when, in);
		ret = p7 != NULL ? to_der(p7, out, outlen, e) :
		    ossl_err(e, ERR_CRYPTO, "PKCS#7 signature");
	}
	PKCS7_free(p7);
	BIO_free(in);
	EVP_PKEY_free(key);
	provider_free(p);
	return ret;
}

/* --- reading it --- */

static bool
strong_digest(PKCS7_SIGNER_INFO *si)
{
	X509_ALGOR *digest;
	int nid;

	PKCS7_SIGNER_INFO_get0_algs(si, NULL, &digest, NULL);
	nid = OBJ_obj2nid(digest->algorithm);
	return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
}

static PKCS7 *
parse(const uint8_t *buf, size_t len)
{
	const uint8_t *p = buf;
	PKCS7 *p7 = d2i_PKCS7(NULL, &p, (long)len);

	ERR_clear_error();
	if (p7 != NULL && p == buf + len && PKCS7_type_is_signed(p7) &&
	    !PKCS7_is_detached(p7) &&
	    sk_PKCS7_SIGNER_INFO_num(PKCS7_get_signer_info(p7)) == 1)
		return p7;
	PKCS7_free(p7);
	return NULL;
}

/* Content to out; the one certificate that the signature is by. */
static X509 *
verify(PKCS7 *p7, BIO *out)
{
	STACK_OF(X509) *by;
	X509 *x = NULL;

	if (!strong_digest(sk_PKCS7_SIGNER_INFO_value(
	    PKCS7_get_signer_info(p7), 0)) ||
	    PKCS7_verify(p7, NULL, NULL, NULL, out, PKCS7_NOVERIFY |
	    PKCS7_BINARY) != 1)
		return NULL;
	if ((by = PKCS7_get0_signers(p7, NULL, 0)) != NULL)
		x = sk_X509_value(by, 0);
	sk_X509_free(by);
	return x;
}

static struct cert *
cert_of(X509 *x, struct err *e)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);
	struct cert *c;

	if (n <= 0) {
		(void)ossl_err(e, ERR_PROTO, "the signer's certificate");
		return NULL;
	}
	c = cert_from_der(der, (size_t)n, e);
	OPENSSL_free(der);
	return c;
}

int
pkcs7_open(const uint8_t *buf, size_t len, uint8_t **data, size_t *datalen,
    struct cert **signer, struct err *e)
{
	BIO *out = NULL;
	PKCS7 *p7;
	X509 *x;
	char *p;
	long n;
	int ret;

	*data = NULL;
	*signer = NULL;
	if (len > PKCS7_LEN_MAX)
		return err_set(e, ERR_LIMIT, "%zu bytes of PKCS#7, at most "
		    "%d", len, PKCS7_LEN_MAX);
	if ((p7 = parse(buf, len)) == NULL)
		return err_set(e, ERR_PROTO, "not exactly one PKCS#7 "
		    "SignedData with content and one signature");
	if ((out = BIO_new(BIO_s_mem())) == NULL) {
		ret = err_set(e, ERR_NOMEM, "PKCS#7");
	} else if ((x = verify(p7, out)) == NULL) {
		ret = err_set(e, ERR_VERIFY, "the signature does not fit, is "
		    "of a short digest, or its certificate is missing");
	} else if ((*signer = cert_of(x, e)) == NULL) {
		ret = ERR_PROTO;
	} else {
		n = BIO_get_mem_data(out, &p);
		ret = copy_out(p, (size_t)n, data, datalen, e);
	}
	if (ret != ERR_OK) {
		cert_free(*signer);
		*signer = NULL;
	}
	ERR_clear_error();
	BIO_free(out);
	PKCS7_free(p7);
	return ret;
}
