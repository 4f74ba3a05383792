/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of roll-outs; and a phone that goes with all that is its own.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "db/internal.h"
#include "db/rows_capf.h"
#include "db/rows_rollout.h"
#include "tests/db_capf_fix.h"
#include "tests/db_fixture.h"

#define PHONE	"SEP000000000001"

WRITE(outcome_put, row_capf_outcome_put(d, w->row, e))
WRITE(csr_put, row_capf_csr_put(d, w->row, e))
WRITE(mic_put, row_mic_allow_put(d, w->row, e))
WRITE(rollout_put, row_rollout_put(d, w->row, e))
WRITE(rollout_phone_put, row_rollout_phone_put(d, w->row, e))
WRITE(phone_gone, row_phone_remove(d, w->name, e))

static void
rollout(const char *id, enum rollout_state state, int64_t at)
{
	struct row_rollout r = { .operation = "install-upgrade", .batch = 50,
	    .pause_on_errors = 3, .completes_by = 99, .state = state,
	    .errors = 2, .account = "root", .created_at = at,
	    .changed_at = at };

	ck_assert(str_copy(r.id, sizeof(r.id), id));
	run(db, rollout_put, (struct write){ .row = &r });
}

static void
rollout_phone(const char *id, int64_t position, const char *phone,
    enum rollout_phone_state state)
{
	struct row_rollout_phone p = { .position = position, .state = state };

	ck_assert(str_copy(p.rollout, sizeof(p.rollout), id));
	ck_assert(str_copy(p.phone, sizeof(p.phone), phone));
	run(db, rollout_phone_put, (struct write){ .row = &p });
}

START_TEST(rollouts)
{
	struct row_rollout_phone *p;
	struct row_rollout r, *rows;
	struct err e = { 0 };
	int64_t count[ROLLOUT_PHONE_STATE_N];
	size_t n;

	rollout("b", ROLLOUT_RUNNING, 1);
	rollout("a", ROLLOUT_DONE, 2);
	rollout_phone("b", 1, PHONE, ROLLOUT_ASKED);
	rollout_phone("b", 2, "SEP000000000002", ROLLOUT_WAITING);
	rollout_phone("b", 3, "SEP000000000003", ROLLOUT_WAITING);
	rollout_phone("a", 1, PHONE, ROLLOUT_PHONE_DONE);

	ck_assert_int_eq(row_rollout_get(db, "b", &r, &e), ERR_OK);
	ck_assert_int_eq(r.batch, 50);
	ck_assert_int_eq(r.pause_on_errors, 3);
	ck_assert_int_eq(r.completes_by, 99);
	ck_assert_int_eq(r.errors, 2);
	ck_assert_str_eq(r.account, "root");
	ck_assert_int_eq(row_rollout_get(db, "c", &r, &e), ERR_NOTFOUND);
	ck_assert_int_eq(row_rollout_list(db, -1, &rows, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(rows[0].id, "b");
	free(rows);
	ck_assert_int_eq(row_rollout_list(db, ROLLOUT_DONE, &rows, &n, &e),
	    ERR_OK);
	ck_assert_uint_eq(n, 1);
	free(rows);

	ck_assert_int_eq(row_rollout_phone_list(db, "b", ROLLOUT_WAITING, 1,
	    &p, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(p[0].phone, "SEP000000000002");
	ck_assert_int_eq(p[0].position, 2);
	free(p);
	ck_assert_int_eq(row_rollout_phone_list(db, "b", -1, 0, &p, &n, &e),
	    ERR_OK);
	ck_assert_uint_eq(n, 3);
	free(p);
	/* Only where something is still to happen. */
	ck_assert_int_eq(row_rollout_phone_of(db, PHONE, &p, &n, &e),
	    ERR_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(p[0].rollout, "b");
	free(p);
	ck_assert_int_eq(row_rollout_phone_count(db, "b", count, &e),
	    ERR_OK);
	ck_assert_int_eq(count[ROLLOUT_WAITING], 2);
	ck_assert_int_eq(count[ROLLOUT_ASKED], 1);
	ck_assert_int_eq(count[ROLLOUT_FAILED], 0);
}
END_TEST

static int
add_others(struct db *d, void *arg, struct err *e)
{
	static const char *const texts[] = {
	    "INSERT INTO phone_plain (phone, until, with_secrets, account, "
	    "at) VALUES ('" PHONE "', 1, 0, 'root', 1)",
	    "INSERT INTO phone_login (phone, user, before, account, at) "
	    "VALUES ('" PHONE "', 'jane', '', 'root', 1)",
	    "INSERT INTO phone_restart (phone, why, at) "
	    "VALUES ('" PHONE "', 'login', 1)",
	};

	(void)arg;
	(void)e;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_int_eq(db_exec(d, texts[i], NULL), 0);
	return ERR_OK;
}

START_TEST(phone_gone_with_all)
{
	static const char *const tables[] = { "device_cert WHERE state = "
	    "'current'", "capf_outcome",
	    "capf_csr", "mic_allow", "rollout_phone", "phone_plain",
	    "phone_login", "phone_restart" };
	struct capf_owner a = owner(CAPF_PHONE, PHONE, ""),
	    u = owner(CAPF_USER, PHONE, "1");
	struct row_capf_outcome o = { .owner = a, .operation = "delete" };
	struct row_capf_csr c = { .owner = a };
	struct row_mic_allow m = { .phone = PHONE };
	char sql[80];

	fix_phone(db, PHONE);
	certificate(1, 1, 500);
	device(a, DEVICE_LSC, 1, DEVICE_CURRENT, 10);
	device(u, DEVICE_LSC, 1, DEVICE_CURRENT, 10);
	run(db, outcome_put, (struct write){ .row = &o });
	run(db, csr_put, (struct write){ .row = &c });
	run(db, mic_put, (struct write){ .row = &m });
	rollout("r", ROLLOUT_RUNNING, 1);
	rollout_phone("r", 1, PHONE, ROLLOUT_ASKED);
	fix_tx(db, add_others, NULL);
	run(db, phone_gone, (struct write){ .name = PHONE });
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s",
		    tables[i]);
		/* A user of that name keeps what is the user's. */
		ck_assert_msg(fix_i64(db, sql) == (i == 0 ? 1 : 0), "%s",
		    tables[i]);
	}
	/* The certificate itself is evidence. */
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM certificate"), 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db_rollout");
	TCase *t = tcase_create("rows");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, rollouts);
	tcase_add_test(t, phone_gone_with_all);
	suite_add_tcase(s, t);
	return fix_run(s);
}
