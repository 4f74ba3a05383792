/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Sockets that transfers share: who gets which.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tftpd/tftp_pool.h"

static struct loop *loop;
static struct tftp_pool *pool;

static void
nothing(void *arg, struct tftp_tid *t)
{
	(void)arg;
	(void)t;
}

static void
setup(void)
{
	ck_assert_ptr_nonnull(loop = loop_new(NULL));
	pool = tftp_pool_new(loop, 12345, nothing, NULL, NULL);
	ck_assert_ptr_nonnull(pool);
}

static void
teardown(void)
{
	tftp_pool_free(pool);
	loop_free(loop);
}

static struct net_addr
addr(const char *ip, unsigned port)
{
	struct net_addr a;

	ck_assert_int_eq(net_addr_parse(&a, ip, (uint16_t)port, NULL), ERR_OK);
	return a;
}

static struct tftp_tid *
take(const char *local, const char *ip, unsigned port)
{
	const struct net_addr l = addr(local, 0), p = addr(ip, port);
	struct err e = { 0 };
	struct tftp_tid *t = tftp_pool_take(pool, &l, &p, 0, &e);

	ck_assert_msg(t != NULL, "%s", e.msg);
	return t;
}

/* One peer in turn on all of an address's sockets, before any again. */
START_TEST(not_of_late)
{
	struct tftp_tid *t[TFTP_POOL_PER_ADDRESS], *first;
	const struct net_addr other = addr("192.0.2.1", 1001);
	const struct net_addr peer = addr("192.0.2.1", 1000);

	for (size_t i = 0; i < TFTP_POOL_PER_ADDRESS; i++) {
		t[i] = take("127.0.0.1", "192.0.2.1", 1000);
		tftp_pool_give(t[i]);
		for (size_t j = 0; j < i; j++)
			ck_assert_ptr_ne(t[i], t[j]);
		ck_assert(tftp_pool_knows(t[i], &peer));
		ck_assert(!tftp_pool_knows(t[i], &other));
	}
	ck_assert_uint_eq(tftp_pool_size(pool), TFTP_POOL_PER_ADDRESS);
	first = take("127.0.0.1", "192.0.2.1", 1000);	/* a new turn */
	tftp_pool_give(first);
	ck_assert(tftp_pool_knows(first, &peer));
	ck_assert_ptr_ne(take("127.0.0.1", "192.0.2.1", 1000), first);
	ck_assert_uint_eq(tftp_pool_size(pool), TFTP_POOL_PER_ADDRESS);
}
END_TEST

/* However many peers came since: two transfers of one peer on one socket could
 * not be told apart. */
START_TEST(never_one_in_use)
{
	const struct net_addr l = addr("127.0.0.1", 0);
	const struct net_addr p = addr("192.0.2.1", 1000);
	struct tftp_tid *first, *t;
	uint64_t live = 0;
	struct err e = { 0 };

	first = take("127.0.0.1", "192.0.2.1", 1000);
	for (unsigned i = 0; i < 60000; i++)
		tftp_pool_give(take("127.0.0.1", "192.0.2.1", 2000 + i));
	ck_assert(!tftp_pool_knows(first, &p));
	for (int i = 0; i < TFTP_POOL_PER_ADDRESS; i++) {
		t = tftp_pool_take(pool, &l, &p, live, &e);
		ck_assert_msg(t != NULL, "%s", e.msg);
		ck_assert_uint_eq(live >> t->slot & 1, 0);
		live |= UINT64_C(1) << t->slot;
	}
	ck_assert_ptr_null(tftp_pool_take(pool, &l, &p, live, &e));
	ck_assert_int_eq(e.code, ERR_BUSY);
	live ^= UINT64_C(1) << first->slot;
	ck_assert_ptr_eq(tftp_pool_take(pool, &l, &p, live, &e), first);
}
END_TEST

/* Many peers share few sockets. */
START_TEST(shared)
{
	for (unsigned i = 0; i < 1000; i++)
		(void)take("127.0.0.1", "192.0.2.1", 2000 + i);
	ck_assert_uint_ge(tftp_pool_size(pool), 1000 / TFTP_POOL_SHARE);
	ck_assert_uint_lt(tftp_pool_size(pool), 16);
}
END_TEST

/* Each address of ours has its own, and all together are bounded. */
START_TEST(addresses)
{
	struct tftp_tid *t[4 * TFTP_POOL_PER_ADDRESS];
	const struct net_addr l = addr("127.0.1.9", 0);
	const struct net_addr p = addr("192.0.2.2", 9);
	struct err e = { 0 };
	char ip[20];
	size_t n = 0;

	for (int a = 1; a <= 4; a++)
		for (int i = 0; i < TFTP_POOL_PER_ADDRESS; i++) {
			(void)snprintf(ip, sizeof(ip), "127.0.1.%d", a);
			t[n++] = take(ip, "192.0.2.1", 1000);
		}
	ck_assert_uint_eq(tftp_pool_size(pool), TFTP_POOL_MAX);
	ck_assert_ptr_null(tftp_pool_take(pool, &l, &p, 0, &e));
	ck_assert_int_eq(e.code, ERR_BUSY);
	tftp_pool_give(t[10]);		/* makes room */
	ck_assert_ptr_nonnull(tftp_pool_take(pool, &l, &p, 0, &e));
	ck_assert_uint_eq(tftp_pool_size(pool), TFTP_POOL_MAX);
}
END_TEST

START_TEST(no_such_address)
{
	const struct net_addr l = addr("192.0.2.77", 0);
	const struct net_addr p = addr("192.0.2.2", 9);
	struct err e = { 0 };

	ck_assert_ptr_null(tftp_pool_take(pool, &l, &p, 0, &e));
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_uint_eq(tftp_pool_size(pool), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tftp_pool");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);	/* valgrind */
	tcase_add_test(tc, not_of_late);
	tcase_add_test(tc, never_one_in_use);
	tcase_add_test(tc, shared);
	tcase_add_test(tc, addresses);
	tcase_add_test(tc, no_such_address);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
