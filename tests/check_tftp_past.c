/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is remembered of addresses.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tftpd/tftp_past.h"

#define KEY	UINT64_C(4711)

static struct tftp_past past;

static struct net_addr
addr(const char *ip, uint16_t port)
{
	struct net_addr a;

	ck_assert_int_eq(net_addr_parse(&a, ip, port, NULL), ERR_OK);
	return a;
}

static int64_t
wait_of(const char *ip, int64_t now)
{
	const struct net_addr a = addr(ip, 99);

	return tftp_past_wait(&past, &a, KEY, now);
}

static void
note(const char *ip, int64_t wait_ms, int64_t now)
{
	const struct net_addr a = addr(ip, 1);

	tftp_past_note(&past, &a, KEY, wait_ms, now);
}

/* By address, not port; the last counts, for some time. */
START_TEST(remembered)
{
	ck_assert_int_eq(wait_of("192.0.2.1", 5), 0);
	note("192.0.2.1", 70, 5);
	note("2001:db8::1", 90, 5);
	ck_assert_int_eq(wait_of("192.0.2.1", 5), 70);
	ck_assert_int_eq(wait_of("2001:db8::1", 5), 90);
	ck_assert_int_eq(wait_of("192.0.2.2", 5), 0);
	note("192.0.2.1", 40, 6);
	ck_assert_int_eq(wait_of("192.0.2.1", 5 + TFTP_PAST_MS), 40);
	ck_assert_int_eq(wait_of("192.0.2.1", 6 + TFTP_PAST_MS), 0);
	ck_assert_int_eq(wait_of("2001:db8::1", 4 + TFTP_PAST_MS), 90);
}
END_TEST

/* However many there are, none is taken for another. */
START_TEST(many)
{
	size_t known = 0;
	char ip[20];

	for (int i = 0; i < 4 * TFTP_PAST_N; i++) {
		(void)snprintf(ip, sizeof(ip), "10.0.%d.%d", i / 256, i % 256);
		note(ip, i + 1, 0);
		ck_assert_int_eq(wait_of(ip, 0), i + 1);
	}
	for (int i = 0; i < 4 * TFTP_PAST_N; i++) {
		(void)snprintf(ip, sizeof(ip), "10.0.%d.%d", i / 256, i % 256);
		if (wait_of(ip, 0) == 0)
			continue;
		ck_assert_int_eq(wait_of(ip, 0), i + 1);
		known++;
	}
	ck_assert_uint_gt(known, TFTP_PAST_N / 2);
	ck_assert_uint_le(known, TFTP_PAST_N);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tftp_past");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, remembered);
	tcase_add_test(tc, many);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
