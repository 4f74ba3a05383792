/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * TFTP packets: layouts of RFC 1350 section 5 and RFC 2347 to 2349, written
 * out by hand.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tftpd/tftp_msg.h"

#define B(s)	(const uint8_t *)(s), sizeof(s) - 1

struct request {
	const char	*name;
	const uint8_t	*bytes;
	size_t		 len;
	uint16_t	 op;
	const char	*file;
	enum tftp_mode	 mode;
	struct tftp_opts o;
};

static const struct request requests[] = {
	{ "plain", B("\0\1ITLFile.tlv\0octet\0"), TFTP_RRQ, "ITLFile.tlv",
	    TFTP_OCTET, { 0 } },
	{ "mode in capitals", B("\0\1a\0OcTeT\0"), TFTP_RRQ, "a", TFTP_OCTET,
	    { 0 } },
	{ "netascii", B("\0\1a\0netascii\0"), TFTP_RRQ, "a", TFTP_NETASCII,
	    { 0 } },
	{ "mail", B("\0\2u\0MAIL\0"), TFTP_WRQ, "u", TFTP_MAIL, { 0 } },
	{ "unknown mode", B("\0\1a\0binary\0"), TFTP_RRQ, "a",
	    TFTP_MODE_OTHER, { 0 } },
	{ "empty name", B("\0\1\0octet\0"), TFTP_RRQ, "", TFTP_OCTET, { 0 } },
	{ "write", B("\0\2a\0octet\0"), TFTP_WRQ, "a", TFTP_OCTET, { 0 } },
	{ "all options", B("\0\1a\0octet\0blksize\0001428\0timeout\0003\0"
	    "tsize\0000\0windowsize\00016\0"), TFTP_RRQ, "a", TFTP_OCTET,
	    { 1428, 3, true, 0, 16 } },
	{ "largest window", B("\0\1a\0octet\0windowsize\00065535\0"),
	    TFTP_RRQ, "a", TFTP_OCTET, { .windowsize = 65535 } },
	{ "window of none", B("\0\1a\0octet\0windowsize\0000\0"), TFTP_RRQ,
	    "a", TFTP_OCTET, { 0 } },
	{ "window too large", B("\0\1a\0octet\0windowsize\00065536\0"),
	    TFTP_RRQ, "a", TFTP_OCTET, { 0 } },
	{ "names in capitals", B("\0\1a\0octet\0BLKSIZE\0008\0TSize\00099\0"),
	    TFTP_RRQ, "a", TFTP_OCTET, { 8, 0, true, 99, 0 } },
	{ "unknown options", B("\0\1a\0octet\0x\0y\0x\0y\0blksize\00065464\0"
	    "multicast\0008\0"), TFTP_RRQ, "a", TFTP_OCTET, { 65464, 0,
	    false, 0, 0 } },
	{ "blksize too small", B("\0\1a\0octet\0blksize\0007\0"), TFTP_RRQ,
	    "a", TFTP_OCTET, { 0 } },
	{ "blksize too large", B("\0\1a\0octet\0blksize\00065465\0"), TFTP_RRQ,
	    "a", TFTP_OCTET, { 0 } },
	{ "blksize no number", B("\0\1a\0octet\0blksize\0005x\0tsize\0\0"),
	    TFTP_RRQ, "a", TFTP_OCTET, { 0 } },
	{ "blksize with sign", B("\0\1a\0octet\0blksize\000+512\0"), TFTP_RRQ,
	    "a", TFTP_OCTET, { 0 } },
	{ "timeout 0", B("\0\1a\0octet\0timeout\0000\0"), TFTP_RRQ, "a",
	    TFTP_OCTET, { 0 } },
	{ "timeout 256", B("\0\1a\0octet\0timeout\000256\0"), TFTP_RRQ, "a",
	    TFTP_OCTET, { 0 } },
	{ "tsize beyond 63 bits", B("\0\1a\0octet\0tsize\0"
	    "18446744073709551615\0"), TFTP_RRQ, "a", TFTP_OCTET, { 0 } },
	{ "padded", B("\0\1a\0octet\0\0\0\0\0\0"), TFTP_RRQ, "a", TFTP_OCTET,
	    { 0 } },
	{ "padded after options", B("\0\1a\0octet\0tsize\0000\0\0\0"),
	    TFTP_RRQ, "a", TFTP_OCTET, { 0, 0, true, 0, 0 } },
};

static void
same_opts(const char *name, const struct tftp_opts *a,
    const struct tftp_opts *b)
{
	ck_assert_msg(a->blksize == b->blksize, "%s: blksize %u", name,
	    a->blksize);
	ck_assert_msg(a->timeout_s == b->timeout_s, "%s: timeout", name);
	ck_assert_msg(a->has_tsize == b->has_tsize && a->tsize == b->tsize,
	    "%s: tsize", name);
	ck_assert_msg(a->windowsize == b->windowsize, "%s: windowsize", name);
}

START_TEST(parse_request)
{
	const struct request *v = &requests[_i];
	struct err e = { 0 };
	struct tftp_msg m;

	ck_assert_msg(tftp_msg_parse(&m, v->bytes, v->len, &e) == ERR_OK,
	    "%s: %s", v->name, e.msg);
	ck_assert_msg(m.op == v->op, "%s: op", v->name);
	ck_assert_str_eq(m.file, v->file);
	ck_assert_msg(m.mode == v->mode, "%s: mode", v->name);
	same_opts(v->name, &m.opts, &v->o);
}
END_TEST

static const struct {
	const char	*name;
	const uint8_t	*bytes;
	size_t		 len;
	size_t		 off;
} broken[] = {
	{ "empty", B(""), 0 },
	{ "one byte", B("\0"), 0 },
	{ "opcode 0", B("\0\0\0\0"), 2 },
	{ "opcode 7", B("\0\7\0\0"), 2 },
	{ "opcode 257", B("\1\1a\0octet\0"), 2 },
	{ "name not ended", B("\0\1abc"), 2 },
	{ "no mode", B("\0\1abc\0"), 6 },
	{ "mode not ended", B("\0\1abc\0octet"), 6 },
	{ "option without value", B("\0\1a\0octet\0tsize\0"), 16 },
	{ "value not ended", B("\0\1a\0octet\0tsize\0001"), 16 },
	{ "option not ended", B("\0\1a\0octet\0tsize"), 10 },
	{ "bytes behind padding", B("\0\1a\0octet\0\0\0x"), 12 },
	{ "blksize twice", B("\0\1a\0octet\0blksize\000512\0BLKSIZE\0001024\0"),
	    35 },
	{ "useless, then again", B("\0\1a\0octet\0tsize\0x\0tsize\0000\0"),
	    26 },
	{ "ACK cut", B("\0\4\0"), 2 },
	{ "ACK too long", B("\0\4\0\1\0"), 4 },
	{ "DATA cut", B("\0\3\0"), 2 },
	{ "ERROR cut", B("\0\5\0"), 2 },
	{ "OACK without value", B("\0\6tsize\0"), 8 },
};

START_TEST(parse_broken)
{
	struct err e = { 0 };
	struct tftp_msg m;

	ck_assert_msg(tftp_msg_parse(&m, broken[_i].bytes, broken[_i].len,
	    &e) == ERR_PROTO, "%s was taken", broken[_i].name);
	ck_assert_msg(e.off == broken[_i].off, "%s: offset %zu",
	    broken[_i].name, e.off);
}
END_TEST

/* Every cut of a whole request is refused, but for the ends of its pairs. */
START_TEST(parse_cut)
{
	static const char whole[] = "\0\1a\0octet\0blksize\000512\0tsize\0000\0";
	struct tftp_msg m;

	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		int want = n == 10 || n == 22 ? ERR_OK : ERR_PROTO;

		ck_assert_msg(tftp_msg_parse(&m, (const uint8_t *)whole, n,
		    NULL) == want, "cut at %zu", n);
	}
}
END_TEST

START_TEST(parse_too_many_options)
{
	uint8_t buf[TFTP_REQUEST_MAX] = "\0\1a\0octet";
	size_t len = 10;
	struct tftp_msg m;

	for (int i = 0; i < TFTP_OPTIONS_MAX; i++, len += 4)
		memcpy(buf + len, "x\0y", 4);
	ck_assert_int_eq(tftp_msg_parse(&m, buf, len, NULL), ERR_OK);
	memcpy(buf + len, "x\0y", 4);
	ck_assert_int_eq(tftp_msg_parse(&m, buf, len + 4, NULL), ERR_PROTO);
}
END_TEST

START_TEST(parse_others)
{
	struct tftp_msg m;

	ck_assert_int_eq(tftp_msg_parse(&m, B("\0\4\x12\x34"), NULL), ERR_OK);
	ck_assert_uint_eq(m.op, TFTP_ACK);
	ck_assert_uint_eq(m.block, 0x1234);
	ck_assert_int_eq(tftp_msg_parse(&m, B("\0\3\0\1abc"), NULL), ERR_OK);
	ck_assert_uint_eq(m.op, TFTP_DATA);
	ck_assert_uint_eq(m.len, 3);
	ck_assert_mem_eq(m.data, "abc", 3);
	ck_assert_int_eq(tftp_msg_parse(&m, B("\0\3\0\1"), NULL), ERR_OK);
	ck_assert_uint_eq(m.len, 0);
	ck_assert_int_eq(tftp_msg_parse(&m, B("\0\5\0\1none\0rest"), NULL),
	    ERR_OK);
	ck_assert_uint_eq(m.code, TFTP_E_NOT_FOUND);
	ck_assert_uint_eq(m.len, 4);
	ck_assert_mem_eq(m.data, "none", 4);
	ck_assert_int_eq(tftp_msg_parse(&m, B("\0\5\0\0"), NULL), ERR_OK);
	ck_assert_uint_eq(m.len, 0);
	ck_assert_int_eq(tftp_msg_parse(&m, B("\0\5\0\0no end"), NULL),
	    ERR_OK);
	ck_assert_uint_eq(m.len, 6);
	ck_assert_int_eq(tftp_msg_parse(&m, B("\0\6blksize\0001024\0"), NULL),
	    ERR_OK);
	ck_assert_uint_eq(m.opts.blksize, 1024);
}
END_TEST

START_TEST(build_packets)
{
	const struct tftp_opts o = { 1428, 3, true, 0, 16 }, none = { 0 };
	const struct tftp_opts size = { .has_tsize = true,
	    .tsize = 18446744073709551615u };
	uint8_t b[128];

#define IS(call, s) do {						\
	size_t n_ = (call);						\
	ck_assert_uint_eq(n_, sizeof(s) - 1);				\
	ck_assert_mem_eq(b, s, sizeof(s) - 1);				\
} while (0)
	IS(tftp_build_request(b, sizeof(b), TFTP_RRQ, "a", "octet", &none),
	    "\0\1a\0octet\0");
	IS(tftp_build_request(b, sizeof(b), TFTP_WRQ, "a", "octet", &o),
	    "\0\2a\0octet\0blksize\0001428\0timeout\0003\0tsize\0000\0"
	    "windowsize\00016\0");
	IS(tftp_build_oack(b, sizeof(b), &o),
	    "\0\6blksize\0001428\0timeout\0003\0tsize\0000\0"
	    "windowsize\00016\0");
	IS(tftp_build_oack(b, sizeof(b), &size),
	    "\0\6tsize\00018446744073709551615\0");
	IS(tftp_build_ack(b, sizeof(b), 0xfffe), "\0\4\xff\xfe");
	IS(tftp_build_data(b, sizeof(b), 258), "\0\3\1\2");
	IS(tftp_build_error(b, sizeof(b), TFTP_E_NOT_FOUND, "gone"),
	    "\0\5\0\1gone\0");
#undef IS
}
END_TEST

START_TEST(build_no_room)
{
	const struct tftp_opts o = { 1428, 3, true, 0, 0 };
	uint8_t b[64];

	for (size_t cap = 0; cap < 33; cap++)
		ck_assert_uint_eq(tftp_build_oack(b, cap, &o), 0);
	for (size_t cap = 0; cap < 4; cap++)
		ck_assert_uint_eq(tftp_build_ack(b, cap, 1), 0);
	ck_assert_uint_eq(tftp_build_error(b, 8, TFTP_E_TID, "gone"), 0);
	ck_assert_uint_eq(tftp_build_error(b, 9, TFTP_E_TID, "gone"), 9);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tftp_msg");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, parse_request, 0,
	    (int)(sizeof(requests) / sizeof(requests[0])));
	tcase_add_loop_test(tc, parse_broken, 0,
	    (int)(sizeof(broken) / sizeof(broken[0])));
	tcase_add_test(tc, parse_cut);
	tcase_add_test(tc, parse_too_many_options);
	tcase_add_test(tc, parse_others);
	tcase_add_test(tc, build_packets);
	tcase_add_test(tc, build_no_room);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
