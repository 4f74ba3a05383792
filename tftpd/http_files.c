/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Files over HTTP, see http_files.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tftpd/http_files.h"

struct fetching {
	const struct serve_backend	*backend;
	struct serve_item		 item;
	struct net_addr			 peer;
	uint64_t			 id;
	int64_t				 started_us, started_ms;
	bool				 head;
};

static void
fetching_report(const struct fetching *f, struct serve_report *r)
{
	r->id = f->id;
	r->transport = "http";
	r->peer = &f->peer;
	r->item = &f->item;
	r->started_us = f->started_us;
	r->ms = clock_mono_ms(clock_system()) - f->started_ms;
	f->backend->report(f->backend->arg, r);
}

static void
fetching_free(struct fetching *f)
{
	serve_item_clear(&f->item);
	free(f);
}

/* A HEAD gives no bytes to the phone: it is never complete. */
static void
fetching_done(void *arg, uint64_t sent, bool complete)
{
	struct fetching *f = arg;
	struct serve_report r = {
		.bytes = sent,
		.complete = complete && !f->head,
		.result = f->head ? "head" : complete ? "done" : "aborted",
	};

	if (f->head)
		memset(f->item.version, 0, sizeof(f->item.version));
	fetching_report(f, &r);
	fetching_free(f);
}

/* The status for a code of the backend, and its text: nothing of ours. */
static void
answer_text(struct http_reply *r, int code)
{
	const char *text;

	switch (code) {
	case ERR_NOTFOUND:
	case ERR_PROTO:		/* a name that cannot exist */
		r->status = 404;
		text = "not found\n";
		break;
	case ERR_DENIED:
	case ERR_REFUSED:
		r->status = 403;
		text = "access denied\n";
		break;
	case ERR_LIMIT:
	case ERR_BUSY:
		r->status = 503;
		text = "server busy\n";
		break;
	default:
		r->status = 500;
		text = "server error\n";
	}
	r->type = "text/plain";
	r->body = (const uint8_t *)text;
	r->len = strlen(text);
}

static void
answer_item(struct http_reply *r, struct fetching *f)
{
	r->status = 200;
	r->type = f->item.type;
	r->body = f->item.body;
	r->fd = f->item.fd;
	r->len = f->item.len;
	r->done = fetching_done;
	r->arg = f;
	f->item.fd = -1;	/* the server closes it */
}

void
http_files_handle(void *arg, const struct http_head *h,
    const struct net_addr *peer, struct http_reply *r)
{
	const struct serve_backend *b = arg;
	struct fetching *f = calloc(1, sizeof(*f));
	struct serve_report failed = { 0 };
	struct err e = { 0 };

	*r = (struct http_reply){ .fd = -1 };
	if (f == NULL) {
		answer_text(r, ERR_NOMEM);
		return;
	}
	*f = (struct fetching){ .backend = b, .item.fd = -1, .peer = *peer,
	    .id = serve_next_id(), .head = h->method == HTTP_HEAD,
	    .started_us = clock_wall_ns(clock_system()) / 1000,
	    .started_ms = clock_mono_ms(clock_system()) };
	if (b->get(b->arg, h->path, h->pathlen, &f->item, &e) == ERR_OK) {
		answer_item(r, f);
		return;
	}
	answer_text(r, e.code);
	failed.result = serve_result(e.code);
	failed.why = e.msg;
	failed.ours = serve_ours(e.code);
	fetching_report(f, &failed);
	fetching_free(f);
}
