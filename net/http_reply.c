/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * HTTP replies: their head, and their way out.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/internal.h"

#define HTTP_TURN_BYTES	(256 * 1024)	/* then others have a turn */
#define HTTP_COPY	(16 * 1024)

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

static const char *
http_reason(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

/* IMF-fixdate (RFC 9110, section 5.6.7), which no locale may change. */
static void
imf_date(int64_t unix_s, char *out, size_t outlen)
{
	static const char day[] = "SunMonTueWedThuFriSat";
	static const char month[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)unix_s;
	struct tm tm = { 0 };

	(void)gmtime_r(&t, &tm);
	(void)snprintf(out, outlen, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
	    day + 3 * tm.tm_wday, tm.tm_mday, month + 3 * tm.tm_mon,
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* What the body is; a 304 has none (RFC 9110, section 15.4.5). */
static void
content_fields(char *out, size_t outlen, const struct http_reply *r)
{
	if (r->status == 304)
		out[0] = '\0';
	else
		(void)snprintf(out, outlen, "Content-Type: %.100s\r\n"
		    "Content-Length: %" PRIu64 "\r\n", r->type != NULL ?
		    r->type : "application/octet-stream", r->len);
}

static void
range_field(char *out, size_t outlen, const struct http_reply *r)
{
	out[0] = '\0';
	if (r->status == 206)
		(void)snprintf(out, outlen, "Content-Range: bytes %" PRIu64
		    "-%" PRIu64 "/%" PRIu64 "\r\n", r->first,
		    r->first + r->len - 1, r->whole);
	else if (r->status == 416)
		(void)snprintf(out, outlen, "Content-Range: bytes */%" PRIu64
		    "\r\n", r->whole);
	else if (r->status == 200)
		(void)snprintf(out, outlen, "Accept-Ranges: bytes\r\n");
}

size_t
http_reply_head(char out[HTTP_REPLY_HEAD_MAX], const struct http_reply *r,
    bool keep_alive)
{
	bool tagged = r->etag[0] != '\0' && r->status < 400;
	char date[64], content[200], range[100];
	int n;

	imf_date(clock_wall_s(clock_system()), date, sizeof(date));
	content_fields(content, sizeof(content), r);
	range_field(range, sizeof(range), r);
	n = snprintf(out, HTTP_REPLY_HEAD_MAX, "HTTP/1.1 %d %s\r\n"
	    "Date: %s\r\n"
	    "%s%s%s%s%s%s"
	    "Connection: %s\r\n\r\n",
	    r->status, http_reason(r->status), date, content, range,
	    tagged ? "ETag: " : "", tagged ? r->etag : "",
	    tagged ? "\r\n" : "",
	    r->status == 405 ? "Allow: GET, HEAD\r\n" : "",
	    keep_alive ? "keep-alive" : "close");
	if (n < 0 || n >= HTTP_REPLY_HEAD_MAX)
		abort();
	return (size_t)n;
}

/* An error's line of text; what a handler gave for a 416 is not sent. */
static void
error_text(struct http_out *o)
{
	struct http_reply *r = &o->reply;

	(void)snprintf(o->text, sizeof(o->text), "%s\n",
	    http_reason(r->status));
	if (r->fd != -1)
		(void)close(r->fd);
	r->fd = -1;
	r->body = (const uint8_t *)o->text;
	r->len = strlen(o->text);
	r->type = "text/plain";
	o->own_text = true;
}

void
http_out_begin(struct http_out *o, const struct http_reply *r,
    bool with_body, bool keep_alive)
{
	o->reply = *r;
	r = &o->reply;
	o->own_text = false;
	if (r->status == 416 || (r->status >= 400 && r->body == NULL &&
	    r->fd == -1))
		error_text(o);
	o->active = true;
	o->no_sendfile = false;
	o->headlen = http_reply_head(o->head, r, keep_alive);
	o->total = o->headlen + (with_body && r->status != 304 ? r->len : 0);
	o->pos = 0;
}

static ssize_t
send_memory(struct http_out *o, struct stream *s)
{
	const struct http_reply *r = &o->reply;
	struct iovec iov[2];
	bool more = false;
	uint64_t at = 0;
	size_t n = 0;

	if (o->pos < o->headlen)
		iov[n++] = (struct iovec){ o->head + o->pos,
		    (size_t)(o->headlen - o->pos) };
	else
		at = o->pos - o->headlen;
	if (o->total > o->headlen && r->body != NULL)
		iov[n++] = (struct iovec){
		    (void *)(uintptr_t)(r->body + r->first + at),
		    (size_t)(r->len - at) };
	else if (o->total > o->headlen)
		more = true;		/* head and file in one packet */
	return s->ops->send(s, iov, n, more);
}

/* For files that cannot be sent without being read. */
static ssize_t
send_copy(struct http_out *o, struct stream *s, off_t at, size_t max)
{
	uint8_t buf[HTTP_COPY];
	struct iovec iov = { .iov_base = buf };
	ssize_t n;

	n = pread(o->reply.fd, buf, max < sizeof(buf) ? max : sizeof(buf), at);
	if (n <= 0)
		return n;
	iov.iov_len = (size_t)n;
	return s->ops->send(s, &iov, 1, false);
}

static ssize_t
send_file(struct http_out *o, struct stream *s)
{
	off_t at = (off_t)(o->reply.first + o->pos - o->headlen);
	uint64_t left = o->total - o->pos;
	size_t max = left < HTTP_TURN_BYTES ? (size_t)left : HTTP_TURN_BYTES;
	ssize_t n;

	if (!o->no_sendfile) {
		n = s->ops->sendfile(s, o->reply.fd, at, max);
		if (n >= 0 || (errno != EINVAL && errno != ENOSYS &&
		    errno != EOPNOTSUPP))
			return n;
		o->no_sendfile = true;
	}
	return send_copy(o, s, at, max);
}

static int
send_turn(struct http_out *o, struct stream *s, struct err *e)
{
	uint64_t until = o->pos + HTTP_TURN_BYTES;
	ssize_t n;

	while (o->pos < o->total) {
		if (o->pos >= until)
			return 0;
		if (o->pos < o->headlen || o->reply.body != NULL)
			n = send_memory(o, s);
		else
			n = send_file(o, s);
		if (n == 0)
			return err_set(e, ERR_IO, "file became shorter");
		if (n > 0)
			o->pos += (uint64_t)n;
		else if (errno == EAGAIN)
			return 0;
		else if (errno != EINTR)
			return err_sys(e, ERR_IO, "sending");
	}
	return 1;
}

static uint64_t
body_sent(const struct http_out *o)
{
	return o->pos > o->headlen && !o->own_text ? o->pos - o->headlen : 0;
}

int
http_out_send(struct http_out *o, struct stream *s, struct err *e)
{
	int ret = send_turn(o, s, e);

	if (ret == 0 && o->reply.progress != NULL)
		o->reply.progress(o->reply.arg, body_sent(o));
	return ret;
}

void
http_out_end(struct http_out *o)
{
	const struct http_reply *r = &o->reply;
	uint64_t sent = body_sent(o);

	if (!o->active)
		return;
	o->active = false;
	if (r->fd != -1)
		(void)close(r->fd);
	if (r->done != NULL)
		r->done(r->arg, r->status, sent, o->pos == o->total);
}
