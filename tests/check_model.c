/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of models: whole, ordered, and what the sources say.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trust/model.h"

START_TEST(table_is_whole)
{
	const struct model *m;
	size_t n;

	m = model_table(&n);
	ck_assert_uint_gt(n, 40);
	for (size_t i = 0; i < n; i++) {
		const struct model *b;

		if (i > 0)
			ck_assert_msg(strcmp(m[i - 1].name, m[i].name) < 0,
			    "%s is out of order", m[i].name);
		ck_assert(m[i].class != NULL && m[i].class->name != NULL);
		ck_assert(m[i].locale_jar != NULL && m[i].tones != NULL &&
		    m[i].ring_list != NULL && m[i].background != NULL);
		ck_assert(model_can(&m[i], PROTOCOL_SIP, MODEL_RUNS) ||
		    model_can(&m[i], PROTOCOL_SCCP, MODEL_RUNS));
		ck_assert_ptr_eq(model_find(m[i].name), &m[i]);
		if (m[i].base != NULL) {
			b = model_find(m[i].base);
			ck_assert_msg(b != NULL && b->base == NULL, "%s",
			    m[i].name);
		}
		for (size_t k = 0; k < i; k++)
			if (m[i].number == m[k].number && m[i].number != 0)
				ck_assert_msg(m[i].base != NULL &&
				    strcmp(m[i].base, m[k].name) == 0,
				    "%s and %s are %d", m[i].name, m[k].name,
				    m[i].number);
	}
}
END_TEST

/* Facts that cannot be true at once. */
START_TEST(facts_agree)
{
	const struct model *m;
	size_t n;

	m = model_table(&n);
	for (size_t i = 0; i < n; i++)
		for (int p = 0; p < PROTOCOL_N; p++) {
			const struct model_fact *f = m[i].class->fact[p];

			ck_assert_msg(f[MODEL_SRTP].value <=
			    f[MODEL_ENCRYPTION].value, "%s", m[i].name);
			ck_assert(f[MODEL_ENCRYPTION].value <=
			    f[MODEL_AUTHENTICATION].value);
			ck_assert(f[MODEL_SBD].value <=
			    f[MODEL_VERIFIES].value);
			ck_assert(!(f[MODEL_ENC_CONFIG].value &&
			    f[MODEL_SYMMETRIC].value));
			ck_assert(f[MODEL_TLS_MIN].value <=
			    f[MODEL_TLS_MAX].value);
			ck_assert((f[MODEL_TLS_MAX].value != 0) ==
			    (f[MODEL_AUTHENTICATION].value != 0));
			for (int k = 0; k < MODEL_FACT_N; k++) {
				ck_assert_int_lt(f[k].source,
				    MODEL_SOURCE_N);
				if (!f[MODEL_RUNS].value)
					ck_assert_int_eq(f[k].value, 0);
			}
		}
}
END_TEST

/* What the issue asks for by name. */
static const char *const asked[] = {
	"7905", "7906", "7911", "7912", "7940", "7941", "7945", "7960",
	"7961", "7962", "7965", "7970", "7971", "7975", "7811", "7821",
	"7841", "7861", "8811", "8841", "8845", "8851", "8861", "8865",
	"7832", "8832", "8821", "6901", "6911", "6921", "8941", "8945",
	"8961", "9951", "9971", "8851NR", "7941G-GE", "7961G-GE", "7942",
};

START_TEST(asked_for)
{
	ck_assert_msg(model_find(asked[_i]) != NULL, "%s", asked[_i]);
}
END_TEST

/* The lists of the security overview (SO5, "Device Support and
 * Encryption"). */
static const struct {
	const char	*model;
	bool		 sip, sccp;	/* signalling and media */
} encrypts[] = {
	{ "7905", false, false }, { "7906", true, true },
	{ "7911", true, true }, { "7912", false, false },
	{ "7940", false, true }, { "7941", true, true },
	{ "7941G-GE", true, true }, { "7960", false, true },
	{ "7961", true, true }, { "7961G-GE", true, true },
	{ "7970", true, true }, { "7971", true, true },
};

START_TEST(encryption_by_source)
{
	const struct model *m = model_find(encrypts[_i].model);

	ck_assert_int_eq(model_can(m, PROTOCOL_SIP, MODEL_SRTP),
	    encrypts[_i].sip);
	ck_assert_int_eq(model_can(m, PROTOCOL_SCCP, MODEL_SRTP),
	    encrypts[_i].sccp);
	ck_assert_int_eq(model_fact(m, PROTOCOL_SIP, MODEL_SRTP).source,
	    MODEL_BY_SO5);
}
END_TEST

START_TEST(sip_7960_signalling_only)
{
	const struct model *m = model_find("7960");

	ck_assert(model_can(m, PROTOCOL_SIP, MODEL_ENCRYPTION));
	ck_assert(!model_can(m, PROTOCOL_SIP, MODEL_SBD));
	ck_assert(m->no_secure_barge && m->exclude_digest);
	ck_assert(!model_find("7961")->no_secure_barge);
}
END_TEST

/* spec/phone-files.md sections 6 and 8. */
static const struct {
	const char	*model, *jar, *tones, *ring, *background;
	int		 number;
} files[] = {
	{ "7821", "sp-sip.jar", "g3-tones.xml", "Ringlist-wb.xml", "", 621 },
	{ "7911", "tc-sip.jar", "g3-tones.xml", "Ringlist.xml", "", 307 },
	{ "7962", "mk-sip.jar", "g3-tones.xml", "Ringlist.xml", "320x196x4",
	    404 },
	{ "7965", "be-sip.jar", "g3-tones.xml", "Ringlist.xml", "320x212x16",
	    436 },
	{ "7970", "td-sip.jar", "g3-tones.xml", "Ringlist.xml", "320x212x12",
	    30006 },
	{ "8851", "sl-be-sip.jar", "g3-tones.xml", "Ringlist-wb.xml",
	    "800x480x24", 684 },
	{ "8865", "sl-bev-sip.jar", "g3-tones.xml", "Ringlist-wb.xml",
	    "800x480x24", 36225 },
	{ "8945", "gb-sccp-sip.jar", "g3-tones.xml", "", "", 585 },
	{ "9951", "lk-sip.jar", "g4-tones.xml", "", "640x480x24", 537 },
};

START_TEST(supporting_files)
{
	const struct model *m = model_find(files[_i].model);

	ck_assert_str_eq(m->locale_jar, files[_i].jar);
	ck_assert_str_eq(m->tones, files[_i].tones);
	ck_assert_str_eq(m->ring_list, files[_i].ring);
	ck_assert_str_eq(m->background, files[_i].background);
	ck_assert_int_eq(m->number, files[_i].number);
}
END_TEST

/* The same sections whole: each name of a file with all its models. */
static const struct {
	const char	*file, *models;
} shared[] = {
	{ "rtl-sip.jar", "6901 6911 6921 6941 6945 6961" },
	{ "sp-sip.jar", "7811 7821 7832 7841 7861" },
	{ "tc-sip.jar", "7906 7911" },
	{ "mk-sip.jar", "7941 7942 7961 7962" },
	{ "be-sip.jar", "7945 7965" },
	{ "td-sip.jar", "7970 7971 7975" },
	{ "sl-be-sip.jar", "8841 8851" },
	{ "sl-bev-sip.jar", "8845 8865" },
	{ "gb-sccp-sip.jar", "8941 8945" },
	{ "gh-sip.jar", "8961" },
	{ "lk-sip.jar", "9951" },
	{ "gd-sip.jar", "9971" },
	{ "320x196x4", "7941 7942 7961 7962" },
	{ "320x212x16", "7945 7965" },
	{ "320x212x12", "7970 7971" },
	{ "320x216x16", "7975" },
	{ "240x320x24", "8821" },
	{ "800x480x24", "8811 8841 8845 8851 8861 8865" },
	{ "640x480x24", "8961 9951 9971" },
	{ "g3-tones.xml", "6921 7821 7962 8851 8945 8961" },
	{ "g4-tones.xml", "9951 9971" },
	{ "Ringlist.xml", "7906 7941 7960 7965 7971 7975" },
	{ "Ringlist-wb.xml", "7811 7832 7861 8811 8821 8832 8865" },
};

START_TEST(file_of_models)
{
	const char *file = shared[_i].file;
	char text[64], *rest = text, *name;

	(void)snprintf(text, sizeof(text), "%s", shared[_i].models);
	while ((name = strsep(&rest, " ")) != NULL) {
		const struct model *m = model_find(name);

		ck_assert_msg(m != NULL && m->files_by == MODEL_BY_FILES &&
		    (strcmp(m->locale_jar, file) == 0 ||
		    strcmp(m->background, file) == 0 ||
		    strcmp(m->tones, file) == 0 ||
		    strcmp(m->ring_list, file) == 0), "%s of %s", file, name);
	}
}
END_TEST

static const struct {
	const char	*model;
	int		 number;
} numbers[] = {
	{ "7811", 36213 }, { "7821", 621 }, { "7841", 622 }, { "7861", 623 },
	{ "7832", 36247 }, { "8811", 36217 }, { "8841", 683 },
	{ "8851", 684 }, { "8861", 685 }, { "8845", 36224 },
	{ "8865", 36225 }, { "8832", 36258 },
};

START_TEST(number_of_model)
{
	const struct model *m = model_find(numbers[_i].model);

	ck_assert_int_eq(m->number, numbers[_i].number);
	ck_assert_int_eq(m->number_by, MODEL_BY_FILES);
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(model_find("7960G")->name, "7960");
	ck_assert_str_eq(model_find("7941G-GE")->base, "7941");
	ck_assert_ptr_null(model_find("8851X"));
	ck_assert_ptr_null(model_find("8861G"));
	ck_assert_ptr_null(model_find("796"));
	ck_assert_ptr_null(model_find(""));
	for (int i = 0; i < MODEL_SOURCE_N; i++)
		ck_assert_ptr_nonnull(model_source_name(i));
	for (int i = 0; i < MODEL_FACT_N; i++)
		ck_assert_ptr_nonnull(model_fact_name(i));
}
END_TEST

START_TEST(unknown_is_careful)
{
	const struct model *m = model_of("snom-870");

	ck_assert_ptr_eq(m, model_unknown());
	ck_assert_ptr_eq(model_of(""), m);
	for (int p = 0; p < PROTOCOL_N; p++)
		for (int k = 0; k < MODEL_FACT_N; k++)
			ck_assert_int_eq(model_can(m, p, k), k == MODEL_RUNS);
	ck_assert_str_eq(m->locale_jar, "");
	ck_assert_ptr_eq(model_of("8861"), model_find("8861"));
}
END_TEST

#define N(a)	((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *s = suite_create("model");
	TCase *t = tcase_create("model");
	SRunner *r;
	int failed;

	tcase_add_test(t, table_is_whole);
	tcase_add_test(t, facts_agree);
	tcase_add_loop_test(t, asked_for, 0, N(asked));
	tcase_add_loop_test(t, encryption_by_source, 0, N(encrypts));
	tcase_add_test(t, sip_7960_signalling_only);
	tcase_add_loop_test(t, supporting_files, 0, N(files));
	tcase_add_loop_test(t, file_of_models, 0, N(shared));
	tcase_add_loop_test(t, number_of_model, 0, N(numbers));
	tcase_add_test(t, names);
	tcase_add_test(t, unknown_is_careful);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
