/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * HTTP replies on their way out: head and body in as few calls as it takes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/internal.h"

#define HTTP_TURN_BYTES	(2 * 1024 * 1024)	/* then others have a turn */
#define HTTP_COPY	(16 * 1024)	/* bytes of a file read at a time */

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
    bool with_body, bool keep_alive, const char *date)
{
	o->reply = *r;
	r = &o->reply;
	o->own_text = false;
	if (r->status == 416 || (r->status >= 400 && r->body == NULL &&
	    r->fd == -1))
		error_text(o);
	o->active = true;
	o->no_sendfile = false;
	o->headlen = http_reply_head(o->head, r, keep_alive, date);
	o->total = o->headlen + (with_body && r->status != 304 ? r->len : 0);
	o->pos = 0;
}

static bool
can_sendfile(const struct http_out *o, const struct stream *s)
{
	return s->ops->sendfile != NULL && !o->no_sendfile;
}

/* Bytes of the file from where the reply is; 0 at its end, -1. */
static ssize_t
read_file(const struct http_out *o, uint8_t buf[HTTP_COPY])
{
	uint64_t at = o->pos > o->headlen ? o->pos - o->headlen : 0;
	uint64_t left = o->total - o->headlen - at;

	return pread(o->reply.fd, buf, left < HTTP_COPY ? (size_t)left :
	    HTTP_COPY, (off_t)(o->reply.first + at));
}

/*
 * The head, and with it a body in memory.  A small file is read, which costs
 * less than a call of its own for sending it; a large one follows at once.
 */
static ssize_t
send_head(struct http_out *o, struct stream *s)
{
	const struct http_reply *r = &o->reply;
	uint64_t left = o->total - o->headlen;
	uint8_t buf[HTTP_COPY];
	struct iovec iov[2] = { { o->head + o->pos,
	    (size_t)(o->headlen - o->pos) } };
	bool small = left <= HTTP_COPY || !can_sendfile(o, s);
	ssize_t n;

	if (left > 0 && r->body != NULL) {
		iov[1].iov_base = (void *)(uintptr_t)(r->body + r->first);
		iov[1].iov_len = (size_t)left;
	} else if (left > 0 && small) {
		if ((n = read_file(o, buf)) == -1)
			return -1;
		iov[1].iov_base = buf;
		iov[1].iov_len = (size_t)n;
	}
	return s->ops->send(s, iov, iov[1].iov_len > 0 ? 2 : 1,
	    iov[1].iov_len < left);
}

static ssize_t
send_memory(struct http_out *o, struct stream *s)
{
	const struct http_reply *r = &o->reply;
	const struct iovec iov = {
		(void *)(uintptr_t)(r->body + r->first + o->pos - o->headlen),
		(size_t)(o->total - o->pos),
	};

	return s->ops->send(s, &iov, 1, false);
}

static ssize_t
send_copy(struct http_out *o, struct stream *s)
{
	uint8_t buf[HTTP_COPY];
	struct iovec iov = { .iov_base = buf };
	ssize_t n;

	if ((n = read_file(o, buf)) <= 0)
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

	if (can_sendfile(o, s)) {
		n = s->ops->sendfile(s, o->reply.fd, at, max);
		if (n >= 0 || (errno != EINVAL && errno != ENOSYS &&
		    errno != EOPNOTSUPP))
			return n;
		o->no_sendfile = true;	/* such a file has to be read */
	}
	return send_copy(o, s);
}

static ssize_t
send_part(struct http_out *o, struct stream *s)
{
	if (o->pos < o->headlen)
		return send_head(o, s);
	return o->reply.body != NULL ? send_memory(o, s) : send_file(o, s);
}

static int
send_turn(struct http_out *o, struct stream *s, struct err *e)
{
	uint64_t until = o->pos + HTTP_TURN_BYTES;
	ssize_t n;

	while (o->pos < o->total) {
		if (o->pos >= until)
			return 0;
		n = send_part(o, s);
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
