/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * TLS with keys that are in another process: every suite at every version,
 * every signature algorithm, client certificates, and what the contexts of
 * tls.h offer.
 */
#include <check.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "certs/internal.h"
#include "certs/tls.h"
#include "tests/signer_process.h"

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED	true
#else
#define SANITIZED	false
#endif

static const char *const cert_names[] = { "ccm", "tftp-ec" };

static struct signer_process sp;
static struct tls_keys *keys;
static struct cert *certs[N_OF(cert_names)];

static void
setup(void)
{
	struct err e = { 0 };

	log_init("check", LOG_ERR, LOG_TEXT);
	signer_process_start(&sp, NULL);
	for (size_t i = 0; i < N_OF(certs); i++)
		certs[i] = data_cert(cert_names[i]);
	keys = tls_keys_new(sp.remote, &e);
	ck_assert_msg(keys != NULL, "%s", e.msg);
}

static void
teardown(void)
{
	for (size_t i = 0; i < N_OF(certs); i++)
		cert_free(certs[i]);
	tls_keys_free(keys);
	signer_process_stop(&sp);
}

/* --- two ends in this process --- */

/* A side that says nothing about its peer's certificate. */
static SSL_CTX *
any_ctx(OSSL_LIB_CTX *libctx, const SSL_METHOD *method, int min, int max)
{
	SSL_CTX *c = SSL_CTX_new_ex(libctx, NULL, method);

	ck_assert_ptr_nonnull(c);
	SSL_CTX_set_security_level(c, 0);
	ck_assert_int_eq(SSL_CTX_set_min_proto_version(c, min), 1);
	ck_assert_int_eq(SSL_CTX_set_max_proto_version(c, max), 1);
	ck_assert_int_eq(SSL_CTX_set_dh_auto(c, 1), 1);
	return c;
}

static SSL_CTX *
client_ctx(int min, int max)
{
	return any_ctx(NULL, TLS_client_method(), min, max);
}

/* With a certificate whose key the signer has. */
static SSL_CTX *
our_ctx(const SSL_METHOD *method, const struct cert *c, int min, int max)
{
	SSL_CTX *ctx = any_ctx(provider_libctx(sp.provider), method, min, max);
	EVP_PKEY *k = signer_process_key(&sp, c);

	ck_assert_int_eq(SSL_CTX_use_certificate(ctx, cert_x509(c)), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(ctx, k), 1);
	EVP_PKEY_free(k);
	return ctx;
}

struct shaken {
	int		version;
	const char	*suite;
	int		sig_type, sig_md;	/* NIDs: what the server signed */
	bool		resumed;
};

/* Bytes arrive as they were sent. */
static bool
talk(SSL *from, SSL *to)
{
	char got[8] = "";

	return SSL_write(from, "hello", 6) == 6 &&
	    SSL_read(to, got, sizeof(got)) == 6 && strcmp(got, "hello") == 0;
}

/* True when both are through and hear one another. */
static bool
shake(SSL_CTX *server, SSL_CTX *client, const struct cert *c,
    struct shaken *out)
{
	SSL *s = SSL_new(server), *cl = SSL_new(client);
	BIO *a, *b;
	int rs = 0, rc = 0;
	bool ok;

	ck_assert_int_eq(BIO_new_bio_pair(&a, 0, &b, 0), 1);
	SSL_set_bio(s, a, a);
	SSL_set_bio(cl, b, b);
	SSL_set_accept_state(s);
	SSL_set_connect_state(cl);
	for (int i = 0; i < 20 && (rs != 1 || rc != 1); i++) {
		rc = SSL_do_handshake(cl);
		rs = SSL_do_handshake(s);
	}
	ok = rs == 1 && rc == 1 && talk(s, cl) && talk(cl, s);
	*out = (struct shaken){ .version = SSL_version(cl),
	    .suite = SSL_get_cipher_name(cl) };
	if (ok) {
		X509 *got = SSL_get1_peer_certificate(cl);

		ck_assert_int_eq(X509_cmp(got, cert_x509(c)), 0);
		X509_free(got);
		(void)SSL_get_peer_signature_type_nid(cl, &out->sig_type);
		(void)SSL_get_peer_signature_nid(cl, &out->sig_md);
	}
	SSL_free(s);
	SSL_free(cl);
	ERR_clear_error();
	return ok;
}

/* --- every suite --- */

static const struct {
	int		 version;
	const char	*suite;
} must_work[N_OF(cert_names)][10] = {
	{
		{ TLS1_VERSION, "NULL-SHA" },
		{ TLS1_2_VERSION, "NULL-SHA" },
		{ TLS1_VERSION, "AES128-SHA" },
		{ TLS1_1_VERSION, "AES128-SHA" },
		{ TLS1_2_VERSION, "AES128-SHA" },
		{ TLS1_2_VERSION, "AES256-GCM-SHA384" },
		{ TLS1_VERSION, "ECDHE-RSA-AES256-SHA" },
		{ TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384" },
		{ TLS1_2_VERSION, "DHE-RSA-AES128-GCM-SHA256" },
	}, {
		{ TLS1_VERSION, "ECDHE-ECDSA-AES128-SHA" },
		{ TLS1_1_VERSION, "ECDHE-ECDSA-NULL-SHA" },
		{ TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384" },
	},
};

/* Is it authenticated by such a certificate? */
static bool
suite_of(const SSL_CIPHER *c, bool rsa)
{
	int kx = SSL_CIPHER_get_kx_nid(c);

	return SSL_CIPHER_get_auth_nid(c) == (rsa ? NID_auth_rsa :
	    NID_auth_ecdsa) && (kx == NID_kx_rsa || kx == NID_kx_ecdhe ||
	    kx == NID_kx_dhe);
}

static int
suite_lowest(const SSL_CIPHER *c)
{
	return strcmp(SSL_CIPHER_get_version(c), "TLSv1.2") == 0 ?
	    TLS1_2_VERSION : TLS1_VERSION;
}

static bool
suite_works(const char *name, int version, size_t which)
{
	SSL_CTX *server = our_ctx(TLS_server_method(), certs[which], version,
	    version), *client = client_ctx(version, version);
	struct shaken got;
	bool ok;

	ck_assert_int_eq(SSL_CTX_set_cipher_list(server, name), 1);
	ck_assert_int_eq(SSL_CTX_set_cipher_list(client, name), 1);
	ok = shake(server, client, certs[which], &got) &&
	    got.version == version && strcmp(got.suite, name) == 0;
	SSL_CTX_free(server);
	SSL_CTX_free(client);
	return ok;
}

/* All that this OpenSSL has. */
START_TEST(suites)
{
	SSL_CTX *all = client_ctx(TLS1_VERSION, TLS1_2_VERSION);
	size_t found = 0, want = 0;

	ck_assert_int_eq(SSL_CTX_set_cipher_list(all,
	    "ALL:COMPLEMENTOFALL:@SECLEVEL=0"), 1);
	for (int i = 0; i < sk_SSL_CIPHER_num(SSL_CTX_get_ciphers(all)); i++) {
		const SSL_CIPHER *c = sk_SSL_CIPHER_value(
		    SSL_CTX_get_ciphers(all), i);
		const char *name = SSL_CIPHER_get_name(c);

		if (!suite_of(c, _i == 0))
			continue;
		for (int v = suite_lowest(c); v <= TLS1_2_VERSION; v++) {
			ck_assert_msg(suite_works(name, v, (size_t)_i),
			    "%s at %#x", name, (unsigned)v);
			for (size_t k = 0; k < N_OF(must_work[0]); k++)
				found += must_work[_i][k].suite != NULL &&
				    must_work[_i][k].version == v && strcmp(
				    must_work[_i][k].suite, name) == 0;
		}
	}
	for (size_t k = 0; k < N_OF(must_work[0]); k++)
		want += must_work[_i][k].suite != NULL;
	ck_assert_uint_eq(found, want);
	SSL_CTX_free(all);
}
END_TEST

/* --- contexts of tls.h --- */

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
	struct shaken got;

	for (size_t i = 0; i < N_OF(certs); i++) {
		SSL_CTX *server = tls_server_ctx(keys, certs[i],
		    shakes[_i].floor, &e);
		bool through;

		ck_assert_msg(server != NULL, "%s", e.msg);
		through = shake(server, client, certs[i], &got);
		ck_assert_int_eq(through, shakes[_i].version != 0);
		if (through) {
			ck_assert_int_eq(got.version, shakes[_i].version);
			ck_assert(strncmp(got.suite, "ECDHE-", 6) == 0 ||
			    got.version == TLS1_3_VERSION);
		}
		tls_ctx_free(server);
	}
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

/* Only who is told so offers RSA key exchange, and then only as the last. */
static const struct {
	struct tls_offer offer;
	int		 version;
	const char	*suites;	/* of the client */
	const char	*suite;		/* NULL: refused */
} offers[] = {
	{ { TLS_FLOOR_12, false }, TLS1_2_VERSION, "AES128-GCM-SHA256", NULL },
	{ { TLS_FLOOR_12, true }, TLS1_2_VERSION, "AES128-GCM-SHA256",
	    "AES128-GCM-SHA256" },
	{ { TLS_FLOOR_12, true }, TLS1_2_VERSION,
	    "AES256-SHA:ECDHE-RSA-AES256-GCM-SHA384",
	    "ECDHE-RSA-AES256-GCM-SHA384" },
	{ { TLS_FLOOR_12, true }, TLS1_VERSION, "AES256-SHA", NULL },
	{ { TLS_FLOOR_10, false }, TLS1_VERSION, "AES256-SHA:AES128-SHA",
	    NULL },
	{ { TLS_FLOOR_10, true }, TLS1_VERSION, "AES256-SHA", "AES256-SHA" },
	{ { TLS_FLOOR_10, true }, TLS1_1_VERSION, "AES128-SHA",
	    "AES128-SHA" },
	{ { TLS_FLOOR_10, true }, TLS1_VERSION,
	    "AES128-SHA:ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES128-SHA" },
	{ { TLS_FLOOR_10, true }, TLS1_2_VERSION, "NULL-SHA", NULL },
	{ { TLS_FLOOR_13, true }, TLS1_2_VERSION, "AES256-SHA", NULL },
};

START_TEST(offer)
{
	SSL_CTX *client = client_ctx(offers[_i].version, offers[_i].version);
	struct err e = { 0 };
	SSL_CTX *server = tls_server_ctx_offer(keys, certs[0],
	    &offers[_i].offer, &e);
	struct shaken got;
	bool through;

	ck_assert_msg(server != NULL, "%s", e.msg);
	ck_assert_int_eq(SSL_CTX_set_cipher_list(client, offers[_i].suites),
	    1);
	through = shake(server, client, certs[0], &got);
	ck_assert_int_eq(through, offers[_i].suite != NULL);
	if (through)
		ck_assert_str_eq(got.suite, offers[_i].suite);
	tls_ctx_free(server);
	SSL_CTX_free(client);
}
END_TEST

/* --- in the long run --- */

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
	SSL_CTX *server = tls_server_ctx(keys, certs[_i], TLS_FLOOR_12, NULL);
	/* AddressSanitizer keeps what is freed, valgrind is preloaded. */
	bool checked = SANITIZED || getenv("LD_PRELOAD") != NULL;
	int n = checked ? 20 : 300;
	struct shaken got;
	long before;

	for (int i = 0; i < n; i++)
		ck_assert(shake(server, client, certs[_i], &got));
	before = resident_pages();
	for (int i = 0; i < n; i++)
		ck_assert(shake(server, client, certs[_i], &got));
	if (!checked)		/* those find leaks by themselves */
		ck_assert_int_lt(resident_pages() - before, 100);
	tls_ctx_free(server);
	SSL_CTX_free(client);
}
END_TEST

/* The signer has gone: handshakes fail, and end. */
static const struct {
	int		 version;
	const char	*suite;
} gone[] = {
	{ TLS1_3_VERSION, NULL },
	{ TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384" },
	{ TLS1_2_VERSION, "AES256-SHA" },
	{ TLS1_VERSION, "AES256-SHA" },
};

START_TEST(signer_gone)
{
	const struct tls_offer o = { TLS_FLOOR_10, true };
	SSL_CTX *client = client_ctx(gone[_i].version, gone[_i].version);
	SSL_CTX *server = tls_server_ctx_offer(keys, certs[0], &o, NULL);
	struct shaken got;

	if (gone[_i].suite != NULL)
		ck_assert_int_eq(SSL_CTX_set_cipher_list(client,
		    gone[_i].suite), 1);
	ck_assert(shake(server, client, certs[0], &got));
	ck_assert_int_eq(kill(sp.pid, SIGKILL), 0);
	ck_assert(!shake(server, client, certs[0], &got));
	tls_ctx_free(server);
	SSL_CTX_free(client);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tls");
	TCase *tc = tcase_create("tls");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, suites, 0, (int)N_OF(cert_names));
	tcase_add_loop_test(tc, versions, 0, (int)N_OF(shakes));
	tcase_add_test(tc, floor_names);
	tcase_add_loop_test(tc, offer, 0, (int)N_OF(offers));
	tcase_add_loop_test(tc, many_handshakes, 0, (int)N_OF(cert_names));
	tcase_add_loop_test(tc, signer_gone, 0, (int)N_OF(gone));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
