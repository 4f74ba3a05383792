/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The certificate of a TLS server: of any version, within a deadline, and
 * none of those that have no key or do not speak TLS.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/fetch_cert.h"
#include "tests/ca_lab.h"
#include "tests/gateway_lab.h"

static struct cert *cert;
static struct gateway *g;

static void
setup(void)
{
	const struct lab_spec s = { .cn = "gateway" };

	(void)signal(SIGPIPE, SIG_IGN);
	cert = lab_issue(&s, lab_key(0), NULL, NULL);
	g = NULL;
}

static void
teardown(void)
{
	if (g != NULL)
		gateway_stop(g);
	cert_free(cert);
	lab_end();
}

static int
fetch(const char *host, uint16_t port, long ms, uint8_t **der, size_t *len,
    struct err *e)
{
	*e = (struct err){ .code = ERR_OK };
	*der = NULL;
	return fetch_cert(host, port, ms, der, len, e);
}

START_TEST(shown)
{
	static const enum gateway_mode mode[] = { GATEWAY_TLS,
	    GATEWAY_TLS10 };
	const uint8_t *want;
	size_t len, wantlen;
	struct err e;
	uint8_t *der;

	g = gateway_start(mode[_i], cert, lab_key(0));
	want = cert_der(cert, &wantlen);
	/* Twice: one that was asked goes on to answer. */
	for (int i = 0; i < 2; i++) {
		ck_assert_msg(fetch("127.0.0.1", gateway_port(g), 0, &der,
		    &len, &e) == ERR_OK, "%s", e.msg);
		ck_assert_uint_eq(len, wantlen);
		ck_assert_mem_eq(der, want, len);
		free(der);
	}
}
END_TEST

static void
refused(const char *host, uint16_t port, long ms, int code, const char *text)
{
	struct err e;
	uint8_t *der;
	size_t len;

	ck_assert_int_eq(fetch(host, port, ms, &der, &len, &e), code);
	ck_assert_ptr_null(der);
	ck_assert_msg(strstr(e.msg, text) != NULL, "%s", e.msg);
}

START_TEST(silent)
{
	int64_t start = clock_mono_ms(clock_system());

	g = gateway_start(GATEWAY_SILENT, NULL, NULL);
	refused("127.0.0.1", gateway_port(g), 200, ERR_TIMEOUT, "in time");
	ck_assert_int_lt(clock_mono_ms(clock_system()) - start, 30000);
}
END_TEST

START_TEST(no_tls)
{
	g = gateway_start(GATEWAY_PLAIN, NULL, NULL);
	refused("127.0.0.1", gateway_port(g), 0, ERR_PROTO, "TLS");
}
END_TEST

START_TEST(no_certificate)
{
	g = gateway_start(GATEWAY_NO_CERT, NULL, NULL);
	refused("127.0.0.1", gateway_port(g), 0, ERR_PROTO, "TLS");
}
END_TEST

/* A certificate of len bytes and some more. */
static X509 *
long_cert(int len)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *oid = OBJ_txt2obj("1.2.3.4", 1);
	X509_EXTENSION *ext;
	uint8_t *bytes = calloc(1, (size_t)len);

	ck_assert(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const uint8_t *)"long", -1, -1, 0) == 1 &&
	    X509_set_version(x, X509_VERSION_3) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(x), 0) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(x), 1000) != NULL &&
	    X509_set_pubkey(x, lab_key(0)) == 1 &&
	    ASN1_OCTET_STRING_set(value, bytes, len) == 1);
	ext = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value);
	ck_assert(X509_add_ext(x, ext, -1) == 1 &&
	    X509_sign(x, lab_key(0), EVP_sha256()) > 0);
	X509_EXTENSION_free(ext);
	ASN1_OBJECT_free(oid);
	ASN1_OCTET_STRING_free(value);
	free(bytes);
	return x;
}

START_TEST(too_long)
{
	X509 *x = long_cert(FETCH_CERT_MAX);

	g = gateway_start_x509(x, lab_key(0));
	X509_free(x);
	refused("127.0.0.1", gateway_port(g), 0, ERR_LIMIT, "16384");
}
END_TEST

START_TEST(nobody)
{
	char name[400];

	refused("127.0.0.1", gateway_nobody(), 0, ERR_UNREACHABLE,
	    "nobody answers");
	refused("", 1, 0, ERR_ARG, "not the name");
	refused("a b", 1, 0, ERR_ARG, "not the name");
	refused("h/x", 1, 0, ERR_ARG, "not the name");
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	refused(name, 1, 0, ERR_ARG, "not the name");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("fetch_cert");
	TCase *t = tcase_create("fetch_cert");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, shown, 0, 2);
	tcase_add_test(t, silent);
	tcase_add_test(t, no_tls);
	tcase_add_test(t, no_certificate);
	tcase_add_test(t, too_long);
	tcase_add_test(t, nobody);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
