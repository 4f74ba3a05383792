/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * How long the rendering of one phone file takes: renderload [COUNT [XML]]
 * renders COUNT files of each kind and prints microseconds of processor time
 * per file.  Nothing is read but the administrator's XML that is named.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "trust/render.h"

#define COUNT_DEFAULT	50000
#define XML_MAX		((size_t)1 << 20)

static const struct {
	enum setting_id	 id;
	const char	*value;
} full[] = {
	{ SETTING_WEB_ACCESS, "disabled" },
	{ SETTING_SETTINGS_ACCESS, "restricted" },
	{ SETTING_WEB_PROTOCOL, "https-only" },
	{ SETTING_TLS12_ONLY, "yes" },
	{ SETTING_PC_PORT, "disabled" },
	{ SETTING_PC_VOICE_VLAN, "disabled" },
	{ SETTING_GARP, "disabled" },
	{ SETTING_SSH_ACCESS, "disabled" },
	{ SETTING_LOAD, "sip88xx.14-2-1-0001-14" },
	{ SETTING_LOAD_SERVER, "firmware.example.org" },
	{ SETTING_USER_LOCALE, "German_Germany" },
	{ SETTING_USER_LOCALE_LANG, "de_DE" },
	{ SETTING_USER_LOCALE_VERSION, "14.0.1" },
	{ SETTING_NETWORK_LOCALE, "Germany" },
	{ SETTING_NETWORK_LOCALE_VERSION, "14.0.1" },
	{ SETTING_DIAL_TEMPLATE, "dialplan.xml" },
	{ SETTING_SOFT_KEY_FILE, "softkeys.xml" },
	{ SETTING_FEATURE_POLICY, "policy.xml" },
	{ SETTING_DIRECTORY_URL, "http://192.0.2.1/directory" },
	{ SETTING_SERVICES_URL, "http://192.0.2.1/services" },
	{ SETTING_SECURE_DIRECTORY_URL, "https://192.0.2.1/directory" },
	{ SETTING_SECURE_SERVICES_URL, "https://192.0.2.1/services" },
	{ SETTING_DIRECTORY_NUMBER, "1000" },
	{ SETTING_DISPLAY_NAME, "Reception" },
};

static struct phone_effective
defaults(enum phone_protocol protocol)
{
	struct phone_effective x = { .model = model_of("8841") };

	x.phone.protocol = protocol;
	for (int i = 0; i < SETTING_N; i++)
		x.value[i] = setting_table()[i].def;
	return x;
}

static void
measure(const char *what, const struct phone_effective *phone, size_t nserver,
    const uint8_t *xml, size_t xmllen, long count)
{
	struct render_env env = { .phone = phone, .nserver = nserver };
	struct err e = { 0 };
	char name[24];
	size_t len = 0;
	clock_t start;
	uint8_t *out;

	for (size_t i = 0; i < nserver; i++)
		env.server[i] = (struct render_server){ "192.0.2.1", 2445,
		    3804, 5060, 5061, 2000, 2443 };
	env.device = name;
	start = clock();
	for (long i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "SEP%012lX", i);
		if (render_config(&env, xml, xmllen, &out, &len, &e) !=
		    ERR_OK) {
			(void)fprintf(stderr, "renderload: %s\n", e.msg);
			exit(1);
		}
		free(out);
	}
	(void)printf("%-24s %6.1f us/file  %zu bytes\n", what,
	    (double)(clock() - start) * 1e6 / CLOCKS_PER_SEC /
	    (double)count, len);
}

int
main(int argc, char **argv)
{
	long count = argc > 1 ? strtol(argv[1], NULL, 10) : COUNT_DEFAULT;
	struct phone_effective sip = defaults(PROTOCOL_SIP), all = sip;
	struct phone_effective sccp = defaults(PROTOCOL_SCCP);
	struct err e = { 0 };
	uint8_t *xml = NULL;
	size_t len = 0;

	if (count < 1) {
		(void)fprintf(stderr, "usage: renderload [COUNT [XML]]\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof(full) / sizeof(full[0]); i++)
		all.value[full[i].id] = full[i].value;
	measure("SIP", &sip, 1, NULL, 0, count);
	measure("SIP, every setting", &all, 1, NULL, 0, count);
	measure("SIP, five nodes", &all, 5, NULL, 0, count);
	measure("SCCP", &sccp, 1, NULL, 0, count);
	if (argc > 2 && file_read(AT_FDCWD, argv[2], XML_MAX, &xml, &len,
	    &e) != ERR_OK) {
		(void)fprintf(stderr, "renderload: %s\n", e.msg);
		return 1;
	}
	if (xml != NULL)
		measure("own XML", &sip, 1, xml, len, count);
	free(xml);
	return 0;
}
