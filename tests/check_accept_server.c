/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * trust/accept_server.c: which HTTPS server a phone takes for its own, and
 * what it takes from it.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/accept_fixture.h"

static struct bytes v11, pem;	/* a list with an EC TFTP record */
static struct cert *ec;		/* that record's */

static void
open_lists(void)
{
	v11 = data("trust-list/ITLFile.sha1.v11.tlv");
	pem = data("keys/tftp-ec.pem");
	ck_assert_ptr_nonnull(ec = cert_from_pem(pem.buf, pem.len, NULL));
}

static void
set_up(void)
{
	setup();
	open_lists();
}

static void
set_up_memo(void)
{
	setup_memo();
	open_lists();
}

static void
tear_down(void)
{
	cert_free(ec);
	free(pem.buf);
	free(v11.buf);
	teardown();
}

static bool
takes(const struct accept_phone *p, const struct cert *c,
    struct accept_verdict *v)
{
	const uint8_t *der;
	size_t len;
	bool ok;

	der = cert_der(c, &len);
	ok = accept_server(p, der, len, v);
	ck_assert(ok == (v->path != ACCEPT_NONE) &&
	    ok == (v->step == STEP_OK) && v->why[0] != '\0');
	return ok;
}

START_TEST(wants)
{
	const struct {
		const struct bytes *ctl, *itl;
		bool want;
	} t[] = {
		{ NULL, NULL, false }, { NULL, &itl, false },
		{ NULL, &v11, true }, { &ctl, &itl, false },
		{ &ctl, &v11, true }, { NULL, &stubs, false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct accept_phone p = phone(t[i].ctl, t[i].itl);

		ck_assert_msg(accept_wants_https(&p) == t[i].want, "%zu", i);
	}
}
END_TEST

START_TEST(listed_server)
{
	struct accept_phone with = phone(NULL, &v11);
	struct accept_phone both = phone(&v11, &v11);
	struct accept_phone without = phone(NULL, &itl);
	struct accept_phone blank = phone(NULL, NULL);
	struct accept_verdict v;

	ck_assert(takes(&with, ec, &v));
	ck_assert_int_eq(v.path, ACCEPT_TFTP_ITL);
	ck_assert_ptr_nonnull(strstr(v.why, "of the ITL"));
	ck_assert(takes(&both, ec, &v));
	ck_assert_int_eq(v.path, ACCEPT_TFTP_CTL);
	ck_assert(!takes(&without, ec, &v));
	ck_assert_int_eq(v.step, STEP_SIGNER);
	/* No leap of faith here. */
	ck_assert(!takes(&blank, ec, &v));
	/* Listed as TFTP server, but its key is for signatures. */
	ck_assert(!takes(&with, cert[CCM], &v));
	ck_assert(!takes(&with, cert[TVS], &v));
	ck_assert(!takes(&with, cert[STRANGER], &v));
}
END_TEST

/* Byte for byte: also bytes that no check of a chain would miss. */
START_TEST(another_certificate)
{
	struct accept_phone p = phone(NULL, &v11);
	struct accept_verdict v;
	const uint8_t *der;
	uint8_t *copy;
	size_t len;

	der = cert_der(ec, &len);
	ck_assert_ptr_nonnull(copy = calloc(1, len + 1));
	memcpy(copy, der, len);
	for (size_t i = 0; i < len; i += stride(1)) {
		copy[i] ^= 1;
		ck_assert_msg(!accept_server(&p, copy, len, &v), "%zu", i);
		copy[i] ^= 1;
	}
	ck_assert(!accept_server(&p, copy, len - 1, &v));
	ck_assert(!accept_server(&p, copy, len + 1, &v));
	ck_assert(!accept_server(&p, copy, 0, &v));
	ck_assert(accept_server(&p, copy, len, &v));
	free(copy);
}
END_TEST

START_TEST(list_unreadable)
{
	static uint8_t junk[] = { 1, 0, 2, 1, 2, 0 };
	struct bytes bad = { junk, sizeof(junk) };
	struct accept_phone p = phone(&bad, NULL);
	struct accept_verdict v;

	ck_assert(!accept_wants_https(&p));
	ck_assert(!takes(&p, ec, &v));
}
END_TEST

/* Plain files are the server's word; signed ones are checked as ever. */
START_TEST(files)
{
	static const uint8_t xml[] = "<device/>";
	struct accept_phone p = phone(NULL, &v11);
	struct bytes f = make_signed(CCM, "a.xml.sgn");
	struct accept_verdict server, v;
	const uint8_t *payload;
	size_t n;

	ck_assert(takes(&p, ec, &server));
	ck_assert(accept_served(&p, &server, "a.xml.sgn", xml, 9, &payload,
	    &n, &v));
	ck_assert_int_eq(v.path, ACCEPT_TFTP_ITL);
	ck_assert_ptr_eq(payload, xml);
	ck_assert_uint_eq(n, 9);
	ck_assert(accept_served(&p, &server, "a.xml.sgn", f.buf, f.len,
	    &payload, &n, &v));
	ck_assert_uint_eq(n, 9);
	ck_assert_ptr_ne(payload, f.buf);
	ck_assert(!accept_served(&p, &server, "b.xml.sgn", f.buf, f.len,
	    &payload, &n, &v));
	ck_assert_int_eq(v.step, STEP_NAME);
	f.buf[f.len - 1] ^= 1;
	ck_assert(!accept_served(&p, &server, "a.xml.sgn", f.buf, f.len,
	    &payload, &n, &v));
	ck_assert_int_eq(v.step, STEP_SIGNATURE);
	ck_assert_ptr_null(payload);
	/* A server that was not taken has no word. */
	ck_assert(!takes(&p, cert[CCM], &server));
	ck_assert(!accept_served(&p, &server, "a.xml.sgn", xml, 9, &payload,
	    &n, &v));
	ck_assert_int_eq(v.step, STEP_FORM);
	free(f.buf);
}
END_TEST

static TCase *
verdicts(const char *name, SFun fixture)
{
	TCase *tc = tcase_create(name);

	tcase_add_unchecked_fixture(tc, fixture, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, wants);
	tcase_add_test(tc, listed_server);
	tcase_add_test(tc, another_certificate);
	tcase_add_test(tc, list_unreadable);
	tcase_add_test(tc, files);
	return tc;
}

int
main(void)
{
	Suite *s = suite_create("accept_server");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, verdicts("alone", set_up));
	suite_add_tcase(s, verdicts("with a memo", set_up_memo));
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
