/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A fetch that asks the trust store who the server is.
 */
#include <check.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "certs/internal.h"
#include "tests/ca_lab.h"
#include "tests/http_lab.h"
#include "trust/anchors_peer.h"

static struct lab_store st;
static struct cert *ca, *cert;
static SSL_CTX *ctx;

static void
setup(void)
{
	lab_set_up();
	lab_store_init(&st);
	ca = lab_issue(&(struct lab_spec){ .cn = "ca",
	    .basic = "critical,CA:TRUE", .usage = "critical,keyCertSign" },
	    lab_key(0), NULL, NULL);
}

static void
teardown(void)
{
	lab_tear_down();
	SSL_CTX_free(ctx);
	ctx = NULL;
	cert_free(cert);
	cert = NULL;
	cert_free(ca);
	lab_store_clear(&st);
	lab_end();
}

/* A server with such a certificate. */
static void
serve(const struct lab_spec *s)
{
	cert = lab_issue(s, lab_key(1), ca, lab_key(0));
	ck_assert_ptr_nonnull(ctx = SSL_CTX_new(TLS_server_method()));
	ck_assert_int_eq(SSL_CTX_use_certificate(ctx, cert_x509(cert)), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(ctx, lab_key(1)), 1);
	lab_make(&wide);
	http_server_set_tls(lab.server, ctx);
	lab_run();
}

static int
fetch(struct err *e)
{
	struct anchors_peer p;
	struct fetch_opts o = { .max = 100, .timeout_ms = PATIENCE_MS,
	    .trust = &p.fetch };
	uint8_t *buf = NULL;
	size_t len;
	int ret;

	*e = (struct err){ 0 };
	anchors_peer_init(&p, st.v, 1, VERIFY_TLS_SERVER);
	ck_assert_int_eq(anchors_peer_verdict(&p, NULL), ERR_BADSTATE);
	ret = fetch_file("https", "127.0.0.1", net_addr_port(&lab.addr),
	    "echo/hello", &o, &buf, &len, e);
	if (ret == ERR_OK) {
		ck_assert_uint_eq(len, 5);
		ck_assert_mem_eq(buf, "hello", 5);
		ck_assert_int_eq(anchors_peer_verdict(&p, NULL), ERR_OK);
	}
	free(buf);
	return ret;
}

static void
trust_ca(void)
{
	lab_store_add(&st, cert_ref(ca), 1);
	lab_store_load(&st);
}

START_TEST(trusted)
{
	struct err e;

	serve(&(struct lab_spec){ .cn = "s", .san = "IP:127.0.0.1" });
	trust_ca();
	ck_assert_msg(fetch(&e) == ERR_OK, "%s", e.msg);
	/* Gone from the store, gone for the next fetch. */
	verifier_set_store(st.v, NULL, false);
	ck_assert_int_eq(fetch(&e), ERR_VERIFY);
	ck_assert_str_eq(e.msg, "echo/hello: the server is not trusted: "
	    "O=Lab,CN=s: unknown issuer");
}
END_TEST

START_TEST(refused)
{
	static const struct {
		struct lab_spec	 spec;
		const char	*because;
	} rows[] = {
		{ { .cn = "s", .san = "IP:127.0.0.1", .from_days = -3,
		    .to_days = -2 }, "expired" },
		{ { .cn = "s", .san = "IP:127.0.0.1",
		    .ext_usage = "clientAuth" }, "purpose" },
		{ { .cn = "s", .san = "IP:127.0.0.2" }, "127.0.0.1" },
	};
	struct err e;

	serve(&rows[_i].spec);
	trust_ca();
	ck_assert_int_eq(fetch(&e), ERR_VERIFY);
	ck_assert_msg(strstr(e.msg, rows[_i].because) != NULL, "%s", e.msg);
}
END_TEST

/* Two judges, or none, are no check. */
START_TEST(one_judge)
{
	struct anchors_peer p;
	struct fetch_opts o = { .max = 100, .trust = &p.fetch };
	uint8_t *buf;
	size_t len;

	lab_start(&wide);
	anchors_peer_init(&p, st.v, 1, VERIFY_TLS_SERVER);
	ck_assert_int_eq(fetch_file("http", "127.0.0.1",
	    net_addr_port(&lab.addr), "x", &o, &buf, &len, NULL), ERR_ARG);
	o.peer = (fetch_peer_fn *)abort;
	ck_assert_int_eq(fetch_file("https", "127.0.0.1",
	    net_addr_port(&lab.addr), "x", &o, &buf, &len, NULL), ERR_ARG);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("peers by the trust stores");
	TCase *t = tcase_create("fetch");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, trusted);
	tcase_add_loop_test(t, refused, 0, 3);
	tcase_add_test(t, one_judge);
	suite_add_tcase(s, t);
	return lab_main(s);
}
