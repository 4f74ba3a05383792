/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates as others make them, made with OpenSSL: odd names, serial numbers
 * and keys.
 */
#include <check.h>
#include <openssl/core_names.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/certs_data.h"

/* --- odd ones, made with OpenSSL --- */

static EVP_PKEY *odd_key;
static X509 *odd;

static void
odd_make(void)
{
	odd_key = EVP_EC_gen("P-256");
	odd = X509_new();
	ck_assert(odd_key != NULL && odd != NULL);
	ck_assert(X509_set_version(odd, 2) && X509_set_pubkey(odd, odd_key) &&
	    ASN1_INTEGER_set(X509_get_serialNumber(odd), 1) &&
	    ASN1_TIME_set(X509_getm_notBefore(odd), 0) != NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(odd), 1) != NULL);
}

static void
odd_free(void)
{
	X509_free(odd);
	EVP_PKEY_free(odd_key);
}

static struct cert *
odd_cert(struct err *e)
{
	uint8_t *der = NULL;
	struct cert *c;
	int len;

	ck_assert_int_gt(X509_sign(odd, odd_key, EVP_sha256()), 0);
	ck_assert_int_gt(len = i2d_X509(odd, &der), 0);
	c = cert_from_der(der, (size_t)len, e);
	OPENSSL_free(der);
	return c;
}

static void
odd_name(const char *type, int asn1, const char *value, int len, int set)
{
	ck_assert_int_eq(X509_NAME_add_entry_by_txt(
	    X509_get_subject_name(odd), type, asn1,
	    (const unsigned char *)value, len, -1, set), 1);
}

static const struct {
	const char	*value, *text;
} escapes[] = {
	{ "plain", "plain" },
	{ "a,b", "a\\,b" },
	{ "a+b", "a\\+b" },
	{ "a\"b", "a\\\"b" },
	{ "a\\b", "a\\\\b" },
	{ "<a>", "\\<a\\>" },
	{ "a;b", "a\\;b" },
	{ "a=b", "a=b" },
	{ "#a#", "\\#a#" },
	{ " a b ", "\\ a b\\ " },
	{ " ", "\\ " },
	{ "a\nb", "a\\0ab" },
	{ "\x7f", "\\7f" },
	{ "M\xc3\xa4rz", "M\xc3\xa4rz" },
};

START_TEST(name_escapes)
{
	char want[64], *got;
	struct cert *c;

	odd_name("O", V_ASN1_UTF8STRING, escapes[_i].value, -1, 0);
	ck_assert_ptr_nonnull(c = odd_cert(NULL));
	(void)snprintf(want, sizeof(want), "O=%s", escapes[_i].text);
	got = cert_subject(c, CERT_NAME_COMMA, NULL);
	ck_assert_str_eq(got, want);
	free(got);
	got = cert_subject(c, CERT_NAME_SEMICOLON, NULL);
	ck_assert_str_eq(got, want);
	free(got);
	got = cert_cn(c, NULL);
	ck_assert_str_eq(got, "");
	free(got);
	cert_free(c);
}
END_TEST

/* All short types, one without, two values in one RDN (which DER sorts), two
 * CNs. */
START_TEST(name_forms)
{
	char *got[3];
	struct cert *c;

	odd_name("C", MBSTRING_ASC, "NZ", -1, 0);
	odd_name("serialNumber", MBSTRING_ASC, "42", -1, 0);
	odd_name("UID", MBSTRING_ASC, "u", -1, 0);
	odd_name("DC", V_ASN1_IA5STRING, "lab", -1, 0);
	odd_name("CN", V_ASN1_BMPSTRING, "\0o\0n\0e", 6, 0);
	odd_name("OU", MBSTRING_ASC, "x", -1, -1);	/* same RDN as CN */
	odd_name("street", MBSTRING_ASC, "s", -1, 0);
	odd_name("ST", MBSTRING_ASC, "WGN", -1, 0);
	odd_name("L", V_ASN1_T61STRING, "W\xe4", -1, 0);
	odd_name("CN", MBSTRING_ASC, "two", -1, 0);
	ck_assert_ptr_nonnull(c = odd_cert(NULL));
	got[0] = cert_subject(c, CERT_NAME_COMMA, NULL);
	got[1] = cert_subject(c, CERT_NAME_SEMICOLON, NULL);
	got[2] = cert_cn(c, NULL);
	ck_assert_str_eq(got[0], "C=NZ,2.5.4.5=42,UID=u,DC=lab,OU=x,CN=one,"
	    "STREET=s,ST=WGN,L=W\xc3\xa4,CN=two");
	ck_assert_str_eq(got[1], "CN=one;CN=two;OU=x;L=W\xc3\xa4;ST=WGN;C=NZ;"
	    "2.5.4.5=42;UID=u;DC=lab;STREET=s");
	ck_assert_str_eq(got[2], "two");
	for (size_t i = 0; i < N_OF(got); i++)
		free(got[i]);
	/* Subject and issuer differ. */
	ck_assert(!cert_self_signed(c));
	cert_free(c);
}
END_TEST

START_TEST(name_undecodable)
{
	struct err e = { 0 };
	struct cert *c;
	char *text;

	odd_name("CN", V_ASN1_BIT_STRING, "x", 1, 0);
	ck_assert_ptr_nonnull(c = odd_cert(&e));
	ck_assert_ptr_null(cert_subject(c, CERT_NAME_COMMA, &e));
	ck_assert_int_eq(e.code, ERR_PROTO);
	ck_assert_ptr_null(cert_cn(c, &e));
	cert_free(c);
	/* A NUL in a CN: the text escapes it, a plain CN cannot be. */
	X509_NAME_ENTRY_free(X509_NAME_delete_entry(
	    X509_get_subject_name(odd), 0));
	odd_name("CN", V_ASN1_UTF8STRING, "good\0evil", 9, 0);
	ck_assert_ptr_nonnull(c = odd_cert(&e));
	text = cert_subject(c, CERT_NAME_COMMA, &e);
	ck_assert_str_eq(text, "CN=good\\00evil");
	free(text);
	ck_assert_ptr_null(cert_cn(c, &e));
	cert_free(c);
}
END_TEST

static const struct {
	const char	*hex;		/* of the number */
	bool		 negative;
	const char	*want;
} serials[] = {
	{ "00", false, "" },
	{ "01", false, "01" },
	{ "7f", false, "7f" },
	{ "80", false, "80" },
	{ "ff01", false, "ff01" },
	{ "0102030405060708090a0b0c0d0e0f1011121314", false,
	    "0102030405060708090a0b0c0d0e0f1011121314" },
	{ "8001", true, "" },
};

START_TEST(serial_forms)
{
	struct cert *c;
	BIGNUM *bn = NULL;
	const uint8_t *p;
	char hex[64];
	size_t n;

	ck_assert_int_gt(BN_hex2bn(&bn, serials[_i].hex), 0);
	BN_set_negative(bn, serials[_i].negative);
	ck_assert_ptr_nonnull(BN_to_ASN1_INTEGER(bn,
	    X509_get_serialNumber(odd)));
	BN_free(bn);
	ck_assert_ptr_nonnull(c = odd_cert(NULL));
	p = cert_serial(c, &n);
	str_hex(p, n, hex);
	ck_assert_str_eq(hex, serials[_i].want);
	cert_free(c);
}
END_TEST

/* Zero and negative serials are refused where a file is to carry them. */
START_TEST(serial_zero_in_list)
{
	struct cert *ccm = data_cert("ccm"), *c;
	struct list_entry entry[2] = { { .cert = ccm, .role = ROLE_SAST } };
	struct list_build b = {
		.entry = entry, .nentry = 2, .signer = ccm,
		.digest = DIGEST_SHA1, .file_name = "ITLFile.tlv",
	};
	struct signer *s = data_signer();
	struct err e = { 0 };
	uint8_t *out;
	size_t len;

	odd_name("CN", MBSTRING_ASC, "zero", -1, 0);
	ck_assert_int_eq(ASN1_INTEGER_set(X509_get_serialNumber(odd), 0), 1);
	ck_assert_ptr_nonnull(c = odd_cert(NULL));
	entry[1] = (struct list_entry){ .cert = c, .role = ROLE_TVS };
	ck_assert_int_eq(list_build(&b, s, &out, &len, &e), ERR_ARG);
	ck_assert_ptr_nonnull(strstr(e.msg, "CN=zero: files cannot carry its "
	    "serial"));
	cert_free(c);
	cert_free(ccm);
	signer_free(s);
}
END_TEST

/* Keys that lists cannot carry, and kinds that are none of ours. */
START_TEST(other_keys)
{
	EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	EVP_PKEY *k1 = EVP_EC_gen("secp256k1");
	struct cert *c;
	size_t n;

	ck_assert_int_eq(X509_set_pubkey(odd, ed), 1);
	ck_assert_ptr_nonnull(c = odd_cert(NULL));
	ck_assert_int_eq(cert_key_type(c), KEY_OTHER);
	(void)cert_public_key(c, &n);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(cert_verify_digest(c, DIGEST_SHA256,
	    (const uint8_t *)"01234567890123456789012345678901", 32,
	    (const uint8_t *)"sig", 3, NULL), ERR_VERIFY);
	cert_free(c);
	ck_assert_int_eq(X509_set_pubkey(odd, k1), 1);
	ck_assert_ptr_nonnull(c = odd_cert(NULL));
	ck_assert_int_eq(cert_key_type(c), KEY_OTHER);
	ck_assert_int_eq(cert_key_bits(c), 256);
	(void)cert_public_key(c, &n);
	ck_assert_uint_eq(n, 65);
	/* Compressed points have no place in a record. */
	EVP_PKEY_free(k1);
	k1 = EVP_EC_gen("P-256");
	ck_assert_int_eq(EVP_PKEY_set_utf8_string_param(k1,
	    OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"), 1);
	cert_free(c);
	ck_assert_int_eq(X509_set_pubkey(odd, k1), 1);
	ck_assert_ptr_nonnull(c = odd_cert(NULL));
	(void)cert_public_key(c, &n);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(cert_key_type(c), KEY_EC256);
	cert_free(c);
	EVP_PKEY_free(ed);
	EVP_PKEY_free(k1);
}
END_TEST

START_TEST(not_self_signed)
{
	EVP_PKEY *other = EVP_EC_gen("P-256");
	struct cert *c;
	size_t n;

	/* Same names, another key's signature. */
	ck_assert_int_eq(X509_set_pubkey(odd, other), 1);
	ck_assert_ptr_nonnull(c = odd_cert(NULL));
	ck_assert(!cert_self_signed(c));
	ck_assert(!cert_is_ca(c));
	ck_assert_ptr_null(cert_ski(c, &n));
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(cert_not_before(c), 0);
	ck_assert_int_eq(cert_not_after(c), 1);
	cert_free(c);
	EVP_PKEY_free(other);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cert_odd");
	TCase *tc = tcase_create("cert");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, odd_make, odd_free);
	tcase_add_loop_test(tc, name_escapes, 0, N_OF(escapes));
	tcase_add_test(tc, name_forms);
	tcase_add_test(tc, name_undecodable);
	tcase_add_loop_test(tc, serial_forms, 0, N_OF(serials));
	tcase_add_test(tc, serial_zero_in_list);
	tcase_add_test(tc, other_keys);
	tcase_add_test(tc, not_self_signed);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
