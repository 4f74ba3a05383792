/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Encrypted files of phones: for which key, the short file that leads there,
 * and the same bytes each time.
 */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "certs/enc_file.h"
#include "db/params.h"
#include "tests/file_enc_fix.h"
#include "tests/trust_cluster.h"
#include "trust/file_store.h"

/* --- rows --- */

static int
tx_param(struct db *db, void *arg, struct err *e)
{
	const struct change *c = arg;
	bool changed;

	return param_set(db, &param_table()[PARAM_FILES_SYMMETRIC], "",
	    c->value, 2000, &changed, e);
}

static void
certificate_gone(const char *name, const struct cert *c,
    enum device_cert_state state)
{
	struct change ch = { .name = name, .cert = c, .type = DEVICE_LSC,
	    .state = state };

	tc_done(tx_cert, &ch);
}

/* --- asking --- */

/* What the phone makes of its encrypted file; NULL: not openable. */
static char *
open_with(struct file_store *fs, const char *req, const struct key *k,
    const uint8_t *sym)
{
	struct own own = { .cert = NULL };
	struct err e = { 0 };
	struct file_answer a;
	struct enc_file f;
	char *text = NULL;
	uint8_t *out;
	size_t n;

	ck_assert_msg(ask_of(fs, req, &a) == ERR_OK, "%s", req);
	ck_assert_msg(enc_file_parse(&f, a.body, a.len, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_int_eq(own_active(tc.db, UNIT_CALLMANAGER, "", &own, &e),
	    ERR_OK);
	ck_assert_int_eq(tlv_verify(&f.h, a.body, a.len, own.cert, &e),
	    ERR_OK);
	own_clear(&own);
	ck_assert_str_eq(f.h.file_name, ONE CNF ".enc.sgn");
	if (enc_file_open(&f, k, sym, &out, &n, &e) == ERR_OK) {
		text = strndup((char *)out, n);
		free(out);
	}
	file_answer_clear(&a);
	return text;
}

/* --- tests --- */

START_TEST(for_lsc)
{
	char *text;

	profile("tftp-encrypted-config=yes");
	phone(ONE, NULL, NULL);
	certificate(ONE, rsa, DEVICE_LSC);
	expect_stub(HASH, 0);
	text = open_with(store, ONE CNF ".enc.sgn", rsa_key, NULL);
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(strstr(text, "<sshPassword>" SHELL "<"));
	ck_assert_ptr_nonnull(strstr(text, "<fullConfig>true<"));
	ck_assert_ptr_nonnull(strstr(text, "<encrConfig>false<"));
	ck_assert_ptr_nonnull(strstr(text, "<certHash/>"));
	free(text);
	ck_assert(!has(ONE CNF ".enc.sgn", SHELL));
	/* In any case of letters, with its own name within. */
	text = open_with(store, "sep0011223344aa.CNF.xml.ENC.sgn", rsa_key,
	    NULL);
	ck_assert_ptr_nonnull(text);
	free(text);
	ck_assert_ptr_null(open_with(store, ONE CNF ".enc.sgn", other_key,
	    NULL));
	/* Only its own. */
	ck_assert_int_eq(code(TWO CNF ".enc.sgn"), ERR_NOTFOUND);
	phone(TWO, NULL, NULL);
	ck_assert_int_eq(code(TWO CNF ".enc.sgn"), ERR_NOTFOUND);
	/* Not flagged any more. */
	profile("tftp-encrypted-config=no");
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_NOTFOUND);
	ck_assert(has(ONE CNF, SHELL));
}
END_TEST

/* The LSC before the MIC, unless it has no RSA key. */
START_TEST(which_key)
{
	char *text;

	profile("tftp-encrypted-config=yes");
	phone(ONE, NULL, NULL);
	expect_stub("", 2);
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_NOTFOUND);
	certificate(ONE, ec, DEVICE_LSC);
	expect_stub("", 2);
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_NOTFOUND);
	certificate(ONE, rsa, DEVICE_MIC);
	expect_stub(HASH, 0);
	text = open_with(store, ONE CNF ".enc.sgn", rsa_key, NULL);
	ck_assert_ptr_nonnull(text);
	free(text);
}
END_TEST

START_TEST(without_key)
{
	profile("tftp-encrypted-config=yes "
	    "without-key=signed-without-secrets");
	phone(ONE, NULL, NULL);
	ck_assert(has(ONE CNF ".sgn", "<fullConfig>true<"));
	ck_assert(has(ONE CNF, "TVS"));
	ck_assert(!has(ONE CNF, SHELL));
	ck_assert(!has(ONE CNF ".sgn", SHELL));
	ck_assert(has(ONE CNF ".sgn", "<capfAuthMode>2<"));
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_NOTFOUND);
	certificate(ONE, rsa, DEVICE_LSC);
	expect_stub(HASH, 0);
}
END_TEST

/* Whole and readable until there is a key. */
START_TEST(when_ready)
{
	profile("tftp-encrypted-config=yes secure-when-ready=yes");
	phone(ONE, NULL, NULL);
	ck_assert(has(ONE CNF ".sgn", SHELL));
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_NOTFOUND);
	certificate(ONE, rsa, DEVICE_LSC);
	expect_stub(HASH, 0);
	/* Never again, whatever becomes of the key. */
	for (int s = DEVICE_SUPERSEDED; s < DEVICE_STATE_N; s++) {
		certificate_gone(ONE, rsa, (enum device_cert_state)s);
		/* Revoked: until it is asked for again. */
		expect_stub("", s == DEVICE_REVOKED ? 0 : 2);
		ck_assert(!has(ONE CNF ".sgn", SHELL));
	}
	certificate(ONE, ec, DEVICE_LSC);
	expect_stub("", 2);
}
END_TEST

START_TEST(own_xml)
{
	char *text;

	profile("tftp-encrypted-config=yes");
	phone(ONE, "<device><!-- " SHELL " --><loadInformation>x"
	    "</loadInformation><anything>" SHELL "</anything></device>",
	    NULL);
	certificate(ONE, rsa, DEVICE_LSC);
	expect_stub(HASH, 0);
	ck_assert(has(ONE CNF, "<loadInformation>x<"));
	text = open_with(store, ONE CNF ".enc.sgn", rsa_key, NULL);
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(strstr(text, "<anything>" SHELL "<"));
	free(text);
}
END_TEST

/* Another node, nothing kept: the same bytes.  Another certificate, content
 * or signature digest: other bytes, other keys. */
START_TEST(same_bytes)
{
	struct file_store *two;
	struct file_answer a, b;
	struct enc_file f, g;

	profile("tftp-encrypted-config=yes");
	phone(ONE, NULL, NULL);
	certificate(ONE, rsa, DEVICE_LSC);
	two = new_store("cm2", NULL);
	ck_assert_int_eq(ask_of(store, ONE CNF ".enc.sgn", &a), ERR_OK);
	ck_assert_int_eq(ask_of(two, ONE CNF ".enc.sgn", &b), ERR_OK);
	ck_assert_uint_eq(a.len, b.len);
	ck_assert_mem_eq(a.body, b.body, a.len);
	file_answer_clear(&b);
	profile("tftp-encrypted-config=yes web-access=disabled");
	ck_assert_int_eq(ask_of(two, ONE CNF ".enc.sgn", &b), ERR_OK);
	ck_assert_int_eq(enc_file_parse(&f, a.body, a.len, NULL), ERR_OK);
	ck_assert_int_eq(enc_file_parse(&g, b.body, b.len, NULL), ERR_OK);
	ck_assert_mem_ne(f.iv, g.iv, 16);
	ck_assert_mem_ne(f.wrapped, g.wrapped, 256);
	ck_assert_mem_ne(f.cipher, g.cipher, 16);
	file_answer_clear(&a);
	file_answer_clear(&b);
	file_store_free(two);
}
END_TEST

/* Made once, and again for a new certificate. */
START_TEST(kept)
{
	struct change gone = { .name = ONE, .cert = rsa, .type = DEVICE_LSC,
	    .state = DEVICE_REVOKED };
	struct file_cache_stats s, t;

	file_cache_set_max(cache, 1 << 20);
	profile("tftp-encrypted-config=yes");
	phone(ONE, NULL, NULL);
	certificate(ONE, rsa, DEVICE_LSC);
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_OK);
	file_cache_stats(cache, &s);
	/* Another phone's change: the key is compared, nothing is made. */
	phone(TWO, NULL, NULL);
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_OK);
	file_cache_stats(cache, &t);
	ck_assert_uint_eq(s.made, t.made);
	tc_done(tx_cert, &gone);
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_NOTFOUND);
	expect_stub("", 0);	/* revoked: nothing is implied */
}
END_TEST

/* In a cluster in mixed mode a phone with an LSC is asked to be secure, by
 * the file that only it can read; one with a MIC alone is not. */
START_TEST(mixed_mode)
{
	static const char secure[] = "<deviceSecurityMode>3<";
	struct render_servers servers;
	struct render_loads loads = { .n = 0 };
	struct phone_file_base b = { .servers = &servers, .loads = &loads,
	    .realm = "", .now = TC_NOW, .mixed = true };
	struct phone_file f;
	struct err e = { 0 };
	uint8_t *out;
	size_t n;

	profile("tftp-encrypted-config=yes device-security-mode=encrypted");
	phone(ONE, NULL, NULL);
	certificate(ONE, rsa, _i == 0 ? DEVICE_LSC : DEVICE_MIC);
	ck_assert_int_eq(render_servers_load(&servers, tc.db, &e), ERR_OK);
	for (int mixed = 1; mixed >= 0; mixed--) {
		b.mixed = mixed != 0;
		ck_assert_int_eq(phone_file_load(&f, tc.db, &b, ONE, &e),
		    ERR_OK);
		ck_assert(f.encrypted && f.open == PHONE_FILE_STUB);
		ck_assert_int_eq(f.with, _i == 0 ? PHONE_KEY_LSC :
		    PHONE_KEY_MIC);
		ck_assert_int_eq(phone_file_render(&f, &b, tc.kr,
		    PHONE_FILE_WHOLE, &out, &n, &e), ERR_OK);
		ck_assert_int_eq(strstr((char *)out, secure) != NULL,
		    mixed && _i == 0);
		ck_assert_ptr_nonnull(strstr((char *)out, SHELL));
		free(out);
		ck_assert_int_eq(phone_file_render(&f, &b, tc.kr,
		    PHONE_FILE_STUB, &out, &n, &e), ERR_OK);
		ck_assert_ptr_null(strstr((char *)out, "SecurityMode"));
		ck_assert_ptr_null(strstr((char *)out, SHELL));
		free(out);
		phone_file_clear(&f);
	}
}
END_TEST

START_TEST(typed_in_key)
{
	const uint8_t key[16] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
	    0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
	struct change on = { .value = "yes" };
	char *text;

	profile("tftp-encrypted-config=yes");
	phone(ONE, NULL, SYM);
	/* Off by default. */
	expect_stub("", 2);
	tc_done(tx_param, &on);
	expect_stub(NULL, 0);
	ck_assert(!has(ONE CNF, SYM));
	text = open_with(store, ONE CNF ".enc.sgn", NULL, key);
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(strstr(text, SHELL));
	ck_assert_ptr_null(strstr(text, SYM));
	free(text);
	/* Not one for AES-128. */
	phone(ONE, NULL, SYM "00");
	expect_stub("", 2);
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_NOTFOUND);
}
END_TEST

START_TEST(nothing_to_open_with)
{
	profile("tftp-encrypted-config=yes");
	phone(ONE, NULL, NULL);
	certificate(ONE, rsa, DEVICE_LSC);
	file_store_set_keyring(store, NULL);
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_BADSTATE);
	expect_stub(HASH, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("file_enc");
	TCase *tc_ = tcase_create("file_enc");
	SRunner *sr;
	int failed;

	tcase_add_unchecked_fixture(tc_, make_once, free_once);
	tcase_add_checked_fixture(tc_, set_up, tear_down);
	tcase_set_timeout(tc_, 120);
	tcase_add_test(tc_, for_lsc);
	tcase_add_test(tc_, which_key);
	tcase_add_test(tc_, without_key);
	tcase_add_test(tc_, when_ready);
	tcase_add_test(tc_, own_xml);
	tcase_add_test(tc_, same_bytes);
	tcase_add_test(tc_, kept);
	tcase_add_loop_test(tc_, mixed_mode, 0, 2);
	tcase_add_test(tc_, typed_in_key);
	tcase_add_test(tc_, nothing_to_open_with);
	suite_add_tcase(s, tc_);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
