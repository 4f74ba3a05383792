/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/storm_msg.c: answers of servers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "phonesim/storm_msg.h"

#define B(s)	(const uint8_t *)(s), sizeof(s) - 1

static struct storm_packet p;
static struct storm_head h;

START_TEST(packets)
{
	ck_assert_int_eq(storm_packet_parse(&p, B("\0\3\1\2hello"), NULL), 0);
	ck_assert_int_eq(p.op, STORM_DATA);
	ck_assert_uint_eq(p.block, 0x102);
	ck_assert_uint_eq(p.len, 5);
	ck_assert_mem_eq(p.data, "hello", 5);
	ck_assert_int_eq(storm_packet_parse(&p, B("\0\3\0\1"), NULL), 0);
	ck_assert_uint_eq(p.len, 0);
	ck_assert_int_eq(storm_packet_parse(&p, B("\0\5\0\1none\0"), NULL), 0);
	ck_assert_int_eq(p.op, STORM_ERROR);
	ck_assert_uint_eq(p.code, 1);
	ck_assert_uint_eq(p.len, 4);
	ck_assert_int_eq(storm_packet_parse(&p, B("\0\5\0\2sloppy"), NULL), 0);
	ck_assert_uint_eq(p.len, 6);
	ck_assert_int_eq(storm_packet_parse(&p,
	    B("\0\6BLKSIZE\0" "1428\0tsize\0" "99\0"), NULL), 0);
	ck_assert_int_eq(p.op, STORM_OACK);
	ck_assert_uint_eq(p.blksize, 1428);
	ck_assert_uint_eq(p.tsize, 99);
	ck_assert_int_eq(storm_packet_parse(&p, B("\0\6tsize\0" "9\0"), NULL),
	    0);
	ck_assert_uint_eq(p.blksize, 512);
}
END_TEST

static const struct {
	const uint8_t	*buf;
	size_t		 len;
} bad_packets[] = {
	{ B("") }, { B("\0") }, { B("\0\3") }, { B("\0\3\1") },
	{ B("\0\5\1") }, { B("\0\1file\0octet\0") }, { B("\0\4\0\1") },
	{ B("\1\3\0\1") }, { B("\0\7\0\0") },
	{ B("\0\6blksize\0") }, { B("\0\6blksize\0" "512") },
	{ B("\0\6blksize\0" "7\0") }, { B("\0\6blksize\0" "1429\0") },
	{ B("\0\6blksize\0" "x\0") }, { B("\0\6tsize\0-1\0") },
	{ B("\0\6windowsize\0" "4\0") },
};

START_TEST(no_packets)
{
	struct err e = { 0 };

	ck_assert_int_eq(storm_packet_parse(&p, bad_packets[_i].buf,
	    bad_packets[_i].len, &e), ERR_PROTO);
	ck_assert_str_ne(e.msg, "");
}
END_TEST

#define HEAD	"HTTP/1.1 200 OK\r\nServer: x\r\ncontent-LENGTH:  5\r\n\r\n"

START_TEST(head_in_pieces)
{
	static const char text[] = HEAD "hello";

	for (size_t n = 0; n < sizeof(text); n++) {
		ck_assert_int_eq(storm_head_parse(&h, (const uint8_t *)text,
		    n, NULL), ERR_OK);
		ck_assert_uint_eq(h.size, n < sizeof(HEAD) - 1 ? 0 :
		    sizeof(HEAD) - 1);
	}
	ck_assert_int_eq(h.status, 200);
	ck_assert_uint_eq(h.length, 5);
	ck_assert_int_eq(storm_head_parse(&h,
	    B("HTTP/1.0 404\nContent-Length: 0\n\n"), NULL), ERR_OK);
	ck_assert_int_eq(h.status, 404);
}
END_TEST

static const struct {
	const uint8_t	*buf;
	size_t		 len;
} bad_heads[] = {
	{ B("HTTP/1.1 200 OK\r\n\r\n") },
	{ B("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
	    "Content-Length: 5\r\n\r\n") },
	{ B("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n") },
	{ B("HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n") },
	{ B("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n") },
	{ B("HTTP/1.1 200 OK\r\nContent-Length: "
	    "00000000000000000000000000000000000000000000000000000000"
	    "5\r\n\r\n") },
	{ B("HTTP/1.1 2000 OK\r\n") }, { B("HTTP/1.1 099 OK\r\n") },
	{ B("HTTP/1.1 20x OK\r\n") }, { B("HTTP/2.0 200 OK\r\n") },
	{ B("HTTP/1.1200 OK\r\n") }, { B("\n") }, { B("SIP/2.0 200 OK\r\n") },
};

START_TEST(no_heads)
{
	struct err e = { 0 };

	ck_assert_int_eq(storm_head_parse(&h, bad_heads[_i].buf,
	    bad_heads[_i].len, &e), ERR_PROTO);
	ck_assert_str_ne(e.msg, "");
}
END_TEST

START_TEST(endless_head)
{
	static uint8_t buf[STORM_HEAD_MAX + 64];
	int n;

	n = snprintf((char *)buf, sizeof(buf), "HTTP/1.1 200 OK\r\nX: ");
	memset(buf + n, 'x', sizeof(buf) - (size_t)n);
	ck_assert_int_eq(storm_head_parse(&h, buf, STORM_HEAD_MAX - 1, NULL),
	    ERR_OK);
	ck_assert_uint_eq(h.size, 0);
	ck_assert_int_eq(storm_head_parse(&h, buf, STORM_HEAD_MAX, NULL),
	    ERR_PROTO);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("storm_msg");
	TCase *t = tcase_create("storm_msg");
	SRunner *r;
	int failed;

	tcase_add_test(t, packets);
	tcase_add_loop_test(t, no_packets, 0, sizeof(bad_packets) /
	    sizeof(bad_packets[0]));
	tcase_add_test(t, head_in_pieces);
	tcase_add_loop_test(t, no_heads, 0, sizeof(bad_heads) /
	    sizeof(bad_heads[0]));
	tcase_add_test(t, endless_head);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
