/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Files over HTTP, see http_files.h.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/str.h"
#include "crypt/digest.h"
#include "tftpd/http_files.h"
#include "trust/files.h"

#define ETAG_BYTES	16	/* of a digest: enough for what is not a proof */
#define PLAIN_SUFFIX	".cnf.xml.sgn"

struct fetching {
	const struct http_files		*files;
	struct serve_item		 item;
	struct net_addr			 peer;
	uint64_t			 id;
	int64_t				 started_us, started_ms;
	bool				 head;
	struct stats_live		 live;
};

static void
fetching_report(const struct fetching *f, struct serve_report *r)
{
	r->id = f->id;
	r->transport = stats_via_name(f->files->via);
	r->peer = &f->peer;
	r->item = &f->item;
	r->started_us = f->started_us;
	r->ms = clock_mono_ms(clock_system()) - f->started_ms;
	serve_tell(&f->files->backend, r);
}

static void
fetching_free(struct fetching *f)
{
	serve_item_clear(&f->item);
	free(f);
}

static const char *
fetching_result(const struct fetching *f, int status, bool complete)
{
	if (!complete)
		return "aborted";
	switch (status) {
	case 200:
		return f->head ? "head" : "done";
	case 206:
		return "partial";
	case 304:
		return "not_modified";
	default:
		return "refused";	/* 416 */
	}
}

/* Only a whole file makes a phone's copy known: the rest is never complete
 * and names no version. */
static void
fetching_done(void *arg, int status, uint64_t sent, bool complete)
{
	struct fetching *f = arg;
	struct serve_report r = {
		.bytes = sent,
		.complete = complete && status == 200 && !f->head,
		.result = fetching_result(f, status, complete),
	};

	stats_progress(&f->live, sent, 0, 0, 0);
	stats_end(&f->live);
	if (f->head || status != 200)
		memset(f->item.version, 0, sizeof(f->item.version));
	fetching_report(f, &r);
	fetching_free(f);
}

static void
fetching_progress(void *arg, uint64_t sent)
{
	struct fetching *f = arg;

	stats_progress(&f->live, sent, 0, 0, 0);
}

static void
fetching_count(struct fetching *f)
{
	const struct stats_about about = {
		.via = f->files->via, .id = f->id, .peer = &f->peer,
		.name = f->item.name, .size = f->item.len,
		.started_us = f->started_us,
	};

	stats_begin(&f->live, f->files->backend.stats, &about);
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

/* Strong: by content, or by all that tells versions of a file apart. */
static void
set_etag(struct http_reply *r, const struct serve_item *it)
{
	uint8_t sum[DIGEST_SHA256_LEN];
	struct stat st;
	int64_t id[7];

	memcpy(sum, it->version, sizeof(sum));
	if (it->fd != -1) {
		if (fstat(it->fd, &st) == -1)
			return;
		id[0] = (int64_t)st.st_dev;
		id[1] = (int64_t)st.st_ino;
		id[2] = st.st_size;
		id[3] = st.st_mtim.tv_sec;
		id[4] = st.st_mtim.tv_nsec;
		id[5] = st.st_ctim.tv_sec;
		id[6] = st.st_ctim.tv_nsec;
		if (digest_buf(DIGEST_SHA256, id, sizeof(id), sum, NULL) !=
		    ERR_OK)
			return;
	}
	r->etag[0] = '"';
	str_hex(sum, ETAG_BYTES, r->etag + 1);
	memcpy(r->etag + 1 + 2 * ETAG_BYTES, "\"", 2);
}

static void
answer_item(struct http_reply *r, struct fetching *f)
{
	fetching_count(f);
	set_etag(r, &f->item);
	r->status = 200;
	r->type = f->item.type;
	/* May have passwords, and a proxy would serve it to anybody. */
	r->no_store = strcmp(f->item.kind, file_kind_name(FILE_CONFIG)) == 0;
	r->body = f->item.body;
	r->fd = f->item.fd;
	r->len = f->item.len;
	r->progress = fetching_progress;
	r->done = fetching_done;
	r->arg = f;
	f->item.fd = -1;	/* the server closes it */
}

/* Is it the configuration of a phone, signed?  In any case of letters. */
static bool
is_phone_sgn(const char *path, size_t len)
{
	size_t suffix = strlen(PLAIN_SUFFIX);
	char sep[4] = "";

	if (len > 0 && path[0] == '/') {
		path++;
		len--;
	}
	if (len <= 3 + suffix || strlen(path) != len ||
	    memchr(path, '/', len) != NULL)
		return false;
	memcpy(sep, path, 3);
	return str_ieq(sep, "SEP") && str_ieq(path + len - suffix,
	    PLAIN_SUFFIX);
}

void
http_files_handle(void *arg, const struct http_head *h,
    const struct net_addr *peer, struct http_reply *r)
{
	const struct http_files *files = arg;
	const struct serve_backend *b = &files->backend;
	struct fetching *f = calloc(1, sizeof(*f));
	struct serve_report failed = { 0 };
	size_t len = h->pathlen;
	struct err e = { 0 };

	*r = (struct http_reply){ .fd = -1 };
	if (f == NULL) {
		answer_text(r, ERR_NOMEM);
		return;
	}
	*f = (struct fetching){ .files = files, .item.fd = -1, .peer = *peer,
	    .id = serve_next_id(), .head = h->method == HTTP_HEAD,
	    .started_us = clock_wall_ns(clock_system()) / 1000,
	    .started_ms = clock_mono_ms(clock_system()) };
	if (files->plain_sgn && is_phone_sgn(h->path, len))
		len -= strlen(".sgn");
	if (b->get(b->arg, h->path, len, &f->item, &e) == ERR_OK) {
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
