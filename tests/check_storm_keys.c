/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/storm_keys.c: keys made by threads, with a folder and without.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "phonesim/storm_keys.h"

#define MANY	40
#define WAIT_MS	60000

static struct loop *loop;
static struct loop_timer *late;
static struct storm_keys *keys;
static struct storm_key_job *job[MANY];
static uint8_t id[MANY][KEY_ID_LEN];
static size_t came, wanted, victim;
static char dir[] = "/tmp/check_storm_keys.XXXXXX";

static void
too_late(void *arg)
{
	(void)arg;
	ck_abort_msg("%zu of %zu keys", came, wanted);
}

static void
open_keys(const char *folder)
{
	struct err e = { 0 };

	ck_assert_ptr_nonnull(keys = storm_keys_new(loop, folder, &e));
}

static void
set_up(void)
{
	struct err e = { 0 };

	came = 0;
	victim = MANY;
	ck_assert_ptr_nonnull(loop = loop_new(&e));
	ck_assert_ptr_nonnull(late = loop_timer_new(loop, too_late, NULL,
	    &e));
	loop_timer_set(late, WAIT_MS);
}

static void
tear_down(void)
{
	storm_keys_free(keys);
	keys = NULL;
	loop_timer_free(late);
	loop_free(loop);
}

/* arg: which job. */
static void
on_key(void *arg, struct key *k)
{
	struct storm_key_job **j = arg;
	size_t i = (size_t)(j - job);

	ck_assert_ptr_nonnull(k);
	ck_assert_ptr_nonnull(*j);
	*j = NULL;
	ck_assert_int_eq(key_id(k, id[i], NULL), ERR_OK);
	key_free(k);
	if (victim < MANY) {	/* from within: whatever became of it */
		storm_keys_drop(job[victim]);
		job[victim] = NULL;
		victim = MANY;
	}
	if (++came == wanted)
		loop_stop(loop);
}

static void
ask(size_t i, enum key_type t, const char *device)
{
	job[i] = storm_keys_ask(keys, t, device, on_key, &job[i]);
	ck_assert_ptr_nonnull(job[i]);
}

static void
run(size_t n)
{
	struct err e = { 0 };

	wanted = came + n;
	ck_assert_msg(loop_run(loop, &e) == ERR_OK, "%s", e.msg);
	ck_assert_uint_ge(came, wanted);	/* all that were made by then */
}

START_TEST(each_its_own)
{
	open_keys(NULL);
	for (size_t i = 0; i < MANY; i++)
		ask(i, KEY_EC256, "SEP000000000001");
	run(MANY);
	for (size_t i = 0; i < MANY; i++)
		for (size_t k = 0; k < i; k++)
			ck_assert_mem_ne(id[i], id[k], KEY_ID_LEN);
}
END_TEST

/* Those nobody wants any more: waiting, in the making, or made. */
START_TEST(dropped)
{
	open_keys(NULL);
	for (size_t i = 0; i < MANY; i++)
		ask(i, KEY_EC256, "SEP000000000001");
	storm_keys_drop(NULL);
	for (size_t i = 0; i < MANY; i += 2) {
		storm_keys_drop(job[i]);
		job[i] = NULL;
	}
	victim = MANY - 1;
	run(MANY / 2 - 1);
	ck_assert_uint_eq(came, MANY / 2 - 1);
	for (size_t i = 0; i < MANY; i++)
		ck_assert_ptr_null(job[i]);
}
END_TEST

/* It ends with jobs of every kind; none is heard of again. */
START_TEST(ends_early)
{
	open_keys(NULL);
	for (size_t i = 0; i < MANY; i++)
		ask(i, KEY_RSA2048, "SEP000000000001");
	storm_keys_drop(job[MANY / 2]);
	job[MANY / 2] = NULL;
	run(1);
	storm_keys_free(keys);
	keys = NULL;
	ck_assert_uint_lt(came, MANY);
}
END_TEST

START_TEST(kept_in_a_folder)
{
	char path[sizeof(dir) + 64];
	struct stat st;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(rmdir(dir), 0);	/* it makes it */
	open_keys(dir);
	ask(0, KEY_EC256, "SEP000000000001");
	ask(1, KEY_EC256, "SEP000000000002");
	ask(2, KEY_EC384, "SEP000000000001");
	run(3);
	(void)snprintf(path, sizeof(path), "%s/SEP000000000001-ec384.pem",
	    dir);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	storm_keys_free(keys);

	/* Another storm has them again, and makes what is not there. */
	open_keys(dir);
	ask(3, KEY_EC256, "SEP000000000001");
	ask(4, KEY_EC256, "SEP000000000002");
	ask(5, KEY_EC384, "SEP000000000001");
	ask(6, KEY_EC256, "SEP000000000003");
	run(4);
	for (size_t i = 0; i < 3; i++)
		ck_assert_mem_eq(id[i], id[i + 3], KEY_ID_LEN);
	ck_assert_mem_ne(id[0], id[6], KEY_ID_LEN);
	ck_assert_mem_ne(id[1], id[6], KEY_ID_LEN);
	(void)snprintf(path, sizeof(path), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(path), 0);
}
END_TEST

START_TEST(no_folder)
{
	struct err e = { 0 };

	ck_assert_ptr_null(storm_keys_new(loop, "/dev/null/pool", &e));
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(e.msg, "--key-pool /dev/null/pool"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("storm_keys");
	TCase *tc = tcase_create("storm_keys");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, each_its_own);
	tcase_add_test(tc, dropped);
	tcase_add_test(tc, ends_early);
	tcase_add_test(tc, kept_in_a_folder);
	tcase_add_test(tc, no_folder);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
