/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The gateway in a phone's file, secure and not.  The golden files in
 * tests/data/render were made by this code and read line by line; with
 * RENDER_GOLDEN set to a folder they are written there.  The certificate in
 * them is tests/data/vectors/keys/tftp-ec.pem.
 */
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "tests/certs_data.h"
#include "trust/render.h"

static char *certificate;
static struct phone_effective phone;
static struct render_srst srst;

static void
setup(void)
{
	struct cert *c = data_cert("tftp-ec");
	const uint8_t *der;
	size_t len;

	der = cert_der(c, &len);
	ck_assert_ptr_nonnull(certificate = malloc(STR_BASE64_LEN(len)));
	str_base64(der, len, certificate);
	cert_free(c);
	phone = (struct phone_effective){ .model = model_find("8945") };
	for (int i = 0; i < SETTING_N; i++)
		phone.value[i] = setting_table()[i].def;
	phone.value[SETTING_TRANSPORT] = "tls";
	phone.value[SETTING_SECURITY_MODE] = "encrypted";
	srst = (struct render_srst){ .address = "192.0.2.9",
	    .sip_address = "gw.example.org", .port = 2100, .sip_port = 5062,
	    .certificate = certificate };
}

static void
teardown(void)
{
	free(certificate);
}

static struct render_env
env_of(void)
{
	return (struct render_env){ .device = "SEP0011223344AA",
		.phone = &phone, .nserver = 1, .mixed = true,
		.certificate = true, .srst = &srst,
		.server = { { "192.0.2.1", 2445, 3804, 5060, 5061, 2000,
		    2443 } } };
}

static char *
golden_file(const char *name, size_t *len)
{
	const char *top = getenv("top_srcdir");
	char path[PATH_MAX];
	struct err e = { 0 };
	uint8_t *buf;

	(void)snprintf(path, sizeof(path), "%s/tests/data/render/%s",
	    top != NULL ? top : ".", name);
	ck_assert_msg(file_read(AT_FDCWD, path, 1 << 20, &buf, len, &e) ==
	    ERR_OK, "%s", e.msg);
	return (char *)buf;
}

static char *
render(const struct render_env *env, const char *xml, size_t len, size_t *n)
{
	struct err e = { 0 };
	uint8_t *out = NULL;

	ck_assert_msg(render_config(env, (const uint8_t *)xml, len, &out, n,
	    &e) == ERR_OK, "%s", e.msg);
	return (char *)out;
}

static const struct golden {
	const char	*out, *own;
	enum phone_protocol protocol;
	bool		 secure;
} goldens[] = {
	{ "srst", NULL, PROTOCOL_SIP, false },
	{ "srst-secure", NULL, PROTOCOL_SIP, true },
	{ "srst-sccp", NULL, PROTOCOL_SCCP, true },
	{ "srst-own", "srst-own.xml", PROTOCOL_SIP, false },
	{ "srst-own-secure", "srst-own.xml", PROTOCOL_SIP, true },
};

START_TEST(golden)
{
	const struct golden *g = &goldens[_i];
	const char *folder = getenv("RENDER_GOLDEN");
	char name[64], path[PATH_MAX], *want, *got, *again, *own = NULL;
	size_t wantlen, gotlen, ownlen = 0;
	struct render_env env = env_of();

	phone.phone.protocol = g->protocol;
	if (!g->secure)
		srst.certificate = NULL;
	if (g->own != NULL)
		own = golden_file(g->own, &ownlen);
	got = render(&env, own, ownlen, &gotlen);
	(void)snprintf(name, sizeof(name), "%s.out.xml", g->out);
	if (folder != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
		ck_assert_int_eq(file_replace(AT_FDCWD, path, 0644, got,
		    gotlen, NULL), ERR_OK);
	}
	want = golden_file(name, &wantlen);
	ck_assert_msg(gotlen == wantlen && memcmp(got, want, gotlen) == 0,
	    "%s:\n%s", name, got);
	/* Rendering what was rendered changes nothing. */
	again = render(&env, got, gotlen, &wantlen);
	if (own != NULL)
		ck_assert_str_eq(again, got);
	free(again);
	free(want);
	free(got);
	free(own);
}
END_TEST

/* Each condition that phones' files know of takes the certificate out. */
START_TEST(not_secure)
{
	struct render_env env = env_of();
	size_t len;
	char *out;

	if (_i == 0)
		env.mixed = false;
	else if (_i == 1)
		env.certificate = false;
	else if (_i == 2)
		phone.value[SETTING_SECURITY_MODE] = "non-secure";
	else
		srst.certificate = NULL;
	out = render(&env, NULL, 0, &len);
	ck_assert_ptr_nonnull(strstr(out, "<isSecure>false</isSecure>"));
	ck_assert_ptr_nonnull(strstr(out, "<ipAddr1>192.0.2.9</ipAddr1>"));
	ck_assert_ptr_null(strstr(out, certificate));
	ck_assert_ptr_null(strstr(out, "<certificate"));
	free(out);
}
END_TEST

/* Without a reference there is nothing, and an own file is let alone. */
START_TEST(without)
{
	struct render_env env = env_of();
	size_t len, ownlen;
	char *out, *own;

	env.srst = NULL;
	out = render(&env, NULL, 0, &len);
	ck_assert_ptr_null(strstr(out, "srst"));
	free(out);
	own = golden_file("srst-own.xml", &ownlen);
	out = render(&env, own, ownlen, &len);
	ck_assert_ptr_nonnull(strstr(out, "<ipAddr1>192.0.2.99</ipAddr1>"));
	ck_assert_ptr_nonnull(strstr(out, "<certificate>AAAA</certificate>"));
	free(out);
	free(own);
}
END_TEST

START_TEST(advice)
{
	struct render_env env = env_of();
	struct err e = { 0 };
	char *own, *text = NULL;
	size_t len;

	own = golden_file("srst-own.xml", &len);
	ck_assert_int_eq(render_check(&env, (uint8_t *)own, len, "own",
	    &text, &e), ERR_OK);
	ck_assert_ptr_nonnull(strstr(text,
	    "ipAddr1 192.0.2.99 becomes 192.0.2.9: "));
	free(text);
	free(own);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("render_srst");
	TCase *t = tcase_create("render_srst");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, golden, 0, N_OF(goldens));
	tcase_add_loop_test(t, not_secure, 0, 4);
	tcase_add_test(t, without);
	tcase_add_test(t, advice);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
