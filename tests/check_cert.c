/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates: the golden ones, odd ones made with OpenSSL directly, and
 * those we make.  What `openssl verify` says of ours: tests/check_openssl.py.
 */
#include <check.h>
#include <openssl/core_names.h>
#include <openssl/x509v3.h>
#include <stdio.h>
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

/* --- ours --- */

static const struct cert_san sans[] = {
	{ false, "cm1" }, { false, "cm1.example.org" }, { true, "192.0.2.10" },
	{ true, "2001:db8::10" },
};

static struct cert_spec
sound_spec(void)
{
	return (struct cert_spec){
		.cn = "cm1", .o = "Example Org", .ou = "Voice Lab",
		.l = "Wellington", .st = "WGN", .c = "NZ",
		.serial_number = "0b6f4a62-0000-4000-8000-000000000001",
		.serial = { 0x12, 0x34 }, .seriallen = 2,
		.not_before = 1795000000, .not_after = 2600000000,
		.san = sans, .nsan = N_OF(sans),
		.usage = CERT_USE_TLS_SERVER | CERT_USE_TLS_CLIENT |
		    CERT_USE_SIGN | CERT_USE_ENCIPHER,
		.pathlen = -1, .hash = DIGEST_SHA256,
	};
}

static void
text_has(const char *text, const char *const *want)
{
	for (; *want != NULL; want++)
		ck_assert_msg(strstr(text, *want) != NULL, "\"%s\" is not in\n"
		    "%s", *want, text);
}

START_TEST(make_server)
{
	static const char *const want[] = {
		"Version: 3 (0x2)",
		"Signature Algorithm: sha256WithRSAEncryption",
		"Subject: CN = cm1, O = Example Org, OU = Voice Lab, "
		    "L = Wellington, ST = WGN, C = NZ, serialNumber = 0b6f",
		"X509v3 Basic Constraints: \n                CA:FALSE",
		"X509v3 Key Usage: critical\n                Digital "
		    "Signature, Key Encipherment, Data Encipherment\n",
		"TLS Web Server Authentication, TLS Web Client "
		    "Authentication\n",
		"X509v3 Subject Key Identifier",
		"X509v3 Authority Key Identifier",
		"DNS:cm1, DNS:cm1.example.org, IP Address:192.0.2.10, "
		    "IP Address:2001:DB8:0:0:0:0:0:10",
		NULL
	};
	struct key *k = data_key_of(KEY_RSA2048);
	struct cert_spec s = sound_spec();
	uint8_t id[KEY_ID_LEN], cert_id[KEY_ID_LEN];
	struct err e = { 0 };
	struct cert *c = cert_self_sign(&s, k, &e);
	const uint8_t *serial;
	size_t n;
	char *text;

	ck_assert_msg(c != NULL, "%s", e.msg);
	text = cert_text(c, NULL);
	text_has(text, want);
	free(text);
	ck_assert(cert_self_signed(c));
	ck_assert(!cert_is_ca(c));
	ck_assert_int_eq(cert_not_before(c), 1795000000);
	ck_assert_int_eq(cert_not_after(c), 2600000000);
	serial = cert_serial(c, &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_mem_eq(serial, "\x12\x34", 2);
	ck_assert_int_eq(key_id(k, id, NULL), ERR_OK);
	cert_key_id(c, cert_id);
	ck_assert_mem_eq(id, cert_id, sizeof(id));
	(void)cert_ski(c, &n);
	ck_assert_uint_eq(n, 20);
	cert_free(c);
	key_free(k);
}
END_TEST

START_TEST(make_ca)
{
	static const char *const want[] = {
		"Signature Algorithm: ecdsa-with-SHA384",
		"Subject: CN = capf\n",
		"X509v3 Basic Constraints: critical\n                "
		    "CA:TRUE, pathlen:0",
		"X509v3 Key Usage: critical\n                Digital "
		    "Signature, Key Agreement, Certificate Sign, CRL Sign\n",
		NULL
	};
	struct key *k = key_generate(KEY_EC384, NULL);
	struct cert_spec s = {
		.cn = "capf", .serial = { 0xff, 0xff }, .seriallen = 2,
		.not_before = 0, .not_after = 0, .pathlen = 0,
		.usage = CERT_USE_CA | CERT_USE_SIGN | CERT_USE_ENCIPHER,
		.hash = DIGEST_SHA384,
	};
	struct err e = { 0 };
	struct cert *c = cert_self_sign(&s, k, &e);
	const uint8_t *serial;
	size_t n;
	char *text;

	ck_assert_msg(c != NULL, "%s", e.msg);
	text = cert_text(c, NULL);
	text_has(text, want);
	ck_assert_ptr_null(strstr(text, "Extended Key Usage"));
	ck_assert_ptr_null(strstr(text, "Alternative Name"));
	free(text);
	ck_assert(cert_is_ca(c));
	serial = cert_serial(c, &n);
	ck_assert_uint_eq(n, 2);	/* made positive */
	ck_assert_mem_eq(serial, "\x7f\xff", 2);
	cert_free(c);
	s.pathlen = -1;
	ck_assert_ptr_nonnull(c = cert_self_sign(&s, k, &e));
	text = cert_text(c, NULL);
	ck_assert_ptr_nonnull(strstr(text, "CA:TRUE\n"));
	free(text);
	cert_free(c);
	key_free(k);
}
END_TEST

/* The year 2050 changes the type of the date: RFC 5280 section 4.1.2.5. */
START_TEST(make_dates)
{
	static const struct {
		int64_t		 t;
		const char	*bytes;
	} dates[] = {
		{ 2524607999, "\x17\x0d" "491231235959Z" },
		{ 2524608000, "\x18\x0f" "20500101000000Z" },
		{ 253402300799, "\x18\x0f" "99991231235959Z" },
	};
	struct key *k = key_generate(KEY_EC256, NULL);
	struct cert_spec s = sound_spec();

	for (size_t i = 0; i < N_OF(dates); i++) {
		struct cert *c;
		const uint8_t *der;
		size_t n;

		s.not_after = dates[i].t;
		ck_assert_ptr_nonnull(c = cert_self_sign(&s, k, NULL));
		ck_assert_int_eq(cert_not_after(c), dates[i].t);
		der = cert_der(c, &n);
		ck_assert_ptr_nonnull(memmem(der, n, dates[i].bytes,
		    strlen(dates[i].bytes)));
		cert_free(c);
	}
	key_free(k);
}
END_TEST

START_TEST(make_long_serial)
{
	struct key *k = key_generate(KEY_EC256, NULL);
	struct cert_spec s = sound_spec();
	struct cert *c;
	size_t n;

	memset(s.serial, 0xff, sizeof(s.serial));
	s.seriallen = sizeof(s.serial);
	ck_assert_ptr_nonnull(c = cert_self_sign(&s, k, NULL));
	(void)cert_serial(c, &n);
	ck_assert_uint_eq(n, 20);
	cert_free(c);
	key_free(k);
}
END_TEST

#define LONG65	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
		"aaaaaaaaa"

/* One wrong thing each. */
static void
spoil(struct cert_spec *s, int what)
{
	static const struct cert_san bad[] = {
		{ true, "192.0.2.300" }, { true, "" }, { false, "" },
		{ false, "two words" }, { false, "caf\xc3\xa9" },
	};

	switch (what) {
	case 0:
		s->cn = NULL;
		break;
	case 1:
		s->cn = "";
		break;
	case 2:
		s->cn = LONG65;
		break;
	case 3:
		s->o = "\xff";
		break;
	case 4:
		s->c = "NZL";
		break;
	case 5:
		s->serial_number = "no_printable_string";
		break;
	case 6:
		s->seriallen = 0;
		break;
	case 7:
		s->seriallen = 21;
		break;
	case 8:
		memset(s->serial, 0, sizeof(s->serial));
		break;
	case 9:
		s->serial[0] = 0x80;	/* zero once made positive */
		s->seriallen = 1;
		break;
	case 10:
		s->not_after = s->not_before - 1;
		break;
	case 11:
		s->not_after = 253402300800;
		break;
	case 12:
		s->not_before = -631152001;
		break;
	case 13:
		s->usage = 0;
		break;
	case 14:
		s->hash = DIGEST_SHA1;
		break;
	case 15:
		s->hash = DIGEST_MD5;
		break;
	default:
		s->san = &bad[what - 16];
		s->nsan = 1;
	}
}
#define NSPOILS	21

START_TEST(make_refused)
{
	struct key *k = key_generate(KEY_EC256, NULL);
	struct cert_spec s = sound_spec();
	struct err e = { 0 };

	spoil(&s, _i);
	ck_assert_msg(cert_self_sign(&s, k, &e) == NULL, "case %d", _i);
	ck_assert_msg(e.code == ERR_ARG, "case %d: %s", _i, e.msg);
	key_free(k);
}
END_TEST

static int
run(TCase *const *tc, size_t n)
{
	Suite *s = suite_create("cert");
	SRunner *r;
	int failed;

	for (size_t i = 0; i < n; i++) {
		tcase_set_timeout(tc[i], 60);
		suite_add_tcase(s, tc[i]);
	}
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}

int
main(void)
{
	TCase *gold = tcase_create("golden"), *strange = tcase_create("odd");
	TCase *ours = tcase_create("ours"), *all[] = { gold, strange, ours };

	tcase_add_loop_test(gold, golden_fields, 0, N_OF(golden));
	tcase_add_test(gold, golden_names);
	tcase_add_test(gold, exact_bytes);
	tcase_add_test(gold, pem_refused);
	tcase_add_test(gold, references);
	tcase_add_test(gold, text_dump);
	tcase_add_test(gold, verify_digest);
	tcase_add_checked_fixture(strange, odd_make, odd_free);
	tcase_add_loop_test(strange, name_escapes, 0, N_OF(escapes));
	tcase_add_test(strange, name_forms);
	tcase_add_test(strange, name_undecodable);
	tcase_add_loop_test(strange, serial_forms, 0, N_OF(serials));
	tcase_add_test(strange, serial_zero_in_list);
	tcase_add_test(strange, other_keys);
	tcase_add_test(strange, not_self_signed);
	tcase_add_test(ours, make_server);
	tcase_add_test(ours, make_ca);
	tcase_add_test(ours, make_dates);
	tcase_add_test(ours, make_long_serial);
	tcase_add_loop_test(ours, make_refused, 0, NSPOILS);
	return run(all, N_OF(all));
}
