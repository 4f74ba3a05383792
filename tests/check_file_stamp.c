/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * When the times of a file stand for its content.
 */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trust/file_stamp.h"

#define MS	INT64_C(1000000)
#define S	(1000 * MS)
#define T0	(INT64_C(1700000000) * S + 123456789)
#define ROUNDS	200

static int
new_file(void)
{
	char name[] = "/tmp/check_file_stamp.XXXXXX";
	int fd = mkstemp(name);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(unlink(name), 0);
	return fd;
}

static struct stat
stat_of(int64_t changed_ns)
{
	struct stat st = { .st_dev = 1, .st_ino = 2, .st_size = 3 };

	st.st_ctim = (struct timespec){ changed_ns / S, changed_ns % S };
	st.st_mtim = (struct timespec){ 1000, 0 };
	return st;
}

START_TEST(ages)
{
	static const struct {
		int64_t	changed, now;
		bool	local, foreign;
	} v[] = {
		{ T0, T0, false, false },
		{ T0, T0 + FILE_SETTLE_FINE_MS * MS, false, false },
		{ T0, T0 + FILE_SETTLE_FINE_MS * MS + 1, true, false },
		{ T0, T0 + FILE_SETTLE_FOREIGN_MS * MS, true, false },
		{ T0, T0 + FILE_SETTLE_FOREIGN_MS * MS + 1, true, true },
		{ T0, T0 - S, false, false },	/* clocks step back */
		/* Whole seconds, or whole milliseconds. */
		{ 5 * S, 5 * S + FILE_SETTLE_FINE_MS * MS + 1, false, false },
		{ 5 * S + MS, 6 * S, false, false },
		{ 5 * S, 5 * S + FILE_SETTLE_MS * MS, false, false },
		{ 5 * S, 5 * S + FILE_SETTLE_MS * MS + 1, true, false },
	};
	int here = new_file(), proc;

	ck_assert_int_ne(proc = open("/proc/self/status", O_RDONLY |
	    O_CLOEXEC), -1);
	ck_assert(!file_stamp_local(proc));
	ck_assert(!file_stamp_local(-1));
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct stat st = stat_of(v[i].changed);

		if (file_stamp_local(here))
			ck_assert_msg(file_stamp_settled(here, &st, v[i].now)
			    == v[i].local, "%zu", i);
		ck_assert_msg(file_stamp_settled(proc, &st, v[i].now) ==
		    v[i].foreign, "%zu", i);
	}
	(void)close(proc);
	(void)close(here);
}
END_TEST

START_TEST(equal)
{
	struct stat a = stat_of(T0), b[6];

	for (int i = 0; i < 6; i++)
		b[i] = a;
	ck_assert(file_stamp_equal(&a, &b[0]));
	b[0].st_dev++;
	b[1].st_ino++;
	b[2].st_size++;
	b[3].st_mtim.tv_sec--;
	b[4].st_ctim.tv_nsec++;
	b[5].st_mtim.tv_nsec++;
	for (int i = 0; i < 6; i++)
		ck_assert_msg(!file_stamp_equal(&a, &b[i]), "%d", i);
}
END_TEST

/* What the promise is about: a change after a settled look is seen. */
START_TEST(no_change_hides)
{
	struct stat before, after;
	int fd = new_file(), seen = 0;
	int64_t now;

	if (!file_stamp_local(fd)) {
		(void)close(fd);
		return;
	}
	for (int i = 0; i < ROUNDS || seen == 0; i++) {
		now = clock_wall_ns(clock_file());
		ck_assert_int_eq(fstat(fd, &before), 0);
		if (file_stamp_settled(fd, &before, now)) {
			seen++;
			ck_assert_int_eq(pwrite(fd, "x", 1, 0), 1);
			ck_assert_int_eq(fstat(fd, &after), 0);
			ck_assert(!file_stamp_equal(&before, &after));
		}
		(void)poll(NULL, 0, 1);
	}
	(void)close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("file_stamp");
	TCase *t = tcase_create("stamp");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, ages);
	tcase_add_test(t, equal);
	tcase_add_test(t, no_change_hides);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
