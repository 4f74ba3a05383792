/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Alarms: which are due, what is said, how channels are tried again, and a
 * round of looking after certificates.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "tests/expiry_lab.h"
#include "trust/monitor.h"

static struct alarm_conf conf;
static struct alarm_env env;

static void
set_up(void)
{
	log_init("check", LOG_ERR, LOG_TEXT);
	log_set_level(LOG_ERR);
	xl_open();
	env = (struct alarm_env){ .db = xl.db, .observed = xl.observed,
	    .clk = &xl.clk };
}

static void
tear_down(void)
{
	alarm_conf_clear(&conf);
	xl_close();
}

static void
load_conf(void)
{
	struct err e = { 0 };

	alarm_conf_clear(&conf);
	ck_assert_msg(alarm_conf_load(xl.db, "cm1", &conf, &e) == ERR_OK,
	    "%s", e.msg);
}

/* --- parameters --- */

START_TEST(parameters)
{
	load_conf();
	ck_assert_uint_eq(conf.nday, 6);
	ck_assert_int_eq(conf.day[0], 180);
	ck_assert_int_eq(conf.day[5], 1);
	ck_assert_str_eq(conf.cluster, "lab");
	for (unsigned i = 0; i < ALARM_CHANNEL_N; i++)
		ck_assert(!alarm_conf_has(&conf, (enum alarm_channel)i));
	xl_param("alarm.exec", "/bin/true");
	xl_param("alarm.mail_to", "a@b");
	xl_param("alarm.days", "60,2");
	xl_param("alarm.smtp_tls", "none");
	load_conf();
	ck_assert(alarm_conf_has(&conf, ALARM_EXEC));
	ck_assert(!alarm_conf_has(&conf, ALARM_WEBHOOK));
	ck_assert(alarm_conf_has(&conf, ALARM_MAIL));
	ck_assert(conf.nday == 2 && conf.day[1] == 2 && !conf.smtp_tls);
}
END_TEST

/* --- what is due --- */

static const struct {
	enum expiry_kind kind;
	enum own_stage	 stage;
	const char	*node;
	bool		 stale;
	int64_t		 left;		/* seconds */
	int64_t		 threshold;
} thresholds[] = {
	{ EXPIRY_OWN, OWN_ACTIVE, "", false, 181 * LAB_DAY, -1 },
	{ EXPIRY_OWN, OWN_ACTIVE, "", false, 180 * LAB_DAY + 1, -1 },
	{ EXPIRY_OWN, OWN_ACTIVE, "", false, 180 * LAB_DAY, 180 },
	{ EXPIRY_OWN, OWN_ACTIVE, "", false, 91 * LAB_DAY, 180 },
	{ EXPIRY_OWN, OWN_ANNOUNCED, "cm1", false, 90 * LAB_DAY, 90 },
	{ EXPIRY_OWN, OWN_ACTIVE, "cm2", false, 90 * LAB_DAY, -1 },
	{ EXPIRY_OWN, OWN_RETIRED, "", false, 90 * LAB_DAY, -1 },
	{ EXPIRY_TRUST, 0, "", false, LAB_DAY, 1 },
	{ EXPIRY_TRUST, 0, "", false, 1, 1 },
	{ EXPIRY_TRUST, 0, "", false, 0, 0 },
	{ EXPIRY_SRST, 0, "", false, -LAB_DAY, 0 },
	{ EXPIRY_CRL, 0, "", false, 1, -1 },
	{ EXPIRY_CRL, 0, "", false, 0, 0 },
	{ EXPIRY_LSC, 0, "", false, LAB_DAY, -1 },
	{ EXPIRY_CA_CLIENT, 0, "", false, 14 * LAB_DAY, 14 },
	{ EXPIRY_CA_CLIENT, 0, "", false, 0, 0 },
	{ EXPIRY_EXPORT, 0, "", false, -5, -1 },
	{ EXPIRY_EXPORT, 0, "", true, 900 * LAB_DAY, 0 },
};

/* Phones' certificates, when they are to be watched: one for all of a day. */
START_TEST(lsc_watched)
{
	struct expiry x = { .kind = EXPIRY_LSC, .count = 500,
	    .not_after = LAB_NOW + 6 * LAB_DAY };

	load_conf();
	ck_assert(!conf.lsc);
	xl_param("alarm.lsc", "yes");
	load_conf();
	ck_assert_int_eq(alarm_expiry_threshold(&conf, &x, LAB_NOW), 7);
	x.not_after = LAB_NOW;
	ck_assert_int_eq(alarm_expiry_threshold(&conf, &x, LAB_NOW), 0);
}
END_TEST

START_TEST(threshold)
{
	struct expiry x = { .kind = thresholds[_i].kind,
	    .stage = thresholds[_i].stage, .stale = thresholds[_i].stale,
	    .not_after = LAB_NOW + thresholds[_i].left };

	load_conf();
	(void)str_copy(x.node, sizeof(x.node), thresholds[_i].node);
	ck_assert_int_eq(alarm_expiry_threshold(&conf, &x, LAB_NOW),
	    thresholds[_i].threshold);
}
END_TEST

/* Days after LAB_NOW; how many alarms of which threshold. */
static void
round_at(double days, size_t n, int64_t want)
{
	struct alarm_raised r;
	struct err e = { 0 };

	xl.now = LAB_NOW + (int64_t)(days * (double)LAB_DAY);
	load_conf();
	ck_assert_msg(alarm_expiry_raise(&env, &conf, &r, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_msg(r.n == n, "day %.2f: %zu, not %zu", days, r.n, n);
	for (size_t i = 0; i < r.n; i++)
		ck_assert_int_eq(r.due[i].threshold, want);
	alarm_raised_clear(&r);
}

START_TEST(once)
{
	xl_own(UNIT_CAPF, "", OWN_ACTIVE, 200, NULL);
	xl_trust(TRUST_CALLMANAGER, "gw", 200, 0, NULL);
	round_at(0, 0, 0);
	round_at(20, 2, 180);
	round_at(20, 0, 0);
	round_at(80, 0, 0);
	round_at(171, 2, 30);		/* 90 was slept through */
	round_at(110, 0, 0);		/* a clock that goes back */
	round_at(186, 2, 14);
	round_at(193, 2, 7);
	round_at(199.5, 2, 1);
	round_at(200, 2, 0);
	/* What is in use, daily; the trusted one has been said. */
	round_at(200.9, 0, 0);
	round_at(201, 1, 0);
	round_at(201.5, 0, 0);
	round_at(202.1, 1, 0);
}
END_TEST

/* One that is renewed and comes to its end has its own alarms. */
START_TEST(forgotten)
{
	uint8_t sha[SHA256_LEN];

	xl_trust(TRUST_CALLMANAGER, "gw", 20, 0, sha);
	round_at(0, 1, 30);
	ck_assert_int_eq(xl_observed("SELECT count(*) FROM alarm"), 1);
	xl_param("alarm.days", "10");
	round_at(1, 0, 0);
	ck_assert_int_eq(xl_observed("SELECT count(*) FROM alarm"), 0);
	xl_param("alarm.days", "30");
	round_at(2, 1, 30);
}
END_TEST

START_TEST(many)
{
	struct alarm_raised r;
	struct err e = { 0 };
	char name[32];
	size_t n = 0;

	for (int i = 0; i < ALARM_EXPIRY_MAX + 3; i++) {
		(void)snprintf(name, sizeof(name), "gw-%d", i);
		xl_trust(TRUST_CALLMANAGER, name, 20, 0, NULL);
	}
	load_conf();
	for (bool more = true; more; n += r.n, alarm_raised_clear(&r)) {
		ck_assert_int_eq(alarm_expiry_raise(&env, &conf, &r, &e),
		    ERR_OK);
		more = r.more;
		ck_assert_uint_eq(r.n, more ? ALARM_EXPIRY_MAX : 3);
		if (!more)
			break;
	}
	ck_assert_uint_eq(n + r.n, ALARM_EXPIRY_MAX + 3);
	alarm_raised_clear(&r);
	round_at(0, 0, 0);
}
END_TEST

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

static char program[128], out[128];

static void
write_program(const char *text, mode_t mode)
{
	struct err e = { 0 };

	ck_assert_int_eq(chmod(fix_path(), 0777), 0);
	(void)snprintf(program, sizeof(program), "%s/program", fix_path());
	(void)snprintf(out, sizeof(out), "%s/out", fix_path());
	ck_assert_msg(file_replace(xl.dirfd, "program", mode, text,
	    strlen(text), &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_eq(fchmodat(xl.dirfd, "program", mode, 0), 0);
}

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

/* --- a round --- */

/* A gateway that is not there: said once. */
START_TEST(gateway)
{
	struct node n = { .db = xl.db, .row = { .name = "cm1" } };
	struct monitor_report r;
	struct err e = { 0 };

	write_program("#!/bin/sh\nexit 0\n", 0755);
	xl_param("alarm.exec", program);
	xl_srst("branch", true, 3000);
	ck_assert_msg(monitor_round(&n, &env, false, &r, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_uint_eq(r.raised.n, 1);
	ck_assert_str_eq(r.raised.due[0].kind, MONITOR_SRST_KIND);
	ck_assert(str_starts(r.raised.due[0].line, "the gateway of SRST "
	    "reference branch shows no certificate: "));
	ck_assert(str_ends(r.raised.due[0].json, ", \"name\": \"branch\", "
	    "\"state\": \"silent\", \"sha256\": null}"));
	ck_assert_uint_eq(r.sent.sent[ALARM_EXEC], 1);
	monitor_report_clear(&r);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(monitor_round(&n, &env, false, &r, &e),
		    ERR_OK);
		ck_assert_uint_eq(r.raised.n, 0);
		monitor_report_clear(&r);
		xl.now += 2 * LAB_DAY;
	}
}
END_TEST

START_TEST(purge)
{
	struct node n = { .db = xl.db, .row = { .name = "cm1" } };
	struct monitor_report r;
	struct err e = { 0 };

	xl_own(UNIT_CAPF, "", OWN_RETIRED, 3000, NULL);
	xl_own(UNIT_CAPF, "", OWN_ACTIVE, 3000, NULL);
	xl_trust(TRUST_CALLMANAGER, "old", 3000, LAB_NOW, NULL);
	xl_trust(TRUST_CALLMANAGER, "young", 3000, LAB_NOW + LAB_DAY, NULL);
	xl_trust(TRUST_CALLMANAGER, "there", 3000, 0, NULL);
	xl.now = LAB_NOW + 30 * LAB_DAY;
	ck_assert_int_eq(monitor_round(&n, &env, false, &r, &e), ERR_OK);
	ck_assert_uint_eq(r.purged_own + r.purged_trust, 0);
	monitor_report_clear(&r);
	xl.now++;
	ck_assert_msg(monitor_round(&n, &env, false, &r, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_uint_eq(r.purged_own, 1);
	ck_assert_uint_eq(r.purged_trust, 1);
	monitor_report_clear(&r);
	ck_assert_int_eq(fix_i64(xl.db, "SELECT count(*) FROM trust"), 2);
	ck_assert_int_eq(fix_i64(xl.db, "SELECT count(*) FROM own"), 1);
	ck_assert_int_eq(fix_i64(xl.db, "SELECT count(*) FROM certificate"),
	    3);
	ck_assert_int_eq(monitor_round(&n, &env, false, &r, &e), ERR_OK);
	ck_assert_uint_eq(r.purged_own + r.purged_trust, 0);
	monitor_report_clear(&r);
}
END_TEST

static int
tx_lose(struct db *db, void *arg, struct err *e)
{
	(void)arg;
	(void)e;
	ck_assert_int_eq(fix_i64(db, "DELETE FROM certificate RETURNING 1"),
	    1);
	return ERR_OK;
}

/* What is left of a certificate that is not there any more. */
START_TEST(purge_without_certificate)
{
	struct node n = { .db = xl.db, .row = { .name = "cm1" } };
	struct monitor_report r;
	struct err e = { 0 };

	xl_trust(TRUST_CALLMANAGER, "old", 3000, LAB_NOW, NULL);
	fix_tx(xl.db, tx_lose, NULL);
	xl.now = LAB_NOW + 31 * LAB_DAY;
	ck_assert_msg(monitor_round(&n, &env, false, &r, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_uint_eq(r.purged_trust, 1);
	monitor_report_clear(&r);
}
END_TEST

/* A certificate whose chain would be good again stays removed. */
START_TEST(purge_what_has_ended)
{
	struct node n = { .db = xl.db, .row = { .name = "cm1" } };
	struct monitor_report r;
	struct err e = { 0 };

	xl_trust_by_ca(TRUST_HTTPS, "issued", 100, LAB_NOW);
	xl.now = LAB_NOW + 100 * LAB_DAY;
	ck_assert_msg(monitor_round(&n, &env, false, &r, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_uint_eq(r.purged_trust, 0);
	monitor_report_clear(&r);
	xl.now++;
	ck_assert_int_eq(monitor_round(&n, &env, false, &r, &e), ERR_OK);
	ck_assert_uint_eq(r.purged_trust, 1);
	monitor_report_clear(&r);
	ck_assert_int_eq(fix_i64(xl.db, "SELECT count(*) FROM certificate"),
	    0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("alarm");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, parameters);
	tcase_add_test(t, lsc_watched);
	tcase_add_loop_test(t, threshold, 0,
	    (int)(sizeof(thresholds) / sizeof(thresholds[0])));
	tcase_add_test(t, once);
	tcase_add_test(t, forgotten);
	tcase_add_test(t, many);
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
	tcase_add_test(t, gateway);
	tcase_add_test(t, purge);
	tcase_add_test(t, purge_without_certificate);
	tcase_add_test(t, purge_what_has_ended);
	suite_add_tcase(s, t);
	return fix_run(s);
}
