/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates: what is read from the golden ones, and their signatures.
 */
#include <check.h>
#include <openssl/core_names.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/certs_data.h"

/* --- the golden certificates --- */

static const struct {
	const char	*name, *serial, *sha1;
	enum key_type	 type;
	int		 bits;
	size_t		 pub, sig;
	int64_t		 not_before, not_after;
} golden[] = {
	{ "sast", "871b8e5501fbe438c6b8caf69e115229",
	    "c880623013a524295a75c571a4b77308bb420b68", KEY_RSA2048, 2048,
	    270, 256, 1795219200, 2426371200 },
	{ "ccm", "86de4525b351cf0cbaf691f0a8d968b4",
	    "62f292e182e9eadcee0f8072602c9c756af5bf7a", KEY_RSA2048, 2048,
	    270, 256, 1795219200, 2426371200 },
	{ "capf", "ad8b9b625831ec6dab645f90f2d46825",
	    "22e416114ad51ec211ab56409210af0e0e81ab78", KEY_RSA2048, 2048,
	    270, 256, 1795219200, 2426371200 },
	{ "tvs", "80581e909bfe946ca062a95cdb1aca8f",
	    "ea623fca035c86c8a4661ee014d7fd74749392f7", KEY_RSA2048, 2048,
	    270, 256, 1795219200, 2426371200 },
	{ "tftp-ec", "759c34c8baa8165bf46b1d4a4342aec1",
	    "db9165c5f5cb009789ab3fa09b4e73a72271fec1", KEY_EC384, 384,
	    97, 104, 1795219200, 2110838400 },
};

START_TEST(golden_fields)
{
	struct cert *c = data_cert(golden[_i].name);
	uint8_t sha1[20];
	const uint8_t *p;
	char hex[64];
	size_t n;

	p = cert_serial(c, &n);
	str_hex(p, n, hex);
	ck_assert_str_eq(hex, golden[_i].serial);
	ck_assert_int_eq(cert_fingerprint(c, DIGEST_SHA1, sha1, NULL),
	    ERR_OK);
	str_hex(sha1, sizeof(sha1), hex);
	ck_assert_str_eq(hex, golden[_i].sha1);
	ck_assert_int_eq(cert_key_type(c), golden[_i].type);
	ck_assert_int_eq(cert_key_bits(c), golden[_i].bits);
	p = cert_public_key(c, &n);
	ck_assert_uint_eq(n, golden[_i].pub);
	ck_assert_uint_eq(p[0], key_type_is_rsa(golden[_i].type) ? 0x30 :
	    0x04);
	(void)cert_signature(c, &n);
	ck_assert_uint_eq(n, golden[_i].sig);
	ck_assert_int_eq(cert_not_before(c), golden[_i].not_before);
	ck_assert_int_eq(cert_not_after(c), golden[_i].not_after);
	ck_assert(cert_self_signed(c));
	ck_assert(cert_is_ca(c));
	ck_assert_ptr_nonnull(cert_ski(c, &n));
	ck_assert_uint_eq(n, 20);
	cert_free(c);
}
END_TEST

START_TEST(golden_names)
{
	struct cert *c = data_cert("ccm"), *ec = data_cert("tftp-ec");
	char *s[6] = {
		cert_subject(c, CERT_NAME_COMMA, NULL),
		cert_issuer(c, CERT_NAME_SEMICOLON, NULL),
		cert_subject(c, CERT_NAME_SEMICOLON_ASIS, NULL),
		cert_subject(ec, CERT_NAME_SEMICOLON, NULL),
		cert_cn(ec, NULL), cert_issuer_cn(c, NULL),
	};

	ck_assert_str_eq(s[0],
	    "CN=CCM,O=Example Org,OU=Voice Lab,L=Wellington,ST=WGN,C=NZ");
	ck_assert_str_eq(s[1],
	    "CN=CCM;OU=Voice Lab;O=Example Org;L=Wellington;ST=WGN;C=NZ");
	ck_assert_str_eq(s[2],
	    "CN=CCM;O=Example Org;OU=Voice Lab;L=Wellington;ST=WGN;C=NZ");
	ck_assert_str_eq(s[3], "CN=HTTPS-EC;OU=Voice Lab;O=Example Org");
	ck_assert_str_eq(s[4], "HTTPS-EC");
	ck_assert_str_eq(s[5], "CCM");
	for (size_t i = 0; i < N_OF(s); i++)
		free(s[i]);
	cert_free(c);
	cert_free(ec);
}
END_TEST

START_TEST(exact_bytes)
{
	struct cert *c = data_cert("ccm"), *back;
	uint8_t sha[32], want[32], *longer;
	const uint8_t *der, *der2;
	struct err e = { 0 };
	size_t len, len2;
	char *pem;

	der = cert_der(c, &len);
	ck_assert_uint_eq(len, 986);
	cert_sha256(c, sha);
	ck_assert_int_eq(digest_buf(DIGEST_SHA256, der, len, want, NULL),
	    ERR_OK);
	ck_assert_mem_eq(sha, want, 32);

	ck_assert_ptr_nonnull(pem = cert_to_pem(c, NULL));
	ck_assert(str_starts(pem, "-----BEGIN CERTIFICATE-----\n"));
	back = cert_from_pem((uint8_t *)pem, strlen(pem), &e);
	ck_assert_ptr_nonnull(back);
	der2 = cert_der(back, &len2);
	ck_assert_uint_eq(len, len2);
	ck_assert_mem_eq(der, der2, len);
	free(pem);
	cert_free(back);

	for (size_t cut = 0; cut < len; cut++)
		ck_assert_ptr_null(cert_from_der(der, cut, NULL));
	ck_assert_ptr_nonnull(longer = malloc(len + 1));
	memcpy(longer, der, len);
	longer[len] = 0;
	ck_assert_ptr_null(cert_from_der(longer, len + 1, &e));
	ck_assert_int_eq(e.code, ERR_PROTO);
	free(longer);
	ck_assert_ptr_null(cert_from_der(der, CERT_DER_MAX + 1, &e));
	ck_assert_int_eq(e.code, ERR_LIMIT);
	cert_free(c);
}
END_TEST

START_TEST(pem_refused)
{
	static const char *const texts[] = {
		"nothing", "-----BEGIN CERTIFICATE-----\nMAA=\n"
		    "-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
	};
	struct err e = { 0 };

	for (size_t i = 0; i < N_OF(texts); i++) {
		ck_assert_ptr_null(cert_from_pem((const uint8_t *)texts[i],
		    strlen(texts[i]), &e));
		ck_assert_int_eq(e.code, ERR_PROTO);
	}
	ck_assert_ptr_null(cert_from_pem((const uint8_t *)"", 0, &e));
	ck_assert_int_eq(e.code, ERR_LIMIT);
}
END_TEST

START_TEST(references)
{
	struct cert *c = data_cert("ccm"), *two = cert_ref(c);
	size_t n;

	ck_assert_ptr_eq(c, two);
	cert_free(c);
	(void)cert_serial(two, &n);	/* still there: valgrind would tell */
	ck_assert_uint_eq(n, 16);
	cert_free(two);
	cert_free(NULL);
}
END_TEST

START_TEST(text_dump)
{
	struct cert *c = data_cert("ccm");
	char *text = cert_text(c, NULL);

	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(strstr(text, "Serial Number:\n            "
	    "86:de:45:25"));
	ck_assert_ptr_nonnull(strstr(text, "CN = CCM, O = Example Org"));
	ck_assert_ptr_nonnull(strstr(text, "CA:TRUE, pathlen:0"));
	free(text);
	cert_free(c);
}
END_TEST

START_TEST(verify_digest)
{
	static const char *const names[] = { "ccm", "tftp-ec" };
	uint8_t digest[DIGEST_MAX] = { 3 }, sig[KEY_SIG_MAX];
	struct cert *other = data_cert("capf");
	size_t n;

	for (size_t i = 0; i < N_OF(names); i++) {
		struct cert *c = data_cert(names[i]);
		struct key *k = data_key(names[i]);

		ck_assert_int_eq(key_sign_digest(k, DIGEST_SHA256,
		    i == 0 ? KEY_PAD_PKCS1 : KEY_PAD_ECDSA, digest, 32, sig,
		    &n, NULL), ERR_OK);
		ck_assert_int_eq(cert_verify_digest(c, DIGEST_SHA256, digest,
		    32, sig, n, NULL), ERR_OK);
		ck_assert_int_eq(cert_verify_digest(other, DIGEST_SHA256,
		    digest, 32, sig, n, NULL), ERR_VERIFY);
		ck_assert_int_eq(cert_verify_digest(c, DIGEST_SHA512, digest,
		    64, sig, n, NULL), ERR_VERIFY);
		ck_assert_int_eq(cert_verify_digest(c, DIGEST_SHA256, digest,
		    20, sig, n, NULL), ERR_VERIFY);
		ck_assert_int_eq(cert_verify_digest(c, DIGEST_MD5, digest,
		    16, sig, n, NULL), ERR_VERIFY);
		ck_assert_int_eq(cert_verify_digest(c, DIGEST_SHA256, digest,
		    32, sig, n - 1, NULL), ERR_VERIFY);
		ck_assert_int_eq(cert_verify_digest(c, DIGEST_SHA256, digest,
		    32, sig, 0, NULL), ERR_VERIFY);
		digest[31] ^= 1;
		ck_assert_int_eq(cert_verify_digest(c, DIGEST_SHA256, digest,
		    32, sig, n, NULL), ERR_VERIFY);
		cert_free(c);
		key_free(k);
	}
	cert_free(other);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cert");
	TCase *tc = tcase_create("cert");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, golden_fields, 0, N_OF(golden));
	tcase_add_test(tc, golden_names);
	tcase_add_test(tc, exact_bytes);
	tcase_add_test(tc, pem_refused);
	tcase_add_test(tc, references);
	tcase_add_test(tc, text_dump);
	tcase_add_test(tc, verify_digest);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
