/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What tests of the file store share, see file_store_fix.h.
 */
#include <check.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "tests/file_store_fix.h"
#include "tests/trust_cluster.h"

struct signer *signer;
struct file_cache *cache;
struct file_store *store;

struct file_store *
new_store(const char *node, struct file_cache *c)
{
	struct err e = { 0 };
	struct file_store *fs = file_store_new(tc.dirfd, node, signer, c, &e);

	ck_assert_msg(fs != NULL, "%s", e.msg);
	file_store_set_keyring(fs, tc.kr);
	return fs;
}

static void
open_node(bool with_cache)
{
	static const enum own_unit units[] = { UNIT_CALLMANAGER };
	struct err e = { 0 };

	log_set_level(LOG_ERR);
	tc_open();
	ck_assert_int_eq(mkdirat(tc.dirfd, "tftp", 0755), 0);
	if (with_cache)
		ck_assert_int_eq(mkdirat(tc.dirfd, "cache", 0750), 0);
	ck_assert_ptr_nonnull(cache = file_cache_new(&e));
	signer = own_signer(tc.db, tc.kr, units, 1, &e);
	ck_assert_ptr_nonnull(signer);
	store = new_store("cm1", cache);
}

void
set_up(void)
{
	open_node(true);
}

void
set_up_without_cache(void)
{
	open_node(false);
}

void
tear_down(void)
{
	file_store_free(store);
	signer_free(signer);
	file_cache_free(cache);
	tc_close();
}

int
ask_of(struct file_store *fs, const char *req, struct file_answer *a)
{
	struct err e = { 0 };

	return file_store_get(fs, req, strlen(req), a, &e);
}

int
code(const char *req)
{
	struct file_answer a;
	int ret = ask_of(store, req, &a);

	file_answer_clear(&a);
	return ret;
}

bool
has(const char *req, const char *text)
{
	struct file_answer a;
	bool found;

	ck_assert_msg(ask_of(store, req, &a) == ERR_OK, "%s", req);
	ck_assert_ptr_nonnull(a.body);
	found = memmem(a.body, a.len, text, strlen(text)) != NULL;
	file_answer_clear(&a);
	return found;
}
