/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the contexts of tls.h offer, and how long they last.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "certs/tls.h"
#include "tests/tls_ends.h"

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
	signer_process_start(&sp, data_key_of(KEY_RSA1024));
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
	SSL_CTX *client = tls_client(shakes[_i].min, shakes[_i].max);
	struct err e = { 0 };
	struct tls_shaken got;

	for (size_t i = 0; i < N_OF(certs); i++) {
		SSL_CTX *server = tls_server_ctx(keys, certs[i],
		    shakes[_i].floor, &e);
		bool through;

		ck_assert_msg(server != NULL, "%s", e.msg);
		through = tls_shake(server, client, certs[i], &got);
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
	{ { .floor = TLS_FLOOR_12 }, TLS1_2_VERSION, "AES128-GCM-SHA256",
	    NULL },
	{ { .floor = TLS_FLOOR_12, .static_rsa = true }, TLS1_2_VERSION,
	    "AES128-GCM-SHA256", "AES128-GCM-SHA256" },
	{ { .floor = TLS_FLOOR_12, .static_rsa = true }, TLS1_2_VERSION,
	    "AES256-SHA:ECDHE-RSA-AES256-GCM-SHA384",
	    "ECDHE-RSA-AES256-GCM-SHA384" },
	{ { .floor = TLS_FLOOR_12, .static_rsa = true }, TLS1_VERSION,
	    "AES256-SHA", NULL },
	{ { .floor = TLS_FLOOR_10 }, TLS1_VERSION, "AES256-SHA:AES128-SHA",
	    NULL },
	{ { .floor = TLS_FLOOR_10, .static_rsa = true }, TLS1_VERSION,
	    "AES256-SHA", "AES256-SHA" },
	{ { .floor = TLS_FLOOR_10, .static_rsa = true }, TLS1_1_VERSION,
	    "AES128-SHA", "AES128-SHA" },
	{ { .floor = TLS_FLOOR_10, .static_rsa = true }, TLS1_VERSION,
	    "AES128-SHA:ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES128-SHA" },
	{ { .floor = TLS_FLOOR_10, .static_rsa = true }, TLS1_2_VERSION,
	    "NULL-SHA", NULL },
	{ { .floor = TLS_FLOOR_13, .static_rsa = true }, TLS1_2_VERSION,
	    "AES256-SHA", NULL },
};

START_TEST(offer)
{
	SSL_CTX *client = tls_client(offers[_i].version, offers[_i].version);
	struct err e = { 0 };
	SSL_CTX *server = tls_server_ctx_offer(keys, certs[0],
	    &offers[_i].offer, &e);
	struct tls_shaken got;
	bool through;

	ck_assert_msg(server != NULL, "%s", e.msg);
	ck_assert_int_eq(SSL_CTX_set_cipher_list(client, offers[_i].suites),
	    1);
	through = tls_shake(server, client, certs[0], &got);
	ck_assert_int_eq(through, offers[_i].suite != NULL);
	if (through)
		ck_assert_str_eq(got.suite, offers[_i].suite);
	tls_ctx_free(server);
	SSL_CTX_free(client);
}
END_TEST

/* Old phones' 1,024 bits: who chose them gets TLS with them. */
START_TEST(small_key)
{
	const struct cert_spec spec = {
		.cn = "small", .serial = { 1 }, .seriallen = 1,
		.not_before = 1700000000, .not_after = 2600000000,
		.usage = CERT_USE_TLS_SERVER, .hash = DIGEST_SHA256,
		.pathlen = -1,
	};
	struct key *k = data_key_of(KEY_RSA1024);
	struct err e = { 0 };
	struct cert *c = cert_self_sign(&spec, k, &e);
	SSL_CTX *server = tls_server_ctx(keys, c, TLS_FLOOR_12, &e);
	struct tls_shaken got;

	ck_assert_msg(server != NULL, "%s", e.msg);
	for (int v = TLS1_2_VERSION; v <= TLS1_3_VERSION; v++) {
		SSL_CTX *client = tls_client(v, v);

		ck_assert(tls_shake(server, client, c, &got));
		SSL_CTX_free(client);
	}
	tls_ctx_free(server);
	cert_free(c);
	key_free(k);
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
	SSL_CTX *client = tls_client(TLS1_2_VERSION, TLS1_3_VERSION);
	SSL_CTX *server = tls_server_ctx(keys, certs[_i], TLS_FLOOR_12, NULL);
	/* AddressSanitizer keeps what is freed, valgrind is preloaded. */
	bool checked = SANITIZED || getenv("LD_PRELOAD") != NULL;
	int n = checked ? 20 : 300;
	struct tls_shaken got;
	long before;

	for (int i = 0; i < n; i++)
		ck_assert(tls_shake(server, client, certs[_i], &got));
	before = resident_pages();
	for (int i = 0; i < n; i++)
		ck_assert(tls_shake(server, client, certs[_i], &got));
	if (!checked)		/* those find leaks by themselves */
		ck_assert_int_lt(resident_pages() - before, 100);
	tls_ctx_free(server);
	SSL_CTX_free(client);
}
END_TEST

/* The signer has gone: handshakes fail, and end. */
static const int ticket_versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

START_TEST(tickets)
{
	const struct tls_offer o = { .floor = TLS_FLOOR_12,
	    .no_tickets = true };
	int v = ticket_versions[_i];
	SSL_CTX *client = tls_client(v, v);
	SSL_CTX *with = tls_server_ctx(keys, certs[0], TLS_FLOOR_12, NULL);
	SSL_CTX *without = tls_server_ctx_offer(keys, certs[0], &o, NULL);
	struct tls_shaken got;

	ck_assert(tls_shake(with, client, certs[0], &got) && got.ticket);
	ck_assert(tls_shake(without, client, certs[0], &got) && !got.ticket);
	tls_ctx_free(with);
	tls_ctx_free(without);
	SSL_CTX_free(client);
}
END_TEST

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
	const struct tls_offer o = { .floor = TLS_FLOOR_10, .static_rsa = true };
	SSL_CTX *client = tls_client(gone[_i].version, gone[_i].version);
	SSL_CTX *server = tls_server_ctx_offer(keys, certs[0], &o, NULL);
	struct tls_shaken got;

	if (gone[_i].suite != NULL)
		ck_assert_int_eq(SSL_CTX_set_cipher_list(client,
		    gone[_i].suite), 1);
	ck_assert(tls_shake(server, client, certs[0], &got));
	ck_assert_int_eq(kill(sp.pid, SIGKILL), 0);
	ck_assert(!tls_shake(server, client, certs[0], &got));
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
	tcase_add_loop_test(tc, versions, 0, (int)N_OF(shakes));
	tcase_add_test(tc, floor_names);
	tcase_add_loop_test(tc, offer, 0, (int)N_OF(offers));
	tcase_add_loop_test(tc, tickets, 0, (int)N_OF(ticket_versions));
	tcase_add_test(tc, small_key);
	tcase_add_loop_test(tc, many_handshakes, 0, (int)N_OF(cert_names));
	tcase_add_loop_test(tc, signer_gone, 0, (int)N_OF(gone));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
