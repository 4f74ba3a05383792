/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The head of an HTTP request: bytes to struct.  RFC 9112 sections 2 to 5,
 * RFC 9110.  Whatever a request could mean two things by is refused.
 */
#include <string.h>

#include "net/http.h"
#include "net/internal.h"

#define HTTP_FIELDS_MAX	100

/* Pointer and length into the head. */
struct slice {
	const char	*p;
	size_t		 len;
};

/* What the fields said, as far as it decides anything. */
struct fields {
	unsigned	n, host, length, nrange, nmatch, nif_range;
	bool		body, encoded, close, keep_alive, expect;
};

static int
refuse(struct err *e, int status, const char *why)
{
	(void)err_set(e, ERR_PROTO, "%s", why);
	return status;
}

static bool
is_tchar(char c)
{
	if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z'))
		return true;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool
is_token(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_tchar(s.p[i]))
			return false;
	return s.len > 0;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Equal but for case; word is in lower case. */
static bool
slice_is(struct slice s, const char *word)
{
	size_t i;

	for (i = 0; i < s.len && word[i] != '\0'; i++)
		if (lower(s.p[i]) != word[i])
			return false;
	return i == s.len && word[i] == '\0';
}

static struct slice
slice_trim(struct slice s)
{
	while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && (s.p[s.len - 1] == ' ' ||
	    s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* What stands before c, which goes with it; false when c is not there. */
static bool
slice_cut(struct slice *from, char c, struct slice *before)
{
	const char *at = from->len > 0 ? memchr(from->p, c, from->len) : NULL;

	if (at == NULL)
		return false;
	before->p = from->p;
	before->len = (size_t)(at - from->p);
	from->p = at + 1;
	from->len -= before->len + 1;
	return true;
}

/* A line without its end; false when there is none or a bare CR in it. */
static bool
next_line(struct slice *from, struct slice *line)
{
	if (!slice_cut(from, '\n', line))
		return false;
	if (line->len > 0 && line->p[line->len - 1] == '\r')
		line->len--;
	return line->len == 0 || memchr(line->p, '\r', line->len) == NULL;
}

size_t
http_head_end(const char *buf, size_t len, size_t from)
{
	size_t i = from > 3 ? from - 3 : 0;

	for (; i + 1 < len; i++) {
		if (buf[i] != '\n')
			continue;
		if (buf[i + 1] == '\n')
			return i + 2;
		if (i + 2 < len && buf[i + 1] == '\r' && buf[i + 2] == '\n')
			return i + 3;
	}
	return 0;
}

/* --- request line --- */

static int
parse_method(struct http_head *h, struct slice m, struct err *e)
{
	static const char *const known[] = { "POST", "PUT", "DELETE",
	    "OPTIONS", "CONNECT", "TRACE", "PATCH" };

	if (!is_token(m))
		return refuse(e, 400, "method is not a token");
	h->method = HTTP_OTHER;
	if (m.len == 3 && memcmp(m.p, "GET", 3) == 0)
		h->method = HTTP_GET;
	else if (m.len == 4 && memcmp(m.p, "HEAD", 4) == 0)
		h->method = HTTP_HEAD;
	else
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (strlen(known[i]) == m.len &&
			    memcmp(known[i], m.p, m.len) == 0)
				return refuse(e, 405, "neither GET nor HEAD");
	return h->method != HTTP_OTHER ? 200 :
	    refuse(e, 501, "unknown method");
}

static int
parse_version(struct http_head *h, struct slice v, struct err *e)
{
	if (v.len != 8 || memcmp(v.p, "HTTP/", 5) != 0 || v.p[6] != '.' ||
	    v.p[5] < '0' || v.p[5] > '9' || v.p[7] < '0' || v.p[7] > '9')
		return refuse(e, 400, "not an HTTP version");
	if (v.p[5] != '1')
		return refuse(e, 505, "not HTTP/1");
	h->http10 = v.p[7] == '0';
	return 200;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The target is shorter than path, and decoding only shortens it. */
static int
decode_path(struct http_head *h, struct slice t, struct err *e)
{
	int hi, lo;

	for (size_t i = 0; i < t.len && t.p[i] != '?'; i++) {
		char c = t.p[i];

		if (c == '%') {
			if (t.len - i < 3 ||
			    (hi = hex_value(t.p[i + 1])) == -1 ||
			    (lo = hex_value(t.p[i + 2])) == -1)
				return refuse(e, 400, "bad percent-encoding");
			c = (char)(hi << 4 | lo);
			i += 2;
		}
		if (c == '\0')
			return refuse(e, 400, "NUL in the path");
		h->path[h->pathlen++] = c;
	}
	if (h->pathlen == 0)	/* "http://host", "http://host?query" */
		h->path[h->pathlen++] = '/';
	h->path[h->pathlen] = '\0';
	return 200;
}

/* Of "http://" or "https://" before something; else 0. */
static size_t
scheme_len(struct slice t)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		size_t n = strlen(schemes[i]);

		if (t.len > n && slice_is((struct slice){ t.p, n },
		    schemes[i]))
			return n;
	}
	return 0;
}

/* "http://authority" off an absolute-form target (section 3.2.2). */
static bool
skip_authority(struct slice *t)
{
	size_t n = scheme_len(*t), i;

	if (n == 0)
		return false;
	for (i = n; i < t->len && t->p[i] != '/' && t->p[i] != '?'; i++)
		if (t->p[i] == '@')
			return false;
	if (i == n)
		return false;
	t->p += i;
	t->len -= i;
	return true;
}

static int
parse_target(struct http_head *h, struct slice t, struct err *e)
{
	if (t.len >= HTTP_TARGET_MAX)
		return refuse(e, 414, "target too long");
	for (size_t i = 0; i < t.len; i++)
		if (t.p[i] <= ' ' || t.p[i] >= 0x7f || t.p[i] == '#')
			return refuse(e, 400, "byte not allowed in a target");
	if (t.len == 0 || (t.p[0] != '/' && !skip_authority(&t)))
		return refuse(e, 400, "target is not a path");
	return decode_path(h, t, e);
}

static int
parse_request_line(struct http_head *h, struct slice line, struct err *e)
{
	struct slice method, target;
	int how, status;

	if (!slice_cut(&line, ' ', &method) ||
	    !slice_cut(&line, ' ', &target))
		return refuse(e, 400, "not method, target and version");
	/* Syntax speaks before what a method or version cannot do. */
	how = parse_method(h, method, e);
	if (how == 400)
		return how;
	if ((status = parse_version(h, line, e)) != 200)
		return status;
	if (how != 200)
		return how;
	return parse_target(h, target, e);
}

/* --- fields --- */

static bool
is_value(struct slice v)
{
	for (size_t i = 0; i < v.len; i++)
		if (((unsigned char)v.p[i] < 0x20 && v.p[i] != '\t') ||
		    v.p[i] == 0x7f)
			return false;
	return true;
}

/* Reg-name, address and port (RFC 3986, 3.2.2); no way to another part. */
static bool
is_host(struct slice v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i] <= ' ' || v.p[i] >= 0x7f ||
		    strchr("/?#@\\\"<>{}|^`", v.p[i]) != NULL)
			return false;
	return true;
}

static void
read_connection(struct fields *f, struct slice v)
{
	struct slice one;
	bool more;

	do {
		more = slice_cut(&v, ',', &one);
		one = slice_trim(more ? one : v);
		if (slice_is(one, "close"))
			f->close = true;
		else if (slice_is(one, "keep-alive"))
			f->keep_alive = true;
	} while (more);
}

/* Only "0" is no body; a list or a sign is not a length. */
static int
read_length(struct fields *f, struct slice v, struct err *e)
{
	if (f->length++ > 0 || v.len == 0)
		return refuse(e, 400, "bad Content-Length");
	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return refuse(e, 400, "bad Content-Length");
		if (v.p[i] != '0')
			f->body = true;
	}
	return 200;
}

/* A field that may come once only says nothing when it comes again. */
static void
read_text(struct http_text *t, unsigned *seen, struct slice v)
{
	*t = (*seen)++ == 0 ? (struct http_text){ v.p, v.len } :
	    (struct http_text){ NULL, 0 };
}

static void
read_range(struct http_head *h, struct fields *f, struct slice v)
{
	if (f->nrange++ == 0)
		http_range_parse(&h->range, v.p, v.len);
	else
		h->range.form = HTTP_RANGE_NONE;
}

static int
read_field(struct http_head *h, struct fields *f, struct slice name,
    struct slice v, struct err *e)
{
	if (slice_is(name, "host")) {
		if (f->host++ > 0 || !is_host(v))
			return refuse(e, 400, "bad Host");
	} else if (slice_is(name, "content-length")) {
		return read_length(f, v, e);
	} else if (slice_is(name, "transfer-encoding")) {
		f->encoded = true;
	} else if (slice_is(name, "connection")) {
		read_connection(f, v);
	} else if (slice_is(name, "expect")) {
		/* Nothing is waited for: no body is taken. */
		f->expect = f->expect || !slice_is(v, "100-continue");
	} else if (slice_is(name, "range")) {
		read_range(h, f, v);
	} else if (slice_is(name, "if-none-match")) {
		read_text(&h->if_none_match, &f->nmatch, v);
	} else if (slice_is(name, "if-range")) {
		read_text(&h->if_range, &f->nif_range, v);
	}
	return 200;
}

static int
parse_field(struct http_head *h, struct fields *f, struct slice line,
    struct err *e)
{
	struct slice name;

	if (++f->n > HTTP_FIELDS_MAX)
		return refuse(e, 431, "too many fields");
	if (line.p[0] == ' ' || line.p[0] == '\t')
		return refuse(e, 400, "folded field");
	if (!slice_cut(&line, ':', &name) || !is_token(name))
		return refuse(e, 400, "field without a name");
	if (!is_value(line))
		return refuse(e, 400, "control byte in a field");
	return read_field(h, f, name, slice_trim(line), e);
}

static int
judge_fields(struct http_head *h, const struct fields *f, struct err *e)
{
	if (f->host == 0 && !h->http10)
		return refuse(e, 400, "no Host");
	if (f->body || f->encoded)
		return refuse(e, 400, "a body is not taken");
	if (f->expect)
		return refuse(e, 417, "unknown expectation");
	if (f->nif_range > 1)		/* which one is meant? */
		h->range.form = HTTP_RANGE_NONE;
	h->keep_alive = !f->close && (!h->http10 || f->keep_alive);
	return 200;
}

int
http_head_parse(struct http_head *h, const char *buf, size_t len,
    struct err *e)
{
	struct slice rest = { buf, len }, line;
	struct fields f = { 0 };
	int status;

	memset(h, 0, sizeof(*h));
	if (len > HTTP_HEAD_MAX)
		return refuse(e, 431, "head too long");
	if (!next_line(&rest, &line))
		return refuse(e, 400, "no request line");
	if ((status = parse_request_line(h, line, e)) != 200)
		return status;
	for (;;) {
		if (!next_line(&rest, &line))
			return refuse(e, 400, "line without its end");
		if (line.len == 0)
			break;
		if ((status = parse_field(h, &f, line, e)) != 200)
			return status;
	}
	if (rest.len != 0)
		return refuse(e, 400, "bytes after the head");
	return judge_fields(h, &f, e);
}
