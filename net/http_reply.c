/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The head of HTTP replies.  Written byte by byte: one is made for every
 * request, and formats would take longer than all the rest of it.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/internal.h"

#define HTTP_TYPE_MAX	100

static const struct {
	int		 status;
	const char	*reason;
} reasons[] = {
	{ 200, "OK" },
	{ 206, "Partial Content" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 414, "URI Too Long" },
	{ 416, "Range Not Satisfiable" },
	{ 417, "Expectation Failed" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

const char *
http_reason(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

/* --- text into a buffer --- */

struct text {
	char	*p;		/* the next byte goes there */
	char	*end;
};

static void
put_len(struct text *t, const char *s, size_t len)
{
	if (len > (size_t)(t->end - t->p))
		abort();	/* the buffer holds the longest head */
	memcpy(t->p, s, len);
	t->p += len;
}

static void
put(struct text *t, const char *s)
{
	put_len(t, s, strlen(s));
}

static void
put_number(struct text *t, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	put_len(t, digits + at, sizeof(digits) - at);
}

static void
put_two(struct text *t, int n)
{
	char digits[2] = { (char)('0' + n / 10), (char)('0' + n % 10) };

	put_len(t, digits, sizeof(digits));
}

/* --- the date --- */

/* IMF-fixdate (RFC 9110, section 5.6.7), which no locale may change. */
static void
put_date(struct text *t, const struct tm *tm)
{
	static const char day[] = "SunMonTueWedThuFriSat";
	static const char month[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	unsigned year = (unsigned)(tm->tm_year + 1900) % 10000;

	put_len(t, day + 3 * tm->tm_wday, 3);
	put(t, ", ");
	put_two(t, tm->tm_mday);
	put(t, " ");
	put_len(t, month + 3 * tm->tm_mon, 3);
	put(t, " ");
	put_two(t, (int)(year / 100));
	put_two(t, (int)(year % 100));
	put(t, " ");
	put_two(t, tm->tm_hour);
	put(t, ":");
	put_two(t, tm->tm_min);
	put(t, ":");
	put_two(t, tm->tm_sec);
	put_len(t, " GMT", sizeof(" GMT"));
}

const char *
http_date_at(struct http_date *d, int64_t unix_s)
{
	struct text t = { d->text, d->text + sizeof(d->text) };
	time_t at = (time_t)unix_s;
	struct tm tm = { 0 };

	if (d->unix_s != unix_s || d->text[0] == '\0') {
		(void)gmtime_r(&at, &tm);
		put_date(&t, &tm);
		d->unix_s = unix_s;
	}
	return d->text;
}

/* --- the head --- */

/* What the body is; a 304 has none (RFC 9110, section 15.4.5). */
static void
put_content(struct text *t, const struct http_reply *r)
{
	if (r->status == 304)
		return;
	put(t, "Content-Type: ");
	if (r->type != NULL)
		put_len(t, r->type, strnlen(r->type, HTTP_TYPE_MAX));
	else
		put(t, "application/octet-stream");
	put(t, "\r\nContent-Length: ");
	put_number(t, r->len);
	put(t, "\r\n");
}

static void
put_range(struct text *t, const struct http_reply *r)
{
	switch (r->status) {
	case 200:
		put(t, "Accept-Ranges: bytes\r\n");
		return;
	case 206:
		put(t, "Content-Range: bytes ");
		put_number(t, r->first);
		put(t, "-");
		put_number(t, r->first + r->len - 1);
		break;
	case 416:
		put(t, "Content-Range: bytes *");
		break;
	default:
		return;
	}
	put(t, "/");
	put_number(t, r->whole);
	put(t, "\r\n");
}

size_t
http_reply_head(char out[HTTP_REPLY_HEAD_MAX], const struct http_reply *r,
    bool keep_alive, const char *date)
{
	struct text t = { out, out + HTTP_REPLY_HEAD_MAX };

	put(&t, "HTTP/1.1 ");
	put_number(&t, (uint64_t)r->status);
	put(&t, " ");
	put(&t, http_reason(r->status));
	put(&t, "\r\nDate: ");
	put(&t, date);
	put(&t, "\r\n");
	put_content(&t, r);
	put_range(&t, r);
	if (r->etag[0] != '\0' && r->status < 400) {
		put(&t, "ETag: ");
		put_len(&t, r->etag, strnlen(r->etag, HTTP_ETAG_MAX));
		put(&t, "\r\n");
	}
	/* Of what is no error: nothing of it stands in one. */
	if (r->no_store && r->status < 400)
		put(&t, "Cache-Control: no-store\r\n");
	if (r->status == 405)
		put(&t, "Allow: GET, HEAD\r\n");
	put(&t, keep_alive ? "Connection: keep-alive\r\n\r\n" :
	    "Connection: close\r\n\r\n");
	return (size_t)(t.p - out);
}
