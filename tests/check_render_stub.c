/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The short file before an encrypted one against the golden vectors, and that
 * nothing of a whole file gets into it (spec/encrypted-config.md section 3).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/certs_data.h"
#include "trust/render.h"

#define PLAIN	"encrypted/SEP0011223344AA.cnf.xml.plain"
#define HASH	"f7e9ef38c347039db1119c25571a9dd7"

static struct render_env
env_of(void)
{
	return (struct render_env){ .device = "SEP0011223344AA",
	    .nserver = 1, .capf_auth = 2,
	    .server = { { "192.0.2.10", 2445, 3804, 5060, 5061, 2000,
	    2443 } } };
}

static char *
stub(const struct render_env *env, const char *hash, const char *xml)
{
	struct err e = { 0 };
	uint8_t *out = NULL;
	size_t len;

	ck_assert_msg(render_stub(env, hash, (const uint8_t *)xml,
	    xml != NULL ? strlen(xml) : 0, &out, &len, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_uint_eq(strlen((char *)out), len);
	return (char *)out;
}

/* Without what is between elements. */
static void
squeeze(char *s)
{
	char *to = s;

	for (const char *p = s; *p != '\0'; p++)
		if (strchr(" \t\r\n", *p) == NULL)
			*to++ = *p;
	*to = '\0';
}

static const char *const signeds[] = {
	"encrypted/sha1/SEP0011223344AA.cnf.xml.sgn",
	"encrypted/sha512/SEP0011223344AA.cnf.xml.sgn",
};

START_TEST(golden)
{
	struct render_env env = env_of();
	struct signed_file f;
	uint8_t *buf, *plain;
	char *want, *got;
	size_t len;

	plain = data_file(PLAIN, &len);
	buf = data_file(signeds[_i], &len);
	ck_assert_int_eq(signed_parse(&f, buf, len, NULL), ERR_OK);
	want = strndup((const char *)f.payload, f.payloadlen);
	got = stub(&env, HASH, (char *)plain);
	squeeze(want);
	squeeze(got);
	ck_assert_str_eq(got, want);
	free(want);
	free(got);
	free(buf);
	free(plain);
}
END_TEST

/* From settings, in this order; what nobody set is not there. */
START_TEST(from_settings)
{
	struct render_env env = env_of();
	char *got;

	env.load = "sip88xx.14-2-1";
	got = stub(&env, "", NULL);
	squeeze(got);
	ck_assert_str_eq(got, "<?xmlversion=\"1.0\"encoding=\"UTF-8\"?>"
	    "<device><fullConfig>false</fullConfig>"
	    "<ipAddressMode>0</ipAddressMode>"
	    "<loadInformation>sip88xx.14-2-1</loadInformation>"
	    "<capfAuthMode>2</capfAuthMode><capfList><capf>"
	    "<phonePort>3804</phonePort><processNodeName>192.0.2.10"
	    "</processNodeName></capf></capfList><certHash/>"
	    "<encrConfig>true</encrConfig></device>");
	free(got);
	/* A typed-in key has no certificate. */
	env.load = NULL;
	env.capf_auth = 0;
	got = stub(&env, NULL, NULL);
	ck_assert_ptr_null(strstr(got, "certHash"));
	ck_assert_ptr_null(strstr(got, "loadInformation"));
	ck_assert_ptr_nonnull(strstr(got, "<capfAuthMode>0<"));
	free(got);
}
END_TEST

/* Whatever an administrator's file has, and wherever. */
START_TEST(nothing_else)
{
	static const char xml[] = "<!-- k1 --><device k='k2'>"
	    "<loadInformation k='k3'>sip<!-- k5 --></loadInformation>"
	    "<password>k4</password><x><loadInformation>k6</loadInformation></x>"
	    "<capfList k='k7'><capf><phonePort>k8</phonePort><y>k9</y></capf>"
	    "</capfList><sshPassword>k10</sshPassword><ipAddressMode>1"
	    "</ipAddressMode><vendorConfig><z>k11</z></vendorConfig>"
	    "<certHash>k12</certHash><?p k13?></device>";
	struct render_env env = env_of();
	char *got;

	env.secret = (struct render_secrets){ "k14", "k15", "k16", "k17" };
	got = stub(&env, HASH, xml);
	ck_assert_msg(strstr(got, "k1") == NULL, "%s", got);
	for (char c = '2'; c <= '9'; c++) {
		const char text[] = { 'k', c, '\0' };

		ck_assert_msg(strstr(got, text) == NULL, "%s in %s", text,
		    got);
	}
	squeeze(got);
	/* In the order of the file. */
	ck_assert_ptr_nonnull(strstr(got, "<fullConfig>false</fullConfig>"
	    "<loadInformation>sip</loadInformation><capfList><capf>"));
	ck_assert_ptr_nonnull(strstr(got, "</capfList><ipAddressMode>1"
	    "</ipAddressMode><capfAuthMode>2</capfAuthMode><certHash>" HASH
	    "</certHash><encrConfig>true</encrConfig></device>"));
	free(got);
}
END_TEST

START_TEST(refused)
{
	struct render_env env = env_of();
	struct err e = { 0 };
	uint8_t *out;
	size_t len;

	ck_assert_int_eq(render_stub(&env, "", (const uint8_t *)"<x/>", 4,
	    &out, &len, &e), ERR_PROTO);
	env.nserver = 0;
	ck_assert_int_eq(render_stub(&env, "", NULL, 0, &out, &len, &e),
	    ERR_ARG);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("render_stub");
	TCase *tc = tcase_create("render_stub");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, golden, 0, (int)N_OF(signeds));
	tcase_add_test(tc, from_settings);
	tcase_add_test(tc, nothing_else);
	tcase_add_test(tc, refused);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
