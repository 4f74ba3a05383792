/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The OpenSSL provider, with the keys in a process of their own: signatures,
 * what must not leave, and whole TLS handshakes.
 */
#include <check.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "certs/internal.h"
#include "certs/provider.h"
#include "certs/tls.h"
#include "tests/certs_data.h"

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED	true
#else
#define SANITIZED	false
#endif

static struct cert *ec;
static struct signer *remote;
static struct tls_keys *keys;
static struct provider *provider;
static pid_t child;

static void
setup(void)
{
	struct err e = { 0 };
	struct signer *local;
	int fds[2];

	log_init("check", LOG_ERR, LOG_TEXT);
	ec = data_cert("tftp-ec");
	ck_assert_int_eq(signer_pair(fds, &e), ERR_OK);
	local = data_signer();
	if ((child = fork()) == 0) {
		(void)close(fds[0]);
		(void)signer_serve(local, &fds[1], 1, -1, NULL);
		signer_free(local);
		cert_free(ec);
		_exit(0);
	}
	ck_assert_int_gt(child, 0);
	(void)close(fds[1]);
	signer_free(local);
	ck_assert_ptr_nonnull(remote = signer_remote_new(fds[0], &e));
	keys = tls_keys_new(remote, &e);
	ck_assert_msg(keys != NULL, "%s", e.msg);
	provider = provider_new(&e);
	ck_assert_msg(provider != NULL, "%s", e.msg);
}

static void
teardown(void)
{
	tls_keys_free(keys);
	provider_free(provider);
	signer_free(remote);		/* the child ends with its last peer */
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	cert_free(ec);
}

static EVP_PKEY *
our_key(void)
{
	struct err e = { 0 };
	EVP_PKEY *k = provider_key(provider, remote, ec, &e);

	ck_assert_msg(k != NULL, "%s", e.msg);
	return k;
}

/* --- keys --- */

START_TEST(key_facts)
{
	EVP_PKEY *k = our_key(), *pub = X509_get0_pubkey(cert_x509(ec));
	char group[32];
	size_t len;

	ck_assert(EVP_PKEY_is_a(k, "EC"));
	ck_assert_int_eq(EVP_PKEY_eq(k, pub), 1);
	ck_assert_int_eq(EVP_PKEY_eq(pub, k), 1);
	ck_assert_int_eq(EVP_PKEY_get_bits(k), EVP_PKEY_get_bits(pub));
	ck_assert_int_eq(EVP_PKEY_get_security_bits(k),
	    EVP_PKEY_get_security_bits(pub));
	ck_assert_int_eq(EVP_PKEY_get_size(k), EVP_PKEY_get_size(pub));
	ck_assert_int_eq(EVP_PKEY_get_group_name(k, group, sizeof(group),
	    &len), 1);
	ck_assert_str_eq(group, "secp384r1");
	EVP_PKEY_free(k);
}
END_TEST

static int
count_params(const OSSL_PARAM p[], void *arg)
{
	int *n = arg;

	for (; p->key != NULL; p++, (*n)++)
		ck_assert_str_ne(p->key, OSSL_PKEY_PARAM_PRIV_KEY);
	return 1;
}

START_TEST(nothing_private)
{
	EVP_PKEY *k = our_key(), *other = EVP_EC_gen("P-256");
	BIGNUM *d = NULL;
	int n = 0;

	ck_assert_ptr_nonnull(other);
	ck_assert_int_eq(EVP_PKEY_eq(k, other), 0);
	ck_assert_int_ne(EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_PRIV_KEY,
	    &d), 1);
	ck_assert_ptr_null(d);
	ck_assert_int_ne(EVP_PKEY_export(k, EVP_PKEY_KEYPAIR, count_params,
	    &n), 1);
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(EVP_PKEY_export(k, EVP_PKEY_PUBLIC_KEY,
	    count_params, &n), 1);
	ck_assert_int_eq(n, 2);
	ck_assert_int_le(i2d_PrivateKey(k, NULL), 0);
	EVP_PKEY_free(k);
	EVP_PKEY_free(other);
	ERR_clear_error();
}
END_TEST

/* What is imported is looked at: group, length and form of the point; a
 * private key not at all. */
static const struct {
	const char	*group;
	size_t		 len;
	uint8_t		 form;
	bool		 priv, ok;
} imports[] = {
	{ "P-256", 65, 4, false, true },
	{ "prime256v1", 65, 4, false, true },
	{ "P-384", 97, 4, false, true },
	{ "P-521", 133, 4, false, true },
	{ "P-256", 65, 4, true, false },
	{ "P-256", 64, 4, false, false },
	{ "P-256", 97, 4, false, false },
	{ "P-521", 134, 4, false, false },
	{ "P-256", 0, 4, false, false },
	{ "P-256", 65, 3, false, false },
	{ "secp256k1", 65, 4, false, false },
	{ "", 65, 4, false, false },
};

START_TEST(import)
{
	uint8_t point[134] = { imports[_i].form }, d[32] = { 1 };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(
	    provider_libctx(provider), "EC", "provider=" PROVIDER_NAME);
	EVP_PKEY *k = NULL;
	OSSL_PARAM p[4] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		    (char *)(uintptr_t)imports[_i].group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
		    point, imports[_i].len),
		OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end(),
	};

	if (imports[_i].priv)
		p[2] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, d,
		    sizeof(d));
	ck_assert_ptr_nonnull(ctx);
	ck_assert_int_eq(EVP_PKEY_fromdata_init(ctx), 1);
	ck_assert_msg((EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_PUBLIC_KEY, p) ==
	    1) == imports[_i].ok, "%s, %zu", imports[_i].group,
	    imports[_i].len);
	EVP_PKEY_free(k);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
}
END_TEST

START_TEST(wrong_kind)
{
	struct cert *rsa = data_cert("ccm");
	struct err e = { 0 };

	ck_assert_ptr_null(provider_key(provider, remote, rsa, &e));
	ck_assert_int_eq(e.code, ERR_ARG);
	ck_assert_ptr_null(tls_server_ctx(keys, rsa, TLS_FLOOR_12, &e));
	cert_free(rsa);
}
END_TEST

/* --- signatures --- */

/* In one call and in pieces; checked by OpenSSL's own provider. */
static const char *const md_names[] = { "SHA1", "SHA256", "sha2-384",
    "SHA512" };

START_TEST(signature)
{
	EVP_PKEY *k = our_key(), *pub = X509_get0_pubkey(cert_x509(ec));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new(), *copy = EVP_MD_CTX_new();
	uint8_t sig[256];
	size_t len = 0;

	ck_assert_int_eq(EVP_DigestSignInit_ex(ctx, NULL, md_names[_i],
	    provider_libctx(provider), PROVIDER_PREFER, k, NULL), 1);
	ck_assert_int_eq(EVP_DigestSign(ctx, NULL, &len,
	    (const uint8_t *)"hello", 5), 1);
	ck_assert_uint_le(len, sizeof(sig));
	ck_assert_int_eq(EVP_DigestSign(ctx, sig, &len,
	    (const uint8_t *)"hello", 5), 1);
	ck_assert_int_eq(EVP_DigestVerifyInit_ex(copy, NULL, md_names[_i],
	    NULL, NULL, pub, NULL), 1);
	ck_assert_int_eq(EVP_DigestVerify(copy, sig, len,
	    (const uint8_t *)"hello", 5), 1);

	ck_assert_int_eq(EVP_MD_CTX_reset(ctx), 1);
	ck_assert_int_eq(EVP_MD_CTX_reset(copy), 1);
	ck_assert_int_eq(EVP_DigestSignInit_ex(ctx, NULL, md_names[_i],
	    provider_libctx(provider), PROVIDER_PREFER, k, NULL), 1);
	ck_assert_int_eq(EVP_DigestSignUpdate(ctx, "hel", 3), 1);
	ck_assert_int_eq(EVP_MD_CTX_copy_ex(copy, ctx), 1);
	ck_assert_int_eq(EVP_DigestSignUpdate(copy, "lo", 2), 1);
	len = sizeof(sig);
	ck_assert_int_eq(EVP_DigestSignFinal(copy, sig, &len), 1);
	ck_assert_int_eq(EVP_MD_CTX_reset(copy), 1);
	ck_assert_int_eq(EVP_DigestVerifyInit_ex(copy, NULL, md_names[_i],
	    NULL, NULL, pub, NULL), 1);
	ck_assert_int_eq(EVP_DigestVerify(copy, sig, len,
	    (const uint8_t *)"hello", 5), 1);
	ck_assert_int_eq(EVP_MD_CTX_reset(copy), 1);
	ck_assert_int_eq(EVP_DigestVerifyInit_ex(copy, NULL, md_names[_i],
	    NULL, NULL, pub, NULL), 1);
	ck_assert_int_eq(EVP_DigestVerify(copy, sig, len,
	    (const uint8_t *)"hallo", 5), 0);
	EVP_MD_CTX_free(ctx);
	EVP_MD_CTX_free(copy);
	EVP_PKEY_free(k);
	ERR_clear_error();
}
END_TEST

START_TEST(no_such_digest)
{
	EVP_PKEY *k = our_key();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	ck_assert_int_ne(EVP_DigestSignInit_ex(ctx, NULL, "MD5",
	    provider_libctx(provider), PROVIDER_PREFER, k, NULL), 1);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(k);
	ERR_clear_error();
}
END_TEST

/* OpenSSL signs a certificate with it, naming the right algorithm. */
START_TEST(certificate)
{
	EVP_PKEY *k = our_key();
	X509 *x = X509_dup(cert_x509(ec));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	ck_assert_int_eq(ASN1_INTEGER_set(X509_get_serialNumber(x), 77), 1);
	ck_assert_int_eq(EVP_DigestSignInit_ex(ctx, NULL, "SHA384",
	    provider_libctx(provider), PROVIDER_PREFER, k, NULL), 1);
	ck_assert_int_gt(X509_sign_ctx(x, ctx), 0);
	ck_assert_int_eq(X509_get_signature_nid(x), NID_ecdsa_with_SHA384);
	ck_assert_int_eq(X509_verify(x, X509_get0_pubkey(x)), 1);
	EVP_MD_CTX_free(ctx);
	X509_free(x);
	EVP_PKEY_free(k);
}
END_TEST

/* --- TLS --- */

static SSL_CTX *
client_ctx(int min, int max)
{
	SSL_CTX *c = SSL_CTX_new(TLS_client_method());

	ck_assert_ptr_nonnull(c);
	SSL_CTX_set_security_level(c, 0);
	ck_assert_int_eq(SSL_CTX_set_min_proto_version(c, min), 1);
	ck_assert_int_eq(SSL_CTX_set_max_proto_version(c, max), 1);
	return c;
}

/* Both ends in this process; true when both are through. */
static bool
shake(SSL_CTX *server, SSL_CTX *client, int *version)
{
	SSL *s = SSL_new(server), *c = SSL_new(client);
	BIO *a, *b;
	int rs = 0, rc = 0;

	ck_assert_int_eq(BIO_new_bio_pair(&a, 0, &b, 0), 1);
	SSL_set_bio(s, a, a);
	SSL_set_bio(c, b, b);
	SSL_set_accept_state(s);
	SSL_set_connect_state(c);
	for (int i = 0; i < 20 && (rs != 1 || rc != 1); i++) {
		rc = SSL_do_handshake(c);
		rs = SSL_do_handshake(s);
	}
	*version = SSL_version(c);
	if (rs == 1 && rc == 1) {
		X509 *got = SSL_get1_peer_certificate(c);

		ck_assert_int_eq(X509_cmp(got, cert_x509(ec)), 0);
		ck_assert(strncmp(SSL_get_cipher_name(c), "ECDHE-ECDSA-", 12)
		    == 0 || *version == TLS1_3_VERSION);
		X509_free(got);
	}
	SSL_free(s);
	SSL_free(c);
	ERR_clear_error();
	return rs == 1 && rc == 1;
}

static const struct {
	enum tls_floor	floor;
	int		min, max;	/* of the client */
	int		version;	/* 0: refused */
} shakes[] = {
	{ TLS_FLOOR_12, TLS1_VERSION, TLS1_3_VERSION, TLS1_3_VERSION },
	{ TLS_FLOOR_12, TLS1_VERSION, TLS1_2_VERSION, TLS1_2_VERSION },
	{ TLS_FLOOR_12, TLS1_VERSION, TLS1_1_VERSION, 0 },
	{ TLS_FLOOR_12, TLS1_VERSION, TLS1_VERSION, 0 },
	{ TLS_FLOOR_13, TLS1_VERSION, TLS1_3_VERSION, TLS1_3_VERSION },
	{ TLS_FLOOR_13, TLS1_VERSION, TLS1_2_VERSION, 0 },
	{ TLS_FLOOR_10, TLS1_VERSION, TLS1_3_VERSION, TLS1_3_VERSION },
	{ TLS_FLOOR_10, TLS1_VERSION, TLS1_2_VERSION, TLS1_2_VERSION },
	{ TLS_FLOOR_10, TLS1_VERSION, TLS1_1_VERSION, TLS1_1_VERSION },
	{ TLS_FLOOR_10, TLS1_VERSION, TLS1_VERSION, TLS1_VERSION },
};

START_TEST(versions)
{
	SSL_CTX *client = client_ctx(shakes[_i].min, shakes[_i].max);
	struct err e = { 0 };
	SSL_CTX *server = tls_server_ctx(keys, ec, shakes[_i].floor, &e);
	int version;
	bool through;

	ck_assert_msg(server != NULL, "%s", e.msg);
	through = shake(server, client, &version);
	ck_assert_int_eq(through, shakes[_i].version != 0);
	if (through)
		ck_assert_int_eq(version, shakes[_i].version);
	tls_ctx_free(server);
	SSL_CTX_free(client);
}
END_TEST

START_TEST(floor_names)
{
	enum tls_floor f = TLS_FLOOR_13;

	ck_assert(tls_floor_parse("1.2", &f) && f == TLS_FLOOR_12);
	ck_assert(tls_floor_parse("1.0", &f) && f == TLS_FLOOR_10);
	ck_assert(tls_floor_parse("1.3", &f) && f == TLS_FLOOR_13);
	ck_assert(!tls_floor_parse("1.1", &f) && f == TLS_FLOOR_13);
}
END_TEST

/* Nothing is left of handshakes: the resident size stops growing. */
static long
resident_pages(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long size, pages = 0;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%ld %ld", &size, &pages), 2);
	(void)fclose(f);
	return pages;
}

START_TEST(many_handshakes)
{
	SSL_CTX *client = client_ctx(TLS1_2_VERSION, TLS1_3_VERSION);
	SSL_CTX *server = tls_server_ctx(keys, ec, TLS_FLOOR_12, NULL);
	/* AddressSanitizer keeps what is freed, valgrind is preloaded. */
	bool checked = SANITIZED || getenv("LD_PRELOAD") != NULL;
	int version, n = checked ? 20 : 300;
	long before;

	for (int i = 0; i < n; i++)
		ck_assert(shake(server, client, &version));
	before = resident_pages();
	for (int i = 0; i < n; i++)
		ck_assert(shake(server, client, &version));
	if (!checked)		/* those find leaks by themselves */
		ck_assert_int_lt(resident_pages() - before, 100);
	tls_ctx_free(server);
	SSL_CTX_free(client);
}
END_TEST

/* The signer has gone: handshakes fail, and end. */
START_TEST(signer_gone)
{
	SSL_CTX *client = client_ctx(TLS1_2_VERSION, TLS1_3_VERSION);
	SSL_CTX *server = tls_server_ctx(keys, ec, TLS_FLOOR_12, NULL);
	int version;

	ck_assert(shake(server, client, &version));
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	log_init("check", LOG_ERR, LOG_TEXT);
	ck_assert(!shake(server, client, &version));
	tls_ctx_free(server);
	SSL_CTX_free(client);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("provider");
	TCase *tc = tcase_create("provider");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, key_facts);
	tcase_add_test(tc, nothing_private);
	tcase_add_loop_test(tc, import, 0, (int)N_OF(imports));
	tcase_add_test(tc, wrong_kind);
	tcase_add_loop_test(tc, signature, 0, (int)N_OF(md_names));
	tcase_add_test(tc, no_such_digest);
	tcase_add_test(tc, certificate);
	tcase_add_loop_test(tc, versions, 0, (int)N_OF(shakes));
	tcase_add_test(tc, floor_names);
	tcase_add_test(tc, many_handshakes);
	tcase_add_test(tc, signer_gone);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
