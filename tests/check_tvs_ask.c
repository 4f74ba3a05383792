/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/tvs_ask.c: questions to TVS and its answers, over the golden
 * exchanges.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/str.h"
#include "phonesim/tvs_ask.h"
#include "tests/certs_data.h"

#define PHONE	"SEP0011223344AA"

static uint8_t buf[TVS_MSG_MAX];
static struct err e;

/* The bytes of one side of an exchange: "C>S" or "S>C". */
static uint8_t *
golden(const char *name, const char *side, size_t *len)
{
	char path[128], *text, *line;
	uint8_t *out;
	size_t n;

	(void)snprintf(path, sizeof(path), "tvs/%s.txt", name);
	text = (char *)data_file(path, &n);
	ck_assert_ptr_nonnull(line = strstr(text, side));
	line += strlen(side) + 1;
	line[strcspn(line, "\r\n")] = '\0';
	*len = strlen(line) / 2;
	ck_assert_ptr_nonnull(out = malloc(*len));
	ck_assert(str_unhex(line, out, *len));
	free(text);
	return out;
}

static struct accept_question
about(const struct cert *c)
{
	struct accept_question q = { .subject = "", .issuer = "" };

	q.der = cert_der(c, &q.derlen);
	return q;
}

START_TEST(verify_as_the_vector)
{
	struct accept_question q;
	struct tvs_msg m, want;
	uint8_t *bytes;
	struct cert *c;
	size_t len, n;

	bytes = golden("verify-valid", "C>S", &len);
	ck_assert_int_eq(tvs_msg_parse(&want, bytes, len, &e), ERR_OK);
	ck_assert_ptr_nonnull(c = cert_from_der(want.der.p, want.der.len,
	    &e));
	q = about(c);
	ck_assert_int_eq(tvs_ask_build(&q, PHONE, want.session, buf, &n, &e),
	    ERR_OK);
	ck_assert_uint_eq(n, len);
	ck_assert_mem_eq(buf, bytes, len);
	free(bytes);

	bytes = golden("verify-valid", "S>C", &len);
	ck_assert_msg(tvs_ask_read(&q, want.session, bytes, len, &m, &e) ==
	    ERR_OK, "%s", e.msg);
	ck_assert_int_eq(m.status, TVS_VALID);
	ck_assert_uint_gt(m.nroles, 0);
	ck_assert_uint_gt(m.ttl, 0);
	/* To another question. */
	ck_assert_int_eq(tvs_ask_read(&q, want.session + 1, bytes, len, &m,
	    &e), ERR_PROTO);
	q.der = NULL;
	ck_assert_int_eq(tvs_ask_read(&q, want.session, bytes, len, &m, &e),
	    ERR_PROTO);
	for (n = 0; n < len; n++)
		ck_assert_int_ne(tvs_ask_read(&q, want.session, bytes, n, &m,
		    &e), ERR_OK);
	free(bytes);
	cert_free(c);
}
END_TEST

START_TEST(query_as_the_vector)
{
	struct accept_question q = { .der = NULL };
	char subject[TVS_NAME_MAX + 1], issuer[TVS_NAME_MAX + 1];
	struct tvs_msg m, want;
	uint8_t *bytes;
	size_t len, n;

	bytes = golden("query.inferred", "C>S", &len);
	ck_assert_int_eq(tvs_msg_parse(&want, bytes, len, &e), ERR_OK);
	(void)snprintf(subject, sizeof(subject), "%.*s",
	    (int)want.subject.len, (const char *)want.subject.p);
	(void)snprintf(issuer, sizeof(issuer), "%.*s", (int)want.issuer.len,
	    (const char *)want.issuer.p);
	q.subject = subject;
	q.issuer = issuer;
	q.serial = want.serial.p;
	q.seriallen = want.serial.len;
	ck_assert_int_eq(tvs_ask_build(&q, PHONE, want.session, buf, &n, &e),
	    ERR_OK);
	ck_assert_uint_eq(n, len);
	ck_assert_mem_eq(buf, bytes, len);
	ck_assert_int_eq(tvs_msg_parse(&m, buf, n, &e), ERR_OK);
	free(bytes);
}
END_TEST

/* A yes that names nobody is no answer to a query. */
START_TEST(valid_without_certificate)
{
	const struct accept_question q = { .subject = "CN=a", .issuer = "CN=a",
	    .serial = (const uint8_t *)"\1", .seriallen = 1 };
	struct tvs_msg m = { .command = TVS_QUERY_ANSWER, .session = 7,
	    .status = TVS_INVALID };
	size_t n;

	ck_assert_int_eq(tvs_msg_build(&m, buf, &n, &e), ERR_OK);
	ck_assert_int_eq(tvs_ask_read(&q, 7, buf, n, &m, &e), ERR_OK);
	ck_assert_int_eq(m.status, TVS_INVALID);
	/* The status turned round: element 07 0001 01. */
	ck_assert_uint_eq(buf[TVS_HEADER + 3], 1);
	buf[TVS_HEADER + 3] = 0;
	ck_assert_int_ne(tvs_ask_read(&q, 7, buf, n, &m, &e), ERR_OK);
}
END_TEST

START_TEST(device_names)
{
	struct cert *c = data_cert("ccm");
	const struct accept_question q = about(c);
	char longest[DEVICE_NAME_MAX + 1], name[TVS_DEVICE_MAX + 1];
	struct tvs_msg m;
	size_t n;

	ck_assert_int_eq(tvs_ask_build(&q, PHONE, 1, buf, &n, &e), ERR_OK);
	ck_assert_int_eq(tvs_msg_parse(&m, buf, n, &e), ERR_OK);
	tvs_device(&m, name);
	ck_assert_str_eq(name, PHONE);
	memset(longest, 'a', DEVICE_NAME_MAX);
	longest[DEVICE_NAME_MAX] = '\0';
	ck_assert_msg(tvs_ask_build(&q, longest, 1, buf, &n, &e) == ERR_OK,
	    "%s", e.msg);
	ck_assert_int_eq(tvs_msg_parse(&m, buf, n, &e), ERR_OK);
	tvs_device(&m, name);
	ck_assert_str_eq(name, longest);
	cert_free(c);
}
END_TEST

START_TEST(texts)
{
	static const struct {
		struct config_server t;
		const char *text;
	} address[] = {
		{ { "192.0.2.7", 2445 }, "192.0.2.7:2445" },
		{ { "2001:db8::7", 65535 }, "[2001:db8::7]:65535" },
		{ { "[2001:db8::7]", 1 }, "[2001:db8::7]:1" },
		{ { "cm1\x1b.example", 22445 }, "cm1\\x1b.example:22445" },
	};
	char text[ACCEPT_FROM_MAX], cut[8];
	struct accept_question q = { .subject = "CN=a\nb", .issuer = "" };
	struct cert *c = data_cert("ccm");

	for (size_t i = 0; i < N_OF(address); i++) {
		tvs_ask_address(&address[i].t, text);
		ck_assert_str_eq(text, address[i].text);
	}
	tvs_ask_about(&q, text, sizeof(text));
	ck_assert_str_eq(text, "CN=a\\x0ab");
	q = about(c);
	tvs_ask_about(&q, text, sizeof(text));
	ck_assert_msg(strncmp(text, "CN=CCM;OU=", 10) == 0, "%s", text);
	tvs_ask_about(&q, cut, sizeof(cut));
	ck_assert_uint_eq(strlen(cut), 7);
	q.derlen--;
	tvs_ask_about(&q, text, sizeof(text));
	ck_assert_str_eq(text, "a certificate");
	cert_free(c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tvs_ask");
	TCase *t = tcase_create("tvs_ask");
	SRunner *r;
	int failed;

	tcase_add_test(t, verify_as_the_vector);
	tcase_add_test(t, query_as_the_vector);
	tcase_add_test(t, valid_without_certificate);
	tcase_add_test(t, device_names);
	tcase_add_test(t, texts);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
