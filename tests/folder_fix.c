/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What tests of the folder share, see folder_fix.h.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "tests/folder_fix.h"
#include "tests/openat2.h"
#include "tests/trust_cluster.h"
#include "trust/folder.h"

struct db *observed;
struct folder *folder;
int64_t mono_ms;
int64_t still_s;
char other[64];

static int64_t
wall(void *arg)
{
	(void)arg;
	return still_s != 0 ? still_s * 1000000000 :
	    clock_wall_ns(clock_system());
}

static int64_t
mono(void *arg)
{
	(void)arg;
	return mono_ms * 1000000;
}

const struct clock clk = { .wall_ns = wall, .mono_ns = mono };

void
begin(void)
{
	struct err e = { 0 };

	folder = folder_new(tc.dirfd, "cm1", tc.db, observed, &clk, &e);
	ck_assert_msg(folder != NULL, "%s", e.msg);
}

void
set_up(void)
{
	struct err e = { 0 };

	log_set_level(LOG_ERR);
	tc_open();
	mono_ms = 1000000;
	still_s = 0;
	ck_assert_int_eq(mkdirat(tc.dirfd, "tftp", 0755), 0);
	ck_assert_msg(observed_create(tc.dirfd, &e) == ERR_OK, "%s", e.msg);
	ck_assert_ptr_nonnull(observed = db_open(tc.dirfd, OBSERVED_FILE,
	    DB_WRITE, &e));
	(void)str_copy(other, sizeof(other), "/tmp/check_folder.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(other));
	begin();
}

void
tear_down(void)
{
	folder_free(folder);
	db_close(observed);
	tc_close();
	tc_remove_folder(other);
}

void
put(const char *name, const char *text)
{
	struct err e = { 0 };

	ck_assert_msg(file_replace(tc.dirfd, name, 0644, text, strlen(text),
	    &e) == ERR_OK, "%s", e.msg);
}

void
set_time(const char *name, time_t at)
{
	struct timespec ts[2] = { { at, 0 }, { at, 0 } };

	ck_assert_int_eq(utimensat(tc.dirfd, name, ts, 0), 0);
}

int64_t
look(void)
{
	struct err e = { 0 };
	int64_t again;

	ck_assert_msg(folder_look(folder, &again, &e) == ERR_OK, "%s", e.msg);
	return again;
}

void
settle(void)
{
	int64_t again;

	for (int i = 0; (again = look()) != -1; i++) {
		ck_assert_int_lt(i, 20);
		ck_assert_int_gt(again, 0);
		mono_ms += again;
	}
}

bool
has_phone(const char *name, struct row_phone *p)
{
	return row_phone_get(tc.db, name, p, NULL) == ERR_OK;
}

void
expect_file(const char *text, const char *origin)
{
	struct row_phone_file f;

	ck_assert_int_eq(row_phone_file_get(tc.db, DEV, &f, NULL), ERR_OK);
	ck_assert_uint_eq(f.len, strlen(text));
	ck_assert_int_eq(memcmp(f.xml, text, f.len), 0);
	ck_assert_str_eq(f.origin, origin);
	row_phone_file_clear(&f);
}

void
expect_state(enum folder_state state, const char *why)
{
	struct folder_file f;
	struct err e = { 0 };

	ck_assert_msg(observed_folder_get(observed, DEV, &f, &e) == ERR_OK,
	    "%s", e.msg);
	ck_assert_str_eq(folder_state_name[f.state],
	    folder_state_name[state]);
	ck_assert_msg(strstr(f.why, why) != NULL, "%s", f.why);
}

int64_t
changes(void)
{
	int64_t seq = -1;
	bool trimmed;

	ck_assert_int_eq(db_changes(tc.db, &seq, &trimmed, NULL, NULL, NULL),
	    ERR_OK);
	return seq;
}

int
command_tx(struct db *db, void *arg, struct err *e)
{
	const struct command *c = arg;
	struct row_phone p = { .name = DEV, .created_at = c->at,
	    .changed_at = c->at };
	struct row_phone_file f = { .name = DEV, .origin = "command",
	    .changed_at = c->at, .len = c->text != NULL ? strlen(c->text) :
	    0 };
	int ret;

	if (c->remove)
		return row_phone_remove(db, DEV, e);
	if ((ret = row_phone_put(db, &p, e)) != ERR_OK || c->text == NULL)
		return ret;
	f.xml = (uint8_t *)(uintptr_t)c->text;
	return row_phone_file_put(db, &f, e);
}

void
command(const char *text, int64_t at)
{
	struct command c = { .text = text, .at = at };

	tc_done(command_tx, &c);
}
