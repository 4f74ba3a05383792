/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which phones have the list that is served.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/trust_cluster.h"
#include "trust/confirm.h"
#include "trust/itl.h"

#define S_US	INT64_C(1000000)

static struct db *observed;

static int
tx_list(struct db *db, void *arg, struct err *e)
{
	struct signer *s = arg;
	bool changed;

	return itl_refresh(db, s, TC_NOW, &changed, NULL, e);
}

static void
setup(void)
{
	enum own_unit u = UNIT_ITLRECOVERY;
	struct err e = { 0 };
	struct signer *s;

	tc_open();
	s = own_signer(tc.db, tc.kr, &u, 1, &e);
	ck_assert_msg(s != NULL, "%s", e.msg);
	tc_done(tx_list, s);
	signer_free(s);
	ck_assert_int_eq(observed_create(tc.dirfd, &e), ERR_OK);
	observed = db_open(tc.dirfd, OBSERVED_FILE, DB_WRITE, &e);
	ck_assert_msg(observed != NULL, "%s", e.msg);
}

static void
teardown(void)
{
	db_close(observed);
	tc_close();
}

static int
tx_phone(struct db *db, void *arg, struct err *e)
{
	struct row_phone p = { .created_at = 1, .changed_at = 1 };

	(void)snprintf(p.name, sizeof(p.name), "%s", (const char *)arg);
	return row_phone_put(db, &p, e);
}

static int
tx_fetch(struct db *db, void *arg, struct err *e)
{
	const struct observed_bounds b = { .ring = 10, .devices = 100 };

	return observed_add(db, arg, 1, &b, e);
}

static void
fetched(const char *device, const char *kind, const uint8_t *version,
    const char *how, int64_t at)
{
	struct fetch f = { .address = "192.0.2.1", .transport = "tftp",
	    .started_us = at * S_US, .completed_us = at * S_US, .bytes = 9 };
	struct err e = { 0 };

	(void)snprintf(f.device, sizeof(f.device), "%s", device);
	(void)snprintf(f.kind, sizeof(f.kind), "%s", kind);
	(void)snprintf(f.result, sizeof(f.result), "%s", how);
	memcpy(f.version, version, sizeof(f.version));
	ck_assert_msg(db_tx(observed, tx_fetch, &f, &e) == DB_DONE, "%s",
	    e.msg);
}

static void
phone(const char *name)
{
	char copy[PHONE_NAME_MAX + 1];

	(void)snprintf(copy, sizeof(copy), "%s", name);
	tc_done(tx_phone, copy);
}

START_TEST(counted)
{
	static const uint8_t old[SHA256_LEN] = { 1 };
	uint8_t now[SHA256_LEN];
	struct err e = { 0 };
	struct row_list l;
	struct confirm c;

	ck_assert_int_eq(itl_current(tc.db, &l, &e), ERR_OK);
	memcpy(now, l.sha256, sizeof(now));
	row_list_clear(&l);
	phone("SEP000000000001");	/* has it */
	phone("SEP000000000002");	/* had it, then took an older one */
	phone("SEP000000000003");	/* was cut while it took it */
	phone("SEP000000000004");	/* is not here */
	fetched("SEP000000000001", "itl", old, "done", 50);
	fetched("SEP000000000001", "itl", now, "done", 100);
	fetched("SEP000000000001", "config", old, "done", 101);
	fetched("SEP000000000002", "itl", now, "done", 20);
	fetched("SEP000000000002", "itl", old, "done", 30);
	fetched("SEP000000000003", "itl", now, "aborted", 100);
	fetched("SEP00000000000F", "itl", now, "done", 100);	/* whose? */
	ck_assert_int_eq(confirm_read(tc.db, observed, 60, &c, &e), ERR_OK);
	ck_assert_uint_eq(c.known, 4);
	ck_assert_uint_eq(c.current, 1);
	ck_assert_uint_eq(c.older, 1);
	ck_assert_uint_eq(c.never, 2);
	ck_assert_uint_eq(c.nname, 3);
	ck_assert_str_eq(c.name[0], "SEP000000000002");
	ck_assert_str_eq(c.name[2], "SEP000000000004");
	ck_assert_uint_eq(c.silent, 2);
	ck_assert_str_eq(c.silent_name[0], "SEP000000000002");
	ck_assert_str_eq(c.silent_name[1], "SEP000000000004");
}
END_TEST

/* Many are counted and some are named. */
START_TEST(bounded)
{
	struct err e = { 0 };
	struct confirm c;
	char name[32];

	for (int i = 0; i < CONFIRM_NAMED + 5; i++) {
		(void)snprintf(name, sizeof(name), "SEP%012X", (unsigned)i);
		phone(name);
	}
	ck_assert_int_eq(confirm_read(tc.db, NULL, 60, &c, &e), ERR_OK);
	ck_assert_uint_eq(c.known, CONFIRM_NAMED + 5);
	ck_assert_uint_eq(c.never, CONFIRM_NAMED + 5);
	ck_assert_uint_eq(c.silent, CONFIRM_NAMED + 5);
	ck_assert_uint_eq(c.nname, CONFIRM_NAMED);
	ck_assert_uint_eq(c.nsilent_name, CONFIRM_NAMED);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("confirm");
	TCase *t = tcase_create("confirm");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, counted);
	tcase_add_test(t, bounded);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
