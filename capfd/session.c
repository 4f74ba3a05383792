/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A session, see session.h.  The operation stays pending until its owner has
 * confirmed, whatever goes wrong here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capfd/session_part.h"

void
session_begin(struct session *s, uint32_t id, struct session_do *d)
{
	struct capf_msg m = { .command = CAPF_AUTH_REQUEST,
	    .has_version = true, .version = CAPF_VERSION,
	    .has_auth_type = true };

	s->id = id;
	session_read_next(s, &m, SESSION_AUTH, d);
}

/* --- messages --- */

static void
note_tags(struct session *s, const struct capf_msg *m)
{
	size_t at = strlen(s->tags);

	for (size_t i = 0; i < m->nunknown && at + 5 < sizeof(s->tags); i++)
		at += (size_t)snprintf(s->tags + at, sizeof(s->tags) - at,
		    at > 0 ? ",%u" : "%u", m->unknown[i]);
}

static void
unexpected(struct session *s, const struct capf_msg *m,
    const struct session_now *now, struct session_do *d)
{
	char why[96];

	(void)snprintf(why, sizeof(why), "%s in state %s",
	    capf_command_name(m->command), session_state_name[s->state]);
	session_refuse(s, why, now, d);
}

/* What the phone is expected to say; the others wait for others. */
static const struct {
	enum capf_command	 command;	/* 0: nothing */
	session_message_fn	*fn;
} expected[SESSION_N] = {
	[SESSION_AUTH]	= { CAPF_AUTH_RESPONSE, session_on_hello },
	[SESSION_KEY]	= { CAPF_KEY_RESPONSE, session_on_key },
	[SESSION_STORE]	= { CAPF_STORE_RESPONSE, session_on_stored },
	[SESSION_FETCH]	= { CAPF_FETCH_RESPONSE, session_on_fetched },
	[SESSION_DELETE] = { CAPF_DELETE_RESPONSE, session_on_deleted },
};

static void
undone(struct session_do *d)
{
	uint8_t *out = d->out;

	*d = (struct session_do){ .out = out };
}

void
session_message(struct session *s, const uint8_t *buf, size_t len,
    const struct session_now *now, struct session_do *d)
{
	struct err e = { 0 };
	struct capf_msg m;

	undone(d);
	if (s->state == SESSION_OVER) {
		d->then = SESSION_END;
		return;
	}
	if (capf_msg_parse(&m, buf, len, &e) != ERR_OK) {
		session_refuse(s, e.msg, now, d);
		return;
	}
	note_tags(s, &m);
	if (m.session != s->id)
		session_refuse(s, "the id of another session", now, d);
	else if (s->state == SESSION_KEY && m.command == CAPF_IN_PROGRESS)
		session_on_progress(s, now, d);
	else if (expected[s->state].fn == NULL ||
	    m.command != expected[s->state].command)
		unexpected(s, &m, now, d);
	else
		expected[s->state].fn(s, &m, now, d);
}

/* --- answers of the writer --- */

static void
begin_task(struct session *s, const struct session_now *now,
    struct session_do *d)
{
	struct capf_msg fetch = { .command = CAPF_FETCH_REQUEST };
	struct capf_msg delete = { .command = CAPF_DELETE_REQUEST };

	s->begun = true;
	switch (s->task.op) {
	case CAPF_OP_NONE:
		session_fail(s, "nothing to do", now, d);
		break;
	case CAPF_OP_INSTALL:
		if (s->task.ready != NULL)
			session_issued(s, s->task.ready, s->task.readylen,
			    now, d);
		else
			session_install(s, now, d);
		break;
	case CAPF_OP_FETCH:
		session_read_next(s, &fetch, SESSION_FETCH, d);
		break;
	case CAPF_OP_DELETE:
		session_read_next(s, &delete, SESSION_DELETE, d);
		break;
	}
}

/* The task is the session's from now on. */
static void
on_begun(struct session *s, const struct wire_answer *a,
    const struct session_now *now, struct session_do *d)
{
	s->task = a->task;
	session_say_why(s, s->task.why);
	switch (s->task.answer) {
	case CAPF_GO:
		s->why[0] = '\0';
		begin_task(s, now, d);
		break;
	case CAPF_NOTHING:
		s->ok = true;
		session_end(s, CAPF_REASON_NONE, d);
		break;
	case CAPF_DECLINED:
		session_end(s, CAPF_REASON_DECLINED, d);
		break;
	case CAPF_NO_DEVICE:
		session_end(s, CAPF_REASON_NO_DEVICE, d);
		break;
	}
}

/* The request waits for its CA; so does the phone, for a while. */
static void
on_requested(struct session *s, const struct session_now *now,
    struct session_do *d)
{
	if (s->waits.ca <= 0) {
		session_enter(s, SESSION_CA);
		session_issued(s, NULL, 0, now, d);
		return;
	}
	session_enter(s, SESSION_CA);
	d->then = SESSION_WAIT;
	d->wait_ms = s->waits.ca;
}

/* What the phone gave cannot be had: that is its failure, and is told.  Where
 * the writer could not, the operation goes on. */
static void
answered_no(struct session *s, const struct wire_answer *a,
    const struct session_now *now, struct session_do *d)
{
	if (s->state == SESSION_BEGUN) {
		s->begun = false;
		session_fail(s, a->why, now, d);
	} else if (a->code == ERR_REFUSED || a->code == ERR_EXISTS) {
		session_refuse(s, a->why, now, d);
	} else {
		if (s->state == SESSION_ENDED)
			s->begun = false;
		session_fail(s, a->why, now, d);
	}
}

void
session_answer(struct session *s, const struct wire_answer *a,
    const struct session_now *now, struct session_do *d)
{
	undone(d);
	if (s->gone) {
		s->task = a->task;
		s->begun = a->code == ERR_OK && a->task.answer == CAPF_GO;
		session_tell_failed(s, now, d);
		session_enter(s, SESSION_OVER);
		d->then = SESSION_END;
		return;
	}
	if (a->code != ERR_OK) {
		answered_no(s, a, now, d);
		return;
	}
	switch (s->state) {
	case SESSION_BEGUN:
		on_begun(s, a, now, d);
		return;
	case SESSION_REQUESTED:
		on_requested(s, now, d);
		return;
	case SESSION_ISSUED:
		session_store(s, d);
		return;
	case SESSION_ENDED:
		s->begun = false;
		s->ok = true;
		session_end(s, s->task.op == CAPF_OP_FETCH ? CAPF_REASON_NONE :
		    CAPF_REASON_OK, d);
		return;
	case SESSION_AUTH:
	case SESSION_KEY:
	case SESSION_CA:
	case SESSION_SIGNER:
	case SESSION_STORE:
	case SESSION_FETCH:
	case SESSION_DELETE:
	case SESSION_OVER:
		break;
	case SESSION_N:
		break;
	}
	abort();	/* nothing was asked */
}

void
session_gone(struct session *s, const char *why,
    const struct session_now *now, struct session_do *d)
{
	undone(d);
	d->then = SESSION_END;
	if (s->state == SESSION_OVER)
		return;
	session_say_why(s, why);
	if (s->state == SESSION_BEGUN) {	/* see session_answer */
		s->gone = true;
		d->then = SESSION_ASK;
		return;
	}
	if (s->state != SESSION_ENDED)	/* the phone had confirmed */
		session_tell_failed(s, now, d);
	session_enter(s, SESSION_OVER);
}

void
session_clear(struct session *s)
{
	free(s->der);
	s->der = NULL;
	lsc_key_free(s->key);
	s->key = NULL;
	capf_task_clear(&s->task);
}
