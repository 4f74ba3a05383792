/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Conditional and range requests (RFC 9110, sections 13 and 14): from the
 * fields of a request to the reply they turn a whole one into.  What is no
 * sound range is ignored, as section 14.2 says.
 */
#include <string.h>

#include "net/internal.h"

/* Digits at *p, which moves behind them; false: none, or beyond 64 bits. */
static bool
take_number(const char **p, const char *end, uint64_t *v)
{
	const char *begin = *p;

	for (*v = 0; *p < end && **p >= '0' && **p <= '9'; (*p)++)
		if (__builtin_mul_overflow(*v, (uint64_t)10, v) ||
		    __builtin_add_overflow(*v, (uint64_t)(**p - '0'), v))
			return false;
	return *p > begin;
}

static bool
is_unit(const char *p, size_t len)
{
	static const char unit[] = "bytes=";

	if (len < sizeof(unit) - 1)
		return false;
	for (size_t i = 0; i < sizeof(unit) - 1; i++)
		if ((p[i] | 0x20) != (unit[i] | 0x20))
			return false;
	return true;
}

void
http_range_parse(struct http_range *r, const char *p, size_t len)
{
	const char *end = p + len;
	struct http_range got = { .form = HTTP_RANGE_FROM_TO,
	    .last = UINT64_MAX };

	*r = (struct http_range){ .form = HTTP_RANGE_NONE };
	if (!is_unit(p, len))
		return;
	p += strlen("bytes=");
	if (p < end && *p == '-') {
		p++;
		got.form = HTTP_RANGE_SUFFIX;
		if (!take_number(&p, end, &got.last))
			return;
	} else {
		if (!take_number(&p, end, &got.first) || p == end ||
		    *p++ != '-')
			return;
		if (p < end && (!take_number(&p, end, &got.last) ||
		    got.last < got.first))
			return;
	}
	if (p == end)		/* a list of several: ignored too */
		*r = got;
}

/* One entity tag (section 8.8.3) of a list; its opaque part with quotes. */
static bool
next_etag(const char **p, const char *end, bool *weak, const char **tag,
    size_t *len)
{
	const char *close;

	while (*p < end && (**p == ' ' || **p == '\t' || **p == ','))
		(*p)++;
	*weak = end - *p >= 2 && (*p)[0] == 'W' && (*p)[1] == '/';
	if (*weak)
		*p += 2;
	if (*p == end || **p != '"')
		return false;
	close = memchr(*p + 1, '"', (size_t)(end - *p - 1));
	if (close == NULL)
		return false;
	*tag = *p;
	*len = (size_t)(close + 1 - *p);
	*p = close + 1;
	return true;
}

static bool
etag_is(const char *etag, const char *tag, size_t len)
{
	return etag[0] != '\0' && strlen(etag) == len &&
	    memcmp(etag, tag, len) == 0;
}

bool
http_etag_listed(const struct http_text *list, const char *etag)
{
	const char *p = list->p, *end = p + list->len, *tag;
	size_t len;
	bool weak;

	if (list->len == 1 && p[0] == '*')
		return true;
	while (next_etag(&p, end, &weak, &tag, &len))
		if (etag_is(etag, tag, len))
			return true;
	return false;
}

/* If-Range compares strongly; a date never is one of ours (13.1.5). */
static bool
same_still(const struct http_text *if_range, const char *etag)
{
	const char *p = if_range->p, *end, *tag;
	size_t len;
	bool weak;

	if (p == NULL)
		return true;
	end = p + if_range->len;
	return next_etag(&p, end, &weak, &tag, &len) && !weak && p == end &&
	    etag_is(etag, tag, len);
}

static void
apply_range(const struct http_range *g, struct http_reply *r)
{
	uint64_t first = g->first, last = g->last;

	if (g->form == HTTP_RANGE_SUFFIX) {
		first = last < r->len ? r->len - last : 0;
		last = last > 0 ? UINT64_MAX : 0;
	}
	r->whole = r->len;
	if (first >= r->len || (g->form == HTTP_RANGE_SUFFIX && last == 0)) {
		r->status = 416;
		return;
	}
	if (last >= r->len)
		last = r->len - 1;
	r->status = 206;
	r->first = first;
	r->len = last - first + 1;
}

void
http_conditional(const struct http_head *h, struct http_reply *r)
{
	if (r->status != 200)
		return;
	if (h->if_none_match.p != NULL &&
	    http_etag_listed(&h->if_none_match, r->etag)) {
		r->status = 304;
		return;
	}
	if (h->method == HTTP_GET && h->range.form != HTTP_RANGE_NONE &&
	    same_still(&h->if_range, r->etag))
		apply_range(&h->range, r);
}
