/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/sim_capf_text.c: sessions as text, misbehaviour out of it.
 */
#include <check.h>
#include <string.h>

#include "phonesim/sim_capf.h"

#define N_OF(a)	(sizeof(a) / sizeof((a)[0]))

static const struct {
	struct sim_capf_result	 r;
	const char		*want;
} texts[] = {
	{ { .op = SIM_CAPF_INSTALL, .end = SIM_CAPF_DONE, .made_key = true,
	    .key = KEY_RSA2048 }, "installs an LSC, rsa2048: stored" },
	{ { .op = SIM_CAPF_INSTALL, .end = SIM_CAPF_DONE },
	    "installs an LSC: stored" },
	{ { .op = SIM_CAPF_INSTALL, .end = SIM_CAPF_LATER, .made_key = true,
	    .key = KEY_EC384 },
	    "installs an LSC, ec384: the certificate comes later" },
	{ { .op = SIM_CAPF_FETCH, .end = SIM_CAPF_DONE },
	    "shows its certificate: taken" },
	{ { .op = SIM_CAPF_DELETE, .end = SIM_CAPF_DONE },
	    "deletes its LSC: deleted" },
	{ { .end = SIM_CAPF_NOTHING }, "nothing is pending" },
	{ { .end = SIM_CAPF_DONE }, "nothing is pending" },
	{ { .end = SIM_CAPF_DECLINED }, "declined" },
	{ { .end = SIM_CAPF_NO_DEVICE }, "the server knows no such phone" },
	{ { .op = SIM_CAPF_INSTALL, .end = SIM_CAPF_BROKEN, .why = "it went" },
	    "installs an LSC: it went" },
};

START_TEST(text)
{
	char out[128], cut[20];

	sim_capf_text(&texts[_i].r, out, sizeof(out));
	ck_assert_str_eq(out, texts[_i].want);
	sim_capf_text(&texts[_i].r, cut, sizeof(cut));
	ck_assert_uint_lt(strlen(cut), sizeof(cut));
	ck_assert(strncmp(cut, texts[_i].want, strlen(cut)) == 0);
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(sim_capf_op_name(SIM_CAPF_NO_OP), "none");
	ck_assert_str_eq(sim_capf_op_name(SIM_CAPF_INSTALL), "install");
	ck_assert_str_eq(sim_capf_op_name(SIM_CAPF_FETCH), "fetch");
	ck_assert_str_eq(sim_capf_op_name(SIM_CAPF_DELETE), "delete");
	ck_assert_str_eq(sim_capf_auth_name(CONFIG_CAPF_NONE), "none");
	ck_assert_str_eq(sim_capf_auth_name(CONFIG_CAPF_STRING), "string");
	ck_assert_str_eq(sim_capf_auth_name(CONFIG_CAPF_NULL), "null");
	ck_assert_str_eq(sim_capf_auth_name(CONFIG_CAPF_LSC), "lsc");
	ck_assert_str_eq(sim_capf_auth_name(CONFIG_CAPF_MIC), "mic");
	ck_assert_str_eq(sim_capf_end_name(SIM_CAPF_DONE), "done");
	ck_assert_str_eq(sim_capf_end_name(SIM_CAPF_LATER), "later");
	ck_assert_str_eq(sim_capf_end_name(SIM_CAPF_NOTHING), "nothing");
	ck_assert_str_eq(sim_capf_end_name(SIM_CAPF_DECLINED), "declined");
	ck_assert_str_eq(sim_capf_end_name(SIM_CAPF_NO_DEVICE), "no_device");
	ck_assert_str_eq(sim_capf_end_name(SIM_CAPF_BROKEN), "broken");
}
END_TEST

START_TEST(misbehaviour)
{
	char other[DEVICE_NAME_MAX + 1] = "";
	struct sim_misbehave b = { 0 };
	const struct {
		const char *s;
		const bool *flag;
		const unsigned *number;
		unsigned want;
	} t[] = {
		{ "wrong-string", &b.wrong_string, NULL, 0 },
		{ "byte-per-write", &b.byte_per_write, NULL, 0 },
		{ "no-progress", &b.no_progress, NULL, 0 },
		{ "reorder", &b.reorder, NULL, 0 },
		{ "wrong-session", &b.wrong_session, NULL, 0 },
		{ "no-key", &b.no_key, NULL, 0 },
		{ "not-stored", &b.not_stored, NULL, 0 },
		{ "cut-after=3", NULL, &b.cut_after, 3 },
		{ "duplicate=2", NULL, &b.duplicate, 2 },
		{ "slow-key=60", NULL, &b.slow_key_s, 60 },
		{ "old-version=1", NULL, &b.old_version, 1 },
	};

	for (size_t i = 0; i < N_OF(t); i++) {
		ck_assert_msg(sim_misbehave_parse(&b, t[i].s, other, NULL) ==
		    ERR_OK, "%s", t[i].s);
		ck_assert(t[i].flag == NULL || *t[i].flag);
		ck_assert(t[i].number == NULL || *t[i].number == t[i].want);
	}
	/* All of them together, and another phone. */
	ck_assert(b.wrong_string && b.not_stored && b.cut_after == 3);
	ck_assert_int_eq(sim_misbehave_parse(&b,
	    "other-certificate=sep0011223344bb", other, NULL), ERR_OK);
	ck_assert_str_eq(other, "SEP0011223344BB");
}
END_TEST

START_TEST(no_misbehaviour)
{
	static const char *const bad[] = { "", "wrong", "cut-after",
	    "cut-after=", "cut-after=0", "cut-after=65", "cut-after=x",
	    "duplicate=0", "slow-key=3601", "old-version=3", "wrong-string=1",
	    "other-certificate", "other-certificate=", "other-certificate=/",
	    "a-kind-that-is-far-too-long-to-be-one=1" };
	char other[DEVICE_NAME_MAX + 1] = "";
	struct sim_misbehave b = { 0 };
	struct err e = { 0 };

	for (size_t i = 0; i < N_OF(bad); i++) {
		ck_assert_msg(sim_misbehave_parse(&b, bad[i], other, &e) ==
		    ERR_ARG, "%s", bad[i]);
		ck_assert_msg(e.msg[0] != '\0', "%s", bad[i]);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sim_capf_text");
	TCase *t = tcase_create("sim_capf_text");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, text, 0, N_OF(texts));
	tcase_add_test(t, names);
	tcase_add_test(t, misbehaviour);
	tcase_add_test(t, no_misbehaviour);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
