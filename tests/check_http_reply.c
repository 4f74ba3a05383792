/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Heads of HTTP replies, byte for byte.
 */
#include <check.h>
#include <string.h>

#include "net/internal.h"

#define DATE	"Sun, 06 Nov 1994 08:49:37 GMT"
#define LONG	"1234567890123456789012345678901234567890123456789012345678901"

static const struct {
	struct http_reply	 r;
	bool			 keep_alive;
	const char		*head;
} heads[] = {
	{ { .status = 200, .len = 0 }, true, "200 OK\r\nDate: " DATE "\r\n"
	    "Content-Type: application/octet-stream\r\nContent-Length: 0\r\n"
	    "Accept-Ranges: bytes\r\nConnection: keep-alive\r\n\r\n" },
	{ { .status = 200, .type = "text/xml", .len = 4711,
	    .etag = "\"a\"" }, false, "200 OK\r\nDate: " DATE "\r\n"
	    "Content-Type: text/xml\r\nContent-Length: 4711\r\n"
	    "Accept-Ranges: bytes\r\nETag: \"a\"\r\n"
	    "Connection: close\r\n\r\n" },
	{ { .status = 206, .first = 10, .len = 5, .whole = 4711,
	    .etag = "\"a\"" }, true, "206 Partial Content\r\nDate: " DATE
	    "\r\nContent-Type: application/octet-stream\r\n"
	    "Content-Length: 5\r\nContent-Range: bytes 10-14/4711\r\n"
	    "ETag: \"a\"\r\nConnection: keep-alive\r\n\r\n" },
	{ { .status = 304, .len = 5, .etag = "\"a\"" }, true,
	    "304 Not Modified\r\nDate: " DATE "\r\nETag: \"a\"\r\n"
	    "Connection: keep-alive\r\n\r\n" },
	{ { .status = 200, .len = 1, .etag = "\"a\"", .no_store = true },
	    true, "200 OK\r\nDate: " DATE "\r\nContent-Type: "
	    "application/octet-stream\r\nContent-Length: 1\r\n"
	    "Accept-Ranges: bytes\r\nETag: \"a\"\r\n"
	    "Cache-Control: no-store\r\nConnection: keep-alive\r\n\r\n" },
	{ { .status = 404, .type = "text/plain", .no_store = true }, true,
	    "404 Not Found\r\nDate: " DATE "\r\nContent-Type: text/plain"
	    "\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n" },
	{ { .status = 405, .type = "text/plain", .len = 19 }, false,
	    "405 Method Not Allowed\r\nDate: " DATE "\r\n"
	    "Content-Type: text/plain\r\nContent-Length: 19\r\n"
	    "Allow: GET, HEAD\r\nConnection: close\r\n\r\n" },
	{ { .status = 416, .len = 22, .whole = 4711, .etag = "\"a\"" }, true,
	    "416 Range Not Satisfiable\r\nDate: " DATE "\r\n"
	    "Content-Type: application/octet-stream\r\nContent-Length: 22\r\n"
	    "Content-Range: bytes */4711\r\n"
	    "Connection: keep-alive\r\n\r\n" },
	{ { .status = 799, .len = 1 }, true, "799 Unknown\r\nDate: " DATE
	    "\r\nContent-Type: application/octet-stream\r\n"
	    "Content-Length: 1\r\nConnection: keep-alive\r\n\r\n" },
};

START_TEST(head)
{
	char out[HTTP_REPLY_HEAD_MAX];
	const char *want = heads[_i].head;
	size_t n = http_reply_head(out, &heads[_i].r, heads[_i].keep_alive,
	    DATE);

	ck_assert_msg(n == 9 + strlen(want) &&
	    memcmp(out, "HTTP/1.1 ", 9) == 0 &&
	    memcmp(out + 9, want, n - 9) == 0, "%.*s", (int)n, out);
}
END_TEST

/* The longest of all has room; what is too long is cut. */
START_TEST(longest)
{
	char out[HTTP_REPLY_HEAD_MAX];
	struct http_reply r = { .status = 206, .type = LONG LONG LONG LONG,
	    .first = UINT64_MAX - 1, .len = 1, .whole = UINT64_MAX };
	size_t n;

	memset(r.etag, '"', sizeof(r.etag) - 1);
	n = http_reply_head(out, &r, true, DATE);
	ck_assert_uint_lt(n, sizeof(out));
	ck_assert_mem_eq(out + n - 4, "\r\n\r\n", 4);
	r.status = 431;
	r.len = UINT64_MAX;
	ck_assert_uint_lt(http_reply_head(out, &r, true, DATE), sizeof(out));
}
END_TEST

/* RFC 9110, section 5.6.7, and the days around it. */
static const struct {
	int64_t		 unix_s;
	const char	*text;
} dates[] = {
	{ 784111777, DATE },
	{ 784111778, "Sun, 06 Nov 1994 08:49:38 GMT" },
	{ 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
	{ 1709164799, "Wed, 28 Feb 2024 23:59:59 GMT" },
	{ 1709164800, "Thu, 29 Feb 2024 00:00:00 GMT" },
	{ 1798761599, "Thu, 31 Dec 2026 23:59:59 GMT" },
	{ 784111777, DATE },
};

START_TEST(date)
{
	struct http_date d = { 0 };

	for (int again = 0; again < 2; again++)
		for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
			ck_assert_str_eq(http_date_at(&d, dates[i].unix_s),
			    dates[i].text);
			ck_assert_str_eq(http_date_at(&d, dates[i].unix_s),
			    dates[i].text);
		}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("http_reply");
	TCase *tc = tcase_create("http_reply");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, head, 0,
	    (int)(sizeof(heads) / sizeof(heads[0])));
	tcase_add_test(tc, longest);
	tcase_add_test(tc, date);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
