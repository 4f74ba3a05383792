/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Settings of phones in their files: one setting, one element; protocols and
 * modes.
 */
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "tests/render_fix.h"
#include "trust/render.h"

#define DEV	"SEP0011223344AA"

/* --- one setting, one element --- */

static const struct effect {
	enum setting_id	 id;
	const char	*value, *path, *want;	/* want NULL: no element */
} effects[] = {
	/* In a non-secure cluster nothing but non-secure is ever written. */
	{ SETTING_SECURITY_MODE, "non-secure", "deviceSecurityMode", "1" },
	{ SETTING_SECURITY_MODE, "authenticated", "deviceSecurityMode", "1" },
	{ SETTING_SECURITY_MODE, "encrypted", "deviceSecurityMode", "1" },
	{ SETTING_TRANSPORT, "tcp", "transportLayerProtocol", "1" },
	{ SETTING_TRANSPORT, "udp", "transportLayerProtocol", "2" },
	{ SETTING_TRANSPORT, "tcp+udp", "transportLayerProtocol", "1" },
	{ SETTING_TRANSPORT, "tls", "transportLayerProtocol", "1" },
	{ SETTING_ENC_CONFIG, "yes", "encrConfig", "false" },
	{ SETTING_ENC_CONFIG, "no", "encrConfig", "false" },
	{ SETTING_CAPF_AUTH_MODE, "by-authentication-string", "capfAuthMode",
	    "0" },
	{ SETTING_SIP_PHONE_PORT, "1", "sipProfile/voipControlPort", "1" },
	{ SETTING_SIP_PHONE_PORT, "65535", "sipProfile/voipControlPort",
	    "65535" },

	{ SETTING_SETTINGS_ACCESS, "disabled", "vendorConfig/settingsAccess",
	    "0" },
	{ SETTING_SETTINGS_ACCESS, "enabled", "vendorConfig/settingsAccess",
	    "1" },
	{ SETTING_SETTINGS_ACCESS, "restricted",
	    "vendorConfig/settingsAccess", "2" },
	{ SETTING_SETTINGS_ACCESS, "", "vendorConfig", NULL },
	{ SETTING_WEB_ACCESS, "disabled", "vendorConfig/webAccess", "1" },
	{ SETTING_WEB_ACCESS, "read-only", "vendorConfig/webAccess", "0" },
	{ SETTING_WEB_ACCESS, "full", "vendorConfig/webAccess", "2" },
	{ SETTING_WEB_PROTOCOL, "http-and-https", "vendorConfig/webProtocol",
	    "0" },
	{ SETTING_WEB_PROTOCOL, "https-only", "vendorConfig/webProtocol",
	    "1" },
	{ SETTING_TLS12_ONLY, "yes", "vendorConfig/tls12Only", "1" },
	{ SETTING_TLS12_ONLY, "no", "vendorConfig/tls12Only", "0" },
	{ SETTING_PC_PORT, "enabled", "vendorConfig/pcPort", "0" },
	{ SETTING_PC_PORT, "disabled", "vendorConfig/pcPort", "1" },
	{ SETTING_PC_VOICE_VLAN, "enabled", "vendorConfig/voiceVlanAccess",
	    "0" },
	{ SETTING_PC_VOICE_VLAN, "disabled", "vendorConfig/voiceVlanAccess",
	    "1" },
	{ SETTING_GARP, "enabled", "vendorConfig/garp", "0" },
	{ SETTING_GARP, "disabled", "vendorConfig/garp", "1" },
	{ SETTING_SSH_ACCESS, "enabled", "vendorConfig/sshAccess", "0" },
	{ SETTING_SSH_ACCESS, "disabled", "vendorConfig/sshAccess", "1" },

	{ SETTING_LOAD, "sip88xx.14-2-1-0001-14", "loadInformation",
	    "sip88xx.14-2-1-0001-14" },
	{ SETTING_LOAD, "", "loadInformation", NULL },
	{ SETTING_LOAD_SERVER, "192.0.2.9", "vendorConfig/loadServer",
	    "192.0.2.9" },
	{ SETTING_IP_MODE, "ipv4-only", "ipAddressMode", "0" },
	{ SETTING_IP_MODE, "ipv6-only", "ipAddressMode", "1" },
	{ SETTING_IP_MODE, "ipv4-and-ipv6", "ipAddressMode", "2" },
	{ SETTING_USER_LOCALE, "German_Germany", "userLocale/name",
	    "German_Germany" },
	{ SETTING_USER_LOCALE, "", "userLocale", NULL },
	{ SETTING_USER_LOCALE_LANG, "de_DE", "userLocale/langCode",
	    "de_DE" },
	{ SETTING_USER_LOCALE_VERSION, "14.0.1", "userLocale/version",
	    "14.0.1" },
	{ SETTING_NETWORK_LOCALE, "Germany", "networkLocale", "Germany" },
	{ SETTING_NETWORK_LOCALE, "Germany", "networkLocaleInfo/name",
	    "Germany" },
	{ SETTING_NETWORK_LOCALE, "", "networkLocale", NULL },
	{ SETTING_NETWORK_LOCALE_VERSION, "7", "networkLocaleInfo/version",
	    "7" },
	{ SETTING_DIAL_TEMPLATE, "plan.xml", "sipProfile/dialTemplate",
	    "plan.xml" },
	{ SETTING_SOFT_KEY_FILE, "keys.xml", "sipProfile/softKeyFile",
	    "keys.xml" },
	{ SETTING_FEATURE_POLICY, "policy.xml", "featurePolicyFile",
	    "policy.xml" },

	{ SETTING_AUTHENTICATION_URL, "http://h/a?b=1&c=2",
	    "authenticationURL", "http://h/a?b=1&c=2" },
	{ SETTING_DIRECTORY_URL, "http://h/d", "directoryURL",
	    "http://h/d" },
	{ SETTING_IDLE_URL, "http://h/i", "idleURL", "http://h/i" },
	{ SETTING_IDLE_TIMER, "60", "idleTimeout", "60" },
	{ SETTING_IDLE_TIMER, "0", "idleTimeout", NULL },
	{ SETTING_INFORMATION_URL, "http://h/n", "informationURL",
	    "http://h/n" },
	{ SETTING_MESSAGES_URL, "http://h/m", "messagesURL", "http://h/m" },
	{ SETTING_SERVICES_URL, "http://h/s", "servicesURL", "http://h/s" },
	{ SETTING_SERVICES_URL, "https://h/s", "phoneServices", NULL },
	{ SECURE, "https://h/a", "secureAuthenticationURL", "https://h/a" },
	{ SECURE, "https://h/a", "phoneServices", "" },
	{ SECURE, "", "phoneServices", NULL },
	{ SETTING_SECURE_DIRECTORY_URL, "https://h/d", "secureDirectoryURL",
	    "https://h/d" },
	{ SETTING_SECURE_IDLE_URL, "https://h/i", "secureIdleURL",
	    "https://h/i" },
	{ SETTING_SECURE_INFORMATION_URL, "https://h/n",
	    "secureInformationURL", "https://h/n" },
	{ SETTING_SECURE_MESSAGES_URL, "https://h/m", "secureMessagesURL",
	    "https://h/m" },
	{ SETTING_SECURE_SERVICES_URL, "https://h/s", "secureServicesURL",
	    "https://h/s" },

	{ SETTING_DIRECTORY_NUMBER, "1000", LINE "name", "1000" },
	{ SETTING_DIRECTORY_NUMBER, "", LINE "name", DEV },
	{ SETTING_DISPLAY_NAME, "Zo\xc3\xab 'n", LINE "displayName",
	    "Zo\xc3\xab 'n" },
	{ SETTING_SSH_USER, "admin", "sshUserId", "admin" },
};

/* No element of their own: calls, CAPF and SIP of later work read them, or
 * they decide about others and are tested below. */
static const enum setting_id silent[] = {
	SETTING_DIGEST_AUTH, SETTING_NONCE_VALIDITY, SETTING_OAUTH,
	SETTING_EXCLUDE_DIGEST, SETTING_KEY_ORDER, SETTING_RSA_KEY_SIZE,
	SETTING_EC_KEY_SIZE, SETTING_WHEN_READY, SETTING_WITHOUT_KEY,
	SETTING_BUILTIN_BRIDGE, SETTING_DIGEST_USER, SETTING_CERT_OPERATION,
	SETTING_OPERATION_BY,
	SETTING_AUTH_STRING, SETTING_SYMMETRIC_KEY, SETTING_PHONE_PASSWORD,
	SETTING_SSH_PASSWORD, SETTING_SRST_REFERENCE,
};

#define N(a)	(sizeof(a) / sizeof((a)[0]))

static void
set_for(struct phone_effective *x, const struct effect *f)
{
	if (f->value[0] != '\0')
		set(x, f->id, f->value);
	/* Parts of a locale show with the locale. */
	if (f->id == SETTING_USER_LOCALE_LANG ||
	    f->id == SETTING_USER_LOCALE_VERSION)
		set(x, SETTING_USER_LOCALE, "German_Germany");
	if (f->id == SETTING_NETWORK_LOCALE_VERSION)
		set(x, SETTING_NETWORK_LOCALE, "Germany");
}

START_TEST(effect)
{
	const struct effect *f = &effects[_i];

	for (int p = 0; p < PROTOCOL_N; p++) {
		struct phone_effective x = phone_of((enum phone_protocol)p);
		struct render_env env = env_of(&x);
		char *file;

		if (!(setting_get(f->id)->protocols & 1u << p))
			continue;
		set_for(&x, f);
		file = render(&env, NULL);
		expect(file, f->path, f->want);
		free(file);
	}
}
END_TEST

START_TEST(services_over_https)
{
	struct phone_effective x = phone_of(PROTOCOL_SIP);
	struct render_env env = env_of(&x);
	char *file;

	set(&x, SETTING_SECURE_SERVICES_URL, "https://h/s");
	file = render(&env, NULL);
	ck_assert_ptr_nonnull(strstr(file,
	    "<phoneServices useHTTPS=\"true\"/>"));
	free(file);
}
END_TEST

START_TEST(every_setting)
{
	for (int id = 0; id < SETTING_N; id++) {
		size_t n = 0;

		for (size_t i = 0; i < N(effects); i++)
			n += effects[i].id == (enum setting_id)id;
		for (size_t i = 0; i < N(silent); i++)
			n += silent[i] == (enum setting_id)id;
		ck_assert_msg(n > 0, "%s", setting_get(
		    (enum setting_id)id)->option);
	}
}
END_TEST

/* Each word of a setting that is written acts: two values, two files. */
START_TEST(every_word)
{
	const struct setting *s = setting_get((enum setting_id)_i);
	struct phone_effective x = phone_of(PROTOCOL_SIP);
	struct render_env env = env_of(&x);
	char *file, *got;

	if (s->words == NULL || !str_starts(s->element, "vendorConfig/"))
		return;
	for (const struct setting_word *w = s->words; w->word != NULL; w++) {
		x.value[s->id] = w->word;
		file = render(&env, NULL);
		got = text_at(file, s->element);
		ck_assert_msg(got != NULL && strcmp(got, w->code) == 0,
		    "%s %s", s->option, w->word);
		free(got);
		free(file);
	}
}
END_TEST

/* --- protocols, modes --- */

START_TEST(sccp)
{
	struct phone_effective x = phone_of(PROTOCOL_SCCP);
	struct render_env env = env_of(&x);
	char *file = render(&env, NULL);

	expect(file, "deviceProtocol", "SCCP");
	expect(file, "sipProfile", NULL);
	expect(file, "transportLayerProtocol", NULL);
	expect(file, "devicePool/callManagerGroup/members/member/callManager/"
	    "ports/ethernetPhonePort", "2000");
	expect(file, "TVS/members/member/port", "2445");
	expect(file, "TVS/members/member/address", "192.0.2.1");
	expect(file, "capfList/capf/phonePort", "3804");
	expect(file, "deviceSecurityMode", "1");
	expect(file, "encrConfig", "false");
	ck_assert_ptr_nonnull(strstr(file, "<member priority=\"1\">"));
	free(file);
}
END_TEST

static const struct mode {
	bool		 mixed, certificate;
	const char	*profile, *mode, *transport;
} modes[] = {
	{ false, false, "encrypted", "1", "1" },
	{ false, true, "encrypted", "1", "1" },
	{ false, true, "authenticated", "1", "1" },
	{ true, false, "encrypted", "1", "1" },
	{ true, true, "non-secure", "1", "2" },
	{ true, true, "authenticated", "2", "3" },
	{ true, true, "encrypted", "3", "3" },
};

static const char own[] = "<device><deviceSecurityMode>3"
    "</deviceSecurityMode><transportLayerProtocol>3"
    "</transportLayerProtocol><keep/></device>";

START_TEST(security_mode)
{
	const struct mode *m = &modes[_i];
	struct phone_effective x = phone_of(PROTOCOL_SIP);
	struct render_env env = env_of(&x);
	bool secure = strcmp(m->mode, "1") != 0;
	char *file;

	env.mixed = m->mixed;
	env.certificate = m->certificate;
	set(&x, SETTING_SECURITY_MODE, m->profile);
	set(&x, SETTING_TRANSPORT, strcmp(m->profile, "non-secure") == 0 ?
	    "udp" : "tls");
	file = render(&env, NULL);
	expect(file, "deviceSecurityMode", m->mode);
	expect(file, "transportLayerProtocol", m->transport);
	free(file);
	file = render(&env, own);
	expect(file, "deviceSecurityMode", m->mode);
	expect(file, "transportLayerProtocol", secure ? "3" : "1");
	expect(file, "keep", "");
	free(file);
}
END_TEST

/* The port is the phone's own with UDP only. */
START_TEST(control_port)
{
	struct phone_effective x = phone_of(PROTOCOL_SIP);
	struct render_env env = env_of(&x);
	char *file;

	set(&x, SETTING_TRANSPORT, "tcp");
	file = render(&env, NULL);
	expect(file, "sipProfile/voipControlPort", NULL);
	free(file);
}
END_TEST

START_TEST(load_of_model)
{
	struct phone_effective x = phone_of(PROTOCOL_SIP);
	struct render_env env = env_of(&x);
	char *file;

	env.load = "of-the-model";
	file = render(&env, NULL);
	expect(file, "loadInformation", "of-the-model");
	free(file);
	set(&x, SETTING_LOAD, "of-the-phone");
	file = render(&env, NULL);
	expect(file, "loadInformation", "of-the-phone");
	free(file);
}
END_TEST

/* --- phones nobody added --- */

/* Byte for byte, read line by line when it was made. */
static void
golden(const char *name, const char *got)
{
	const char *top = getenv("top_srcdir");
	char path[PATH_MAX];
	struct err e = { 0 };
	uint8_t *want;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/tests/data/render/%s",
	    top != NULL ? top : ".", name);
	ck_assert_msg(file_read(AT_FDCWD, path, 1 << 20, &want, &len, &e) ==
	    ERR_OK, "%s", e.msg);
	ck_assert_msg(strlen(got) == len && memcmp(got, want, len) == 0,
	    "%s:\n%s", name, got);
	free(want);
}

START_TEST(default_file)
{
	const struct render_load load[] = {
		{ model_find("8841"), "sip88xx.14-2-1" },
		{ model_find("7965"), "SIP45.9-4-2SR3-1S" },
	};
	struct render_env env = env_of(NULL);
	struct err e = { 0 };
	uint8_t *out = NULL;
	size_t len;
	char *s;

	ck_assert_int_eq(render_default(&env, load, N(load), &out, &len, &e),
	    ERR_OK);
	s = (char *)out;
	golden("default.out.xml", s);
	ck_assert_ptr_nonnull(strstr(s, "<loadInformation683 "
	    "model=\"Cisco 8841\">sip88xx.14-2-1</loadInformation683>"));
	ck_assert_ptr_nonnull(strstr(s, "<loadInformation436 "
	    "model=\"Cisco 7965\">"));
	expect(s, "TVS/members/member/address", "192.0.2.1");
	expect(s, "callManagerGroup/members/member/callManager/ports/"
	    "securedSipPort", "5061");
	expect(s, "callManagerGroup/members/member/callManager/"
	    "processNodeName", "192.0.2.1");
	free(out);
	env.nserver = 0;
	out = NULL;
	ck_assert_int_eq(render_default(&env, load, N(load), &out, &len, &e),
	    ERR_ARG);
	ck_assert_ptr_null(out);
}
END_TEST

/* The stamp is what it is said to be: from the canonical document with an
 * empty one. */
START_TEST(stamp)
{
	struct phone_effective x = phone_of(PROTOCOL_SIP);
	struct render_env env = env_of(&x);
	char *file, *again, *got;

	set(&x, SETTING_LOAD, "one");
	file = render(&env, NULL);
	again = render(&env, NULL);
	ck_assert_str_eq(file, again);
	free(again);
	/* Elements added are of the file's own namespace. */
	got = render(&env, "<device xmlns='urn:x'>\n <a/>\n</device>");
	again = render(&env, got);
	ck_assert_str_eq(got, again);
	free(again);
	free(got);
	/* Rendering what was made changes nothing, so the stamp neither. */
	again = render(&env, file);
	ck_assert_str_eq(file, again);
	got = text_at(file, "versionStamp");
	free(again);
	x.value[SETTING_LOAD] = "two";
	again = render(&env, NULL);
	free(file);
	file = text_at(again, "versionStamp");
	ck_assert_uint_eq(strlen(got), 36);
	ck_assert_str_ne(got, file);
	free(again);
	free(file);
	free(got);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("render_phone");
	TCase *t = tcase_create("render_phone");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, effect, 0, (int)N(effects));
	tcase_add_test(t, services_over_https);
	tcase_add_test(t, every_setting);
	tcase_add_loop_test(t, every_word, 0, SETTING_N);
	tcase_add_test(t, sccp);
	tcase_add_loop_test(t, security_mode, 0, (int)N(modes));
	tcase_add_test(t, control_port);
	tcase_add_test(t, load_of_model);
	tcase_add_test(t, default_file);
	tcase_add_test(t, stamp);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
