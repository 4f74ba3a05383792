/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Text helpers.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

START_TEST(comparing)
{
	ck_assert(str_ieq("aBc", "AbC") && str_ieq("", ""));
	ck_assert(!str_ieq("a", "ab") && !str_ieq("ab", "a"));
	ck_assert(!str_ieq("[", "{"));		/* 0x20 apart, no letters */
	ck_assert(!str_ieq("\xc4", "\xe4"));	/* ASCII only */
	ck_assert(str_starts("abc", "ab") && str_starts("abc", ""));
	ck_assert(!str_starts("ab", "abc") && !str_starts("Abc", "ab"));
	ck_assert(str_ends("abc", "bc") && str_ends("abc", ""));
	ck_assert(!str_ends("bc", "abc") && !str_ends("abC", "bc"));
}
END_TEST

START_TEST(copying)
{
	char b[4] = "xyz";

	ck_assert(str_copy(b, sizeof(b), "abc"));
	ck_assert_str_eq(b, "abc");
	ck_assert(!str_copy(b, sizeof(b), "abcd"));
	ck_assert_str_eq(b, "");
	b[0] = 'q';
	ck_assert(!str_copy(b, 0, ""));
	ck_assert_int_eq(b[0], 'q');
}
END_TEST

START_TEST(printing)
{
	char *s = str_printf("%d %s", 5, "x"), b[] = "aZ9-\xe4";

	ck_assert_str_eq(s, "5 x");
	free(s);
	str_upper(b);
	ck_assert_str_eq(b, "AZ9-\xe4");
	str_lower(b);
	ck_assert_str_eq(b, "az9-\xe4");
}
END_TEST

static const struct {
	const char	*in;
	int64_t		 min, max, v;
	bool		 ok;
} numbers[] = {
	{ "0", 0, 9, 0, true },
	{ "007", 0, 9, 7, true },
	{ "-5", -5, 9, -5, true },
	{ "-0", 0, 9, 0, true },
	{ "10", 0, 9, 0, false },
	{ "-6", -5, 9, 0, false },
	{ "", 0, 9, 0, false },
	{ "-", -9, 9, 0, false },
	{ "+1", 0, 9, 0, false },
	{ " 1", 0, 9, 0, false },
	{ "1 ", 0, 9, 0, false },
	{ "0x1", 0, 9, 0, false },
	{ "--1", -9, 9, 0, false },
	{ "9223372036854775807", 0, INT64_MAX, INT64_MAX, true },
	{ "9223372036854775808", 0, INT64_MAX, 0, false },
	{ "-9223372036854775808", INT64_MIN, 0, INT64_MIN, true },
	{ "-9223372036854775809", INT64_MIN, 0, 0, false },
	{ "99999999999999999999999", 0, INT64_MAX, 0, false },
};

START_TEST(number)
{
	struct err e = { 0 };
	int64_t v = 0;
	int ret = str_to_i64(numbers[_i].in, numbers[_i].min,
	    numbers[_i].max, &v, &e);

	ck_assert_msg(ret == (numbers[_i].ok ? ERR_OK : ERR_ARG), "\"%s\"",
	    numbers[_i].in);
	ck_assert_int_eq(v, numbers[_i].v);
	if (!numbers[_i].ok)
		ck_assert_ptr_nonnull(strstr(e.msg, "not a number from"));
}
END_TEST

/* RFC 4648 section 10. */
START_TEST(base64)
{
	static const char *const pair[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
	};
	char out[STR_BASE64_LEN(6)];

	for (size_t i = 0; i < sizeof(pair) / sizeof(pair[0]); i++) {
		memset(out, 'x', sizeof(out));
		str_base64(pair[i][0], strlen(pair[i][0]), out);
		ck_assert_str_eq(out, pair[i][1]);
		ck_assert_uint_eq(STR_BASE64_LEN(i),
		    strlen(pair[i][1]) + 1);
	}
	str_base64("\xfb\xff\xfe", 3, out);
	ck_assert_str_eq(out, "+//+");
}
END_TEST

START_TEST(from_base64)
{
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Zh==", "Zm9=",
	    "Zg==Zg==", "Z===", "====", "Zm 9", "Zm9v\n", "Zm9-", "Zm9vYg=x",
	    "Zm9vZm9vZm9v" };
	uint8_t in[6], out[8];
	char text[STR_BASE64_LEN(6)];
	size_t n;

	for (size_t len = 0; len <= sizeof(in); len++)
		for (unsigned v = 0; v < 256; v++) {
			for (size_t i = 0; i < len; i++)
				in[i] = (uint8_t)(v * (i + 1) + i);
			str_base64(in, len, text);
			ck_assert(str_from_base64(text, out, 8, &n));
			ck_assert_uint_eq(n, len);
			ck_assert_mem_eq(in, out, len);
		}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!str_from_base64(bad[i], out, 8, &n), "%s",
		    bad[i]);
	ck_assert(str_from_base64("Zm9vYmFy", out, 6, &n) && n == 6);
	ck_assert(!str_from_base64("Zm9vYmFy", out, 5, &n));
}
END_TEST

START_TEST(hex)
{
	uint8_t b[3] = { 0x00, 0xaf, 0xff }, back[3];
	char out[7];

	str_hex(b, 3, out);
	ck_assert_str_eq(out, "00afff");
	ck_assert(str_unhex("00AFff", back, 3));
	ck_assert_mem_eq(back, b, 3);
	ck_assert(!str_unhex("00aff", back, 3));
	ck_assert(!str_unhex("00afff0", back, 3));
	ck_assert(!str_unhex("00afxg", back, 3));
	ck_assert(str_unhex("", back, 0));
}
END_TEST

/* RFC 3629 section 4: the edges of each range. */
static const struct {
	const char	*in;
	size_t		 len;
	bool		 ok;
} utf8[] = {
	{ "", 0, true },
	{ "abc\x7f", 4, true },
	{ "a\0b", 3, false },
	{ "\xc2\x80\xdf\xbf", 4, true },
	{ "\xc1\xbf", 2, false },
	{ "\xe0\xa0\x80", 3, true },
	{ "\xe0\x9f\xbf", 3, false },
	{ "\xed\x9f\xbf", 3, true },
	{ "\xed\xa0\x80", 3, false },		/* surrogate */
	{ "\xf0\x90\x80\x80", 4, true },
	{ "\xf0\x8f\xbf\xbf", 4, false },
	{ "\xf4\x8f\xbf\xbf", 4, true },
	{ "\xf4\x90\x80\x80", 4, false },
	{ "\xf5\x80\x80\x80", 4, false },
	{ "\xe2\x82", 2, false },		/* cut */
	{ "\xe2\x28\xa1", 3, false },
	{ "\x80", 1, false },
	{ "\xff", 1, false },
};

START_TEST(is_utf8)
{
	ck_assert_msg(str_is_utf8(utf8[_i].in, utf8[_i].len) == utf8[_i].ok,
	    "case %d", _i);
}
END_TEST

static const struct {
	const char	*in;
	size_t		 len, room;
	const char	*out;
} visible[] = {
	{ "plain", 5, 32, "plain" },
	{ "a\nb\x1b[0m", 7, 32, "a\\x0ab\\x1b[0m" },
	{ "\xc3\xa4", 2, 32, "\xc3\xa4" },
	{ "\xc2\x9b" "1m", 4, 32, "\\xc2\\x9b1m" },	/* C1 control */
	{ "a\xe2\x80\xae" "b", 5, 32, "a\\xe2\\x80\\xaeb" },
	{ "\xe2\x80\x8f", 3, 32, "\\xe2\\x80\\x8f" },
	{ "\xe2\x81\xa6", 3, 32, "\\xe2\\x81\\xa6" },
	{ "\xe2\x80\x9c\xe2\x82\xac", 6, 32, "\xe2\x80\x9c\xe2\x82\xac" },
	{ "a\xff", 2, 32, "a\\xff" },
	{ "a\0b", 3, 32, "a\\x00b" },
	{ "abcdef", 6, 4, "abc" },
	{ "ab\n", 3, 6, "ab" },			/* no half escapes */
	{ "a\xc3\xa4", 3, 3, "a" },
};

START_TEST(make_visible)
{
	char out[32];

	memset(out, 'X', sizeof(out));
	str_visible(visible[_i].in, visible[_i].len, out, visible[_i].room);
	ck_assert_str_eq(out, visible[_i].out);
	str_visible("x", 1, out, 0);
	ck_assert_str_eq(out, visible[_i].out);
}
END_TEST

static const struct {
	const char	*in, *out;	/* NULL: refused */
} names[] = {
	{ "SEP0011223344AA", "SEP0011223344AA" },
	{ "sep0011223344aa", "SEP0011223344AA" },
	{ "SEP0011223344AG", "SEP0011223344AG" },
	{ "Sep001122", "Sep001122" },
	{ "a", "a" },
	{ "gw-1.example_x", "gw-1.example_x" },
	{ "", NULL },
	{ "1a", NULL },
	{ ".a", NULL },
	{ "a/b", NULL },
	{ "a b", NULL },
	{ "a\xc3\xa4", NULL },
	{ "a234567890123456789012345678901234567890123456789012345678901234",
	    "a234567890123456789012345678901234567890123456789012345678901234"
	},
	{ "a2345678901234567890123456789012345678901234567890123456789012345",
	    NULL },
};

START_TEST(device_name)
{
	char out[DEVICE_NAME_MAX + 1] = "";
	bool ok = str_device_name(names[_i].in, out);

	ck_assert_msg(ok == (names[_i].out != NULL), "%s", names[_i].in);
	if (ok)
		ck_assert_str_eq(out, names[_i].out);
}
END_TEST

START_TEST(device_fold)
{
	char name[80];

	ck_assert(str_copy(name, sizeof(name), names[_i].in));
	str_device_fold(name);
	ck_assert_str_eq(name, names[_i].out != NULL ? names[_i].out :
	    names[_i].in);
}
END_TEST

START_TEST(is_sep)
{
	ck_assert(str_is_sep("SEP0011223344AA"));
	ck_assert(!str_is_sep("SEP0011223344aa"));
	ck_assert(!str_is_sep("SEP0011223344A"));
	ck_assert(!str_is_sep("SEP0011223344AAA"));
	ck_assert(!str_is_sep("SEQ0011223344AA"));
	ck_assert(!str_is_sep(""));
}
END_TEST

#define LOOP(t, name, table) tcase_add_loop_test(t, name, 0, \
	(int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *s = suite_create("str");
	TCase *t = tcase_create("str");
	SRunner *r;
	int failed;

	tcase_add_test(t, comparing);
	tcase_add_test(t, copying);
	tcase_add_test(t, printing);
	LOOP(t, number, numbers);
	tcase_add_test(t, hex);
	tcase_add_test(t, base64);
	tcase_add_test(t, from_base64);
	LOOP(t, is_utf8, utf8);
	LOOP(t, make_visible, visible);
	LOOP(t, device_name, names);
	LOOP(t, device_fold, names);
	tcase_add_test(t, is_sep);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
