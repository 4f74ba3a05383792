/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Secrets in the files of phones, and the administrator's own files.
 */
#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/render_fix.h"
#include "trust/render_part.h"

#define N(a)	(sizeof(a) / sizeof((a)[0]))

/* --- secrets --- */

static const struct secrets {
	const char	*name;
	enum phone_protocol protocol;
	const char	*digest, *exclude, *user, *model;
	bool		 bare;
	bool		 auth, phone, ssh;	/* which are written */
} secrets[] = {
	{ "all", PROTOCOL_SIP, "yes", "no", "ann", "8861",
	    false, true, true, true },
	{ "no digest authentication", PROTOCOL_SIP, "no", "no",
	    "ann", "8861", false, false, true, true },
	{ "no user", PROTOCOL_SIP, "yes", "no", "", "8861",
	    false, false, true, true },
	{ "excluded", PROTOCOL_SIP, "yes", "yes", "ann", "8861",
	    false, false, true, true },
	{ "bare", PROTOCOL_SIP, "yes", "no", "ann", "8861",
	    true, false, false, false },
	{ "no ssh", PROTOCOL_SIP, "yes", "no", "ann", "7960",
	    false, true, true, false },
	{ "sccp", PROTOCOL_SCCP, "no", "no", "", "8945",
	    false, false, true, true },
	{ "sccp, bare", PROTOCOL_SCCP, "no", "no", "", "8945", true, false,
	    false, false },
};

START_TEST(secret)
{
	const struct secrets *s = &secrets[_i];
	struct phone_effective x = phone_of(s->protocol);
	struct render_env env = env_of(&x);
	char *file;

	x.model = model_find(s->model);
	x.value[SETTING_DIGEST_AUTH] = s->digest;
	x.value[SETTING_EXCLUDE_DIGEST] = s->exclude;
	x.value[SETTING_DIGEST_USER] = s->user;
	env.bare = s->bare;
	/* Given they are in every case; that is no reason to write them. */
	env.secret = (struct render_secrets){ "ann", "s3<cret", "12345",
	    "shell&" };
	ck_assert_uint_eq(render_secrets_wanted(&env),
	    (s->auth ? RENDER_DIGEST : 0u) | (s->phone ? RENDER_PHONE : 0u) |
	    (s->ssh ? RENDER_SSH : 0u));
	file = render(&env, NULL);
	expect(file, LINE "authName", s->auth ? "ann" : NULL);
	expect(file, LINE "authPassword", s->auth ? "s3<cret" : NULL);
	expect(file, "commonProfile/phonePassword", s->phone ? "12345" :
	    NULL);
	expect(file, "sshPassword", s->ssh ? "shell&" : NULL);
	free(file);
	/* An administrator's file gets none. */
	file = render(&env, "<device/>");
	ck_assert_ptr_null(strstr(file, "s3"));
	ck_assert_ptr_null(strstr(file, "12345"));
	ck_assert_ptr_null(strstr(file, "shell"));
	free(file);
}
END_TEST

/*
 * Digest credentials go by the user and the profile alone: the cluster's mode,
 * and whether the phone may be secure in it, makes no difference to them.
 */
START_TEST(digest_in_any_mode)
{
	static const char *const security[] = { "1", "1", "3" };
	struct phone_effective x = phone_of(PROTOCOL_SIP);
	bool on = _i == 0;

	set(&x, SETTING_SECURITY_MODE, "encrypted");
	x.value[SETTING_DIGEST_AUTH] = on ? "yes" : "no";
	x.value[SETTING_DIGEST_USER] = "ann";
	for (int m = 0; m < 3; m++) {
		struct render_env env = env_of(&x);
		char *file;

		env.mixed = m > 0;
		env.certificate = m == 2;
		env.secret = (struct render_secrets){ .auth_name = "ann",
		    .auth_password = "s3<cret" };
		ck_assert_int_eq((render_secrets_wanted(&env) &
		    RENDER_DIGEST) != 0, on);
		file = render(&env, NULL);
		expect(file, "deviceSecurityMode", security[m]);
		expect(file, LINE "authName", on ? "ann" : NULL);
		expect(file, LINE "authPassword", on ? "s3<cret" : NULL);
		free(file);
	}
}
END_TEST

#define OWN(proxy, auth) "<device><sipProfile><sipLines><line button='1'>" \
	proxy "<name>100</name>" auth "</line></sipLines></sipProfile></device>"

/* The lines of an administrator's file that register here: what is there, and
 * whose name and password come out. */
static const struct {
	const char	*xml, *digest, *exclude, *name, *password;
} own_lines[] = {
	{ OWN("<proxy>USECALLMANAGER</proxy>", "<authName>x</authName>"
	    "<authPassword>y</authPassword>"), "yes", "no", "ann", "s3<cret" },
	{ OWN("", ""), "yes", "no", "ann", "s3<cret" },
	{ OWN("<proxy/>", "<authName/>"), "yes", "no", "ann", "s3<cret" },
	/* Another's account, no digest, or not in files: as it was given. */
	{ OWN("<proxy>192.0.2.1</proxy>", "<authName>x</authName>"), "yes",
	    "no", "x", NULL },
	{ OWN("", "<authName>x</authName><authPassword>y</authPassword>"),
	    "no", "no", "x", "y" },
	{ OWN("", "<authName>x</authName>"), "yes", "yes", "x", NULL },
};

START_TEST(own_line)
{
	struct phone_effective x = phone_of(PROTOCOL_SIP);
	struct render_env env = env_of(&x);
	char *file;

	x.value[SETTING_DIGEST_AUTH] = own_lines[_i].digest;
	x.value[SETTING_EXCLUDE_DIGEST] = own_lines[_i].exclude;
	x.value[SETTING_DIGEST_USER] = "ann";
	env.secret = (struct render_secrets){ .auth_name = "ann",
	    .auth_password = "s3<cret" };
	file = render(&env, own_lines[_i].xml);
	expect(file, LINE "authName", own_lines[_i].name);
	expect(file, LINE "authPassword", own_lines[_i].password);
	free(file);
}
END_TEST

static const char scrubbed[] =
    "<!-- k1 --><device a='k16' adminPassword='k2' xmlns:n='http://k17/'>\n"
    "<sshUserId>admin</sshUserId><sshPassword>k3</sshPassword><?p k4?>\n"
    "<sipProfile><sipLines><line button='1'><name>100</name>"
    "<authName>100</authName><authPassword><![CDATA[k5]]></authPassword>"
    "<!-- <authPassword>k6</authPassword> --></line></sipLines>"
    "</sipProfile><commonProfile><PhonePASSWORD>k7</PhonePASSWORD>"
    "</commonProfile><vendorConfig>k18<adminPassword>k8</adminPassword>"
    "<webAccess>0</webAccess>"
    "<wlan><preSharedKey>k9</preSharedKey><wepKey1><x>k10</x></wepKey1>"
    "</wlan><userPin>k11</userPin><adminPass>k12</adminPass>"
    "<snmpCommunity>k13</snmpCommunity></vendorConfig>"
    "<directoryURL>http://me:k14@host/x</directoryURL>"
    "<logServer url='tftp://h/a https://k15@host'/>"
    "<idleURL>http://ann:k19@srv/<extra/>idle</idleURL>"
    "<property name='adminPassword' value='k20'/>"
    "<param><name>sshPassword</name><value>k21</value></param>"
    "<n:name n:port='k22'>k23</n:name>"
    "<informationURL>http://a<!-- x -->nn:k24<![CDATA[@]]>srv/"
    "</informationURL>"
    "<servicesURL>http://host/x?name=#DEVICENAME#</servicesURL>"
    "<softKeyFile>keys.xml</softKeyFile></device>";
#define NSCRUBBED	24

/* Names that hold a secret, and such that only look like it. */
static const struct {
	const char	*name;
	bool		 gone;
} speaking[] = {
	{ "authPassword", true }, { "ADMINPASSWD", true },
	{ "wlanPassphrase", true }, { "passcode", true },
	{ "sharedSecret", true }, { "userCredentials", true },
	{ "preSharedKey", true }, { "wpaPsk", true }, { "wepKey2", true },
	{ "authString", true }, { "privateKey", true }, { "phonePin", true },
	{ "ldapPwd", true }, { "authenticationString", true },
	{ "pinCode", true }, { "vmPin1", true }, { "wpaKey", true },
	{ "networkKey", true }, { "key", true }, { "tftpKey", true },
	{ "certificateKey", true }, { "srtpMasterKey", true },
	{ "rsaPrivate", true }, { "eapPw", true }, { "userPW", true },
	{ "bindPw", true }, { "pwd1", true }, { "userPass1", true },
	{ "challenge", true }, { "value", true }, { "whatever", true },
	{ "1", true }, { "name2x", true },
	{ "softKeyFile", false }, { "authName", false },
	{ "authenticationURL", false }, { "sshUserId", false },
	{ "certHash", false }, { "ipAddr1", false }, { "TLSRESUMPTIONTIMER",
	false }, { "webAccess", false }, { "timerT1", false },
};

START_TEST(scrub_name)
{
	struct phone_effective x = phone_of(PROTOCOL_SIP);
	struct render_env env = env_of(&x);
	const char *name = speaking[_i].name;
	char xml[256], *file;

	if (isdigit((unsigned char)*name)) {
		ck_assert(!render_known(name, true));
		return;
	}
	env.bare = true;
	(void)snprintf(xml, sizeof(xml), "<device><line><%s>k1</%s></line>"
	    "<port %s='k2'/><x><%s>k3</%s></x></device>", name, name, name,
	    name, name);
	file = render(&env, xml);
	ck_assert_int_eq(strstr(file, "k1") == NULL, speaking[_i].gone);
	ck_assert_int_eq(strstr(file, "k2") == NULL, speaking[_i].gone);
	/* Whatever is in what nobody knows. */
	ck_assert_ptr_null(strstr(file, "k3"));
	free(file);
}
END_TEST

/* Texts of a name that is known. */
static const struct {
	const char	*text;
	bool		 gone;
} texts[] = {
	{ "http://ann:X@srv/", true }, { "http://ann@srv/", true },
	{ "sip:ann:X@srv", true }, { "SIPS:ann:X@srv", true },
	{ "ann:X@srv:3128", true }, { "x http://ann%3AX%40srv/", true },
	{ "http://ann%2540srv/", true }, { "sip:ann%3aX@srv", true },
	{ "http://srv/?password=X", true }, { "http://srv/?pin=X", true },
	{ "http://srv/?token=X", true }, { "http://srv/?a=1&amp;k=X", true },
	{ "http://srv/;token=X", true }, { "http://srv/#token=X", true },
	{ "http://srv/?name=ann&amp;pin%3DX", true }, { "password=X", true },
	{ "http://srv/?pin=#X", true }, { "http://srv/?pin=#A#X#", true },
	{ "http://ann:a%20X@srv/", true }, { "sip:ann:a%09X@srv", true },
	{ "http://srv/?pin=/X", true }, { "http://srv/?pin=%26X", true },
	{ "http://srv/?pin=%20X", true }, { "http://srv/?pin=,X", true },
	{ "http://srv/?name=&amp;locale=", false },
	{ "http://srv:8080/x.jsp", false }, { "sip:ann@srv", false },
	{ "http://srv/?device=#DEVICENAME#&amp;EMCC=#EMCC#", false },
	{ "http://srv/?name=SEP1&amp;locale=de", false },
	{ "sip:100@srv;transport=tls", false }, { "100%", false },
	{ "Ann @ home, 8:00", false }, { "MAA=", false }, { "MA==", false },
	{ "2001:db8::1", false },
};

START_TEST(scrub_text)
{
	struct phone_effective x = phone_of(PROTOCOL_SIP);
	struct render_env env = env_of(&x);
	char xml[256], *file;

	env.bare = true;
	(void)snprintf(xml, sizeof(xml), "<device><vendor>%s</vendor>"
	    "</device>", texts[_i].text);
	file = render(&env, xml);
	ck_assert_msg((strstr(file, "<vendor/>") != NULL) == texts[_i].gone,
	    "%s", file);
	free(file);
}
END_TEST

/* What is too long to be looked at. */
START_TEST(scrub_long_text)
{
	struct phone_effective x = phone_of(PROTOCOL_SIP);
	struct render_env env = env_of(&x);
	char xml[4096], *file;

	env.bare = true;
	for (int len = 2048; len < 2050; len++) {
		(void)snprintf(xml, sizeof(xml), "<device><vendor>%0*d"
		    "</vendor></device>", len, 0);
		file = render(&env, xml);
		ck_assert_int_eq(strstr(file, "<vendor/>") != NULL,
		    len > 2048);
		free(file);
	}
}
END_TEST

START_TEST(scrub)
{
	struct phone_effective x = phone_of(PROTOCOL_SIP);
	struct render_env env = env_of(&x);
	char *file, *advice, *same, text[16];
	struct err e = { 0 };

	file = render(&env, scrubbed);
	for (int i = 1; i <= NSCRUBBED; i++) {
		(void)snprintf(text, sizeof(text), "k%d", i);
		ck_assert_ptr_nonnull(strstr(file, text));
	}
	free(file);
	env.bare = true;
	file = render(&env, scrubbed);
	for (int i = 1; i <= NSCRUBBED; i++) {
		(void)snprintf(text, sizeof(text), "k%d", i);
		ck_assert_msg(strstr(file, text) == NULL, "%s in\n%s", text,
		    file);
	}
	expect(file, "sshUserId", "admin");
	expect(file, LINE "name", "100");
	expect(file, LINE "authPassword", "");
	expect(file, "softKeyFile", "keys.xml");
	expect(file, "vendorConfig/webAccess", "0");
	expect(file, "servicesURL", "http://host/x?name=#DEVICENAME#");
	free(file);
	ck_assert_int_eq(render_check(&env, (const uint8_t *)scrubbed,
	    strlen(scrubbed), "x.xml", &advice, &e), ERR_OK);
	ck_assert_ptr_nonnull(advice);
	ck_assert_int_eq(render_emptied((const uint8_t *)scrubbed,
	    strlen(scrubbed), "x.xml", &same, &e), ERR_OK);
	ck_assert_ptr_nonnull(strstr(advice, same));
	ck_assert_ptr_nonnull(strstr(same, "adminPassword (line 1), "
	    "sshPassword (line 2), "));
	/* Ten of them, and how many more. */
	ck_assert_ptr_null(strchr(same, '\n'));
	ck_assert_ptr_nonnull(strstr(same, ") and 10 more"));
	ck_assert_ptr_null(strstr(same, "k3"));
	free(same);
	free(advice);
	ck_assert_int_eq(render_emptied((const uint8_t *)"<device/>", 9,
	    "x.xml", &same, &e), ERR_OK);
	ck_assert_ptr_null(same);
	ck_assert_int_eq(render_emptied((const uint8_t *)"<x/>", 4,
	    "x.xml", &same, &e), ERR_PROTO);
}
END_TEST

/* All that is written here stays when it is an administrator's. */
START_TEST(scrub_own_words)
{
	for (int i = 0; i < SETTING_N; i++) {
		const struct setting *s = setting_get((enum setting_id)i);
		char path[128], *p;

		if (s->element[0] == '\0' || strstr(s->element, "assword")
		    != NULL)
			continue;
		(void)snprintf(path, sizeof(path), "%s", s->element);
		for (p = strtok(path, "/"); p != NULL; ) {
			const char *name = p;

			p = strtok(NULL, "/");
			ck_assert_msg(render_known(name, false) || (p ==
			    NULL && render_known(name, true)), "%s of %s",
			    name, s->element);
		}
	}
}
END_TEST

/* --- the administrator's own file --- */

START_TEST(own_hardening)
{
	static const char xml[] = "<device><vendorConfig><webAccess>0"
	    "</webAccess><other>1</other></vendorConfig></device>";
	struct phone_effective x = phone_of(PROTOCOL_SIP);
	struct render_env env = env_of(&x);
	struct err e = { 0 };
	char *file, *advice;

	/* For all phones: not this one's business. */
	x.value[SETTING_WEB_ACCESS] = "disabled";
	x.from[SETTING_WEB_ACCESS] = FROM_PARAM;
	file = render(&env, xml);
	expect(file, "vendorConfig/webAccess", "0");
	free(file);
	set(&x, SETTING_WEB_ACCESS, "disabled");
	set(&x, SETTING_GARP, "disabled");
	/* Services and the like stay the administrator's. */
	set(&x, SETTING_DIRECTORY_URL, "http://h/d");
	file = render(&env, xml);
	expect(file, "vendorConfig/webAccess", "1");
	expect(file, "vendorConfig/garp", "1");
	expect(file, "vendorConfig/other", "1");
	expect(file, "directoryURL", NULL);
	free(file);
	ck_assert_int_eq(render_check(&env, (const uint8_t *)xml,
	    strlen(xml), "x.xml", &advice, &e), ERR_OK);
	ck_assert_str_eq(advice, "webAccess 0 becomes 1: a setting of its "
	    "profile");
	free(advice);
	/* Added where there is no vendorConfig. */
	file = render(&env, "<device/>");
	expect(file, "vendorConfig/webAccess", "1");
	free(file);
}
END_TEST

/* What acts on a file of the administrator's own, as it is said to. */
START_TEST(in_own_file)
{
	const struct setting *s = setting_get((enum setting_id)_i);
	struct phone_effective x = phone_of(PROTOCOL_SIP);
	struct render_env env = env_of(&x);
	bool acts = false;
	char *plain, *file;

	/* They act by what is pending, by the mode, by which files there
	 * are. */
	if (s->element[0] == '\0' || s->id == SETTING_CAPF_AUTH_MODE ||
	    s->id == SETTING_TRANSPORT || s->id == SETTING_ENC_CONFIG)
		return;
	env.mixed = env.certificate = true;
	plain = render(&env, scrubbed);
	if (s->id == SETTING_DIGEST_USER) {
		x.value[SETTING_DIGEST_AUTH] = "yes";
		env.secret = (struct render_secrets){ .auth_name = "1",
		    .auth_password = "2" };
	}
	for (const struct setting_word *w = s->words; w != NULL &&
	    w->word != NULL; w++) {
		x.value[s->id] = w->word;
		x.from[s->id] = FROM_PROFILE;
		file = render(&env, scrubbed);
		acts = acts || strcmp(file, plain) != 0;
		free(file);
	}
	if (s->words == NULL) {
		x.value[s->id] = "1";
		x.from[s->id] = FROM_PHONE;
		file = render(&env, scrubbed);
		acts = strcmp(file, plain) != 0;
		free(file);
	}
	ck_assert_msg(acts == setting_in_own_file(s), "%s", s->option);
	free(plain);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("render_secret");
	TCase *t = tcase_create("render_phone");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, secret, 0, (int)N(secrets));
	tcase_add_loop_test(t, digest_in_any_mode, 0, 2);
	tcase_add_test(t, scrub);
	tcase_add_loop_test(t, scrub_name, 0, (int)N(speaking));
	tcase_add_loop_test(t, scrub_text, 0, (int)N(texts));
	tcase_add_test(t, scrub_long_text);
	tcase_add_test(t, scrub_own_words);
	tcase_add_loop_test(t, own_line, 0, sizeof(own_lines) /
	    sizeof(own_lines[0]));
	tcase_add_test(t, own_hardening);
	tcase_add_loop_test(t, in_own_file, 0, SETTING_N);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
