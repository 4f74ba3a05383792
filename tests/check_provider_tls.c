/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * TLS with keys that are in another process: every suite at every version,
 * every signature algorithm, client certificates, and clients that get their
 * premaster secret wrong.  The contexts of tls.h are check_tls.c.
 */
#include <check.h>
#include <openssl/err.h>
#include <string.h>

#include "base/log.h"
#include "certs/internal.h"
#include "tests/premaster.h"
#include "tests/tls_ends.h"

static const char *const cert_names[] = { "ccm", "tftp-ec" };

static struct signer_process sp;
static struct cert *certs[N_OF(cert_names)];

static void
setup(void)
{
	log_init("check", LOG_ERR, LOG_TEXT);
	signer_process_start(&sp, NULL);
	for (size_t i = 0; i < N_OF(certs); i++)
		certs[i] = data_cert(cert_names[i]);
}

static void
teardown(void)
{
	for (size_t i = 0; i < N_OF(certs); i++)
		cert_free(certs[i]);
	signer_process_stop(&sp);
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

/* Is it authenticated by such a certificate?  Not ARIA: valgrind reports what
 * OpenSSL 3.0 does there by itself, and no phone knows it. */
static bool
suite_of(const SSL_CIPHER *c, bool rsa)
{
	int kx = SSL_CIPHER_get_kx_nid(c);

	return strstr(SSL_CIPHER_get_name(c), "ARIA") == NULL &&
	    SSL_CIPHER_get_auth_nid(c) == (rsa ? NID_auth_rsa :
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
	SSL_CTX *server = tls_ours(&sp, TLS_server_method(), certs[which], version,
	    version), *client = tls_client(version, version);
	struct tls_shaken got;
	bool ok;

	ck_assert_int_eq(SSL_CTX_set_cipher_list(server, name), 1);
	ck_assert_int_eq(SSL_CTX_set_cipher_list(client, name), 1);
	ok = tls_shake(server, client, certs[which], &got) &&
	    got.version == version && strcmp(got.suite, name) == 0;
	SSL_CTX_free(server);
	SSL_CTX_free(client);
	return ok;
}

/* All that this OpenSSL has. */
START_TEST(suites)
{
	SSL_CTX *all = tls_client(TLS1_VERSION, TLS1_2_VERSION);
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

/* --- signature algorithms, and which side signs --- */

static const struct {
	size_t		 which;
	int		 version;
	const char	*sigalg;	/* NULL: the version has but one */
	int		 md;		/* what was signed */
	int		 type;
} sigalgs[] = {
	{ 0, TLS1_3_VERSION, "rsa_pss_rsae_sha256", NID_sha256,
	    NID_rsassaPss },
	{ 0, TLS1_3_VERSION, "rsa_pss_rsae_sha384", NID_sha384,
	    NID_rsassaPss },
	{ 0, TLS1_3_VERSION, "rsa_pss_rsae_sha512", NID_sha512,
	    NID_rsassaPss },
	{ 1, TLS1_3_VERSION, "ecdsa_secp384r1_sha384", NID_sha384,
	    NID_X9_62_id_ecPublicKey },
	{ 0, TLS1_2_VERSION, "RSA+SHA1", NID_sha1, NID_rsaEncryption },
	{ 0, TLS1_2_VERSION, "RSA+SHA256", NID_sha256, NID_rsaEncryption },
	{ 0, TLS1_2_VERSION, "RSA+SHA384", NID_sha384, NID_rsaEncryption },
	{ 0, TLS1_2_VERSION, "RSA+SHA512", NID_sha512, NID_rsaEncryption },
	{ 0, TLS1_2_VERSION, "RSA-PSS+SHA256", NID_sha256, NID_rsassaPss },
	{ 0, TLS1_2_VERSION, "RSA-PSS+SHA384", NID_sha384, NID_rsassaPss },
	{ 0, TLS1_2_VERSION, "RSA-PSS+SHA512", NID_sha512, NID_rsassaPss },
	{ 1, TLS1_2_VERSION, "ECDSA+SHA1", NID_sha1,
	    NID_X9_62_id_ecPublicKey },
	{ 1, TLS1_2_VERSION, "ECDSA+SHA512", NID_sha512,
	    NID_X9_62_id_ecPublicKey },
	{ 0, TLS1_1_VERSION, NULL, NID_md5_sha1, NID_rsaEncryption },
	{ 0, TLS1_VERSION, NULL, NID_md5_sha1, NID_rsaEncryption },
	{ 1, TLS1_VERSION, NULL, NID_sha1, NID_X9_62_id_ecPublicKey },
};

START_TEST(signature_algorithm)
{
	size_t which = sigalgs[_i].which;
	int v = sigalgs[_i].version;
	SSL_CTX *server = tls_ours(&sp, TLS_server_method(), certs[which], v, v);
	SSL_CTX *client = tls_client(v, v);
	struct tls_shaken got;

	if (sigalgs[_i].sigalg != NULL)
		ck_assert_int_eq(SSL_CTX_set1_sigalgs_list(client,
		    sigalgs[_i].sigalg), 1);
	else
		ck_assert_int_eq(SSL_CTX_set_cipher_list(client,
		    "ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA"), 1);
	ck_assert(tls_shake(server, client, certs[which], &got));
	ck_assert_int_eq(got.version, v);
	ck_assert_int_eq(got.sig_md, sigalgs[_i].md);
	ck_assert_int_eq(got.sig_type, sigalgs[_i].type);
	SSL_CTX_free(server);
	SSL_CTX_free(client);
}
END_TEST

static int
accept_all(X509_STORE_CTX *ctx, void *arg)
{
	(void)ctx;
	(void)arg;
	return 1;
}

/* The client's key is in the signer too: it proves that it has it. */
START_TEST(client_certificate)
{
	for (int v = TLS1_VERSION; v <= TLS1_3_VERSION; v++) {
		SSL_CTX *server = tls_ours(&sp, TLS_server_method(), certs[0], v, v);
		SSL_CTX *client = tls_ours(&sp, TLS_client_method(), certs[_i], v,
		    v);
		struct tls_shaken got;

		SSL_CTX_set_verify(server, SSL_VERIFY_PEER |
		    SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		SSL_CTX_set_cert_verify_callback(server, accept_all, NULL);
		ck_assert_msg(tls_shake(server, client, certs[0], &got),
		    "version %#x", (unsigned)v);
		ck_assert_int_eq(got.version, v);
		SSL_CTX_free(server);
		SSL_CTX_free(client);
	}
}
END_TEST

/* --- a client that sends no premaster secret --- */

/* What the server's side has to say to a flight of the client's. */
static size_t
answer_to(SSL *s, const uint8_t *in, size_t len, uint8_t *out, size_t max)
{
	int n;

	ck_assert_int_eq(BIO_write(SSL_get_rbio(s), in, (int)len), (int)len);
	(void)SSL_do_handshake(s);
	n = BIO_read(SSL_get_wbio(s), out, (int)max);
	return n > 0 ? (size_t)n : 0;
}

/*
 * The encrypted secret within a flight: a record with a ClientKeyExchange
 * (type 16) alone, which has its length before it.
 */
static uint8_t *
find_secret(uint8_t *buf, size_t len, size_t *n)
{
	ck_assert_uint_gt(len, 11);
	ck_assert_uint_eq(buf[0], 22);
	ck_assert_uint_eq(buf[5], 16);
	*n = (size_t)buf[9] << 8 | buf[10];
	ck_assert_uint_le(11 + *n, len);
	return buf + 11;
}

static SSL *
memory_end(SSL_CTX *ctx)
{
	SSL *s = SSL_new(ctx);

	SSL_set_bio(s, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	return s;
}

/* The server's last words to a client that sends this kind of secret. */
static size_t
last_words(SSL_CTX *server, SSL_CTX *client, enum premaster kind,
    uint8_t *out, size_t max)
{
	uint8_t buf[16384], plain[KEY_PREMASTER_LEN], made[KEY_SIG_MAX];
	SSL *s = memory_end(server), *c = memory_end(client);
	uint16_t version = (uint16_t)SSL_CTX_get_max_proto_version(client);
	uint8_t *secret;
	size_t n, len;

	SSL_set_accept_state(s);
	SSL_set_connect_state(c);
	(void)SSL_do_handshake(c);
	n = answer_to(s, buf, (size_t)BIO_read(SSL_get_wbio(c), buf,
	    sizeof(buf)), out, max);
	n = answer_to(c, out, n, buf, sizeof(buf));
	secret = find_secret(buf, n, &len);
	if (kind != PREMASTER_GOOD) {
		/* Of the size that fits in its place. */
		ck_assert_uint_eq(premaster_make(kind, certs[0], version,
		    plain, made), len);
		memcpy(secret, made, len);
	}
	n = answer_to(s, buf, n, out, max);
	ck_assert_int_eq(SSL_is_init_finished(s), kind == PREMASTER_GOOD);
	SSL_free(s);
	SSL_free(c);
	ERR_clear_error();
	return n;
}

/*
 * Whatever is wrong, all is found out at the same place, when the client's
 * Finished does not decrypt, and said in the same bytes (RFC 5246, section
 * 7.4.7.1).
 */
START_TEST(bad_premaster)
{
	static const enum premaster kinds[] = {
		PREMASTER_VERSION, PREMASTER_TYPE, PREMASTER_EARLY_ZERO,
		PREMASTER_NO_ZERO, PREMASTER_SHORT, PREMASTER_LONG,
		PREMASTER_ZEROS, PREMASTER_NOISE, PREMASTER_MODULUS,
		PREMASTER_LARGE,
	};
	int v = TLS1_VERSION + _i;
	SSL_CTX *server = tls_ours(&sp, TLS_server_method(), certs[0], v, v);
	SSL_CTX *client = tls_client(v, v);
	const uint8_t bad_record_mac[] = { 21, 3, (uint8_t)v, 0, 2, 2, 20 };
	uint8_t out[16384];

	ck_assert_int_eq(SSL_CTX_set_cipher_list(client, "AES128-SHA"), 1);
	ck_assert_uint_gt(last_words(server, client, PREMASTER_GOOD, out,
	    sizeof(out)), sizeof(bad_record_mac));
	for (size_t i = 0; i < N_OF(kinds); i++) {
		ck_assert_uint_eq(last_words(server, client, kinds[i], out,
		    sizeof(out)), sizeof(bad_record_mac));
		ck_assert_mem_eq(out, bad_record_mac, sizeof(bad_record_mac));
	}
	SSL_CTX_free(server);
	SSL_CTX_free(client);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("provider_tls");
	TCase *tc = tcase_create("provider_tls");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, suites, 0, (int)N_OF(cert_names));
	tcase_add_loop_test(tc, signature_algorithm, 0, (int)N_OF(sigalgs));
	tcase_add_loop_test(tc, client_certificate, 0, (int)N_OF(cert_names));
	tcase_add_loop_test(tc, bad_premaster, 0, 3);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
