/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets on their way out, as a socket on loopback gets them.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tftpd/tftp_out.h"

static struct tftp_out *out;
static struct net_addr to;
static int tx, rx;

static int
bound(struct net_addr *a)
{
	const int size = 8 << 20;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(net_addr_parse(a, "127.0.0.1", 0, NULL), ERR_OK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a->ss, a->len), 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	net_addr_from(a, (struct sockaddr *)&ss, len);
	return fd;
}

static void
setup(void)
{
	struct net_addr a;

	ck_assert_ptr_nonnull(out = tftp_out_new(NULL));
	rx = bound(&to);
	tx = bound(&a);
}

static void
teardown(void)
{
	tftp_out_free(out);
	(void)close(rx);
	(void)close(tx);
}

static bool
heard(int ms)
{
	struct pollfd p = { .fd = rx, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

/* The next packet is n bytes of value v. */
static void
hear(size_t n, uint8_t v)
{
	static uint8_t in[65536];
	size_t same = 0;
	ssize_t got;

	ck_assert(heard(30000));
	got = recv(rx, in, sizeof(in), 0);
	ck_assert_int_eq(got, (ssize_t)n);
	while (same < n && in[same] == v)
		same++;
	ck_assert_uint_eq(same, n);
}

/* n packets of seg bytes, values from v on, the last of last bytes. */
static void
put(size_t n, size_t seg, size_t last, uint8_t v, bool *plain)
{
	size_t cap;
	uint8_t *buf = tftp_out_room(out, tx, &cap);

	ck_assert_uint_ge(cap, TFTP_DATAGRAM_MAX);
	ck_assert_uint_le((n - 1) * seg + last, cap);
	for (size_t i = 0; i < n; i++)
		memset(buf + i * seg, v + (int)i, i + 1 < n ? seg : last);
	tftp_out_put(out, &to, (n - 1) * seg + last, seg, plain);
}

START_TEST(window)
{
	bool plain = _i == 1;

	put(30, 1432, 99, 1, &plain);
	ck_assert(!heard(0));
	tftp_out_flush(out);
	for (uint8_t i = 1; i < 30; i++)
		hear(1432, i);
	hear(99, 30);
	ck_assert(!heard(0));
	ck_assert_int_eq(plain, _i == 1);
}
END_TEST

/* More than a datagram may hold when it is cut: the kernel says no, and all
 * arrive all the same. */
START_TEST(apart)
{
	bool plain = false;

	put(2, 40000, 20000, 7, &plain);	/* a window of one and a bit */
	tftp_out_flush(out);
	hear(40000, 7);
	hear(20000, 8);
	plain = false;
	/* UDP_SEGMENT where there are no checksums to compute */
	ck_assert_int_eq(setsockopt(tx, SOL_SOCKET, SO_NO_CHECK,
	    &(const int){ 1 }, sizeof(int)), 0);
	put(10, 1000, 10, 20, &plain);
	tftp_out_flush(out);
	for (uint8_t i = 20; i < 29; i++)
		hear(1000, i);
	hear(10, 29);
	ck_assert_msg(plain, "the kernel cut it after all");
}
END_TEST

/* More messages and bytes than wait at a time; another socket; leaving. */
START_TEST(many)
{
	bool plain = false, other = false;
	struct net_addr a;
	size_t cap;
	int tx2;

	for (int i = 0; i < 200; i++)
		put(1, 600, 4, (uint8_t)i, &plain);
	for (int i = 0; i < 10; i++)
		put(1, 65000, 60000, (uint8_t)i, &plain);
	tftp_out_leave(out, &other);
	tftp_out_leave(out, &plain);
	for (int i = 0; i < 200; i++)
		hear(4, (uint8_t)i);
	for (int i = 0; i < 10; i++)
		hear(60000, (uint8_t)i);
	put(1, 600, 5, 9, &plain);
	tftp_out_leave(out, &other);
	ck_assert(!heard(0));
	tx2 = bound(&a);
	(void)tftp_out_room(out, tx2, &cap);	/* sends what waits for tx */
	hear(5, 9);
	(void)close(tx2);
}
END_TEST

/* One that cannot be sent does not keep the others. */
START_TEST(unsendable)
{
	struct net_addr good = to;
	bool plain = false;

	put(1, 600, 4, 1, &plain);
	ck_assert_int_eq(net_addr_parse(&to, "::1", 9, NULL), ERR_OK);
	put(1, 600, 4, 2, &plain);	/* not on a socket of IPv4 */
	to = good;
	put(1, 600, 4, 3, &plain);
	tftp_out_flush(out);
	hear(4, 1);
	hear(4, 3);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tftp_out");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);	/* valgrind */
	tcase_add_loop_test(tc, window, 0, 2);
	tcase_add_test(tc, apart);
	tcase_add_test(tc, many);
	tcase_add_test(tc, unsendable);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
