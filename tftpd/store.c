/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The backend of both transports, see store.h.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "certs/sign.h"
#include "tftpd/held.h"
#include "tftpd/store.h"
#include "tftpd/unknown.h"
#include "trust/files.h"

struct store {
	struct file_store	*files;
	struct signer		*signer;
	struct gather_port	*port;
	struct held		*held;
	struct unknown		 unknown;
	char			 node[64];
};

struct store *
store_new(int statefd, const char *node, int channel, struct file_cache *c,
    struct observe *o, struct err *e)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s == NULL || !str_copy(s->node, sizeof(s->node), node)) {
		(void)close(channel);
		(void)err_set(e, ERR_NOMEM, "file store");
		free(s);
		return NULL;
	}
	s->unknown.fd = -1;
	if ((s->signer = signer_remote_new(channel, e)) == NULL ||
	    (s->files = file_store_new(statefd, node, s->signer, c, e)) ==
	    NULL || (s->port = observe_port_new(o, e)) == NULL ||
	    (s->held = held_new(HELD_MAX, e)) == NULL) {
		store_free(s);
		return NULL;
	}
	return s;
}

void
store_free(struct store *s)
{
	if (s == NULL)
		return;
	held_free(s->held);
	gather_port_free(s->port);
	file_store_free(s->files);
	signer_free(s->signer);
	free(s);
}

void
store_set_keyring(struct store *s, const struct keyring *kr)
{
	file_store_set_keyring(s->files, kr);
}

void
store_unknown(struct store *s, int writerfd)
{
	s->unknown.fd = writerfd;
	unknown_tune(&s->unknown, file_store_db(s->files), s->node);
}

void
store_flush(struct store *s)
{
	gather_flush(s->port);
}

struct signer *
store_signer(struct store *s)
{
	return s->signer;
}

struct db *
store_db(struct store *s)
{
	return file_store_db(s->files);
}

bool
store_tuning(struct store *s, struct tuning *t)
{
	struct err e = { 0 };

	if (!file_store_changed(s->files))
		return false;
	if (tuning_load(t, file_store_db(s->files), s->node, &e) != ERR_OK) {
		log_err(LOG_ERR, "tftpd.parameters", &e);
		return false;
	}
	unknown_tune(&s->unknown, file_store_db(s->files), s->node);
	return true;
}

static void
item_name(struct serve_item *it, const struct file_name *n)
{
	if (n->full[0] == '\0')
		return;		/* could not be parsed */
	(void)str_copy(it->name, sizeof(it->name), n->full);
	(void)str_copy(it->device, sizeof(it->device), n->device);
	(void)str_copy(it->kind, sizeof(it->kind), file_kind_name(n->kind));
}

/* Memory stays with those held; a descriptor goes over to the item. */
static int
item_bytes(struct store *s, struct serve_item *it, struct file_answer *a,
    struct err *e)
{
	struct held_answer *ha;
	int r;

	it->len = a->len;
	it->type = a->type;
	memcpy(it->version, a->version, sizeof(it->version));
	if (a->body == NULL) {
		it->fd = a->fd;
		a->fd = -1;
		return ERR_OK;
	}
	if ((r = held_add(s->held, a, &ha, e)) != ERR_OK)
		return r;
	it->body = held_body(ha);
	it->release = held_release;
	it->owned = ha;
	return ERR_OK;
}

static int
store_get(void *arg, const char *req, size_t len, struct serve_item *it,
    struct err *e)
{
	struct file_answer a = { .fd = -1 };
	struct store *s = arg;
	int r;

	*it = (struct serve_item){ .fd = -1 };
	r = file_store_get(s->files, req, len, &a, e);
	item_name(it, &a.name);
	if (r == ERR_OK) {
		r = item_bytes(s, it, &a, e);
		file_answer_clear(&a);
	}
	if (r != ERR_OK) {
		it->len = 0;
		memset(it->version, 0, sizeof(it->version));
	}
	if (r != ERR_OK && it->name[0] == '\0')
		str_visible(req, len, it->name, sizeof(it->name));
	return r;
}

static void
report_log(const struct serve_report *r)
{
	enum log_level level = r->ours ? LOG_WARNING : LOG_INFO;
	char peer[NET_ADDR_TEXT];

	if (!log_wanted(level))
		return;
	net_addr_text(r->peer, peer);
	if (r->complete)
		log_event(level, "xfer.done", LOG_U64("id", r->id),
		    LOG_STR("peer", peer), LOG_STR("transport", r->transport),
		    LOG_STR("file", r->item->name),
		    LOG_STR("device", r->item->device),
		    LOG_STR("kind", r->item->kind), LOG_U64("bytes", r->bytes),
		    LOG_I64("ms", r->ms));
	else
		log_event(level, "xfer.failed", LOG_U64("id", r->id),
		    LOG_STR("peer", peer), LOG_STR("transport", r->transport),
		    LOG_STR("file", r->item->name),
		    LOG_STR("device", r->item->device),
		    LOG_STR("kind", r->item->kind), LOG_U64("bytes", r->bytes),
		    LOG_I64("ms", r->ms), LOG_STR("result", r->result),
		    LOG_STR("why", r->why));
}

static void
report_observe(struct store *s, const struct serve_report *r)
{
	struct fetch f = { .started_us = r->started_us, .bytes = r->bytes };

	(void)str_copy(f.device, sizeof(f.device), r->item->device);
	net_addr_ip(r->peer, f.address);
	(void)str_copy(f.kind, sizeof(f.kind), r->item->kind);
	(void)str_copy(f.name, sizeof(f.name), r->item->name);
	(void)str_copy(f.transport, sizeof(f.transport), r->transport);
	(void)str_copy(f.result, sizeof(f.result), r->result);
	memcpy(f.version, r->item->version, sizeof(f.version));
	if (r->complete)
		f.completed_us = r->started_us + r->ms * 1000;
	gather_put(s->port, &f);
}

/* A configuration that is not there may be one of a new phone. */
static void
report_unknown(struct store *s, const struct serve_report *r)
{
	if (strcmp(r->result, "not_found") == 0 &&
	    strcmp(r->item->kind, file_kind_name(FILE_CONFIG)) == 0)
		unknown_asked(&s->unknown, r->item->device, r->peer);
}

static void
store_report(void *arg, const struct serve_report *r)
{
	report_log(r);
	report_observe(arg, r);
	report_unknown(arg, r);
}

struct serve_backend
store_backend(struct store *s)
{
	return (struct serve_backend){
		.get = store_get, .report = store_report, .arg = s,
	};
}
