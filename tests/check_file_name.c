/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Request names (spec/phone-files.md sections 2, 4 and 9).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/files.h"

#define DEV	"SEP0011223344AA"

static const struct vector {
	const char	*req;
	enum file_kind	 kind;
	enum file_form	 form;
	const char	*device, *full, *base;
} good[] = {
	{ "ITLFile.tlv", FILE_ITL, FILE_PLAIN, "", "ITLFile.tlv",
	    "ITLFile.tlv" },
	{ "/ITLFile.tlv", FILE_ITL, FILE_PLAIN, "", "ITLFile.tlv",
	    "ITLFile.tlv" },
	{ "itlfile.TLV", FILE_ITL, FILE_PLAIN, "", "itlfile.TLV",
	    "ITLFile.tlv" },
	{ "CTLFile.tlv", FILE_CTL, FILE_PLAIN, "", "CTLFile.tlv",
	    "CTLFile.tlv" },
	{ "CTLFile.tlv.sgn", FILE_CTL, FILE_SGN, "", "CTLFile.tlv.sgn",
	    "CTLFile.tlv" },
	{ "ITL" DEV ".tlv", FILE_ITL, FILE_PLAIN, DEV, "ITL" DEV ".tlv",
	    "ITL" DEV ".tlv" },
	{ "ITLSEP0011223344aa.tlv", FILE_ITL, FILE_PLAIN, DEV,
	    "ITLSEP0011223344aa.tlv", "ITL" DEV ".tlv" },
	{ "ctlsep0011223344AA.tlv", FILE_CTL, FILE_PLAIN, DEV,
	    "ctlsep0011223344AA.tlv", "CTL" DEV ".tlv" },
	{ "CTLAN0011.tlv", FILE_CTL, FILE_PLAIN, "AN0011", "CTLAN0011.tlv",
	    "CTLAN0011.tlv" },
	{ "ITL.tlv", FILE_STATIC, FILE_PLAIN, "", "ITL.tlv", "ITL.tlv" },
	{ "ITL0123.tlv", FILE_STATIC, FILE_PLAIN, "", "ITL0123.tlv",
	    "ITL0123.tlv" },
	{ "x/ITLFile.tlv", FILE_STATIC, FILE_PLAIN, "", "x/ITLFile.tlv",
	    "x/ITLFile.tlv" },
	{ DEV ".cnf.xml", FILE_CONFIG, FILE_PLAIN, DEV, DEV ".cnf.xml",
	    DEV ".cnf.xml" },
	{ "/" DEV ".cnf.xml.sgn", FILE_CONFIG, FILE_SGN, DEV,
	    DEV ".cnf.xml.sgn", DEV ".cnf.xml" },
	{ DEV ".cnf.xml.enc.sgn", FILE_CONFIG, FILE_ENC, DEV,
	    DEV ".cnf.xml.enc.sgn", DEV ".cnf.xml" },
	{ "sep0011223344aa.cnf.xml.sgn", FILE_CONFIG, FILE_SGN, DEV,
	    "sep0011223344aa.cnf.xml.sgn", DEV ".cnf.xml" },
	{ DEV ".CNF.XML.SGN", FILE_CONFIG, FILE_SGN, DEV,
	    DEV ".CNF.XML.SGN", DEV ".cnf.xml" },
	{ "lobby-1.cnf.xml", FILE_CONFIG, FILE_PLAIN, "lobby-1",
	    "lobby-1.cnf.xml", "lobby-1.cnf.xml" },
	{ ".cnf.xml", FILE_STATIC, FILE_PLAIN, "", ".cnf.xml", ".cnf.xml" },
	{ "7 rooms.cnf.xml", FILE_STATIC, FILE_PLAIN, "", "7 rooms.cnf.xml",
	    "7 rooms.cnf.xml" },
	{ "x/" DEV ".cnf.xml", FILE_STATIC, FILE_PLAIN, "",
	    "x/" DEV ".cnf.xml", "x/" DEV ".cnf.xml" },
	{ "XMLDefault.cnf.xml", FILE_DEFAULT, FILE_PLAIN, "",
	    "XMLDefault.cnf.xml", "XMLDefault.cnf.xml" },
	{ "XmlDefault.cnf.xml.sgn", FILE_DEFAULT, FILE_SGN, "",
	    "XmlDefault.cnf.xml.sgn", "XMLDefault.cnf.xml" },
	{ "/g3-tones.xml", FILE_STATIC, FILE_PLAIN, "", "g3-tones.xml",
	    "g3-tones.xml" },
	{ "New_Zealand/g3-tones.xml.sgn", FILE_STATIC, FILE_SGN, "",
	    "New_Zealand/g3-tones.xml.sgn", "New_Zealand/g3-tones.xml" },
	{ "Desktops/320x196x4/List.xml", FILE_STATIC, FILE_PLAIN, "",
	    "Desktops/320x196x4/List.xml", "Desktops/320x196x4/List.xml" },
	{ "X.enc.sgn", FILE_STATIC, FILE_ENC, "", "X.enc.sgn", "X" },
	{ "X.sgn.enc.sgn", FILE_STATIC, FILE_ENC, "", "X.sgn.enc.sgn",
	    "X.sgn" },
	{ "X.sgn.sgn", FILE_STATIC, FILE_SGN, "", "X.sgn.sgn", "X.sgn" },
	{ "sgn", FILE_STATIC, FILE_PLAIN, "", "sgn", "sgn" },
	{ "Zo\xc3\xab.xml", FILE_STATIC, FILE_PLAIN, "", "Zo\xc3\xab.xml",
	    "Zo\xc3\xab.xml" },
	{ "...", FILE_STATIC, FILE_PLAIN, "", "...", "..." },
	{ "a..b/.x", FILE_STATIC, FILE_PLAIN, "", "a..b/.x", "a..b/.x" },
	{ "%2e%2e%2fx", FILE_STATIC, FILE_PLAIN, "", "%2e%2e%2fx",
	    "%2e%2e%2fx" },
};

START_TEST(good_name)
{
	const struct vector *v = &good[_i];
	struct file_name n;
	struct err e = { 0 };

	ck_assert_msg(file_name_parse(&n, v->req, strlen(v->req), &e) ==
	    ERR_OK, "%s: %s", v->req, e.msg);
	ck_assert_msg(n.kind == v->kind, "%s: kind %s", v->req,
	    file_kind_name(n.kind));
	ck_assert_msg(n.form == v->form, "%s: form %d", v->req, n.form);
	ck_assert_str_eq(n.device, v->device);
	ck_assert_str_eq(n.full, v->full);
	ck_assert_str_eq(n.base, v->base);
}
END_TEST

#define BAD(s)	{ s, sizeof(s) - 1 }
static const struct {
	const char	*req;
	size_t		 len;
} bad[] = {
	BAD(""), BAD("/"), BAD("//"), BAD("///x"), BAD("//x"), BAD("x/"),
	BAD("x//y"), BAD("."), BAD(".."), BAD("/.."), BAD("../x"),
	BAD("x/.."), BAD("x/../y"), BAD("x/./y"), BAD("./x"), BAD("x/."),
	BAD("..\\x"), BAD("x\\y"), BAD("\\"), BAD("C:\\x"),
	BAD("x\0y"), BAD("\0"), BAD("ITLFile.tlv\0"), BAD("x\0/../y"),
	BAD("x\n"), BAD("x\ty"), BAD("x\x7f"), BAD("\x1b[2J"),
	BAD("x\xc2\x85"), BAD("x\xc2\x9f"),
	BAD("\xff"), BAD("\xc0\xae\xc0\xae/x"), BAD("\xe0\x80\xaf"),
	BAD("\xc0\xaf"), BAD("\xed\xa0\x80"), BAD("\xf4\x90\x80\x80"),
	BAD("x\xc3"), BAD("\x80"),
	BAD(".sgn"), BAD(".enc.sgn"), BAD(".SGN"), BAD("/.sgn"),
	BAD("x/.sgn"), BAD("x/.enc.sgn"), BAD("../.sgn"),
	BAD("..sgn"), BAD("...sgn"), BAD("x/..enc.sgn"), BAD("x/...enc.sgn"),
};

START_TEST(bad_name)
{
	struct file_name n;
	struct err e = { 0 };

	ck_assert_msg(file_name_parse(&n, bad[_i].req, bad[_i].len, &e) ==
	    ERR_PROTO, "%d: \"%s\" was taken", _i, bad[_i].req);
	ck_assert_int_eq(e.code, ERR_PROTO);
	ck_assert_str_ne(e.msg, "");
	ck_assert_str_eq(n.full, "");
	ck_assert_str_eq(n.base, "");
}
END_TEST

START_TEST(length)
{
	char req[FILE_NAME_MAX + 3];
	struct file_name n;
	struct err e = { 0 };

	memset(req, 'a', sizeof(req));
	ck_assert_int_eq(file_name_parse(&n, req, FILE_NAME_MAX, &e), ERR_OK);
	ck_assert_uint_eq(strlen(n.full), FILE_NAME_MAX);
	ck_assert_int_eq(file_name_parse(&n, req, FILE_NAME_MAX + 1, &e),
	    ERR_PROTO);
	/* The slash that is stripped does not count. */
	req[0] = '/';
	ck_assert_int_eq(file_name_parse(&n, req, FILE_NAME_MAX + 1, &e),
	    ERR_OK);
	ck_assert_int_eq(file_name_parse(&n, req, FILE_NAME_MAX + 2, &e),
	    ERR_PROTO);
	/* A device name of 64 characters fits, of 65 is a static name. */
	memset(req, 'a', sizeof(req));
	memcpy(req + 64, ".cnf.xml", 8);
	ck_assert_int_eq(file_name_parse(&n, req, 72, &e), ERR_OK);
	ck_assert_int_eq(n.kind, FILE_CONFIG);
	memset(req, 'a', sizeof(req));
	memcpy(req + 65, ".cnf.xml", 8);
	ck_assert_int_eq(file_name_parse(&n, req, 73, &e), ERR_OK);
	ck_assert_int_eq(n.kind, FILE_STATIC);
}
END_TEST

/* --- generated nasty names --- */

#define P(s)	{ s, sizeof(s) - 1 }
static const struct {
	const char	*s;
	size_t		 len;
} piece[] = {
	P(".."), P("."), P("/"), P("//"), P("\\"), P("..."), P("\0"),
	P("%2e%2e"), P("%00"), P("%c0%af"), P("\xc0\xae"), P("\xc0\xaf"),
	P("\xe0\x80\xae"), P("\xff"), P("\xc3"), P("\xef\xbc\x8f"),
	P("\xe2\x80\xa5"), P("\r\n"), P("\t"), P("\x7f"), P("\xc2\x85"),
	P("etc"), P("passwd"), P("master.key"), P("tftp"), P("C:"),
	P("ITL"), P("ctl"), P("File"), P("SEP0011223344aa"), P(".tlv"),
	P(".cnf.xml"), P(".sgn"), P(".enc"), P("XMLDefault"), P("~"),
	P("phonetrust.db-wal"), P("\xef\xbb\xbf"), P(" "), P("a"),
};

static uint32_t
rnd(uint32_t *s)
{
	*s = *s * 1664525u + 1013904223u;
	return *s >> 8;
}

/* Independent of the parser: would opening this path stay below its root,
 * with one spelling, and print harmlessly? */
static bool
harmless(const char *s)
{
	char copy[FILE_NAME_MAX + 1], *save = NULL, *part;

	if (s[0] == '\0' || s[0] == '/' || s[strlen(s) - 1] == '/' ||
	    strstr(s, "//") != NULL || strchr(s, '\\') != NULL ||
	    !str_is_utf8(s, strlen(s)) || strlen(s) > FILE_NAME_MAX)
		return false;
	for (const char *p = s; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	memcpy(copy, s, strlen(s) + 1);
	for (part = strtok_r(copy, "/", &save); part != NULL;
	    part = strtok_r(NULL, "/", &save))
		if (strcmp(part, ".") == 0 || strcmp(part, "..") == 0)
			return false;
	return true;
}

START_TEST(nasty_names)
{
	size_t taken = 0, refused = 0;
	uint32_t seed = 7;

	for (int i = 0; i < 20000; i++) {
		char req[400], want[sizeof(req)];
		size_t len = 0, n = 1 + rnd(&seed) % 8;
		struct file_name f;
		struct err e = { 0 };
		bool ok;

		for (size_t k = 0; k < n; k++) {
			size_t j = rnd(&seed) % (sizeof(piece) /
			    sizeof(piece[0]));

			memcpy(req + len, piece[j].s, piece[j].len);
			len += piece[j].len;
		}
		if (i % 50 == 0)	/* over-long ones too */
			while (len < 300)
				req[len++] = 'z';
		req[len] = '\0';
		memcpy(want, req, len + 1);
		ok = file_name_parse(&f, req, len, &e) == ERR_OK;
		ck_assert_msg(memcmp(want, req, len) == 0, "changed");
		if (!ok) {
			refused++;
			ck_assert_int_eq(e.code, ERR_PROTO);
			continue;
		}
		taken++;
		ck_assert_msg(strlen(req) == len, "NUL taken");
		ck_assert_str_eq(f.full, req + (req[0] == '/'));
		ck_assert_msg(harmless(f.full), "\"%s\" was taken", f.full);
		ck_assert_msg(harmless(f.base), "base of \"%s\"", f.full);
	}
	/* Both sides were met in numbers, or the test says nothing. */
	ck_assert_msg(taken > 1000 && refused > 1000, "%zu taken, %zu "
	    "refused", taken, refused);
}
END_TEST

START_TEST(kind_names)
{
	ck_assert_str_eq(file_kind_name(FILE_ITL), "itl");
	ck_assert_str_eq(file_kind_name(FILE_CTL), "ctl");
	ck_assert_str_eq(file_kind_name(FILE_CONFIG), "config");
	ck_assert_str_eq(file_kind_name(FILE_DEFAULT), "default");
	ck_assert_str_eq(file_kind_name(FILE_STATIC), "static");
}
END_TEST

START_TEST(phones)
{
	static const char *const yes[] = { DEV ".cnf.xml",
	    "/" DEV ".cnf.xml.sgn", DEV ".CNF.XML.enc.sgn",
	    "sep0011223344aa.cnf.xml", "Sep-lobby.cnf.xml" };
	static const char *const no[] = { "gk001122334455.cnf.xml",
	    "SE.cnf.xml", "XMLDefault.cnf.xml", "ITL" DEV ".tlv",
	    "SEP.cnf", "x/" DEV ".cnf.xml" };
	struct file_name n;

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		ck_assert_msg(file_name_parse(&n, yes[i], strlen(yes[i]),
		    NULL) == ERR_OK && file_name_is_phone(&n), "%s", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ck_assert_msg(file_name_parse(&n, no[i], strlen(no[i]),
		    NULL) == ERR_OK && !file_name_is_phone(&n), "%s", no[i]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("file_name");
	TCase *t = tcase_create("parse");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, good_name, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(t, bad_name, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(t, length);
	tcase_add_test(t, nasty_names);
	tcase_add_test(t, kind_names);
	tcase_add_test(t, phones);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
