/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * trust/accept_tvs.c: what a phone takes because TVS vouches for it, and what
 * not in spite of it.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/accept_fixture.h"

#define TVS_NAME	"192.0.2.7:2445"

/* What TVS says in the test, and what it was asked. */
static struct {
	struct accept_answer	 a;
	unsigned		 asked;
	char			 issuer[256], subject[256];
	uint8_t			 serial[64];
	size_t			 seriallen;
	bool			 verify;
	uint8_t			*der;
	size_t			 derlen;
} tvs;

static struct bytes pem;
static struct cert *ec;		/* of a server of files */

static void
open_lists(void)
{
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
	free(tvs.der);
	memset(&tvs, 0, sizeof(tvs));
	teardown();
}

static void
ask(void *arg, const struct accept_question *q, struct accept_answer *a)
{
	ck_assert_ptr_eq(arg, &tvs);
	ck_assert_int_eq(a->says, ACCEPT_SAYS_NOTHING);
	tvs.asked++;
	tvs.verify = q->der != NULL;
	if (tvs.verify) {
		free(tvs.der);
		ck_assert_ptr_nonnull(tvs.der = malloc(q->derlen));
		memcpy(tvs.der, q->der, q->derlen);
		tvs.derlen = q->derlen;
	} else {
		(void)str_copy(tvs.issuer, sizeof(tvs.issuer), q->issuer);
		(void)str_copy(tvs.subject, sizeof(tvs.subject), q->subject);
		ck_assert_uint_le(q->seriallen, sizeof(tvs.serial));
		memcpy(tvs.serial, q->serial, q->seriallen);
		tvs.seriallen = q->seriallen;
	}
	*a = tvs.a;
}

/* roles: as a string of bytes, 0 as 'S'. */
static void
says(enum accept_says what, const char *roles, const struct cert *c)
{
	tvs.a = (struct accept_answer){ .says = what, .from = TVS_NAME,
	    .why = "its line is cut" };
	for (; *roles != '\0'; roles++)
		tvs.a.roles[tvs.a.nroles++] = *roles == 'S' ? 0 :
		    (uint8_t)*roles;
	if (c != NULL)
		tvs.a.der = cert_der(c, &tvs.a.derlen);
	tvs.asked = 0;
}

static struct accept_phone
asking(const struct bytes *with_ctl, const struct bytes *with_itl)
{
	struct accept_phone p = phone(with_ctl, with_itl);

	p.ask = ask;
	p.ask_arg = &tvs;
	return p;
}

/* --- lists and files --- */

static const struct vector {
	const char		*name;
	const struct bytes	*ctl, *itl;
	enum who		 signer;
	enum accept_says	 says;
	const char		*roles;
	enum who		 given;		/* NWHO: no certificate */
	bool			 asked;
	enum accept_path	 path;
	enum accept_step	 step;
	const char		*why;
} lists[] = {
	{ "vouched for", NULL, &itl, STRANGER, ACCEPT_SAYS_VALID, "S",
	    STRANGER, true, ACCEPT_TVS, STEP_OK,
	    "for whom TVS " TVS_NAME " vouches (SAST)" },
	{ "with more roles", NULL, &itl, STRANGER, ACCEPT_SAYS_VALID,
	    "\3S\25", STRANGER, true, ACCEPT_TVS, STEP_OK, "TFTP,SAST,TVS" },
	{ "beside a CTL", &ctl, &itl, STRANGER, ACCEPT_SAYS_VALID, "S",
	    STRANGER, true, ACCEPT_TVS, STEP_OK, "" },
	{ "as a gateway", NULL, &itl, STRANGER, ACCEPT_SAYS_VALID, "\1\3",
	    STRANGER, true, ACCEPT_NONE, STEP_TVS,
	    "vouches for it as CCM,TFTP, not as SAST" },
	{ "as nothing", NULL, &itl, STRANGER, ACCEPT_SAYS_VALID, "",
	    STRANGER, true, ACCEPT_NONE, STEP_TVS, "as none, not as SAST" },
	{ "not valid", NULL, &itl, STRANGER, ACCEPT_SAYS_INVALID, "S",
	    STRANGER, true, ACCEPT_NONE, STEP_TVS,
	    "TVS " TVS_NAME " says: not valid" },
	{ "no answer", NULL, &itl, STRANGER, ACCEPT_SAYS_NOTHING, "S",
	    STRANGER, true, ACCEPT_NONE, STEP_TVS,
	    "TVS did not answer: its line is cut" },
	{ "what the lists have is said too", NULL, &itl, STRANGER,
	    ACCEPT_SAYS_INVALID, "", NWHO, true, ACCEPT_NONE, STEP_TVS,
	    "ITL: CN=SAST" },
	{ "another key of that name", NULL, &itl, STRANGER, ACCEPT_SAYS_VALID,
	    "S", IMPOSTOR, true, ACCEPT_NONE, STEP_SIGNATURE,
	    "does not fit" },
	{ "another certificate", NULL, &itl, STRANGER, ACCEPT_SAYS_VALID, "S",
	    CAPF, true, ACCEPT_NONE, STEP_TVS, "another serial number" },
	{ "no certificate", NULL, &itl, STRANGER, ACCEPT_SAYS_VALID, "S",
	    NWHO, true, ACCEPT_NONE, STEP_TVS, "no certificate" },
	{ "a SAST held needs no TVS", NULL, &itl, SAST, ACCEPT_SAYS_INVALID,
	    "", NWHO, false, ACCEPT_SAST_ITL, STEP_OK, "" },
	{ "a wrong signature is not asked about", NULL, &strangers, IMPOSTOR,
	    ACCEPT_SAYS_VALID, "S", IMPOSTOR, false, ACCEPT_NONE,
	    STEP_SIGNATURE, "" },
	{ "no TVS record: a CTL alone", &ctl, NULL, STRANGER,
	    ACCEPT_SAYS_VALID, "S", STRANGER, false, ACCEPT_NONE,
	    STEP_SIGNER, "" },
	{ "no TVS record: an emptied ITL", &ctl, &stubs, STRANGER,
	    ACCEPT_SAYS_VALID, "S", STRANGER, false, ACCEPT_NONE,
	    STEP_SIGNER, "" },
	{ "a blank phone asks nobody", NULL, NULL, STRANGER,
	    ACCEPT_SAYS_INVALID, "", NWHO, false, ACCEPT_BLANK, STEP_OK,
	    "" },
};

static const struct vector files[] = {
	{ "vouched for", NULL, &itl, STRANGER, ACCEPT_SAYS_VALID, "\3",
	    STRANGER, true, ACCEPT_TVS, STEP_OK, "vouches (TFTP)" },
	{ "as both", NULL, &itl, STRANGER, ACCEPT_SAYS_VALID, "\2", STRANGER,
	    true, ACCEPT_TVS, STEP_OK, "vouches (CCM+TFTP)" },
	{ "a signer of lists", NULL, &itl, STRANGER, ACCEPT_SAYS_VALID, "S",
	    STRANGER, true, ACCEPT_NONE, STEP_TVS, "not as TFTP" },
	{ "a gateway", NULL, &itl, STRANGER, ACCEPT_SAYS_VALID, "\1",
	    STRANGER, true, ACCEPT_NONE, STEP_TVS, "as CCM, not as TFTP" },
	{ "a server of pages", NULL, &itl, STRANGER, ACCEPT_SAYS_VALID, "\7",
	    STRANGER, true, ACCEPT_NONE, STEP_TVS, "as APP-SERVER" },
	{ "not valid", NULL, &itl, STRANGER, ACCEPT_SAYS_INVALID, "",
	    NWHO, true, ACCEPT_NONE, STEP_TVS, "says: not valid" },
	{ "no answer", NULL, &itl, STRANGER, ACCEPT_SAYS_NOTHING, "", NWHO,
	    true, ACCEPT_NONE, STEP_TVS, "did not answer" },
	{ "another key", NULL, &itl, STRANGER, ACCEPT_SAYS_VALID, "\3",
	    IMPOSTOR, true, ACCEPT_NONE, STEP_SIGNATURE, "does not fit" },
	{ "listed", NULL, &itl, CCM, ACCEPT_SAYS_INVALID, "", NWHO, false,
	    ACCEPT_TFTP_ITL, STEP_OK, "" },
};
#define N_OF(a)	(sizeof(a) / sizeof((a)[0]))

static void
judged(const struct vector *v, bool ok, const struct accept_verdict *got)
{
	ck_assert_msg(got->path == v->path && got->step == v->step &&
	    ok == (got->path != ACCEPT_NONE), "%s: %s, %s: %s", v->name,
	    accept_path_text(got->path), accept_step_name(got->step),
	    got->why);
	ck_assert_msg(strstr(got->why, v->why) != NULL, "%s: %s", v->name,
	    got->why);
	ck_assert_msg(tvs.asked == v->asked, "%s: asked %u times", v->name,
	    tvs.asked);
}

START_TEST(list)
{
	const struct vector *v = &lists[_i];
	struct accept_phone p = asking(v->ctl, v->itl);
	struct bytes b = make_list(v->signer, v->signer == CCM ? SAST : CCM,
	    "ITLFile.tlv");
	struct accept_verdict got;
	bool ok;

	says(v->says, v->roles, v->given != NWHO ? cert[v->given] : NULL);
	ok = accept_list(&p, ACCEPT_ITL, b.buf, b.len, &got);
	judged(v, ok, &got);
	if (v->asked) {
		ck_assert(!tvs.verify);
		ck_assert_str_eq(tvs.issuer, "CN=Stranger");
		ck_assert_str_eq(tvs.subject, "CN=Stranger");
		ck_assert_uint_eq(tvs.seriallen, 2);
		ck_assert_mem_eq(tvs.serial, "\x11\x22", 2);
	}
	free(b.buf);
}
END_TEST

START_TEST(file)
{
	const struct vector *v = &files[_i];
	struct accept_phone p = asking(v->ctl, v->itl);
	struct bytes b = make_signed(v->signer, "a.xml.sgn");
	struct accept_verdict got;
	const uint8_t *payload;
	size_t n;
	bool ok;

	says(v->says, v->roles, v->given != NWHO ? cert[v->given] : NULL);
	ok = accept_file(&p, "a.xml.sgn", b.buf, b.len, &payload, &n, &got);
	judged(v, ok, &got);
	ck_assert((payload != NULL) == ok);
	ck_assert_uint_eq(n, ok ? 9 : 0);
	free(b.buf);
}
END_TEST

/* TVS vouches for a signer, not for bytes. */
START_TEST(changed_bytes)
{
	struct accept_phone p = asking(NULL, &itl);
	struct bytes b = make_signed(STRANGER, "a.xml.sgn");
	struct accept_verdict v;
	const uint8_t *payload;
	size_t n;

	says(ACCEPT_SAYS_VALID, "\3", cert[STRANGER]);
	for (size_t i = 0; i < b.len; i += stride(7)) {
		b.buf[i] ^= 1;
		ck_assert_msg(!accept_file(&p, "a.xml.sgn", b.buf, b.len,
		    &payload, &n, &v), "byte %zu: %s", i, v.why);
		b.buf[i] ^= 1;
	}
	ck_assert(accept_file(&p, "a.xml.sgn", b.buf, b.len, &payload, &n,
	    &v));
	free(b.buf);
}
END_TEST

START_TEST(knows_no_server)
{
	struct accept_phone p = phone(NULL, &itl);
	struct bytes b = make_list(STRANGER, CCM, "ITLFile.tlv");
	struct accept_verdict v;

	ck_assert(!accept_list(&p, ACCEPT_ITL, b.buf, b.len, &v));
	ck_assert_int_eq(v.step, STEP_SIGNER);
	free(b.buf);
}
END_TEST

START_TEST(remembered)
{
	struct accept_phone p = asking(NULL, &itl);
	struct bytes b = make_list(STRANGER, CCM, "ITLFile.tlv");
	struct accept_verdict v;

	says(ACCEPT_SAYS_VALID, "S", cert[STRANGER]);
	tvs.a.remembered = true;
	ck_assert(accept_list(&p, ACCEPT_ITL, b.buf, b.len, &v));
	ck_assert_ptr_nonnull(strstr(v.why, "vouches (SAST, remembered)"));
	free(b.buf);
}
END_TEST

/* --- servers --- */

static const struct {
	const char	*roles;
	enum accept_says says;
	bool		 taken;
} servers[] = {
	{ "\3", ACCEPT_SAYS_VALID, true },
	{ "\2", ACCEPT_SAYS_VALID, true },
	{ "\7", ACCEPT_SAYS_VALID, true },
	{ "S\7", ACCEPT_SAYS_VALID, true },
	{ "S", ACCEPT_SAYS_VALID, false },
	{ "\1", ACCEPT_SAYS_VALID, false },
	{ "\4\25", ACCEPT_SAYS_VALID, false },
	{ "", ACCEPT_SAYS_VALID, false },
	{ "\3", ACCEPT_SAYS_INVALID, false },
	{ "\3", ACCEPT_SAYS_NOTHING, false },
};

START_TEST(server)
{
	struct accept_phone p = asking(NULL, &itl), none = asking(&ctl, NULL);
	struct accept_verdict v;
	const uint8_t *der;
	size_t len;
	bool ok;

	der = cert_der(ec, &len);
	says(servers[_i].says, servers[_i].roles, NULL);
	ok = accept_server(&p, der, len, &v);
	ck_assert_msg(ok == servers[_i].taken, "%s", v.why);
	ck_assert_int_eq(v.path, ok ? ACCEPT_TVS : ACCEPT_NONE);
	ck_assert_int_eq(v.step, ok ? STEP_OK : STEP_TVS);
	ck_assert_ptr_nonnull(strstr(v.why, "TVS"));
	ck_assert_uint_eq(tvs.asked, 1);
	ck_assert(tvs.verify);
	ck_assert_uint_eq(tvs.derlen, len);
	ck_assert_mem_eq(tvs.der, der, len);
	/* A key for signatures does not serve: not asked about. */
	der = cert_der(cert[CCM], &len);
	ck_assert(!accept_server(&p, der, len, &v));
	ck_assert_int_eq(v.step, STEP_SIGNER);
	ck_assert(!accept_server(&p, (const uint8_t *)"junk", 4, &v));
	/* Nor without a TVS record. */
	der = cert_der(ec, &len);
	ck_assert(!accept_server(&none, der, len, &v));
	ck_assert_uint_eq(tvs.asked, 1);
}
END_TEST

START_TEST(tvs_server)
{
	struct accept_phone p = asking(NULL, &itl);
	struct accept_phone other = asking(&itl, &stubs);
	struct accept_verdict v;
	const uint8_t *der;
	uint8_t *copy;
	size_t len;

	says(ACCEPT_SAYS_VALID, "\25", cert[TVS]);
	der = cert_der(cert[TVS], &len);
	ck_assert(accept_tvs_server(&p, der, len, &v));
	ck_assert_int_eq(v.path, ACCEPT_TVS);
	/* The CTL's records are not for this. */
	ck_assert(!accept_tvs_server(&other, der, len, &v));
	ck_assert_int_eq(v.step, STEP_SIGNER);
	ck_assert_ptr_nonnull(copy = malloc(len));
	memcpy(copy, der, len);
	for (size_t i = 0; i < len; i += stride(1)) {
		copy[i] ^= 1;
		ck_assert(!accept_tvs_server(&p, copy, len, &v));
		copy[i] ^= 1;
	}
	ck_assert(!accept_tvs_server(&p, copy, len - 1, &v));
	free(copy);
	der = cert_der(cert[CCM], &len);
	ck_assert(!accept_tvs_server(&p, der, len, &v));
	ck_assert_ptr_nonnull(strstr(v.why, "TVS record of the ITL"));
	/* TVS cannot vouch for itself. */
	ck_assert_uint_eq(tvs.asked, 0);
}
END_TEST

START_TEST(wants)
{
	static uint8_t junk[] = { 1, 0, 2, 1, 2, 0 };
	struct bytes bad = { junk, sizeof(junk) };
	const struct {
		const struct bytes *ctl, *itl;
		bool want;
	} t[] = {
		{ NULL, &itl, true }, { &ctl, &itl, true },
		{ &itl, NULL, false }, { NULL, NULL, false },
		{ NULL, &stubs, false }, { NULL, &sast_only, false },
		{ NULL, &bad, false },
	};

	for (size_t i = 0; i < N_OF(t); i++) {
		struct accept_phone p = phone(t[i].ctl, t[i].itl);

		ck_assert_msg(accept_wants_tvs(&p) == t[i].want, "%zu", i);
	}
}
END_TEST

START_TEST(roles)
{
	static const uint8_t all[] = { 0, 1, 2, 3, 4, 7, 21, 99 };
	char text[64], cut[12];

	accept_roles_text(all, 8, text, sizeof(text));
	ck_assert_str_eq(text, "SAST,CCM,CCM+TFTP,TFTP,CAPF,APP-SERVER,TVS,"
	    "99");
	accept_roles_text(all, 0, text, sizeof(text));
	ck_assert_str_eq(text, "none");
	accept_roles_text(all, 8, cut, sizeof(cut));
	ck_assert_str_eq(cut, "SAST,CCM");
}
END_TEST

static TCase *
verdicts(const char *name, SFun fixture)
{
	TCase *tc = tcase_create(name);

	tcase_add_unchecked_fixture(tc, fixture, tear_down);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, list, 0, (int)N_OF(lists));
	tcase_add_loop_test(tc, file, 0, (int)N_OF(files));
	tcase_add_test(tc, changed_bytes);
	tcase_add_test(tc, knows_no_server);
	tcase_add_test(tc, remembered);
	tcase_add_loop_test(tc, server, 0, (int)N_OF(servers));
	tcase_add_test(tc, tvs_server);
	tcase_add_test(tc, wants);
	tcase_add_test(tc, roles);
	return tc;
}

int
main(void)
{
	Suite *s = suite_create("accept_tvs");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, verdicts("alone", set_up));
	suite_add_tcase(s, verdicts("with a memo", set_up_memo));
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
