/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What alarms say, the program that is given them, and how channels are tried
 * again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "tests/alarm_fix.h"
#include "tests/expiry_lab.h"

/* --- what is said --- */

START_TEST(json_strings)
{
	static const struct {
		const char	*in, *out;
	} v[] = {
		{ "", "\"\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "a\nb\x7f", "\"a\\u000ab\\u007f\"" },
		{ "\xc3\xa9", "\"\xc3\xa9\"" },
		{ "\xf0\x9f\x93\x9e", "\"\xf0\x9f\x93\x9e\"" },
		{ "a\xc3", "\"a\\ufffd\"" },
		{ "\xff\xfe" "b", "\"\\ufffd\\ufffdb\"" },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct wr w = wr_init(100);

		alarm_json_str(&w, v[i].in);
		ck_assert_int_eq(w.err, ERR_OK);
		ck_assert_uint_eq(w.len, strlen(v[i].out));
		ck_assert_mem_eq(w.buf, v[i].out, w.len);
		wr_clear(&w);
	}
}
END_TEST

START_TEST(message)
{
	struct alarm_due a[2] = {
		{ .kind = "expiry", .key = "a", .threshold = 7, .at = LAB_NOW,
		    .line = "gw\r\nBcc: x@y ends", .json = "{\"a\": 1}" },
		{ .kind = "expiry", .key = "b", .line = "b ends",
		    .json = "{\"b\": 2}" },
	};
	struct alarm_message m;
	struct err e = { 0 };
	char *mail;

	xl_param("alarm.mail_to", "a@b,c@d");
	load_conf();
	ck_assert_int_eq(alarm_message_make(&conf, a, 2, 3, false, LAB_NOW,
	    &m, &e), ERR_OK);
	ck_assert_str_eq(m.subject, "[phonetrust lab] 5 alarms");
	ck_assert_str_eq((char *)m.json, "{\"schema\": \"phonetrust/1\", "
	    "\"event\": \"alarm\", \"test\": false, \"cluster\": \"lab\", "
	    "\"node\": \"cm1\", \"at\": \"2026-11-21T08:54:44Z\", "
	    "\"alarms\": [{\"a\": 1}, {\"b\": 2}], \"more\": 3}\n");
	ck_assert_uint_eq(m.jsonlen, strlen((char *)m.json));
	ck_assert_ptr_nonnull(strstr(m.text, "b ends\n\nand 3 more"));
	mail = alarm_mail_text(&conf, &m, LAB_NOW, &e);
	ck_assert_ptr_nonnull(mail);
	ck_assert(str_starts(mail, "From: a@b\r\nTo: a@b,\r\n c@d\r\nSubject: "
	    "[phonetrust lab] 5 alarms\r\nDate: Sat, 21 Nov 2026 08:54:44 "
	    "+0000\r\nMessage-ID: <"));
	/* A line of a certificate begins no other line. */
	ck_assert_ptr_null(strstr(mail, "\nBcc"));
	for (const char *p = mail; (p = strchr(p, '\n')) != NULL; p++)
		ck_assert(p > mail && p[-1] == '\r');
	free(mail);
	alarm_message_clear(&m);
}
END_TEST

START_TEST(words)
{
	struct alarm_raised r;
	struct err e = { 0 };
	uint8_t old[SHA256_LEN] = { 5 };

	xl_own(UNIT_TVS, "cm1", OWN_ACTIVE, 6, NULL);
	xl_srst("branch", true, -2);
	xl_export(old, 9);
	load_conf();
	ck_assert_int_eq(alarm_expiry_raise(&env, &conf, &r, &e), ERR_OK);
	ck_assert_uint_eq(r.n, 3);
	ck_assert_str_eq(r.due[0].line, "SRST reference branch has ended at "
	    "2026-11-19T08:54:44Z, 2 days ago");
	ck_assert_str_eq(r.due[1].line, "TVS of cm1 ends in 6 days, at "
	    "2026-11-27T08:54:44Z");
	ck_assert(str_starts(r.due[1].json, "{\"kind\": \"expiry\", "
	    "\"threshold\": 7, \"at\": \"2026-11-21T08:54:44Z\", \"text\": "
	    "\"TVS of cm1 ends"));
	ck_assert_ptr_nonnull(strstr(r.due[1].json, "\"of\": \"own\", "
	    "\"unit\": \"TVS\", \"name\": \"\", \"node\": \"cm1\", "
	    "\"subject\": \""));
	ck_assert(str_ends(r.due[1].json, "\"ended\": false, \"stale\": "
	    "false, \"not_after\": \"2026-11-27T08:54:44Z\", \"days_left\": "
	    "6}"));
	ck_assert(str_ends(r.due[2].json, "\"not_after\": null, "
	    "\"days_left\": null}"));
	alarm_raised_clear(&r);
}
END_TEST

/* --- a program --- */

static int
run_program(int64_t timeout_ms, struct err *e)
{
	*e = (struct err){ 0 };
	return alarm_exec_run(program, "{\"a\": 1}\n", 9, timeout_ms, &env,
	    e);
}

START_TEST(exec_input)
{
	char text[400];
	struct err e;
	uint8_t *buf;
	size_t len;

	ck_assert_int_eq(setenv("PHONETRUST_TEST_SECRET", "leaks", 1), 0);
	(void)snprintf(text, sizeof(text), "#!/bin/sh\ncat > %s/out\n"
	    "echo \"$#\" \"$PHONETRUST_TEST_SECRET\" \"$PATH\" >> %s/out\n"
	    "(pwd; id -u) >> %s/out\n", fix_path(), fix_path(), fix_path());
	write_program(text, 0755);
	ck_assert_msg(run_program(20000, &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_eq(file_read(xl.dirfd, "out", 1000, &buf, &len, &e),
	    ERR_OK);
	ck_assert(str_starts((char *)buf, "{\"a\": 1}\n0  /usr/local/bin:"
	    "/usr/bin:/bin\n/\n"));
	ck_assert(!str_ends((char *)buf, "\n0\n"));	/* not as root */
	free(buf);
	/* One that reads nothing is as good. */
	write_program("#!/bin/sh\nexit 0\n", 0755);
	ck_assert_int_eq(run_program(20000, &e), ERR_OK);
}
END_TEST

static const struct {
	const char	*text;
	mode_t		 mode;
	int		 code;
	const char	*why;
} bad_programs[] = {
	{ "#!/bin/sh\nexit 7\n", 0755, ERR_IO, "status 7" },
	{ "#!/bin/sh\nkill -SEGV $$\n", 0755, ERR_IO, "signal 11" },
	{ "#!/bin/sh\n", 0644, ERR_IO, "cannot be run" },
	/* With all it has started. */
	{ "#!/bin/sh\nsleep 1000 &\nsleep 1000\n", 0755, ERR_TIMEOUT,
	    "not done within" },
};

START_TEST(exec_bad)
{
	int64_t began = clock_mono_ms(clock_system());
	struct err e;

	write_program(bad_programs[_i].text, bad_programs[_i].mode);
	ck_assert_int_eq(run_program(bad_programs[_i].code == ERR_TIMEOUT ?
	    1000 : 20000, &e), bad_programs[_i].code);
	ck_assert_msg(strstr(e.msg, bad_programs[_i].why) != NULL, "%s",
	    e.msg);
	ck_assert_int_lt(clock_mono_ms(clock_system()) - began, 30000);
}
END_TEST

static bool
say_stop(void *arg)
{
	return ++*(int *)arg > 3;
}

START_TEST(exec_stopped)
{
	struct err e;
	int asked = 0;

	env.stop = say_stop;
	env.stop_arg = &asked;
	write_program("#!/bin/sh\nsleep 1000\n", 0755);
	ck_assert_int_eq(run_program(600000, &e), ERR_BUSY);
}
END_TEST

/* --- channels --- */

static struct alarm_result
deliver(bool force)
{
	struct alarm_result r;
	struct err e = { 0 };

	load_conf();
	ck_assert_msg(alarm_deliver(&env, &conf, force, &r, &e) == ERR_OK,
	    "%s", e.msg);
	return r;
}

START_TEST(retries)
{
	struct alarm_state s;
	struct alarm_result r;
	struct err e = { 0 };

	write_program("#!/bin/sh\nexit 1\n", 0755);
	xl_param("alarm.exec", program);
	xl_own(UNIT_CAPF, "", OWN_ACTIVE, 20, NULL);
	ck_assert_int_eq(deliver(false).outcome[ALARM_EXEC], ALARM_IDLE);
	round_at(0, 1, 30);
	r = deliver(false);
	ck_assert_int_eq(r.outcome[ALARM_EXEC], ALARM_FAILED);
	ck_assert_int_eq(r.outcome[ALARM_MAIL], ALARM_UNUSED);
	ck_assert_int_eq(r.again_at, xl.now + 60);
	xl.now += 59;
	r = deliver(false);
	ck_assert_int_eq(r.outcome[ALARM_EXEC], ALARM_WAITING);
	ck_assert_int_eq(r.again_at, xl.now + 1);
	xl.now += 1;
	r = deliver(false);
	ck_assert_int_eq(r.outcome[ALARM_EXEC], ALARM_FAILED);
	ck_assert_int_eq(r.again_at, xl.now + 120);
	ck_assert_int_eq(deliver(true).outcome[ALARM_EXEC], ALARM_FAILED);
	ck_assert_int_eq(observed_channel_get(xl.observed, "exec", &s, &e),
	    ERR_OK);
	ck_assert_int_eq(s.failures, 3);
	ck_assert_str_eq(s.why, "the program ended with status 1");
	/* A clock that was set back holds nothing up. */
	xl.now -= 10 * LAB_DAY;
	write_program("#!/bin/sh\nexit 0\n", 0755);
	r = deliver(false);
	ck_assert_int_eq(r.outcome[ALARM_EXEC], ALARM_SENT);
	ck_assert_uint_eq(r.sent[ALARM_EXEC], 1);
	ck_assert_int_eq(r.again_at, ALARM_NO_RETRY);
	ck_assert_int_eq(deliver(false).outcome[ALARM_EXEC], ALARM_IDLE);
	ck_assert_int_eq(observed_channel_get(xl.observed, "exec", &s, &e),
	    ERR_OK);
	ck_assert_int_eq(s.failures, 0);
}
END_TEST

START_TEST(rests)
{
	static const int64_t s[] = { 0, 60, 120, 240, 480, 960, 1920, 3600,
	    3600 };

	for (size_t i = 0; i < sizeof(s) / sizeof(s[0]); i++)
		ck_assert_int_eq(alarm_rest_s((int64_t)i), s[i]);
	ck_assert_int_eq(alarm_rest_s(INT64_MAX), 3600);
}
END_TEST

START_TEST(bad_webhooks)
{
	static const struct {
		const char	*url, *why;
	} v[] = {
		{ "http://127.0.0.1/x?token=1", "no user, query" },
		{ "http://127.0.0.1:9/secret-path", "no server answers" },
	};
	struct alarm_result r;
	struct err e = { 0 };

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		xl_param("alarm.webhook", v[i].url);
		load_conf();
		ck_assert_int_eq(alarm_test(&env, &conf, &r, &e), ERR_OK);
		ck_assert_int_eq(r.outcome[ALARM_WEBHOOK], ALARM_FAILED);
		ck_assert_msg(strstr(r.why[ALARM_WEBHOOK].msg, v[i].why) !=
		    NULL, "%s", r.why[ALARM_WEBHOOK].msg);
		ck_assert_ptr_null(strstr(r.why[ALARM_WEBHOOK].msg,
		    "secret"));
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("alarm_channel");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, json_strings);
	tcase_add_test(t, message);
	tcase_add_test(t, words);
	tcase_add_test(t, exec_input);
	tcase_add_loop_test(t, exec_bad, 0,
	    (int)(sizeof(bad_programs) / sizeof(bad_programs[0])));
	tcase_add_test(t, exec_stopped);
	tcase_add_test(t, retries);
	tcase_add_test(t, rests);
	tcase_add_test(t, bad_webhooks);
	suite_add_tcase(s, t);
	return fix_run(s);
}
