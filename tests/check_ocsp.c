/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * OCSP: what we ask, and which answers count.
 */
#include <check.h>
#include <openssl/ocsp.h>
#include <stdlib.h>
#include <string.h>

#include "certs/internal.h"
#include "certs/ocsp.h"
#include "tests/ca_lab.h"

#define N_OF(a)	(sizeof(a) / sizeof((a)[0]))

static struct cert *ca, *other, *leaf, *sibling, *responder, *plain,
    *twin;		/* of the CA's name, with another key */

static struct cert *
make_ca(const char *cn, size_t key)
{
	return lab_issue(&(struct lab_spec){ .cn = cn,
	    .basic = "critical,CA:TRUE", .usage = "critical,keyCertSign" },
	    lab_key(key), NULL, NULL);
}

static void
setup(void)
{
	ca = make_ca("ca", 0);
	other = make_ca("other", 1);
	twin = make_ca("ca", 5);
	leaf = lab_issue(&(struct lab_spec){ .cn = "leaf" }, lab_key(2), ca,
	    lab_key(0));
	sibling = lab_issue(&(struct lab_spec){ .cn = "leaf" }, lab_key(2),
	    ca, lab_key(0));
	responder = lab_issue(&(struct lab_spec){ .cn = "ocsp",
	    .ext_usage = "OCSPSigning" }, lab_key(3), ca, lab_key(0));
	plain = lab_issue(&(struct lab_spec){ .cn = "no ocsp" }, lab_key(4),
	    ca, lab_key(0));
}

static void
teardown(void)
{
	cert_free(ca);
	cert_free(other);
	cert_free(twin);
	cert_free(leaf);
	cert_free(sibling);
	cert_free(responder);
	cert_free(plain);
	lab_end();
}

START_TEST(request)
{
	const uint8_t *p;
	OCSP_REQUEST *r;
	OCSP_CERTID *id;
	uint8_t *der;
	size_t len;

	ck_assert_int_eq(ocsp_request(leaf, ca, &der, &len, NULL), ERR_OK);
	p = der;
	ck_assert_ptr_nonnull(r = d2i_OCSP_REQUEST(NULL, &p, (long)len));
	ck_assert_ptr_eq(p, der + len);
	ck_assert_int_eq(OCSP_request_onereq_count(r), 1);
	id = OCSP_cert_to_id(EVP_sha1(), cert_x509(leaf), cert_x509(ca));
	ck_assert_int_eq(OCSP_id_cmp(OCSP_onereq_get0_id(
	    OCSP_request_onereq_get0(r, 0)), id), 0);
	ck_assert_ptr_null(OCSP_REQUEST_get_ext(r, 0));
	OCSP_CERTID_free(id);
	OCSP_REQUEST_free(r);
	free(der);
}
END_TEST

/* --- answers --- */

struct said {
	const char		*name;
	struct cert		**about, **by;
	size_t			 key;		/* that signs */
	int			 status;
	int64_t			 from_s, to_s;	/* from LAB_NOW; to 0: none */
	bool			 no_certs;	/* the signer's is not sent */
	int			 code;
	enum ocsp_status	 want;
};

#define HOUR	3600
#define DATES	.from_s = -HOUR, .to_s = HOUR

static const struct said said[] = {
	{ "good", &leaf, &ca, 0, V_OCSP_CERTSTATUS_GOOD, DATES,
	    .want = OCSP_GOOD },
	{ "good, issuer not sent", &leaf, &ca, 0, V_OCSP_CERTSTATUS_GOOD,
	    DATES, .no_certs = true, .want = OCSP_GOOD },
	{ "revoked", &leaf, &ca, 0, V_OCSP_CERTSTATUS_REVOKED, DATES,
	    .want = OCSP_REVOKED },
	{ "unknown", &leaf, &ca, 0, V_OCSP_CERTSTATUS_UNKNOWN, DATES,
	    .want = OCSP_UNKNOWN },
	{ "no next update", &leaf, &ca, 0, V_OCSP_CERTSTATUS_GOOD,
	    .from_s = -HOUR, .want = OCSP_GOOD },
	{ "responder", &leaf, &responder, 3, V_OCSP_CERTSTATUS_REVOKED,
	    DATES, .want = OCSP_REVOKED },
	{ "responder not sent", &leaf, &responder, 3,
	    V_OCSP_CERTSTATUS_GOOD, DATES, .no_certs = true,
	    .code = ERR_VERIFY },
	{ "no responder", &leaf, &plain, 4, V_OCSP_CERTSTATUS_GOOD, DATES,
	    .code = ERR_VERIFY },
	{ "other CA", &leaf, &other, 1, V_OCSP_CERTSTATUS_GOOD, DATES,
	    .code = ERR_VERIFY },
	{ "other key", &leaf, &twin, 5, V_OCSP_CERTSTATUS_GOOD, DATES,
	    .code = ERR_VERIFY },
	{ "other certificate", &sibling, &ca, 0, V_OCSP_CERTSTATUS_GOOD,
	    DATES, .code = ERR_VERIFY },
	{ "past", &leaf, &ca, 0, V_OCSP_CERTSTATUS_GOOD,
	    .from_s = -2 * HOUR, .to_s = -HOUR, .code = ERR_VERIFY },
	{ "future", &leaf, &ca, 0, V_OCSP_CERTSTATUS_GOOD, .from_s = HOUR,
	    .to_s = 2 * HOUR, .code = ERR_VERIFY },
	{ "skewed", &leaf, &ca, 0, V_OCSP_CERTSTATUS_GOOD,
	    .from_s = OCSP_SKEW_S - 1, .to_s = HOUR, .want = OCSP_GOOD },
};

static uint8_t *
say(const struct said *s, size_t *len)
{
	return lab_ocsp(&(struct lab_ocsp){ .about = *s->about, .issuer = ca,
	    .by = *s->by, .key = lab_key(s->key), .status = s->status,
	    .from = LAB_NOW + s->from_s, .to = s->to_s != 0 ?
	    LAB_NOW + s->to_s : 0, .no_certs = s->no_certs }, len);
}

START_TEST(answer)
{
	const struct said *s = &said[_i];
	struct ocsp_answer a;
	struct err e = { 0 };
	size_t len;
	uint8_t *der = say(s, &len);
	int ret = ocsp_response(der, len, leaf, ca, LAB_NOW, &a, &e);

	ck_assert_msg(ret == s->code, "%s: %d %s", s->name, ret, e.msg);
	ck_assert_msg(a.status == s->want, "%s", s->name);
	if (ret == ERR_OK) {
		ck_assert_int_eq(a.this_update, LAB_NOW + s->from_s);
		ck_assert_int_eq(a.next_update, s->to_s != 0 ?
		    LAB_NOW + s->to_s : 0);
	}
	free(der);
}
END_TEST

START_TEST(refusals)
{
	static const struct {
		int	 status, code;
	} rows[] = {
		{ OCSP_RESPONSE_STATUS_MALFORMEDREQUEST, ERR_DENIED },
		{ OCSP_RESPONSE_STATUS_INTERNALERROR, ERR_BUSY },
		{ OCSP_RESPONSE_STATUS_TRYLATER, ERR_BUSY },
		{ OCSP_RESPONSE_STATUS_UNAUTHORIZED, ERR_DENIED },
	};
	OCSP_RESPONSE *r = OCSP_response_create(rows[_i].status, NULL);
	struct ocsp_answer a;
	uint8_t *der = NULL;
	int n = i2d_OCSP_RESPONSE(r, &der);

	ck_assert_int_eq(ocsp_response(der, (size_t)n, leaf, ca, LAB_NOW, &a,
	    NULL), rows[_i].code);
	OPENSSL_free(der);
	OCSP_RESPONSE_free(r);
}
END_TEST

START_TEST(cut_and_longer)
{
	struct ocsp_answer a;
	size_t len;
	uint8_t *der = say(&said[0], &len), *longer = calloc(1, len + 1);

	for (size_t i = 0; i < len; i++)
		ck_assert_int_ne(ocsp_response(der, i, leaf, ca, LAB_NOW, &a,
		    NULL), ERR_OK);
	memcpy(longer, der, len);
	ck_assert_int_eq(ocsp_response(longer, len + 1, leaf, ca, LAB_NOW,
	    &a, NULL), ERR_PROTO);
	ck_assert_int_eq(ocsp_response(der, OCSP_RESPONSE_MAX + 1, leaf, ca,
	    LAB_NOW, &a, NULL), ERR_LIMIT);
	free(longer);
	free(der);
}
END_TEST

START_TEST(urls)
{
	static const struct {
		const char	*aia, *url;
	} rows[] = {
		{ NULL, NULL },
		{ "OCSP;URI:http://a/x", "http://a/x" },
		{ "OCSP;URI:https://a/x", NULL },
		{ "OCSP;URI:https://a/x,OCSP;URI:HTTP://b/y", "HTTP://b/y" },
		{ "caIssuers;URI:http://a/x", NULL },
		{ "OCSP;URI:ldap://a/x", NULL },
	};
	struct cert *c = lab_issue(&(struct lab_spec){ .cn = "c",
	    .info = rows[_i].aia }, lab_key(2), ca, lab_key(0));
	char *url = ocsp_url(c);

	if (rows[_i].url == NULL)
		ck_assert_ptr_null(url);
	else
		ck_assert_str_eq(url, rows[_i].url);
	free(url);
	cert_free(c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("OCSP");
	TCase *t = tcase_create("messages");
	SRunner *sr;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, request);
	tcase_add_loop_test(t, answer, 0, (int)N_OF(said));
	tcase_add_loop_test(t, refusals, 0, 4);
	tcase_add_test(t, cut_and_longer);
	tcase_add_loop_test(t, urls, 0, 6);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
