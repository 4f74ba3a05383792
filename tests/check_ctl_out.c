/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Text and JSON output, answers, completion.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/ask.h"
#include "ctltool/complete.h"
#include "ctltool/help.h"
#include "ctltool/out.h"

/* An output into memory. */
struct sink {
	struct out	 o;
	char		*to, *side;
	size_t		 tolen, sidelen;
};

static void
sink_open(struct sink *s, bool json)
{
	ck_assert_int_eq(out_init(&s->o, json,
	    open_memstream(&s->to, &s->tolen),
	    open_memstream(&s->side, &s->sidelen), NULL), ERR_OK);
}

static void
sink_flush(struct sink *s)
{
	(void)fflush(s->o.to);
	(void)fflush(s->o.side);
}

static void
sink_close(struct sink *s)
{
	(void)fclose(s->o.to);
	(void)fclose(s->o.side);
	out_clear(&s->o);
	free(s->to);
	free(s->side);
}

static json_t *
sink_json(struct sink *s)
{
	json_error_t err;
	json_t *j;

	sink_flush(s);
	j = json_loads(s->to, 0, &err);
	ck_assert_msg(j != NULL, "%s in %s", err.text, s->to);
	return j;
}

static const char *
member(json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));

	ck_assert_msg(s != NULL, "%s", name);
	return s;
}

static const struct err none = { .code = ERR_OK };

START_TEST(envelope_done)
{
	struct sink s;
	json_t *j;

	sink_open(&s, true);
	out_text(&s.o, "not this\n");
	out_puts(&s.o, "nor this\n");
	out_progress(&s.o, "nor that\n");
	out_warn(&s.o, "mind the %s", "gap");
	out_result(&s.o, json_pack("{s:i}", "phones", 3));
	ck_assert_int_eq(out_finish(&s.o, "phone list", 0, &none), 0);
	j = sink_json(&s);
	ck_assert_str_eq(member(j, "schema"), "phonetrust/1");
	ck_assert_str_eq(member(j, "command"), "phone list");
	ck_assert_int_eq(json_integer_value(json_object_get(
	    json_object_get(j, "result"), "phones")), 3);
	ck_assert_uint_eq(json_array_size(json_object_get(j, "warnings")), 1);
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(j,
	    "warnings"), 0)), "mind the gap");
	ck_assert(json_is_integer(json_object_get(j, "exit")));
	ck_assert_ptr_null(json_object_get(j, "error"));
	ck_assert_uint_eq(s.sidelen, 0);
	json_decref(j);
	sink_close(&s);
}
END_TEST

START_TEST(envelope_error)
{
	struct err e = { 0 };
	struct sink s;
	json_t *j, *err;

	sink_open(&s, true);
	(void)err_set(&e, ERR_NOTFOUND, "no phone \x1b[31m");
	ck_assert_int_eq(out_finish(&s.o, "phone show", 1, &e), 1);
	j = sink_json(&s);
	ck_assert(json_is_null(json_object_get(j, "result")));
	ck_assert_int_eq(json_integer_value(json_object_get(j, "exit")), 1);
	err = json_object_get(j, "error");
	ck_assert_str_eq(member(err, "code"), "not_found");
	ck_assert_str_eq(member(err, "message"), "no phone \\x1b[31m");
	ck_assert_uint_eq(s.sidelen, 0);
	json_decref(j);
	sink_close(&s);
}
END_TEST

START_TEST(text_form)
{
	struct err e = { 0 };
	struct sink s;

	sink_open(&s, false);
	out_text(&s.o, "%d phones\n", 2);
	out_warn_lines(&s.o, "one\n\ntwo\nthree\x1b[2J");
	out_result(&s.o, json_object());
	(void)err_set(&e, ERR_IO, "cause: cure\x07");
	ck_assert_int_eq(out_finish(&s.o, "phone list", 1, &e), 1);
	sink_flush(&s);
	ck_assert_str_eq(s.to, "2 phones\n");
	ck_assert_str_eq(s.side, "ctltool: warning: one\n"
	    "ctltool: warning: two\nctltool: warning: three\\x1b[2J\n"
	    "ctltool: cause: cure\\x07\n");
	sink_close(&s);
}
END_TEST

START_TEST(no_result_for_lack_of_memory)
{
	struct sink s;

	sink_open(&s, true);
	out_result(&s.o, NULL);
	ck_assert_int_eq(out_finish(&s.o, "x", 0, &none), 1);
	sink_flush(&s);
	ck_assert_uint_eq(s.tolen, 0);
	ck_assert_ptr_nonnull(strstr(s.side, "memory"));
	out_changed(&s.o);
	ck_assert_int_eq(out_finish(&s.o, "x", 0, &none), 3);
	sink_close(&s);
}
END_TEST

/* Several results: each a line, and at the end only what went wrong. */
START_TEST(result_lines)
{
	struct err e = { 0 };
	struct sink s;

	sink_open(&s, true);
	out_lines(&s.o);
	out_line(&s.o, "watch tftp", json_pack("{s:i}", "n", 1));
	ck_assert(out_flush(&s.o));
	ck_assert_str_eq(s.to, "{\"schema\":\"phonetrust/1\",\"command\":"
	    "\"watch tftp\",\"result\":{\"n\":1},\"warnings\":[],"
	    "\"exit\":0}\n");
	out_line(&s.o, "watch tftp", json_pack("{s:i}", "n", 2));
	ck_assert_int_eq(out_finish(&s.o, "watch tftp", 0, &none), 0);
	ck_assert_ptr_nonnull(strstr(s.to, "\n{"));
	ck_assert_ptr_null(strstr(strstr(s.to, "\n{") + 1, "\n{"));
	(void)err_set(&e, ERR_UNREACHABLE, "gone");
	ck_assert_int_eq(out_finish(&s.o, "watch tftp", 6, &e), 6);
	ck_assert_str_eq(strrchr(s.to, '{'), "{\"code\":\"unreachable\","
	    "\"message\":\"gone\"}}\n");
	sink_close(&s);

	sink_open(&s, false);
	out_lines(&s.o);
	out_line(&s.o, "watch tftp", json_pack("{s:i}", "n", 1));
	ck_assert_int_eq(out_finish(&s.o, "watch tftp", 0, &none), 0);
	sink_flush(&s);
	ck_assert_uint_eq(s.tolen, 0);
	sink_close(&s);
}
END_TEST

START_TEST(full_disk_is_seen)
{
	FILE *full = fopen("/dev/full", "w");
	struct sink s;

	ck_assert_ptr_nonnull(full);
	for (int json = 0; json < 2; json++) {
		sink_open(&s, json);
		(void)fclose(s.o.to);
		s.o.to = full;
		out_text(&s.o, "x");
		ck_assert_int_eq(out_finish(&s.o, "x", 0, &none), 1);
		ck_assert_int_eq(out_finish(&s.o, "x", 4, &none), 4);
		/* That it was done must not be missed for it. */
		out_changed(&s.o);
		ck_assert_int_eq(out_finish(&s.o, "x", 0, &none), 3);
		sink_flush(&s);
		ck_assert_ptr_nonnull(strstr(s.side, "is done all the same"));
		full = fopen("/dev/full", "w");
		sink_close(&s);
	}
	(void)fclose(full);
}
END_TEST

START_TEST(values)
{
	static const uint8_t bytes[] = { 0x00, 0xab, 0xff };
	json_t *j[] = {
		out_str("a\xff\n\xc3\xa4"), out_hex(bytes, 3),
		out_time(1795251284), out_str(NULL), out_strn("abc", 2),
	};
	char buf[OUT_VIS_MAX];

	ck_assert_str_eq(json_string_value(j[0]), "a\\xff\\x0a\xc3\xa4");
	ck_assert_str_eq(json_string_value(j[1]), "00abff");
	ck_assert_str_eq(json_string_value(j[2]), "2026-11-21T08:54:44Z");
	ck_assert(json_is_null(j[3]));
	ck_assert_str_eq(json_string_value(j[4]), "ab");
	ck_assert_str_eq(out_vis("a\tb", buf), "a\\x09b");
	for (size_t i = 0; i < sizeof(j) / sizeof(j[0]); i++)
		json_decref(j[i]);
}
END_TEST

START_TEST(answers)
{
	static const char *const yes[] = { "y\n", "Y", "yes\n", "YES\r\n" };
	static const char *const no[] = {
		"", "\n", "n\n", "ye\n", " y\n", "yess\n", "y y\n",
		"yes please, and thank you\n",
	};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		ck_assert_msg(ask_is_yes(yes[i]), "%s", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ck_assert_msg(!ask_is_yes(no[i]), "%s", no[i]);
}
END_TEST

/* --- completion: words typed with blanks between, what must be offered --- */

static const struct completes {
	const char	*typed, *last, *offered;
} completes[] = {
	{ "", "pho", "phone\n" },
	{ "", "util", "utils\n" },
	{ "", "se", "set\nservice\n" },
	{ "show", "c", "cert\ncrl\ncsr\nctl\n" },
	{ "show cert", "", "default-ca-list\nexpiry\nlist\nown\ntrust\n" },
	{ "show cert own", "callm", "CallManager\nCallManager-ECDSA\n" },
	{ "--json show cert own", "tv", "TVS\n" },
	{ "utils service", "sta", "start\n" },
	{ "service", "sta", "start\n" },
	{ "utils service start", "", "tftpd\ntvsd\ncapfd\nall\n" },
	{ "set param", "itl.d", "itl.digest\n" },
	{ "set param itl.digest", "", "sha1\nsha512\n" },
	{ "phone add", "--mo", "--model\n" },
	{ "phone add", "--m", "--model\n--messages-url\n" },
	{ "phone add X --config", "", "@file\n" },
	{ "phone add X --config", "--", "@file\n" },
	{ "phone add X --config f", "--mo", "--model\n" },
	{ "--state", "", "@folder\n" },
	{ "explain", "", "@file\n" },
	{ "", "--ver", "--version\n" },
	{ "show itl", "--f", "--file\n" },
	{ "help", "exp", "explain\n" },
	{ "help show", "it", "itl\n" },
	{ "nosuch", "", "" },
	{ "", "comp", "" },		/* hidden */
	{ "--state /nonexistent phone show", "S", "" },
};

START_TEST(completion)
{
	const struct completes *t = &completes[_i];
	char text[200], *word[16], *rest = text;
	struct sink s;
	size_t n = 0;

	(void)snprintf(text, sizeof(text), "%s", t->typed);
	while (*t->typed != '\0' && rest != NULL)
		word[n++] = strsep(&rest, " ");
	sink_open(&s, false);
	complete_words(&s.o, NULL, word, n, t->last);
	sink_flush(&s);
	ck_assert_msg(strcmp(s.to, t->offered) == 0, "%s %s: %s", t->typed,
	    t->last, s.to);
	sink_close(&s);
}
END_TEST

START_TEST(help_texts)
{
	struct sink s;

	sink_open(&s, false);
	ck_assert_uint_eq(help_about(&s.o, "show itl"), 1);
	sink_flush(&s);
	ck_assert_ptr_nonnull(strstr(s.to, "ctltool show itl [--file FILE]"));
	ck_assert_ptr_nonnull(strstr(s.to, "Level: viewer (0)"));
	sink_close(&s);
	sink_open(&s, false);
	ck_assert_uint_gt(help_about(&s.o, ""), 10);
	sink_flush(&s);
	ck_assert_ptr_nonnull(strstr(s.to, "--state DIR"));
	ck_assert_ptr_null(strstr(s.to, "complete"));
	sink_close(&s);
	sink_open(&s, false);
	ck_assert_uint_eq(help_about(&s.o, "service"), 4);
	ck_assert_uint_eq(help_about(&s.o, "serv"), 0);
	sink_close(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl_out");
	TCase *tc = tcase_create("ctl_out");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(tc, envelope_done);
	tcase_add_test(tc, envelope_error);
	tcase_add_test(tc, text_form);
	tcase_add_test(tc, no_result_for_lack_of_memory);
	tcase_add_test(tc, full_disk_is_seen);
	tcase_add_test(tc, result_lines);
	tcase_add_test(tc, values);
	tcase_add_test(tc, answers);
	tcase_add_loop_test(tc, completion, 0,
	    sizeof(completes) / sizeof(completes[0]));
	tcase_add_test(tc, help_texts);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
