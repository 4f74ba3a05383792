/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the HTTP handler answers and reports; the server around it has tests
 * of its own.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tftpd/http_files.h"

static struct serve_report last;
static struct serve_item last_item;
static int reports, released;

static void
release(void *owned)
{
	(void)owned;
	released++;
}

static int
fake_get(void *arg, const char *req, size_t len, struct serve_item *it,
    struct err *e)
{
	*it = (struct serve_item){ .fd = -1, .type = "text/xml",
	    .version = { 7 }, .release = release, .owned = it };
	(void)snprintf(it->name, sizeof(it->name), "%.*s", (int)len, req);
	if (strncmp(req, "/SEP", 4) == 0 || strncmp(req, "/sep", 4) == 0) {
		(void)snprintf(it->kind, sizeof(it->kind), "config");
		it->body = (const uint8_t *)"x";
		it->len = 1;
		return ERR_OK;
	}
	if (strcmp(req, "/memory") == 0) {
		it->body = (const uint8_t *)"hello";
		it->len = 5;
		return ERR_OK;
	}
	if (strcmp(req, "/file") == 0) {
		it->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		it->len = 9;
		return ERR_OK;
	}
	return err_set(e, *(const int *)arg, "internal: /secret");
}

static void
fake_report(void *arg, const struct serve_report *r)
{
	(void)arg;
	last = *r;
	last_item = *r->item;
	reports++;
}

static int code;
static struct http_files files = {
	.backend = { .get = fake_get, .report = fake_report, .arg = &code },
	.via = STATS_HTTP,
};

static void
setup(void)
{
	reports = released = 0;
	files.via = STATS_HTTP;
	files.plain_sgn = false;
}

static void
handle(enum http_method method, const char *path, struct http_reply *r)
{
	struct http_head h = { .method = method };
	struct net_addr peer;

	(void)snprintf(h.path, sizeof(h.path), "%s", path);
	h.pathlen = strlen(path);
	ck_assert_int_eq(net_addr_parse(&peer, "192.0.2.7", 4711, NULL),
	    ERR_OK);
	http_files_handle(&files, &h, &peer, r);
}

START_TEST(memory)
{
	struct http_reply r;

	handle(HTTP_GET, "/memory", &r);
	ck_assert_int_eq(r.status, 200);
	ck_assert_str_eq(r.type, "text/xml");
	ck_assert_uint_eq(r.len, 5);
	ck_assert_mem_eq(r.body, "hello", 5);
	ck_assert_int_eq(r.fd, -1);
	ck_assert_int_eq(reports, 0);	/* not before it is over */
	ck_assert_int_eq(released, 0);
	r.done(r.arg, 200, 5, true);
	ck_assert_int_eq(reports, 1);
	ck_assert_int_eq(released, 1);
	ck_assert(last.complete);
	ck_assert_uint_eq(last.bytes, 5);
	ck_assert_str_eq(last.result, "done");
	ck_assert_str_eq(last.transport, "http");
	ck_assert_str_eq(last_item.name, "/memory");
	ck_assert_uint_eq(last_item.version[0], 7);
	ck_assert_int_gt(last.started_us, 0);
}
END_TEST

/* No cache on the way keeps what may have passwords. */
START_TEST(not_stored)
{
	struct http_reply r;

	handle(HTTP_GET, "/SEP0011223344AA.cnf.xml.enc.sgn", &r);
	ck_assert(r.no_store);
	r.done(r.arg, 200, 1, true);
	handle(HTTP_GET, "/memory", &r);
	ck_assert(!r.no_store);
	r.done(r.arg, 200, 5, true);
}
END_TEST

/* The descriptor is the HTTP server's to close, and only its. */
START_TEST(file)
{
	struct http_reply r;

	handle(HTTP_GET, "/file", &r);
	ck_assert_int_eq(r.status, 200);
	ck_assert_ptr_null(r.body);
	ck_assert_uint_eq(r.len, 9);
	ck_assert_int_ge(r.fd, 0);
	r.done(r.arg, 200, 3, false);
	ck_assert_int_ge(fcntl(r.fd, F_GETFD), 0);
	(void)close(r.fd);
	ck_assert(!last.complete);
	ck_assert_uint_eq(last.bytes, 3);
	ck_assert_str_eq(last.result, "aborted");
	ck_assert_int_eq(released, 1);
}
END_TEST

START_TEST(head_only)
{
	struct http_reply r;

	handle(HTTP_HEAD, "/memory", &r);
	ck_assert_int_eq(r.status, 200);
	ck_assert_uint_eq(r.len, 5);
	r.done(r.arg, 200, 0, true);
	ck_assert(!last.complete);
	ck_assert_str_eq(last.result, "head");
	ck_assert_uint_eq(last_item.version[0], 0);
	ck_assert_int_eq(released, 1);
}
END_TEST

/* A part, or nothing, makes no phone's copy known. */
static const struct {
	int		 status;
	bool		 complete;
	const char	*result;
} parts[] = {
	{ 206, true, "partial" },
	{ 206, false, "aborted" },
	{ 304, true, "not_modified" },
	{ 416, true, "refused" },
};

START_TEST(part)
{
	struct http_reply r;

	files.via = STATS_HTTPS;
	handle(HTTP_GET, "/memory", &r);
	r.done(r.arg, parts[_i].status, 5, parts[_i].complete);
	ck_assert(!last.complete);
	ck_assert_str_eq(last.result, parts[_i].result);
	ck_assert_str_eq(last.transport, "https");
	ck_assert_uint_eq(last_item.version[0], 0);
	ck_assert_int_eq(released, 1);
}
END_TEST

START_TEST(etag)
{
	struct http_reply r, again;

	handle(HTTP_GET, "/memory", &r);
	ck_assert_str_eq(r.etag, "\"07000000000000000000000000000000\"");
	r.done(r.arg, 200, 5, true);
	handle(HTTP_GET, "/file", &r);
	handle(HTTP_GET, "/file", &again);
	ck_assert_uint_eq(strlen(r.etag), 34);
	ck_assert_str_eq(r.etag, again.etag);
	ck_assert_str_ne(r.etag, "\"07000000000000000000000000000000\"");
	(void)close(r.fd);
	(void)close(again.fd);
	r.done(r.arg, 200, 9, true);
	again.done(again.arg, 200, 9, true);
}
END_TEST

static const struct {
	const char	*path, *plain;		/* NULL: as asked */
} phones[] = {
	{ "/SEP0011223344AA.cnf.xml.sgn", "/SEP0011223344AA.cnf.xml" },
	{ "/sep0011223344aa.CNF.xml.SGN", "/sep0011223344aa.CNF.xml" },
	{ "/SEP0011223344AA.cnf.xml", NULL },
	{ "/SEP0011223344AA.cnf.xml.enc.sgn", NULL },
	{ "/SEP/a.cnf.xml.sgn", NULL },
	{ "/SEPdialplan.xml.sgn", NULL },
	{ "/SEP.cnf.xml.sgn.sgn", NULL },
};

START_TEST(plain_sgn)
{
	const char *path = phones[_i].path, *plain = phones[_i].plain;
	struct http_reply r;

	for (int on = 0; on < 2; on++) {
		files.plain_sgn = on;
		handle(HTTP_GET, path, &r);
		r.done(r.arg, 200, 1, true);
		ck_assert_str_eq(last_item.name, on && plain != NULL ? plain :
		    path);
	}
}
END_TEST

static const struct {
	int		 code, status;
	const char	*text, *result;
	bool		 ours;
} refusals[] = {
	{ ERR_NOTFOUND, 404, "not found\n", "not_found", false },
	{ ERR_PROTO, 404, "not found\n", "refused", false },
	{ ERR_DENIED, 403, "access denied\n", "refused", true },
	{ ERR_REFUSED, 403, "access denied\n", "refused", false },
	{ ERR_LIMIT, 503, "server busy\n", "busy", true },
	{ ERR_BUSY, 503, "server busy\n", "busy", true },
	{ ERR_IO, 500, "server error\n", "failed", true },
	{ ERR_UNREACHABLE, 500, "server error\n", "failed", true },
};

START_TEST(refused)
{
	struct http_reply r;

	code = refusals[_i].code;
	handle(HTTP_GET, "/other", &r);
	ck_assert_int_eq(r.status, refusals[_i].status);
	ck_assert_uint_eq(r.len, strlen(refusals[_i].text));
	ck_assert_mem_eq(r.body, refusals[_i].text, r.len);
	ck_assert_ptr_null(r.done);
	ck_assert_int_eq(reports, 1);
	ck_assert_int_eq(released, 1);
	ck_assert_str_eq(last.result, refusals[_i].result);
	ck_assert_int_eq(last.ours, refusals[_i].ours);
	ck_assert(!last.complete);
	ck_assert_uint_eq(last.bytes, 0);
}
END_TEST

/* A row while it lasts, and a count when it is over. */
START_TEST(counted)
{
	struct stats *st = stats_new(-1, 1, NULL);
	struct stats_counters *c;
	struct http_reply r;

	ck_assert_ptr_nonnull(st);
	stats_engine(st);
	files.backend.stats = stats_loop(st, 0);
	files.via = STATS_HTTPS;
	c = files.backend.stats->c;
	handle(HTTP_GET, "/memory", &r);
	ck_assert_uint_eq(c->begun[STATS_HTTPS], 1);
	ck_assert_uint_eq(c->live[STATS_HTTPS], 1);
	ck_assert_str_eq(files.backend.stats->rows[0].name, "/memory");
	ck_assert_uint_eq(files.backend.stats->rows[0].size, 5);
	r.progress(r.arg, 3);
	ck_assert_uint_eq(c->bytes[STATS_HTTPS], 3);
	ck_assert_uint_eq(files.backend.stats->rows[0].bytes, 3);
	r.done(r.arg, 200, 5, true);
	ck_assert_uint_eq(c->bytes[STATS_HTTPS], 5);
	ck_assert_uint_eq(c->live[STATS_HTTPS], 0);
	ck_assert_uint_eq(c->ended[STATS_HTTPS][STATS_DONE], 1);
	ck_assert_int_eq(files.backend.stats->rows[0].used, 0);
	code = ERR_NOTFOUND;
	handle(HTTP_GET, "/none", &r);
	ck_assert_uint_eq(c->begun[STATS_HTTPS], 1);
	ck_assert_uint_eq(c->ended[STATS_HTTPS][STATS_NOT_FOUND], 1);
	files.backend.stats = NULL;
	stats_free(st);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("http_files");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, memory);
	tcase_add_test(tc, not_stored);
	tcase_add_test(tc, file);
	tcase_add_test(tc, head_only);
	tcase_add_test(tc, counted);
	tcase_add_loop_test(tc, part, 0,
	    (int)(sizeof(parts) / sizeof(parts[0])));
	tcase_add_test(tc, etag);
	tcase_add_loop_test(tc, plain_sgn, 0,
	    (int)(sizeof(phones) / sizeof(phones[0])));
	tcase_add_loop_test(tc, refused, 0,
	    (int)(sizeof(refusals) / sizeof(refusals[0])));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
