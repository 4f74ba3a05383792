/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The files of folders: order, folders below, links, what is not there.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctltool/cert_walk.h"

static char dir[64];
static int dirfd_;

static void
touch(const char *name)
{
	int fd = openat(dirfd_, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	ck_assert_int_ne(fd, -1);
	(void)close(fd);
}

static void
setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/check_cert_walk.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(mkdirat(dirfd_, "b", 0700), 0);
	ck_assert_int_eq(mkdirat(dirfd_, "b/c", 0700), 0);
	touch("z.pem");
	touch("Z.pem");
	touch(".hidden");
	touch("b/x");
	touch("b/c/y");
	ck_assert_int_eq(symlinkat("z.pem", dirfd_, "link"), 0);
	ck_assert_int_eq(symlinkat("nowhere", dirfd_, "broken"), 0);
	ck_assert_int_eq(symlinkat("..", dirfd_, "b/loop"), 0);
}

static void
teardown(void)
{
	static const char *const files[] = { "b/loop", "broken", "link",
	    "b/c/y", "b/x", ".hidden", "Z.pem", "z.pem" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlinkat(dirfd_, files[i], 0);
	(void)unlinkat(dirfd_, "b/c", AT_REMOVEDIR);
	(void)unlinkat(dirfd_, "b", AT_REMOVEDIR);
	(void)close(dirfd_);
	(void)rmdir(dir);
}

static void
walked(const char *path, bool recursive, size_t nfolders, const char *want)
{
	struct cert_walk w = { .n = 0 };
	struct err e = { 0 };
	char got[400] = "";

	ck_assert_msg(cert_walk_add(&w, dirfd_, path, recursive, &e) ==
	    ERR_OK, "%s", e.msg);
	for (size_t i = 0; i < w.n; i++) {
		(void)strcat(got, w.name[i]);
		(void)strcat(got, " ");
	}
	ck_assert_str_eq(got, want);
	ck_assert_uint_eq(w.nfolders, nfolders);
	cert_walk_clear(&w);
	ck_assert_uint_eq(w.n, 0);
}

START_TEST(in_order)
{
	walked(".", false, 1, "./.hidden ./Z.pem ./broken ./link ./z.pem ");
	/* A link to a folder is no folder: it leads round and round. */
	walked("b", false, 1, "b/loop b/x ");
	walked("b/", true, 0, "b/c/y b/loop b/x ");
	walked("b/c", true, 0, "b/c/y ");
}
END_TEST

START_TEST(files)
{
	walked("z.pem", true, 0, "z.pem ");
	walked("not-there", true, 0, "not-there ");
	ck_assert(cert_walk_is_folder(dirfd_, "b"));
	ck_assert(!cert_walk_is_folder(dirfd_, "z.pem"));
	ck_assert(!cert_walk_is_folder(dirfd_, "not-there"));
}
END_TEST

START_TEST(too_deep)
{
	struct cert_walk w = { .n = 0 };
	struct err e = { 0 };
	char path[4 * CERT_WALK_DEPTH + 8] = "b/c";

	for (int i = 0; i <= CERT_WALK_DEPTH; i++) {
		(void)strcat(path, "/d");
		ck_assert_int_eq(mkdirat(dirfd_, path, 0700), 0);
	}
	ck_assert_int_eq(cert_walk_add(&w, dirfd_, "b/c", true, &e),
	    ERR_LIMIT);
	cert_walk_clear(&w);
	for (; strlen(path) > strlen("b/c"); path[strlen(path) - 2] = '\0')
		(void)unlinkat(dirfd_, path, AT_REMOVEDIR);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cert_walk");
	TCase *c = tcase_create("cert_walk");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, in_order);
	tcase_add_test(c, files);
	tcase_add_test(c, too_deep);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
