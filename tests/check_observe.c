/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Observations on their way to observed.db: many at a time, and more than the
 * writer takes.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "tftpd/observe.h"

#define T0	INT64_C(1700000000000000)

static char dir[] = "/tmp/check_observe.XXXXXX";
static int statefd;
static struct observe *o;
static struct gather_port *port;

static void
setup(void)
{
	struct err e = { 0 };

	log_set_level(LOG_ERR);
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_ge(statefd = open(dir, O_RDONLY | O_DIRECTORY), 0);
	ck_assert_msg(observed_create(statefd, &e) == ERR_OK, "%s", e.msg);
	ck_assert_ptr_nonnull(o = observe_start(statefd, &e));
	observe_set(o, 8, 100000);
	ck_assert_ptr_nonnull(port = observe_port_new(o, &e));
}

/* All that waits is in the file after this. */
static void
stop(void)
{
	gather_port_free(port);
	observe_stop(o);
}

static void
teardown(void)
{
	static const char *const names[] = { OBSERVED_FILE,
	    OBSERVED_FILE "-wal", OBSERVED_FILE "-shm" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlinkat(statefd, names[i], 0);
	(void)close(statefd);
	(void)rmdir(dir);
}

static void
fetch(const char *device, int i)
{
	struct fetch f = { .address = "192.0.2.1", .kind = "itl",
	    .name = "ITLFile.tlv", .transport = "tftp", .result = "done",
	    .started_us = T0 + i, .bytes = (uint64_t)i + 1 };

	(void)snprintf(f.device, sizeof(f.device), "%s", device);
	gather_put(port, &f);
}

static size_t
listed(const char *device, uint64_t *newest)
{
	struct db *db = db_open(statefd, OBSERVED_FILE, DB_READ, NULL);
	struct fetch *rows;
	size_t n;

	ck_assert_ptr_nonnull(db);
	ck_assert_int_eq(observed_list(db, device, 100000, &rows, &n, NULL),
	    ERR_OK);
	*newest = n > 0 ? rows[0].bytes : 0;
	free(rows);
	db_close(db);
	return n;
}

/* More than a batch, the last one not full. */
START_TEST(all_arrive)
{
	char device[32];
	uint64_t newest;

	for (int i = 0; i < 1000; i++) {
		(void)snprintf(device, sizeof(device), "SEP%012d", i);
		fetch(device, i);
		if (i % 300 == 7)
			gather_flush(port);
	}
	stop();
	ck_assert_uint_eq(listed(NULL, &newest), 1000);
	ck_assert_uint_eq(newest, 1000);
}
END_TEST

/* While this holds the database, the writer waits. */
static int
flood(struct db *db, void *arg, struct err *e)
{
	(void)db;
	(void)arg;
	(void)e;
	for (int i = 0; i < 20000; i++)
		fetch("SEP0011223344AA", i);
	return ERR_OK;
}

/* What does not fit takes the place of an older one: the newest is kept. */
START_TEST(newest_survives)
{
	struct db *db = db_open(statefd, OBSERVED_FILE, DB_WRITE, NULL);
	struct err e = { 0 };
	uint64_t newest;

	ck_assert_ptr_nonnull(db);
	ck_assert_msg(db_tx(db, flood, NULL, &e) == DB_DONE, "%s", e.msg);
	db_close(db);
	stop();
	ck_assert_uint_gt(listed("SEP0011223344AA", &newest), 0);
	ck_assert_uint_eq(newest, 20000);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("observe");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);	/* valgrind */
	tcase_add_test(tc, all_arrive);
	tcase_add_test(tc, newest_survives);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
