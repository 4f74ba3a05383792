/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Names of folders: kept only of those left alone, and never older than the
 * folder.
 */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "trust/file_index.h"
#include "trust/file_stamp.h"

static int64_t now_ms;		/* long ago: no folder is as old as that */

static int64_t
fake_ns(void *arg)
{
	(void)arg;
	return now_ms * 1000000;
}

static const struct clock fake = { .wall_ns = fake_ns, .mono_ns = fake_ns };
static char top[64];
static struct file_index *ix;

static void
set_up(void)
{
	now_ms = 5;
	(void)strcpy(top, "/tmp/check_file_index.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_ptr_nonnull(ix = file_index_new(&fake, NULL));
}

static void
tear_down(void)
{
	char cmd[96];

	file_index_free(ix);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", top);
	ck_assert_int_eq(system(cmd), 0);
}

static int
open_top(const char *sub)
{
	char path[160];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", top, sub);
	ck_assert_int_ne(fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC),
	    -1);
	return fd;
}

static void
put(const char *name)
{
	int top_fd = open_top("."), fd;

	ck_assert_int_ne(fd = openat(top_fd, name, O_WRONLY | O_CREAT |
	    O_CLOEXEC, 0644), -1);
	(void)close(fd);
	(void)close(top_fd);
}

/* The spelling on disk, or "!error". */
static const char *
find(const char *sub, const char *name)
{
	static char part[300];
	struct err e = { 0 };
	int fd = open_top(sub), ret;

	(void)snprintf(part, sizeof(part), "%s", name);
	if ((ret = file_index_find(ix, fd, part, &e)) != ERR_OK) {
		ck_assert_int_eq(e.code, ret);
		ck_assert_str_eq(part, name);
		(void)snprintf(part, sizeof(part), "!%s", err_name(ret));
	}
	(void)close(fd);
	return part;
}

static void
settle(void)
{
	now_ms += FILE_SETTLE_MS;
}

/* As if the last change had been long ago: the test is faster than the clock
 * that stamps folders. */
static void
age(time_t s)
{
	const struct timespec t[2] = { { .tv_sec = s }, { .tv_sec = s } };

	ck_assert_int_eq(utimensat(AT_FDCWD, top, t, 0), 0);
}

/* Read anew or kept, the answers are the same. */
START_TEST(names)
{
	static const char *const entry[] = { "RingList.xml", "ringlist.xml",
	    "RINGLIST.xml", "a", "A_", "a_", "AZ", "\xc3\x89.xml", "[", "zz" };
	static const struct {
		const char *name, *found;
	} want[] = {
		{ "rINGLIST.XML", "RINGLIST.xml" },
		{ "ringlist.xml", "RINGLIST.xml" }, /* exact is not asked */
		{ "A", "a" }, { "a_", "A_" }, { "az", "AZ" },
		{ "{", "!not_found" }, { "[", "[" }, { "ZZ", "zz" },
		{ "zzz", "!not_found" }, { "\x01", "!not_found" },
		{ "\xc3\xa9.xml", "!not_found" },
		{ "\xc3\x89.XML", "\xc3\x89.xml" },
	};

	for (size_t i = 0; i < sizeof(entry) / sizeof(entry[0]); i++)
		put(entry[i]);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
			ck_assert_str_eq(find(".", want[i].name),
			    want[i].found);
		ck_assert_uint_eq(file_index_kept(ix), round > 0);
		settle();
	}
}
END_TEST

START_TEST(changes_are_seen)
{
	char path[96];

	put("one");
	age(1000);
	ck_assert_str_eq(find(".", "ONE"), "one");
	now_ms += FILE_SETTLE_MS - 1;
	ck_assert_str_eq(find(".", "ONE"), "one");
	ck_assert_uint_eq(file_index_kept(ix), 0);
	now_ms++;
	ck_assert_str_eq(find(".", "TWO"), "!not_found");
	ck_assert_uint_eq(file_index_kept(ix), 1);
	put("two");
	age(2000);
	ck_assert_str_eq(find(".", "TWO"), "two");
	ck_assert_uint_eq(file_index_kept(ix), 0);
	settle();
	ck_assert_str_eq(find(".", "TWO"), "two");
	ck_assert_uint_eq(file_index_kept(ix), 1);
	/* A folder's time may be anything: it is another one, that counts. */
	(void)snprintf(path, sizeof(path), "%s/one", top);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_str_eq(find(".", "ONE"), "!not_found");
}
END_TEST

START_TEST(too_many)
{
	char name[32];

	for (int i = 0; i < FILE_SCAN_MAX - 2; i++) {
		(void)snprintf(name, sizeof(name), "f%d", i);
		put(name);
	}
	age(1000);
	for (int round = 0; round < 2; round++, settle())
		ck_assert_str_eq(find(".", "F16000"), "f16000");
	put("last");		/* "." and ".." count too */
	for (int round = 0; round < 3; round++, settle())
		ck_assert_str_eq(find(".", "F7"), "!limit");
	ck_assert_uint_eq(file_index_kept(ix), 1);
}
END_TEST

/* By the real clock: kept as soon as the next change must show. */
START_TEST(changes_quickly)
{
	struct file_index *real;
	char name[16], upper[16];
	int fd = open_top(".");
	size_t kept = 0;

	ck_assert_ptr_nonnull(real = file_index_new(clock_file(), NULL));
	for (int i = 0; i < 500 || (kept == 0 && file_stamp_local(fd)); i++) {
		(void)snprintf(upper, sizeof(upper), "X%d", i);
		(void)snprintf(name, sizeof(name), "x%d", i);
		ck_assert_int_eq(file_index_find(real, fd, upper, NULL),
		    ERR_NOTFOUND);
		kept += file_index_kept(real);
		put(name);
		ck_assert_int_eq(file_index_find(real, fd, upper, NULL),
		    ERR_OK);
		ck_assert_str_eq(upper, name);
		if (i % 50 == 0)
			(void)poll(NULL, 0, 2 * FILE_SETTLE_FINE_MS);
	}
	(void)close(fd);
	file_index_free(real);
}
END_TEST

/* One that may be entered but not read. */
START_TEST(not_readable)
{
	put("one");
	ck_assert_int_eq(chmod(top, 0711), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(seteuid(65534), 0);
	else
		ck_assert_int_eq(chmod(top, 0311), 0);
	ck_assert_str_eq(find(".", "ONE"), "!denied");
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(chmod(top, 0755), 0);
	ck_assert_str_eq(find(".", "ONE"), "one");
}
END_TEST

/* More folders than are kept: all are answered for. */
START_TEST(many_folders)
{
	char path[96], name[16], upper[16];

	for (int round = 0; round < 3; round++, settle())
		for (int i = 0; i < FILE_INDEX_FOLDERS + 5; i++) {
			(void)snprintf(name, sizeof(name), "d%d", i);
			(void)snprintf(path, sizeof(path), "%s/%s", top, name);
			if (round == 0)
				ck_assert_int_eq(mkdir(path, 0755), 0);
			(void)snprintf(path, sizeof(path), "d%d/x%d", i, i);
			if (round == 0)
				put(path);
			(void)snprintf(upper, sizeof(upper), "X%d", i);
			(void)snprintf(path, sizeof(path), "x%d", i);
			ck_assert_str_eq(find(name, upper), path);
			ck_assert_uint_le(file_index_kept(ix),
			    FILE_INDEX_FOLDERS);
		}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("file_index");
	TCase *t = tcase_create("index");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, names);
	tcase_add_test(t, changes_are_seen);
	tcase_add_test(t, changes_quickly);
	tcase_add_test(t, not_readable);
	tcase_add_test(t, too_many);
	tcase_add_test(t, many_folders);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
