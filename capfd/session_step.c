/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a session does at its steps: it sends, asks and ends.  See session.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "capfd/session_part.h"

const char *const session_state_name[SESSION_N] = {
	[SESSION_AUTH] = "authentication", [SESSION_BEGUN] = "begun",
	[SESSION_KEY] = "key", [SESSION_REQUESTED] = "requested",
	[SESSION_CA] = "ca", [SESSION_SIGNER] = "signer",
	[SESSION_ISSUED] = "issued",
	[SESSION_STORE] = "store", [SESSION_FETCH] = "fetch",
	[SESSION_DELETE] = "delete", [SESSION_ENDED] = "ended",
	[SESSION_OVER] = "over",
};

/* Where a session is, under the operator's eyes. */
void
session_enter(struct session *s, enum session_state to)
{
	log_event(LOG_DEBUG, "capf.state", LOG_STR("peer", s->peer),
	    LOG_STR("device", s->device),
	    LOG_STR("from", session_state_name[s->state]),
	    LOG_STR("to", session_state_name[to]));
	s->state = to;
}

void
session_say_why(struct session *s, const char *why)
{
	if (s->why[0] == '\0')
		(void)str_copy(s->why, sizeof(s->why), why);
}

/* m to the phone; it cannot fail but for our own fault. */
static void
send_msg(struct session *s, struct capf_msg *m, struct session_do *d)
{
	struct err e = { 0 };

	m->session = s->id;
	if (capf_msg_build(m, d->out, &d->len, &e) != ERR_OK) {
		d->len = 0;
		session_say_why(s, e.msg);
	}
}

void
session_read_next(struct session *s, struct capf_msg *m,
    enum session_state next, struct session_do *d)
{
	send_msg(s, m, d);
	session_enter(s, next);
	d->then = SESSION_READ;
	d->wait_ms = s->waits.reply;
}

static void
ask(struct session *s, enum wire_kind kind, const struct session_now *now,
    struct session_do *d)
{
	d->has_ask = true;
	d->ask = (struct wire_ask){ .kind = kind, .owner = s->task.owner,
	    .session = s->id, .now = now->s, .op = s->task.op,
	    .der = s->der, .derlen = s->derlen };
	memcpy(d->ask.spki, s->spki, sizeof(s->spki));
}

void
session_ask(struct session *s, enum wire_kind kind,
    enum session_state next, const struct session_now *now,
    struct session_do *d)
{
	ask(s, kind, now, d);
	session_enter(s, next);
	d->then = SESSION_ASK;
	d->wait_ms = s->waits.writer;
}

void
session_end(struct session *s, enum capf_reason reason, struct session_do *d)
{
	struct capf_msg m = { .command = CAPF_END_SESSION,
	    .has_reason = true, .reason = (uint8_t)reason };

	s->reason = (uint8_t)reason;
	send_msg(s, &m, d);
	session_enter(s, SESSION_OVER);
	d->then = SESSION_END;
}

void
session_tell_failed(struct session *s, const struct session_now *now,
    struct session_do *d)
{
	if (!s->begun)
		return;
	s->begun = false;
	ask(s, WIRE_END, now, d);
	d->ask.der = NULL;
	d->ask.derlen = 0;
	d->ask.refused = s->refused;
	(void)str_copy(d->ask.why, sizeof(d->ask.why), s->why);
}

void
session_fail(struct session *s, const char *why, const struct session_now *now,
    struct session_do *d)
{
	session_say_why(s, why);
	session_tell_failed(s, now, d);
	session_end(s, CAPF_REASON_DECLINED, d);
}

void
session_refuse(struct session *s, const char *why,
    const struct session_now *now, struct session_do *d)
{
	s->refused = true;
	session_fail(s, why, now, d);
}

void
session_fail_by_phone(struct session *s, const struct capf_msg *m,
    const char *what, const struct session_now *now, struct session_do *d)
{
	char why[128];

	(void)snprintf(why, sizeof(why), m->has_reason ? "%s, reason %u" :
	    "%s and gave no reason", what, m->reason);
	session_refuse(s, why, now, d);
}
