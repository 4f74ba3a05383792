/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What conditions and ranges make of a reply (RFC 9110, sections 13, 14).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/internal.h"

#define LEN	1000
#define TAG	"\"abc\""

static const struct {
	const char	*fields;	/* beside GET of LEN bytes */
	int		 status;
	uint64_t	 first, len;
} replies[] = {
	{ "", 200, 0, LEN },
	{ "Range: bytes=0-0", 206, 0, 1 },
	{ "Range: bytes=10-19", 206, 10, 10 },
	{ "range:\tBYTES=10-19 ", 206, 10, 10 },
	{ "Range: bytes=990-", 206, 990, 10 },
	{ "Range: bytes=0-", 206, 0, LEN },
	{ "Range: bytes=990-5000", 206, 990, 10 },
	{ "Range: bytes=999-18446744073709551615", 206, 999, 1 },
	{ "Range: bytes=-1", 206, 999, 1 },
	{ "Range: bytes=-1000", 206, 0, LEN },
	{ "Range: bytes=-5000", 206, 0, LEN },
	{ "Range: bytes=-0", 416, 0, 0 },
	{ "Range: bytes=1000-", 416, 0, 0 },
	{ "Range: bytes=1000-1001", 416, 0, 0 },
	/* several: the whole, as every server may */
	{ "Range: bytes=0-1,5-6", 200, 0, LEN },
	{ "Range: bytes=0-1\r\nRange: bytes=5-6", 200, 0, LEN },
	/* no sound range: ignored */
	{ "Range: bytes=5-4", 200, 0, LEN },
	{ "Range: bytes=", 200, 0, LEN },
	{ "Range: bytes=-", 200, 0, LEN },
	{ "Range: bytes=--1", 200, 0, LEN },
	{ "Range: bytes=1", 200, 0, LEN },
	{ "Range: bytes=a-b", 200, 0, LEN },
	{ "Range: bytes=+1-2", 200, 0, LEN },
	{ "Range: bytes=1-2x", 200, 0, LEN },
	{ "Range: bytes= 1-2", 200, 0, LEN },
	{ "Range: bytes=1 -2", 200, 0, LEN },
	{ "Range: bytes=18446744073709551616-", 200, 0, LEN },
	{ "Range: lines=1-2", 200, 0, LEN },
	{ "Range: bytes", 200, 0, LEN },
	{ "Range:", 200, 0, LEN },
	/* If-Range compares strongly */
	{ "Range: bytes=1-2\r\nIf-Range: " TAG, 206, 1, 2 },
	{ "Range: bytes=1-2\r\nIf-Range: W/" TAG, 200, 0, LEN },
	{ "Range: bytes=1-2\r\nIf-Range: \"abd\"", 200, 0, LEN },
	{ "Range: bytes=1-2\r\nIf-Range: " TAG ", " TAG, 200, 0, LEN },
	{ "Range: bytes=1-2\r\nIf-Range: Sat, 21 Nov 2026 12:00:00 GMT", 200,
	    0, LEN },
	{ "Range: bytes=1-2\r\nIf-Range:", 200, 0, LEN },
	{ "If-Range: " TAG "\r\nIf-Range: \"x\"\r\nRange: bytes=1-2", 200, 0,
	    LEN },
	{ "If-Range: " TAG, 200, 0, LEN },
	/* If-None-Match compares weakly and speaks before a range */
	{ "If-None-Match: " TAG, 304, 0, LEN },
	{ "If-None-Match: W/" TAG, 304, 0, LEN },
	{ "If-None-Match: \"x\" , W/\"y\"," TAG, 304, 0, LEN },
	{ "If-None-Match: *", 304, 0, LEN },
	{ "If-None-Match: " TAG "\r\nRange: bytes=1-2", 304, 0, LEN },
	{ "If-None-Match: \"x\"\r\nRange: bytes=1-2", 206, 1, 2 },
	{ "If-None-Match: abc", 200, 0, LEN },
	{ "If-None-Match: \"abc", 200, 0, LEN },
	{ "If-None-Match: \"ab\"", 200, 0, LEN },
	{ "If-None-Match: \"abcd\"", 200, 0, LEN },
	{ "If-None-Match: \"x, \"abc\"", 200, 0, LEN },
	{ "If-None-Match:", 200, 0, LEN },
};

static void
parse(struct http_head *h, const char *method, const char *fields, char *buf,
    size_t size)
{
	struct err e = { 0 };
	int n = snprintf(buf, size, "%s /a HTTP/1.1\r\nHost: x\r\n%s%s\r\n",
	    method, fields, fields[0] != '\0' ? "\r\n" : "");

	ck_assert_msg(http_head_parse(h, buf, (size_t)n, &e) == 200, "%s: %s",
	    fields, e.msg);
}

START_TEST(applied)
{
	struct http_reply r = { .status = 200, .fd = -1, .len = LEN,
	    .etag = TAG };
	struct http_head h;
	char buf[512];

	parse(&h, "GET", replies[_i].fields, buf, sizeof(buf));
	http_conditional(&h, &r);
	ck_assert_msg(r.status == replies[_i].status, "%s: %d",
	    replies[_i].fields, r.status);
	if (r.status == 416) {
		ck_assert_uint_eq(r.whole, LEN);
		return;
	}
	ck_assert_msg(r.first == replies[_i].first &&
	    r.len == replies[_i].len, "%s", replies[_i].fields);
}
END_TEST

/* Ranges are GET's (14.2); a 304 answers HEAD as well (13.1.2). */
START_TEST(head_method)
{
	struct http_reply r = { .status = 200, .fd = -1, .len = LEN,
	    .etag = TAG };
	struct http_head h;
	char buf[512];

	parse(&h, "HEAD", "Range: bytes=1-2", buf, sizeof(buf));
	http_conditional(&h, &r);
	ck_assert_int_eq(r.status, 200);
	ck_assert_uint_eq(r.len, LEN);
	parse(&h, "HEAD", "If-None-Match: " TAG, buf, sizeof(buf));
	http_conditional(&h, &r);
	ck_assert_int_eq(r.status, 304);
}
END_TEST

/* Nothing is made of errors, of empty bodies, of replies without a tag. */
START_TEST(left_alone)
{
	struct http_reply r = { .status = 404, .fd = -1, .len = LEN,
	    .etag = TAG };
	struct http_head h;
	char buf[512];

	parse(&h, "GET", "Range: bytes=1-2\r\nIf-None-Match: *", buf,
	    sizeof(buf));
	http_conditional(&h, &r);
	ck_assert_int_eq(r.status, 404);
	ck_assert_uint_eq(r.len, LEN);

	r = (struct http_reply){ .status = 200, .fd = -1 };
	parse(&h, "GET", "Range: bytes=0-", buf, sizeof(buf));
	http_conditional(&h, &r);
	ck_assert_int_eq(r.status, 416);

	r = (struct http_reply){ .status = 200, .fd = -1, .len = LEN };
	parse(&h, "GET", "If-None-Match: \"\"\r\nIf-Range: \"\"\r\n"
	    "Range: bytes=0-1", buf, sizeof(buf));
	http_conditional(&h, &r);
	ck_assert_int_eq(r.status, 200);
}
END_TEST

#define N_OF(a)	((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *s = suite_create("http_range");
	TCase *tc = tcase_create("http_range");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, applied, 0, N_OF(replies));
	tcase_add_test(tc, head_method);
	tcase_add_test(tc, left_alone);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
