/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phone configurations (spec/phone-files.md section 5).  The golden files in
 * tests/data/render were made by this code and read line by line; hobby.xml
 * is written after the files that Asterisk users publish.
 */
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "trust/render.h"
#include "trust/xml.h"

static struct render_env
env_of(size_t nserver)
{
	return (struct render_env){
		.device = "SEP0011223344AA", .nserver = nserver,
		.server = {
			{ "192.0.2.1", 2445, 3804, 5060, 5061, 2000, 2443 },
			{ "cm2.example.org", 2445, 3804, 5060, 5061, 2000,
			    2443 },
			{ "2001:db8::3", 22445, 23804, 25060, 25061, 22000,
			    22443 },
		},
	};
}

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

static char *
render(const struct render_env *env, const void *xml, size_t len,
    size_t *outlen)
{
	struct err e = { 0 };
	uint8_t *out = NULL;

	ck_assert_msg(render_config(env, xml, len, &out, outlen, &e) ==
	    ERR_OK, "%s", e.msg);
	ck_assert_int_eq(e.code, ERR_OK);
	return (char *)out;
}

static const struct golden {
	const char	*xml;		/* NULL: minimal */
	size_t		 nserver;
	bool		 v6_only;
	const char	*out;
} goldens[] = {
	{ NULL, 1, false, "minimal-1.out.xml" },
	{ NULL, 3, false, "minimal-3.out.xml" },
	{ NULL, 1, true, "minimal-v6.out.xml" },
	{ "hobby.xml", 1, false, "hobby.out.xml" },
	{ "hobby.xml", 3, false, "hobby-3.out.xml" },
	{ "oneline.xml", 1, false, "oneline.out.xml" },
	{ "windows.xml", 2, false, "windows.out.xml" },
};

START_TEST(golden)
{
	const struct golden *g = &goldens[_i];
	struct render_env env = env_of(g->nserver);
	size_t wantlen, gotlen, againlen, len = 0;
	uint8_t *want = data_file(g->out, &wantlen);
	uint8_t *xml = g->xml != NULL ? data_file(g->xml, &len) : NULL;
	char *got, *again;

	if (g->v6_only)
		env.server[0].address = "2001:db8::1";
	got = render(&env, xml, len, &gotlen);
	ck_assert_msg(gotlen == wantlen && memcmp(got, want, gotlen) == 0,
	    "%s:\n%s", g->out, got);
	/* The same again, and rendering what was rendered changes nothing. */
	again = render(&env, xml, len, &againlen);
	ck_assert_str_eq(got, again);
	free(again);
	again = render(&env, got, gotlen, &againlen);
	ck_assert_str_eq(got, again);
	free(again);
	free(got);
	free(xml);
	free(want);
}
END_TEST

START_TEST(stamp)
{
	static const char one[] = "<device><a>1</a></device>";
	static const char two[] = "<device><a>2</a></device>";
	static const char note[] = "<device><!-- x --><a >1</a></device>";
	struct render_env env = env_of(1);
	char *s[4], *p[4];
	size_t len;

	s[0] = render(&env, one, strlen(one), &len);
	s[1] = render(&env, two, strlen(two), &len);
	s[2] = render(&env, note, strlen(note), &len);
	env.server[0].address = "192.0.2.99";
	s[3] = render(&env, one, strlen(one), &len);
	for (int i = 0; i < 4; i++) {
		ck_assert_ptr_nonnull(p[i] = strstr(s[i], "<versionStamp>"));
		p[i][14 + 36] = '\0';
	}
	/* Content and servers move it; spelling and comments do not. */
	ck_assert_str_ne(p[0], p[1]);
	ck_assert_str_ne(p[0], p[3]);
	ck_assert_str_eq(p[0], p[2]);
	for (int i = 0; i < 4; i++)
		free(s[i]);
}
END_TEST

static const struct {
	const char	*name, *xml, *want;	/* want: part of the output */
} kept[] = {
	{ "comment before", "<!-- a --><device/>", "<!-- a -->\n<device>" },
	{ "instruction", "<device><?x y?></device>", "<?x y?>" },
	{ "cdata", "<device><a><![CDATA[<&]]></a></device>",
	    "<a><![CDATA[<&]]></a>" },
	{ "undeclared prefix", "<device xsi:type='axl:X'/>",
	    "<device xsi:type=\"axl:X\">" },
	{ "references", "<device><a>&#65;&amp;&lt;&#xe9;</a></device>",
	    "<a>A&amp;&lt;\xc3\xa9</a>" },
	{ "mixed text", "<device>x<a/>y</device>", "<device>x<a/>y" },
	{ "udp", "<device><transportLayerProtocol>2"
	    "</transportLayerProtocol></device>",
	    "<transportLayerProtocol>2<" },
	{ "transport 4", "<device><transportLayerProtocol>4"
	    "</transportLayerProtocol></device>",
	    "<transportLayerProtocol>4<" },
	{ "nested namesake", "<device><x><encrConfig>true</encrConfig></x>"
	    "</device>", "<x><encrConfig>true</encrConfig></x>" },
	{ "other case", "<device><tvs>x</tvs></device>", "<tvs>x</tvs>" },
	{ "declared ascii", "<?xml version='1.0' encoding='us-ascii'?>"
	    "<device/>", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>" },
	{ "own servers in the pool", "<device><devicePool><callManagerGroup>"
	    "<members><member priority='0'><callManager><processNodeName>pbx"
	    "</processNodeName></callManager></member></members>"
	    "</callManagerGroup></devicePool></device>",
	    "<processNodeName>pbx<" },
};

START_TEST(keeps)
{
	struct render_env env = env_of(1);
	size_t len;
	char *out = render(&env, kept[_i].xml, strlen(kept[_i].xml), &len);

	ck_assert_msg(strstr(out, kept[_i].want) != NULL, "%s:\n%s",
	    kept[_i].name, out);
	free(out);
}
END_TEST

static const struct {
	const char	*name, *xml;
	int		 code;
	const char	*why;		/* part of the text */
} refused[] = {
	{ "empty", "", ERR_PROTO, "empty" },
	{ "no xml", "hello", ERR_PROTO, "line 1" },
	{ "cut", "<device>\n<a></a>\n", ERR_PROTO, "line 3: the file ends "
	    "within an element that begins in line 1" },
	{ "crossed", "<device>\n<a>\n</b>\n</device>", ERR_PROTO,
	    "line 3: an end tag of another element than the one that "
	    "begins in line 2" },
	{ "two roots", "<device/><device/>", ERR_PROTO, "line 1" },
	{ "root", "<Device/>", ERR_PROTO, "root element" },
	{ "root with prefix", "<x:device xmlns:x='urn:x'/>", ERR_PROTO,
	    "root element" },
	{ "default file", "\n<Default/>", ERR_PROTO, "line 2" },
	{ "doctype", "<!DOCTYPE device><device/>", ERR_PROTO, "DOCTYPE" },
	{ "doctype, bomb", "<?xml version='1.0'?>\n<!DOCTYPE device [\n"
	    "<!ENTITY a 'aaaaaaaaaa'>\n<!ENTITY b '&a;&a;&a;&a;&a;&a;'>\n"
	    "<!ENTITY c '&b;&b;&b;&b;&b;&b;'>\n]>\n<device>&c;</device>",
	    ERR_PROTO, "line 2: a DOCTYPE" },
	{ "doctype, file", "<!DOCTYPE device [<!ENTITY x SYSTEM "
	    "'file:///etc/passwd'>]><device>&x;</device>", ERR_PROTO,
	    "DOCTYPE" },
	{ "doctype, dtd", "<!DOCTYPE device SYSTEM 'http://127.0.0.1:9/x'>"
	    "<device/>", ERR_PROTO, "DOCTYPE" },
	{ "doctype, parameter entity", "<!DOCTYPE device [<!ENTITY % x SYSTEM "
	    "'http://127.0.0.1:9/x'> %x;]><device/>", ERR_PROTO, "DOCTYPE" },
	{ "doctype after the root", "<device/><!DOCTYPE device>", ERR_PROTO,
	    "line 1" },
	{ "xinclude is no device", "<xi:include "
	    "xmlns:xi='http://www.w3.org/2001/XInclude' href='/etc/passwd'/>",
	    ERR_PROTO, "root element" },
	{ "html", "<html><body/></html>", ERR_PROTO, "root element" },
	{ "undeclared entity", "<device>\n&nbsp;</device>", ERR_PROTO,
	    "line 2: an entity that is not known: in text write &amp;" },
	{ "latin-1", "<?xml version='1.0' encoding='ISO-8859-1'?><device/>",
	    ERR_PROTO, "ISO-8859-1" },
	{ "utf-16 said", "<?xml version='1.0' encoding='UTF-16'?><device/>",
	    ERR_PROTO, "" },
	{ "not utf-8", "<device>\xe9</device>", ERR_PROTO, "UTF-8" },
	{ "control", "<device>\x01</device>", ERR_PROTO, "line 1" },
	{ "relative namespace", "<device xmlns='x'/>", ERR_PROTO,
	    "namespace" },
};

START_TEST(refuses)
{
	const char *xml = refused[_i].xml;
	struct render_env env = env_of(1);
	struct err e = { 0 };
	uint8_t *out = NULL;
	char *advice = NULL;
	size_t len;

	ck_assert_msg(render_check(&env, (const uint8_t *)xml, strlen(xml),
	    "my.xml", &advice, &e) == refused[_i].code, "%s: %s",
	    refused[_i].name, e.msg);
	ck_assert_msg(str_starts(e.msg, "my.xml: ") &&
	    strstr(e.msg, refused[_i].why) != NULL &&
	    strchr(e.msg, '\n') == NULL, "%s: %s", refused[_i].name, e.msg);
	ck_assert_ptr_null(advice);
	ck_assert_int_eq(render_config(&env, (const uint8_t *)xml,
	    strlen(xml), &out, &len, &e), refused[_i].code);
	ck_assert_ptr_null(out);
}
END_TEST

/* A password that was not escaped looks like something else: no word of it is
 * said. */
static const char *const unescaped[] = {
	"<device><p>a&SECRET;</p></device>",
	"<device><p>a&SECRET</p></device>",
	"<device><p>a<SECRET</p></device>",
	"<device><p>a<SECRET></p></device>",
	"<device><p>a<SECRET/</p></device>",
	"<device><p>a</SECRET></p></device>",
	"<device><p>a</SECRET</p></device>",
	"<device><p>a<b SECRET>b</p></device>",
	"<device><p>a<b SECRET=>b</p></device>",
	"<device><p>a<b SECRET='' SECRET=''></p></device>",
	"<device><p>a<!--SECRET--b--></p></device>",
	"<device><p>a<!SECRET></p></device>",
	"<device><p>a<?SECRET</p></device>",
	"<device><p>a<?xml SECRET?></p></device>",
	"<device><p>a<SECRET",
	"<device><p a='SECRET<'/></device>",
	"<device><p a='&SECRET;'/></device>",
	"<device><p>a<![CDATA[SECRET</p></device>",
	"<device><p>a]]>SECRET</p></device>",
	"<device><p>&#SECRET;</p></device>",
	"<?xml version='1.0' encoding='SECRET'?><device/>",
	"<?xml version='SECRET'?><device/>",
	"<device/>SECRET",
};

START_TEST(says_no_word)
{
	const char *xml = unescaped[_i];
	struct err e = { 0 };
	char *advice = NULL;

	ck_assert_msg(render_check(NULL, (const uint8_t *)xml, strlen(xml),
	    "my.xml", &advice, &e) == ERR_PROTO, "%s: %s", xml, e.msg);
	ck_assert_msg(strcasestr(e.msg, "SECRET") == NULL, "%s", e.msg);
	ck_assert_msg(str_starts(e.msg, "my.xml: line 1: ") &&
	    strlen(e.msg) > 24, "%s", e.msg);
}
END_TEST

/* n times open, then n times close, within a device. */
static char *
repeat(const char *open, const char *close, size_t n)
{
	size_t o = strlen(open), c = strlen(close);
	char *s = calloc(1, (o + c) * n + 32), *p = s;

	ck_assert_ptr_nonnull(s);
	p += sprintf(p, "<device>");
	for (size_t i = 0; i < n; i++, p += o)
		memcpy(p, open, o);
	for (size_t i = 0; i < n; i++, p += c)
		memcpy(p, close, c);
	(void)strcpy(p, "</device>");
	return s;
}

static int
check_code(char *xml)
{
	struct err e = { 0 };
	char *advice = NULL;
	int ret = render_check(NULL, (uint8_t *)xml, strlen(xml), "x.xml",
	    &advice, &e);

	ck_assert_int_eq(ret, e.code);
	free(advice);
	free(xml);
	return ret;
}

START_TEST(bounds)
{
	char *big;

	ck_assert_int_eq(check_code(repeat("<a>", "</a>",
	    RENDER_DEPTH_MAX - 1)), ERR_OK);
	ck_assert_int_eq(check_code(repeat("<a>", "</a>",
	    RENDER_DEPTH_MAX)), ERR_LIMIT);
	ck_assert_int_eq(check_code(repeat("<a/>", "",
	    RENDER_NODES_MAX - 1)), ERR_OK);
	ck_assert_int_eq(check_code(repeat("<a/>", "", RENDER_NODES_MAX)),
	    ERR_LIMIT);
	ck_assert_int_eq(check_code(repeat("<a b='' c=''/>", "",
	    RENDER_NODES_MAX / 3 + 1)), ERR_LIMIT);
	big = repeat(" ", "", RENDER_XML_MAX - 17);
	ck_assert_uint_eq(strlen(big), RENDER_XML_MAX);
	ck_assert_int_eq(check_code(big), ERR_OK);
	ck_assert_int_eq(check_code(repeat(" ", "", RENDER_XML_MAX - 16)),
	    ERR_LIMIT);
	/* 10 MB: by its length alone. */
	ck_assert_int_eq(check_code(repeat("<a/>", "", 10 * 256 * 1024)),
	    ERR_LIMIT);
	/* Attributes of one element, before libxml2 compares them all. */
	big = repeat(" b=''", "", 2 * RENDER_NODES_MAX + 1);
	memcpy(big, "<device ", 8);
	ck_assert_int_eq(check_code(big), ERR_LIMIT);
	/* One attribute and one text as long as they can be. */
	big = repeat("x", "", RENDER_XML_MAX - 17);
	ck_assert_int_eq(check_code(big), ERR_OK);
}
END_TEST

static char *
advice_of(const struct render_env *env, const char *xml)
{
	struct err e = { 0 };
	char *advice = NULL;

	ck_assert_msg(render_check(env, (const uint8_t *)xml, strlen(xml),
	    "x.xml", &advice, &e) == ERR_OK, "%s", e.msg);
	return advice;
}

static const struct {
	const char	*xml;
	bool		 any;		/* no env */
	const char	*want;		/* whole advice, NULL none */
} advices[] = {
	{ "<device/>", false, NULL },
	{ "<device><deviceSecurityMode/><certHash/><TVS/></device>", false,
	    NULL },
	{ "<device><deviceSecurityMode> 1\n</deviceSecurityMode>"
	    "<versionStamp>x</versionStamp></device>", false, NULL },
	{ "<device><deviceSecurityMode>3</deviceSecurityMode></device>",
	    false, "deviceSecurityMode 3 becomes 1: the cluster is in "
	    "non-secure mode" },
	{ "<device><transportLayerProtocol>3</transportLayerProtocol>"
	    "<capfAuthMode>1</capfAuthMode></device>", false,
	    "capfAuthMode 1 becomes 0: no certificate operation is pending\n"
	    "transportLayerProtocol 3 becomes 1: TLS needs a cluster in "
	    "mixed mode" },
	{ "<device><certHash>ab\n\x7f</certHash></device>", false,
	    "certHash ab\\x0a\\x7f becomes empty: only the short file before "
	    "an encrypted one has it" },
	{ "<device><TVS><members><member><port>2445</port><address>192.0.2.1"
	    "</address></member></members></TVS></device>", false, NULL },
	{ "<device><TVS><members><member><port>2445</port><address>192.0.2.1"
	    "</address></member></members></TVS></device>", true,
	    "TVS server 192.0.2.1 port 2445 becomes this cluster's nodes" },
	{ "<device><TVS><members><member><address>10.0.0.1</address>"
	    "</member></members></TVS></device>", false,
	    "TVS server 10.0.0.1 becomes 192.0.2.1 port 2445" },
	{ "<device><capfList><capf><phonePort>1</phonePort><processNodeName>"
	    "a</processNodeName></capf><capf><processNodeName>b"
	    "</processNodeName></capf></capfList></device>", false,
	    "CAPF server a port 1, b becomes 192.0.2.1 port 3804" },
	{ "<device><versionStamp>x</versionStamp>\n<versionStamp>y"
	    "</versionStamp></device>", false, "a second versionStamp, "
	    "line 2, is left out: the first one counts" },
	{ "<device>\n<encrConfig>false</encrConfig>\n<encrConfig>true"
	    "</encrConfig></device>", false,
	    "a second encrConfig, line 3, is left out: the first one "
	    "counts" },
	{ "<device>\n<tvs/></device>", false,
	    "element tvs, line 2, is left as it is, but phones read TVS "
	    "only" },
};

START_TEST(advises)
{
	struct render_env env = env_of(1);
	char *got = advice_of(advices[_i].any ? NULL : &env,
	    advices[_i].xml);

	if (advices[_i].want == NULL)
		ck_assert_msg(got == NULL, "%s: %s", advices[_i].xml, got);
	else
		ck_assert_str_eq(got, advices[_i].want);
	free(got);
}
END_TEST

START_TEST(servers)
{
	struct render_env env = env_of(0);
	struct err e = { 0 };
	uint8_t *out = NULL;
	size_t len;

	ck_assert_int_eq(render_config(&env, NULL, 0, &out, &len, &e),
	    ERR_ARG);
	env.nserver = RENDER_SERVERS_MAX + 1;
	ck_assert_int_eq(render_config(&env, NULL, 0, &out, &len, &e),
	    ERR_ARG);
	env = env_of(1);
	env.server[0].address =
	    "a23456789012345678901234567890123456789012345678901";
	ck_assert_int_eq(render_config(&env, NULL, 0, &out, &len, &e),
	    ERR_ARG);
	ck_assert_ptr_nonnull(strstr(e.msg, "50 characters"));
	ck_assert_ptr_null(out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("render");
	TCase *t = tcase_create("render");
	SRunner *r;
	int failed;

#define N(a)	(int)(sizeof(a) / sizeof((a)[0]))
	tcase_add_loop_test(t, golden, 0, N(goldens));
	tcase_add_test(t, stamp);
	tcase_add_loop_test(t, keeps, 0, N(kept));
	tcase_add_loop_test(t, refuses, 0, N(refused));
	tcase_add_loop_test(t, says_no_word, 0,
	    sizeof(unescaped) / sizeof(unescaped[0]));
	tcase_add_test(t, bounds);
	tcase_add_loop_test(t, advises, 0, N(advices));
	tcase_add_test(t, servers);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
