/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Whole small files.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static char folder[] = "/tmp/check_file.XXXXXX";
static int dirfd_;

static void
setup(void)
{
	memcpy(strrchr(folder, '.'), ".XXXXXX", 8);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_ge(dirfd_ = open(folder, O_RDONLY | O_DIRECTORY), 0);
}

static void
teardown(void)
{
	static const char *const files[] = { "a", "b", "fifo" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlinkat(dirfd_, files[i], 0);
	(void)unlinkat(dirfd_, "sub", AT_REMOVEDIR);
	/* Not empty: something left a file behind. */
	ck_assert_int_eq(rmdir(folder), 0);
	ck_assert_int_eq(close(dirfd_), 0);
}

static void
put(const char *name, const char *text)
{
	struct err e = { 0 };

	ck_assert_msg(file_replace(dirfd_, name, 0640, text, strlen(text),
	    &e) == ERR_OK, "%s", e.msg);
}

START_TEST(round_trip)
{
	struct stat st;
	uint8_t *p;
	size_t len;

	put("a", "first");
	put("a", "second, longer");
	put("a", "3");
	ck_assert_int_eq(file_read(dirfd_, "a", 1, &p, &len, NULL), ERR_OK);
	ck_assert_uint_eq(len, 1);
	ck_assert_str_eq((char *)p, "3");
	free(p);
	ck_assert_int_eq(fstatat(dirfd_, "a", &st, 0), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0640);
}
END_TEST

START_TEST(mode_past_umask)
{
	mode_t old = umask(0777);
	struct stat st;

	put("a", "x");
	(void)umask(old);
	ck_assert_int_eq(fstatat(dirfd_, "a", &st, 0), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0640);
}
END_TEST

START_TEST(empty_file)
{
	uint8_t *p;
	size_t len = 9;

	put("a", "");
	ck_assert_int_eq(file_read(dirfd_, "a", 0, &p, &len, NULL), ERR_OK);
	ck_assert_uint_eq(len, 0);
	ck_assert_uint_eq(p[0], 0);
	free(p);
}
END_TEST

static void
refused(const char *name, int code)
{
	struct err e = { 0 };
	uint8_t *p;
	size_t len;

	ck_assert_msg(file_read(dirfd_, name, 4, &p, &len, &e) == code,
	    "%s: %s", name, e.msg);
	ck_assert_ptr_nonnull(strstr(e.msg, name));
}

START_TEST(read_refuses)
{
	put("a", "12345");
	refused("a", ERR_LIMIT);
	refused("none", ERR_NOTFOUND);
	ck_assert_int_eq(mkdirat(dirfd_, "sub", 0700), 0);
	refused("sub", ERR_ARG);
	ck_assert_int_eq(mkfifoat(dirfd_, "fifo", 0600), 0);
	refused("fifo", ERR_ARG);	/* and does not wait for a writer */
}
END_TEST

START_TEST(read_fd)
{
	uint8_t *p;
	size_t len;
	int fd;

	put("a", "12345");
	ck_assert_int_ge(fd = openat(dirfd_, "a", O_RDONLY), 0);
	ck_assert_int_eq(lseek(fd, 3, SEEK_SET), 3);
	ck_assert_int_eq(file_read_fd(fd, "a", 10, &p, &len, NULL), ERR_OK);
	ck_assert_uint_eq(len, 5);	/* from its start */
	free(p);
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

/* The old one stands, nothing is left behind (teardown looks). */
START_TEST(replace_fails)
{
	struct err e = { 0 };
	char longname[5000];

	ck_assert_int_eq(mkdirat(dirfd_, "sub", 0700), 0);
	ck_assert_int_eq(file_replace(dirfd_, "sub", 0600, "x", 1, &e),
	    ERR_IO);
	ck_assert_int_eq(file_replace(dirfd_, "none/x", 0600, "x", 1, &e),
	    ERR_IO);
	ck_assert_int_eq(e.sys, ENOENT);
	memset(longname, 'x', sizeof(longname));
	longname[sizeof(longname) - 1] = '\0';
	ck_assert_int_eq(file_replace(dirfd_, longname, 0600, "x", 1, &e),
	    ERR_ARG);
}
END_TEST

/* Nor is a device or a link replaced: root would do it to /dev/stdout. */
START_TEST(replace_no_file)
{
	struct err e = { 0 };
	struct stat st;

	put("a", "kept");
	ck_assert_int_eq(symlinkat("a", dirfd_, "link"), 0);
	ck_assert_int_eq(mkfifoat(dirfd_, "pipe", 0600), 0);
	ck_assert_int_eq(file_replace(dirfd_, "link", 0600, "x", 1, &e),
	    ERR_IO);
	ck_assert_ptr_nonnull(strstr(e.msg, "not a regular file"));
	ck_assert_int_eq(file_replace(dirfd_, "pipe", 0600, "x", 1, &e),
	    ERR_IO);
	ck_assert_int_eq(fstatat(dirfd_, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(fstatat(dirfd_, "pipe", &st, 0), 0);
	ck_assert(S_ISFIFO(st.st_mode));
	ck_assert_int_eq(unlinkat(dirfd_, "link", 0), 0);
	ck_assert_int_eq(unlinkat(dirfd_, "pipe", 0), 0);
}
END_TEST

START_TEST(write_all)
{
	char big[100000], back[1000];
	size_t got = 0;
	ssize_t r;
	int fds[2];
	pid_t pid;

	memset(big, 'b', sizeof(big));
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_ge(pid = fork(), 0);
	if (pid == 0)	/* more than a pipe holds: short writes */
		_exit(file_write_all(fds[1], big, sizeof(big), NULL) ==
		    ERR_OK ? 0 : 1);
	ck_assert_int_eq(close(fds[1]), 0);
	while ((r = read(fds[0], back, sizeof(back))) > 0)
		got += (size_t)r;
	ck_assert_uint_eq(got, sizeof(big));
	ck_assert_int_eq(close(fds[0]), 0);
	ck_assert_int_eq(file_write_all(-1, "x", 1, NULL), ERR_IO);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("file");
	TCase *t = tcase_create("file");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, round_trip);
	tcase_add_test(t, mode_past_umask);
	tcase_add_test(t, empty_file);
	tcase_add_test(t, read_refuses);
	tcase_add_test(t, read_fd);
	tcase_add_test(t, replace_fails);
	tcase_add_test(t, replace_no_file);
	tcase_add_test(t, write_all);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
