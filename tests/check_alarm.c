/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Alarms: which are due, what is said, how channels are tried again, and a
 * round of looking after certificates.
 */
#include <stdio.h>

#include "base/str.h"
#include "tests/alarm_fix.h"
#include "tests/expiry_lab.h"
#include "trust/monitor.h"

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
	tcase_add_test(t, gateway);
	tcase_add_test(t, purge);
	tcase_add_test(t, purge_without_certificate);
	tcase_add_test(t, purge_what_has_ended);
	suite_add_tcase(s, t);
	return fix_run(s);
}
