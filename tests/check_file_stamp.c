/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * When the times of a file stand for its content.
 */
#include <check.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
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
	struct stat st = { .st_dev = 1, .st_ino = 2, .st_size = 3,
	    .st_mode = S_IFREG | 0644 };

	st.st_ctim = (struct timespec){ changed_ns / S, changed_ns % S };
	st.st_mtim = (struct timespec){ 1000, 0 };
	return st;
}

START_TEST(ages)
{
	static const struct {
		int64_t	changed, now;
		bool	folder, file, foreign;
	} v[] = {
		{ T0, T0, false, false, false },
		{ T0, T0 + FILE_SETTLE_FINE_MS * MS, false, false, false },
		{ T0, T0 + FILE_SETTLE_FINE_MS * MS + 1, true, false, false },
		{ T0, T0 + FILE_SETTLE_MS * MS, true, false, false },
		{ T0, T0 + FILE_SETTLE_MS * MS + 1, true, true, false },
		{ T0, T0 + FILE_SETTLE_FOREIGN_MS * MS, true, true, false },
		{ T0, T0 + FILE_SETTLE_FOREIGN_MS * MS + 1, true, true, true },
		{ T0, T0 - S, false, false, false },	/* clocks step back */
		/* Whole seconds, or whole milliseconds. */
		{ 5 * S, 5 * S + FILE_SETTLE_FINE_MS * MS + 1, false, false,
		    false },
		{ 5 * S + MS, 6 * S, false, false, false },
		{ 5 * S, 5 * S + FILE_SETTLE_MS * MS, false, false, false },
		{ 5 * S, 5 * S + FILE_SETTLE_MS * MS + 1, true, true, false },
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
			    == v[i].file, "%zu", i);
		st.st_mode = S_IFDIR | 0755;
		if (file_stamp_local(here))
			ck_assert_msg(file_stamp_settled(here, &st, v[i].now)
			    == v[i].folder, "%zu", i);
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
		/* As a folder is: this change takes no time. */
		before.st_mode = S_IFDIR | 0755;
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

/* --- a write that stops between stamp and bytes --- */

#define PAGE	4096

static struct slow_write {
	int	 fd;
	void	*from;		/* a page that is not there until released */
} slow;

static void *
slow_main(void *arg)
{
	const struct slow_write *s = arg;

	return pwrite(s->fd, s->from, 4, 0) == 4 ? NULL : arg;
}

/* The page that slow_main stops at, or -1: needs a privilege. */
static int
missing_page(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd == -1)
		return -1;
	slow.from = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);
	ck_assert(slow.from != MAP_FAILED);
	reg.range.start = (uintptr_t)slow.from;
	reg.range.len = PAGE;
	ck_assert_int_eq(ioctl(fd, UFFDIO_API, &api), 0);
	ck_assert_int_eq(ioctl(fd, UFFDIO_REGISTER, &reg), 0);
	return fd;
}

static void
release_page(int fd)
{
	static char bytes[PAGE] __attribute__((aligned(PAGE))) = "new!";
	struct uffdio_copy c = { .dst = (uintptr_t)slow.from,
	    .src = (uintptr_t)bytes, .len = PAGE };

	ck_assert_int_eq(ioctl(fd, UFFDIO_COPY, &c), 0);
	(void)close(fd);
}

START_TEST(write_under_way)
{
	struct stat before, st;
	char text[4];
	pthread_t t;
	void *failed;
	int page;

	if ((page = missing_page()) == -1) {
		(void)fprintf(stderr, "write_under_way: SKIPPED, no right to "
		    "userfaultfd\n");
		return;
	}
	slow.fd = new_file();
	ck_assert_int_eq(pwrite(slow.fd, "old!", 4, 0), 4);
	ck_assert_int_eq(fstat(slow.fd, &before), 0);
	(void)poll(NULL, 0, 2 * FILE_SETTLE_FINE_MS);
	ck_assert_int_eq(pthread_create(&t, NULL, slow_main, &slow), 0);
	do {
		ck_assert_int_eq(fstat(slow.fd, &st), 0);
	} while (file_stamp_equal(&st, &before));
	before = st;		/* of what is not there yet */
	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(pread(slow.fd, text, 4, 0), 4);
		ck_assert_mem_eq(text, "old!", 4);
		ck_assert(!file_stamp_settled(slow.fd, &st,
		    clock_wall_ns(clock_file())));
		(void)poll(NULL, 0, FILE_SETTLE_FINE_MS);
	}
	release_page(page);
	ck_assert_int_eq(pthread_join(t, &failed), 0);
	ck_assert_ptr_null(failed);
	ck_assert_int_eq(pread(slow.fd, text, 4, 0), 4);
	ck_assert_mem_eq(text, "new!", 4);
	(void)munmap(slow.from, PAGE);
	(void)close(slow.fd);
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
	tcase_add_test(t, write_under_way);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
