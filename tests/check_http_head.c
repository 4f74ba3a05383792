/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Request heads.  Sections are those of RFC 9112 unless said otherwise.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/internal.h"

#define HOST	"Host: cm1\r\n"
#define GET(t)	"GET " t " HTTP/1.1\r\n" HOST "\r\n"
#define WITH(f)	"GET /a HTTP/1.1\r\n" HOST f "\r\n\r\n"

struct vector {
	const char	*head;
	int		 status;
	const char	*path;		/* when 200 */
	bool		 is_head, close;
};

static const struct vector vectors[] = {
	{ GET("/SEP0011223344AA.cnf.xml.sgn"), 200,
	    "/SEP0011223344AA.cnf.xml.sgn", false, false },
	{ "HEAD /a HTTP/1.1\r\nHost: cm1:6970\r\n\r\n", 200, "/a", true,
	    false },
	/* bare LF ends a line (2.2) */
	{ "GET /a HTTP/1.1\nHost: x\n\n", 200, "/a", false, false },
	{ "GET /a HTTP/1.1\r\nHost: x\n\r\n", 200, "/a", false, false },
	/* versions (2.3); 1.0 closes and needs no Host (3.2) */
	{ "GET /a HTTP/1.0\r\n\r\n", 200, "/a", false, true },
	{ "GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", 200, "/a",
	    false, false },
	{ "GET /a HTTP/1.7\r\n" HOST "\r\n", 200, "/a", false, false },
	{ "GET /a HTTP/2.0\r\n" HOST "\r\n", 505, NULL, false, false },
	{ "GET /a HTTP/0.9\r\n\r\n", 505, NULL, false, false },
	{ "GET /a HTTP/11\r\n\r\n", 400, NULL, false, false },
	{ "GET /a HTTP/1.1 \r\n" HOST "\r\n", 400, NULL, false, false },
	{ "GET /a http/1.1\r\n" HOST "\r\n", 400, NULL, false, false },
	{ "GET /a\r\n\r\n", 400, NULL, false, false },
	{ "GET\r\n\r\n", 400, NULL, false, false },
	{ "\r\n\r\n", 400, NULL, false, false },
	/* exactly one space between the parts (3) */
	{ "GET  /a HTTP/1.1\r\n" HOST "\r\n", 400, NULL, false, false },
	{ "GET /a  HTTP/1.1\r\n" HOST "\r\n", 400, NULL, false, false },
	{ "GET\t/a HTTP/1.1\r\n" HOST "\r\n", 400, NULL, false, false },
	{ " GET /a HTTP/1.1\r\n" HOST "\r\n", 400, NULL, false, false },
	{ "GET /a b HTTP/1.1\r\n" HOST "\r\n", 400, NULL, false, false },
	/* methods (RFC 9110, 9.1) */
	{ "POST /a HTTP/1.1\r\n" HOST "\r\n", 405, NULL, false, false },
	{ "PUT /a HTTP/1.1\r\n" HOST "\r\n", 405, NULL, false, false },
	{ "CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n", 405, NULL, false, false },
	{ "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 405, NULL, false, false },
	{ "BREW /a HTTP/1.1\r\n" HOST "\r\n", 501, NULL, false, false },
	{ "get /a HTTP/1.1\r\n" HOST "\r\n", 501, NULL, false, false },
	{ "G(T /a HTTP/1.1\r\n" HOST "\r\n", 400, NULL, false, false },
	{ "POST /a HTTQ/1.1\r\n" HOST "\r\n", 400, NULL, false, false },
	/* targets (3.2) */
	{ GET("/"), 200, "/", false, false },
	{ GET("/a?b=/c"), 200, "/a", false, false },
	{ GET("//a/../b"), 200, "//a/../b", false, false },
	{ GET("http://cm1:6970/a/b?x"), 200, "/a/b", false, false },
	{ GET("http://a"), 200, "/", false, false },
	{ GET("HTTP://cm1"), 200, "/", false, false },
	{ GET("http://cm1?x"), 200, "/", false, false },
	{ GET("http:///a"), 400, NULL, false, false },
	{ GET("http://"), 400, NULL, false, false },
	{ GET("http://u@cm1/a"), 400, NULL, false, false },
	{ GET("https://cm1/a"), 200, "/a", false, false },
	{ GET("https://"), 400, NULL, false, false },
	{ GET("https:///a"), 400, NULL, false, false },
	{ GET("httpx://cm1/a"), 400, NULL, false, false },
	{ GET("*"), 400, NULL, false, false },
	{ GET("a"), 400, NULL, false, false },
	{ GET("?a"), 400, NULL, false, false },
	{ GET("/a#b"), 400, NULL, false, false },
	{ GET("/\xc3\xa4"), 400, NULL, false, false },
	{ GET("/a\x7f"), 400, NULL, false, false },
	{ GET("/a\tb"), 400, NULL, false, false },
	/* percent-encoding (RFC 3986, 2.1) */
	{ GET("/My%20Ring%2fA%C3%a4%25.raw"), 200,
	    "/My Ring/A\xc3\xa4%.raw", false, false },
	{ GET("/%2e%2E/x"), 200, "/../x", false, false },
	{ GET("/%0a"), 200, "/\n", false, false },
	{ GET("/a%00"), 400, NULL, false, false },
	{ GET("/a%"), 400, NULL, false, false },
	{ GET("/a%2"), 400, NULL, false, false },
	{ GET("/a%2?0"), 400, NULL, false, false },
	{ GET("/a%g0"), 400, NULL, false, false },
	{ GET("/a%+1"), 400, NULL, false, false },
	{ GET("/a?%zz"), 200, "/a", false, false },
	/* Host (3.2) */
	{ "GET /a HTTP/1.1\r\n\r\n", 400, NULL, false, false },
	{ WITH("Host: cm2"), 400, NULL, false, false },
	{ WITH("hOST: cm1"), 400, NULL, false, false },
	{ "GET /a HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400, NULL, false,
	    false },
	{ "GET /a HTTP/1.1\r\nHost:\r\n\r\n", 200, "/a", false, false },
	{ "GET /a HTTP/1.1\r\nHost: [::1]:6970\r\n\r\n", 200, "/a", false,
	    false },
	{ "GET /a HTTP/1.1\r\nHost: a b\r\n\r\n", 400, NULL, false, false },
	{ "GET /a HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, NULL, false, false },
	{ "GET /a HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, NULL, false, false },
	/* field lines (5) */
	{ WITH("X: a\tb \xe4"), 200, "/a", false, false },
	{ WITH("X:"), 200, "/a", false, false },
	{ WITH("X : a"), 400, NULL, false, false },
	{ WITH(": a"), 400, NULL, false, false },
	{ WITH("X"), 400, NULL, false, false },
	{ WITH("X: a\r\n folded"), 400, NULL, false, false },
	{ WITH("X: a\r\n\tfolded"), 400, NULL, false, false },
	{ "GET /a HTTP/1.1\r\n Host: a\r\n\r\n", 400, NULL, false, false },
	{ WITH("X: a\rb"), 400, NULL, false, false },
	{ WITH("X: a\x01"), 400, NULL, false, false },
	{ WITH("X: a\x7f"), 400, NULL, false, false },
	/* Connection (9.3) */
	{ WITH("Connection: close"), 200, "/a", false, true },
	{ WITH("Connection: x ,\tCLOSE"), 200, "/a", false, true },
	{ WITH("Connection: keep-alive, close"), 200, "/a", false, true },
	{ WITH("Connection: closed"), 200, "/a", false, false },
	{ WITH("Connection: ,,"), 200, "/a", false, false },
	/* no bodies (6) */
	{ WITH("Content-Length: 0"), 200, "/a", false, false },
	{ WITH("Content-Length: 1"), 400, NULL, false, false },
	{ WITH("Content-Length: 00"), 200, "/a", false, false },
	{ WITH("Content-Length: 18446744073709551616"), 400, NULL, false,
	    false },
	{ WITH("Content-Length: +0"), 400, NULL, false, false },
	{ WITH("Content-Length: -0"), 400, NULL, false, false },
	{ WITH("Content-Length:"), 400, NULL, false, false },
	{ WITH("Content-Length: 0, 0"), 400, NULL, false, false },
	{ WITH("Content-Length: 0\r\nContent-Length: 0"), 400, NULL, false,
	    false },
	{ WITH("Transfer-Encoding: chunked"), 400, NULL, false, false },
	{ WITH("Transfer-Encoding: identity"), 400, NULL, false, false },
	{ "POST /a HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n", 405, NULL,
	    false, false },
	/* Expect (RFC 9110, 10.1.1) */
	{ WITH("Expect: 100-Continue"), 200, "/a", false, false },
	{ WITH("Expect: 200-ok"), 417, NULL, false, false },
	/* not exactly one head */
	{ "GET /a HTTP/1.1\r\n" HOST, 400, NULL, false, false },
	{ "GET /a HTTP/1.1\r\n" HOST "\r\nGET", 400, NULL, false, false },
	{ "GET /a HTTP/1.1", 400, NULL, false, false },
};

START_TEST(parse_vector)
{
	const struct vector *v = &vectors[_i];
	struct http_head h;
	struct err e = { 0 };
	int status = http_head_parse(&h, v->head, strlen(v->head), &e);

	ck_assert_msg(status == v->status, "%s: %d, %s", v->head, status,
	    e.msg);
	if (status != 200) {
		ck_assert_int_eq(e.code, ERR_PROTO);
		return;
	}
	ck_assert_str_eq(h.path, v->path);
	ck_assert_uint_eq(h.pathlen, strlen(v->path));
	ck_assert_msg((h.method == HTTP_HEAD) == v->is_head, "%s", v->head);
	ck_assert_msg(h.keep_alive == !v->close, "%s", v->head);
}
END_TEST

/* NUL anywhere: in no string literal above. */
START_TEST(nul_byte)
{
	static const char good[] = WITH("X: abc");
	struct http_head h;
	char buf[sizeof(good)];

	ck_assert_int_eq(http_head_parse(&h, good, sizeof(good) - 1, NULL),
	    200);
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		memcpy(buf, good, sizeof(good));
		buf[i] = '\0';
		/* In place of a CR, it is only a byte in a line. */
		ck_assert_msg(http_head_parse(&h, buf, sizeof(good) - 1,
		    NULL) != 200, "NUL at %zu", i);
	}
}
END_TEST

/* Every head that is cut is refused, none is read past its end. */
START_TEST(cut)
{
	static const char good[] = GET("/a%20b");
	struct http_head h;
	char *buf;

	for (size_t n = 0; n < sizeof(good) - 1; n++) {
		buf = malloc(n > 0 ? n : 1);
		ck_assert_ptr_nonnull(buf);
		memcpy(buf, good, n);
		ck_assert_msg(http_head_parse(&h, buf, n, NULL) == 400,
		    "cut to %zu", n);
		free(buf);
	}
}
END_TEST

static int
parse_long(const char *before, size_t n, const char *after)
{
	static char buf[HTTP_HEAD_MAX * 2];
	struct http_head h;
	size_t len = strlen(before);

	ck_assert_uint_lt(len + n + strlen(after), sizeof(buf));
	memcpy(buf, before, len);
	memset(buf + len, 'a', n);
	memcpy(buf + len + n, after, strlen(after) + 1);
	return http_head_parse(&h, buf, len + n + strlen(after), NULL);
}

START_TEST(bounds)
{
	static const char end[] = " HTTP/1.1\r\n" HOST "\r\n";
	static const char field[] = "GET /a HTTP/1.1\r\n" HOST "X: ";
	size_t most = HTTP_HEAD_MAX - strlen(field) - 4;

	/* A target of HTTP_TARGET_MAX - 1 bytes, and its NUL, fit in path. */
	ck_assert_int_eq(parse_long("GET /", HTTP_TARGET_MAX - 2, end), 200);
	ck_assert_int_eq(parse_long("GET /", HTTP_TARGET_MAX - 1, end), 414);
	ck_assert_int_eq(parse_long(field, most, "\r\n\r\n"), 200);
	ck_assert_int_eq(parse_long(field, most + 1, "\r\n\r\n"), 431);
}
END_TEST

START_TEST(many_fields)
{
	char buf[4096];
	struct http_head h;
	int n, status = 200, fields = 1;

	n = snprintf(buf, sizeof(buf), "GET /a HTTP/1.1\r\n" HOST);
	while (status == 200) {
		n += snprintf(buf + n, sizeof(buf) - (size_t)n, "A:b\r\n");
		memcpy(buf + n, "\r\n", 3);
		status = http_head_parse(&h, buf, (size_t)n + 2, NULL);
		fields++;
	}
	ck_assert_int_eq(status, 431);
	ck_assert_int_eq(fields, 101);
}
END_TEST

static const struct {
	const char	*buf;
	size_t		 end;
} ends[] = {
	{ "a\r\n\r\n", 5 },
	{ "a\n\n", 3 },
	{ "a\n\r\n", 4 },
	{ "a\r\n\n", 4 },
	{ "a\r\n\r\nb\r\n\r\n", 5 },
	{ "a\r\nb\r\n\r\nc", 8 },
	{ "", 0 },
	{ "\n", 0 },
	{ "a\r\n\r", 0 },
	{ "a\r\n", 0 },
	{ "a\r\r\n\rb\n", 0 },
};

/* Whatever was looked at before, the end is found in the same place. */
START_TEST(head_end)
{
	const char *buf = ends[_i].buf;
	size_t len = strlen(buf);

	for (size_t seen = 0; seen <= len; seen++) {
		if (http_head_end(buf, seen, 0) != 0)
			break;
		ck_assert_msg(http_head_end(buf, len, seen) == ends[_i].end,
		    "%d: %zu seen", _i, seen);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("http_head");
	TCase *tc = tcase_create("http_head");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, parse_vector, 0,
	    (int)(sizeof(vectors) / sizeof(vectors[0])));
	tcase_add_test(tc, nul_byte);
	tcase_add_test(tc, cut);
	tcase_add_test(tc, bounds);
	tcase_add_test(tc, many_fields);
	tcase_add_loop_test(tc, head_end, 0,
	    (int)(sizeof(ends) / sizeof(ends[0])));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
