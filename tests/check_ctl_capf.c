/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * How phones, CTI clients and roll-outs stand, and how that is said.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/capf_text.h"
#include "ctltool/watch_rollout.h"
#include "db/observed.h"
#include "tests/db_fixture.h"

#define NOW	1795251284	/* 2026-11-21T08:54:44Z */
#define DAY	86400
#define DEV	"SEP000000000001"
#define ID	"20261121-085444-0001"

static struct db *db, *observed;

static void
setup(void)
{
	int fd = fix_folder();

	db = fix_create(fd);
	observed = fix_open(fd, OBSERVED_FILE, DB_CREATE);
}

static void
teardown(void)
{
	db_close(db);
	db_close(observed);
	fix_remove();
}

/* --- rows --- */

static int
phone_tx(struct db *d, void *arg, struct err *e)
{
	const struct setting_change c[] = {
		{ setting_get(SETTING_CERT_OPERATION), "install-upgrade" } };
	const struct phone_spec s = { .name = arg, .model = "8861",
		.change = c, .nchange = 1 };
	char *advice = NULL;
	bool added;
	int ret = phone_add(d, &s, NOW, &added, &advice, e);

	free(advice);
	return ret;
}

static int
progress_tx(struct db *d, void *arg, struct err *e)
{
	return observed_capf_put(d, arg, e);
}

static int
outcome_tx(struct db *d, void *arg, struct err *e)
{
	return row_capf_outcome_put(d, arg, e);
}

static struct capf_status
status_of(const char *name, int64_t now)
{
	struct capf_status s;
	struct row_phone p;
	struct err e = { 0 };

	ck_assert_int_eq(row_phone_get(db, name, &p, &e), ERR_OK);
	ck_assert_msg(capf_status_phone(&s, db, observed, NULL, &p, now,
	    &e) == ERR_OK, "%s", e.msg);
	return s;
}

static struct capf_progress
progress(const char *operation, const char *reason)
{
	struct capf_progress p = { .owner = { .kind = CAPF_PHONE,
	    .name = DEV }, .step = CAPF_STEP_KEY, .tries = 2, .since = NOW,
	    .at = NOW, .address = "192.0.2.7" };

	(void)str_copy(p.operation, sizeof(p.operation), operation);
	(void)str_copy(p.reason, sizeof(p.reason), reason);
	return p;
}

/* --- status --- */

START_TEST(pending)
{
	struct capf_progress p = progress("install-upgrade", "");
	struct capf_status s;
	char name[] = DEV;

	fix_tx(db, phone_tx, name);
	s = status_of(DEV, NOW + 1);
	ck_assert_int_eq(s.op, CAPF_OP_INSTALL);
	ck_assert(!s.implied && !s.has_progress && !s.has_outcome);
	ck_assert(!s.has_cert && !s.has_string);
	ck_assert_int_eq(s.until, NOW + 10 * DAY);
	ck_assert_str_eq(s.mode, "by-null-string");
	ck_assert(!capf_status_failed(&s));
	fix_tx(observed, progress_tx, &p);
	s = status_of(DEV, NOW + 1);
	ck_assert(s.has_progress);
	ck_assert_int_eq(s.progress.step, CAPF_STEP_KEY);
	p = progress("install-upgrade", "cut");
	fix_tx(observed, progress_tx, &p);
	s = status_of(DEV, NOW + 1);
	ck_assert(capf_status_failed(&s));
	/* Its time has passed: nothing is asked, and nothing goes on. */
	s = status_of(DEV, NOW + 11 * DAY);
	ck_assert_int_eq(s.op, CAPF_OP_NONE);
	ck_assert(!s.has_progress);
}
END_TEST

/* What is left of another operation says nothing about this one. */
START_TEST(other_progress)
{
	struct capf_progress p = progress("delete", "said no");
	struct row_capf_outcome o = { .owner = { .kind = CAPF_PHONE,
	    .name = DEV }, .operation = "delete", .result = CAPF_FAILED,
	    .reason = "said no", .node = "cm1", .at = NOW };
	struct capf_status s;
	char name[] = DEV;

	fix_tx(db, phone_tx, name);
	fix_tx(observed, progress_tx, &p);
	s = status_of(DEV, NOW + 1);
	ck_assert(!s.has_progress && !capf_status_failed(&s));
	fix_tx(db, outcome_tx, &o);
	s = status_of(DEV, NOW + 1);
	ck_assert(s.has_outcome && !capf_status_failed(&s));
	/* Nothing is asked any more. */
	s = status_of(DEV, NOW + 11 * DAY);
	ck_assert(s.has_outcome && capf_status_failed(&s));
	o.result = CAPF_DONE;
	fix_tx(db, outcome_tx, &o);
	s = status_of(DEV, NOW + 11 * DAY);
	ck_assert(!capf_status_failed(&s));
}
END_TEST

/* What failed says how often it was tried, until something is asked for. */
START_TEST(failed_progress)
{
	struct capf_progress p = progress("install-upgrade", "cut");
	struct row_capf_outcome o = { .owner = { .kind = CAPF_PHONE,
	    .name = DEV }, .operation = "install-upgrade",
	    .result = CAPF_FAILED, .reason = "cut", .node = "cm1",
	    .at = NOW + 1 };
	struct capf_status s;
	char name[] = DEV;

	fix_tx(db, phone_tx, name);
	p.next_at = NOW + 30;
	fix_tx(observed, progress_tx, &p);
	fix_tx(db, outcome_tx, &o);
	s = status_of(DEV, NOW + 11 * DAY);
	ck_assert_int_eq(s.op, CAPF_OP_NONE);
	ck_assert(s.has_progress && capf_status_failed(&s));
	ck_assert_int_eq(s.progress.tries, 2);
	ck_assert_int_eq(s.progress.next_at, 0);
	p.since = o.at + 1;
	fix_tx(observed, progress_tx, &p);
	s = status_of(DEV, NOW + 11 * DAY);
	ck_assert(!s.has_progress);
}
END_TEST

START_TEST(client)
{
	struct row_capf_profile p = { .owner = { .kind = CAPF_USER,
	    .name = "ann", .instance = "1" }, .operation = "install-upgrade",
	    .completes_by = NOW + DAY };
	struct capf_status s;

	ck_assert_int_eq(capf_status_client(&s, db, NULL, &p, NOW, NULL),
	    ERR_OK);
	ck_assert_str_eq(s.label, "ann.1");
	ck_assert_int_eq(s.op, CAPF_OP_INSTALL);
	ck_assert_int_eq(s.until, NOW + DAY);
	ck_assert(!s.has_string);
	ck_assert_int_eq(capf_status_client(&s, db, NULL, &p, NOW + 2 * DAY,
	    NULL), ERR_OK);
	ck_assert_int_eq(s.op, CAPF_OP_NONE);
}
END_TEST

START_TEST(dates)
{
	char out[CLOCK_RFC3339_LEN];

	ck_assert_str_eq(capf_date(0, "none", out), "none");
	ck_assert_str_eq(capf_date(INT64_MAX, "no end", out), "no end");
	ck_assert_str_eq(capf_date(NOW, "x", out), "2026-11-21T08:54:44Z");
}
END_TEST

/* --- roll-outs --- */

static int
rollout_tx(struct db *d, void *arg, struct err *e)
{
	static const char *const names[] = { "SEPA", "SEPB", "SEPC", "SEPD" };
	static const enum rollout_phone_state state[] = { ROLLOUT_PHONE_DONE,
		ROLLOUT_FAILED, ROLLOUT_ASKED, ROLLOUT_WAITING };
	const char *id = arg;
	struct row_rollout r = { .operation = "install-upgrade", .batch = 2,
		.pause_on_errors = 3, .state = ROLLOUT_RUNNING,
		.account = "root", .created_at = NOW, .changed_at = NOW };
	struct row_rollout_phone p;
	int ret;

	(void)str_copy(r.id, sizeof(r.id), id);
	if ((ret = row_rollout_put(d, &r, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; ret == ERR_OK && i < 4; i++) {
		p = (struct row_rollout_phone){ .position = (int64_t)i + 1,
		    .state = state[i], .changed_at = NOW };
		(void)str_copy(p.rollout, sizeof(p.rollout), id);
		(void)str_copy(p.phone, sizeof(p.phone), names[i]);
		ret = row_rollout_phone_put(d, &p, e);
	}
	return ret;
}

static int
end_tx(struct db *d, void *arg, struct err *e)
{
	struct row_rollout r;
	int ret = row_rollout_get(d, arg, &r, e);

	r.state = ROLLOUT_DONE;
	return ret == ERR_OK ? row_rollout_put(d, &r, e) : ret;
}

static char *
text_of(const struct rollout_look *l)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	rollout_look_text(l, f);
	ck_assert_int_eq(fclose(f), 0);
	return text;
}

START_TEST(rollout)
{
	struct row_capf_outcome o = { .owner = { .kind = CAPF_PHONE,
	    .name = "SEPB" }, .operation = "install-upgrade",
	    .result = CAPF_FAILED, .reason = "wrong\033[2Jstring",
	    .node = "cm1", .at = NOW };
	struct capf_progress p = progress("install-upgrade", "");
	struct rollout_look l;
	struct err e = { 0 };
	char id[] = ID, *text;
	json_t *j;

	fix_tx(db, rollout_tx, id);
	fix_tx(db, outcome_tx, &o);
	(void)str_copy(p.owner.name, sizeof(p.owner.name), "SEPC");
	fix_tx(observed, progress_tx, &p);
	ck_assert_msg(rollout_look(&l, db, observed, NULL, &e) == ERR_OK,
	    "%s", e.msg);
	ck_assert_str_eq(l.v.row.id, ID);
	ck_assert_int_eq(l.v.total, 4);
	ck_assert_uint_eq(l.n, 2);
	ck_assert_str_eq(l.row[0].p.phone, "SEPC");
	ck_assert_int_eq(l.row[0].step, CAPF_STEP_KEY);
	ck_assert_int_eq(l.row[0].tries, 2);
	ck_assert_str_eq(l.row[1].p.phone, "SEPB");
	ck_assert(!rollout_look_over(&l));
	text = text_of(&l);
	ck_assert_ptr_nonnull(strstr(text, "Install/Upgrade, running"));
	ck_assert_ptr_nonnull(strstr(text, " 50%  1 done, 1 failed, 1 asked, "
	    "1 wait, of 4\n"));
	ck_assert_ptr_nonnull(strstr(text, "pauses at 3 errors"));
	/* Of a phone's words nothing reaches the terminal. */
	ck_assert_ptr_nonnull(strstr(text, "wrong\\x1b[2Jstring"));
	free(text);
	ck_assert_ptr_nonnull(j = rollout_look_json(&l));
	ck_assert_int_eq(json_integer_value(json_object_get(j, "waiting")),
	    1);
	ck_assert_uint_eq(json_array_size(json_object_get(j, "phones")), 2);
	json_decref(j);
	rollout_look_clear(&l);
}
END_TEST

START_TEST(which_rollout)
{
	char old[] = ID, young[] = "20261122-000000-0001";
	struct rollout_look l;
	struct err e = { 0 };

	ck_assert_int_eq(rollout_look(&l, db, NULL, NULL, &e), ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(e.msg, "--batch N"));
	fix_tx(db, rollout_tx, old);
	fix_tx(db, rollout_tx, young);
	ck_assert_int_eq(rollout_look(&l, db, NULL, old, &e), ERR_OK);
	ck_assert_str_eq(l.v.row.id, old);
	rollout_look_clear(&l);
	/* One that runs counts more than a younger one that is over. */
	fix_tx(db, end_tx, young);
	ck_assert_int_eq(rollout_look(&l, db, NULL, NULL, &e), ERR_OK);
	ck_assert_str_eq(l.v.row.id, old);
	rollout_look_clear(&l);
	fix_tx(db, end_tx, old);
	ck_assert_int_eq(rollout_look(&l, db, NULL, NULL, &e), ERR_OK);
	ck_assert_str_eq(l.v.row.id, young);
	ck_assert(rollout_look_over(&l));
	rollout_look_clear(&l);
	ck_assert_int_eq(rollout_look(&l, db, NULL, "nothing", &e),
	    ERR_NOTFOUND);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl_capf");
	TCase *t = tcase_create("ctl_capf");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, pending);
	tcase_add_test(t, other_progress);
	tcase_add_test(t, failed_progress);
	tcase_add_test(t, client);
	tcase_add_test(t, dates);
	tcase_add_test(t, rollout);
	tcase_add_test(t, which_rollout);
	suite_add_tcase(s, t);
	return fix_run(s);
}
