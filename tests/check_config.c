/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * trust/config.c: what a phone reads in its configuration.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/str.h"
#include "trust/config.h"
#include "trust/render.h"

static const struct vector {
	const char	*name, *xml;
	const char	*load, *stamp, *user, *network, *dial, *keys, *policy;
	bool		 is_default, full, encr;
} vectors[] = {
	{ .name = "everything", .xml =
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<device>"
	    "<fullConfig>true</fullConfig>"
	    "<loadInformation>sip88xx.14-2-1</loadInformation>"
	    "<versionStamp> {a-b} \n</versionStamp>"
	    "<userLocale><name>English</name><uid>1</uid></userLocale>"
	    "<networkLocale>Old</networkLocale>"
	    "<networkLocaleInfo><name>New_Zealand</name></networkLocaleInfo>"
	    "<sipProfile><dialTemplate>dialplan.xml</dialTemplate>"
	    "<softKeyFile>keys.xml</softKeyFile></sipProfile>"
	    "<featurePolicyFile>policy.xml</featurePolicyFile>"
	    "<encrConfig>true</encrConfig></device>",
	    .load = "sip88xx.14-2-1", .stamp = "{a-b}", .user = "English",
	    .network = "New_Zealand", .dial = "dialplan.xml",
	    .keys = "keys.xml", .policy = "policy.xml", .full = true,
	    .encr = true },
	{ .name = "empty", .xml = "<device/>", .full = true },
	{ .name = "stub", .xml = "<device><fullConfig>false</fullConfig>"
	    "<encrConfig>true</encrConfig></device>", .encr = true },
	{ .name = "default file", .xml = "<Default><loadInformation>x"
	    "</loadInformation></Default>", .load = "x", .is_default = true,
	    .full = true },
	{ .name = "locale without info", .xml = "<device><networkLocale>NZ"
	    "</networkLocale></device>", .network = "NZ", .full = true },
	{ .name = "first one counts", .xml = "<device><versionStamp>a"
	    "</versionStamp><versionStamp>b</versionStamp></device>",
	    .stamp = "a", .full = true },
	{ .name = "only at its place", .xml = "<device><x><versionStamp>a"
	    "</versionStamp><encrConfig>true</encrConfig></x></device>",
	    .full = true },
	{ .name = "references and cdata", .xml = "<device><dialTemplate>"
	    "a&amp;&#x62;<!-- no --><![CDATA[<c>]]></dialTemplate></device>",
	    .dial = "a&b<c>", .full = true },
	{ .name = "other namespaces are not ours", .xml =
	    "<device xmlns:x=\"urn:x\"><x:versionStamp>a</x:versionStamp>"
	    "</device>", .full = true },
};

static void
is(const char *vector, const char *what, const char *got, const char *want)
{
	ck_assert_msg(strcmp(got, want != NULL ? want : "") == 0,
	    "%s: %s is \"%s\"", vector, what, got);
}

START_TEST(reads)
{
	const struct vector *v = &vectors[_i];
	struct phone_config c;
	struct err e = { 0 };

	ck_assert_msg(config_read((const uint8_t *)v->xml, strlen(v->xml), &c,
	    &e) == ERR_OK, "%s: %s", v->name, e.msg);
	is(v->name, "load", c.load, v->load);
	is(v->name, "stamp", c.version_stamp, v->stamp);
	is(v->name, "user locale", c.user_locale, v->user);
	is(v->name, "network locale", c.network_locale, v->network);
	is(v->name, "dial template", c.dial_template, v->dial);
	is(v->name, "soft keys", c.soft_key_file, v->keys);
	is(v->name, "policy", c.feature_policy_file, v->policy);
	ck_assert_msg(c.is_default == v->is_default, "%s", v->name);
	ck_assert_msg(c.full_config == v->full, "%s", v->name);
	ck_assert_msg(c.encr_config == v->encr, "%s", v->name);
}
END_TEST

#define MEMBER(prio, rest) "<member priority=\"" prio "\">" rest "</member>"
#define TVS(members) "<device><TVS><members>" members \
	"</members></TVS></device>"

/* "address:port ..." in the order in which they are asked. */
static const struct {
	const char	*name, *xml, *want;
} servers[] = {
	{ "one", TVS("<member priority=\"0\"><port>22445</port>"
	    "<address> 192.0.2.7 </address></member>"), "192.0.2.7:22445 " },
	{ "by priority, then as they stand",
	    TVS(MEMBER("2", "<address>c</address>")
	    MEMBER("0", "<address>a</address>")
	    MEMBER("10", "<address>e</address>")
	    MEMBER("2", "<address>d</address>")
	    "<member><address>b</address></member>"),
	    "a:2445 b:2445 c:2445 d:2445 e:2445 " },
	{ "five at most", TVS(MEMBER("9", "<address>z</address>")
	    MEMBER("0", "<address>a</address>")
	    MEMBER("0", "<address>b</address>")
	    MEMBER("0", "<address>c</address>")
	    MEMBER("0", "<address>d</address>")
	    MEMBER("0", "<address>e</address>")),
	    "a:2445 b:2445 c:2445 d:2445 z:2445 " },
	{ "what cannot be used is passed over",
	    TVS(MEMBER("0", "<port>1</port>")
	    MEMBER("0", "<port>0</port><address>a</address>")
	    MEMBER("0", "<port>65536</port><address>b</address>")
	    MEMBER("0", "<port>tls</port><address>c</address>")
	    MEMBER("x", "<address>d</address>")
	    MEMBER("-1", "<address>e</address>")
	    MEMBER("0", "<address>f</address><port></port>")), "f:2445 " },
	{ "elsewhere it does not count", "<device><x><TVS><members>"
	    MEMBER("0", "<address>a</address>") "</members></TVS></x>"
	    "<tvs><members>" MEMBER("0", "<address>b</address>")
	    "</members></tvs></device>", "" },
	{ "none", TVS(""), "" },
};

START_TEST(tvs_servers)
{
	struct phone_config c;
	struct err e = { 0 };
	char got[512] = "";
	size_t n = 0;

	ck_assert_msg(config_read((const uint8_t *)servers[_i].xml,
	    strlen(servers[_i].xml), &c, &e) == ERR_OK, "%s: %s",
	    servers[_i].name, e.msg);
	for (size_t i = 0; i < c.ntvs; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s:%u ",
		    c.tvs[i].address, c.tvs[i].port);
	is(servers[_i].name, "TVS", got, servers[_i].want);
}
END_TEST

#define CAPF(members) "<device><capfList>" members "</capfList></device>"
#define ONE(rest) "<capf>" rest "</capf>"
#define HOST(name) "<processNodeName>" name "</processNodeName>"

/* What sends a phone to CAPF: mode, hash, "address:port ..." as they stand. */
static const struct {
	const char	*name, *xml;
	enum config_capf auth;
	const char	*hash, *want;
} enrols[] = {
	{ "nothing", "<device/>", CONFIG_CAPF_NONE, "", "" },
	{ "a stub", "<device><fullConfig>false</fullConfig>"
	    "<capfAuthMode> 2 </capfAuthMode><capfList>" ONE("<phonePort>23804"
	    "</phonePort>" HOST(" 192.0.2.7 ")) ONE(HOST("b")) "</capfList>"
	    "<certHash>F7E9EF38c347</certHash></device>", CONFIG_CAPF_NULL,
	    "f7e9ef38c347", "192.0.2.7:23804 b:3804 " },
	{ "string", "<device><capfAuthMode>1</capfAuthMode></device>",
	    CONFIG_CAPF_STRING, "", "" },
	{ "LSC", "<device><capfAuthMode>3</capfAuthMode></device>",
	    CONFIG_CAPF_LSC, "", "" },
	{ "MIC", "<device><capfAuthMode>4</capfAuthMode></device>",
	    CONFIG_CAPF_MIC, "", "" },
	{ "no such mode", "<device><capfAuthMode>5</capfAuthMode></device>",
	    CONFIG_CAPF_NONE, "", "" },
	{ "no number", "<device><capfAuthMode>null</capfAuthMode></device>",
	    CONFIG_CAPF_NONE, "", "" },
	{ "below another element it does not count", "<device><x>"
	    "<capfAuthMode>2</capfAuthMode><certHash>ab</certHash></x>"
	    "</device>", CONFIG_CAPF_NONE, "", "" },
	{ "what cannot be used is passed over", CAPF(ONE("<phonePort>1"
	    "</phonePort>") ONE("<phonePort>0</phonePort>" HOST("a"))
	    ONE("<phonePort>65536</phonePort>" HOST("b")) ONE(HOST("c"))),
	    CONFIG_CAPF_NONE, "", "c:3804 " },
	{ "five at most", CAPF(ONE(HOST("a")) ONE(HOST("b")) ONE(HOST("c"))
	    ONE(HOST("d")) ONE(HOST("e")) ONE(HOST("f"))), CONFIG_CAPF_NONE,
	    "", "a:3804 b:3804 c:3804 d:3804 e:3804 " },
};

START_TEST(capf)
{
	struct phone_config c;
	struct err e = { 0 };
	char got[512] = "";
	size_t n = 0;

	ck_assert_msg(config_read((const uint8_t *)enrols[_i].xml,
	    strlen(enrols[_i].xml), &c, &e) == ERR_OK, "%s: %s",
	    enrols[_i].name, e.msg);
	ck_assert_msg(c.capf_auth == enrols[_i].auth, "%s", enrols[_i].name);
	is(enrols[_i].name, "hash", c.cert_hash, enrols[_i].hash);
	for (size_t i = 0; i < c.ncapf; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s:%u ",
		    c.capf[i].address, c.capf[i].port);
	is(enrols[_i].name, "CAPF", got, enrols[_i].want);
}
END_TEST

static const struct refusal {
	const char	*name, *xml;
	int		 code;
	const char	*says;
} refusals[] = {
	{ "nothing", "", ERR_PROTO, "empty" },
	{ "not XML", "hello", ERR_PROTO, "line 1" },
	{ "other root", "<phone/>", ERR_PROTO, "root element is phone" },
	{ "not closed", "<device>\n<a>", ERR_PROTO, "line 2" },
	{ "two roots", "<device/><device/>", ERR_PROTO, "line 1" },
	{ "doctype", "<!DOCTYPE device><device/>", ERR_PROTO, "DOCTYPE" },
	{ "entity bomb", "<!DOCTYPE d [<!ENTITY a \"aa\"><!ENTITY b "
	    "\"&a;&a;\">]><device>&b;</device>", ERR_PROTO, "DOCTYPE" },
	{ "external entity", "<!DOCTYPE d SYSTEM \"http://192.0.2.1/d\">"
	    "<device/>", ERR_PROTO, "DOCTYPE" },
	{ "unknown entity", "<device><dialTemplate>&x;</dialTemplate>"
	    "</device>", ERR_PROTO, "line 1" },
	{ "not UTF-8", "<device>\xff</device>", ERR_PROTO, "UTF-8" },
	{ "other encoding", "<?xml version=\"1.0\" encoding=\"UTF-16\"?>"
	    "<device", ERR_PROTO, "line 1" },
};

START_TEST(refuses)
{
	const struct refusal *v = &refusals[_i];
	struct phone_config c;
	struct err e = { 0 };
	int ret;

	ret = config_read((const uint8_t *)v->xml, strlen(v->xml), &c, &e);
	ck_assert_msg(ret == v->code, "%s: %d", v->name, ret);
	ck_assert_msg(strstr(e.msg, v->says) != NULL, "%s: %s", v->name,
	    e.msg);
	ck_assert_msg(strchr(e.msg, '\n') == NULL, "%s", v->name);
}
END_TEST

/* <device> + n times before + after, as fresh text. */
static char *
repeat(const char *before, size_t n, const char *after)
{
	size_t len = strlen(before);
	char *s = malloc(sizeof("<device>") + n * len + strlen(after));

	ck_assert_ptr_nonnull(s);
	strcpy(s, "<device>");
	for (size_t i = 0; i < n; i++)
		memcpy(s + 8 + i * len, before, len);
	strcpy(s + 8 + n * len, after);
	return s;
}

static void
refused(char *s, const char *says)
{
	struct phone_config c;
	struct err e = { 0 };

	ck_assert_int_eq(config_read((const uint8_t *)s, strlen(s), &c, &e),
	    ERR_LIMIT);
	ck_assert_msg(strstr(e.msg, says) != NULL, "%s", e.msg);
	free(s);
}

START_TEST(bounds)
{
	struct phone_config c;
	struct err e = { 0 };
	char *s;

	refused(repeat("<a>", RENDER_DEPTH_MAX + 1, ""), "deep");
	refused(repeat("<!-- -->", RENDER_XML_MAX / 8, "</device>"),
	    "at most");
	s = str_printf("<device><dialTemplate>%0*d</dialTemplate></device>",
	    CONFIG_VALUE_MAX + 1, 1);
	ck_assert_ptr_nonnull(s);
	refused(s, "dialTemplate has");
	s = str_printf("<device><dialTemplate>%0*d </dialTemplate></device>",
	    CONFIG_VALUE_MAX - 1, 1);
	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(config_read((const uint8_t *)s, strlen(s), &c, &e),
	    ERR_OK);
	ck_assert_uint_eq(strlen(c.dial_template), CONFIG_VALUE_MAX - 1);
	free(s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("config");
	TCase *t = tcase_create("config");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, reads, 0,
	    sizeof(vectors) / sizeof(vectors[0]));
	tcase_add_loop_test(t, refuses, 0,
	    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_loop_test(t, tvs_servers, 0,
	    sizeof(servers) / sizeof(servers[0]));
	tcase_add_loop_test(t, capf, 0, sizeof(enrols) / sizeof(enrols[0]));
	tcase_add_test(t, bounds);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
