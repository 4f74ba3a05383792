/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Signatures on disk: slots, and what is left after a restart or damage.
 */
#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "trust/cache_disk.h"

static char top[64];
static int dir;

static void
set_up(void)
{
	log_set_level(LOG_ERR);
	(void)strcpy(top, "/tmp/check_cache_disk.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_ne(dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	    -1);
	ck_assert_int_eq(mkdirat(dir, "cache", 0750), 0);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

static void
tear_down(void)
{
	(void)close(dir);
	(void)nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* All keys of one set, so that ways are used up. */
static void
key_of(uint8_t key[CACHE_KEY_LEN], uint8_t i)
{
	memset(key, 9, CACHE_KEY_LEN);
	key[31] = i;
}

static struct cache_disk *
open_disk(void)
{
	struct err e = { 0 };
	struct cache_disk *d = cache_disk_new(dir, &e);

	ck_assert_msg(d != NULL, "%s", e.msg);
	return d;
}

static void
put(uint8_t i, const char *text)
{
	struct cache_disk *d = open_disk();
	uint8_t key[CACHE_KEY_LEN];

	key_of(key, i);
	cache_disk_put(d, key, text, strlen(text));
	cache_disk_free(d);		/* writes what is queued */
}

static bool
has(uint8_t i, const char *text)
{
	struct cache_disk *d = open_disk();
	uint8_t key[CACHE_KEY_LEN], head[CACHE_DISK_HEAD_MAX];
	size_t len;

	key_of(key, i);
	len = cache_disk_find(d, key, head);
	cache_disk_free(d);
	ck_assert(len == 0 || len == strlen(text));
	return len > 0 && memcmp(head, text, len) == 0;
}

START_TEST(slots)
{
	uint8_t key[CACHE_KEY_LEN], slot[CACHE_DISK_SLOT], head[2000];
	struct cache_slot s = { .written = 77, .key = key, .head = head }, t;
	static const size_t good[] = { 1, 460, CACHE_DISK_HEAD_MAX };
	static const size_t wrong[] = { 0, CACHE_DISK_HEAD_MAX + 1, 2000 };

	key_of(key, 1);
	memset(head, 'h', sizeof(head));
	for (size_t i = 0; i < 3; i++) {
		s.len = wrong[i];
		ck_assert_int_eq(cache_slot_build(&s, slot, NULL), ERR_LIMIT);
	}
	for (size_t i = 0; i < 3; i++) {
		s.len = good[i];
		ck_assert_int_eq(cache_slot_build(&s, slot, NULL), ERR_OK);
		ck_assert(cache_slot_parse(&t, slot));
		ck_assert_uint_eq(t.written, 77);
		ck_assert_uint_eq(t.len, good[i]);
		ck_assert_mem_eq(t.key, key, sizeof(key));
		ck_assert_mem_eq(t.head, head, t.len);
	}
	/* Each byte that counts, changed. */
	s.len = 20;
	ck_assert_int_eq(cache_slot_build(&s, slot, NULL), ERR_OK);
	for (size_t i = 0; i < 4 + 8 + 32 + 2 + 20 + 32; i++) {
		slot[i] ^= 0x10;
		ck_assert_msg(!cache_slot_parse(&t, slot), "byte %zu", i);
		slot[i] ^= 0x10;
	}
	ck_assert(cache_slot_parse(&t, slot));
	memset(slot, 0, sizeof(slot));
	ck_assert(!cache_slot_parse(&t, slot));
	memset(slot, 0xff, sizeof(slot));
	ck_assert(!cache_slot_parse(&t, slot));
}
END_TEST

START_TEST(survives)
{
	struct stat st;

	ck_assert(!has(1, "one"));
	put(1, "one");
	put(2, "two");
	ck_assert(has(1, "one"));
	ck_assert(has(2, "two"));
	ck_assert(!has(3, "two"));
	put(1, "changed");
	ck_assert(has(1, "changed"));
	ck_assert_int_eq(fstatat(dir, CACHE_DISK_FILE, &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 0777 & ~0640u, 0);
	ck_assert_int_le(st.st_size, (off_t)CACHE_DISK_SETS *
	    CACHE_DISK_WAYS * CACHE_DISK_SLOT);
}
END_TEST

START_TEST(bounded)
{
	char text[8];
	int n = 0;

	for (uint8_t i = 0; i < 3 * CACHE_DISK_WAYS; i++) {
		(void)snprintf(text, sizeof(text), "%d", i);
		put(i, text);
		ck_assert(has(i, text));
	}
	for (uint8_t i = 0; i < 3 * CACHE_DISK_WAYS; i++) {
		(void)snprintf(text, sizeof(text), "%d", i);
		n += has(i, text);
	}
	ck_assert_int_eq(n, CACHE_DISK_WAYS);
}
END_TEST

START_TEST(damaged)
{
	struct stat st;
	int fd;

	put(1, "one");
	ck_assert_int_eq(fstatat(dir, CACHE_DISK_FILE, &st, 0), 0);
	fd = openat(dir, CACHE_DISK_FILE, O_RDWR | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	/* Cut within the slot, as a crash may leave it. */
	ck_assert_int_eq(ftruncate(fd, st.st_size - CACHE_DISK_SLOT + 50), 0);
	ck_assert(!has(1, "one"));
	put(1, "one");
	ck_assert(has(1, "one"));
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert(!has(1, "one"));
	(void)close(fd);
}
END_TEST

START_TEST(refused)
{
	struct err e = { 0 };

	ck_assert_int_eq(unlinkat(dir, "cache", AT_REMOVEDIR), 0);
	ck_assert_ptr_null(cache_disk_new(dir, &e));
	ck_assert_ptr_nonnull(strstr(e.msg, "make cache/ again"));
	ck_assert_int_eq(mkdirat(dir, "cache", 0750), 0);
	ck_assert_int_eq(symlinkat("elsewhere", dir, CACHE_DISK_FILE), 0);
	ck_assert_ptr_null(cache_disk_new(dir, &e));
	ck_assert_int_eq(unlinkat(dir, CACHE_DISK_FILE, 0), 0);
	ck_assert_int_eq(mkfifoat(dir, CACHE_DISK_FILE, 0600), 0);
	ck_assert_ptr_null(cache_disk_new(dir, &e));
	ck_assert_ptr_nonnull(strstr(e.msg, "not a regular file"));
}
END_TEST

/* Wanted, refused, wanted again: told once, tried again after a change. */
START_TEST(switched)
{
	struct file_cache *c = file_cache_new(NULL);

	ck_assert_ptr_null(file_cache_disk(c));
	file_cache_set_disk(c, dir, true);
	ck_assert_ptr_nonnull(file_cache_disk(c));
	file_cache_set_disk(c, dir, false);
	ck_assert_ptr_null(file_cache_disk(c));
	file_cache_set_disk(c, dir, true);
	ck_assert_ptr_nonnull(file_cache_disk(c));
	file_cache_free(c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cache_disk");
	TCase *t = tcase_create("disk");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, slots);
	tcase_add_test(t, survives);
	tcase_add_test(t, bounded);
	tcase_add_test(t, damaged);
	tcase_add_test(t, refused);
	tcase_add_test(t, switched);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
