/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A phone's file from its rows: byte for byte for every class of models, and
 * what its name in the cache depends on.  The golden files in
 * tests/data/render were made by this code and read line by line; with
 * RENDER_GOLDEN set to a folder they are written there.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "db/params.h"
#include "tests/db_fixture.h"
#include "tests/phone_file_fix.h"
#include "trust/phone_file.h"

/* --- golden files --- */

static uint8_t *
data_file(const char *name, size_t *len)
{
	const char *top = getenv("top_srcdir");
	char path[PATH_MAX];
	struct err e = { 0 };
	uint8_t *buf;

	(void)snprintf(path, sizeof(path), "%s/tests/data/render/%s",
	    top != NULL ? top : ".", name);
	ck_assert_msg(file_read(AT_FDCWD, path, 1 << 20, &buf, len, &e) ==
	    ERR_OK, "%s", e.msg);
	return buf;
}

#define FULL	"load=sip88xx.14-2-1 load-server=192.0.2.9 "		\
	"user-locale=German_Germany user-locale-language=de_DE "	\
	"user-locale-version=14.1 network-locale=Germany "		\
	"network-locale-version=14.1 dial-template=plan.xml "		\
	"soft-key-file=keys.xml feature-policy-file=policy.xml "	\
	"directory-url=http://192.0.2.1/directory "			\
	"secure-directory-url=https://192.0.2.1/directory " 		\
	"idle-url=http://192.0.2.1/idle idle-timer=60"

static const struct golden {
	const char	*out, *model;
	enum phone_protocol protocol;
	const char	*template, *set, *xml;
} goldens[] = {
	/* Every class of models; those that stop at less are refused the
	 * whole template, so hardening alone. */
#define HARD	"settings-access=restricted web-access=disabled "	\
	"pc-voice-vlan-access=disabled gratuitous-arp=disabled "	\
	"ssh-access=disabled tls12-only=yes"
	{ "sip-7905", "7905", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-7960", "7960", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-7941", "7941", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-7942", "7942", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-6901", "6901", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-6921", "6921", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-7841", "7841", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-8861", "8861", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-8945", "8945", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-9971", "9971", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-unknown", "", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sccp-7905", "7905", PROTOCOL_SCCP, NULL, HARD, NULL },
	{ "sccp-7960", "7960", PROTOCOL_SCCP, NULL, HARD, NULL },
	{ "sccp-7941", "7941", PROTOCOL_SCCP, NULL, HARD, NULL },
	{ "sccp-7942", "7942", PROTOCOL_SCCP, NULL, HARD, NULL },
	{ "sccp-6901", "6901", PROTOCOL_SCCP, NULL, HARD, NULL },
	{ "sccp-6921", "6921", PROTOCOL_SCCP, NULL, HARD, NULL },
	{ "sccp-8945", "8945", PROTOCOL_SCCP, NULL, HARD, NULL },
	{ "sccp-unknown", "", PROTOCOL_SCCP, NULL, HARD, NULL },
	/* Templates; secure profiles in a non-secure cluster. */
	{ "plain", "8861", PROTOCOL_SIP, "plain", NULL, NULL },
	{ "hardened", "8861", PROTOCOL_SIP, "hardened", NULL, NULL },
	{ "hardened-sccp", "7965", PROTOCOL_SCCP, "hardened", NULL, NULL },
	{ "when-ready", "8861", PROTOCOL_SIP, "secure-when-ready", NULL,
	    NULL },
	{ "authenticated", "7941", PROTOCOL_SIP, NULL,
	    "device-security-mode=authenticated", NULL },
	{ "full", "8841", PROTOCOL_SIP, NULL, FULL, NULL },
	{ "own-hardened", "8861", PROTOCOL_SIP, "hardened", NULL,
	    "hobby.xml" },
};

/* Whatever class of models is added gets its golden files. */
START_TEST(every_class)
{
	const struct model *m;
	size_t n, seen = 0;

	m = model_table(&n);
	for (size_t i = 0; i < n; i++)
		for (int p = 0; p < PROTOCOL_N; p++) {
			bool has = !model_can(&m[i], p, MODEL_RUNS);

			for (size_t k = 0; k < sizeof(goldens) /
			    sizeof(goldens[0]); k++) {
				const struct golden *g = &goldens[k];

				if ((int)g->protocol == p &&
				    g->template == NULL && g->xml == NULL &&
				    model_of(g->model)->class == m[i].class) {
					has = true;
					seen++;
				}
			}
			ck_assert_msg(has, "%s of class %s", m[i].name,
			    m[i].class->name);
		}
	ck_assert_uint_ge(seen, n);
}
END_TEST

START_TEST(golden)
{
	const struct golden *g = &goldens[_i];
	struct make m = { .model = g->model, .protocol = g->protocol,
	    .template = g->template, .set = g->set, .now = 1000 };
	const char *folder = getenv("RENDER_GOLDEN");
	size_t wantlen, gotlen, againlen;
	uint8_t *want, *got, *again, *xml = NULL;
	char name[64], path[PATH_MAX];
	struct err e = { 0 };

	if (g->xml != NULL)
		m.xml = xml = data_file(g->xml, &m.xmllen);
	phone(&m);
	got = render(&gotlen);
	(void)snprintf(name, sizeof(name), "%s.out.xml", g->out);
	if (folder != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
		ck_assert_int_eq(file_replace(AT_FDCWD, path, 0644, got,
		    gotlen, &e), ERR_OK);
	}
	want = data_file(name, &wantlen);
	ck_assert_msg(gotlen == wantlen && memcmp(got, want, gotlen) == 0,
	    "%s:\n%s", name, got);
	again = render(&againlen);
	ck_assert_str_eq((char *)again, (char *)got);
	free(again);
	free(want);
	free(got);
	free(xml);
}
END_TEST

/* --- its name in the cache --- */

START_TEST(ports)
{
	struct make m = { .model = "8861", .now = 1000 };
	size_t len;
	uint8_t *out;

	phone(&m);
	param(PARAM_SIP_PHONE_PORT, "5070");
	param(PARAM_SIP_PHONE_SECURE_PORT, "5071");
	param(PARAM_CAPF_PHONE_PORT, "3900");
	read_base();
	out = render(&len);
	ck_assert_ptr_nonnull(strstr((char *)out, "<sipPort>5070<"));
	ck_assert_ptr_nonnull(strstr((char *)out, "<securedSipPort>5071<"));
	ck_assert_ptr_nonnull(strstr((char *)out, "<phonePort>3900<"));
	free(out);
	m.model = "7965";
	m.protocol = PROTOCOL_SCCP;
	fix_tx(db, put_phone, &m);
	param(PARAM_SCCP_PHONE_PORT, "2010");
	param(PARAM_SCCP_PHONE_SECURE_PORT, "2020");
	read_base();
	out = render(&len);
	ck_assert_ptr_nonnull(strstr((char *)out,
	    "<ethernetPhonePort>2010<"));
	ck_assert_ptr_nonnull(strstr((char *)out,
	    "<securedEthernetPhonePort>2020<"));
	free(out);
}
END_TEST

/* --- firmware by model --- */

START_TEST(firmware)
{
	struct make m = { .model = "8861", .now = 1000 };
	size_t len;
	uint8_t *out;

	render_loads_parse(&loads, "8861=a,7965=b,8861=c,nosuch=d,=e,x");
	ck_assert_uint_eq(loads.n, 2);
	ck_assert_str_eq(render_loads_find(&loads, model_find("8861")), "a");
	ck_assert_str_eq(render_loads_find(&loads, model_find("7965")), "b");
	ck_assert_str_eq(render_loads_find(&loads, model_find("7960")), "");
	ck_assert_str_eq(render_loads_find(&loads, model_unknown()), "");
	param(PARAM_PHONE_LOADS, "8861=sip8861.1");
	phone(&m);
	out = render(&len);
	ck_assert_ptr_nonnull(strstr((char *)out,
	    "<loadInformation>sip8861.1<"));
	free(out);
}
END_TEST

/* --- secrets --- */

START_TEST(missing)
{
	struct phone_file f;
	struct err e = { 0 };

	ck_assert_int_eq(phone_file_load(&f, db, &b, DEV, &e), ERR_NOTFOUND);
	phone_file_clear(&f);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("phone_file");
	TCase *t = tcase_create("phone_file");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, every_class);
	tcase_add_loop_test(t, golden, 0,
	    (int)(sizeof(goldens) / sizeof(goldens[0])));
	tcase_add_test(t, ports);
	tcase_add_test(t, firmware);
	tcase_add_test(t, missing);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return fix_run(s);
}
