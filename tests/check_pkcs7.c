/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * PKCS#7 SignedData: made through a signer process, read back, and read by
 * OpenSSL; changed, cut, weak, and of other kinds.
 */
#include <check.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "certs/internal.h"
#include "certs/pkcs7.h"
#include "tests/signer_process.h"

#define WHEN	1800000000

static const char text[] = "a manifest\n";

static struct signer_process sp;
static struct cert *certs[2];

static void
setup(void)
{
	log_init("check", LOG_ERR, LOG_TEXT);
	signer_process_start(&sp, NULL);
	certs[0] = data_cert("ccm");
	certs[1] = data_cert("tftp-ec");
}

static void
teardown(void)
{
	cert_free(certs[0]);
	cert_free(certs[1]);
	signer_process_stop(&sp);
}

static uint8_t *
made(const struct cert *c, const void *data, size_t n, size_t *len)
{
	struct err e = { 0 };
	uint8_t *der;

	ck_assert_msg(pkcs7_sign(sp.remote, c, WHEN, data, n, &der, len,
	    &e) == ERR_OK, "%s", e.msg);
	return der;
}

static int
opened(const uint8_t *der, size_t len, struct err *e)
{
	struct cert *signer;
	uint8_t *data;
	size_t n;
	int ret = pkcs7_open(der, len, &data, &n, &signer, e);

	if (ret == ERR_OK) {
		free(data);
		cert_free(signer);
	} else {
		ck_assert(data == NULL && signer == NULL);
	}
	return ret;
}

static void
round_trip_of(const struct cert *c, const uint8_t *in, size_t n)
{
	struct err e = { 0 };
	struct cert *signer;
	uint8_t *der, *data;
	size_t len, m;

	der = made(c, in, n, &len);
	ck_assert_msg(pkcs7_open(der, len, &data, &m, &signer, &e) == ERR_OK,
	    "%s", e.msg);
	ck_assert_uint_eq(m, n);
	ck_assert_mem_eq(data, in, n);
	ck_assert(cert_same(signer, c));
	cert_free(signer);
	free(data);
	free(der);
}

START_TEST(round_trip)
{
	uint8_t *big = calloc(1, 100000);

	ck_assert_ptr_nonnull(big);
	round_trip_of(certs[_i], (const uint8_t *)text, strlen(text));
	round_trip_of(certs[_i], (const uint8_t *)"\r\n\0x", 4);
	round_trip_of(certs[_i], big, 0);
	round_trip_of(certs[_i], big, 100000);
	free(big);
}
END_TEST

/* The time is the caller's, whatever the clock says. */
START_TEST(openssl_reads)
{
	size_t len;
	uint8_t *der = made(certs[_i], text, strlen(text), &len);
	const uint8_t *p = der;
	PKCS7 *p7 = d2i_PKCS7(NULL, &p, (long)len);
	PKCS7_SIGNER_INFO *si;
	ASN1_TYPE *when;
	BIO *out = BIO_new(BIO_s_mem());
	char *got;

	ck_assert_ptr_nonnull(p7);
	ck_assert_int_eq(PKCS7_verify(p7, NULL, NULL, NULL, out,
	    PKCS7_NOVERIFY | PKCS7_BINARY), 1);
	ck_assert_int_eq(BIO_get_mem_data(out, &got), (long)strlen(text));
	si = sk_PKCS7_SIGNER_INFO_value(PKCS7_get_signer_info(p7), 0);
	when = PKCS7_get_signed_attribute(si, NID_pkcs9_signingTime);
	ck_assert_ptr_nonnull(when);
	ck_assert_int_eq(ASN1_TIME_cmp_time_t(when->value.utctime, WHEN), 0);
	BIO_free(out);
	PKCS7_free(p7);
	free(der);
}
END_TEST

START_TEST(damaged)
{
	struct err e = { 0 };
	size_t len;
	uint8_t *der = made(certs[0], text, strlen(text), &len);
	uint8_t *at = memmem(der, len, text, strlen(text));
	uint8_t *longer = calloc(1, len + 1);

	ck_assert(at != NULL && longer != NULL);
	*at ^= 1;			/* the content */
	ck_assert_int_eq(opened(der, len, &e), ERR_VERIFY);
	*at ^= 1;
	der[len - 1] ^= 1;		/* the signature */
	ck_assert_int_eq(opened(der, len, &e), ERR_VERIFY);
	der[len - 1] ^= 1;
	ck_assert_int_eq(opened(der, len, &e), ERR_OK);
	for (size_t cut = 0; cut < len; cut += 7)
		ck_assert_int_eq(opened(der, cut, &e), ERR_PROTO);
	memcpy(longer, der, len);
	ck_assert_int_eq(opened(longer, len + 1, &e), ERR_PROTO);
	ck_assert_int_eq(opened(der, PKCS7_LEN_MAX + 1, &e), ERR_LIMIT);
	free(longer);
	free(der);
}
END_TEST

/* What others may send: refused each for its reason. */
static const struct {
	int		 flags;
	const char	*md;
	int		 signatures;
	int		 code;
} others[] = {
	{ PKCS7_BINARY, "SHA384", 1, ERR_OK },
	{ PKCS7_BINARY | PKCS7_NOATTR, "SHA256", 1, ERR_OK },
	{ PKCS7_BINARY, "SHA1", 1, ERR_VERIFY },
	{ PKCS7_BINARY | PKCS7_NOCERTS, "SHA256", 1, ERR_VERIFY },
	{ PKCS7_BINARY | PKCS7_DETACHED, "SHA256", 1, ERR_PROTO },
	{ PKCS7_BINARY, "SHA256", 2, ERR_PROTO },
	{ PKCS7_BINARY, "SHA256", 0, ERR_PROTO },
};

START_TEST(by_others)
{
	EVP_PKEY *k = signer_process_key(&sp, certs[0]);
	BIO *in = BIO_new_mem_buf(text, -1);
	PKCS7 *p7 = PKCS7_sign(NULL, NULL, NULL, NULL, others[_i].flags |
	    PKCS7_PARTIAL);
	struct err e = { 0 };
	uint8_t *der = NULL;
	int n;

	for (int i = 0; i < others[_i].signatures; i++)
		ck_assert_ptr_nonnull(PKCS7_sign_add_signer(p7,
		    cert_x509(certs[0]), k,
		    EVP_get_digestbyname(others[_i].md), others[_i].flags));
	ck_assert_int_eq(PKCS7_final(p7, in, others[_i].flags), 1);
	n = i2d_PKCS7(p7, &der);
	ck_assert_int_gt(n, 0);
	ck_assert_msg(opened(der, (size_t)n, &e) == others[_i].code,
	    "case %d: %s", _i, e.msg);
	OPENSSL_free(der);
	PKCS7_free(p7);
	BIO_free(in);
	EVP_PKEY_free(k);
}
END_TEST

/* Not SignedData at all. */
START_TEST(other_kinds)
{
	size_t len;
	const uint8_t *cert = cert_der(certs[0], &len);
	PKCS7 *p7 = PKCS7_new();
	struct err e = { 0 };
	uint8_t *der = NULL;
	int n;

	ck_assert_int_eq(opened(cert, len, &e), ERR_PROTO);
	ck_assert_int_eq(PKCS7_set_type(p7, NID_pkcs7_data), 1);
	ck_assert_int_eq(ASN1_OCTET_STRING_set(p7->d.data,
	    (const uint8_t *)text, (int)strlen(text)), 1);
	n = i2d_PKCS7(p7, &der);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(opened(der, (size_t)n, &e), ERR_PROTO);
	OPENSSL_free(der);
	PKCS7_free(p7);
}
END_TEST

/* The signer's own reason gets through OpenSSL. */
START_TEST(refused)
{
	struct signer *nobody = signer_local_new(NULL);
	struct err e = { 0 };
	uint8_t *der;
	size_t len;

	ck_assert_int_eq(pkcs7_sign(nobody, certs[0], WHEN, text, 4, &der,
	    &len, &e), ERR_CRYPTO);
	ck_assert_ptr_null(der);
	ck_assert_msg(strstr(e.msg, "does not hold this key") != NULL, "%s",
	    e.msg);
	signer_free(nobody);
	ck_assert_int_eq(kill(sp.pid, SIGKILL), 0);
	ck_assert_int_eq(pkcs7_sign(sp.remote, certs[0], WHEN, text, 4, &der,
	    &len, &e), ERR_CRYPTO);
	ck_assert_msg(strstr(e.msg, "signer process is gone") != NULL, "%s",
	    e.msg);
	ck_assert_int_eq(pkcs7_sign(sp.remote, certs[0], WHEN, text,
	    PKCS7_LEN_MAX + 1, &der, &len, &e), ERR_LIMIT);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pkcs7");
	TCase *tc = tcase_create("pkcs7");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, round_trip, 0, (int)N_OF(certs));
	tcase_add_loop_test(tc, openssl_reads, 0, (int)N_OF(certs));
	tcase_add_test(tc, damaged);
	tcase_add_loop_test(tc, by_others, 0, (int)N_OF(others));
	tcase_add_test(tc, other_kinds);
	tcase_add_test(tc, refused);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
