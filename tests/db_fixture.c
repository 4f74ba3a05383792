/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See db_fixture.h.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "db/internal.h"
#include "tests/db_fixture.h"

static char folder[64];
static int folder_fd = -1;

int
fix_folder(void)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(folder, sizeof(folder), "%.40s/check_db.XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chmod(folder, 0755), 0);
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(folder_fd, 0);
	return folder_fd;
}

const char *
fix_path(void)
{
	return folder;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

void
fix_remove(void)
{
	if (folder_fd == -1)
		return;
	(void)close(folder_fd);
	folder_fd = -1;
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS),
	    0);
}

struct db *
fix_open(int dirfd, const char *name, enum db_open_mode mode)
{
	struct err e = { 0 };
	struct db *db = db_open(dirfd, name, mode, &e);

	ck_assert_msg(db != NULL, "%s", e.msg);
	return db;
}

struct db *
fix_create(int dirfd)
{
	struct db *db = fix_open(dirfd, DB_FILE, DB_CREATE);
	struct err e = { 0 };

	ck_assert_msg(db_shadow_enable(db, &e) == ERR_OK, "%s", e.msg);
	return db;
}

void
fix_tx(struct db *db, db_fn *fn, void *arg)
{
	struct err e = { 0 };
	enum db_result r = db_tx(db, fn, arg, &e);

	ck_assert_msg(r == DB_DONE, "%d: %s", (int)r, e.msg);
}

int64_t
fix_i64(struct db *db, const char *sql)
{
	struct err e = { 0 };
	int64_t v;

	ck_assert_msg(db_pragma_i64(db, sql, &v, &e) == ERR_OK, "%s: %s", sql,
	    e.msg);
	return v;
}

int
fix_add_phone(struct db *db, void *arg, struct err *e)
{
	struct row_phone p = { .created_at = 1, .changed_at = 1 };

	if (!str_copy(p.name, sizeof(p.name), arg))
		return err_set(e, ERR_ARG, "name");
	return row_phone_add(db, &p, e);
}

void
fix_phone(struct db *db, const char *name)
{
	char copy[65];

	ck_assert(str_copy(copy, sizeof(copy), name));
	fix_tx(db, fix_add_phone, copy);
}

int
fix_run(Suite *s)
{
	SRunner *r = srunner_create(s);
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
