/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which signed and plain files a phone accepts.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/accept_fixture.h"

static const struct {
	const char		*name;
	const char		*file;		/* vector, or NULL: signer */
	enum who		 signer;
	const struct bytes	*ctl, *itl;
	const char		*asked;
	enum accept_path	 path;
	enum accept_step	 step;
} files[] = {
	{ "golden, SHA-1", "signed/RingList.xml.sha1.sgn", 0, NULL, &itl,
	    "RingList.xml.sgn", ACCEPT_TFTP_ITL, STEP_OK },
	{ "golden, SHA-512", "signed/RingList.xml.sha512.sgn", 0, NULL, &itl,
	    "RingList.xml.sgn", ACCEPT_TFTP_ITL, STEP_OK },
	{ "leading slash", "signed/RingList.xml.sha1.sgn", 0, NULL, &itl,
	    "/RingList.xml.sgn", ACCEPT_TFTP_ITL, STEP_OK },
	{ "two slashes", "signed/RingList.xml.sha1.sgn", 0, NULL, &itl,
	    "//RingList.xml.sgn", ACCEPT_NONE, STEP_NAME },
	{ "path", "signed/New_Zealand_g3-tones.xml.sgn", 0, NULL, &itl,
	    "New_Zealand/g3-tones.xml.sgn", ACCEPT_TFTP_ITL, STEP_OK },
	{ "path left out", "signed/New_Zealand_g3-tones.xml.sgn", 0, NULL,
	    &itl, "g3-tones.xml.sgn", ACCEPT_NONE, STEP_NAME },
	{ "other case", "signed/RingList.xml.sha1.sgn", 0, NULL, &itl,
	    "ringlist.xml.sgn", ACCEPT_NONE, STEP_NAME },
	{ "record of the CTL", "signed/RingList.xml.sha1.sgn", 0, &ctl, &itl,
	    "RingList.xml.sgn", ACCEPT_TFTP_CTL, STEP_OK },
	{ "CTL and an emptied ITL", "signed/RingList.xml.sha1.sgn", 0, &ctl,
	    &stubs, "RingList.xml.sgn", ACCEPT_TFTP_CTL, STEP_OK },
	{ "stub", "signed/RingList.xml.sha1.sgn", 0, NULL, &stubs,
	    "RingList.xml.sgn", ACCEPT_BLANK, STEP_OK },
	{ "blank", "signed/RingList.xml.sha1.sgn", 0, NULL, NULL,
	    "RingList.xml.sgn", ACCEPT_BLANK, STEP_OK },
	{ "SASTs do not sign files", NULL, SAST, NULL, &itl, "a.xml.sgn",
	    ACCEPT_NONE, STEP_SIGNER },
	{ "TFTP record", NULL, CCM, NULL, &itl, "a.xml.sgn",
	    ACCEPT_TFTP_ITL, STEP_OK },
	{ "stranger", NULL, STRANGER, NULL, &itl, "a.xml.sgn", ACCEPT_NONE,
	    STEP_SIGNER },
	{ "plain under a signed name", "signed/RingList.xml", 0, NULL, &itl,
	    "RingList.xml.sgn", ACCEPT_NONE, STEP_FORM },
	{ "plain, signed wanted", "signed/RingList.xml", 0, NULL, &itl,
	    "RingList.xml", ACCEPT_NONE, STEP_FORM },
	{ "plain, CTL wants signed", "signed/RingList.xml", 0, &ctl, &stubs,
	    "RingList.xml", ACCEPT_NONE, STEP_FORM },
	{ "plain, blank", "signed/RingList.xml", 0, NULL, NULL,
	    "RingList.xml", ACCEPT_BLANK, STEP_OK },
	{ "plain, emptied", "signed/RingList.xml", 0, NULL, &sast_only,
	    "RingList.xml", ACCEPT_BLANK, STEP_OK },
	{ "encrypted", "encrypted/sha1/SEP0011223344AA.cnf.xml.enc.sgn", 0,
	    NULL, &itl, "SEP0011223344AA.cnf.xml.enc.sgn", ACCEPT_TFTP_ITL,
	    STEP_OK },
	{ "list as file", "trust-list/ITLFile.sha1.v10.tlv", 0, NULL, &itl,
	    "ITLFile.tlv.sgn", ACCEPT_NONE, STEP_NAME },
};

START_TEST(file_table)
{
	struct accept_phone p = phone(files[_i].ctl, files[_i].itl);
	struct bytes b = files[_i].file != NULL ? data(files[_i].file) :
	    make_signed(files[_i].signer, files[_i].asked);
	struct accept_verdict v;
	const uint8_t *pl;
	size_t n;
	bool ok;

	ok = accept_file(&p, files[_i].asked, b.buf, b.len, &pl, &n, &v);
	ck_assert_msg(v.path == files[_i].path && v.step == files[_i].step &&
	    ok == (v.path != ACCEPT_NONE), "%s: %s/%s: %s", files[_i].name,
	    accept_path_text(v.path), accept_step_name(v.step), v.why);
	ck_assert_int_ne(v.why[0], '\0');
	if (ok) {
		ck_assert(pl >= b.buf);
		ck_assert_ptr_eq(pl + n, b.buf + b.len);
	} else {
		ck_assert_ptr_null(pl);
		ck_assert_uint_eq(n, 0);
	}
	free(b.buf);
}
END_TEST

START_TEST(file_payload)
{
	struct bytes b = data("signed/RingList.xml.sha1.sgn");
	struct bytes want = data("signed/RingList.xml");
	struct accept_phone p = phone(NULL, &itl);
	struct accept_verdict v;
	const uint8_t *pl;
	size_t n;

	ck_assert(accept_file(&p, "RingList.xml.sgn", b.buf, b.len, &pl, &n,
	    &v));
	ck_assert_uint_eq(n, want.len);
	ck_assert_mem_eq(pl, want.buf, n);
	ck_assert_str_eq(v.signer,
	    "CN=CCM,O=Example Org,OU=Voice Lab,L=Wellington,ST=WGN,C=NZ");
	free(b.buf);
	free(want.buf);
}
END_TEST

START_TEST(changed_byte_in_file)
{
	static const char *const names[] = { "signed/RingList.xml.sha1.sgn",
	    "signed/RingList.xml.sha512.sgn" };
	struct bytes b = data(names[_i]);
	struct accept_phone p = phone(_i == 0 ? NULL : &ctl, &itl);
	struct accept_verdict v;
	const uint8_t *pl;
	size_t n;

	for (size_t i = 0; i < b.len; i += stride(1)) {
		b.buf[i] ^= (uint8_t)(1 << i % 8);
		ck_assert_msg(!accept_file(&p, "RingList.xml.sgn", b.buf,
		    b.len, &pl, &n, &v), "%s: byte %zu", names[_i], i);
		ck_assert_ptr_null(pl);
		b.buf[i] ^= (uint8_t)(1 << i % 8);
	}
	/* A byte more or less is another payload. */
	ck_assert(!accept_file(&p, "RingList.xml.sgn", b.buf, b.len - 1, &pl,
	    &n, &v));
	ck_assert_int_eq(v.step, STEP_SIGNATURE);
	ck_assert(accept_file(&p, "RingList.xml.sgn", b.buf, b.len, &pl, &n,
	    &v));
	free(b.buf);
}
END_TEST

START_TEST(wants_signed)
{
	const struct {
		const struct bytes *ctl, *itl;
		bool want;
	} t[] = {
		{ NULL, NULL, false }, { NULL, &itl, true },
		{ &ctl, NULL, true }, { NULL, &stubs, false },
		{ NULL, &sast_only, false }, { &ctl, &stubs, true },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct accept_phone p = phone(t[i].ctl, t[i].itl);

		ck_assert_msg(accept_wants_signed(&p) == t[i].want, "%zu", i);
	}
}
END_TEST

START_TEST(texts)
{
	for (int i = ACCEPT_NONE; i <= ACCEPT_TFTP_ITL; i++)
		ck_assert_int_ne(accept_path_text((enum accept_path)i)[0],
		    '\0');
	ck_assert_str_eq(accept_step_name(STEP_OK), "ok");
	ck_assert_str_eq(accept_step_name(STEP_FORM), "form");
	for (int i = STEP_OK; i <= STEP_FORM; i++)
		ck_assert_int_ne(accept_step_name((enum accept_step)i)[0],
		    '\0');
}
END_TEST

#define N(a)	((int)(sizeof(a) / sizeof((a)[0])))

static TCase *
verdicts(const char *name, SFun fixture)
{
	TCase *tc = tcase_create(name);

	tcase_add_unchecked_fixture(tc, fixture, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, file_table, 0, N(files));
	tcase_add_test(tc, file_payload);
	tcase_add_loop_test(tc, changed_byte_in_file, 0, 2);
	tcase_add_test(tc, wants_signed);
	tcase_add_test(tc, texts);
	return tc;
}

int
main(void)
{
	Suite *s = suite_create("accept_file");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, verdicts("alone", setup));
	suite_add_tcase(s, verdicts("with a memo", setup_memo));
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
