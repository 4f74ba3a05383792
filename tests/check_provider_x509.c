/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What OpenSSL signs with keys of the provider: certificates, requests, PKCS#7
 * and CMS.  OpenSSL's own provider checks them, with the certificate alone.
 */
#include <check.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "certs/internal.h"
#include "tests/signer_process.h"

enum { RSA_CERT, EC_CERT, NCERTS };

static struct cert *certs[NCERTS];
static EVP_PKEY *keys[NCERTS];
static struct signer_process sp;

static void
setup(void)
{
	log_init("check", LOG_ERR, LOG_TEXT);
	signer_process_start(&sp, NULL);
	certs[RSA_CERT] = data_cert("ccm");
	certs[EC_CERT] = data_cert("tftp-ec");
	for (size_t i = 0; i < NCERTS; i++)
		keys[i] = signer_process_key(&sp, certs[i]);
}

static void
teardown(void)
{
	for (size_t i = 0; i < NCERTS; i++) {
		EVP_PKEY_free(keys[i]);
		cert_free(certs[i]);
	}
	signer_process_stop(&sp);
	ERR_clear_error();
}

static EVP_PKEY *
public_of(size_t which)
{
	return X509_get0_pubkey(cert_x509(certs[which]));
}

/* --- certificates and requests --- */

struct form {
	size_t		 which;
	const char	*md;
	bool		 pss;
};

static bool
set_pss(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) ==
	    1;
}

static EVP_MD_CTX *
start(const struct form *f)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;

	ck_assert_int_eq(EVP_DigestSignInit_ex(ctx, &pctx, f->md,
	    provider_libctx(sp.provider), NULL, keys[f->which], NULL), 1);
	ck_assert(!f->pss || set_pss(pctx));
	return ctx;
}

static const struct {
	struct form	 form;
	int		 nid;
} names[] = {
	{ { RSA_CERT, "SHA1", false }, NID_sha1WithRSAEncryption },
	{ { RSA_CERT, "SHA256", false }, NID_sha256WithRSAEncryption },
	{ { RSA_CERT, "SHA384", false }, NID_sha384WithRSAEncryption },
	{ { RSA_CERT, "SHA512", false }, NID_sha512WithRSAEncryption },
	{ { RSA_CERT, "SHA256", true }, NID_rsassaPss },
	{ { RSA_CERT, "SHA384", true }, NID_rsassaPss },
	{ { RSA_CERT, "SHA512", true }, NID_rsassaPss },
	{ { EC_CERT, "SHA1", false }, NID_ecdsa_with_SHA1 },
	{ { EC_CERT, "SHA256", false }, NID_ecdsa_with_SHA256 },
	{ { EC_CERT, "SHA384", false }, NID_ecdsa_with_SHA384 },
	{ { EC_CERT, "SHA512", false }, NID_ecdsa_with_SHA512 },
};

/* DER and back: nothing of what signed it is left. */
static void
check_certificate(X509 *x, size_t which, int nid)
{
	uint8_t *der = NULL;
	int len = i2d_X509(x, &der);
	const uint8_t *p = der;
	X509 *read;
	int md, pk, bits;

	ck_assert_int_gt(len, 0);
	ck_assert_ptr_nonnull(read = d2i_X509(NULL, &p, len));
	ck_assert_int_eq(X509_get_signature_nid(read), nid);
	ck_assert_int_eq(X509_verify(read, public_of(which)), 1);
	ck_assert_int_eq(X509_get_signature_info(read, &md, &pk, &bits, NULL),
	    1);
	ck_assert_int_ne(X509_verify(read, public_of(1 - which)), 1);
	X509_free(read);
	OPENSSL_free(der);
}

START_TEST(certificate)
{
	const struct form *f = &names[_i].form;
	X509 *x = X509_dup(cert_x509(certs[f->which]));
	EVP_MD_CTX *ctx = start(f);

	ck_assert_int_eq(ASN1_INTEGER_set(X509_get_serialNumber(x), 77), 1);
	ck_assert_int_gt(X509_sign_ctx(x, ctx), 0);
	check_certificate(x, f->which, names[_i].nid);
	if (!f->pss) {		/* the short way, in OpenSSL's own context */
		ck_assert_int_eq(ASN1_INTEGER_set(X509_get_serialNumber(x),
		    78), 1);
		ck_assert_int_gt(X509_sign(x, keys[f->which],
		    EVP_get_digestbyname(f->md)), 0);
		check_certificate(x, f->which, names[_i].nid);
	}
	EVP_MD_CTX_free(ctx);
	X509_free(x);
}
END_TEST

/* A CSR of a key that has no certificate. */
START_TEST(request)
{
	size_t which = (size_t)_i;
	X509_REQ *r = X509_REQ_new(), *read;
	const uint8_t *p;
	uint8_t *der = NULL;
	int len;

	ck_assert_int_eq(X509_NAME_add_entry_by_txt(
	    X509_REQ_get_subject_name(r), "CN", MBSTRING_UTF8,
	    (const uint8_t *)"cm1", -1, -1, 0), 1);
	ck_assert_int_eq(X509_REQ_set_pubkey(r, keys[which]), 1);
	ck_assert_int_gt(X509_REQ_sign(r, keys[which], EVP_sha256()), 0);
	len = i2d_X509_REQ(r, &der);
	ck_assert_int_gt(len, 0);
	p = der;
	ck_assert_ptr_nonnull(read = d2i_X509_REQ(NULL, &p, len));
	ck_assert_int_eq(EVP_PKEY_eq(X509_REQ_get0_pubkey(read),
	    public_of(which)), 1);
	ck_assert_int_eq(X509_REQ_verify(read, public_of(which)), 1);
	ck_assert_int_eq(X509_REQ_get_signature_nid(read), which == RSA_CERT ?
	    NID_sha256WithRSAEncryption : NID_ecdsa_with_SHA256);
	X509_REQ_free(read);
	X509_REQ_free(r);
	OPENSSL_free(der);
}
END_TEST

/* --- PKCS#7 and CMS --- */

static const uint8_t text[] = "hello";
#define TEXT_LEN	(sizeof(text) - 1)

static const struct {
	size_t	which;
	int	flags;
} messages[] = {
	{ RSA_CERT, PKCS7_BINARY },
	{ RSA_CERT, PKCS7_BINARY | PKCS7_DETACHED },
	{ RSA_CERT, PKCS7_BINARY | PKCS7_NOATTR },
	{ EC_CERT, PKCS7_BINARY },
	{ EC_CERT, PKCS7_BINARY | PKCS7_NOATTR },
};

/* Through DER; the certificate is in it, nobody says whether to trust it. */
static bool
pkcs7_verifies(PKCS7 *p7, BIO *detached)
{
	uint8_t *der = NULL;
	int len = i2d_PKCS7(p7, &der);
	const uint8_t *p = der;
	BIO *out = BIO_new(BIO_s_mem());
	PKCS7 *read;
	char *got;
	bool ok;

	ck_assert_int_gt(len, 0);
	ck_assert_ptr_nonnull(read = d2i_PKCS7(NULL, &p, len));
	ok = PKCS7_verify(read, NULL, NULL, detached, out, PKCS7_NOVERIFY |
	    PKCS7_BINARY) == 1 && BIO_get_mem_data(out, &got) == TEXT_LEN &&
	    memcmp(got, text, TEXT_LEN) == 0;
	PKCS7_free(read);
	BIO_free(out);
	OPENSSL_free(der);
	return ok;
}

START_TEST(pkcs7)
{
	size_t which = messages[_i].which;
	BIO *in = BIO_new_mem_buf(text, TEXT_LEN);
	BIO *again = BIO_new_mem_buf(text, TEXT_LEN);
	BIO *other = BIO_new_mem_buf("hallo", TEXT_LEN);
	bool detached = messages[_i].flags & PKCS7_DETACHED;
	PKCS7 *p7 = PKCS7_sign(cert_x509(certs[which]), keys[which], NULL, in,
	    messages[_i].flags);

	ck_assert_msg(p7 != NULL, "%s",
	    ERR_reason_error_string(ERR_peek_last_error()));
	ck_assert(pkcs7_verifies(p7, detached ? again : NULL));
	ck_assert(!detached || !pkcs7_verifies(p7, other));
	PKCS7_free(p7);
	/* Somebody else's certificate: refused. */
	ck_assert_ptr_null(PKCS7_sign(cert_x509(certs[1 - which]),
	    keys[which], NULL, in, messages[_i].flags));
	BIO_free(in);
	BIO_free(again);
	BIO_free(other);
}
END_TEST

START_TEST(cms)
{
	size_t which = messages[_i].which;
	unsigned flags = CMS_BINARY | (messages[_i].flags & PKCS7_NOATTR ?
	    CMS_NOATTR : 0);
	BIO *in = BIO_new_mem_buf(text, TEXT_LEN);
	BIO *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *c = CMS_sign(cert_x509(certs[which]), keys[which],
	    NULL, in, flags), *read;
	uint8_t *der = NULL;
	const uint8_t *p;
	char *got;
	int len;

	ck_assert_msg(c != NULL, "%s",
	    ERR_reason_error_string(ERR_peek_last_error()));
	len = i2d_CMS_ContentInfo(c, &der);
	ck_assert_int_gt(len, 0);
	p = der;
	ck_assert_ptr_nonnull(read = d2i_CMS_ContentInfo(NULL, &p, len));
	ck_assert_int_eq(CMS_verify(read, NULL, NULL, NULL, out,
	    CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY), 1);
	ck_assert_int_eq(BIO_get_mem_data(out, &got), TEXT_LEN);
	ck_assert_mem_eq(got, text, TEXT_LEN);
	CMS_ContentInfo_free(read);
	CMS_ContentInfo_free(c);
	OPENSSL_free(der);
	BIO_free(in);
	BIO_free(out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("provider_x509");
	TCase *tc = tcase_create("provider_x509");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, certificate, 0, (int)N_OF(names));
	tcase_add_loop_test(tc, request, 0, NCERTS);
	tcase_add_loop_test(tc, pkcs7, 0, (int)N_OF(messages));
	tcase_add_loop_test(tc, cms, 0, (int)N_OF(messages));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
