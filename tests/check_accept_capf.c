/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * trust/accept_capf.c: which CAPF server a phone takes for its own; and that
 * encrypted files are checked as signed ones are (trust/accept.c).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/accept_fixture.h"

static bool
takes(const struct accept_phone *p, const struct cert *c,
    struct accept_verdict *v)
{
	const uint8_t *der;
	size_t len;
	bool ok;

	der = cert_der(c, &len);
	ok = accept_capf_server(p, der, len, v);
	ck_assert(ok == (v->path != ACCEPT_NONE) &&
	    ok == (v->step == STEP_OK) && v->why[0] != '\0');
	return ok;
}

START_TEST(listed)
{
	struct accept_phone with = phone(NULL, &itl), both = phone(&ctl, &itl);
	struct bytes none = make_list(SAST, CCM, "ITLFile.tlv");
	struct accept_phone without = phone(NULL, &none);
	struct accept_verdict v;

	ck_assert(takes(&with, cert[CAPF], &v));
	ck_assert_int_eq(v.path, ACCEPT_CAPF_ITL);
	ck_assert(takes(&both, cert[CAPF], &v));
	ck_assert_int_eq(v.path, ACCEPT_CAPF_CTL);
	/* Listed, but not as CAPF; and not listed. */
	ck_assert(!takes(&with, cert[CCM], &v));
	ck_assert_int_eq(v.step, STEP_SIGNER);
	ck_assert(!takes(&with, cert[STRANGER], &v));
	ck_assert(!takes(&without, cert[CAPF], &v));
	free(none.buf);
}
END_TEST

START_TEST(blank)
{
	struct accept_phone none = phone(NULL, NULL);
	struct accept_phone emptied = phone(NULL, &stubs);
	struct accept_verdict v;

	ck_assert(takes(&none, cert[STRANGER], &v));
	ck_assert_int_eq(v.path, ACCEPT_BLANK);
	ck_assert(takes(&emptied, cert[STRANGER], &v));
}
END_TEST

START_TEST(another_certificate)
{
	struct accept_phone p = phone(NULL, &itl);
	struct accept_verdict v;
	const uint8_t *der;
	uint8_t *copy;
	size_t len;

	der = cert_der(cert[CAPF], &len);
	ck_assert_ptr_nonnull(copy = calloc(1, len + 1));
	memcpy(copy, der, len);
	for (size_t i = 0; i < len; i += stride(1)) {
		copy[i] ^= 1;
		ck_assert_msg(!accept_capf_server(&p, copy, len, &v), "%zu",
		    i);
		copy[i] ^= 1;
	}
	ck_assert(!accept_capf_server(&p, copy, len - 1, &v));
	ck_assert(!accept_capf_server(&p, copy, 0, &v));
	ck_assert(accept_capf_server(&p, copy, len, &v));
	free(copy);
}
END_TEST

START_TEST(list_unreadable)
{
	static uint8_t junk[] = { 1, 0, 2, 1, 2, 0 };
	struct bytes bad = { junk, sizeof(junk) };
	struct accept_phone p = phone(&bad, NULL);
	struct accept_verdict v;

	ck_assert(!takes(&p, cert[CAPF], &v));
	ck_assert_int_eq(v.step, STEP_FORMAT);
}
END_TEST

/* TVS: asked with the certificate as a whole, and only its CAPF counts. */
static struct accept_answer answer;
static unsigned asked;

static void
ask(void *arg, const struct accept_question *q, struct accept_answer *a)
{
	size_t len;

	(void)arg;
	(void)cert_der(cert[STRANGER], &len);
	ck_assert_ptr_nonnull(q->der);
	ck_assert_uint_eq(q->derlen, len);
	asked++;
	*a = answer;
}

START_TEST(vouched)
{
	static const struct {
		enum accept_says says;
		uint8_t role;
		bool ok;
		const char *why;
	} t[] = {
		{ ACCEPT_SAYS_VALID, ROLE_CAPF, true, "vouches (CAPF)" },
		{ ACCEPT_SAYS_VALID, ROLE_TFTP, false, "as TFTP, not as CAPF" },
		{ ACCEPT_SAYS_INVALID, 0, false, "says: not valid" },
		{ ACCEPT_SAYS_NOTHING, 0, false, "did not answer" },
	};
	struct accept_phone p = phone(NULL, &itl);
	struct accept_verdict v;

	p.ask = ask;
	asked = 0;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		answer = (struct accept_answer){ .says = t[i].says,
		    .roles = { t[i].role }, .nroles = 1, .from = "tvs:1" };
		ck_assert_msg(takes(&p, cert[STRANGER], &v) == t[i].ok, "%zu",
		    i);
		ck_assert_msg(strstr(v.why, t[i].why) != NULL, "%s", v.why);
		ck_assert(!t[i].ok || v.path == ACCEPT_TVS);
	}
	ck_assert_uint_eq(asked, sizeof(t) / sizeof(t[0]));
	/* Whom the list names is not asked about. */
	ck_assert(takes(&p, cert[CAPF], &v));
	ck_assert_uint_eq(asked, sizeof(t) / sizeof(t[0]));
}
END_TEST

#define ENC	"SEP0011223344AA.cnf.xml.enc.sgn"
#define STUB	"SEP0011223344AA.cnf.xml.sgn"

START_TEST(encrypted_file)
{
	struct bytes f = data("encrypted/sha1/" ENC);
	struct bytes stub = data("encrypted/sha1/" STUB);
	struct accept_phone p = phone(NULL, &itl);
	const uint8_t *payload;
	struct accept_verdict v;
	size_t n;

	ck_assert_msg(accept_file(&p, ENC, f.buf, f.len, &payload, &n, &v),
	    "%s", v.why);
	ck_assert_int_eq(v.path, ACCEPT_TFTP_ITL);
	/* What is encrypted, to the end. */
	ck_assert_ptr_eq(payload, f.buf + 812);
	ck_assert_uint_eq(n, 736);
	for (size_t i = 0; i < f.len; i += stride(7)) {
		f.buf[i] ^= 1;
		ck_assert_msg(!accept_file(&p, ENC, f.buf, f.len, &payload,
		    &n, &v), "%zu", i);
		ck_assert_ptr_null(payload);
		f.buf[i] ^= 1;
	}
	ck_assert(!accept_file(&p, ENC, f.buf, f.len - 1, &payload, &n, &v));
	ck_assert(!accept_file(&p, STUB, f.buf, f.len, &payload, &n, &v));
	/* A signed file is none that is encrypted. */
	ck_assert(!accept_file(&p, ENC, stub.buf, stub.len, &payload, &n, &v));
	ck_assert_int_eq(v.step, STEP_FORMAT);
	ck_assert_ptr_nonnull(strstr(v.why, "encrypted files have 2.0"));
	free(stub.buf);
	free(f.buf);
}
END_TEST

static void
add(Suite *s, const char *name, void (*set_up)(void))
{
	TCase *t = tcase_create(name);

	tcase_add_unchecked_fixture(t, set_up, teardown);
	tcase_add_test(t, listed);
	tcase_add_test(t, blank);
	tcase_add_test(t, another_certificate);
	tcase_add_test(t, list_unreadable);
	tcase_add_test(t, vouched);
	tcase_add_test(t, encrypted_file);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
}

int
main(void)
{
	Suite *s = suite_create("accept_capf");
	SRunner *r;
	int failed;

	add(s, "alone", setup);
	add(s, "memo", setup_memo);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
