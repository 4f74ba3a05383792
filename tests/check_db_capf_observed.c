/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What goes on with CAPF, in observed.db: progress, certificates sent.
 */
#include <stdio.h>
#include <string.h>

#include "db/rows_capf.h"
#include "tests/db_capf_fix.h"
#include "tests/db_fixture.h"

#define PHONE	"SEP000000000001"

WRITE(progress_put, observed_capf_put(d, w->row, e))
WRITE(progress_remove, observed_capf_remove(d, w->row, e))
WRITE(wrong_put, observed_wrong_put(d, w->row, e))
WRITE(wrong_remove_of, observed_wrong_remove_of(d, w->row, e))
WRITE(issued_put, observed_issued_put(d, w->row, e))
WRITE(issued_remove, observed_issued_remove(d, w->bytes, e))
WRITE(issued_remove_of, observed_issued_remove_of(d, w->row, w->bytes, e))

static int
take_progress(void *arg, const struct capf_progress *p, struct err *e)
{
	struct names *l = arg;

	(void)e;
	l->n++;
	(void)snprintf(l->text + strlen(l->text), sizeof(l->text) -
	    strlen(l->text), "%s=%s ", p->owner.name,
	    capf_step_name[p->step]);
	return ERR_OK;
}

START_TEST(progress)
{
	struct capf_progress p = { .owner = owner(CAPF_PHONE, PHONE, ""),
	    .operation = "install-upgrade", .step = CAPF_STEP_KEY,
	    .tries = 2, .wrong = 1, .unproved = 3, .asked = "rsa2048",
	    .reason = "cut", .address = "192.0.2.1",
	    .session = 0xfffffffe, .since = 1, .at = 2, .next_at = 32,
	    .until = INT64_MAX }, got;
	struct names l = { .n = 0 };
	struct err e = { 0 };

	run(obs, progress_put, (struct write){ .row = &p });
	p.step = CAPF_STEP_STORE;
	run(obs, progress_put, (struct write){ .row = &p });
	ck_assert_int_eq(observed_capf_get(obs, &p.owner, &got, &e), ERR_OK);
	ck_assert_int_eq(got.step, CAPF_STEP_STORE);
	ck_assert_int_eq(got.tries, 2);
	ck_assert_int_eq(got.wrong, 1);
	ck_assert_int_eq(got.unproved, 3);
	ck_assert_str_eq(got.asked, "rsa2048");
	ck_assert_uint_eq(got.session, 0xfffffffe);
	ck_assert_int_eq(got.next_at, 32);
	ck_assert_int_eq(got.until, INT64_MAX);
	ck_assert_str_eq(got.reason, "cut");
	ck_assert_str_eq(got.address, "192.0.2.1");
	p.owner = owner(CAPF_APPLICATION, "jtapi", "1");
	run(obs, progress_put, (struct write){ .row = &p });
	ck_assert_int_eq(observed_capf_each(obs, take_progress, &l, &e),
	    ERR_OK);
	ck_assert_str_eq(l.text, "jtapi=store " PHONE "=store ");
	run(obs, progress_remove, (struct write){ .row = &p.owner });
	ck_assert_int_eq(observed_capf_get(obs, &p.owner, &got, &e),
	    ERR_NOTFOUND);
	/* What is not there is no error: a session may end twice. */
	run(obs, progress_remove, (struct write){ .row = &p.owner });
}
END_TEST

static int
take_issued(void *arg, const struct capf_issued *i, struct err *e)
{
	struct names *l = arg;

	(void)e;
	l->n++;
	(void)snprintf(l->text + strlen(l->text), sizeof(l->text) -
	    strlen(l->text), "%02x ", i->sha256[0]);
	return ERR_OK;
}

static void
issue(struct capf_owner o, uint8_t c, int64_t at)
{
	struct capf_issued i = { .owner = o, .at = at, .der = &c,
	    .derlen = 1 };

	memset(i.sha256, c, sizeof(i.sha256));
	run(obs, issued_put, (struct write){ .row = &i });
}

START_TEST(issued)
{
	struct capf_owner a = owner(CAPF_PHONE, PHONE, ""),
	    b = owner(CAPF_PHONE, "SEP000000000002", "");
	uint8_t sha[SHA256_LEN];
	struct names l = { .n = 0 };
	struct capf_issued got;
	struct err e = { 0 };

	issue(a, 1, 30);
	issue(a, 2, 20);
	issue(b, 3, 10);
	ck_assert_int_eq(observed_issued_each(obs, take_issued, &l, &e),
	    ERR_OK);
	ck_assert_str_eq(l.text, "03 02 01 ");
	memset(sha, 2, sizeof(sha));
	ck_assert_int_eq(observed_issued_get(obs, sha, &got, &e), ERR_OK);
	ck_assert_int_eq(got.der[0], 2);
	ck_assert_str_eq(got.owner.name, PHONE);
	capf_issued_clear(&got);
	run(obs, issued_remove_of, (struct write){ .row = &a, .bytes = sha });
	l = (struct names){ .n = 0 };
	ck_assert_int_eq(observed_issued_each(obs, take_issued, &l, &e),
	    ERR_OK);
	ck_assert_str_eq(l.text, "03 02 ");
	run(obs, issued_remove, (struct write){ .bytes = sha });
	ck_assert_int_eq(observed_issued_get(obs, sha, &got, &e),
	    ERR_NOTFOUND);
	/* Who comes again and again fills no disk. */
	for (uint8_t n = 10; n < 10 + CAPF_ISSUED_MAX + 4; n++)
		issue(a, n, n);
	ck_assert_int_eq(fix_i64(obs, "SELECT count(*) FROM capf_issued "
	    "WHERE at >= 14"), CAPF_ISSUED_MAX);
	ck_assert_int_eq(fix_i64(obs, "SELECT count(*) FROM capf_issued"),
	    CAPF_ISSUED_MAX + 1);
	run(obs, issued_remove_of, (struct write){ .row = &a });
	run(obs, issued_remove_of, (struct write){ .row = &b });
	ck_assert_int_eq(fix_i64(obs, "SELECT count(*) FROM capf_issued"),
	    0);
}
END_TEST

/* By address, all for one string; of one owner alone. */
START_TEST(wrong)
{
	struct capf_wrong w = { .owner = owner(CAPF_PHONE, PHONE, ""),
	    .address = "192.0.2.1", .wrong = 3, .at = 7,
	    .session = 0xfffffffe, .string = -5 }, got;
	const struct capf_owner other = owner(CAPF_USER, PHONE, "1");
	struct err e = { 0 };
	int64_t string;

	ck_assert_int_eq(observed_wrong_string(obs, &w.owner, &string, &e),
	    ERR_OK);
	ck_assert_int_eq(string, 0);
	run(obs, wrong_put, (struct write){ .row = &w });
	w.wrong++;
	run(obs, wrong_put, (struct write){ .row = &w });
	(void)strcpy(w.address, "192.0.2.2");
	run(obs, wrong_put, (struct write){ .row = &w });
	ck_assert_int_eq(observed_wrong_get(obs, &w.owner, "192.0.2.1", &got,
	    &e), ERR_OK);
	ck_assert_int_eq(got.wrong, 4);
	ck_assert_int_eq(got.at, 7);
	ck_assert_uint_eq(got.session, 0xfffffffe);
	ck_assert_int_eq(observed_wrong_string(obs, &w.owner, &string, &e),
	    ERR_OK);
	ck_assert_int_eq(string, -5);
	ck_assert_int_eq(observed_wrong_string(obs, &other, &string, &e),
	    ERR_OK);
	ck_assert_int_eq(string, 0);
	run(obs, wrong_remove_of, (struct write){ .row = &other });
	ck_assert_int_eq(fix_i64(obs, "SELECT count(*) FROM capf_wrong"), 2);
	run(obs, wrong_remove_of, (struct write){ .row = &w.owner });
	ck_assert_int_eq(observed_wrong_get(obs, &w.owner, "192.0.2.1", &got,
	    &e), ERR_NOTFOUND);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db_capf_observed");
	TCase *t = tcase_create("rows");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, progress);
	tcase_add_test(t, issued);
	tcase_add_test(t, wrong);
	suite_add_tcase(s, t);
	return fix_run(s);
}
