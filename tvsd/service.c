/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Questions and answers, see service.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/seldom.h"
#include "base/str.h"
#include "certs/tvs_msg.h"
#include "trust/vouch.h"
#include "tvsd/service.h"

enum { USER_INVALID };		/* of struct msg_peer: answers so far */

struct service {
	const struct clock	*clk;
	struct vouch		*vouch;
	struct asks_port	*asks;
	struct seldom		 failed;
	bool			 changed;
};

struct service *
service_new(int statefd, const char *node, struct vouch_stores *stores,
    const struct clock *clk, struct asks *a, struct err *e)
{
	struct service *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_set(e, ERR_NOMEM, "service");
		return NULL;
	}
	s->clk = clk;
	if ((s->vouch = vouch_new(statefd, node, stores, clk, e)) == NULL ||
	    (s->asks = asks_port_new(a, e)) == NULL) {
		service_free(s);
		return NULL;
	}
	return s;
}

void
service_free(struct service *s)
{
	if (s == NULL)
		return;
	asks_port_free(s->asks);
	vouch_free(s->vouch);
	free(s);
}

struct db *
service_db(struct service *s)
{
	return vouch_db(s->vouch);
}

bool
service_changed(struct service *s)
{
	bool was = s->changed;

	s->changed = false;
	return vouch_changed(s->vouch) || was;
}

void
service_flush(struct service *s)
{
	asks_flush(s->asks);
}

/* --- putting it down --- */

static void
observe(struct service *s, const struct msg_peer *p, const char *device,
    const struct tvs_msg *q, const struct vouch_answer *a)
{
	struct tvs_ask ask = {
		.query = q->command == TVS_QUERY_REQUEST,
		.has_sha256 = a->has_cert,
		.at_us = clock_wall_ns(s->clk) / 1000,
	};

	(void)str_copy(ask.device, sizeof(ask.device), device);
	net_addr_ip(&p->addr, ask.address);
	memcpy(ask.sha256, a->sha256, sizeof(ask.sha256));
	(void)str_copy(ask.subject, sizeof(ask.subject), a->subject);
	(void)str_copy(ask.answer, sizeof(ask.answer),
	    vouch_word(a->verdict));
	asks_put(s->asks, &ask);
}

/* The tags of a query are inferred, so they are told (spec/tvs.md section
 * 4). */
static void
say(const struct msg_peer *p, const char *device, const struct tvs_msg *q,
    const struct vouch_answer *a)
{
	bool query = q->command == TVS_QUERY_REQUEST;
	char peer[NET_ADDR_TEXT], hex[65] = "", tags[16] = "";

	net_addr_text(&p->addr, peer);
	if (a->has_cert)
		str_hex(a->sha256, sizeof(a->sha256), hex);
	if (query)
		(void)snprintf(tags, sizeof(tags), "%u,%u", q->issuer_tag,
		    q->serial_tag);
	log_event(a->verdict == VOUCH_VALID ? LOG_DEBUG : LOG_INFO,
	    a->verdict == VOUCH_VALID ? "tvs.valid" : "tvs.invalid",
	    LOG_STR("peer", peer), LOG_STR("device", device),
	    LOG_STR("command", query ? "query" : "verify"),
	    LOG_STR("cert", hex), LOG_STR("subject", a->subject),
	    LOG_STR("tags", tags), LOG_STR("why", vouch_word(a->verdict)));
}

static void
put_down(struct service *s, struct msg_peer *p, const struct tvs_msg *q,
    const struct vouch_answer *a)
{
	char device[TVS_DEVICE_MAX + 1];
	bool fresh;

	if (a->verdict != VOUCH_VALID)
		p->user[USER_INVALID]++;
	tvs_device(q, device);
	fresh = asks_new(s->asks, device, a->has_cert ? a->sha256 :
	    q->serial.p, a->has_cert ? sizeof(a->sha256) : q->serial.len,
	    (int)a->verdict, clock_mono_ms(s->clk));
	if (fresh)
		observe(s, p, device, q, a);
	if (log_wanted(LOG_DEBUG) || (fresh && a->verdict != VOUCH_VALID))
		say(p, device, q, a);
}

/* --- answering --- */

static int
look_up(struct service *s, const struct tvs_msg *q, struct vouch_answer *a,
    struct err *e)
{
	const struct vouch_name name = {
		q->issuer.p, q->subject.p, q->serial.p,
		q->issuer.len, q->subject.len, q->serial.len,
	};

	switch (q->command) {
	case TVS_VERIFY_REQUEST:
		return vouch_verify(s->vouch, q->der.p, q->der.len, a, e);
	case TVS_QUERY_REQUEST:
		return vouch_query(s->vouch, &name, a, e);
	case TVS_VERIFY_ANSWER:
	case TVS_QUERY_ANSWER:
		break;
	}
	return err_set(e, ERR_PROTO, "an answer instead of a question");
}

/* Ours, not the phone's: without an answer it asks the next server. */
static int
fail(struct service *s, const struct err *e)
{
	uint64_t n;

	if (seldom_due(&s->failed, clock_mono_ms(s->clk), &n))
		log_err(LOG_ERR, "tvs.failed", e, LOG_U64("count", n));
	return e->code;
}

static int
answer(void *arg, struct msg_peer *p, const uint8_t *buf, size_t len,
    uint8_t *out, size_t *outlen, struct err *e)
{
	struct service *s = arg;
	struct vouch_answer a;
	struct tvs_msg q, r;
	int ret;

	if ((ret = tvs_msg_parse(&q, buf, len, e)) != ERR_OK)
		return ret;
	if (vouch_changed(s->vouch))
		s->changed = true;
	if ((ret = look_up(s, &q, &a, e)) != ERR_OK)
		return ret == ERR_PROTO ? ret : fail(s, e);
	r = (struct tvs_msg){
		.command = (enum tvs_command)(q.command + 1),
		.session = q.session,
		.status = a.verdict == VOUCH_VALID ? TVS_VALID : TVS_INVALID,
		.der = { a.der, a.derlen }, .nroles = a.nroles, .ttl = a.ttl,
	};
	memcpy(r.roles, a.roles, a.nroles);
	put_down(s, p, &q, &a);
	return tvs_msg_build(&r, out, outlen, e);
}

static void
over(void *arg, const struct msg_peer *p, int64_t now_ms)
{
	char peer[NET_ADDR_TEXT];

	(void)arg;
	if (!log_wanted(LOG_INFO))
		return;
	net_addr_text(&p->addr, peer);
	log_event(LOG_INFO, "tvs.done", LOG_STR("peer", peer),
	    LOG_U64("requests", p->answered),
	    LOG_U64("invalid", p->user[USER_INVALID]),
	    LOG_STR("resumed", p->resumed ? "yes" : "no"),
	    LOG_I64("ms", now_ms - p->began_ms));
}

const struct msg_def service_msg = {
	.full = "tvs.full", .starved = "tvs.starved", .failed = "tvs.failed",
	.dropped = "tvs.dropped", .max = TVS_MSG_MAX, .need = tvs_msg_need,
	.answer = answer, .over = over,
};
