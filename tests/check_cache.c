/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The cache of answers: shared bytes, bounds, and many that ask at once.
 */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/digest.h"
#include "trust/cache.h"

#define THREADS		8
#define ASKS		125	/* by each: 1,000 together */

static struct file_cache *cache;
static atomic_int makes;

static void
set_up(void)
{
	atomic_store(&makes, 0);
	ck_assert_ptr_nonnull(cache = file_cache_new(NULL));
	file_cache_set_max(cache, 1 << 20);
}

static void
tear_down(void)
{
	file_cache_free(cache);
}

static void
key_of(int i, uint8_t key[CACHE_KEY_LEN])
{
	ck_assert_int_eq(cache_key(key, "test", &i, sizeof(i), NULL), ERR_OK);
}

static struct blob *
blob_of(size_t len, int byte)
{
	uint8_t *buf = malloc(len + 1);
	struct blob *b;

	ck_assert_ptr_nonnull(buf);
	memset(buf, byte, len);
	ck_assert_ptr_nonnull(b = blob_take(buf, len, NULL));
	return b;
}

static void
put(int i, size_t len)
{
	uint8_t key[CACHE_KEY_LEN];
	struct blob *b = blob_of(len, i);

	key_of(i, key);
	file_cache_put(cache, key, b);
	blob_unref(b);
}

static bool
held(int i)
{
	uint8_t key[CACHE_KEY_LEN];
	struct blob *b;

	key_of(i, key);
	b = file_cache_find(cache, key);
	ck_assert(b == NULL || b->len == 0 || b->bytes[0] == (uint8_t)i);
	blob_unref(b);
	return b != NULL;
}

static size_t
bytes_held(void)
{
	struct file_cache_stats s;

	file_cache_stats(cache, &s);
	return s.bytes;
}

START_TEST(keys)
{
	uint8_t a[CACHE_KEY_LEN], b[CACHE_KEY_LEN];

	ck_assert_int_eq(cache_key(a, "x", "yz", 2, NULL), ERR_OK);
	ck_assert_int_eq(cache_key(b, "xy", "z", 1, NULL), ERR_OK);
	ck_assert_mem_ne(a, b, sizeof(a));
	ck_assert_int_eq(cache_key(b, "x", "yz", 2, NULL), ERR_OK);
	ck_assert_mem_eq(a, b, sizeof(a));
}
END_TEST

START_TEST(find_and_replace)
{
	uint8_t key[CACHE_KEY_LEN], digest[32];
	struct blob *b, *other;

	ck_assert(!held(7));
	put(7, 10);
	ck_assert(held(7));
	key_of(7, key);
	b = file_cache_find(cache, key);
	ck_assert_uint_eq(b->len, 10);
	ck_assert_int_eq(digest_buf(DIGEST_SHA256, b->bytes, 10, digest,
	    NULL), ERR_OK);
	ck_assert_mem_eq(b->sha256, digest, 32);
	/* Another in its place; who holds the old bytes keeps them. */
	put(7, 20);
	other = file_cache_find(cache, key);
	ck_assert_uint_eq(other->len, 20);
	ck_assert_uint_eq(b->len, 10);
	ck_assert_uint_eq(b->bytes[9], 7);
	blob_unref(other);
	file_cache_free(cache);
	cache = NULL;
	ck_assert_uint_eq(b->bytes[0], 7);
	blob_unref(b);
	blob_unref(NULL);
}
END_TEST

START_TEST(bounded)
{
	struct file_cache_stats s;

	for (int i = 0; i < 5000; i++) {
		put(i, 1000);
		ck_assert_uint_le(bytes_held(), 1 << 20);
	}
	file_cache_stats(cache, &s);
	ck_assert_uint_gt(s.n, 700);	/* it holds what it may */
	ck_assert(held(4999));
	ck_assert(!held(0));
	/* Larger than a quarter: not kept, and nothing goes for it. */
	put(9999, 300000);
	ck_assert(!held(9999));
	ck_assert(held(4999));
	file_cache_set_max(cache, 2000);
	ck_assert_uint_le(bytes_held(), 2000);
	file_cache_set_max(cache, 0);
	ck_assert_uint_eq(bytes_held(), 0);
	put(1, 1);
	ck_assert(!held(1));
	ck_assert_uint_eq(bytes_held(), 0);
}
END_TEST

/* What is asked for again and again stays. */
START_TEST(recently_used_stays)
{
	put(-1, 1000);
	for (int i = 0; i < 5000; i++) {
		put(i, 1000);
		ck_assert(held(-1));
	}
}
END_TEST

/* --- making --- */

static int
make_slowly(void *arg, struct blob **b, struct err *e)
{
	volatile unsigned spin = 0;

	(void)e;
	atomic_fetch_add(&makes, 1);
	while (spin < 3000000)		/* as long as a signature */
		spin++;
	*b = blob_of(100, *(const int *)arg);
	return ERR_OK;
}

static void *
ask(void *arg)
{
	uint8_t key[CACHE_KEY_LEN];
	struct blob *b;
	int one = 1;

	(void)arg;
	key_of(one, key);
	for (int i = 0; i < ASKS; i++) {
		b = NULL;
		if (file_cache_get(cache, key, make_slowly, &one, &b, NULL) !=
		    ERR_OK || b->len != 100 || b->bytes[99] != 1)
			abort();
		blob_unref(b);
	}
	return NULL;
}

START_TEST(many_at_once)
{
	struct file_cache_stats s;
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, ask, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(t[i], NULL), 0);
	ck_assert_int_eq(atomic_load(&makes), 1);
	file_cache_stats(cache, &s);
	ck_assert_uint_eq(s.made, 1);
	ck_assert_uint_ge(s.hits, THREADS * ASKS - 1);
}
END_TEST

static void *
churn(void *arg)
{
	for (int i = 0; i < 3000; i++) {
		put((i * 7 + *(int *)arg) % 2000, (size_t)i % 3000);
		(void)held(i % 2000);
	}
	return NULL;
}

START_TEST(threads)
{
	pthread_t t[4];
	int arg[4];

	for (int i = 0; i < 4; i++) {
		arg[i] = i;
		ck_assert_int_eq(pthread_create(&t[i], NULL, churn, &arg[i]),
		    0);
	}
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_join(t[i], NULL), 0);
	ck_assert_uint_le(bytes_held(), 1 << 20);
}
END_TEST

static int
make_fails(void *arg, struct blob **b, struct err *e)
{
	(void)arg;
	(void)b;
	atomic_fetch_add(&makes, 1);
	return err_set(e, ERR_BADSTATE, "no signer");
}

START_TEST(failures_are_not_kept)
{
	uint8_t key[CACHE_KEY_LEN];
	struct err e = { 0 };
	struct blob *b = NULL;
	int five = 5;

	key_of(5, key);
	for (int i = 1; i <= 2; i++) {
		ck_assert_int_eq(file_cache_get(cache, key, make_fails, NULL,
		    &b, &e), ERR_BADSTATE);
		ck_assert_ptr_null(b);
		ck_assert_int_eq(atomic_load(&makes), i);
	}
	ck_assert_int_eq(file_cache_get(cache, key, make_slowly, &five, &b,
	    &e), ERR_OK);
	blob_unref(b);
	/* Without a cache each one makes its own. */
	ck_assert_int_eq(file_cache_get(NULL, key, make_slowly, &five, &b,
	    &e), ERR_OK);
	ck_assert_int_eq(atomic_load(&makes), 4);
	blob_unref(b);
	ck_assert_ptr_null(file_cache_disk(NULL));
	ck_assert_ptr_null(file_cache_disk(cache));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cache");
	TCase *t = tcase_create("cache");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, keys);
	tcase_add_test(t, find_and_replace);
	tcase_add_test(t, bounded);
	tcase_add_test(t, recently_used_stays);
	tcase_add_test(t, many_at_once);
	tcase_add_test(t, threads);
	tcase_add_test(t, failures_are_not_kept);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
