/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What tftpd's transports share.
 */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tftpd/admit.h"
#include "tftpd/serve.h"

START_TEST(ids)
{
	uint64_t a = serve_next_id(), b = serve_next_id();

	ck_assert_uint_gt(a, 0);
	ck_assert_uint_gt(b, a);
}
END_TEST

static void
count(void *owned)
{
	++*(int *)owned;
}

START_TEST(item_clear)
{
	int n = 0, fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct serve_item it = { .fd = fd, .release = count, .owned = &n };

	serve_item_clear(&it);
	serve_item_clear(&it);
	ck_assert_int_eq(n, 1);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}
END_TEST

static void
heard(void *arg, const struct serve_report *r)
{
	*(const struct serve_report **)arg = r;
}

START_TEST(tell)
{
	const struct serve_report r = { .transport = "http",
	    .result = "busy" };
	const struct serve_report *got = NULL;
	struct serve_backend b = { .report = heard, .arg = &got };
	struct stats *st = stats_new(-1, 1, NULL);

	serve_tell(&b, &r);		/* nothing counts */
	ck_assert_ptr_eq(got, &r);
	got = NULL;
	b.stats = stats_loop(st, 0);
	serve_tell(&b, &r);
	ck_assert_ptr_eq(got, &r);
	ck_assert_uint_eq(b.stats->c->ended[STATS_HTTP][STATS_BUSY], 1);
	stats_free(st);
}
END_TEST

START_TEST(admit)
{
	struct err e = { 0 };
	struct admit *a = admit_new(&e);
	struct net_addr x, y;

	ck_assert_ptr_nonnull(a);
	ck_assert_int_eq(net_addr_parse(&x, "192.0.2.1", 1, &e), ERR_OK);
	ck_assert_int_eq(net_addr_parse(&y, "192.0.2.2", 2, &e), ERR_OK);
	ck_assert(!admit_enter(a, &x));		/* no bounds yet: nobody */
	admit_set(a, 3, 2);
	ck_assert(admit_enter(a, &x));
	ck_assert(admit_enter(a, &x));
	ck_assert(!admit_enter(a, &x));		/* per address */
	ck_assert(admit_enter(a, &y));
	ck_assert(!admit_enter(a, &y));		/* in all */
	admit_leave(a, &x);
	ck_assert(admit_enter(a, &y));
	admit_leave(a, &x);
	admit_leave(a, &y);
	ck_assert(!net_count_add(admit_http(a), &x));
	admit_set_http(a, 2, 1);
	ck_assert(net_count_add(admit_http(a), &x));
	ck_assert(!net_count_add(admit_http(a), &x));
	ck_assert(net_count_add(admit_http(a), &y));	/* others are TFTP's */
	net_count_del(admit_http(a), &x);
	net_count_del(admit_http(a), &y);
	admit_leave(a, &y);
	admit_free(a);
	admit_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("serve");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, ids);
	tcase_add_test(tc, item_clear);
	tcase_add_test(tc, tell);
	tcase_add_test(tc, admit);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
