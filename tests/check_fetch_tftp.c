/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Fetching over TFTP.
 */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/fetch.h"
#include "net/http.h"
#include "net/listen.h"
#include "tests/fetch_fix.h"

static void
send_to(int fd, const struct net_addr *to, const void *buf, size_t len)
{
	(void)sendto(fd, buf, len, MSG_NOSIGNAL,
	    (const struct sockaddr *)&to->ss, to->len);
}

/* Lock step with blocks of 512 (RFC 1350), from a port of its own. */
static void
send_blocks(int fd, const struct net_addr *to, size_t left)
{
	uint8_t pkt[516], ack[64];
	const uint8_t *p = lab.body;

	for (unsigned block = 1;; block++) {
		size_t n = left < 512 ? left : 512;

		pkt[0] = 0;
		pkt[1] = 3;
		pkt[2] = (uint8_t)(block >> 8);
		pkt[3] = (uint8_t)block;
		memcpy(pkt + 4, p, n);
		send_to(fd, to, pkt, n + 4);
		if (recv(fd, ack, sizeof(ack), 0) != 4 || ack[1] != 4)
			return;
		p += n;
		left -= n;
		if (n < 512)
			return;
	}
}

/* The first request only; its name says what comes. */
static void *
serve_tftp(void *arg)
{
	static const char missing[] = "\0\5\0\1gone", denied[] = "\0\5\0\2no",
	    other[] = "\0\5\0\0busy";
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct net_addr to;
	const char *name = lab.asked + 2;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	const struct timeval tv = { .tv_sec = 5 };
	ssize_t n;

	(void)arg;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	n = recvfrom(lab.fd, lab.asked, sizeof(lab.asked) - 1, 0,
	    (struct sockaddr *)&ss, &len);
	lab.askedlen = n > 0 ? (size_t)n : 0;
	net_addr_from(&to, (struct sockaddr *)&ss, len);
	if (strcmp(name, "missing") == 0)
		send_to(fd, &to, missing, sizeof(missing));
	else if (strcmp(name, "denied") == 0)
		send_to(fd, &to, denied, sizeof(denied));
	else if (strcmp(name, "other") == 0)
		send_to(fd, &to, other, sizeof(other));
	else if (strcmp(name, "silent") != 0)
		send_blocks(fd, &to, strtoul(name, NULL, 10));
	(void)close(fd);
	return NULL;
}

static void
start_tftp(void)
{
	open_socket(NET_UDP);
	ck_assert_int_eq(fcntl(lab.fd, F_SETFL, 0), 0);
	ck_assert_int_eq(pthread_create(&lab.thread, NULL, serve_tftp, NULL),
	    0);
}

static void
stop_tftp(void)
{
	(void)pthread_join(lab.thread, NULL);
	(void)close(lab.fd);
}

START_TEST(tftp_body)
{
	static const size_t sizes[] = { 0, 5, 512, 5000, 65536 };
	char name[24];

	(void)snprintf(name, sizeof(name), "%zu", sizes[_i]);
	start_tftp();
	expect_body("tftp", name, sizes[_i], 0);
	stop_tftp();
}
END_TEST

/* Nothing but name and mode, as the oldest phones ask; blksize when told. */
START_TEST(tftp_request)
{
	static const char plain[] = "\0\1" "7 a%/b?c\0octet";

	start_tftp();
	expect_body("tftp", "7 a%/b?c", 7, 0);
	stop_tftp();
	ck_assert_uint_eq(lab.askedlen, sizeof(plain));
	ck_assert_mem_eq(lab.asked, plain, sizeof(plain));

	start_tftp();
	expect_body("tftp", "7", 7, 1428);	/* a server without options */
	stop_tftp();
	ck_assert_ptr_nonnull(memmem(lab.asked, lab.askedlen,
	    "blksize\0" "1428", 13));
}
END_TEST

static const struct {
	const char	*name;
	size_t		 max;
	int		 code;
} tftp_errors[] = {
	{ "missing", MAX, ERR_NOTFOUND },
	{ "denied", MAX, ERR_DENIED },
	{ "other", MAX, ERR_IO },
	{ "2000", 1999, ERR_LIMIT },
	{ "silent", MAX, ERR_TIMEOUT },
};

START_TEST(tftp_error)
{
	start_tftp();
	expect_error("tftp", "127.0.0.1", tftp_errors[_i].name,
	    tftp_errors[_i].max, tftp_errors[_i].code);
	stop_tftp();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("fetch_tftp");
	TCase *tc = tcase_create("fetch");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, tftp_body, 0, 5);
	tcase_add_test(tc, tftp_request);
	tcase_add_loop_test(tc, tftp_error, 0,
	    (int)(sizeof(tftp_errors) / sizeof(tftp_errors[0])));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
