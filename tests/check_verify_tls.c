/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * TLS peers by the trust store: both sides ask, and are asked every time.
 */
#include <check.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "certs/internal.h"
#include "certs/verify.h"
#include "tests/ca_lab.h"

static struct lab_store st;
static struct cert *ca;
static struct side {
	SSL_CTX			*ctx;
	struct cert		*cert;
	struct verify_tls	 ask;
	struct verify_result	 seen;
	unsigned		 told;
} client, server;

static void
told(void *arg, const struct cert *leaf, const struct verify_result *r)
{
	struct side *s = arg;

	ck_assert_ptr_nonnull(leaf);
	s->seen = *r;
	s->told++;
}

static void
side_make(struct side *s, const SSL_METHOD *m, const struct lab_spec *spec,
    size_t key, enum verify_purpose peer)
{
	*s = (struct side){ .ctx = SSL_CTX_new(m),
	    .cert = lab_issue(spec, lab_key(key), ca, lab_key(0)),
	    .ask = { .verifier = st.v, .told = told, .arg = s,
		.policy = { .units = 1, .purpose = peer } } };
	SSL_CTX_set_security_level(s->ctx, 0);
	ck_assert_int_eq(SSL_CTX_use_certificate(s->ctx,
	    cert_x509(s->cert)), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(s->ctx, lab_key(key)), 1);
	ck_assert_int_eq(verify_tls_set(s->ctx, &s->ask, NULL), ERR_OK);
}

static void
make(const struct lab_spec *of_client, const struct lab_spec *of_server)
{
	side_make(&client, TLS_client_method(), of_client, 1,
	    VERIFY_TLS_SERVER);
	side_make(&server, TLS_server_method(), of_server, 2,
	    VERIFY_TLS_CLIENT);
}

static void
setup(void)
{
	lab_store_init(&st);
	ca = lab_issue(&(struct lab_spec){ .cn = "ca",
	    .basic = "critical,CA:TRUE", .usage = "critical,keyCertSign" },
	    lab_key(0), NULL, NULL);
	lab_store_add(&st, cert_ref(ca), 1);
	lab_store_load(&st);
}

static void
teardown(void)
{
	SSL_CTX_free(client.ctx);
	SSL_CTX_free(server.ctx);
	cert_free(client.cert);
	cert_free(server.cert);
	cert_free(ca);
	lab_store_clear(&st);
	lab_end();
}

/* A handshake in memory; true when both sides are content.  The client may
 * bring a session and gets one. */
static bool
shake(SSL_SESSION **session)
{
	SSL *c = SSL_new(client.ctx), *s = SSL_new(server.ctx);
	bool good[2] = { false, false };
	BIO *a, *b;
	char byte;

	ck_assert_int_eq(BIO_new_bio_pair(&a, 0, &b, 0), 1);
	SSL_set_bio(c, a, a);
	SSL_set_bio(s, b, b);
	SSL_set_connect_state(c);
	SSL_set_accept_state(s);
	if (session != NULL && *session != NULL)
		ck_assert_int_eq(SSL_set_session(c, *session), 1);
	for (int i = 0; i < 10; i++) {
		good[0] = SSL_do_handshake(c) == 1;
		good[1] = SSL_do_handshake(s) == 1;
		if (good[0])	/* takes tickets, if there are any */
			(void)SSL_read(c, &byte, 1);
	}
	if (session != NULL) {
		ck_assert_int_eq(SSL_session_reused(c), 0);
		SSL_SESSION_free(*session);
		*session = SSL_get1_session(c);
	}
	/* No names of CAs: ten thousand would not go through. */
	ck_assert(sk_X509_NAME_num(SSL_get0_peer_CA_list(c)) <= 0);
	SSL_free(c);
	SSL_free(s);
	ERR_clear_error();
	return good[0] && good[1];
}

START_TEST(both_trusted)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

	make(&(struct lab_spec){ .cn = "c", .ext_usage = "clientAuth" },
	    &(struct lab_spec){ .cn = "s", .ext_usage = "serverAuth" });
	ck_assert_int_eq(SSL_CTX_set_max_proto_version(server.ctx,
	    versions[_i]), 1);
	ck_assert(shake(NULL));
	ck_assert_int_eq(client.seen.why, VERIFY_OK);
	ck_assert_int_eq(server.seen.why, VERIFY_OK);
	ck_assert_uint_eq(server.seen.units, 1);
}
END_TEST

START_TEST(asked_every_time)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	SSL_SESSION *session = NULL;

	make(&(struct lab_spec){ .cn = "c" }, &(struct lab_spec){ .cn = "s" });
	ck_assert_int_eq(SSL_CTX_set_max_proto_version(server.ctx,
	    versions[_i]), 1);
	ck_assert(shake(&session));
	ck_assert(shake(&session));
	ck_assert_uint_eq(server.told, 2);
	ck_assert_uint_eq(client.told, 2);
	verifier_set_store(st.v, NULL, false);
	ck_assert(!shake(&session));
	SSL_SESSION_free(session);
}
END_TEST

START_TEST(client_refused)
{
	/* A server's certificate is none for a client. */
	make(&(struct lab_spec){ .cn = "c", .ext_usage = "serverAuth" },
	    &(struct lab_spec){ .cn = "s" });
	ck_assert(!shake(NULL));
	ck_assert_int_eq(server.seen.why, VERIFY_PURPOSE);
	ck_assert_int_eq(client.seen.why, VERIFY_OK);
}
END_TEST

START_TEST(server_refused)
{
	make(&(struct lab_spec){ .cn = "c" }, &(struct lab_spec){ .cn = "s",
	    .from_days = -3, .to_days = -1 });
	ck_assert(!shake(NULL));
	ck_assert_int_eq(client.seen.why, VERIFY_EXPIRED);
	ck_assert_uint_eq(server.told, 0);
}
END_TEST

START_TEST(client_without)
{
	SSL_CTX *bare = SSL_CTX_new(TLS_client_method()), *full;

	make(&(struct lab_spec){ .cn = "c" }, &(struct lab_spec){ .cn = "s" });
	full = client.ctx;
	client.ctx = bare;
	ck_assert(!shake(NULL));
	ck_assert_uint_eq(server.told, 0);
	SSL_CTX_free(full);
}
END_TEST

/* The name that the connection asks for comes along with its parameters. */
START_TEST(host_of_the_connection)
{
	X509_VERIFY_PARAM *p;

	make(&(struct lab_spec){ .cn = "c" }, &(struct lab_spec){ .cn = "s",
	    .san = "DNS:a.example.org" });
	p = SSL_CTX_get0_param(client.ctx);
	ck_assert_int_eq(X509_VERIFY_PARAM_set1_host(p,
	    _i == 0 ? "a.example.org" : "b.example.org", 0), 1);
	ck_assert(shake(NULL) == (_i == 0));
	ck_assert_int_eq(client.seen.why, _i == 0 ? VERIFY_OK : VERIFY_HOST);
}
END_TEST

/* A trusted key below our least is refused, though the level is 0. */
START_TEST(weak_at_level_0)
{
	make(&(struct lab_spec){ .cn = "c" }, &(struct lab_spec){ .cn = "s" });
	server.ask.policy.min_ec_bits = 384;
	ck_assert(!shake(NULL));
	ck_assert_int_eq(server.seen.why, VERIFY_WEAK);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("TLS peers");
	TCase *t = tcase_create("verify");
	SRunner *sr;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, both_trusted, 0, 2);
	tcase_add_loop_test(t, asked_every_time, 0, 2);
	tcase_add_test(t, client_refused);
	tcase_add_test(t, server_refused);
	tcase_add_test(t, client_without);
	tcase_add_loop_test(t, host_of_the_connection, 0, 2);
	tcase_add_test(t, weak_at_level_0);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
